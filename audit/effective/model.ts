import type { AccessObject } from "../../access/model/graph";
import { quoteIdentifier } from "../../access/model/sql-quoting";

/** What runs a statement: a client of `pg`, or anything with its `query`. */
export interface Queryable {
  query<Row extends object>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** Kinds of object on which PostgreSQL keeps privileges: more than Leasehold grants on. */
export type EffectiveKind =
  | AccessObject["kind"]
  | "type"
  | "language"
  | "large object"
  | "tablespace"
  | "foreign-data wrapper"
  | "foreign server"
  | "parameter"
  // What only findings about the server as a whole are about.
  | "role"
  | "membership"
  | "attribute"
  | "setting"
  | "event trigger"
  | "publication"
  | "subscription"
  | "replication slot"
  | "rule"
  | "trigger"
  | "row policy"
  | "cast"
  | "conversion"
  | "prepared transaction"
  | "vault path"
  | "object";

/** An object as it stands in a database. */
export interface LiveObject {
  readonly kind: EffectiveKind;
  readonly schema?: string;
  /** Of a function with its argument types: `f(integer, text)`. */
  readonly name?: string;
  readonly column?: string;
}

/** Where a privilege comes from. Several may give the same one: each has to be looked at. */
export type Via =
  /** `byDefault`: PostgreSQL gives it to PUBLIC when such an object is made; whether somebody granted it, too, cannot be told. */
  | { readonly kind: "public"; readonly byDefault: boolean }
  | { readonly kind: "role"; readonly role: string }
  | { readonly kind: "owner"; readonly role: string }
  /** No entry of the object names it: a superuser, or a role such as pg_read_all_data. */
  | { readonly kind: "power"; readonly roles: readonly string[] };

/** A privilege that a role has, whatever gave it. */
export interface EffectivePrivilege {
  readonly object: LiveObject;
  readonly privilege: string;
  readonly via: readonly Via[];
  /** May hand it on. */
  readonly grantable: boolean;
  readonly owner: string;
  /** The extension that the object belongs to. */
  readonly extension?: string;
}

/** A role that another one is a member of, directly or not. */
export interface Membership {
  readonly role: string;
  /** From the member to the role. */
  readonly path: readonly string[];
  /** Its privileges are held without SET ROLE. */
  readonly inherited: boolean;
  /** A session may SET ROLE to it. */
  readonly settable: boolean;
  /** It may be granted on. */
  readonly admin: boolean;
  readonly attributes: readonly string[];
}

/** A function that runs with its owner's rights, and how a role gets it to run. */
export interface DefinerFunction {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly superuser: boolean;
  /** Digest of its body and of how it runs. */
  readonly state: string;
  /** The table whose trigger runs it. Absent where the role may call the function. */
  readonly trigger?: string;
}

/** A view that reads with its owner's rights what the reader may not read itself. */
export interface OwnerRightsView {
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly materialized: boolean;
  readonly definition: string;
  readonly reads: readonly string[];
}

/** A table through which rows of others are read. */
export interface InheritedRows {
  readonly schema: string;
  readonly name: string;
  /** With their owners. */
  readonly tables: readonly string[];
}

/** A table with row-level security whose policies do not bind the role. */
export interface BypassedTable {
  readonly schema: string;
  readonly name: string;
  readonly because: "attribute" | "owner";
}

/** Everything that a role can do in a database, read from the database. */
export interface EffectiveAccess {
  readonly role: string;
  /** SUPERUSER, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS. */
  readonly attributes: readonly string[];
  readonly memberships: readonly Membership[];
  readonly privileges: readonly EffectivePrivilege[];
  readonly definerFunctions: readonly DefinerFunction[];
  readonly views: readonly OwnerRightsView[];
  readonly inherited: readonly InheritedRows[];
  readonly bypassed: readonly BypassedTable[];
}

/** A privilege that a role would have on an object which another one makes later. */
export interface FuturePrivilege {
  /** Who makes it. */
  readonly creator: string;
  readonly kind: "table" | "sequence" | "function" | "schema" | "large object";
  /** Absent with schemas and large objects. */
  readonly schema?: string;
  readonly privilege: string;
  readonly via: readonly Via[];
}

/** What there is in a database to grant on, whoever may touch it. */
export interface Catalog {
  readonly database: string;
  readonly schemas: ReadonlyMap<string, string>;
  readonly relations: readonly CatalogRelation[];
  readonly functions: readonly CatalogFunction[];
}

/** A table, view or sequence. */
export interface CatalogRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "sequence";
  readonly owner: string;
  readonly columns: readonly string[];
}

/** A function, procedure or aggregate. */
export interface CatalogFunction {
  readonly schema: string;
  readonly name: string;
  /** `integer, text` */
  readonly args: string;
  readonly procedure: boolean;
  readonly owner: string;
}

/** A key that is equal for equal objects, whatever their names hold. */
export function liveKey({ kind, schema, name, column }: LiveObject, privilege = ""): string {
  return JSON.stringify([kind, schema ?? null, name ?? null, column ?? null, privilege]);
}

/** The object as people write it: `sales.wizard`, `sales.customer(email)`, `function sales.turnover(bigint)`. */
export function formatLive({ kind, schema, name, column }: LiveObject): string {
  const qualified = [schema, name].filter((part) => part !== undefined).join(".");
  if (kind === "table") return qualified;
  if (kind === "column") return `${qualified}(${column})`;
  return `${kind} ${qualified}`;
}

/** A name as SQL takes it: in quotes unless it is plain. For advice that somebody may copy. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name);
}

/** The object as GRANT and REVOKE name it: `TABLE sales."Wizard"`. */
export function sqlObject({ kind, schema, name }: LiveObject): string {
  const noun = kind === "column" ? "TABLE" : kind.toUpperCase().replace("-", " ");
  if (kind === "large object") return `${noun} ${name}`;
  // The types behind a function's name are PostgreSQL's own words.
  const [, plain, args] = (kind === "function" && /^(.*?)(\([^()]*\))$/s.exec(name ?? "")) || [undefined, name, ""];
  return `${noun} ${[schema, plain]
    .filter((part) => part !== undefined)
    .map(sqlName)
    .join(".")}${args}`;
}
