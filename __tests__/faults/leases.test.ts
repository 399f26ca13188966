import type { Client } from "pg";
import { inSeconds, issueSql, renewSql, verifier } from "../constructs/database/lease/fixture";
import { fault } from "./record";
import { Lease, NAMESPACE, sqlState, timed, until, World } from "./world";

jest.setTimeout(300_000);

const MAJORS = [18, 15] as const;
const MINUTE = 60;
const SKEW = 5 * MINUTE;

describe("leases, when something breaks", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({
      majors: MAJORS,
      rotateRoot: false,
      workers: {
        web: { ttl: 10 * MINUTE, maxTtl: 60 * MINUTE },
        batch: { ttl: 10 * MINUTE },
        small: { ttl: 10 * MINUTE, maxLiveLeases: 2 },
      },
    });
  });
  afterAll(() => world?.stop());

  /** The role and Vault's lease are gone. */
  const expectGone = async (lease: Lease): Promise<void> => {
    expect(await world.exists(lease)).toBe(false);
    expect(await world.vaultLeases(lease.major)).not.toContain(lease.id);
  };

  fault("session-open", async (measure) => {
    for (const major of MAJORS) {
      const lease = await world.lease("web", { major });
      const [idle, open, busy] = (await Promise.all([1, 2, 3].map(() => world.session(lease)))) as Client[];
      await open?.query("BEGIN; SELECT id FROM app.item");
      const sleeping = sqlState(busy?.query("SELECT pg_sleep(600)") as Promise<unknown>);
      await until("the query runs", async () => (await running(lease)) === 1, 10_000);
      const start = performance.now();
      const ended = (async () => {
        expect(await sleeping).toBe("57P01");
        for (const client of [idle, open]) {
          await until(
            "the session refuses a statement",
            async () => (await sqlState(client?.query("SELECT 1") as Promise<unknown>)) !== "ok",
            30_000,
          );
        }
        return Math.round(performance.now() - start);
      })();
      const revocation = await timed(world.revoke(lease));
      const last = await ended;
      expect(last).toBeLessThan(2_000);
      await expectGone(lease);
      await Promise.all([idle, open, busy].map((client) => client?.end().catch(() => undefined)));
      measure(`PostgreSQL ${major}, last of 3 sessions ended after`, last, "ms");
      measure(`PostgreSQL ${major}, the whole revocation took`, revocation, "ms");
    }
  });

  const running = async (lease: Lease): Promise<number> => {
    const rows = await world.sql(
      `SELECT FROM pg_stat_activity WHERE usename = '${lease.user}' AND state = 'active'`,
      lease.major,
    );
    return rows.length;
  };

  fault("owns-tables", async (measure) => {
    for (const major of MAJORS) {
      const lease = await world.lease("web", { major });
      // The login alone: nothing is issued to a group that may create.
      await world.sql(
        `CREATE SCHEMA scratch AUTHORIZATION dba; GRANT USAGE, CREATE ON SCHEMA scratch TO "${lease.user}"`,
        major,
      );
      const app = await world.session(lease);
      for (let n = 0; n < 20; n += 1)
        await app.query(`CREATE TABLE scratch.t${n} (a integer); INSERT INTO scratch.t${n} VALUES (${n})`);
      await app.end();
      const ms = await timed(world.revoke(lease));
      await expectGone(lease);
      const tables = await world.sql("SELECT tableowner FROM pg_tables WHERE schemaname = 'scratch'", major);
      const [{ rows }] = (await world.sql(
        `SELECT sum(a)::int AS rows FROM (${Array.from({ length: 20 }, (_, n) => `SELECT a FROM scratch.t${n}`).join(" UNION ALL ")}) AS t`,
        major,
      )) as [{ rows: number }];
      expect(rows).toBe(190);
      expect(tables).toHaveLength(20);
      const owners = [...new Set(tables.map(({ tableowner }) => tableowner as string))];
      expect(owners).toHaveLength(1);
      // The estate: no login, no attribute, a member of nothing, and nobody but a superuser is a member of it.
      const [power] = await world.sql(
        `SELECT rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS power,
           (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = r.oid) AS member_of,
           has_table_privilege(r.oid, 'app.item', 'SELECT') AS reads
         FROM pg_roles r WHERE rolname = '${owners[0]}'`,
        major,
      );
      expect(power).toEqual({ power: false, member_of: 0, reads: false });
      await world.sql("DROP SCHEMA scratch CASCADE", major);
      measure(`PostgreSQL ${major}, role with 20 tables gone after`, ms, "ms");
      measure(`PostgreSQL ${major}, tables kept`, tables.length);
    }
  });

  fault("migration-tables", async (measure) => {
    for (const major of MAJORS) {
      const lease = await world.lease(`migrator${major}`, { major });
      const app = await world.session(lease);
      await app.query("CREATE TABLE app.made (a integer); INSERT INTO app.made SELECT generate_series(1, 100)");
      await app.end();
      const owner = async (): Promise<unknown> =>
        (await world.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'made'", major))[0]?.tableowner;
      expect(await owner()).toBe(lease.user);
      const ms = await timed(world.revoke(lease));
      await expectGone(lease);
      expect(await owner()).toBe("app_owner");
      const [{ kept }] = (await world.sql("SELECT count(*)::int AS kept FROM app.made", major)) as [{ kept: number }];
      expect(kept).toBe(100);
      await world.sql("DROP TABLE app.made", major);
      measure(`PostgreSQL ${major}, login of the migration gone after`, ms, "ms");
      measure(`PostgreSQL ${major}, rows kept`, kept);
    }
  });

  fault("dropped-by-hand", async (measure) => {
    for (const major of MAJORS) {
      const lease = await world.lease("web", { major });
      await world.sql(`DROP ROLE "${lease.user}"`, major);
      const ms = await timed(world.revoke(lease));
      await expectGone(lease);
      measure(`PostgreSQL ${major}, Vault's revocation took`, ms, "ms");
    }
  });

  fault("two-revocations", async (measure) => {
    for (const major of MAJORS) {
      let second = 0;
      for (let turn = 0; turn < 10; turn += 1) {
        const lease = await world.lease("web", { major });
        const app = await world.session(lease);
        const vault = await world.asVault(major);
        const other = vault
          .query(`SELECT lease.close('${lease.user}')`)
          .then(() => vault.query(`SELECT lease.revoke('${lease.user}')`));
        const [first] = await Promise.all([sqlState(world.revoke(lease)), sqlState(other)]);
        if (first !== "ok") {
          second += 1;
          await world.revoke(lease);
        }
        await expectGone(lease);
        expect(await sqlState(app.query("SELECT 1"))).not.toBe("ok");
        await Promise.all([vault, app].map((client) => client.end().catch(() => undefined)));
      }
      measure(`PostgreSQL ${major}, revocations that needed a second try, of 10`, second);
    }
  });

  /** Called as Vault calls it, with the time that a Vault whose clock is off would write. */
  const issueAt = async (group: string, expiration: string): Promise<{ name: string; result: string }> => {
    const name = `v-skew-${Math.random().toString(36).slice(2)}`;
    const vault = await world.asVault();
    try {
      const result = await vault
        .query(issueSql(name, verifier(name), expiration, world.group(group)))
        .then(() => "ok")
        .catch((error: { code: string; message: string; hint?: string }) =>
          [error.code, error.message, error.hint].join(" "),
        );
      return { name, result };
    } finally {
      await vault.end();
    }
  };

  /** Seconds from now until the login is refused, by PostgreSQL's own clock. */
  const endsIn = async (name: string): Promise<number> => {
    const [found] = await world.sql(
      `SELECT extract(epoch FROM rolvaliduntil - clock_timestamp())::float8 AS seconds FROM pg_roles WHERE rolname = '${name}'`,
    );
    return found?.seconds as number;
  };

  fault("clock-ahead", async (measure) => {
    // What is shifted is the time that Vault writes into the statement: both servers run on one machine's clock.
    const late = await issueAt("web", inSeconds(10 * MINUTE + SKEW));
    expect(late.result).toBe("ok");
    const by = (await endsIn(late.name)) - 10 * MINUTE;
    expect(by).toBeLessThanOrEqual(SKEW);
    const vault = await world.asVault();
    // Renewed as far as the functions let it: the end stays within its maximum and 60 s.
    for (let minutes = 15; minutes <= 120; minutes += 1)
      await sqlState(vault.query(renewSql(late.name, inSeconds(minutes * MINUTE))));
    const longest = await endsIn(late.name);
    expect(longest).toBeLessThanOrEqual(60 * MINUTE + 60);
    await vault.query(`SELECT lease.revoke('${late.name}')`);
    await vault.end();
    const refused = await issueAt("batch", inSeconds(10 * MINUTE + SKEW));
    expect(refused.result).toMatch(/^22023 .* is more than 600 s ahead/);
    expect(await world.exists({ user: refused.name, major: 18 })).toBe(false);
    measure("a login of ttl 600 s ends late by", Math.round(by), "s");
    measure("renewed as far as possible, a login of maxTtl 3,600 s ends after", Math.round(longest), "s");
    measure("where ttl is maxTtl, logins issued", Number(await world.exists({ user: refused.name, major: 18 })));
  });

  fault("clock-behind", async (measure) => {
    const early = await issueAt("web", inSeconds(10 * MINUTE - SKEW));
    expect(early.result).toBe("ok");
    const by = 10 * MINUTE - (await endsIn(early.name));
    expect(by).toBeLessThanOrEqual(SKEW + 2);
    const before = await endsIn(early.name);
    const vault = await world.asVault();
    expect(await sqlState(vault.query(renewSql(early.name, inSeconds(before - 120))))).toBe("ok");
    const lost = before - (await endsIn(early.name));
    expect(lost).toBeLessThan(60);
    await vault.query(`SELECT lease.revoke('${early.name}')`);
    await vault.end();
    const refused = await issueAt("web", inSeconds(4 * MINUTE - SKEW));
    expect(refused.result).toMatch(/^22023 .* is not after now, .*Do the clocks of Vault and of this server differ\?/);
    expect(await world.exists({ user: refused.name, major: 18 })).toBe(false);
    measure("a login of ttl 600 s ends early by", Math.round(by), "s");
    measure("where ttl is 240 s, logins issued", Number(await world.exists({ user: refused.name, major: 18 })));
  });

  fault("lease-cap", async (measure) => {
    const held = [await world.lease("small"), await world.lease("small")];
    const group = world.group("small");
    // A pod, with the real agent: its second database is not the one whose cap is reached.
    const refused = await world.bench.play(NAMESPACE, "small", { timeoutMs: 25_000 }).then(
      async (pod) => (await pod.kill(), "started"),
      (error: Error) => error.message,
    );
    const reason = `the group ${group} has 2 live leases of 2`;
    expect(refused).toContain(reason);
    const others = await Promise.all(Array.from({ length: 10 }, () => world.lease("web")));
    for (const lease of others) await (await world.session(lease)).end();
    await world.revoke(held[0] as Lease);
    const room = await timed(world.lease("small").then((lease) => held.push(lease)));
    measure("live leases admitted of a cap of 2", (await live(group)) as number);
    measure("lines of the agent's log with the reason, in its first 25 s", refused.split(reason).length - 1);
    measure("logins of another identity served meanwhile, of 10", others.length);
    measure("after a revocation the next was served in", room, "ms");
    for (const lease of [...others, ...held.slice(1)]) await world.revoke(lease);
  });

  const live = async (group: string): Promise<number> =>
    (await world.sql(`SELECT FROM lease.live() WHERE "group" = '${group}' AND state = 'live'`)).length;
});
