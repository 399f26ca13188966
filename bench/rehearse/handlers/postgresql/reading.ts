/**
 * How provider 1.26.0 reads back what it made, with what it cannot see: every plan compares the program with this. The tests hold
 * it against recordings of the provider itself.
 */
import { text, texts } from "../../model/arguments";
import type { Context, ReadBack } from "../../model/handler";
import type { Known } from "../../model/state";
import type { JsonObject } from "../../model/values";
import { Row, Session, connected, exists } from "./connection";

/** What ALL means to the provider, which knows no MAINTAIN: on PostgreSQL 17 and newer, ALL on a table never reads back as ALL. */
export type Allowed = (objectType: string) => readonly string[];

/** Arguments that the provider reads; one that is neither in the program nor set on the server stays absent. */
export function readArguments(known: JsonObject, read: JsonObject): JsonObject {
  const empty = (value: unknown): boolean =>
    value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(read).filter(([key, value]) => key in known || !empty(value)));
}

/** Reads in a database. Where the database, the role or the schema is gone, so is the object: checkRoleDBSchemaExists. */
export async function readIn(
  context: Context,
  config: JsonObject,
  read: (session: Session, role: number) => Promise<ReadBack | undefined>,
): Promise<ReadBack | undefined> {
  const [database, role, schema] = [text(config, "database"), text(config, "role"), text(config, "schema")];
  const there = await connected(context, "", (session) =>
    exists(session, "SELECT 1 FROM pg_database WHERE datname = $1", [database]),
  );
  if (!there) return undefined;
  return connected(context, database, async (session) => {
    const [found] = await session.run("SELECT oid FROM pg_roles WHERE rolname = $1", [role]);
    const everybody = role.toLowerCase() === "public";
    if (!everybody && !found) return undefined;
    const inSchema = schema !== "" && text(config, "object_type") !== "database";
    if (inSchema && !(await exists(session, "SELECT 1 FROM pg_namespace WHERE nspname = $1", [schema])))
      return undefined;
    return read(session, everybody ? 0 : Number(found?.oid));
  });
}

const RELKIND: Readonly<Record<string, string>> = { table: "r", sequence: "S" };
const listed = (row: Row | undefined): string[] => {
  const value = row?.privileges;
  return Array.isArray(value) ? [...new Set(value.map(String))].sort() : [];
};

/** resourcePrivilegesEqual */
export function samePrivileges(granted: string[], wanted: string[], all: readonly string[]): boolean {
  const same = (one: readonly string[], other: readonly string[]): boolean =>
    [...one].sort().join() === [...other].sort().join();
  return (
    same(granted, wanted) ||
    (wanted.includes("ALL") &&
      same(
        granted,
        all.filter((name) => name !== "ALL"),
      ))
  );
}

/** readRolePrivileges */
export function readGrant(known: Known, context: Context, allowed: Allowed): Promise<ReadBack | undefined> {
  const config = known.arguments;
  return readIn(context, config, async (session, role) => {
    const type = text(config, "object_type");
    if (type === "column") return readColumns(session, config);
    const objects = texts(config, "objects");
    for (const row of await grantedOn(session, config, role)) {
      // A function's name comes without its arguments, so `f(integer)` is never among them, and never compared.
      if (row.name !== undefined && objects.length > 0 && !objects.includes(String(row.name))) continue;
      const granted = listed(row);
      if (samePrivileges(granted, texts(config, "privileges"), allowed(type))) continue;
      return { arguments: { privileges: granted } };
    }
    return { arguments: {} };
  });
}

function grantedOn(session: Session, config: JsonObject, role: number): Promise<Row[]> {
  const type = text(config, "object_type");
  const held = (acl: string, from: string): string =>
    `SELECT array_agg(privilege_type::text) AS privileges FROM (SELECT (aclexplode(${acl})).* FROM ${from} = $1) AS p WHERE grantee = $2`;
  if (type === "database")
    return session.run(held("datacl", "pg_database WHERE datname"), [text(config, "database"), role]);
  if (type === "schema")
    return session.run(held("nspacl", "pg_namespace WHERE nspname"), [text(config, "schema"), role]);
  if (type === "function" || type === "procedure" || type === "routine")
    return session.run(
      `SELECT proname::text AS name, array_remove(array_agg(privilege_type::text), NULL) AS privileges
         FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
         LEFT JOIN (SELECT acls.* FROM (SELECT proname, pronamespace, (aclexplode(proacl)).* FROM pg_proc) AS acls WHERE grantee = $1) AS privs
              USING (proname, pronamespace)
        WHERE nspname = $2 GROUP BY proname`,
      [role, text(config, "schema")],
    );
  // Ordinary tables only: views, materialized views, partitioned and foreign tables are not among the rows, and never compared.
  return session.run(
    `SELECT relname::text AS name, array_remove(array_agg(privilege_type::text), NULL) AS privileges
       FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       LEFT JOIN (SELECT acls.* FROM (SELECT relname, relnamespace, relkind, (aclexplode(relacl)).* FROM pg_class) AS acls WHERE grantee = $1) AS privs
            USING (relname, relnamespace, relkind)
      WHERE nspname = $2 AND relkind = $3 GROUP BY relname`,
    [role, text(config, "schema"), RELKIND[type] ?? type],
  );
}

