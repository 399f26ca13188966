import { parsePlPgSQLSync } from "libpg-query";
import { createFunctionSql } from "../../../bench/rehearse/handlers/postgresql/function";
import { defaultPrivilegesSql, grantSql, revokeSql } from "../../../bench/rehearse/handlers/postgresql/grant";
import { createRoleSql } from "../../../bench/rehearse/handlers/postgresql/role";
import { registrationName } from "../../../constructs/database/lease/lease-functions";
import { Asked } from "../program";
import { functionName, namesOf } from "./asked-names";
import { Granted, onlyStatement, readCreateRole, readDefaults, readGrant, readValues } from "./sql";
import { differs, differsAsSet, ofType, Read, Reading } from "./terraform";

const FUNCTIONS = ["close", "issue", "live", "renew", "revoke", "sweep"];

/** Roles, grants, defaults, functions and the provider's connection: as PostgreSQL's own parser reads the provider's SQL. */
export function judgePostgres(reading: Reading, asked: Asked): string[] {
  return [
    ...roles(reading, asked),
    ...grants(reading, asked),
    ...ofOwnDatabase(reading, asked),
    ...functions(reading, asked),
    ...connections(reading, asked),
  ];
}

/** The role that the provider makes of a block. */
const roleOf = ({ arguments: args }: Read): string => readCreateRole(createRoleSql(args));

function roles(reading: Reading, asked: Asked): string[] {
  const { estate, login, group, wide } = namesOf(asked);
  const blocks = ofType(reading, "postgresql_role", "access");
  const made = blocks.map((block) => roleOf(block));
  const members = blocks.find((block) => block.arguments.name === group)?.arguments.roles;
  return [
    ...differsAsSet("a role", made, [estate, login, group, wide]),
    ...differs("roles of the group", members, [wide]),
  ];
}

/** In one order of fields, so that two of them can be compared as text. */
const fact = ({ privilege, kind, schema, name, column, to }: Granted): Granted => ({
  privilege,
  kind,
  schema,
  name,
  column,
  to,
});

function wanted(asked: Asked): Granted[] {
  const { database, group, wide, login } = namesOf(asked);
  const [schema, allOf] = [asked.text("schema"), asked.text("allOf")];
  const table = asked.text("table");
  const otherTable = asked.text("otherTable");
  return [
    { privilege: "CONNECT", kind: "database", schema: database, to: group },
    { privilege: "CONNECT", kind: "database", schema: database, to: login },
    { privilege: "USAGE", kind: "schema", schema: "lease", to: login },
    ...FUNCTIONS.map((name) => ({ privilege: "EXECUTE", kind: "function", schema: "lease", name, to: login })),
    { privilege: "USAGE", kind: "schema", schema, to: group },
    { privilege: "USAGE", kind: "schema", schema: allOf, to: group },
    { privilege: "SELECT", kind: "table", schema, name: table, to: group },
    ...[asked.text("column"), asked.text("otherColumn")].map((column) => ({
      ...{ privilege: "UPDATE", kind: "column", schema, name: otherTable, column, to: group },
    })),
    { privilege: "USAGE", kind: "sequence", schema, name: asked.text("sequence"), to: group },
    { privilege: "EXECUTE", kind: "function", schema, name: functionName(asked), to: group },
    { privilege: "INSERT", kind: "table", schema: allOf, to: wide },
  ];
}

function grants(reading: Reading, asked: Asked): string[] {
  const { owner, wide } = namesOf(asked);
  const blocks = ofType(reading, "postgresql_grant", "access");
  const found = blocks.flatMap((block) => {
    const sql = grantSql(block.arguments);
    return sql === undefined ? [] : readGrant(sql);
  });
  const defaults = ofType(reading, "postgresql_default_privileges", "access").flatMap((block) =>
    defaultPrivilegesSql(block.arguments, true).filter((sql) => sql.includes(" GRANT ")),
  );
  return [
    ...differsAsSet("a grant", found.map(fact), wanted(asked).map(fact)),
    ...differsAsSet(
      "a default",
      defaults.map((sql) => {
        const { of, ...granted } = readDefaults(sql);
        return { of, ...fact(granted) };
      }),
      [{ of: owner, ...fact({ privilege: "INSERT", kind: "table", schema: asked.text("allOf"), to: wide }) }],
    ),
    ...blocks.flatMap((block) => {
      const sql = revokeSql(block.arguments);
      if (sql !== undefined) onlyStatement(sql);
      return block.arguments.database === asked.text("database") ? [] : [`${block.address} is in another database`];
    }),
  ];
}

