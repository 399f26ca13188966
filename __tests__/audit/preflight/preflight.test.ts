import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preflight, Preflight, preflightSql } from "../../../audit/preflight/preflight";
import { loadProgram, PostgresServer, Rehearsal, startBench } from "../../../bench";
import type { AccessGraph } from "../../../constructs";
import { KnownRights, knownRightsProblem } from "../../../access/model/known-rights";
import { REPORT_SCHEMA, REPORT_VERSION } from "../../../access/report/report";
import { leasehold, Ran } from "../../cli/fake-io";
import { overExisting } from "../../support/existing-databases";

jest.setTimeout(10 * 60_000);

const MAJORS = [14, 15, 16, 17, 18] as const;
const ADMIN = "leasehold_admin";
const EMPTY = { identities: [], databases: [], edges: [], deliveries: [] };

/** A program over a database that exists on a server of each version: grants in `public` and in a schema of its own. */
const program = (outdir: string): AccessGraph =>
  overExisting(outdir, MAJORS, (db, web) => {
    db.schema("public").table("orders").grants.readWrite(web);
    db.schema("sales").allTables().grants.read(web);
    db.schema("sales").view("open").grants.read(web);
    db.schema("sales").function("turnover()").grants.execute(web);
    db.grants.temporary(web);
  });

/** As a superuser made it by hand, long ago. */
const EXISTING = `
  CREATE TABLE public.orders (id serial PRIMARY KEY);
  CREATE SCHEMA sales;
  CREATE TABLE sales.wizard (id integer);
  CREATE VIEW sales.open AS SELECT id FROM sales.wizard;
  CREATE FUNCTION sales.turnover() RETURNS integer LANGUAGE sql AS 'SELECT 1';
  GRANT USAGE, CREATE ON SCHEMA public TO PUBLIC;
  CREATE ROLE shop_owner NOLOGIN;
  CREATE ROLE clerk NOLOGIN;
  CREATE TABLE sales.clerks (id integer);
  ALTER TABLE sales.clerks OWNER TO clerk;
  GRANT SELECT (id) ON sales.wizard TO PUBLIC;
  CREATE ROLE office NOLOGIN; GRANT clerk TO office;
  CREATE ROLE ann LOGIN; GRANT office TO ann`;

const connection = ({ host, port, major }: PostgresServer): string =>
  `pg${major}/shop=host=${host} port=${port} user=postgres dbname=shop sslmode=disable`;

async function look(server: PostgresServer, graph: AccessGraph, admin = ADMIN): Promise<Preflight> {
  const client = await server.connect({ ...server.superuser, database: "shop" });
  try {
    const mount = `database/pg${server.major}/shop`;
    return await preflight(client, {
      database: "shop",
      owner: "shop_owner",
      admin,
      edges: graph.edges.filter(({ mountPath }) => mountPath === mount),
    });
  } finally {
    await client.end();
  }
}

