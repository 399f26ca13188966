import type { Client } from "pg";
import { inSeconds, issueSql, verifier } from "../constructs/database/lease/fixture";
import { fault } from "./record";
import { Lease, timed, World } from "./world";

jest.setTimeout(300_000);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const MAJORS = [18, 15] as const;
type Major = (typeof MAJORS)[number];
const PODS = 200;
const LIVE = 10_000;
/** From 16 on the admin is a member of each role that it makes, and PostgreSQL walks all of them at each issue. */
const LIVE_FROM_16 = 1_000;
/** `maxOpenConnections` of the mount, by default. */
const VAULT_CONNECTIONS = 4;

describe("many leases", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(
      {
        majors: MAJORS,
        rotateRoot: false,
        workers: {
          web: { ttl: 7200, maxLiveLeases: 250 },
          crowd: { ttl: 7200, maxLiveLeases: LIVE },
          quiet: { ttl: 7200 },
        },
      },
      { settings: { max_connections: "300" } },
    );
  });
  afterAll(() => world?.stop());

  fault("restart-storm", async (measure) => {
    let [vaultPeak, allPeak, on] = [0, 0, true];
    const watcher = await world.postgres().connect({ ...world.postgres().superuser, database: "postgres" });
    const watching = (async () => {
      while (on) {
        const { rows } = await watcher.query(
          `SELECT count(*) FILTER (WHERE application_name = 'vault')::int AS vault, count(*)::int AS all
             FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
        );
        vaultPeak = Math.max(vaultPeak, rows[0].vault);
        allPeak = Math.max(allPeak, rows[0].all);
        await sleep(20);
      }
    })();
    // What each agent does: a token of the ServiceAccount, a login to Vault, a login to the database; then the app's.
    const sessions: Client[] = [];
    const start = performance.now();
    const results = await Promise.allSettled(
      Array.from({ length: PODS }, async () => {
        const lease: Lease = await world.lease("web", { token: await world.token("web") });
        const client = await world.session(lease);
        sessions.push(client);
        await client.query("SELECT id FROM app.item");
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    // The last look must see all of them open.
    await sleep(200);
    on = false;
    await watching;
    const failed = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
    await Promise.all([...sessions, watcher].map((client) => client.end()));
    expect(failed).toEqual([]);
    expect(vaultPeak).toBeGreaterThan(0);
    expect(vaultPeak).toBeLessThanOrEqual(VAULT_CONNECTIONS);
    expect(allPeak).toBeLessThanOrEqual(PODS + VAULT_CONNECTIONS);
    measure(`logins served, of ${PODS} asked for at once`, sessions.length);
    measure("the last of them after", Math.round(seconds * 10) / 10, "s");
    measure(`most connections of Vault, of ${VAULT_CONNECTIONS}`, vaultPeak);
    measure(`most connections in all, of ${PODS + VAULT_CONNECTIONS}`, allPeak);
  });

  /** Bytes of every ACL that a lease could grow. */
  const aclBytes = async (major: Major): Promise<number> => {
    const [row] = await world.sql(
      `SELECT (SELECT coalesce(sum(pg_column_size(relacl)), 0) FROM pg_class)
            + (SELECT coalesce(sum(pg_column_size(attacl)), 0) FROM pg_attribute)
            + (SELECT coalesce(sum(pg_column_size(nspacl)), 0) FROM pg_namespace)
            + (SELECT coalesce(sum(pg_column_size(proacl)), 0) FROM pg_proc)
            + (SELECT coalesce(sum(pg_column_size(datacl)), 0) FROM pg_database)
            + (SELECT coalesce(sum(pg_column_size(defaclacl)), 0) FROM pg_default_acl) AS bytes`,
      major,
    );
    return Number(row?.bytes);
  };

  const count = async (major: Major): Promise<number> => {
    const [row] = await world.sql("SELECT count(*)::int AS n FROM lease.live() WHERE state = 'live'", major);
    return row?.n as number;
  };

  let names = 0;
  /** Issues as Vault does, and says how many pages of 8 kB the server read for it: the machine's load does not show in it. */
  const issue = async (vault: Client, worker: string): Promise<{ ms: number; pages: number }> => {
    const name = `v-many-${String((names += 1)).padStart(12, "0")}`;
    const start = performance.now();
    const { rows } = await vault.query(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${issueSql(name, verifier(name), inSeconds(7200), world.group(worker))}`,
    );
    const { Plan: plan } = rows[0]["QUERY PLAN"][0];
    return { ms: performance.now() - start, pages: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] };
  };

  const median = (numbers: number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number;

  const issueMany = async (major: Major, worker: string, times: number): Promise<{ ms: number; pages: number }> => {
    const vault = await world.asVault(major);
    const all: { ms: number; pages: number }[] = [];
    for (let n = 0; n < times; n += 1) all.push(await issue(vault, worker));
    await vault.end();
    return { ms: median(all.map(({ ms }) => ms)), pages: median(all.map(({ pages }) => pages)) };
  };

  /** Issues as Vault does, a hundred in one call. */
  const fill = async (major: Major, missing: number): Promise<void> => {
    const vault = await world.asVault(major);
    for (let n = 0; n < missing; n += 100)
      await vault.query(
        `DO $$ BEGIN FOR n IN ${n + 1}..${Math.min(n + 100, missing)} LOOP
          PERFORM lease.issue('v-bulk-' || n, '${verifier("bulk")}', '${inSeconds(7200)}', '${world.group("crowd")}');
        END LOOP; END $$`,
      );
    await vault.end();
  };

  fault("ten-thousand", async (measure) => {
    for (const major of MAJORS) {
      const wanted = major < 16 ? LIVE : LIVE_FROM_16;
      const acl = await aclBytes(major);
      const before = await issueMany(major, "quiet", 40);
      await issueMany(major, "crowd", 60);
      await fill(major, wanted - (await count(major)));
      const live = await count(major);
      expect(live).toBe(wanted);
      const after = await issueMany(major, "quiet", 40);
      const grown = (await aclBytes(major)) - acl;
      expect(grown).toBe(0);
      // A walk over the leases would read a page for each. Times are measured, not tested.
      if (major < 16) expect(after.pages).toBeLessThan(LIVE / 5);
      const began = performance.now();
      const lease = await world.lease("quiet", { major });
      await (await world.session(lease)).end();
      const issued = Math.round(performance.now() - began);
      expect(issued).toBeLessThan(2_000);
      const revoked = await timed(world.revoke(lease));
      expect(revoked).toBeLessThan(4_000);
      expect(await world.exists(lease)).toBe(false);
      const on = `PostgreSQL ${major}`;
      measure(`${on}, live leases`, live);
      measure(`${on}, growth of all ACLs of the database`, grown, "bytes");
      measure(`${on}, median time of lease.issue before`, Math.round(before.ms * 10) / 10, "ms");
      measure(`${on}, with all of them there`, Math.round(after.ms * 10) / 10, "ms");
      measure(`${on}, pages read by it before`, before.pages);
      measure(`${on}, with all of them there`, after.pages);
      measure(`${on}, issued through Vault and used in`, issued, "ms");
      measure(`${on}, revoked through Vault in`, revoked, "ms");
    }
  });
});