/** What a database of the program's own comes with. */
function ofOwnDatabase(reading: Reading, asked: Asked): string[] {
  if (!asked.shape.ownDatabase) return [];
  const { database, owner } = namesOf(asked);
  const found = ofType(reading, "postgresql_grant", "databases").flatMap((block) => {
    const sql = grantSql(block.arguments);
    return sql === undefined ? [] : readGrant(sql);
  });
  return [
    ...differsAsSet(
      "a database",
      ofType(reading, "postgresql_database").map((block) => block.arguments.name),
      [database],
    ),
    ...differsAsSet(
      "an owner",
      ofType(reading, "postgresql_role", "databases").map((block) => roleOf(block)),
      [owner],
    ),
    ...differsAsSet(
      "a grant of the database",
      found.map(fact),
      [
        { privilege: "CONNECT", kind: "database", schema: database, to: owner },
        { privilege: "CREATE", kind: "database", schema: database, to: owner },
        { privilege: "TEMPORARY", kind: "database", schema: database, to: owner },
        { privilege: "CREATE", kind: "schema", schema: "public", to: owner },
        { privilege: "USAGE", kind: "schema", schema: "public", to: owner },
        { privilege: "USAGE", kind: "schema", schema: "public", to: "<ROLESPEC_PUBLIC>" },
      ].map(fact),
    ),
  ];
}

/** The lease functions know the group, Vault's login and the estate, and mean nothing else by them. */
function functions(reading: Reading, asked: Asked): string[] {
  const { group, login } = namesOf(asked);
  const blocks = ofType(reading, "postgresql_function", "access");
  const body = ({ arguments: args }: Read): string => String(args.body);
  return [
    ...differsAsSet(
      "a lease function",
      blocks.map((block) => block.arguments.name),
      [...FUNCTIONS, registrationName(group)],
    ),
    ...blocks.flatMap((block) => {
      const { name } = block.arguments;
      // The provider takes what stands between the outermost `$tag$ ` and ` $tag$` for the body (normalizeFunctionBody).
      const problems = /\$[a-zA-Z]*\$\s/.test(body(block)) ? [`the provider would cut the body of ${name}`] : [];
      // Without the body, since the expression that cuts it takes its time over one of this length.
      const create = createFunctionSql({ ...block.arguments, body: "@" }, true);
      if (name === "issue") parsePlPgSQLSync(create.replace("@", () => body(block)));
      if (block.arguments.language === "sql") {
        onlyStatement(create.replace("@", () => body(block)));
        const [values] = readValues(`(${body(block).replace(/^SELECT /, "")})`);
        return [...problems, ...differs("the group that is registered", values[0], group)];
      }
      const callers = /session_user NOT IN \((.*?)(, current_user)?\) THEN/.exec(body(block))?.[1];
      if (name !== "live") problems.push(...differs(`who may call ${name}`, readValues(`(${callers})`), [[login]]));
      return problems;
    }),
  ];
}

function connections(reading: Reading, asked: Asked): string[] {
  return ofType(reading, "postgresql").flatMap(({ stack, arguments: args }) =>
    differs(
      `the connection of ${stack}`,
      [args.host, args.port, args.database, args.username, args.sslrootcert],
      [
        asked.text("hostFromTerraform"),
        5434,
        stack === "access" ? asked.text("database") : "postgres",
        asked.text("adminUser"),
        asked.text("caFile"),
      ],
    ),
  );
}
