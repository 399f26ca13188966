import { Token } from "cdktf";
import { secretNameProblem, sqlNameProblem, textProblem } from "../../access/model/rules";
import { addressFrom, addressProblem } from "../contracts/postgres";
import { checkedOptions, checkedText } from "../private/options";
import type { InjectedSecret } from "./annotations";
import * as formats from "./formats";
import { Reload } from "./reload";
import { bare, KEYWORD_PASSWORD, PASSWORD, Target, text, USERNAME } from "./formats";
import type { IDatabaseAccess } from "../contracts/database";
import { IGrantee } from "../contracts/identity";

/** How a credential lands in the pod. */
export interface CredentialOptions {
  /** File name below /vault/secrets. @default - the database's name, where it is fit for a file's */
  readonly file?: string;
  /** Octal mode of the file. @default "0644": the agent's user id is not the app's, and the pod shares nothing else */
  readonly perms?: string;
  /** How the app learns of a new login. @default - not at all: the app reads the file when it connects */
  readonly reload?: Reload;
  /** `application_name` of the sessions, for formats that carry one. @default - the identity, as namespace/ServiceAccount */
  readonly applicationName?: string;
  /**
   * Connections that the pool of a pod opens with one login at most, counted against the server's `max_connections`. It configures
   * nothing. Refused: more than the `connectionLimit` of the login.
   *
   * @default - as many as one login may have
   */
  readonly pool?: number;
}

/** Options of a variable in a dotenv file. */
export interface DotenvOptions extends CredentialOptions {
  /** Name of the variable. @default "DATABASE_URL" */
  readonly variable?: string;
}

/** Options of a URL for SQLAlchemy. */
export interface SqlalchemyOptions extends CredentialOptions {
  /** The driver that the URL names. @default "psycopg" */
  readonly driver?: "psycopg" | "psycopg2" | "asyncpg";
}

/** What is wrong with a credential, and how to put it right. */
export interface CredentialProblem {
  /** Code of the finding. */
  readonly code: "credential-file" | "credential-template" | "credential-endpoint";
  /** What is wrong, with the value. */
  readonly message: string;
  /** How to put it right. */
  readonly fix: string;
}

/**
 * A credential that a workload asks for: which database, in which format, in which file.
 *
 * Every format reads username and password from one response of Vault, so that they always belong together.
 */
