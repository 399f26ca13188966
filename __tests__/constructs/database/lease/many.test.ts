import type { Client } from "pg";
import { LeaseDatabase, inSeconds, issueSql, MAJORS, state, verifier } from "./fixture";

describe.each(MAJORS)("many leases on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;
  let vault: Client;
  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
    vault = await db.vault();
  });
  afterAll(() => db?.stop());

  const issue = (client: Client, groupName: string): Promise<string> => {
    const name = db.name();
    return state(client.query(issueSql(name, verifier(name), inSeconds(600), groupName)));
  };

  test("are issued and revoked at the same time by three Vaults", async () => {
    const life = async (client: Client): Promise<string[]> => {
      const seen: string[] = [];
      for (let n = 0; n < 12; n += 1) {
        const name = db.name();
        seen.push(await state(client.query(issueSql(name, verifier(name), inSeconds(600), "web"))));
        seen.push(await state(db.revoke(name, client)));
      }
      return seen;
    };
    const seen = await Promise.all([life(vault), life(await db.vault()), life(await db.vault())]);
    expect(new Set(seen.flat())).toEqual(new Set(["ok"]));
    expect(await db.states()).toEqual({});
  });

  test("do not wait for those of other groups", async () => {
    const other = await db.vault();
    await other.query("BEGIN");
    await db.lease("web", 600, other);
    expect(await issue(vault, "reports")).toBe("ok");
    await other.query("ROLLBACK");
  });

  test("cost one look at each, where PostgreSQL asks its memberships whether the definer may: not one for each question", async () => {
    const live: string[] = [];
    for (let n = 0; n < 40; n += 1) live.push(await db.lease("reports", 600, vault));
    const looks = async (): Promise<number> => {
      const { rows } = await vault.query(
        "SELECT coalesce(idx_scan, 0)::int AS n FROM pg_stat_xact_sys_tables WHERE relname = 'pg_auth_members'",
      );
      return rows[0].n;
    };
    const name = db.name();
    await vault.query("BEGIN");
    let before = await looks();
    await vault.query(issueSql(name, verifier(name), inSeconds(600), "web"));
    const issuing = (await looks()) - before;
    await vault.query("COMMIT; BEGIN");
    before = await looks();
    await vault.query(`SELECT lease.close('${name}')`);
    await vault.query(`SELECT lease.revoke('${name}')`);
    const revoking = (await looks()) - before;
    await vault.query("COMMIT");
    // Before 16 the definer is not a member of what it makes.
    expect(issuing).toBeLessThan(major < 16 ? 40 : 80);
    expect(revoking).toBeLessThan(major < 16 ? 40 : 80);
    for (const lease of live) await db.revoke(lease, vault);
  });

  test("are issued without a sweep, unless a lease has expired or a session outlives its role", async () => {
    await db.root("ALTER ROLE vault SET track_functions = 'pl'");
    const client = await db.vault();
    const calls = async (): Promise<number> => {
      const { rows } = await client.query(
        "SELECT coalesce(pg_stat_get_xact_function_calls('lease.sweep(text)'::regprocedure), 0)::int AS n",
      );
      return rows[0].n;
    };
    const sweeps = async (): Promise<number> => {
      await client.query("BEGIN");
      const before = await calls();
      const name = await db.lease("web", 600, client);
      await client.query(`SELECT lease.renew('${name}', '${inSeconds(900)}')`);
      const counted = (await calls()) - before;
      await client.query("COMMIT");
      return counted;
    };
    expect(await sweeps()).toBe(0);

    const expired = await db.lease("web", 600, client);
    await db.root(`UPDATE pg_authid SET rolvaliduntil = now() - interval '2 minutes' WHERE rolname = '${expired}'`);
    expect(await sweeps()).toBeGreaterThan(0);
    expect(await db.exists(expired)).toBe(false);

    const gone = await db.lease("web", 600, client);
    const app = await db.login(gone);
    app.on("error", () => undefined);
    await db.root(`DROP ROLE "${gone}"`);
    expect(await sweeps()).toBeGreaterThan(0);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect(await sweeps()).toBe(0);
    await client.end();
    for (const lease of Object.keys(await db.states())) await db.revoke(lease, vault);
  });

  test("of several groups are issued all at once, also when many have expired that Vault did not revoke", async () => {
    const groups = ["web", "reports", "migrator"];
    for (let n = 0; n < 24; n += 1) await db.lease(groups[n % 3], 600, vault);
    await db.root("UPDATE pg_authid SET rolvaliduntil = now() - interval '2 minutes' WHERE rolname LIKE 'v-%'");
    const clients = await Promise.all(Array.from({ length: 12 }, () => db.vault()));
    const results = await Promise.all(clients.map((client, n) => issue(client, groups[n % 3])));
    expect(new Set(results)).toEqual(new Set(["ok"]));
  });
});

describe.each(MAJORS.filter((major) => major >= 16))(
  "leases of the roles leasehold.keeper, which an earlier version made, on PostgreSQL %i",
  (major) => {
    /** As lease.issue of 0.1 left them: a role of the admin's made the login, and another gave it the group. */
    const MAKER = "leasehold.keeper.1.5";
    const GIVER = "leasehold.granter.5";
    let db: LeaseDatabase;
    beforeAll(async () => {
      db = await LeaseDatabase.start(major);
      const dba = await db.dba();
      await dba.query(`CREATE ROLE "${MAKER}" CREATEROLE; CREATE ROLE "${GIVER}" CREATEROLE;
      GRANT web TO "${GIVER}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    });
    afterAll(() => db?.stop());

    const kept = async (): Promise<string> => {
      const name = db.name();
      await db.root(
        `SET ROLE "${MAKER}";
       CREATE ROLE "${name}" LOGIN PASSWORD '${verifier(name)}' VALID UNTIL '${inSeconds(600)}';
       COMMENT ON ROLE "${name}" IS '{"lease":1,"database":"app","group":"web","issued":"${new Date().toISOString()}"}';
       RESET ROLE; SET ROLE "${GIVER}"; GRANT web TO "${name}" WITH INHERIT TRUE, SET FALSE`,
        "app",
      );
      return name;
    };

    test("are renewed and revoked by the admin, who is above their maker", async () => {
      const name = await kept();
      const app = await db.login(name);
      app.on("error", () => undefined);
      expect((await app.query("SELECT name FROM sales.wizard")).rows).toEqual([{ name: "Ada" }]);
      await (await db.vault()).query(`SELECT lease.renew('${name}', '${inSeconds(900)}')`);
      await db.revoke(name);
      expect(await db.exists(name)).toBe(false);
      expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    });

    test("that own something are closed, and go when the admin has joined their maker, as docs/operations.md says", async () => {
      const name = await kept();
      const app = await db.login(name);
      app.on("error", () => undefined);
      await db.creator(name);
      await app.query("CREATE TABLE play.mine (a int)");
      await db.revoke(name);
      expect(await state(app.query("SELECT 1"))).not.toBe("ok");
      expect((await db.states())[name]).toBe("tombstone");
      const dba = await db.dba();
      for (const role of [MAKER, GIVER]) await dba.query(`GRANT "${role}" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
      await dba.query("SELECT lease.sweep('1000')");
      expect(await db.exists(name)).toBe(false);
      for (const role of [MAKER, GIVER]) await dba.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
      expect(await db.exists(MAKER)).toBe(false);
    });
  },
);
