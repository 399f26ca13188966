/** Provider 1.26.0: resource_postgresql_database.go, resource_postgresql_schema.go. */
import { ArgumentTable, flag, number, text } from "../../model/arguments";
import { JsonObject } from "../../model/values";
import { Context, changedKeys, tableHandler } from "../../model/handler";
import { Session, connected, exists, inTransaction, ownRole, single } from "./connection";
import { databaseOwner, grantMembership, revokeMembership, withRoles } from "./membership";
import { readDatabase, readSchema } from "./reading";
import { identifier, literal } from "./sql";

const table: ArgumentTable = {
  name: { kind: "string", required: true, use: "CREATE DATABASE; a change renames" },
  owner: { kind: "string", use: "OWNER; the login by default" },
  template: { kind: "string", replaces: true, use: "TEMPLATE; template0 by default" },
  encoding: { kind: "string", replaces: true, use: "ENCODING; UTF8 by default" },
  lc_collate: { kind: "string", replaces: true, use: "LC_COLLATE" },
  lc_ctype: { kind: "string", replaces: true, use: "LC_CTYPE" },
  tablespace_name: { kind: "string", use: "TABLESPACE" },
  connection_limit: { kind: "number", default: -1, use: "CONNECTION LIMIT" },
  allow_connections: { kind: "bool", default: true, use: "ALLOW_CONNECTIONS" },
  is_template: { kind: "bool", use: "IS_TEMPLATE" },
  alter_object_ownership: { kind: "refused", use: "not known to the rehearsal" },
};

const nameOr = (config: JsonObject, key: string, quote: (value: string) => string, fallback: string): string => {
  const value = text(config, key);
  return value === "" ? fallback : value.toUpperCase() === "DEFAULT" ? "DEFAULT" : quote(value);
};

/** CREATE DATABASE as the provider writes it. */
export function createDatabaseSql(config: JsonObject, me: string): string {
  const optional = (keyword: string, key: string, quote: (value: string) => string) => {
    const value = nameOr(config, key, quote, "");
    return value ? [`${keyword} ${value}`] : [];
  };
  return [
    `CREATE DATABASE ${identifier(text(config, "name"))}`,
    `OWNER ${identifier(text(config, "owner") || me)}`,
    `TEMPLATE ${nameOr(config, "template", identifier, "template0")}`,
    `ENCODING ${nameOr(config, "encoding", literal, "'UTF8'")}`,
    ...optional("LC_COLLATE", "lc_collate", literal),
    ...optional("LC_CTYPE", "lc_ctype", literal),
    ...optional("TABLESPACE", "tablespace_name", identifier),
    `ALLOW_CONNECTIONS ${flag(config, "allow_connections")}`,
    `CONNECTION LIMIT ${number(config, "connection_limit") ?? -1}`,
    `IS_TEMPLATE ${flag(config, "is_template")}`,
  ].join(" ");
}

/** As a member of the owner, where there is one. */
async function asOwner(owner: string, context: Context, work: (session: Session) => Promise<void>): Promise<void> {
  if (owner && number(context.provider, "max_connections") === 1)
    throw context.where.error(
      "its provider has max_connections = 1: it holds a lock on one connection and works on another, so most runs hang",
    );
  const me = ownRole(context.provider);
  await connected(context, "", async (session) => {
    const granted = owner !== "" && (await grantMembership(session, owner, me));
    try {
      await work(session);
    } finally {
      if (granted) await revokeMembership(session, owner, me);
    }
  });
}