export class Credential {
  /** A libpq connection URI: `postgresql://user:password@host:port/database?…`. */
  static uri(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, formats.uri);
  }

  /** One JSON object: username, password, host, port, database, sslmode, sslrootcert where there is a CA. */
  static json(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, (target) => {
      const fields = [
        `"username":{{ .Data.username | toJSON }}`,
        `"password":{{ .Data.password | toJSON }}`,
        `"host":${text(JSON.stringify(bare(target.host)))}`,
        `"port":${target.port}`,
        `"database":${text(JSON.stringify(target.database))}`,
        `"sslmode":${JSON.stringify(target.sslMode)}`,
        ...(target.caFile ? [`"sslrootcert":${JSON.stringify(target.caFile)}`] : []),
        `"application_name":${text(JSON.stringify(target.applicationName))}`,
        ...(target.startup ? [`"options":${text(JSON.stringify(target.startup))}`] : []),
      ];
      return `{${fields.join(",")}}`;
    });
  }

  /** libpq keywords, one a line: `host='…'`. */
  static keywords(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    const quote = (value: string): string => text(`'${value.replace(/['\\]/g, "\\$&")}'`);
    return new Credential(database, options, (target) =>
      [
        `host=${quote(bare(target.host))}`,
        `port=${target.port}`,
        `dbname=${quote(target.database)}`,
        `user='${USERNAME}'`,
        `password='${KEYWORD_PASSWORD}'`,
        `sslmode=${target.sslMode}`,
        ...(target.caFile ? [`sslrootcert=${quote(target.caFile)}`] : []),
        `application_name=${quote(target.applicationName)}`,
        ...(target.startup ? [`options=${quote(target.startup)}`] : []),
      ].join("\n"),
    );
  }

  /** libpq's connection service file, with one service, `leasehold`: for psql and others, by PGSERVICEFILE and PGSERVICE. */
  static serviceFile(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, (target) =>
      [
        "[leasehold]",
        `host=${text(bare(target.host))}`,
        `port=${target.port}`,
        `dbname=${text(target.database)}`,
        `user=${USERNAME}`,
        `password=${PASSWORD}`,
        `sslmode=${target.sslMode}`,
        ...(target.caFile ? [`sslrootcert=${target.caFile}`] : []),
        `application_name=${text(target.applicationName)}`,
        ...(target.startup ? [`options=${text(target.startup)}`] : []),
        "",
      ].join("\n"),
    );
  }

  /** A URL for PostgreSQL's JDBC driver, login included: `jdbc:postgresql://host:port/database?user=…&password=…`. */
  static jdbcUrl(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, formats.jdbcUrl);
  }

  /**
   * A Java properties file, in UTF-8: `url`, and beside it `user`, `password`, `sslmode` and what else the JDBC driver takes.
   * Give the properties to the driver as they are.
   */
  static jdbcProperties(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, formats.jdbcProperties);
  }

  /** A connection string for Npgsql: `Host="…";Port=5432;Username="…";Password="…";…`. */
  static npgsql(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, formats.npgsql);
  }

  /**
   * One variable with the connection URI, as dotenv and shells read it: `DATABASE_URL='postgresql://…'`. In the URI everything
   * is percent-encoded that one of them gives a meaning to. A variable of a running process does not change: the app reads the
   * file again for the next login.
   */
  static dotenv(database: IDatabaseAccess, options: DotenvOptions = {}): Credential {
    checkedOptions(undefined, "DotenvOptions", options, "Credential.dotenv");
    const { variable = "DATABASE_URL" } = options;
    const problem = /^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)
      ? undefined
      : `variable ${JSON.stringify(variable)} is not a valid name of a shell variable`;
    return new Credential(database, options, (target) => formats.dotenv(target, variable), { problem });
  }

  /**
   * One line of libpq's password file: `host:port:database:user:password`. It names neither TLS nor the role that a migration
   * acts as, so a migration with it is refused. libpq reads the file only if nobody but its owner can read it. So its mode is
   * "0600", and the agent must run as the app's user, by `injector: { runAsSameUser: true }`.
   */
  static pgpass(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, { perms: "0600", ...options }, formats.pgpass, { actsAsOwner: false });
  }

  /**
   * A URL for SQLAlchemy: `postgresql+psycopg://…`. With asyncpg the URL can hold only `ssl`: not the application's name, not the
   * CA, and not the role that a migration acts as. asyncpg takes the CA from the variable PGSSLROOTCERT. A migration with asyncpg
   * is refused.
   */
  static sqlalchemy(database: IDatabaseAccess, options: SqlalchemyOptions = {}): Credential {
    checkedOptions(undefined, "SqlalchemyOptions", options, "Credential.sqlalchemy");
    const { driver = "psycopg" } = options;
    // SQLAlchemy decodes login and query of a URL, and not the name of the database. Something that is no database at
    // all is refused where the credential is delivered.
    const plain = /^[A-Za-z0-9._-]+$/.test((database as IDatabaseAccess | undefined)?.databaseName ?? "plain");
    const problem = plain
      ? undefined
      : `database name ${JSON.stringify(database.databaseName)} cannot stand in a URL of SQLAlchemy`;
    return new Credential(database, options, (target) => formats.sqlalchemy(target, driver), {
      problem,
      actsAsOwner: driver !== "asyncpg",
    });
  }

  /** A URL for Prisma, with its own spelling of TLS: `sslmode=require&sslaccept=strict&sslcert=…`. */
  static prisma(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, formats.prisma);
  }

  /**
   * Your own text. It may hold simple actions on this credential's data, with filters: `{{ .Data.username }}`, `{{ .Data.password
   * | toJSON }}`, `{{ .LeaseDuration }}`. Values that are known at synthesis are written in place of `{{ .Place.host }}`, and in
   * the same way of `port`, `database`, `sslMode`, `caFile` (empty if the server has no CA of its own), `applicationName`,
   * `ownerRole` and `options`. The last is libpq's `-c role=…`; it and `ownerRole` are empty except in a migration. Anything else
   * between braces is refused at synthesis: a template cannot close its own block and read another secret.
   *
   * A migration is refused whose template names neither `ownerRole` nor `options`: its tables would belong to its login.
   */
  static custom(database: IDatabaseAccess, template: string, options: CredentialOptions = {}): Credential {
    checkedText("template", "Credential.custom", template, true);
    return new Credential(database, options, (target) => formats.placed(template, target), {
      custom: template,
      actsAsOwner: /\{\{-?[ \t]*\.Place\.(ownerRole|options)\b/.test(template),
    });
  }

  private readonly options: CredentialOptions;

  private constructor(
    /** The database that it lets in to. */
    readonly database: IDatabaseAccess,
    options: CredentialOptions,
    private readonly body: (target: Target) => string,
    private readonly more: {
      readonly custom?: string;
      /** Of the format's own. */
      readonly problem?: string;
      /** @default true */
      readonly actsAsOwner?: boolean;
    } = {},
  ) {
    this.options = checkedOptions(undefined, "CredentialOptions", options, "Credential");
  }

  /** Whether the format says as which role a migration acts. One that does not is refused for a migration. */
  get actsAsOwner(): boolean {
    return this.more.actsAsOwner ?? true;
  }

  /** @internal Whether libpq would refuse the file if others could read it. */
  get _ownerOnly(): boolean {
    return this.body === formats.pgpass;
  }

  /** @internal Connections of a pod's pool, as the user says them. */
  get _pool(): number | undefined {
    return this.options.pool;
  }

  private get custom(): string | undefined {
    return this.more.custom;
  }

  /** The file's name below /vault/secrets. */
  get file(): string {
    return (
      this.options.file ?? (secretNameProblem(this.database.databaseName) ? "database" : this.database.databaseName)
    );
  }

  /** @internal What the user says about it, and neither the graph nor the database says. */
  get _ownWords(): { readonly template?: string; readonly perms?: string } {
    return { template: this.custom, perms: this.options.perms };
  }

  /** What is wrong with this credential, in words; none when it is fit. */
  get problems(): CredentialProblem[] {
    const endpoint = addressProblem(addressFrom(this.database.endpoint, "pods"));
    return [
      ...this.fileProblems(),
      ...this.textProblems(),
      ...(endpoint ? [{ code: "credential-endpoint" as const, ...endpoint }] : []),
    ];
  }

  private fileProblems(): CredentialProblem[] {
    const { perms, pool } = this.options;
    const code = "credential-file";
    const problems: CredentialProblem[] = [];
    const file = secretNameProblem(this.file);
    if (file)
      problems.push({ code, message: `file ${JSON.stringify(this.file)} ${file}`, fix: "give `file` such a name" });
    if (perms !== undefined && !/^0[0-7]{3}$/.test(perms))
      problems.push({
        code,
        message: `perms ${JSON.stringify(perms)} is not an octal mode`,
        fix: 'write it like "0440"',
      });
    if (pool !== undefined && !(Number.isSafeInteger(pool) && pool >= 1))
      problems.push({
        code,
        message: `pool ${JSON.stringify(pool)} of ${JSON.stringify(this.file)} is not a whole number of at least 1`,
        fix: "give the size of the pool, or leave it out",
      });
    return problems;
  }

  /** What is wrong with the texts that become a part of the file. */
  private textProblems(): CredentialProblem[] {
    const code = "credential-template";
    const problems: CredentialProblem[] = [];
    const { applicationName } = this.options;
    const application = applicationName === undefined ? undefined : applicationNameProblem(applicationName);
    if (application)
      problems.push({
        code,
        message: `applicationName ${JSON.stringify(applicationName)} ${application}`,
        fix: "give a name of one line, at most 63 bytes",
      });
    if (this.more.problem)
      problems.push({ code, message: this.more.problem, fix: "give another one, or choose another format" });
    const text = this.custom === undefined ? undefined : textProblem(this.custom);
    if (text)
      problems.push({ code, message: `template ${JSON.stringify(this.custom)} ${text}`, fix: "give another template" });
    for (const action of this.custom?.match(/\{\{[\s\S]*?(\}\}|$)/g) ?? [])
      if (!SIMPLE_ACTION.test(action))
        problems.push({
          code,
          message: `template action ${JSON.stringify(action)} is not a plain field of this credential`,
          fix: "use .Data.username, .Data.password, .LeaseID or .LeaseDuration with filters such as toJSON, urlquery, base64Encode, or .Place.host and its like without filters",
        });
    return problems;
  }

  /** @internal The secret as the injector gets it. */
  _secretFor(who: IGrantee, caFile?: string): InjectedSecret {
    const { cluster, namespace, serviceAccount } = who.grantee.key;
    const actsAs = this.database.actsAs(who);
    const viewpoint = actsAs === undefined ? "pods" : "migrations";
    const { host, port } = addressFrom(this.database.endpoint, viewpoint, cluster);
    const body = this.body({
      host,
      port: Token.isUnresolved(port) ? Token.asString(port) : String(port),
      database: this.database.databaseName,
      sslMode: this.database.sslMode,
      applicationName: this.options.applicationName ?? `${namespace}/${serviceAccount}`,
      caFile,
      ownerRole: actsAs,
      startup: actsAs === undefined ? undefined : `-c role=${actsAs.replace(/[\\ ]/g, "\\$&")}`,
    });
    const path = this.database.credentialsPath(who);
    // The dashes trim white space beside them, and none of the user's own text.
    const dash = this.custom !== undefined && /^[ \t\r\n]|[ \t\r\n]$/.test(body) ? "" : "-";
    return {
      name: this.file,
      path,
      template: `{{- with secret ${JSON.stringify(path)} ${dash}}}${body.replace(/\{$/, '{{ "{" }}')}{{${dash} end -}}`,
      perms: this.options.perms,
      reload: this.options.reload,
    };
  }
}

function applicationNameProblem(name: string): string | undefined {
  if (name === name.trim()) return sqlNameProblem(name);
  return sqlNameProblem(name) ?? "starts or ends with space, which libpq's service files cannot carry";
}

/** One field of the response, through filters without arguments, or one of what is known at synthesis; on one line. */
const SIMPLE_ACTION =
  /^\{\{(-[ \t])?[ \t]*(\.(Data\.(username|password)|LeaseID|LeaseDuration)([ \t]*\|[ \t]*(toJSON|urlquery|base64Encode|base64URLEncode|trimSpace|printf "%q"))*|\.Place\.(host|port|database|sslMode|caFile|applicationName|ownerRole|options))[ \t]*([ \t]-)?\}\}$/;
