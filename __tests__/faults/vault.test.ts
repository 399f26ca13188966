import { Bench, connect, parseCredential, Pod } from "../../bench";
import { fault } from "./record";
import { NAMESPACE, until, World } from "./world";

jest.setTimeout(300_000);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("Vault and its agents, when something breaks", () => {
  let world: World;
  let bench: Bench;

  beforeAll(async () => {
    world = await World.start(
      {
        workers: {
          web: { ttl: 15, maxTtl: 3600, tokenTtl: 60, tokenMaxTtl: 3600 },
          patient: { ttl: 10, maxTtl: 3600, tokenTtl: 10, tokenMaxTtl: 15 },
          doomed: { ttl: 10, maxTtl: 3600, tokenTtl: 60, tokenMaxTtl: 3600 },
        },
      },
      { vaultStorage: "raft" },
    );
    bench = world.bench;
  });
  afterAll(() => world?.stop());

  const round = (seconds: number): number => Math.round(seconds * 10) / 10;

  const liveLogins = async (worker: string): Promise<number> =>
    (await world.sql(`SELECT FROM lease.live() WHERE "group" = '${world.group(worker)}'`)).length;

  /** Starts a pod while Vault does not serve, and lets Vault serve again. */
  const startWithout = async (
    stop: () => Promise<void>,
    repair: () => Promise<void>,
  ): Promise<{ held: number; started: number; pod: Pod }> => {
    await until("no login is left", async () => (await liveLogins("web")) === 0, 30_000);
    await stop();
    const began = performance.now();
    let done: "started" | "failed" | undefined;
    const starting = bench.play(NAMESPACE, "web");
    starting.then(
      () => (done = "started"),
      () => (done = "failed"),
    );
    await sleep(5_000);
    expect(done).toBeUndefined();
    expect(await liveLogins("web")).toBe(0);
    await repair();
    const repaired = performance.now();
    const pod = await starting;
    const client = await connect(parseCredential(pod.file("pg18")), bench.route);
    await client.query("SELECT id FROM app.item");
    await client.end();
    expect(await liveLogins("web")).toBe(1);
    return { held: (repaired - began) / 1000, started: (performance.now() - repaired) / 1000, pod };
  };

  /** Before the ttl of its login could have ended it. */
  const endsWith = async (pod: Pod): Promise<void> => {
    await pod.end({ grace: 0 });
    await until("its logins end with the pod", async () => (await liveLogins("web")) === 0, 8_000);
  };

  fault("vault-sealed-start", async (measure) => {
    const { held, started, pod } = await startWithout(
      () => bench.vault.seal(),
      () => bench.vault.unseal(),
    );
    measure("its app held back, without a login, for", round(held), "s");
    measure("started, by itself, after the unseal in", round(started), "s");
    await endsWith(pod);
  });

  fault("vault-killed-start", async (measure) => {
    const { held, started, pod } = await startWithout(
      () => bench.vault.kill(),
      () => bench.vault.restart(),
    );
    measure("its app held back, without a login, for", round(held), "s");
    measure("started, by itself, after the restart in", round(started), "s");
    await endsWith(pod);
  });

  fault("refused-start", async (measure) => {
    const role = await bench.vault.request("GET", `auth/kubernetes-c1/role/${NAMESPACE}.patient`);
    const [name] = (role.data as { token_policies: string[] }).token_policies.filter((policy) => policy !== "default");
    const path = `sys/policies/acl/${name}`;
    const { policy } = (await bench.vault.request("GET", path)).data as { policy: string };
    const tokens = async (): Promise<number> =>
      ((await bench.vault.request("LIST", "auth/token/accessors")).data as { keys: string[] }).keys.length;
    const before = await tokens();
    await bench.vault.request("PUT", path, { policy: 'path "nothing" { capabilities = ["read"] }' });
    let done = false;
    const starting = bench.play(NAMESPACE, "patient", { timeoutMs: 75_000 }).finally(() => (done = true));
    // Three lives of its token; it is given 30 s more.
    await sleep(45_000);
    expect([done, await liveLogins("patient")]).toEqual([false, 0]);
    await bench.vault.request("PUT", path, { policy });
    const allowed = performance.now();
    const pod = await starting;
    measure("started, by itself, after the cause had ended, in", round((performance.now() - allowed) / 1000), "s");
    expect(pod.agentLog).toContain("permission denied");
    expect(await liveLogins("patient")).toBe(1);
    await until("the tokens before have ended", async () => (await tokens()) === before + 1, 20_000);
    measure("logins of the pod", await liveLogins("patient"));
    await pod.end();
    await until("its login ends with the pod", async () => (await liveLogins("patient")) === 0, 8_000);
    await until("its token ends with the pod", async () => (await tokens()) === before, 8_000);
  });

  /** An app that reads its file and connects, again and again, while something happens. */
  const underLoad = async (
    pod: Pod,
    run: () => Promise<void>,
  ): Promise<{ queries: number; failures: string[]; logins: number }> => {
    const failures: string[] = [];
    const logins = new Set<string>();
    let queries = 0;
    let on = true;
    const load = (async () => {
      while (on) {
        try {
          const credential = parseCredential(pod.file("pg18"));
          const client = await connect(credential, bench.route);
          await client.query("SELECT id FROM app.item");
          await client.end();
          logins.add(credential.user);
          queries += 1;
        } catch (error) {
          failures.push((error as Error).message);
        }
        await sleep(50);
      }
    })();
    try {
      await run();
    } finally {
      on = false;
      await load;
    }
    return { queries, failures, logins: logins.size };
  };

  /** Milliseconds since 1970 at which PostgreSQL refuses the pod's login. */
  const validUntil = async (pod: Pod): Promise<number> => {
    const { user } = parseCredential(pod.file("pg18"));
    const [found] = await world.sql(`SELECT rolvaliduntil AS until FROM pg_roles WHERE rolname = '${user}'`);
    return (found?.until as Date | undefined)?.getTime() ?? 0;
  };

  const outage = async (
    stop: () => Promise<void>,
    repair: () => Promise<void>,
  ): Promise<{ down: number; queries: number; failures: string[] }> => {
    const pod = await bench.play(NAMESPACE, "web");
    let down = 0;
    const { queries, failures } = await underLoad(pod, async () => {
      // From before the time of its renewal, at two thirds of its ttl of 15 s, until after it.
      await sleep(6_000);
      await stop();
      const start = performance.now();
      await sleep(5_000);
      await repair();
      down = (performance.now() - start) / 1000;
      // Beyond the end that the login had: it must have been renewed, or replaced, in between.
      await sleep(6_000);
    });
    await pod.end({ grace: 0 });
    return { down, queries, failures };
  };

  fault("vault-sealed", async (measure) => {
    const { down, queries, failures } = await outage(
      () => bench.vault.seal(),
      () => bench.vault.unseal(),
    );
    expect(failures).toEqual([]);
    measure("sealed for", round(down), "s");
    measure("queries, each on a connection of its own", queries);
    measure("failed", failures.length);
  });

  fault("vault-killed", async (measure) => {
    const { down, queries, failures } = await outage(
      () => bench.vault.kill(),
      () => bench.vault.restart(),
    );
    expect(failures).toEqual([]);
    measure("gone for", round(down), "s");
    measure("queries, each on a connection of its own", queries);
    measure("failed", failures.length);
  });

  fault("vault-restarted", async (measure) => {
    const pod = await bench.play(NAMESPACE, "web");
    const { user } = parseCredential(pod.file("pg18"));
    const before = await validUntil(pod);
    await bench.vault.kill();
    await bench.vault.restart();
    const renewed = await until("the lease is renewed", async () => (await validUntil(pod)) > before, 30_000);
    expect(parseCredential(pod.file("pg18")).user).toBe(user);
    measure("the same login was renewed after the restart in", round(renewed / 1000), "s");
    measure("its end moved by", round(((await validUntil(pod)) - before) / 1000), "s");
    await pod.end({ grace: 0 });
  });

  fault("agent-killed", async (measure) => {
    const pod = await bench.play(NAMESPACE, "doomed");
    const credential = parseCredential(pod.file("pg18"));
    const client = await connect(credential, bench.route);
    await pod.kill();
    const start = performance.now();
    const [session, role] = await Promise.all([
      until(
        "the session ends",
        async () =>
          client.query("SELECT 1").then(
            () => false,
            () => true,
          ),
        60_000,
      ),
      until("the role is gone", async () => !(await world.exists({ user: credential.user, major: 18 })), 60_000),
    ]);
    expect(performance.now() - start).toBeLessThan(12_000);
    measure("with a ttl of 10 s, its open session ended after", round(session / 1000), "s");
    measure("its role was dropped after", round(role / 1000), "s");
    await client.end().catch(() => undefined);
  });

  test("nothing of these pods is left in Vault or PostgreSQL when they are gone", async () => {
    const left = async (): Promise<string[]> => (await world.vaultLeases()).filter((id) => !id.includes("migrator"));
    await until("no lease is left", async () => (await left()).length === 0, 30_000);
    expect([await liveLogins("web"), await liveLogins("doomed"), await liveLogins("patient")]).toEqual([0, 0, 0]);
  });
});
