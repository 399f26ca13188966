import * as pg from "pg";
import type { DatabaseNode } from "../../../../access/model/graph";
import { findServerSettings } from "../../../../audit/doctor/server-settings";
import { LeaseDatabase, MAJORS, sleep, state } from "./fixture";

/** Milliseconds that are no wait for a lock any more: those end after one second. */
const HANG = 30_000;

describe.each(MAJORS)("a revocation on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;

  beforeAll(async () => {
    // Prepared transactions are off where Leasehold makes the server; here they are on, to see what they can do.
    db = await LeaseDatabase.start(major, { max_prepared_transactions: "5" });
  });
  afterEach(() => db.closeAll());
  afterAll(() => db.stop());

  const timed = async (run: Promise<unknown>): Promise<number> => {
    const start = Date.now();
    await run;
    return Date.now() - start;
  };

  /** Revokes while another group is served: a revocation that waits for a lock makes nobody else wait for it. */
  const revokeBesideOthers = async (lease: string): Promise<string> => {
    let result = "";
    const revoking = timed(state(db.revoke(lease)).then((code) => (result = code)));
    const issuing = timed(db.lease("reports"));
    const [issued, revoked] = [await issuing, await revoking];
    expect(issued).toBeLessThan(revoked >= 1_000 ? revoked : HANG);
    expect(revoked).toBeLessThan(HANG);
    return result;
  };

  test("is not promised where prepared transactions are on: doctor says so", async () => {
    const database = { instance: "main", database: "app" } as DatabaseNode;
    const findings = await findServerSettings(await db.dba(), database);
    expect(findings.map(({ code, object, fix }) => [code, object?.name, fix])).toEqual([
      [
        "unknown-setting",
        "max_prepared_transactions=5 of the server",
        "ALTER SYSTEM RESET max_prepared_transactions; then start the server anew",
      ],
    ]);
  });

  describe("of a lease that another database remembers", () => {
    test("returns, leaves a tombstone that cannot log in, and a later sweep drops it", async () => {
      const lease = await db.lease("web");
      const app = await db.login(lease, "postgres");
      await app.query("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
      await db.revoke(lease);
      expect(await db.isTombstone(lease)).toBe(true);
      expect((await db.states())[lease]).toBe("tombstone");
      expect(await state(db.login(lease))).toBe("28P01");
      expect(await state(app.query("SELECT 1"))).not.toBe("ok");
      await (await db.vault()).query("SELECT lease.sweep('10')");
      expect(await db.isTombstone(lease)).toBe(true);
      await db.root(`DROP OWNED BY "${lease}"`, "postgres");
      await (await db.vault()).query("SELECT lease.sweep('10')");
      expect(await db.exists(lease)).toBe(false);
    });

    test("warns and tells the role, and can be repeated", async () => {
      const lease = await db.lease("web");
      await (await db.login(lease, "postgres")).query("SELECT lo_create(0)");
      const vault = await db.vault();
      const notices: string[] = [];
      vault.on("notice", (notice) => notices.push(`${notice.code} ${notice.message}`));
      await db.revoke(lease, vault);
      expect(notices.filter((notice) => notice.startsWith("01000") && notice.includes(lease))).toHaveLength(1);
      await db.revoke(lease, vault);
      expect(await db.isTombstone(lease)).toBe(true);
      await db.root(`DROP OWNED BY "${lease}"`, "postgres");
      await db.revoke(lease, vault);
      expect(await db.exists(lease)).toBe(false);
    });

    test("tombstones count for no cap", async () => {
      for (let turn = 0; turn < 4; turn += 1) {
        const lease = await db.lease("small");
        await (await db.login(lease, "postgres")).query("SELECT lo_create(0)");
        await db.revoke(lease);
        expect(await db.isTombstone(lease)).toBe(true);
      }
    });
  });

  describe("of a lease to which another lease holds on", () => {
    test.each([
      ["a large object", "SELECT lo_create(424242)", 'GRANT SELECT ON LARGE OBJECT 424242 TO "%"'],
      ["default privileges", "SELECT 1", 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "%"'],
      ["a table", "CREATE TABLE play.held (id int)", 'GRANT SELECT ON play.held TO "%"'],
    ])("by %s, returns with no login left, and nothing is left after both are revoked", async (_, make, grant) => {
      const lease = await db.lease("web");
      const other = await db.creator();
      const app = await db.login(other);
      await app.query(make);
      await app.query(grant.replace("%", lease));
      await db.revoke(lease);
      expect(await state(db.login(lease))).toBe("28P01");
      if (await db.exists(lease)) expect(await db.isTombstone(lease)).toBe(true);
      await db.revoke(other);
      await (await db.vault()).query("SELECT lease.sweep('50')");
      expect([await db.exists(lease), await db.exists(other)]).toEqual([false, false]);
      await db.root("DROP TABLE IF EXISTS play.held; SELECT lo_unlink(oid) FROM pg_largeobject_metadata", "app");
    });

    test("by an open transaction that grants to it, ends in time", async () => {
      const lease = await db.lease("web");
      const app = await db.login(await db.creator());
      await app.query(`CREATE TABLE play.open_grant (id int); BEGIN; GRANT SELECT ON play.open_grant TO "${lease}"`);
      expect(await revokeBesideOthers(lease)).toBe("ok");
      expect(await db.isTombstone(lease)).toBe(true);
      await app.query("ROLLBACK");
      await (await db.vault()).query("SELECT lease.sweep('50')");
      expect(await db.exists(lease)).toBe(false);
    });

    test("by an open reader of a table that it owns, ends in time", async () => {
      const lease = await db.creator();
      await (await db.login(lease)).query("CREATE TABLE play.read_me (id int); GRANT SELECT ON play.read_me TO PUBLIC");
      const reader = await db.login(await db.lease("web"));
      await reader.query("BEGIN; SELECT * FROM play.read_me");
      expect(await revokeBesideOthers(lease)).toBe("ok");
      expect(await db.isTombstone(lease)).toBe(true);
      await reader.query("ROLLBACK");
      await (await db.vault()).query("SELECT lease.sweep('50')");
      expect(await db.exists(lease)).toBe(false);
    });
  });

  test("of a lease that is changing its own password ends in time, and drops it", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    await app.query(`BEGIN; ALTER ROLE "${lease}" PASSWORD 'mine'`);
    expect(await revokeBesideOthers(lease)).toBe("ok");
    expect(await db.exists(lease)).toBe(false);
  });

  test("of a lease held by its prepared transaction fails in time and names it; the session ends all the same", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    await app.query(`BEGIN; ALTER ROLE "${lease}" PASSWORD 'mine'; PREPARE TRANSACTION 'stuck'`);
    const vault = await db.vault();
    const start = Date.now();
    await expect(vault.query(`SELECT lease.close('${lease}')`)).rejects.toMatchObject({
      code: "55006",
      message: expect.stringContaining("stuck"),
    });
    expect(Date.now() - start).toBeLessThan(HANG);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    await db.root("ROLLBACK PREPARED 'stuck'", "app");
    await db.revoke(lease);
    expect(await db.exists(lease)).toBe(false);
  });

  test("whose drop is rolled back leaves the role closed", async () => {
    const lease = await db.lease("web");
    const vault = await db.vault();
    await vault.query("BEGIN");
    await vault.query(`SELECT lease.close('${lease}')`);
    await vault.query("COMMIT AND CHAIN");
    await vault.query(`SELECT lease.revoke('${lease}')`);
    await vault.query("ROLLBACK");
    expect(await state(db.login(lease))).toBe("28P01");
    expect(await db.exists(lease)).toBe(true);
    await db.revoke(lease);
    expect(await db.exists(lease)).toBe(false);
  });

  test("beside a storm of new sessions leaves none of them, in no database", async () => {
    const lease = await db.lease("web");
    const kept: pg.Client[] = [];
    let storming = true;
    const storm = async (database: string) => {
      while (storming) {
        try {
          kept.push(await db.login(lease, database));
        } catch {
          await sleep(5);
        }
      }
    };
    const storms = ["app", "app", "app", "postgres"].map(storm);
    try {
      await sleep(200);
      await db.revoke(lease);
      await sleep(300);
    } finally {
      storming = false;
      await Promise.all(storms);
    }
    expect(kept.length).toBeGreaterThan(0);
    const { rows } = await db.root(
      `SELECT count(*)::int AS n FROM pg_stat_activity a
        WHERE a.usename = '${lease}' OR a.usesysid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.usesysid)`,
    );
    expect(rows).toEqual([{ n: 0 }]);
    expect(await db.exists(lease)).toBe(false);
  });

  test("twice at the same time ends well, both times or at Vault's second try", async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const lease = await db.lease("web");
      await db.login(lease);
      const results = await Promise.all([state(db.revoke(lease)), state(db.revoke(lease))]);
      expect(results).toContain("ok");
      if (results.some((result) => result !== "ok")) await db.revoke(lease);
      expect(await db.exists(lease)).toBe(false);
    }
  });

  test("of many leases at once, with objects of their own, leaves no role behind after a sweep", async () => {
    const leases = await Promise.all(Array.from({ length: 8 }, () => db.lease("web")));
    for (const lease of leases) await db.creator(lease);
    await Promise.all(
      leases.map(async (lease, i) => (await db.login(lease)).query(`CREATE TABLE play.many_${i} (id int)`)),
    );
    const results = await Promise.all(leases.map((lease) => state(db.revoke(lease))));
    expect(new Set(results)).toEqual(new Set(["ok"]));
    await (await db.vault()).query("SELECT lease.sweep('100')");
    for (const lease of leases) expect(await db.exists(lease)).toBe(false);
  });

  test("of a lease with more objects than Vault should wait for leaves them to an operator's sweep", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    await app.query("DO $$ BEGIN FOR i IN 1..1001 LOOP PERFORM lo_create(0); END LOOP; END $$");
    expect(await state(db.revoke(lease))).toBe("ok");
    expect(await db.isTombstone(lease)).toBe(true);
    const vault = await db.vault();
    await vault.query("SELECT lease.sweep('3')");
    expect(await db.isTombstone(lease)).toBe(true);
    await vault.query("SELECT lease.sweep('100')");
    expect(await db.exists(lease)).toBe(false);
    await db.root("SELECT lo_unlink(oid) FROM pg_largeobject_metadata", "app");
  });
});
