import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSchema } from "../../../audit/prove/schema-files";
import { PostgresServer, startPostgres } from "../../../bench/servers/postgres";

jest.setTimeout(60_000);

describe("schema files", () => {
  let server: PostgresServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-files-"));
    server = await startPostgres();
    await server.asSuperuser(
      "postgres",
      'CREATE ROLE "the owner"; GRANT CREATE ON DATABASE postgres TO "the owner"; GRANT CREATE ON SCHEMA public TO "the owner"',
    );
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const load = (name: string, sql: string): Promise<string[]> => {
    writeFileSync(join(folder, name), sql);
    return loadSchema(server, "postgres", "the owner", join(folder, name));
  };

  test("a dump as pg_dump --schema-only writes it belongs to the owner role, also what was made after RESET ROLE", async () => {
    await load(
      "dump.sql",
      `--\n-- PostgreSQL database dump\n--\n\n\\restrict aBcD1234\n
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA sales;
ALTER SCHEMA sales OWNER TO "the owner";
CREATE TABLE sales.wizard (id integer NOT NULL, quote text DEFAULT E'line\\n\\\\restrict'::text);
ALTER TABLE sales.wizard OWNER TO "the owner";
ALTER TABLE ONLY sales.wizard ADD CONSTRAINT wizard_pkey PRIMARY KEY (id);
GRANT USAGE, CREATE ON SCHEMA sales TO PUBLIC;
RESET ROLE;
CREATE TABLE sales.late (id integer);

\\unrestrict aBcD1234
`,
    );
    const { rows } = await server.asSuperuser(
      "postgres",
      "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'sales' ORDER BY 1",
    );
    expect(rows).toEqual([
      { tablename: "late", tableowner: "the owner" },
      { tablename: "wizard", tableowner: "the owner" },
    ]);
    const { rows: left } = await server.asSuperuser(
      "postgres",
      "SELECT FROM pg_roles WHERE rolname LIKE 'leasehold_prove%'",
    );
    expect(left).toEqual([]);
  });

  test("a folder, each file once in the order of names; a failing one is named and leaves nothing of itself", async () => {
    writeFileSync(join(folder, "002_b.sql"), "CREATE TABLE public.b (id integer); SELECT 1/0");
    writeFileSync(join(folder, "001_a.sql"), "CREATE TABLE public.a (id integer)");
    rmSync(join(folder, "dump.sql"), { force: true });
    await expect(loadSchema(server, "postgres", "the owner", folder)).rejects.toThrow("002_b.sql: division by zero");
    const { rows } = await server.asSuperuser(
      "postgres",
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    expect(rows).toEqual([{ tablename: "a" }, { tablename: "leasehold_migration" }]);
  });

  test("what a file drops and makes again is granted again to the groups of the database, and to nobody else", async () => {
    const made = (n: number): string => `
      CREATE TABLE again.t (id integer, name text);
      CREATE TABLE again.p (id integer) PARTITION BY LIST (id);
      CREATE VIEW again.v AS SELECT ${n} AS n;
      CREATE MATERIALIZED VIEW again.m AS SELECT ${n} AS n;
      CREATE SEQUENCE again."s s";
      CREATE FUNCTION again.f(integer, "again"."kind") RETURNS integer LANGUAGE sql AS 'SELECT ${n}';
      REVOKE ALL ON FUNCTION again.f FROM PUBLIC;
      CREATE VIEW again."left alone" AS SELECT 1 AS n;`;
    const again = join(folder, "again");
    mkdirSync(again);
    writeFileSync(
      join(again, "1.sql"),
      `CREATE SCHEMA again; CREATE TYPE again.kind AS ENUM ('a'); CREATE VIEW again.revoked AS SELECT 1; ${made(1)}`,
    );
    await loadSchema(server, "postgres", "the owner", again);
    const [group, stranger] = ['"group ""1"', "stranger"];
    const hash = createHash("sha256").update('group "1', "utf8").digest("hex").slice(0, 32);
    await server.asSuperuser(
      "postgres",
      `CREATE ROLE ${group}; CREATE ROLE ${stranger}; CREATE SCHEMA lease;
       CREATE FUNCTION lease.group_${hash}() RETURNS integer LANGUAGE sql AS 'SELECT 1';
       ${[group, stranger, "PUBLIC"].map((who) => `GRANT SELECT ON again.v, again.revoked, again."left alone" TO ${who};`).join("\n")}
       GRANT SELECT, INSERT ON again.t TO ${group}; GRANT UPDATE (name) ON again.t TO ${group}; GRANT SELECT ON again.p, again.m TO ${group};
       GRANT USAGE ON SEQUENCE again."s s" TO ${group}; GRANT EXECUTE ON FUNCTION again.f TO ${group}, ${stranger};`,
    );
    const held = async (): Promise<unknown[]> =>
      (
        await server.asSuperuser(
          "postgres",
          `SELECT relname AS on, coalesce(attname, '') AS part, string_agg(privilege_type, ' ' ORDER BY privilege_type) AS may, grantee::regrole::text AS "to"
             FROM (SELECT relname, NULL::name AS attname, relnamespace, (aclexplode(relacl)).* FROM pg_class
                   UNION ALL SELECT relname, attname, relnamespace, (aclexplode(attacl)).* FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
                   UNION ALL SELECT proname, NULL, pronamespace, (aclexplode(proacl)).* FROM pg_proc) AS acl
            WHERE relnamespace = 'again'::regnamespace AND grantee <> '"the owner"'::regrole GROUP BY 1, 2, 4 ORDER BY 1, 2, 4`,
        )
      ).rows.map((row) => Object.values(row as object).join("|"));
    const before = await held();
    expect(before).toHaveLength(16);
    writeFileSync(
      join(again, "2.sql"),
      `DROP TABLE again.t, again.p; DROP VIEW again.v; DROP MATERIALIZED VIEW again.m; DROP SEQUENCE again."s s"; DROP FUNCTION again.f;
       REVOKE SELECT ON again.revoked FROM ${group}; ${made(2).replace(/CREATE VIEW again."left alone".*/, "")}`,
    );
    await loadSchema(server, "postgres", "the owner", again);
    const [lost, anew] = [/\|(stranger|-)$/, /^(t|p|v|m|f|s s)\|/];
    expect(await held()).toEqual(
      before.filter(
        (line) => !(lost.test(String(line)) && anew.test(String(line))) && line !== 'revoked||SELECT|"group ""1"',
      ),
    );
  });

  test.each([
    ["COPY public.a (id) FROM stdin;\n1\n\\.\n", "--schema-only"],
    ["CREATE ROLE more", "permission denied to create role"],
    ["COPY public.a TO PROGRAM 'true'", "permission denied"],
  ])("%j is refused, with the reason", async (sql, message) => {
    await expect(load("refused.sql", sql)).rejects.toThrow(message);
  });
});
