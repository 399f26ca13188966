import type { Client } from "pg";
import { Estate, inSeconds, issueSql, MAJORS, OPTIONS, state, verifier } from "./fixture";

const KEPT = 3;

/** The keepers of database app with how many leases each keeps, the newest last, and whether there is a granter. */
async function keepers(estate: Estate): Promise<{ kept: number[]; granter: boolean }> {
  const { rows } = await estate.root(
    `SELECT p.proname AS name, (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = p.proowner) AS kept
       FROM pg_proc p WHERE p.pronamespace = 'lease'::regnamespace AND (p.proname LIKE 'keeper.%' OR p.proname = 'granter')
      ORDER BY p.oid`,
    "app",
  );
  const roles = await estate.root("SELECT FROM pg_roles WHERE rolname LIKE 'leasehold.%'");
  expect(roles.rowCount).toBe(rows.length);
  return {
    kept: rows.filter(({ name }) => name !== "granter").map(({ kept }) => kept),
    granter: rows.some(({ name }) => name === "granter"),
  };
}

const NONE = { kept: [], granter: false };

describe.each(MAJORS.filter((major) => major >= 16))("on PostgreSQL %s, many leases", (major) => {
  let estate: Estate;
  let vault: Client;
  beforeAll(async () => {
    estate = await Estate.start(major);
    // The definer has made more roles than that: all leases are for keepers.
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
    vault = await estate.vault();
  });
  afterEach(async () => {
    await estate.root("UPDATE pg_authid SET rolvaliduntil = now() - interval '1 hour' WHERE rolname LIKE 'v-%'");
    for (let tries = 0; tries < 5; tries += 1) await vault.query("SELECT lease.sweep('1000')");
    expect(await estate.states()).toEqual({});
    expect(await keepers(estate)).toEqual(NONE);
  });
  afterAll(() => estate?.stop());

  const issue = async (count: number): Promise<string[]> => {
    const names: string[] = [];
    for (let n = 0; n < count; n += 1) names.push(await estate.lease("web", 600, vault));
    return names;
  };

  test("are kept in short lists, and the last one takes the keepers with it", async () => {
    const names = await issue(7);
    expect(await keepers(estate)).toEqual({ kept: [3, 3, 1], granter: true });
    const app = await estate.login(names[4]);
    expect((await app.query("SELECT name FROM sales.wizard")).rows).toEqual([{ name: "Ada" }]);
    for (const name of names.slice(0, 3)) await estate.revoke(name, vault);
    expect(await keepers(estate)).toEqual({ kept: [3, 1], granter: true });
    names.push(...(await issue(2)));
    expect(await keepers(estate)).toEqual({ kept: [3, 3], granter: true });
    for (const name of names.slice(3)) {
      await estate.revoke(name, vault);
      expect(await estate.exists(name)).toBe(false);
    }
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect(await keepers(estate)).toEqual(NONE);
  });

  test("that the definer made itself are renewed and revoked beside those of keepers", async () => {
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: 250 });
    const [before] = await issue(1);
    expect(await keepers(estate)).toEqual(NONE);
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
    const [after] = await issue(1);
    expect(await keepers(estate)).toEqual({ kept: [1], granter: true });
    for (const name of [before, after]) {
      await vault.query(`SELECT lease.renew('${name}', '${inSeconds(1200)}')`);
      await estate.revoke(name, vault);
      expect(await estate.exists(name)).toBe(false);
    }
  });

  test("leave what they own to the estate, and a migration's to the owner role", async () => {
    const [name] = await issue(1);
    const migrator = await estate.lease("migrator", 600, vault);
    const app = await estate.login(name);
    await app.query("CREATE TABLE play.mine (a int)");
    await estate.revoke(name, vault);
    const migration = await estate.login(migrator, "app", "-c role=app_owner");
    await migration.query("CREATE TABLE sales.made (a int)");
    await estate.revoke(migrator, vault);
    const { rows } = await estate.root(
      "SELECT relname AS name, relowner::regrole::text AS owner FROM pg_class WHERE relname IN ('mine', 'made') ORDER BY 1",
      "app",
    );
    expect(rows).toEqual([
      { name: "made", owner: "app_owner" },
      { name: "mine", owner: "leasehold_estate" },
    ]);
    await estate.root("DROP TABLE play.mine, sales.made", "app");
  });

  test("lose their rights at once when their group is dropped, and are revoked after", async () => {
    const dba = await estate.dba();
    await dba.query("CREATE ROLE shortlived NOLOGIN");
    await estate.install("app", {
      ...OPTIONS,
      leasesPerKeeper: KEPT,
      groups: [...OPTIONS.groups, { name: "shortlived", maxTtlSeconds: 3600, connectionLimit: 5, maxLiveLeases: 50 }],
    });
    const name = await estate.lease("shortlived", 600, vault);
    await dba.query("DROP ROLE shortlived");
    expect(await state(vault.query(`SELECT lease.renew('${name}', '${inSeconds(1200)}')`))).toBe("42704");
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
    await estate.revoke(name, vault);
    expect(await estate.exists(name)).toBe(false);
  });

  test("asked for at once by two Vaults are no more than the group may have, and nobody meets at a keeper", async () => {
    const other = await estate.vault();
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        const name = estate.name();
        return state([vault, other][n % 2].query(issueSql(name, verifier(name), inSeconds(600), "small")));
      }),
    );
    expect(results.filter((result) => result === "ok")).toHaveLength(3);
    expect(new Set(results)).toEqual(new Set(["ok", "53400"]));
    const more = await Promise.all(
      [vault, other].flatMap((client) =>
        Array.from({ length: 10 }, () => estate.name()).map((name) =>
          state(client.query(issueSql(name, verifier(name), inSeconds(600), "web"))),
        ),
      ),
    );
    expect(new Set(more)).toEqual(new Set(["ok"]));
  });

  test("are issued and revoked at the same time by two Vaults, and none is left without its keeper", async () => {
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
  });

  test("are revoked when the schema lease was dropped under them, once it is there again and one more is issued", async () => {
    const names = await issue(4);
    await (await estate.dba()).query("DROP SCHEMA lease CASCADE");
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
    names.push(...(await issue(1)));
    expect(await keepers(estate)).toEqual({ kept: [3, 2], granter: true });
    for (const name of names) {
      await estate.revoke(name, vault);
      expect(await estate.exists(name)).toBe(false);
    }
  });

  test("do not wait for those of other groups while the definer can make them all", async () => {
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: 250 });
    const other = await estate.vault();
    await other.query("BEGIN");
    await estate.lease("web", 600, other);
    const name = estate.name();
    expect(await state(vault.query(issueSql(name, verifier(name), inSeconds(600), "reports")))).toBe("ok");
    await other.query("ROLLBACK");
    expect(await keepers(estate)).toEqual(NONE);
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
  });

  test("may name a keeper in what they own: it goes all the same", async () => {
    const [name] = await issue(1);
    const app = await estate.login(name);
    const { rows } = await estate.root("SELECT rolname AS role FROM pg_roles WHERE rolname LIKE 'leasehold.%'");
    expect(rows).toHaveLength(2);
    await app.query("CREATE TABLE play.named (a int)");
    for (const { role } of rows) await app.query(`GRANT SELECT ON play.named TO "${role}"`);
    await estate.revoke(name, vault);
    expect(await keepers(estate)).toEqual(NONE);
    const { rows: left } = await estate.root("SELECT relacl::text AS acl FROM pg_class WHERE relname = 'named'", "app");
    expect(left[0].acl).not.toContain("leasehold.");
    await estate.root("DROP TABLE play.named", "app");
  });

  test("are not made by a role of another admin, whatever it is called", async () => {
    await estate.root("CREATE ROLE rival LOGIN CREATEROLE PASSWORD 'rival'");
    const rival = await estate.as("rival", "rival", "postgres");
    const { rows } = await estate.root("SELECT oid FROM pg_database WHERE datname = 'app'");
    const planted = ["granter", "keeper.1", "keeper.1", "keeper.x", "keeper.99999999999999999999"].map(
      (name, n) => `leasehold.${name}.${rows[0].oid}${n === 2 ? ".2" : ""}`,
    );
    for (const role of planted) {
      await rival.query(`CREATE ROLE "${role}" CREATEROLE`);
      await rival.query(`GRANT "${role}" TO dba WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    }
    const names = await issue(4);
    const owners = await estate.root(
      `SELECT p.proowner::regrole::text AS role FROM pg_proc p
        WHERE p.pronamespace = 'lease'::regnamespace AND (p.proname LIKE 'keeper.%' OR p.proname = 'granter')`,
      "app",
    );
    expect(owners.rows.map(({ role }) => role.replaceAll('"', "")).sort()).toEqual(
      ["granter.N.2", "keeper.1.N.3", "keeper.2.N"].map((role) => `leasehold.${role.replace("N", rows[0].oid)}`),
    );
    for (const name of names) {
      await estate.revoke(name, vault);
      expect(await estate.exists(name)).toBe(false);
    }
    for (const role of planted) {
      expect(await estate.exists(role)).toBe(true);
      await rival.query(`DROP ROLE "${role}"`);
    }
    await estate.close(rival);
    await estate.root("DROP ROLE rival");
    expect(await keepers(estate)).toEqual(NONE);
  });

  test("keep what they may when their keeper's function is dropped, or the keeper is lent to somebody", async () => {
    const { rows } = await estate.root("SELECT oid FROM pg_database WHERE datname = 'app'");
    const dba = await estate.dba();
    const read = "SELECT name FROM sales.wizard";
    const [lost] = await issue(1);
    const app = await estate.login(lost);
    await dba.query('DROP FUNCTION lease."keeper.1"(text)');
    await vault.query(`SELECT lease.renew('${lost}', '${inSeconds(700)}')`);
    const [other] = await issue(1);
    await estate.revoke(other, vault);
    expect((await app.query(read)).rows).toEqual([{ name: "Ada" }]);
    // Lent to somebody, neither is taken for ours again when the schema is dropped.
    await dba.query(`GRANT "leasehold.granter.${rows[0].oid}" TO reports`);
    for (let times = 0; times < 2; times += 1) {
      await dba.query("DROP SCHEMA lease CASCADE");
      await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
      const [name] = await issue(1);
      if (times === 0) await dba.query(`REVOKE "leasehold.granter.${rows[0].oid}" FROM reports`);
      else await estate.revoke(name, vault);
    }
    expect((await app.query(read)).rows).toEqual([{ name: "Ada" }]);
    await estate.root(`DO $$ DECLARE r record; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' LOOP
      EXECUTE format('DROP ROLE %I', r.rolname); END LOOP; END $$`);
    for (let times = 0; times < 3; times += 1) await vault.query("SELECT lease.sweep('1000')");
    const left = await estate.root("SELECT rolname FROM pg_roles WHERE rolname LIKE 'leasehold.%'");
    for (const { rolname } of left.rows) await estate.root(`DROP OWNED BY "${rolname}"; DROP ROLE "${rolname}"`, "app");
    expect(left.rows.filter(({ rolname }) => !rolname.includes("granter"))).toEqual([]);
  });

  test("let their keeper go though another admin has lent it a role", async () => {
    const names = await issue(1);
    const { rows } = await estate.root("SELECT rolname AS keeper FROM pg_roles WHERE rolname LIKE 'leasehold.%'");
    await estate.root("CREATE ROLE rival LOGIN CREATEROLE PASSWORD 'rival'");
    const rival = await estate.as("rival", "rival", "postgres");
    await rival.query("CREATE ROLE pebble");
    for (const { keeper } of rows) await rival.query(`GRANT pebble TO "${keeper}" WITH ADMIN TRUE`);
    await estate.close(rival);
    await estate.revoke(names[0], vault);
    expect(await keepers(estate)).toEqual(NONE);
    await estate.root("DROP ROLE pebble; DROP ROLE rival");
  });

  test("of several groups are issued all at once, also when many have expired that Vault did not revoke", async () => {
    const groups = ["web", "reports", "migrator"];
    for (let n = 0; n < 24; n += 1) await estate.lease(groups[n % 3], 600, vault);
    await estate.root("UPDATE pg_authid SET rolvaliduntil = now() - interval '2 minutes' WHERE rolname LIKE 'v-%'");
    // No keeper has to be made meanwhile: a slow machine would take the time that one waits for a lock.
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: 250 });
    const clients = await Promise.all(Array.from({ length: 12 }, () => estate.vault()));
    const results = await Promise.all(
      clients.map((client, n) => {
        const name = estate.name();
        return state(client.query(issueSql(name, verifier(name), inSeconds(600), groups[n % 3])));
      }),
    );
    expect(new Set(results)).toEqual(new Set(["ok"]));
    await estate.install("app", { ...OPTIONS, leasesPerKeeper: KEPT });
  });

  describe("are made by roles", () => {
    const RUNS = ["keeper.1", "granter"].map((name) => `SELECT lease."${name}"('CREATE ROLE planted SUPERUSER')`);
    let lease: Client;
    beforeEach(async () => {
      const [name] = await issue(1);
      lease = await estate.login(name);
    });
    afterEach(() => estate.closeAll().then(async () => void (vault = await estate.vault())));

    test("that nobody but the definer can use", async () => {
      const { rows } = await estate.root("SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'leasehold.%'");
      expect(rows).toHaveLength(2);
      for (const client of [vault, lease]) {
        for (const sql of RUNS) expect(await state(client.query(sql))).toBe("42501");
        for (const { name } of rows)
          for (const sql of [
            `SET ROLE "${name}"`,
            `GRANT "${name}" TO CURRENT_USER`,
            `ALTER ROLE "${name}" LOGIN`,
            `DROP ROLE "${name}"`,
          ])
            expect([sql, await state(client.query(sql))]).toEqual([sql, "42501"]);
      }
      // The definer, too, reaches them by their functions only.
      const dba = await estate.dba();
      for (const { name } of rows) expect(await state(dba.query(`SET ROLE "${name}"`))).toBe("42501");
    });

    test("that cannot log in, and hold nothing but what they make", async () => {
      const { rows } = await estate.root(
        `SELECT a.rolname AS name, a.rolcanlogin OR a.rolsuper OR a.rolcreatedb OR a.rolreplication OR a.rolbypassrls AS more,
                a.rolpassword IS NULL AS closed, a.rolcreaterole AS makes,
                ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                       WHERE m.member = a.oid AND (m.inherit_option OR m.set_option)) AS uses,
                has_schema_privilege(a.oid, 'lease', 'CREATE') OR has_schema_privilege(a.oid, 'sales', 'USAGE') AS schemas
           FROM pg_authid a WHERE a.rolname LIKE 'leasehold.%' ORDER BY 1`,
        "app",
      );
      expect(rows.map(({ name, ...row }) => ({ ...row, kind: name.split(".")[1] }))).toEqual([
        { kind: "granter", more: false, closed: true, makes: true, uses: [], schemas: false },
        { kind: "keeper", more: false, closed: true, makes: true, uses: [], schemas: false },
      ]);
      expect(await state((await estate.dba()).query("SELECT lease.\"keeper.1\"('CREATE ROLE x SUPERUSER')"))).toBe(
        "42501",
      );
      expect(await state((await estate.dba()).query("SELECT lease.\"keeper.1\"('ALTER ROLE web LOGIN')"))).toBe(
        "42501",
      );
    });

    test("whose functions are closed to those whom default privileges name", async () => {
      const dba = await estate.dba();
      await dba.query("ALTER DEFAULT PRIVILEGES IN SCHEMA lease GRANT EXECUTE ON FUNCTIONS TO vault, web, PUBLIC");
      await issue(KEPT);
      await dba.query("ALTER DEFAULT PRIVILEGES IN SCHEMA lease REVOKE EXECUTE ON FUNCTIONS FROM vault, web, PUBLIC");
      expect(await keepers(estate)).toEqual({ kept: [3, 1], granter: true });
      for (const client of [vault, lease])
        expect(await state(client.query(`SELECT lease."keeper.2"('CREATE ROLE planted')`))).toBe("42501");
      const { rows } = await estate.root(
        `SELECT DISTINCT a.grantee::regrole::text AS who FROM pg_proc p, aclexplode(p.proacl) a
          WHERE p.pronamespace = 'lease'::regnamespace AND p.proname LIKE 'keeper.%' AND a.grantee <> p.proowner`,
        "app",
      );
      expect(rows).toEqual([{ who: "dba" }]);
    });

    test("whose lock no lease can hold", async () => {
      for (const sql of [
        "COMMENT ON FUNCTION lease.issue(text, text, text, text) IS 'x'",
        "ALTER FUNCTION lease.issue(text, text, text, text) COST 7",
        "DROP FUNCTION lease.issue(text, text, text, text)",
      ]) {
        await lease.query("BEGIN");
        expect(await state(lease.query(sql))).toBe("42501");
        const held = await estate.root(
          `SELECT FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_proc'::regclass AND pid = ${
            (lease as unknown as { processID: number }).processID
          }`,
          "app",
        );
        expect(held.rowCount).toBe(0);
        await lease.query("ROLLBACK");
      }
    });
  });
});

describe.each(MAJORS.filter((major) => major < 16))("on PostgreSQL %s", (major) => {
  test("the definer makes every lease: it is a member of none", async () => {
    const estate = await Estate.start(major);
    try {
      await estate.install("app", { ...OPTIONS, leasesPerKeeper: 1 });
      await estate.lease("web");
      await estate.lease("web");
      expect(await keepers(estate)).toEqual(NONE);
    } finally {
      await estate.stop();
    }
  });
});
