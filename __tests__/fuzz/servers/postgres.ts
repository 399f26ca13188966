import type { Client } from "pg";
import { createFunctionSql } from "../../../bench/rehearse/handlers/postgresql/function";
import { defaultPrivilegesSql, grantSql, revokeSql } from "../../../bench/rehearse/handlers/postgresql/grant";
import { createRoleSql } from "../../../bench/rehearse/handlers/postgresql/role";
import { callable, identifier } from "../../../bench/rehearse/handlers/postgresql/sql";
import { PostgresServer } from "../../../bench/servers/postgres";
import { inSeconds, verifier } from "../../constructs/database/lease/fixture";
import { functionName, namesOf } from "../judges/asked-names";
import { differsAsSet, ofType, Reading } from "../judges/terraform";
import { sentByVault } from "../judges/vault-statements";
import { Asked } from "../program";

/** Why a case cannot be tried: the server could not hold what it names, such as a table and a sequence of one name. */
export function impossible(asked: Asked): boolean {
  const { database, owner, group } = namesOf(asked);
  const [schema, allOf] = [asked.text("schema"), asked.text("allOf")];
  const taken = ["postgres", "template0", "template1"];
  return (
    [database, owner, group].some((name) => taken.includes(name)) ||
    owner === group ||
    [schema, allOf].some((name) => name.startsWith("pg_") || name === "information_schema") ||
    [asked.text("table"), asked.text("otherTable")].includes(asked.text("sequence"))
  );
}

/**
 * Makes the database of a case with the very objects that it names, beside others of nearly the same names; runs the SQL
 * that the provider makes of the synthesized program; asks the server what the group may do now; and plays one lease.
 */
export async function tryOnPostgres(server: PostgresServer, reading: Reading, asked: Asked): Promise<string[]> {
  const { database, owner, group, wide, login, estate } = namesOf(asked);
  const root = await server.connect({ ...server.superuser, database: "postgres" });
  const roles = [owner, group, wide, login, estate];
  try {
    await root.query(`CREATE DATABASE ${identifier(database)}`);
    await root.query(`REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`);
    await root.query(`CREATE ROLE ${identifier(owner)}`);
    for (const { arguments: args } of ofType(reading, "postgresql_role", "access"))
      await root.query(createRoleSql(args));
    await root.query(`GRANT ${identifier(wide)} TO ${identifier(group)}`);
    const inside = await server.connect({ ...server.superuser, database });
    try {
      await furnish(inside, asked);
      for (const block of ofType(reading, "postgresql_function", "access"))
        await inside.query(createFunctionSql(block.arguments, true));
      for (const { arguments: args } of ofType(reading, "postgresql_grant", "access"))
        for (const sql of [revokeSql(args), grantSql(args)]) if (sql !== undefined) await inside.query(sql);
      for (const { arguments: args } of ofType(reading, "postgresql_default_privileges", "access"))
        for (const sql of defaultPrivilegesSql(args, true)) await inside.query(sql);
      // Made later by the owner: it is one of all tables, too.
      await inside.query(`SET ROLE ${identifier(owner)}`);
      await inside.query(`CREATE TABLE ${identifier(asked.text("allOf"))}."made later" (a int)`);
      await inside.query("RESET ROLE");
      return [...(await granted(inside, asked)), ...(await lease(server, inside, reading, asked))];
    } finally {
      await inside.end();
    }
  } finally {
    await root.query(`DROP DATABASE IF EXISTS ${identifier(database)} WITH (FORCE)`);
    for (const role of roles) await root.query(`DROP ROLE IF EXISTS ${identifier(role)}`);
    await root.end();
  }
}

/** Names that differ from this one by what servers and people overlook. */
function nearTo(name: string, taken: readonly string[]): string[] {
  return [`${name}x`, ` ${name}`, name.toUpperCase(), name.toLowerCase(), [...name].slice(0, -1).join("")].filter(
    (near, index, all) =>
      near !== "" &&
      near !== name &&
      !taken.includes(near) &&
      all.indexOf(near) === index &&
      Buffer.byteLength(near) <= 63,
  );
}

