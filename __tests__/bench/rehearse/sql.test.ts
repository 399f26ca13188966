import { loadModule, parseSync } from "libpg-query";
import { createDatabaseSql } from "../../../bench/rehearse/handlers/postgresql/database";
import { createFunctionSql, normalizeBody, readBack } from "../../../bench/rehearse/handlers/postgresql/function";
import { defaultPrivilegesSql, grantSql, revokeSql } from "../../../bench/rehearse/handlers/postgresql/grant";
import { createRoleSql, grantRoleSql } from "../../../bench/rehearse/handlers/postgresql/role";
import { RESOURCES } from "../../../bench/rehearse/handlers";
import { JsonObject, Where } from "../../../bench/rehearse/model/values";

beforeAll(loadModule);

const where = new Where("access", "postgresql_x.y");
const read = (type: string, raw: JsonObject): JsonObject => RESOURCES[type]?.read(raw, where) ?? {};
const parsed = (sql: string): unknown => (parseSync(sql).stmts ?? [])[0]?.stmt;
const grantOf = (raw: JsonObject): JsonObject =>
  read("postgresql_grant", { role: "g", database: "shop", schema: 'sa"les', ...raw });

describe("statements of the postgresql provider", () => {
  test("a grant on tables names them, quoted, and revokes the same privileges first", () => {
    const config = grantOf({ object_type: "table", objects: ["wizard", 'o"dd'], privileges: ["SELECT", "INSERT"] });
    expect(grantSql(config)).toBe('GRANT INSERT,SELECT ON TABLE "sa""les"."o""dd","sa""les"."wizard" TO "g"');
    expect(revokeSql(config)).toBe('REVOKE INSERT,SELECT ON TABLE "sa""les"."o""dd","sa""les"."wizard" FROM "g"');
    expect(parsed(grantSql(config) ?? "")).toMatchObject({ GrantStmt: { is_grant: true, objtype: "OBJECT_TABLE" } });
  });

  test("no objects means all that exist, and revokes everything", () => {
    const config = grantOf({ object_type: "sequence", privileges: ["USAGE"] });
    expect(grantSql(config)).toBe('GRANT USAGE ON ALL SEQUENCES IN SCHEMA "sa""les" TO "g"');
    expect(revokeSql(config)).toBe('REVOKE ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA "sa""les" FROM "g"');
    expect(parsed(grantSql(config) ?? "")).toMatchObject({ GrantStmt: { targtype: "ACL_TARGET_ALL_IN_SCHEMA" } });
  });

  test("a function with argument types keeps them outside of the quotes", () => {
    const config = grantOf({ object_type: "function", objects: ["issue(text, integer)"], privileges: ["EXECUTE"] });
    expect(grantSql(config)).toBe('GRANT EXECUTE ON FUNCTION "sa""les"."issue"(text, integer) TO "g"');
    expect(parsed(grantSql(config) ?? "")).toMatchObject({ GrantStmt: { objtype: "OBJECT_FUNCTION" } });
  });

  test("a column grant is one privilege on one table", () => {
    const raw = { object_type: "column", objects: ["t"], columns: ["b", "a"], privileges: ["SELECT"] };
    expect(grantSql(grantOf(raw))).toBe('GRANT SELECT ("a","b") ON TABLE "sa""les"."t" TO "g"');
    expect(parsed(grantSql(grantOf(raw)) ?? "")).toMatchObject({ GrantStmt: { privileges: [{ AccessPriv: {} }] } });
    expect(() => grantOf({ ...raw, privileges: ["SELECT", "UPDATE"] })).toThrow(/exactly one/);
    expect(() => grantOf({ ...raw, objects: [] })).toThrow(/exactly one table/);
  });

  test("an empty list of privileges only revokes, from public too", () => {
    const config = read("postgresql_grant", {
      role: "public",
      database: "shop",
      object_type: "database",
      privileges: [],
    });
    expect(grantSql(config)).toBeUndefined();
    expect(revokeSql(config)).toBe('REVOKE ALL PRIVILEGES ON DATABASE "shop" FROM "public"');
    expect(parsed(revokeSql(config) ?? "")).toMatchObject({
      GrantStmt: { grantees: [{ RoleSpec: { roletype: "ROLESPEC_PUBLIC" } }] },
    });
  });

  test("a privilege that the provider does not know is refused", () => {
    expect(() => grantOf({ object_type: "table", privileges: ["MAINTAIN"] })).toThrow(
      /stack "access", postgresql_x\.y, privileges: MAINTAIN is not a privilege/,
    );
  });

  test("default privileges are revoked and granted for their owner", () => {
    const raw = { role: "g", database: "shop", owner: "o", schema: "s", object_type: "table", privileges: ["SELECT"] };
    const config = read("postgresql_default_privileges", raw);
    expect(defaultPrivilegesSql(config, true)).toEqual([
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" REVOKE ALL ON TABLES FROM "g"',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "o" IN SCHEMA "s" GRANT SELECT ON TABLES TO "g"',
    ]);
    for (const sql of defaultPrivilegesSql(config, true))
      expect(parsed(sql)).toHaveProperty("AlterDefaultPrivilegesStmt");
  });

  test("a role is created with every attribute spelled out", () => {
    const config = read("postgresql_role", {
      name: 'v"ault',
      login: true,
      password_wo: "it's",
      password_wo_version: "1",
    });
    expect(createRoleSql(config)).toBe(
      `CREATE ROLE "v""ault" WITH ENCRYPTED PASSWORD 'it''s' VALID UNTIL 'infinity' CONNECTION LIMIT -1 ` +
        "NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT LOGIN NOBYPASSRLS NOREPLICATION",
    );
    expect(parsed(createRoleSql(config))).toHaveProperty("CreateRoleStmt");
  });

  test("a write-only password and its version need each other", () => {
    expect(() => read("postgresql_role", { name: "v", password_wo: "x" })).toThrow(/need each other/);
    expect(() => read("postgresql_role", { name: "v", password_wo_version: "1" })).toThrow(/need each other/);
  });

  test("memberships and databases are quoted", () => {
    const member = read("postgresql_grant_role", { role: "a", grant_role: "b", with_admin_option: true });
    expect(grantRoleSql(member)).toBe('GRANT "b" TO "a" WITH ADMIN OPTION');
    const database = createDatabaseSql(read("postgresql_database", { name: "shop", owner: "o" }), "dba");
    expect(database).toContain('CREATE DATABASE "shop" OWNER "o" TEMPLATE template0 ENCODING \'UTF8\'');
    expect(parsed(database)).toHaveProperty("CreatedbStmt");
  });
});

