import * as fs from "fs";
import * as path from "path";
import { LeaseDatabase, group, inSeconds, issueSql, MAJORS, OPTIONS, state, verifier } from "./fixture";

describe.each(MAJORS)("beside others on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;

  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
  });
  afterEach(() => db.closeAll());
  afterAll(() => db.stop());

  test("fifty issues at once from two Vaults reach the cap exactly", async () => {
    await db.install("app", {
      ...OPTIONS,
      groups: [...OPTIONS.groups.slice(1), group("web", { maxLiveLeases: 20 })],
    });
    const vaults = await Promise.all(Array.from({ length: 50 }, () => db.vault()));
    const results = await Promise.all(
      vaults.map((vault) => state(vault.query(issueSql(db.name(), verifier("x"), inSeconds(60), "web")))),
    );
    expect(results.filter((result) => result === "ok")).toHaveLength(20);
    expect(new Set(results)).toEqual(new Set(["ok", "53400"]));
    await db.install("app");
  });

  test("leases that are expired or closed make room, and the cap is told", async () => {
    const first = await Promise.all(["small", "small", "small"].map((name) => db.lease(name)));
    await expect(db.lease("small")).rejects.toMatchObject({ message: expect.stringMatching(/small .*3 .*of 3/) });
    await db.root(`ALTER ROLE "${first[0]}" VALID UNTIL '${new Date(Date.now() - 1000).toISOString()}'`);
    await db.lease("small");
    expect(await state(db.lease("small"))).toBe("53400");
    await (await db.vault()).query(`SELECT lease.close('${first[1]}')`);
    await db.lease("small");
    expect(await state(db.lease("small"))).toBe("53400");
  });

  test("a Vault that is lost before its COMMIT holds what it locked for seconds, and its lease is not there", async () => {
    const lost = await db.vault();
    lost.on("error", () => undefined);
    await lost.query("BEGIN");
    const name = await db.lease("web", 600, lost);
    const held = db.name();
    expect(await state(db.lease("web", 600, undefined, held))).toBe("55P03");
    for (let tries = 0; tries < 60 && !(await db.exists(held)); tries += 1)
      await state(db.lease("web", 600, undefined, held));
    expect([await db.exists(held), await db.exists(name)]).toEqual([true, false]);
    expect(await state(lost.query("COMMIT"))).not.toBe("ok");
    await db.revoke(held);
  });

  test("members of the group that are not leases are not counted", async () => {
    await db.root(`CREATE ROLE person LOGIN; GRANT reports TO person, dba`);
    await db.install("app", {
      ...OPTIONS,
      groups: [...OPTIONS.groups.filter(({ name }) => name !== "reports"), group("reports", { maxLiveLeases: 1 })],
    });
    const lease = await db.lease("reports");
    expect(await state(db.lease("reports"))).toBe("53400");
    await db.revoke(lease);
    await db.install("app");
  });

  test("a lease that takes every advisory lock it can, hammers COMMENT, and reads on, delays no issue", async () => {
    const lease = await db.lease("web");
    const holder = await db.login(lease);
    await holder.query(`SELECT pg_advisory_lock(n), pg_advisory_lock(oid::bigint), pg_advisory_lock(1, n::int)
      FROM generate_series(1, 50) AS n, pg_roles WHERE rolname IN ('web', 'reports')`);
    const hammer = await db.login(lease);
    let hammering = true;
    const done = (async () => {
      while (hammering) expect(await state(hammer.query("COMMENT ON ROLE web IS 'mine'"))).toBe("42501");
    })();
    try {
      for (let turn = 0; turn < 5; turn += 1) {
        // One that waits for a lock fails after a second.
        await db.lease("web");
      }
    } finally {
      hammering = false;
      await done;
    }
  });

  test("the group's own comment survives being used as the lock", async () => {
    await db.root(`COMMENT ON ROLE web IS 'it''s \\ ours; $$'`);
    await db.lease("web");
    const { rows } = await db.root("SELECT shobj_description('web'::regrole, 'pg_authid') AS c");
    expect(rows).toEqual([{ c: "it's \\ ours; $$" }]);
    await db.root("COMMENT ON ROLE web IS NULL");
  });

  test("a group that is locked by an open transaction makes issuing fail in time, and other groups do not wait", async () => {
    const dba = await db.dba();
    await dba.query("BEGIN; COMMENT ON ROLE web IS 'held'");
    const issuing = state(db.lease("web"));
    await db.lease("reports");
    expect(await issuing).toBe("55P03");
    await dba.query("ROLLBACK");
  });

  test("a revoke while the lease is being issued finds nothing, and a revoke after it everything", async () => {
    const vault = await db.vault();
    const lease = db.name();
    await vault.query("BEGIN");
    await vault.query(issueSql(lease, verifier("x"), inSeconds(60), "web"));
    await db.revoke(lease);
    await vault.query("COMMIT");
    expect(await db.exists(lease)).toBe(true);
    await db.revoke(lease);
    expect(await db.exists(lease)).toBe(false);
  });

  test("renewals, sweeps and issues of several groups at once do not end in a deadlock", async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      const dead = await Promise.all(["web", "reports", "web", "reports"].map((name) => db.lease(name)));
      for (const lease of dead) {
        await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 90_000).toISOString()}'`);
      }
      const results = await Promise.all(
        ["web", "reports", "web", "reports", "web", "reports"].map((name) => state(db.lease(name))),
      );
      expect(new Set(results)).toEqual(new Set(["ok"]));
      await (await db.vault()).query("SELECT lease.sweep('100')");
      for (const lease of dead) expect(await db.exists(lease)).toBe(false);
    }
  });

  test("a crash between the two phases leaves a closed role that a sweep drops", async () => {
    const lease = await db.lease("web");
    const vault = await db.vault();
    await vault.query(`SELECT lease.close('${lease}')`);
    // The server acknowledges before it writes (tests run without synchronous commit), so the write is asked for.
    await db.root("CHECKPOINT");
    await db.server.halt("immediate");
    await db.server.resume();
    expect(await state(db.login(lease))).toBe("28P01");
    await (await db.vault()).query("SELECT lease.sweep('100')");
    expect(await db.exists(lease)).toBe(false);
  });

  test("a standby refuses all but lease.live at once, so that no session is thought ended that lives elsewhere", async () => {
    const lease = await db.lease("web");
    const signal = path.join(path.dirname(db.server.logFile), "data", "standby.signal");
    await db.server.halt();
    fs.writeFileSync(signal, "");
    fs.chmodSync(signal, 0o644);
    await db.server.resume();
    const vault = await db.vault();
    for (const call of [
      issueSql(db.name(), verifier("x"), inSeconds(60), "web"),
      `SELECT lease.renew('${lease}', '${inSeconds(60)}')`,
      `SELECT lease.close('${lease}')`,
      `SELECT lease.revoke('${lease}')`,
      "SELECT lease.sweep('1')",
    ]) {
      expect([call, await state(vault.query(call))]).toEqual([call, "25006"]);
    }
    expect((await vault.query("SELECT state FROM lease.live() WHERE name = $1", [lease])).rows).toEqual([
      { state: "live" },
    ]);
    await db.closeAll();
    await db.server.halt();
    fs.rmSync(signal);
    await db.server.resume();
    await db.revoke(lease);
  });
});