/** The objects that a case names, and others beside them. */
async function furnish(client: Client, asked: Asked): Promise<void> {
  const text = asked.text.bind(asked);
  const tables = [...new Set([text("table"), text("otherTable")])];
  const columns = [...new Set([text("column"), text("otherColumn")])];
  const relations = [...tables, text("sequence")];
  const schemas = [...new Set([text("schema"), text("allOf"), "lease"])];
  const near = nearTo(text("schema"), [...schemas, "public"]).filter((name) => !/^pg_/i.test(name));
  await client.query("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
  for (const schema of [...schemas, ...near]) {
    const q = identifier(schema);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${q}`);
    await client.query(`GRANT CREATE, USAGE ON SCHEMA ${q} TO ${identifier(namesOf(asked).owner)}`);
    if (schema === "lease" && ![text("schema"), text("allOf")].includes("lease")) continue;
    const list = [...columns, ...nearTo(columns[0], columns)].map((column) => `${identifier(column)} int`).join(", ");
    for (const table of [...tables, ...nearTo(text("table"), relations)])
      await client.query(`CREATE TABLE ${q}.${identifier(table)} (${list})`);
    const sequences = nearTo(text("sequence"), [...relations, ...nearTo(text("table"), relations)]);
    for (const name of [text("sequence"), ...sequences]) await client.query(`CREATE SEQUENCE ${q}.${identifier(name)}`);
    await makeTypes(client, text("function"));
    const signature = text("function").includes("(") ? callable(text("function")) : `${callable(text("function"))}()`;
    await client.query(`CREATE FUNCTION ${q}.${signature} RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    for (const name of nearTo(functionName(asked), [functionName(asked)]))
      await client.query(`CREATE FUNCTION ${q}.${identifier(name)}() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  }
}

/** The types of a function's arguments that the server has not: a program may name types of its own. */
async function makeTypes(client: Client, signature: string): Promise<void> {
  for (const word of /\((.*)\)$/.exec(signature)?.[1].match(/\w+/g) ?? []) {
    const { rows } = await client.query<{ there: boolean }>("SELECT to_regtype($1) IS NOT NULL AS there", [word]);
    if (!rows[0].there) await client.query(`CREATE DOMAIN public.${word} AS int`);
  }
}

/** Everything that a role ($1) holds in a database; in `public`, where PUBLIC has USAGE, only if that is asked for ($2). */
const HELD = `
  WITH n AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND (nspname <> 'public' OR $2)),
       t AS (SELECT c.oid, nspname, relname FROM pg_class c JOIN n ON n.oid = relnamespace WHERE relkind = 'r'),
       verbs(p) AS (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER'))
  SELECT 'database' AS kind, NULL AS schema, NULL AS name, NULL AS col, p FROM unnest(ARRAY['CONNECT','CREATE','TEMPORARY']) p
   WHERE has_database_privilege($1, current_database(), p)
  UNION ALL SELECT 'schema', nspname, NULL, NULL, p FROM n, unnest(ARRAY['USAGE','CREATE']) p
   WHERE has_schema_privilege($1, n.oid, p)
  UNION ALL SELECT 'table', nspname, relname, NULL, p FROM t, verbs WHERE has_table_privilege($1, t.oid, p)
  UNION ALL SELECT 'column', nspname, relname, attname, p
    FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND attnum > 0, unnest(ARRAY['SELECT','INSERT','UPDATE','REFERENCES']) p
   WHERE has_column_privilege($1, t.oid, attnum, p) AND NOT has_table_privilege($1, t.oid, p)
  UNION ALL SELECT 'sequence', nspname, relname, NULL, p
    FROM pg_class c JOIN n ON n.oid = relnamespace, unnest(ARRAY['USAGE','SELECT','UPDATE']) p
   WHERE relkind = 'S' AND has_sequence_privilege($1, c.oid, p)
  UNION ALL SELECT 'function', nspname, proname, NULL, 'EXECUTE' FROM pg_proc f JOIN n ON n.oid = pronamespace
   WHERE has_function_privilege($1, f.oid, 'EXECUTE')`;

interface Held {
  readonly kind: string;
  readonly schema: string | null;
  readonly name: string | null;
  readonly col: string | null;
  readonly p: string;
}

const asList = ({ kind, schema, name, col, p }: Held): unknown[] => [p, kind, schema, name, col];

async function granted(client: Client, asked: Asked): Promise<string[]> {
  const { group, login } = namesOf(asked);
  const [schema, allOf] = [asked.text("schema"), asked.text("allOf")];
  const all = await client.query<{ relname: string }>(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)",
    [allOf],
  );
  const wanted = [
    ["CONNECT", "database", null, null, null],
    ["USAGE", "schema", schema, null, null],
    ["USAGE", "schema", allOf, null, null],
    ["SELECT", "table", schema, asked.text("table"), null],
    ...all.rows.map(({ relname }) => ["INSERT", "table", allOf, relname, null]),
    ...[asked.text("column"), asked.text("otherColumn")].map((column) => [
      ...["UPDATE", "column", schema, asked.text("otherTable"), column],
    ]),
    ["USAGE", "sequence", schema, asked.text("sequence"), null],
    ["EXECUTE", "function", schema, functionName(asked), null],
  ];
  const held = async (role: string, inPublic: boolean): Promise<unknown[][]> =>
    (await client.query<Held>(HELD, [role, inPublic])).rows.map(asList);
  const ofLogin = (await held(login, false)).filter(([, , of]) => of !== "lease" && of !== null);
  return [
    ...differsAsSet("a privilege of the group", await held(group, [schema, allOf].includes("public")), wanted),
    ...differsAsSet("a privilege of Vault's login", ofLogin, []),
  ];
}

/** Vault's login makes a lease by the synthesized statements: a member of this group and no other. And ends it. */
async function lease(server: PostgresServer, root: Client, reading: Reading, asked: Asked): Promise<string[]> {
  const { database, group, login } = namesOf(asked);
  const [{ arguments: role }] = ofType(reading, "vault_database_secret_backend_role");
  const account = ofType(reading, "postgresql_role", "access").find(({ arguments: args }) => args.name === login);
  const vault = await server.connect({ user: login, password: String(account?.arguments.password_wo), database });
  const name = "v-eu.shop.web-Xy1";
  const values = { name, username: name, password: verifier("x"), expiration: inSeconds(600) };
  const run = async (field: string): Promise<void> => {
    await vault.query("BEGIN");
    for (const sql of sentByVault(role[field] as string[], values)) await vault.query(sql);
    await vault.query("COMMIT");
  };
  const groups = async (): Promise<unknown[]> =>
    (
      await root.query<{ of: string }>(
        "SELECT roleid::regrole::oid AS id, (SELECT rolname FROM pg_roles WHERE oid = roleid) AS of FROM pg_auth_members " +
          "WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)",
        [name],
      )
    ).rows.map(({ of }) => of);
  try {
    await run("creation_statements");
    const issued = differsAsSet("a group of the lease", await groups(), [group]);
    await run("renew_statements");
    await run("revocation_statements");
    const left = await root.query("SELECT FROM pg_roles WHERE rolname = $1", [name]);
    return [...issued, ...(left.rowCount === 0 ? [] : ["the lease outlived its revocation"])];
  } finally {
    await vault.end();
    await root.query(`DROP ROLE IF EXISTS ${identifier(name)}`);
  }
}