describe("functions of the postgresql provider", () => {
  const raw: JsonObject = {
    name: "issue",
    schema: "lease",
    returns: "void",
    security_definer: true,
    arg: [{ name: "p_name", type: "text" }],
    body: "\nBEGIN PERFORM 1; END\n",
  };

  test("the statement parses, with its body in dollar quotes", () => {
    const sql = createFunctionSql(read("postgresql_function", raw), false);
    expect(sql).toContain('CREATE FUNCTION "lease"."issue" (IN p_name text)');
    expect(sql).toContain("$function$\nBEGIN PERFORM 1; END\n$function$");
    expect(parsed(sql)).toHaveProperty("CreateFunctionStmt");
  });

  test("a body with dollar quotes in it is cut at them, as the provider does", () => {
    expect(normalizeBody("AS $$ BEGIN END $$")).toBe("BEGIN END");
    expect(normalizeBody("BEGIN END")).toBe("BEGIN END");
  });

  test("what PostgreSQL prints is read as the provider reads it", () => {
    const printed =
      "CREATE OR REPLACE FUNCTION lease.issue(p_name text, p_ttl integer DEFAULT 60)\n RETURNS void\n LANGUAGE plpgsql\n" +
      " SECURITY DEFINER\nAS $function$\nBEGIN PERFORM 1; END\n$function$\n";
    expect(readBack(printed)).toMatchObject({
      returns: "void",
      security_definer: true,
      body: "\nBEGIN PERFORM 1; END\n",
      arg: [
        { name: "p_name", type: "text", mode: "IN", default: "" },
        { name: "p_ttl", type: "integer", mode: "IN", default: "60" },
      ],
    });
  });
});
