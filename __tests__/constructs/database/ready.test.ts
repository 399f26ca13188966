import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preflight, preflightSql } from "../../../audit/preflight/preflight";
import { loadProgram, Program, Rehearsal, startBench } from "../../../bench";
import { vaultReader, VaultReader } from "../../../audit/doctor/vault";
import { checkMount } from "../../../audit/doctor/vault-secrets-mount";
import type { DatabaseNode } from "../../../access/model/graph";
import type { AccessGraph } from "../../../constructs";
import { overExisting } from "../../support/existing-databases";

jest.setTimeout(10 * 60_000);

const MAJORS = [14, 18] as const;
const ADMIN = "leasehold_admin";
const EXISTING = `
  CREATE ROLE shop_owner NOLOGIN;
  CREATE SCHEMA sales AUTHORIZATION shop_owner;
  SET ROLE shop_owner; CREATE TABLE sales.orders (id integer); RESET ROLE`;

const program = (outdir: string, rotateRoot: boolean): AccessGraph =>
  overExisting(outdir, MAJORS, (db, web) => void db.schema("sales").table("orders").grants.read(web), { rotateRoot });

/** What Vault is asked for, and what says what is refused. */
const WAYS = [
  { rotateRoot: true, request: "rotate-root/postgresql" },
  { rotateRoot: false, request: "static-roles/leasehold-trial-1" },
];

describe.each(WAYS)(
  "the first apply over a database in which no login may be issued, rotateRoot $rotateRoot",
  (way) => {
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
      graph = program(join(folder, "out"), way.rotateRoot);
      loaded = await loadProgram(join(folder, "out"), { endpoints: bench.mapping });
      engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
      for (const name of ["config", "servers"]) await engine.apply(loaded, { stacks: [name] });
      await bench.operate();
    });
    afterAll(async () => {
      await bench?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const reader = (): VaultReader => vaultReader({ address: bench.vault.address, token: bench.vault.rootToken });

    /** What doctor says of the mount as it is, and after somebody changed what tries it. */
    async function doctorReads(major: number, mount: string, rotates: boolean): Promise<void> {
      // The bench's server is at another address than the program says.
      const database: DatabaseNode = {
        ...(graph.databases.find(({ mountPath }) => mountPath === mount) as DatabaseNode),
        vaultAddress: undefined,
      };
      const edges = graph.edges.filter(({ mountPath }) => mountPath === mount);
      const said = async (of: DatabaseNode = database): Promise<string[]> =>
        (await checkMount(reader(), of, edges)).map(({ code, object }) => `${code} ${object?.name}`);
      expect(await said()).toEqual([]);
      // The other program: one that does not rotate where this one does.
      const { vaultPassword, ...plain } = database;
      const other: DatabaseNode = rotates ? { ...database, vaultPassword: "kept" } : plain;
      const statements = `connection-differs root_credentials_rotate_statements of ${mount}/config/postgresql`;
      expect(vaultPassword).toBe(rotates ? undefined : "kept");
      expect(await said(other)).toEqual(
        rotates
          ? [statements, `database-role-missing ${mount}/static-roles`]
          : [statements, `database-role-unknown ${mount}/static-roles/leasehold-trial-1`],
      );
      if (rotates) await bench.vault.request("POST", `${mount}/config/postgresql`, { root_rotation_statements: [] });
      else
        await bench.vault.request("POST", `${mount}/static-roles/leasehold-trial-1`, {
          username: database.vaultLogin,
          rotation_statements: ["SELECT 1"],
        });
      expect(await said()).toEqual([
        rotates ? statements : `database-role-differs rotation_statements of ${mount}/static-roles/leasehold-trial-1`,
      ]);
      if (rotates) return;
      // The password in KV is still that of Vault's login: what tried it changed none.
      const kept = (await bench.vault.request("GET", `leasehold/data/postgres/pg${major}/shop/vault`)) as {
        data: { data: { password: string } };
      };
      const client = await bench
        .postgres(`pg${major}.data.svc:5432`)
        .connect({ user: database.vaultLogin, password: kept.data.data.password, database: "shop" });
      await client.end();
    }

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
        expect(refused).toContain(`Vault answered 500 to PUT ${mount}/${way.request}: `);
        expect(refused).toMatch(
          /ERROR: lease "?v-apply-\d+"?: PUBLIC may create in the schema public of database shop, granted by \w+\. A superuser ends that: /,
        );
        // Vault keeps no role by which it has not tried.
        expect(await reader().list(`${mount}/static-roles`)).toEqual([]);
        // Nobody can ask for a login that is not there.
        await expect(bench.vault.request("GET", `${mount}/creds/c1.team.web`)).rejects.toThrow();
        expect(
          (await server.asSuperuser("shop", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")).rows,
        ).toEqual([]);
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
        await doctorReads(major, mount, way.rotateRoot);
        await engine.destroy({ stacks });
      },
    );
  },
);
