import { readFileSync } from "node:fs";
import { connect, parseCredential } from "../../bench";
import { fault } from "./record";
import { DATABASE, Lease, NAMESPACE, sqlState, timed, until, World } from "./world";

jest.setTimeout(300_000);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const INVALID_PASSWORD = "28P01";
/** Vault writes a VALID UNTIL that is so much later than its lease's end (vault 1.21, path_creds_create.go). */
const MARGIN = 5_000;

describe("PostgreSQL, when something breaks", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(
      { workers: { web: { ttl: 600 }, brief: { ttl: 5 }, longer: { ttl: 20 } } },
      // As servers in use have it: what was committed survives a crash of the server.
      { vaultStorage: "raft", settings: { synchronous_commit: "on" } },
    );
  });
  afterAll(() => world?.stop());

  fault("postgres-crashed", async (measure) => {
    const pod = await world.bench.play(NAMESPACE, "web");
    const credential = parseCredential(pod.file("pg18"));
    const before = await connect(credential, world.bench.route);
    await world.postgres().halt("immediate");
    expect(await sqlState(before.query("SELECT 1"))).not.toBe("ok");
    await world.postgres().resume();
    // With the very login of before, then a new one: Vault's pooled connections are dead by now.
    const again = await timed(connect(credential, world.bench.route).then((client) => client.end()));
    let tries = 0;
    const issued = await timed(
      until("Vault issues a login", async () => ((tries += 1), (await sqlState(world.lease("web"))) === "ok"), 30_000),
    );
    expect(tries).toBeLessThanOrEqual(2);
    measure("the login of a pod works again after", again, "ms");
    measure("tries until Vault issues the next login", tries);
    measure("which took", issued, "ms");
    await pod.end({ grace: 0 });
  });

  /** Its VALID UNTIL, in milliseconds since 1970. */
  const endOf = async ({ user }: Lease): Promise<number> => {
    const [role] = await world.sql(`SELECT rolvaliduntil AS until FROM pg_roles WHERE rolname = '${user}'`);
    return (role?.until as Date).getTime();
  };

  let brief: Lease;
  let longer: Lease;

  fault("postgres-down-at-expiry", async (measure) => {
    [longer, brief] = [await world.lease("longer"), await world.lease("brief")];
    await (await world.session(brief)).end();
    await world.postgres().halt("immediate");
    const failed = (): boolean => readFileSync(world.bench.vault.logFile, "utf8").includes(brief.id);
    await until("Vault fails to revoke", async () => failed(), 30_000);
    const [known] = (await world.vaultLeases()).filter((id) => id === brief.id);
    expect(known).toBe(brief.id);
    // So that from here on nothing but PostgreSQL itself can refuse it.
    await world.bench.vault.kill();
    await sleep(Math.max(0, brief.asked + 5_000 + MARGIN + 1_000 - Date.now()));
    await world.postgres().resume();
    let refused = 0;
    const since = Date.now() - (await endOf(brief));
    expect(since).toBeGreaterThan(0);
    for (; refused < 50; refused += 1) expect(await sqlState(world.session(brief))).toBe(INVALID_PASSWORD);
    expect(await world.stateOf(brief)).toBe("expired");
    measure("with the role still there and Vault gone, logins refused, of 50", refused);
    measure("first try after the lease's end", since, "ms");
  });

  fault("vault-dead-at-expiry", async (measure) => {
    expect(await sqlState(world.bench.vault.request("GET", "sys/health", undefined, null))).not.toBe("ok");
    const session = await world.session(longer);
    let [admitted, end] = [0, 0];
    for (let result = "ok"; result === "ok";) {
      const began = Date.now();
      result = await world.session(longer).then(
        async (client) => (await client.end(), "ok"),
        (error: { code: string }) => error.code,
      );
      if (result === "ok") admitted = began;
      else expect(result).toBe(INVALID_PASSWORD);
      end = Date.now();
      await sleep(20);
    }
    const validUntil = await endOf(longer);
    expect(admitted).toBeLessThanOrEqual(validUntil);
    expect(admitted - (longer.asked + 20_000)).toBeLessThan(MARGIN + 2_000);
    measure("tried every 20 ms, the last login was admitted before its VALID UNTIL", validUntil - admitted, "ms");
    measure("and the first refused after it", end - validUntil, "ms");
    measure(
      "which Vault had set later than the lease's end by",
      Math.round((validUntil - longer.asked) / 1000) - 20,
      "s",
    );

    // An open session lives on: this is what the named command is for.
    expect(await sqlState(session.query("SELECT id FROM app.item"))).toBe("ok");
    await sleep(Math.max(0, validUntil + 61_000 - Date.now()));
    expect(await sqlState(session.query("SELECT id FROM app.item"))).toBe("ok");
    const { rows } = await world
      .postgres()
      .asSuperuser(DATABASE, "SELECT proowner::regrole::text AS admin FROM pg_proc WHERE proname = 'sweep'");
    expect(rows).toEqual([{ admin: "dba" }]);
    const swept = await timed(
      world.postgres().asSuperuser(DATABASE, "SET SESSION AUTHORIZATION dba; SELECT lease.sweep('1000')"),
    );
    expect(await sqlState(session.query("SELECT 1"))).not.toBe("ok");
    expect([await world.exists(longer), await world.exists(brief)]).toEqual([false, false]);
    measure("lease.sweep, called 61 s later, ended the open session and dropped both expired roles in", swept, "ms");
    await session.end().catch(() => undefined);

    await world.bench.vault.restart();
    const cleared = await until(
      "Vault forgets its leases",
      async () => !(await world.vaultLeases()).some((id) => id === brief.id || id === longer.id),
      60_000,
    );
    measure("Vault, back, cleared its own two leases after", cleared, "ms");
  });
});
