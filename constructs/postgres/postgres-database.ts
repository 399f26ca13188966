import { Database } from "@cdktf/provider-postgresql/lib/database";
import { DefaultPrivileges } from "@cdktf/provider-postgresql/lib/default-privileges";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Construct, IConstruct } from "constructs";
import { KnownRights, knownRightsProblem } from "../../access/model/known-rights";
import { databaseNameProblem, roleNameProblem } from "../../access/model/rules";
import { claimName } from "../private/claims";
import { ensureAccessCheck } from "../synthesis/check";
import { mark } from "../private/guards";
import { explained, setting } from "../private/origin";
import { report } from "../private/findings";
import { deployAfter } from "../private/stack-order";
import { dependOn, literal } from "../private/terraform";
import { IPostgresInstance } from "../contracts/postgres";
import { checkedOptions, madeIn } from "../private/options";

/** A database of a PostgreSQL server, and the role that owns its tables. */
export interface IPostgresDatabase extends IConstruct {
  /** The server that it is on. */
  readonly instance: IPostgresInstance;
  /** Its name on the server. */
  readonly databaseName: string;
  /** The NOLOGIN role that owns schemas and tables; future tables are those that this role creates. */
  readonly owner: string;
  /** Whether CONNECT and TEMPORARY are known to be taken from PUBLIC. */
  readonly publicRevoked: boolean;
  /** What PUBLIC and the owners may do there, as it was looked up. @default - not known, unless Leasehold made the database */
  readonly knownRights?: KnownRights;
}

/** What is known of a database that exists already. */
export interface PostgresDatabaseAttributes {
  /** The server that it is on. */
  readonly instance: IPostgresInstance;
  /** Its name on the server. @default - the construct's id */
  readonly databaseName?: string;
  /** Role that owns the tables; the admin must be able to become a member of it. */
  readonly owner: string;
  /**
   * What PUBLIC and the owners may do in the database, as `leasehold preflight --rights` prints it. The report lists these rights
   * with the day; in a diff, a right more is growth. Refused: rights of another database, and entries that no such object has.
   *
   * @default - not known, and the report says so
   */
  readonly knownRights?: KnownRights;
}

/** Options of a database that is made. */
export interface PostgresDatabaseProps {
  /** The server that it is made on. */
  readonly instance: IPostgresInstance;
  /** Its name on the server. @default - the construct's id */
  readonly databaseName?: string;
  /** Role that will own the tables. @default `<database>_owner` */
  readonly owner?: string;
}

/**
 * A database, its owner role (NOLOGIN), and CONNECT and TEMPORARY taken from PUBLIC: otherwise a login of one database reaches
 * all others of the server.
 *
 * The database belongs to the admin, not to the owner role: the owner of a database may drop it and grant CONNECT. The owner role
 * gets CONNECT, CREATE and TEMPORARY on it, and CREATE on the schema `public`. So migrations can make schemas, use temporary
 * tables, and refresh materialized views concurrently. PUBLIC may not execute functions that the owner role makes. Grant EXECUTE
 * on them, also on those that a default or a check of a table calls.
 */
export class PostgresDatabase extends Construct implements IPostgresDatabase {
  /** A database that exists already; nothing of it is changed here, so see to it that PUBLIC lost CONNECT. */
  static fromDatabaseName(scope: Construct, id: string, given: PostgresDatabaseAttributes): IPostgresDatabase {
    madeIn(scope, id, PostgresDatabase);
    const attributes = checkedOptions(scope, "PostgresDatabaseAttributes", given, id);
    class Imported extends Construct implements IPostgresDatabase {
      readonly instance = attributes.instance;
      readonly databaseName = attributes.databaseName ?? id;
      readonly owner = attributes.owner;
      readonly publicRevoked = false;
      readonly knownRights = attributes.knownRights;
    }
    const imported = new Imported(scope, id);
    check(imported);
    const { knownRights } = attributes;
    const problem = knownRights && knownRightsProblem(knownRights, imported.databaseName);
    if (problem !== undefined)
      report(imported, {
        code: "known-rights",
        message: `the known rights of the database ${JSON.stringify(imported.databaseName)} ${problem}`,
        fix: `look them up again: leasehold preflight --rights --database ${imported.databaseName} > rights.json`,
      });
    return imported;
  }