/** readColumnRolePrivileges: columns of ordinary tables, and grants to roles; PUBLIC is none. */
async function readColumns(session: Session, config: JsonObject): Promise<ReadBack> {
  const columns = texts(config, "columns");
  const rows = await session.run(
    `SELECT attname::text AS name
       FROM (SELECT attname, (aclexplode(attacl)).* FROM pg_class JOIN pg_namespace ON relnamespace = pg_namespace.oid
               JOIN pg_attribute ON pg_class.oid = attrelid WHERE nspname = $2 AND relname = $3 AND relkind = 'r') AS held
       JOIN pg_roles ON pg_roles.oid = held.grantee
      WHERE rolname = $1 AND privilege_type = $4`,
    [text(config, "role"), text(config, "schema"), texts(config, "objects")[0], texts(config, "privileges")[0]],
  );
  const there = columns.filter((column) => rows.some((row) => row.name === column));
  return { arguments: there.length === columns.length ? {} : { columns: there } };
}

const DEFAULT_KIND: Readonly<Record<string, string>> = {
  table: "r",
  sequence: "S",
  function: "f",
  routine: "f",
  type: "T",
  schema: "n",
};

/** readRoleDefaultPrivileges */
export function readDefaults(known: Known, context: Context, allowed: Allowed): Promise<ReadBack | undefined> {
  const config = known.arguments;
  return readIn(context, config, async (session, role): Promise<ReadBack | undefined> => {
    const type = text(config, "object_type");
    const rows = await session.run(
      `SELECT array_agg(privilege_type::text) AS privileges
         FROM (SELECT defaclnamespace, (aclexplode(defaclacl)).* FROM pg_default_acl WHERE defaclobjtype = $3::"char") AS t
         LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
        WHERE grantee = $1 AND coalesce(nspname, '') = $2 AND pg_get_userbyid(grantor) = $4`,
      [role, text(config, "schema"), DEFAULT_KIND[type], text(config, "owner")],
    );
    const [granted, wanted] = [listed(rows[0]), texts(config, "privileges")];
    if (granted.length === 0 && wanted.length > 0) return undefined;
    if (samePrivileges(granted, wanted, allowed(type))) return { arguments: {} };
    return { arguments: { privileges: granted } };
  });
}

/** resourcePostgreSQLRoleReadImpl. A password is never read back: the provider is configured as no superuser. */
export async function readRole(
  known: Known,
  context: Context,
  flags: readonly (readonly [string, string])[],
): Promise<ReadBack | undefined> {
  const sql = `SELECT ARRAY(SELECT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = r.oid) AS roles,
                      rolconnlimit AS connection_limit, coalesce(rolvaliduntil::text, 'infinity') AS valid_until, rolconfig,
                      ${flags.map(([key, column]) => `${column} AS ${key}`).join(", ")}
                 FROM pg_roles AS r WHERE rolname = $1`;
  const [row] = await connected(context, "", (session) => session.run(sql, [known.id]));
  if (!row) return undefined;
  const settings = Array.isArray(row.rolconfig) ? row.rolconfig.map(String) : [];
  const setting = (name: string): string =>
    settings.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  const path = setting("search_path");
  const read: JsonObject = {
    ...Object.fromEntries(flags.map(([key]) => [key, row[key] === true])),
    name: known.id,
    roles: (row.roles as string[]).sort(),
    connection_limit: Number(row.connection_limit),
    valid_until: String(row.valid_until),
    encrypted_password: true,
    search_path: path === "" ? [] : path.split(", ").map((part) => part.replace(/^"+|"+$/g, "")),
    assume_role: setting("role"),
    statement_timeout: Number.parseInt(setting("statement_timeout") || "0", 10),
    idle_in_transaction_session_timeout: Number.parseInt(setting("idle_in_transaction_session_timeout") || "0", 10),
  };
  return { arguments: readArguments(known.arguments, read) };
}

/** readGrantRole */
export async function readMembership(known: Known, context: Context): Promise<ReadBack | undefined> {
  const sql =
    "SELECT admin_option FROM pg_auth_members WHERE pg_get_userbyid(member) = $1 AND pg_get_userbyid(roleid) = $2";
  const values = [text(known.arguments, "role"), text(known.arguments, "grant_role")];
  const [row] = await connected(context, "", (session) => session.run(sql, values));
  return row && { arguments: { with_admin_option: row.admin_option === true } };
}

/** resourcePostgreSQLDatabaseReadImpl. What the program does not say is computed, so it never differs. */
export async function readDatabase(known: Known, context: Context): Promise<ReadBack | undefined> {
  const sql = `SELECT pg_get_userbyid(datdba)::text AS owner, pg_encoding_to_char(encoding) AS encoding, datcollate AS lc_collate,
                      datctype AS lc_ctype, spcname::text AS tablespace_name, datconnlimit AS connection_limit,
                      datallowconn AS allow_connections, datistemplate AS is_template
                 FROM pg_database JOIN pg_tablespace AS s ON s.oid = dattablespace WHERE datname = $1`;
  const [row] = await connected(context, "", (session) => session.run(sql, [known.id]));
  if (!row) return undefined;
  return { arguments: said(known, row as JsonObject), attributes: { owner: String(row.owner) } };
}

/** resourcePostgreSQLSchemaReadImpl */
export async function readSchema(known: Known, context: Context): Promise<ReadBack | undefined> {
  const sql = "SELECT pg_get_userbyid(nspowner)::text AS owner FROM pg_namespace WHERE nspname = $1";
  const database = String(known.attributes.database ?? "");
  const [row] = await connected(context, database, (session) => session.run(sql, [text(known.arguments, "name")]));
  if (!row) return undefined;
  return { arguments: said(known, row as JsonObject), attributes: { owner: String(row.owner) } };
}

const said = (known: Known, read: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(read).filter(([key]) => key in known.arguments));