export const database = tableHandler({
  type: "postgresql_database",
  table,
  async create(config, context) {
    const me = ownRole(context.provider);
    const owner = text(config, "owner");
    await asOwner(owner, context, async (session) => void (await session.run(createDatabaseSql(config, me))));
    return { id: text(config, "name"), owner: owner || me };
  },
  async update(config, known, context) {
    const changed = changedKeys(known.arguments, config);
    const name = identifier(text(config, "name"));
    const owner = text(config, "owner");
    await connected(context, "", async (session) => {
      if (changed.includes("name")) await session.run(`ALTER DATABASE ${identifier(known.id)} RENAME TO ${name}`);
    });
    if (changed.includes("owner") && owner)
      await asOwner(owner, context, async (session) => {
        await session.run(`ALTER DATABASE ${name} OWNER TO ${identifier(owner)}`);
      });
    await connected(context, "", async (session) => {
      if (changed.includes("tablespace_name")) {
        const space = nameOr(config, "tablespace_name", identifier, "DEFAULT");
        const action = space === "DEFAULT" ? "RESET TABLESPACE" : `SET TABLESPACE ${space}`;
        await session.run(`ALTER DATABASE ${name} ${action}`);
      }
      if (changed.includes("connection_limit"))
        await session.run(`ALTER DATABASE ${name} CONNECTION LIMIT = ${number(config, "connection_limit") ?? -1}`);
      if (changed.includes("allow_connections"))
        await session.run(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${flag(config, "allow_connections")}`);
      if (changed.includes("is_template"))
        await session.run(`ALTER DATABASE ${name} IS_TEMPLATE ${flag(config, "is_template")}`);
    });
    return { id: text(config, "name"), owner: owner || String(known.attributes.owner) };
  },
  refresh: readDatabase,
  async destroy(known, context) {
    const name = identifier(known.id);
    await asOwner(String(known.attributes.owner ?? ""), context, async (session) => {
      if (flag(known.arguments, "is_template")) await session.run(`ALTER DATABASE ${name} IS_TEMPLATE false`);
      await session.run(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      const others =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";
      await session.run(others, [known.id]);
      await session.run(`DROP DATABASE ${name} WITH (FORCE)`);
    });
  },
});

const schemaTable: ArgumentTable = {
  name: { kind: "string", required: true, use: "CREATE SCHEMA; a change renames" },
  database: { kind: "string", replaces: true, use: "where to connect; the provider's by default" },
  owner: { kind: "string", use: "AUTHORIZATION" },
  if_not_exists: { kind: "bool", default: true, use: "IF NOT EXISTS" },
  drop_cascade: { kind: "bool", default: false, use: "DROP SCHEMA CASCADE" },
  policy: { kind: "refused", use: "deprecated: use postgresql_grant" },
};

const databaseOf = (config: JsonObject, context: Context): string =>
  text(config, "database") || text(context.provider, "database");

async function schemaAttributes(config: JsonObject, context: Context) {
  const where = databaseOf(config, context);
  const name = text(config, "name");
  const sql = "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1";
  const owner = await connected(context, where, (session) =>
    single(session, sql, [name], `schema ${name} is not there`),
  );
  return { id: `${where}.${name}`, database: where, owner };
}

export const schema = tableHandler({
  type: "postgresql_schema",
  shares: () => true,
  table: schemaTable,
  async create(config, context) {
    const [name, owner] = [text(config, "name"), text(config, "owner")];
    await inTransaction(context, databaseOf(config, context), async (session) => {
      const roles = [await databaseOwner(session, databaseOf(config, context))];
      if (owner && owner !== roles[0]) roles.push(owner);
      await withRoles(session, roles, async () => {
        if (await exists(session, "SELECT TRUE FROM pg_catalog.pg_namespace WHERE nspname = $1", [name])) {
          if (owner) await session.run(`ALTER SCHEMA ${identifier(name)} OWNER TO ${identifier(owner)}`);
          return;
        }
        const unless = flag(config, "if_not_exists") ? "IF NOT EXISTS " : "";
        const authorization = owner ? ` AUTHORIZATION ${identifier(owner)}` : "";
        await session.run(`CREATE SCHEMA ${unless}${identifier(name)}${authorization}`);
      });
    });
    return schemaAttributes(config, context);
  },
  async update(config, known, context) {
    const [name, owner] = [text(config, "name"), text(config, "owner")];
    await inTransaction(context, databaseOf(config, context), async (session) => {
      const before = text(known.arguments, "name");
      if (name !== before) await session.run(`ALTER SCHEMA ${identifier(before)} RENAME TO ${identifier(name)}`);
      if (owner && owner !== known.attributes.owner)
        await session.run(`ALTER SCHEMA ${identifier(name)} OWNER TO ${identifier(owner)}`);
    });
    return schemaAttributes(config, context);
  },
  refresh: readSchema,
  async destroy(known, context) {
    const name = text(known.arguments, "name");
    await inTransaction(context, String(known.attributes.database), async (session) => {
      if (!(await exists(session, "SELECT 1 FROM pg_namespace WHERE nspname = $1", [name]))) return;
      await withRoles(session, [String(known.attributes.owner)], async () => {
        const mode = flag(known.arguments, "drop_cascade") ? "CASCADE" : "RESTRICT";
        await session.run(`DROP SCHEMA ${identifier(name)} ${mode}`);
      });
    });
  },
});
