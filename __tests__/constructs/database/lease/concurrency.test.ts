import * as fs from "fs";
import * as path from "path";
import { Estate, group, inSeconds, issueSql, MAJORS, OPTIONS, state, verifier } from "./fixture";

describe.each(MAJORS)("beside others on PostgreSQL %i", (major) => {
  let estate: Estate;

  beforeAll(async () => {
    estate = await Estate.start(major);
  });
  afterEach(() => estate.closeAll());
  afterAll(() => estate.stop());

  test("fifty issues at once from two Vaults reach the cap exactly", async () => {
    await estate.install("app", {
      ...OPTIONS,
      groups: [...OPTIONS.groups.slice(1), group("web", { maxLiveLeases: 20 })],
    });
    const vaults = await Promise.all(Array.from({ length: 50 }, () => estate.vault()));
    const results = await Promise.all(
      vaults.map((vault) => state(vault.query(issueSql(estate.name(), verifier("x"), inSeconds(60), "web")))),
    );
    expect(results.filter((result) => result === "ok")).toHaveLength(20);
    expect(new Set(results)).toEqual(new Set(["ok", "53400"]));
    await estate.install("app");
  });

  test("leases that are expired or closed make room, and the cap is told", async () => {
    const first = await Promise.all(["small", "small", "small"].map((name) => estate.lease(name)));
    await expect(estate.lease("small")).rejects.toMatchObject({ message: expect.stringMatching(/small .*3 .*of 3/) });
    await estate.root(`ALTER ROLE "${first[0]}" VALID UNTIL '${new Date(Date.now() - 1000).toISOString()}'`);
    await estate.lease("small");
    expect(await state(estate.lease("small"))).toBe("53400");
    await (await estate.vault()).query(`SELECT lease.close('${first[1]}')`);
    await estate.lease("small");
    expect(await state(estate.lease("small"))).toBe("53400");
  });

  test("a Vault that is lost before its COMMIT holds what it locked for seconds, and its lease is not there", async () => {
    const lost = await estate.vault();
    lost.on("error", () => undefined);
    await lost.query("BEGIN");
    const name = await estate.lease("web", 600, lost);
    const held = estate.name();
    expect(await state(estate.lease("web", 600, undefined, held))).toBe("55P03");
    for (let tries = 0; tries < 60 && !(await estate.exists(held)); tries += 1)
      await state(estate.lease("web", 600, undefined, held));
    expect([await estate.exists(held), await estate.exists(name)]).toEqual([true, false]);
    expect(await state(lost.query("COMMIT"))).not.toBe("ok");
    await estate.revoke(held);
  });

  test("members of the group that are not leases are not counted", async () => {
    await estate.root(`CREATE ROLE person LOGIN; GRANT reports TO person, dba`);
    await estate.install("app", {
      ...OPTIONS,
      groups: [...OPTIONS.groups.filter(({ name }) => name !== "reports"), group("reports", { maxLiveLeases: 1 })],
    });
    const lease = await estate.lease("reports");
    expect(await state(estate.lease("reports"))).toBe("53400");
    await estate.revoke(lease);
    await estate.install("app");
  });

  test("a lease that takes every advisory lock it can, hammers COMMENT, and reads on, delays no issue", async () => {
    const lease = await estate.lease("web");
    const holder = await estate.login(lease);
    await holder.query(`SELECT pg_advisory_lock(n), pg_advisory_lock(oid::bigint), pg_advisory_lock(1, n::int)
      FROM generate_series(1, 50) AS n, pg_roles WHERE rolname IN ('web', 'reports')`);
    const hammer = await estate.login(lease);
    let hammering = true;
    const done = (async () => {
      while (hammering) expect(await state(hammer.query("COMMENT ON ROLE web IS 'mine'"))).toBe("42501");
    })();
    try {
      for (let turn = 0; turn < 5; turn += 1) {
        // One that waits for a lock fails after a second.
        await estate.lease("web");
      }
    } finally {
      hammering = false;
      await done;
    }
  });

  test("the group's own comment survives being used as the lock", async () => {
    await estate.root(`COMMENT ON ROLE web IS 'it''s \\ ours; $$'`);
    await estate.lease("web");
    const { rows } = await estate.root("SELECT shobj_description('web'::regrole, 'pg_authid') AS c");
    expect(rows).toEqual([{ c: "it's \\ ours; $$" }]);
    await estate.root("COMMENT ON ROLE web IS NULL");
  });

  test("a group that is locked by an open transaction makes issuing fail in time, and other groups do not wait", async () => {
    const dba = await estate.dba();
    await dba.query("BEGIN; COMMENT ON ROLE web IS 'held'");
    const issuing = state(estate.lease("web"));
    await estate.lease("reports");
    expect(await issuing).toBe("55P03");
    await dba.query("ROLLBACK");
  });

  test("a revoke while the lease is being issued finds nothing, and a revoke after it everything", async () => {
    const vault = await estate.vault();
    const lease = estate.name();
    await vault.query("BEGIN");
    await vault.query(issueSql(lease, verifier("x"), inSeconds(60), "web"));
    await estate.revoke(lease);
    await vault.query("COMMIT");
    expect(await estate.exists(lease)).toBe(true);
    await estate.revoke(lease);
    expect(await estate.exists(lease)).toBe(false);
  });

  test("renewals, sweeps and issues of several groups at once do not end in a deadlock", async () => {
    for (let turn = 0; turn < 4; turn += 1) {
      const dead = await Promise.all(["web", "reports", "web", "reports"].map((name) => estate.lease(name)));
      for (const lease of dead) {
        await estate.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 90_000).toISOString()}'`);
      }
      const results = await Promise.all(
        ["web", "reports", "web", "reports", "web", "reports"].map((name) => state(estate.lease(name))),
      );
      expect(new Set(results)).toEqual(new Set(["ok"]));
      await (await estate.vault()).query("SELECT lease.sweep('100')");
      for (const lease of dead) expect(await estate.exists(lease)).toBe(false);
    }
  });

  test("a crash between the two phases leaves a closed role that a sweep drops", async () => {
    const lease = await estate.lease("web");
    const vault = await estate.vault();
    await vault.query(`SELECT lease.close('${lease}')`);
    // The server acknowledges before it writes (tests run without synchronous commit), so the write is asked for.
    await estate.root("CHECKPOINT");
    await estate.server.halt("immediate");
    await estate.server.resume();
    expect(await state(estate.login(lease))).toBe("28P01");
    await (await estate.vault()).query("SELECT lease.sweep('100')");
    expect(await estate.exists(lease)).toBe(false);
  });

  test("a standby refuses all but lease.live at once, so that no session is thought ended that lives elsewhere", async () => {
    const lease = await estate.lease("web");
    const signal = path.join(path.dirname(estate.server.logFile), "data", "standby.signal");
    await estate.server.halt();
    fs.writeFileSync(signal, "");
    fs.chmodSync(signal, 0o644);
    await estate.server.resume();
    const vault = await estate.vault();
    for (const call of [
      issueSql(estate.name(), verifier("x"), inSeconds(60), "web"),
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
    await estate.closeAll();
    await estate.server.halt();
    fs.rmSync(signal);
    await estate.server.resume();
    await estate.revoke(lease);
  });
});
