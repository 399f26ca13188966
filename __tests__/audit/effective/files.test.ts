import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

  test.each([
    ["COPY public.a (id) FROM stdin;\n1\n\\.\n", "--schema-only"],
    ["CREATE ROLE more", "permission denied to create role"],
    ["COPY public.a TO PROGRAM 'true'", "permission denied"],
  ])("%j is refused, with the reason", async (sql, message) => {
    await expect(load("refused.sql", sql)).rejects.toThrow(message);
  });
});
