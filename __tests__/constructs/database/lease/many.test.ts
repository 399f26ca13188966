import type { Client } from "pg";
import { Estate, inSeconds, issueSql, MAJORS, state, verifier } from "./fixture";

describe.each(MAJORS)("many leases on PostgreSQL %i", (major) => {
  let estate: Estate;
  let vault: Client;
  beforeAll(async () => {
    estate = await Estate.start(major);
    vault = await estate.vault();
  });
  afterAll(() => estate?.stop());

  const issue = (client: Client, groupName: string): Promise<string> => {
    const name = estate.name();
    return state(client.query(issueSql(name, verifier(name), inSeconds(600), groupName)));
  };

  test("are issued and revoked at the same time by three Vaults", async () => {
    const life = async (client: Client): Promise<string[]> => {
      const seen: string[] = [];
      for (let n = 0; n < 12; n += 1) {
        const name = estate.name();
        seen.push(await state(client.query(issueSql(name, verifier(name), inSeconds(600), "web"))));
        seen.push(await state(estate.revoke(name, client)));
      }
      return seen;
    };
    const seen = await Promise.all([life(vault), life(await estate.vault()), life(await estate.vault())]);
    expect(new Set(seen.flat())).toEqual(new Set(["ok"]));
    expect(await estate.states()).toEqual({});
  });

  test("do not wait for those of other groups", async () => {
    const other = await estate.vault();
    await other.query("BEGIN");
    await estate.lease("web", 600, other);
    expect(await issue(vault, "reports")).toBe("ok");
    await other.query("ROLLBACK");
  });

  test("cost one look at each, where PostgreSQL asks its memberships whether the definer may: not one for each question", async () => {
    const live: string[] = [];
    for (let n = 0; n < 40; n += 1) live.push(await estate.lease("reports", 600, vault));
    const looks = async (): Promise<number> => {
      const { rows } = await vault.query(
        "SELECT coalesce(idx_scan, 0)::int AS n FROM pg_stat_xact_sys_tables WHERE relname = 'pg_auth_members'",
      );
      return rows[0].n;
    };
    const name = estate.name();
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
    for (const lease of live) await estate.revoke(lease, vault);
  });

  test("of several groups are issued all at once, also when many have expired that Vault did not revoke", async () => {
    const groups = ["web", "reports", "migrator"];
    for (let n = 0; n < 24; n += 1) await estate.lease(groups[n % 3], 600, vault);
    await estate.root("UPDATE pg_authid SET rolvaliduntil = now() - interval '2 minutes' WHERE rolname LIKE 'v-%'");
    const clients = await Promise.all(Array.from({ length: 12 }, () => estate.vault()));
    const results = await Promise.all(clients.map((client, n) => issue(client, groups[n % 3])));
    expect(new Set(results)).toEqual(new Set(["ok"]));
  });
});

describe.each(MAJORS.filter((major) => major >= 16))("leases of keepers on PostgreSQL %i", (major) => {
  /** As lease.issue of 0.1 left them: a role of the admin's made the login, and another gave it the group. */
  const KEEPER = "leasehold.keeper.1.5";
  const GRANTER = "leasehold.granter.5";
  let estate: Estate;
  beforeAll(async () => {
    estate = await Estate.start(major);
    const dba = await estate.dba();
    await dba.query(`CREATE ROLE "${KEEPER}" CREATEROLE; CREATE ROLE "${GRANTER}" CREATEROLE;
      GRANT web TO "${GRANTER}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  });
  afterAll(() => estate?.stop());

  const kept = async (): Promise<string> => {
    const name = estate.name();
    await estate.root(
      `SET ROLE "${KEEPER}";
       CREATE ROLE "${name}" LOGIN PASSWORD '${verifier(name)}' VALID UNTIL '${inSeconds(600)}';
       COMMENT ON ROLE "${name}" IS '{"lease":1,"database":"app","group":"web","issued":"${new Date().toISOString()}"}';
       RESET ROLE; SET ROLE "${GRANTER}"; GRANT web TO "${name}" WITH INHERIT TRUE, SET FALSE`,
      "app",
    );
    return name;
  };

  test("are renewed and revoked by the admin, who is above their keeper", async () => {
    const name = await kept();
    const app = await estate.login(name);
    app.on("error", () => undefined);
    expect((await app.query("SELECT name FROM sales.wizard")).rows).toEqual([{ name: "Ada" }]);
    await (await estate.vault()).query(`SELECT lease.renew('${name}', '${inSeconds(900)}')`);
    await estate.revoke(name);
    expect(await estate.exists(name)).toBe(false);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
  });

  test("that own something are closed, and go when the admin has joined their keeper, as docs/operations.md says", async () => {
    const name = await kept();
    const app = await estate.login(name);
    app.on("error", () => undefined);
    await estate.creator(name);
    await app.query("CREATE TABLE play.mine (a int)");
    await estate.revoke(name);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect((await estate.states())[name]).toBe("tombstone");
    const dba = await estate.dba();
    for (const role of [KEEPER, GRANTER])
      await dba.query(`GRANT "${role}" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
    await dba.query("SELECT lease.sweep('1000')");
    expect(await estate.exists(name)).toBe(false);
    for (const role of [KEEPER, GRANTER]) await dba.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
    expect(await estate.exists(KEEPER)).toBe(false);
  });
});
