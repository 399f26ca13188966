/** Provider 1.26.0: resource_postgresql_grant.go, resource_postgresql_default_privileges.go. */
import { ArgumentTable, flag, text, texts } from "../../model/arguments";
import { JsonObject, Where } from "../../model/values";
import { Context, tableHandler } from "../../model/handler";
import { Session, inTransaction, single } from "./connection";
import { databaseOwner, lockRole, withRoles } from "./membership";
import { readDefaults, readGrant } from "./reading";
import { callable, identifier } from "./sql";

const PRIVILEGES: Record<string, readonly string[]> = {
  database: ["ALL", "CREATE", "CONNECT", "TEMPORARY"],
  table: ["ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  sequence: ["ALL", "USAGE", "SELECT", "UPDATE"],
  schema: ["ALL", "CREATE", "USAGE"],
  function: ["ALL", "EXECUTE"],
  procedure: ["ALL", "EXECUTE"],
  routine: ["ALL", "EXECUTE"],
  type: ["ALL", "USAGE"],
  column: ["ALL", "SELECT", "INSERT", "UPDATE", "REFERENCES"],
};
const allowed = (type: string): readonly string[] => PRIVILEGES[type] ?? [];
const OBJECT_TYPES = ["database", "function", "procedure", "routine", "schema", "sequence", "table", "column"];

const table: ArgumentTable = {
  role: { kind: "string", required: true, replaces: true, use: "grantee; public is everybody" },
  database: { kind: "string", required: true, replaces: true, use: "where to connect; the object for databases" },
  schema: { kind: "string", replaces: true, use: "schema of the objects" },
  object_type: { kind: "string", required: true, replaces: true, oneOf: OBJECT_TYPES, use: "ON ..." },
  objects: { kind: "set", replaces: true, use: "names; none means all that exist now" },
  columns: { kind: "set", replaces: true, use: "for object_type column" },
  privileges: { kind: "set", required: true, use: "GRANT; none means only the REVOKE before it" },
  with_grant_option: { kind: "bool", default: false, replaces: true, use: "WITH GRANT OPTION" },
};

function checkPrivileges(config: JsonObject, where: Where): void {
  const type = text(config, "object_type");
  const odd = texts(config, "privileges").find((privilege) => !PRIVILEGES[type]?.includes(privilege));
  if (odd !== undefined)
    throw where.at("privileges").error(`${odd} is not a privilege that the provider knows on a ${type}`);
}

function check(config: JsonObject, where: Where): void {
  const type = text(config, "object_type");
  const [objects, columns] = [texts(config, "objects"), texts(config, "columns")];
  if (!text(config, "schema") && type !== "database") throw where.at("schema").error(`is needed for a ${type}`);
  if (objects.length > 0 && (type === "database" || type === "schema"))
    throw where.at("objects").error(`cannot be given for a ${type}`);
  if (columns.length > 0 && type !== "column") throw where.at("columns").error(`cannot be given for a ${type}`);
  if (type === "column") {
    if (columns.length === 0) throw where.at("columns").error("are needed for object_type column");
    if (texts(config, "privileges").length !== 1)
      throw where.at("privileges").error("exactly one for object_type column");
    if (objects.length !== 1) throw where.at("objects").error("exactly one table for object_type column");
  }
  checkPrivileges(config, where);
}

const qualified = (config: JsonObject): string =>
  texts(config, "objects")
    .map((name) => `${identifier(text(config, "schema"))}.${callable(name)}`)
    .join(",");

function target(config: JsonObject): string {
  const type = text(config, "object_type");
  if (type === "database") return `DATABASE ${identifier(text(config, "database"))}`;
  if (type === "schema") return `SCHEMA ${identifier(text(config, "schema"))}`;
  if (type === "column") return `TABLE ${qualified(config)}`;
  return texts(config, "objects").length > 0
    ? `${type.toUpperCase()} ${qualified(config)}`
    : `ALL ${type.toUpperCase()}S IN SCHEMA ${identifier(text(config, "schema"))}`;
}

const columnList = (config: JsonObject): string => ` (${texts(config, "columns").map(identifier).join(",")})`;

/** createGrantQuery; undefined where there is nothing to grant. */
export function grantSql(config: JsonObject): string | undefined {
  const privileges = texts(config, "privileges").join(",");
  if (privileges === "") return undefined;
  const columns = text(config, "object_type") === "column" ? columnList(config) : "";
  const option = flag(config, "with_grant_option") ? " WITH GRANT OPTION" : "";
  return `GRANT ${privileges}${columns} ON ${target(config)} TO ${identifier(text(config, "role"))}${option}`;
}

/** createRevokeQuery */
export function revokeSql(config: JsonObject): string | undefined {
  const type = text(config, "object_type");
  const privileges = texts(config, "privileges").join(",");
  let what = "ALL PRIVILEGES";
  if (type === "column") {
    if (privileges === "") return undefined;
    what = privileges + columnList(config);
  } else if (type !== "database" && type !== "schema" && texts(config, "objects").length > 0 && privileges !== "")
    what = privileges; // only these, to leave grants on columns alone
  return `REVOKE ${what} ON ${target(config)} FROM ${identifier(text(config, "role"))}`;
}

/** getRolesToGrant: who the login has to be a member of to change these privileges. */
async function owners(session: Session, config: JsonObject): Promise<string[]> {
  const type = text(config, "object_type");
  if (type === "database") return [];
  const schema = text(config, "schema");
  const rows =
    type === "schema"
      ? []
      : await session.run("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = $1", [schema]);
  const found = rows.map((row) => String(row.tableowner));
  const sql = "SELECT rolname FROM pg_namespace JOIN pg_roles ON nspowner = pg_roles.oid WHERE nspname = $1";
  const schemaOwner = await single(session, sql, [schema], `could not find schema ${schema}`);
  if (!found.includes(schemaOwner)) found.push(schemaOwner);
  const resolved: string[] = [];
  for (const owner of found) resolved.push(owner === "pg_database_owner" ? await databaseOwner(session, "") : owner);
  return resolved;
}

async function change(config: JsonObject, previous: JsonObject, grant: boolean, context: Context): Promise<void> {
  await inTransaction(context, text(config, "database"), async (session) => {
    await lockRole(session, text(config, "role"));
    if (text(config, "object_type") === "database")
      await session.run("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_database WHERE datname = $1", [
        text(config, "database"),
      ]);
    await withRoles(session, await owners(session, config), async () => {
      const statements = [revokeSql(previous), grant ? grantSql(config) : undefined];
      for (const sql of statements) if (sql !== undefined) await session.run(sql);
    });
  });
}

const RELATIONS: Readonly<Record<string, string>> = {
  p: "a partitioned table",
  v: "a view",
  m: "a materialized view",
  f: "a foreign table",
};

/**
 * readColumnRolePrivileges looks at ordinary tables only (relkind r): of others it reads nothing back, and each plan makes the grant
 * anew. A rehearsal has no second plan for that, so it says so at the first.
 */
async function refuseUnread(config: JsonObject, context: Context): Promise<void> {
  if (text(config, "object_type") !== "column") return;
  const [name] = texts(config, "objects");
  const sql =
    "SELECT relkind FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = $1 AND relname = $2";
  const kind = await inTransaction(context, text(config, "database"), async (session) =>
    String((await session.run(sql, [text(config, "schema"), name]))[0]?.relkind),
  );
  if (RELATIONS[kind] !== undefined)
    throw context.where
      .at("columns")
      .error(
        `are those of ${RELATIONS[kind]}: the provider reads grants on columns of ordinary tables only, and every plan would make this one anew; make a view of these columns, and grant on it as a whole`,
      );
}

function grantId(config: JsonObject): string {
  const type = text(config, "object_type");
  const schema = type === "database" ? [] : [text(config, "schema")];
  const names = [...texts(config, "objects"), ...texts(config, "columns")];
  return [text(config, "role"), text(config, "database"), ...schema, type, ...names].join("_");
}

export const grant = tableHandler({
  type: "postgresql_grant",
  shares: (config) => text(config, "object_type") !== "database",
  table,
  check,
  async create(config, context) {
    await refuseUnread(config, context);
    await change(config, config, true, context);
    return { id: grantId(config) };
  },
  async update(config, known, context) {
    await change(config, known.arguments, true, context);
    return { id: grantId(config) };
  },
  refresh: (known, context) => readGrant(known, context, allowed),
  destroy: (known, context) => change(known.arguments, known.arguments, false, context),
});

const defaultsTable: ArgumentTable = {
  role: { kind: "string", required: true, replaces: true, use: "grantee" },
  database: { kind: "string", required: true, replaces: true, use: "where to connect" },
  owner: { kind: "string", required: true, replaces: true, use: "FOR ROLE" },
  schema: { kind: "string", replaces: true, use: "IN SCHEMA" },
  object_type: {
    kind: "string",
    required: true,
    replaces: true,
    oneOf: ["table", "sequence", "function", "routine", "type", "schema"],
    use: "ON ...",
  },
  privileges: { kind: "set", required: true, use: "GRANT; none means only the REVOKE before it" },
  with_grant_option: { kind: "bool", default: false, replaces: true, use: "WITH GRANT OPTION" },
};

/** REVOKE ALL, then the GRANT, as ALTER DEFAULT PRIVILEGES. */
export function defaultPrivilegesSql(config: JsonObject, grant: boolean): string[] {
  const schema = text(config, "schema") ? `IN SCHEMA ${identifier(text(config, "schema"))} ` : "";
  const head = `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(text(config, "owner"))} ${schema}`;
  const on = `ON ${text(config, "object_type").toUpperCase()}S`;
  const role = identifier(text(config, "role"));
  const privileges = texts(config, "privileges").join(",");
  const statements = [`${head}REVOKE ALL ${on} FROM ${role}`];
  const option = flag(config, "with_grant_option") ? " WITH GRANT OPTION" : "";
  if (grant && privileges) statements.push(`${head}GRANT ${privileges} ${on} TO ${role}${option}`);
  return statements;
}

async function changeDefaults(config: JsonObject, grant: boolean, context: Context) {
  const owner = text(config, "owner");
  await inTransaction(context, text(config, "database"), async (session) => {
    await lockRole(session, owner);
    await withRoles(session, [owner], async () => {
      for (const sql of defaultPrivilegesSql(config, grant)) await session.run(sql);
    });
  });
  const parts = [text(config, "role"), text(config, "database"), text(config, "schema") || "noschema"];
  return { id: [...parts, owner, text(config, "object_type")].join("_") };
}

export const defaultPrivileges = tableHandler({
  type: "postgresql_default_privileges",
  shares: () => true,
  table: defaultsTable,
  check(config, where) {
    if (text(config, "schema") && text(config, "object_type") === "schema")
      throw where.at("schema").error("cannot be given for object_type schema");
    if (flag(config, "with_grant_option") && text(config, "role").toLowerCase() === "public")
      throw where.at("with_grant_option").error("cannot be true for public");
    checkPrivileges(config, where);
  },
  create: (config, context) => changeDefaults(config, true, context),
  update: (config, _known, context) => changeDefaults(config, true, context),
  refresh: (known, context) => readDefaults(known, context, allowed),
  async destroy(known, context) {
    await changeDefaults(known.arguments, false, context);
  },
});
