import { Token } from "cdktf";
import { secretNameProblem, sqlNameProblem, textProblem } from "../../access/model/rules";
import type { IDatabaseAccess } from "../database/database-access";
import { IGrantee } from "../identity/workload-identity";
import { addressFrom, addressProblem, encode } from "../postgres/endpoint";
import type { InjectedSecret } from "./annotations";

/** How a credential lands in the pod. */
export interface CredentialOptions {
  /** File name below /vault/secrets. @default - the database's name, where it is fit for a file's */
  readonly file?: string;
  /** Octal mode of the file. @default "0644": the agent's user id is not the app's, and the pod shares nothing else */
  readonly perms?: string;
  /** Command the agent runs after each rendering, to make the app reload. @default - none: apps read the file when they connect */
  readonly command?: string;
  /** `application_name` of the sessions, for formats that carry one. @default - the identity, as namespace/ServiceAccount */
  readonly applicationName?: string;
}

/** @internal What a format is rendered from. */
interface Target {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly sslMode: string;
  readonly applicationName: string;
  /** Path of the CA's file in the pod, where the server has one. */
  readonly caFile?: string;
  /** libpq's `options`: the owner role that a migration acts as. */
  readonly startup?: string;
}

const USERNAME = "{{ .Data.username }}";
const PASSWORD = "{{ .Data.password }}";

/**
 * A credential that a workload asks for: which database, in which format, in which file.
 *
 * Every format reads username and password from one response of Vault, so that they always belong together.
 */
export class Credential {
  /** A libpq connection URI: `postgresql://user:password@host:port/database?…`. */
  static uri(database: IDatabaseAccess, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, (target) => {
      const query = [
        `sslmode=${target.sslMode}`,
        ...(target.caFile ? [`sslrootcert=${encode(target.caFile)}`] : []),
        `application_name=${encode(target.applicationName)}`,
        ...(target.startup ? [`options=${encode(target.startup)}`] : []),
      ];
      return `postgresql://{{ .Data.username | urlquery }}:{{ .Data.password | urlquery }}@${target.host}:${target.port}/${encode(target.database)}?${query.join("&")}`;
    });
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
        `password='${PASSWORD}'`,
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

  /**
   * Your own text. It may hold simple actions on this credential's data, with filters: `{{ .Data.username }}`,
   * `{{ .Data.password | toJSON }}`, `{{ .LeaseDuration }}`. Anything else between braces is refused at synthesis: a
   * template cannot close its own block and read another secret.
   */
  static custom(database: IDatabaseAccess, template: string, options: CredentialOptions = {}): Credential {
    return new Credential(database, options, () => template, template);
  }

  private constructor(
    readonly database: IDatabaseAccess,
    private readonly options: CredentialOptions,
    private readonly body: (target: Target) => string,
    private readonly custom?: string,
  ) {}

  /** The file's name below /vault/secrets. */
  get file(): string {
    return (
      this.options.file ?? (secretNameProblem(this.database.databaseName) ? "database" : this.database.databaseName)
    );
  }

  /** @internal What the user says of it that neither the graph nor the database does. */
  get ownWords(): { readonly template?: string; readonly perms?: string; readonly command?: string } {
    return { template: this.custom, perms: this.options.perms, command: this.options.command };
  }

  /** What is wrong with this credential, in words; none when it is fit. */
  get problems(): {
    readonly code: "credential-file" | "credential-template" | "credential-endpoint";
    readonly message: string;
    readonly fix: string;
  }[] {
    const problems: ReturnType<() => Credential["problems"]> = [];
    const file = secretNameProblem(this.file);
    if (file)
      problems.push({
        code: "credential-file",
        message: `file ${JSON.stringify(this.file)} ${file}`,
        fix: "give `file` such a name",
      });
    if (this.options.perms !== undefined && !/^0[0-7]{3}$/.test(this.options.perms)) {
      problems.push({
        code: "credential-file",
        message: `perms ${JSON.stringify(this.options.perms)} is no octal mode`,
        fix: 'write it like "0440"',
      });
    }
    const { applicationName: name } = this.options;
    const application =
      name === undefined
        ? undefined
        : (sqlNameProblem(name) ??
          (name === name.trim() ? undefined : "starts or ends with space, which libpq's service files cannot carry"));
    if (application)
      problems.push({
        code: "credential-template",
        message: `applicationName ${JSON.stringify(this.options.applicationName)} ${application}`,
        fix: "give a name of one line, at most 63 bytes",
      });
    const text = this.custom === undefined ? undefined : textProblem(this.custom);
    if (text)
      problems.push({
        code: "credential-template",
        message: `template ${JSON.stringify(this.custom)} ${text}`,
        fix: "give another template",
      });
    for (const action of this.custom?.match(/\{\{[\s\S]*?(\}\}|$)/g) ?? []) {
      if (!SIMPLE_ACTION.test(action)) {
        problems.push({
          code: "credential-template",
          message: `template action ${JSON.stringify(action)} is not a plain field of this credential`,
          fix: "use .Data.username, .Data.password, .LeaseID or .LeaseDuration with filters such as toJSON, urlquery, base64Encode",
        });
      }
    }
    const endpoint = addressProblem(addressFrom(this.database.endpoint, "pods"));
    if (endpoint) problems.push({ code: "credential-endpoint", ...endpoint });
    return problems;
  }

  /** @internal The secret as the injector gets it. */
  secretFor(who: IGrantee, caFile?: string): InjectedSecret {
    const { host, port } = addressFrom(this.database.endpoint, "pods");
    const { namespace, serviceAccount } = who.grantee.key;
    const actsAs = this.database.actsAs(who);
    const body = this.body({
      host,
      port: Token.isUnresolved(port) ? Token.asString(port) : String(port),
      database: this.database.databaseName,
      sslMode: this.database.sslMode,
      applicationName: this.options.applicationName ?? `${namespace}/${serviceAccount}`,
      caFile,
      startup: actsAs === undefined ? undefined : `-c role=${actsAs.replace(/[\\ ]/g, "\\$&")}`,
    });
    const path = this.database.credentialsPath(who);
    // The dashes trim what is beside them; of the user's own text nothing is taken.
    const dash = this.custom !== undefined && /^[ \t\r\n]|[ \t\r\n]$/.test(body) ? "" : "-";
    return {
      name: this.file,
      path,
      template: `{{- with secret ${JSON.stringify(path)} ${dash}}}${body.replace(/\{$/, '{{ "{" }}')}{{${dash} end -}}`,
      perms: this.options.perms,
      command: this.options.command,
    };
  }
}

/** One field of the response, through filters without arguments, on one line. */
const SIMPLE_ACTION =
  /^\{\{(-[ \t])?[ \t]*\.(Data\.(username|password)|LeaseID|LeaseDuration)([ \t]*\|[ \t]*(toJSON|urlquery|base64Encode|base64URLEncode|trimSpace|printf "%q"))*[ \t]*([ \t]-)?\}\}$/;

/** An address in brackets is so for URLs only. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** A literal part of a template: `{{` in it would start an action, and so would a `{` before an action. */
function text(value: string): string {
  return value.replace(/[{}]{2,}/g, (braces) => `{{ "${braces}" }}`);
}
