import { connect, parseCredential, Pod } from "../../bench";
import { fault } from "./record";
import { Lease, NAMESPACE, Shape, sqlState, timed, World } from "./world";

jest.setTimeout(300_000);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const SHAPE: Shape = { workers: { web: { ttl: 600 }, batch: { ttl: 600 } } };

describe("an apply or a destroy, when something breaks", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.bare();
  });
  afterAll(() => world?.stop());

  /** What the app of a pod does. */
  const query = async (pod: Pod, sql = "SELECT id FROM app.item"): Promise<void> => {
    const client = await connect(parseCredential(pod.file("pg18")), world.bench.route);
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };

  /** What a destroy has to take away: roles of the program, leases among them, their sessions, and mounts. */
  const left = async (): Promise<string[]> => {
    const roles = await world.sql(
      "SELECT rolname AS left FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' AND rolname NOT IN ('postgres', 'dba')",
      18,
      "postgres",
    );
    const sessions = await world.sql(
      `SELECT 'session ' || pid AS left FROM pg_stat_activity
        WHERE usename LIKE 'v-%' OR usesysid IS NOT NULL AND usename IS NULL`,
      18,
      "postgres",
    );
    return [...[...roles, ...sessions].map((row) => row.left as string), ...(await mounts())];
  };

  const mounts = async (): Promise<string[]> => {
    const { data } = await world.bench.vault.request("GET", "sys/mounts");
    return Object.keys(data as object).filter((path) => path.startsWith("database/") || path === "leasehold/");
  };

  fault("apply-stopped", async (measure) => {
    const stops = await world.stopping(SHAPE);
    const again = await world.apply(SHAPE);
    expect(again).toEqual([]);
    const pod = await world.bench.play(NAMESPACE, "web");
    await query(pod);
    await pod.end({ grace: 0 });
    expect(stops).toBeGreaterThan(50);
    measure("applies, each stopped after its first change", stops);
    measure("changes of one more apply", again.length);
  });

  fault("password-change-stopped", async (measure) => {
    const pod = await world.bench.play(NAMESPACE, "web");
    const shape: Shape = { ...SHAPE, passwordVersion: 2 };
    let [closed, failed] = [0, 0];
    const stops = await world.stopping(shape, async () => {
      if ((await sqlState(query(pod))) !== "ok") failed += 1;
      // A Vault that connects anew, as after a restart: with its open connections it would not notice the change.
      await sqlState(world.bench.vault.request("POST", `${world.mount()}/reset/postgresql`));
      if ((await sqlState(world.lease("batch"))) !== "ok") closed += 1;
    });
    await world.lease("batch");
    expect(await world.apply(shape)).toEqual([]);
    expect(stops).toBeGreaterThan(2);
    await pod.end({ grace: 0 });
    measure("applies, each stopped after its first change", stops);
    expect(failed).toBe(0);
    measure("stops at which a running pod's login failed", failed);
    measure("stops at which no new login could be issued until the next apply", closed);
  });

  fault("root-rotation", async (measure) => {
    const shape: Shape = { ...SHAPE, passwordVersion: 2 };
    await world.bench.vault.request("POST", `${world.mount()}/rotate-root/postgresql`);
    const changes = [...(await world.apply(shape)), ...(await world.apply(shape))];
    expect(changes).toEqual([]);
    const issued = await timed(world.lease("web").then(async (lease) => (await world.session(lease)).end()));
    // The password that KV still holds is none.
    const stale = await sqlState(world.asVault());
    expect(stale).toBe("28P01");
    measure("changes of two applies after it", changes.length);
    measure("a login issued and used in", issued, "ms");
  });

  fault("column-added", async (measure) => {
    const pod = await world.bench.play(NAMESPACE, "web");
    const failures: string[] = [];
    let [queries, on] = [0, true];
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (on) {
          await query(pod).then(
            () => (queries += 1),
            (error: Error) => failures.push(error.message),
          );
        }
      }),
    );
    try {
      await sleep(1_000);
      const changed = await world.apply({ ...SHAPE, passwordVersion: 2, workers: { ...SHAPE.workers, web: WIDER } });
      expect(changed.length).toBeGreaterThan(0);
      await sleep(1_000);
    } finally {
      on = false;
      await load;
    }
    expect(failures).toEqual([]);
    await query(pod, "SELECT id, name FROM app.item");
    await expect(query(pod, "SELECT price FROM app.item")).rejects.toMatchObject({ code: "42501" });
    await pod.end({ grace: 0 });
    measure("queries by 4 clients, each on a connection of its own", queries);
    measure("failed", failures.length);
  });

  const WIDER = { ttl: 600, columns: ["id", "name"] };

  fault("table-dropped", async (measure) => {
    const workers = { ...SHAPE.workers, web: WIDER };
    const owner = "SET ROLE app_owner";
    await world.sql(`${owner}; CREATE TABLE app.gone (a integer)`);
    await world.apply({ workers, passwordVersion: 2, tables: ["gone"] });
    await world.sql("DROP TABLE app.gone");
    const without: Shape = { workers, passwordVersion: 2 };
    const refused = await world.apply(without).then(
      () => "ok",
      (error: Error) => error.message,
    );
    // It says which resource and why, and a later apply says it again: nothing else was harmed.
    expect(refused).toMatch(/access-18.*postgresql_grant\.[\s\S]*app\.gone|relation "app.gone" does not exist/);
    await (await world.session(await world.lease("web"))).end();
    const forgotten = world.forget("access-18", /^postgresql_grant\..*gone/);
    expect(forgotten).toHaveLength(2);
    const [first, second] = [await world.apply(without), await world.apply(without)];
    expect(second).toEqual([]);
    measure("grants taken out of the state by the command of docs/operations.md", forgotten.length);
    measure("changes that were still to be made then", first.length);
    measure("changes of one more apply", second.length);
  });

  /** Leases with a session each. */
  const hold = async (count: number): Promise<Lease[]> => {
    const leases = await Promise.all(Array.from({ length: count }, () => world.lease("web")));
    for (const lease of leases) await (await world.session(lease)).query("BEGIN; SELECT id FROM app.item");
    return leases;
  };

  fault("destroy-live", async (measure) => {
    const leases = await hold(40);
    const start = performance.now();
    const resources = await world.destroy();
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const remains = await left();
    expect(remains).toEqual([]);
    measure("live leases, each with an open transaction", leases.length);
    measure(`${resources} resources destroyed in`, seconds, "s");
    measure("roles, sessions and mounts left", remains.length);
  });

  fault("destroy-stopped", async (measure) => {
    await world.apply(SHAPE);
    const leases = await hold(5);
    const stops = await world.stopping("destroy");
    const remains = await left();
    expect(remains).toEqual([]);
    measure("destroys, each stopped after its first change", stops);
    measure(`roles, sessions and mounts left, with ${leases.length} live leases at the start`, remains.length);
  });

  fault("destroy-postgres-gone", async (measure) => {
    await world.apply(SHAPE);
    const leases = await hold(5);
    await world.postgres().halt("immediate");
    const start = performance.now();
    const refused = await world.destroy().then(
      () => "ok",
      (error: Error) => error.message,
    );
    const told = Math.round(performance.now() - start);
    expect(refused).toMatch(/access-18/);
    // The commands of docs/operations.md.
    await world.bench.vault.request("PUT", `sys/leases/revoke-force/${world.mount()}`);
    const forgotten = ["access-18", "databases-18"].flatMap((stack) => world.forget(stack, /^postgresql_/));
    await world.destroy();
    const remains = await mounts();
    expect(remains).toEqual([]);
    measure("the first destroy says what it cannot reach after", told, "ms");
    measure("leases forgotten by Vault with `vault lease revoke -force`", leases.length);
    measure("resources taken out of the state with `terraform state rm`", forgotten.length);
    measure("mounts left in Vault after the next destroy", remains.length);
    await world.postgres().resume();
  });
});
