import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preflight, preflightSql } from "../../../audit/preflight/preflight";
import { loadProgram, Program, Rehearsal, startBench } from "../../../bench";
import type { AccessGraph } from "../../../constructs";
import { overExisting } from "../../support/existing-databases";

jest.setTimeout(10 * 60_000);

const MAJORS = [14, 18] as const;
const ADMIN = "leasehold_admin";
const EXISTING = `
  CREATE ROLE shop_owner NOLOGIN;
  CREATE SCHEMA sales AUTHORIZATION shop_owner;
  SET ROLE shop_owner; CREATE TABLE sales.orders (id integer); RESET ROLE`;

const program = (outdir: string): AccessGraph =>
  overExisting(outdir, MAJORS, (db, web) => void db.schema("sales").table("orders").grants.read(web));

describe("the first apply over a database in which no login may be issued", () => {
  let folder: string;
  let graph: AccessGraph;
  let loaded: Program;
  let bench: Awaited<ReturnType<typeof startBench>>;
  let engine: Rehearsal;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-ready-"));
    bench = await startBench({
      postgres: MAJORS.map((major) => ({
        endpoints: [`pg${major}.data.svc:5432`],
        major,
        admin: { username: ADMIN, mount: "leasehold", path: `postgres/pg${major}/admin` },
      })),
    });
    graph = program(join(folder, "out"));
    loaded = await loadProgram(join(folder, "out"), { endpoints: bench.mapping });
    engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
    for (const name of ["config", "servers"]) await engine.apply(loaded, { stacks: [name] });
    await bench.operate();
  });
  afterAll(async () => {
    await bench?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(MAJORS)(
    "ends with what is wrong and the remedy, and goes through after it: PostgreSQL %i",
    async (major) => {
      const server = bench.postgres(`pg${major}.data.svc:5432`);
      const stacks = [`access-${major}`];
      const mount = `database/pg${major}/shop`;
      await server.asSuperuser("postgres", "CREATE DATABASE shop");
      await server.asSuperuser("shop", EXISTING);
      const client = await server.connect({ ...server.superuser, database: "shop" });
      const edges = graph.edges.filter(({ mountPath }) => mountPath === mount);
      const lacks = await preflight(client, { database: "shop", owner: "shop_owner", admin: ADMIN, edges });
      await client.end();
      await server.asSuperuser("shop", preflightSql(lacks));
      // What nobody asked `preflight` about, or what came after it.
      await server.asSuperuser("shop", "GRANT CREATE ON SCHEMA public TO PUBLIC");

      const refused = await engine.apply(loaded, { stacks }).then(
        () => "applied",
        ({ message }: Error) => message,
      );
      expect(refused).toMatch(
        /Vault answered 500 to PUT database\/pg\d+\/shop\/rotate-root\/postgresql: [\s\S]*ERROR: lease "?v-apply-\d+"?: PUBLIC may create in the schema public of database shop, granted by \w+\. A superuser ends that: /,
      );
      // Nobody can ask for a login that is not there.
      await expect(bench.vault.request("GET", `${mount}/creds/c1.team.web`)).rejects.toThrow();
      expect((await server.asSuperuser("shop", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")).rows).toEqual(
        [],
      );
      // Run again without the remedy, it ends in the same way.
      await expect(engine.apply(loaded, { stacks })).rejects.toThrow("PUBLIC may create in the schema public");

      const [, told = ""] =
        /A superuser ends that: (.*REVOKE CREATE ON SCHEMA public FROM PUBLIC;)/.exec(refused) ?? [];
      expect(told).not.toBe("");
      await server.asSuperuser("shop", told);
      await engine.apply(loaded, { stacks });
      const { data } = (await bench.vault.request("GET", `${mount}/creds/c1.team.web`)) as {
        data: { username: string; password: string };
      };
      const lease = await server.connect({ user: data.username, password: data.password, database: "shop" });
      expect((await lease.query("SELECT * FROM sales.orders")).rows).toEqual([]);
      await lease.end();
      const { steps } = await engine.apply(loaded, { stacks });
      expect(steps.filter(({ action }) => !["unchanged", "open"].includes(action))).toEqual([]);
      await engine.destroy({ stacks });
    },
  );
});