  readonly instance: IPostgresInstance;
  readonly databaseName: string;
  readonly owner: string;
  readonly publicRevoked = true;
  /** The L1s. */
  readonly resource: Database;
  /** The role that owns the tables. */
  readonly ownerRole: Role;

  constructor(scope: Construct, id: string, given: PostgresDatabaseProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "PostgresDatabaseProps", given);
    this.instance = props.instance;
    this.databaseName = props.databaseName ?? id;
    this.owner = props.owner ?? `${this.databaseName}_owner`;
    mark(this, "PostgresDatabase");
    check(this);
    claimName(this, "database", `${this.instance.instanceName}/${this.databaseName}`);
    claimName(this, "owner role", `${this.instance.instanceName}/${this.owner}`);
    if (this.owner === this.instance.admin.username)
      report(this, {
        code: "database-name",
        message: `owner ${JSON.stringify(this.owner)} is the admin's own login, which is there already`,
        fix: "choose another `owner`, or leave it out: migrations and Terraform have rights of their own",
      });
    deployAfter(this, props.instance);

    const database = literal(this.databaseName);
    // The report has one entry for the database, its owner and what is taken from PUBLIC: they come and go together.
    this.ownerRole = explained(
      // Nothing becomes the admin's: what the owner owns goes with its database.
      new Role(this, "Owner", { name: literal(this.owner), login: false, skipReassignOwned: true }),
    );
    this.resource = setting(new Database(this, "Resource", { name: database }), {
      shared: () => ({ instance: props.instance.instanceName, owner: this.owner, publicRevoked: this.publicRevoked }),
    });
    // The database goes first, and with it what the role owns in it: a role that owns something cannot be dropped.
    dependOn(this.resource, this.ownerRole);
    const grant = (grantId: string, role: string, objectType: string, privileges: string[], schema?: string): Grant =>
      explained(new Grant(this, grantId, { database, role, objectType, privileges, schema }));

    const fromPublic = grant("Revoke from PUBLIC", "public", "database", []);
    const toOwner = grant("Owner on database", literal(this.owner), "database", ["CONNECT", "CREATE", "TEMPORARY"]);
    const onPublic = grant("Owner on public", literal(this.owner), "schema", ["CREATE", "USAGE"], "public");
    dependOn(fromPublic, this.resource);
    dependOn(toOwner, this.resource, this.ownerRole, fromPublic);
    dependOn(onPublic, this.resource, this.ownerRole, toOwner);
    // Before PostgreSQL 15 everybody may create in it.
    const publicOnPublic = grant("PUBLIC on public", "public", "schema", ["USAGE"], "public");
    dependOn(publicOnPublic, onPublic);
    // Without this PUBLIC may execute what migrations make, and a grant of EXECUTE means nothing. It is not done per
    // schema: PUBLIC's default holds for the whole database, and a schema's default privileges can only add to it.
    const functions = new DefaultPrivileges(this, "Functions", {
      database,
      role: "public",
      owner: literal(this.owner),
      objectType: "function",
      privileges: [],
    });
    dependOn(explained(functions), publicOnPublic, this.ownerRole);
  }
}

function check(database: IPostgresDatabase): void {
  ensureAccessCheck(database);
  for (const [what, name, problemOf] of [
    ["database", database.databaseName, databaseNameProblem],
    ["owner", database.owner, roleNameProblem],
  ] as const) {
    const problem = problemOf(name);
    if (problem)
      report(database, {
        code: "database-name",
        message: `${what} ${JSON.stringify(name)} ${problem}`,
        fix: "choose a plain name of at most 63 bytes",
      });
  }
}