test("says what an existing database lacks; with that an apply, a second plan and a destroy work, on each version", async () => {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-preflight-"));
  const bench = await startBench({
    postgres: MAJORS.map((major) => ({
      endpoints: [`pg${major}.data.svc:5432`],
      major,
      admin: { username: ADMIN, mount: "leasehold", path: `postgres/pg${major}/admin` },
    })),
  });
  try {
    const graph = program(join(folder, "out"));
    const loaded = await loadProgram(join(folder, "out"), { endpoints: bench.mapping });
    const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
    for (const name of ["config", "servers"]) await engine.apply(loaded, { stacks: [name] });
    await bench.operate();
    for (const major of MAJORS) {
      const server = bench.postgres(`pg${major}.data.svc:5432`);
      const stacks = [`access-${major}`];
      await server.asSuperuser("postgres", "CREATE DATABASE shop");
      await server.asSuperuser("shop", EXISTING);
      // As most are: the owner of the tables owns the database as well. With an option of its own, from an earlier version.
      const owns = major === 16 || major === 18 || major === 15;
      if (owns) await server.asSuperuser("shop", "ALTER DATABASE shop OWNER TO shop_owner");
      const acts = owns && major >= 16;
      if (major === 18)
        await server.asSuperuser(
          "shop",
          `GRANT CONNECT ON DATABASE shop TO leasehold_admin WITH GRANT OPTION;
           SET ROLE leasehold_admin; GRANT CONNECT ON DATABASE shop TO clerk`,
        );
      const roles = async (): Promise<unknown> =>
        (await server.asSuperuser("shop", "SELECT rolname FROM pg_roles ORDER BY 1")).rows;
      const before = await roles();

      const found = await look(server, graph);
      expect(found.required.map(({ sql }) => sql)).toEqual([
        ...(major === 18
          ? [
              'SET ROLE "leasehold_admin"; REVOKE CONNECT ON DATABASE shop FROM clerk; RESET ROLE; REVOKE GRANT OPTION FOR CONNECT, TEMPORARY ON DATABASE "shop" FROM "leasehold_admin" CASCADE;',
            ]
          : []),
        'GRANT CREATE ON DATABASE "shop" TO "leasehold_admin";',
        ...(acts
          ? []
          : [
              'GRANT CONNECT ON DATABASE "shop" TO "leasehold_admin" WITH GRANT OPTION;',
              'GRANT TEMPORARY ON DATABASE "shop" TO "leasehold_admin" WITH GRANT OPTION;',
            ]),
        'ALTER ROUTINE sales.turnover() OWNER TO "shop_owner";',
        // From 15 on it belongs to whoever owns the database.
        ...(owns && major >= 15 ? [] : ['ALTER SCHEMA public OWNER TO "shop_owner";']),
        'ALTER SCHEMA sales OWNER TO "shop_owner";',
        'ALTER TABLE public.orders OWNER TO "shop_owner";',
        'ALTER TABLE sales.wizard OWNER TO "shop_owner";',
        'ALTER VIEW sales.open OWNER TO "shop_owner";',
        // Before 16 CREATEROLE is enough.
        ...(major < 16
          ? []
          : [
              'GRANT "clerk" TO "leasehold_admin" WITH ADMIN OPTION;',
              'GRANT "shop_owner" TO "leasehold_admin" WITH ADMIN OPTION;',
            ]),
        'REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;',
      ]);
      expect(found.advised.map(({ sql }) => sql.split(" ").slice(0, 3).join(" "))).toEqual([
        "REVOKE CONNECT ON",
        "REVOKE TEMPORARY ON",
        "ALTER DEFAULT PRIVILEGES",
      ]);
      const command = async (): Promise<Ran> =>
        leasehold(["preflight", "--report", "r", "--admin", ADMIN, "--database", connection(server)], {
          r: readFileSync(join(folder, "out", "access.json"), "utf8"),
        });
      process.env.PGPASSWORD = server.superuser.password;
      expect(await command()).toMatchObject({ code: 2, err: "", out: preflightSql(found) });
      const rights = await leasehold(
        ["preflight", "--rights", "--report", "r", "--admin", ADMIN, "--database", connection(server)],
        { r: readFileSync(join(folder, "out", "access.json"), "utf8") },
      );
      expect([rights.code, rights.err]).toEqual([0, ""]);
      const known = JSON.parse(rights.out) as KnownRights;
      expect(knownRightsProblem(known, "shop")).toBeUndefined();
      expect(known.lookedUp).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(known.rights).toEqual([
        { who: "PUBLIC", privilege: "CONNECT", kind: "database" },
        { who: "PUBLIC", privilege: "CREATE", kind: "schema", schema: "public" },
        { who: "PUBLIC", privilege: "EXECUTE", kind: "function", schema: "sales", name: "turnover()" },
        { who: "PUBLIC", privilege: "SELECT", kind: "column", schema: "sales", name: "wizard", column: "id" },
        { who: "PUBLIC", privilege: "TEMPORARY", kind: "database" },
        { who: "PUBLIC", privilege: "USAGE", kind: "schema", schema: "public" },
        { who: "ann", privilege: "ACT AS", kind: "role", name: "clerk" },
      ]);
      // Its owner alone cannot run them: a role is granted by who has its ADMIN OPTION, and from 16 on the role itself has it not.
      expect(preflightSql(found)).toMatch(
        /^-- In the database shop, as a superuser, or on a managed server as its administrator:/,
      );
      const [membership] = found.required.filter(({ sql }) => sql.startsWith('GRANT "shop_owner"'));
      if (membership)
        await expect(
          server.asSuperuser("shop", `SET SESSION AUTHORIZATION shop_owner; ${membership.sql}`),
        ).rejects.toThrow('permission denied to grant role "shop_owner"');
      // Before they are run, the apply fails.
      await expect(engine.apply(loaded, { stacks })).rejects.toThrow(/permission denied|must have admin option/);
      await server.asSuperuser("shop", preflightSql(found));
      expect((await look(server, graph)).required).toEqual([]);
      const { rows: own } = await server.asSuperuser(
        "shop",
        "SELECT d.datname FROM pg_database AS d, aclexplode(d.datacl) AS x WHERE d.datname = 'shop' AND x.grantor = 'leasehold_admin'::regrole",
      );
      expect(own).toEqual([]);
      expect(await command()).toMatchObject({ code: 0, out: expect.stringContaining("nothing is missing") });

      await engine.apply(loaded, { stacks });
      const { steps } = await engine.apply(loaded, { stacks });
      expect(steps.filter(({ action }) => !["unchanged", "open"].includes(action))).toEqual([]);
      const group = "c1_team_web_shop";
      const { rows } = await server.asSuperuser(
        "shop",
        `SELECT has_database_privilege('${group}', 'shop', 'CONNECT, TEMPORARY') AND has_table_privilege('${group}', 'public.orders', 'INSERT')
            AND has_schema_privilege('${group}', 'public', 'USAGE') AND has_table_privilege('${group}', 'sales.clerks', 'SELECT') AS held`,
      );
      expect(rows).toEqual([{ held: true }]);

      await engine.destroy({ stacks });
      expect(await roles()).toEqual(before);
      expect((await look(server, graph)).required).toEqual([]);
    }
  } finally {
    delete process.env.PGPASSWORD;
    await bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a database must be named, and be one of the report", async () => {
  const r = JSON.stringify({
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: EMPTY,
    unclassified: [],
    notJudged: [],
  });
  expect(await leasehold(["preflight", "--report", "r"], { r })).toMatchObject({
    code: 1,
    err: expect.stringContaining("name a database that exists with --database"),
  });
  expect(await leasehold(["preflight", "--report", "r", "--database", "shop"], { r })).toMatchObject({
    code: 1,
    err: expect.stringContaining('"shop" names 0 databases of the report'),
  });
});
