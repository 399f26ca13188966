import * as pg from "pg";
import { LeaseDatabase, inSeconds, issueSql, MAJORS, renewSql, state, verifier } from "./fixture";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;
  let vault: pg.Client;

  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
  });
  beforeEach(async () => {
    vault = await db.vault();
  });
  afterEach(() => db.closeAll());
  afterAll(() => db.stop());

  const roles = async () =>
    (await db.root("SELECT string_agg(rolname, ',' ORDER BY rolname) AS names FROM pg_roles")).rows[0].names;

  describe("lease.issue", () => {
    const issue = (more: {
      name?: string | null;
      secret?: string | null;
      until?: string | null;
      to?: string | null;
    }) => {
      const all = { name: db.name(), secret: verifier("x"), until: inSeconds(60), to: "web", ...more };
      return state(vault.query(issueSql(all.name, all.secret, all.until, all.to)));
    };

    test.each(["name", "secret", "until", "to"])("refuses NULL for its %s", async (key) => {
      const before = await roles();
      expect(await issue({ [key]: null })).toBe("22004");
      expect(await roles()).toBe(before);
    });

    test.each([
      ["nothing", ""],
      ["infinity", "infinity"],
      ["-infinity", "-infinity"],
      ["now", "now"],
      ["tomorrow", "tomorrow"],
      ["no offset", "2999-01-01 00:00:00"],
      ["a zone name", "2999-01-01 00:00:00 UTC"],
      ["a date only", "2999-01-01"],
      ["an impossible day", "2026-02-31 00:00:00+00"],
      ["an impossible month", "2026-99-01 00:00:00Z"],
      ["a quote", "2026-01-01 00:00:00+00' SUPERUSER --"],
      ["the far future", "9999-12-31 23:59:59+00"],
    ])("refuses an expiration that is %s", async (_, until) => {
      expect(await issue({ until })).toBe("22023");
    });

    test("refuses an expiration in the past, and one second beyond the cap; takes the cap itself", async () => {
      expect(await issue({ until: inSeconds(-5) })).toBe("22023");
      expect(await issue({ until: inSeconds(3600 + 60 + 2) })).toBe("22023");
      expect(await issue({ until: inSeconds(3600 + 58) })).toBe("ok");
    });

    test.each([
      ["2 offset digits", (s: number) => inSeconds(s).replace("+0000", "+00")],
      ["a colon", (s: number) => inSeconds(s).replace("+0000", "+00:00")],
      ["Z and T", (s: number) => inSeconds(s).replace("+0000", "Z").replace(" ", "T")],
    ])("takes an expiration with %s", async (_, until) => {
      expect(await issue({ until: until(60) })).toBe("ok");
    });

    test("reads the expiration as it is written, whatever the caller's time zone and date style are", async () => {
      await vault.query("SET TimeZone = 'Pacific/Kiritimati'; SET DateStyle = 'SQL, DMY'");
      const lease = await db.lease("web", 600, vault);
      const { rows } = await db.root(
        `SELECT extract(epoch FROM rolvaliduntil - now())::int AS s FROM pg_roles WHERE rolname = '${lease}'`,
      );
      expect(Math.abs(rows[0].s - 600)).toBeLessThan(30);
    });

    const good = verifier("clear-text-password");
    test.each([
      ["nothing", ""],
      ["plain text", "clear-text-password"],
      ["md5", "md5" + "0".repeat(32)],
      ["a verifier cut short", good.slice(0, -1)],
      ["a verifier with something after it", good + "\n"],
      ["a verifier with a quote", good.replace("=:", "=:'")],
      ["a verifier without salt", good.replace(/:[^$]*\$/, ":$")],
      ["a verifier of one iteration", verifier("x", 1)],
      ["a verifier of 4095 iterations", verifier("x", 4095)],
      ["a very long verifier", good.replace("4096:", `4096:${"A".repeat(4000)}`)],
    ])("refuses %s as a password", async (_, secret) => {
      expect(await issue({ secret })).toBe("22023");
    });

    test("refuses what is not the name of a lease, and changes nothing", async () => {
      const before = await roles();
      for (const name of [
        "",
        "v-",
        "w-1",
        "V-1",
        " v-1",
        `v-${"a".repeat(62)}`,
        `v-${"a".repeat(64)}`,
        `v-${"é".repeat(31)}`,
        "v-'; DROP ROLE web --",
        'v-"x',
        "v-a\n",
        "v-a\nb",
        "v-a b",
        "v-é",
        "v-日本",
        "v-a\\",
        "v-a$b",
        "pg_monitor",
        "pg_new",
        "dba",
        "web",
        "vault",
        "leasehold_estate",
        "postgres",
      ]) {
        expect([name, await issue({ name })]).toEqual([name, "42622"]);
        for (const call of ["lease.close", "lease.revoke"]) {
          expect([name, await state(vault.query(`SELECT ${call}($1)`, [name]))]).toEqual([name, "42622"]);
        }
        expect([name, await state(vault.query(renewSql(name, inSeconds(60))))]).toEqual([name, "42622"]);
      }
      expect(await roles()).toBe(before);
    });

    test("takes a name of 63 bytes, and ends it again", async () => {
      const name = `v-${"a".repeat(61)}`;
      expect(await issue({ name })).toBe("ok");
      await db.revoke(name, vault);
      expect(await db.exists(name)).toBe(false);
    });

    test("refuses a name that is taken", async () => {
      const name = await db.lease();
      expect(await issue({ name })).toBe("42710");
    });

    test.each(["", "nobody", "app_owner", "dba", "postgres", "WEB", "web'--", "pg_read_all_data", "w".repeat(100)])(
      "refuses the group %p, which is not registered",
      async (to) => {
        expect(await issue({ to })).toBe("42704");
      },
    );

    test("refuses a registered group that is not there", async () => {
      await db.root("ALTER ROLE small RENAME TO smaller");
      expect(await issue({ to: "small" })).toBe("42704");
      await db.root("ALTER ROLE smaller RENAME TO small");
    });

    test.each(["LOGIN", "SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"])(
      "refuses a registered group with %s",
      async (attribute) => {
        await db.root(`ALTER ROLE small ${attribute}`);
        expect(await issue({ to: "small" })).toBe("42501");
        await db.root(`ALTER ROLE small NO${attribute}`);
      },
    );

    test("refuses while PUBLIC may create in public, as before 15 by default, and says how to end it", async () => {
      await db.root("GRANT CREATE ON SCHEMA public TO PUBLIC", "app");
      await expect(vault.query(issueSql(db.name(), verifier("x"), inSeconds(60), "web"))).rejects.toMatchObject({
        code: "42501",
        message: expect.stringMatching(
          /PUBLIC may create in the schema public of database app, granted by .*: .*REVOKE CREATE ON SCHEMA public FROM PUBLIC;/,
        ),
      });
      await db.root("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "app");
      expect(await issue({})).toBe("ok");
    });

    test("refuses a registered group that is a member of a role with power", async () => {
      await db.root("CREATE ROLE power CREATEROLE; GRANT power TO small");
      expect(await issue({ to: "small" })).toBe("42501");
      await db.root("DROP ROLE power");
      expect(await issue({ to: "small" })).toBe("ok");
    });

    test.each(["REPEATABLE READ", "SERIALIZABLE"])("refuses %s, in which the count could be stale", async (level) => {
      await vault.query(`BEGIN ISOLATION LEVEL ${level}`);
      expect(await issue({})).toBe("25001");
      await vault.query("ROLLBACK");
    });

    test("refuses a read-only session at once", async () => {
      await vault.query("SET default_transaction_read_only = on");
      expect(await issue({})).toBe("25006");
      expect(await state(vault.query("SELECT lease.revoke('v-1')"))).toBe("25006");
    });
  });

  describe("the other functions", () => {
    test("refuse NULL", async () => {
      const lease = await db.lease();
      for (const call of [
        renewSql(null, inSeconds(60)),
        renewSql(lease, null),
        "SELECT lease.close(NULL)",
        "SELECT lease.revoke(NULL)",
        "SELECT lease.sweep(NULL)",
      ]) {
        expect([call, await state(vault.query(call))]).toEqual([call, "22004"]);
      }
      expect(await state(db.login(lease))).toBe("ok");
    });

    test.each(["", "0", "-1", "1.5", "10000", "all", "1; DROP ROLE web", "1\n"])("refuse to sweep %p", async (n) => {
      expect(await state(vault.query("SELECT lease.sweep($1)", [n]))).toBe("22023");
    });

    test("refuse a role that is not a lease though its name fits, also with a forged or broken comment", async () => {
      await db.root(`CREATE ROLE "v-human" LOGIN PASSWORD 'x'`);
      for (const comment of [null, "a person", '{"lease":1}', '{"lease":1,"database":"other","group":"web"}', "{"]) {
        await db.root(`COMMENT ON ROLE "v-human" IS ${comment === null ? "NULL" : `'${comment}'`}`);
        expect(await state(vault.query("SELECT lease.close('v-human')"))).toBe("42501");
        expect(await state(vault.query("SELECT lease.revoke('v-human')"))).toBe("42501");
        expect(await state(vault.query(renewSql("v-human", inSeconds(60))))).toBe("42704");
        expect(await db.states()).not.toHaveProperty("v-human");
      }
      expect(await state(db.as("v-human", "x", "postgres"))).toBe("ok");
      await db.root('DROP ROLE "v-human"');
    });

    test("list and end even a lease whose comment was damaged by hand", async () => {
      const lease = await db.lease();
      await db.root(`COMMENT ON ROLE "${lease}" IS '{"lease":1,"database":"app","group":broken'`);
      expect((await db.states())[lease]).toBe("live");
      expect(await state(vault.query(renewSql(lease, inSeconds(700))))).toBe("42704");
      await db.revoke(lease);
      expect((await db.states())[lease] ?? "gone").toMatch(/gone|tombstone/);
    });

    test("do not renew a lease that was closed, or has left its group", async () => {
      const closed = await db.lease("web", 600, vault);
      await vault.query(`SELECT lease.close('${closed}')`);
      expect(await state(vault.query(renewSql(closed, inSeconds(900))))).toBe("42704");
      const left = await db.lease("web", 600, vault);
      // Whoever gave it: the definer, or another role.
      await db.root(`DO $$ BEGIN EXECUTE format('REVOKE web FROM "${left}" GRANTED BY %I', (SELECT r.rolname
        FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.grantor WHERE m.member = '"${left}"'::regrole)); END $$`);
      expect(await state(vault.query(renewSql(left, inSeconds(900))))).toBe("42704");
      expect(await state(vault.query(renewSql("v-never-issued", inSeconds(900))))).toBe("42704");
    });

    test("take the expiration of a renewal as strictly as that of an issue", async () => {
      const lease = await db.lease("web", 600, vault);
      for (const until of [
        "",
        "infinity",
        "now",
        inSeconds(-5),
        inSeconds(900).replace("+0000", ""),
        inSeconds(3665),
      ]) {
        expect([until, await state(vault.query(renewSql(lease, until)))]).toEqual([until, "22023"]);
      }
    });

    test("do nothing, without an error, for a lease that is gone", async () => {
      await vault.query("SELECT lease.close('v-unknown')");
      await vault.query("SELECT lease.revoke('v-unknown')");
      const lease = await db.lease("web", 600, vault);
      await db.revoke(lease, vault);
      await db.revoke(lease, vault);
    });
  });

  test("the server's log holds no verifier, whatever fails, once the caller's own statements are not logged", async () => {
    // The text of a failed statement is logged whole; only a superuser can turn that off.
    await db.root("ALTER ROLE vault SET log_min_error_statement = panic");
    const client = await db.vault();
    const secret = verifier("hidden");
    const name = await db.lease();
    for (const call of [
      issueSql(name, secret, inSeconds(60), "web"),
      issueSql(db.name(), secret, "infinity", "web"),
      issueSql(db.name(), secret, inSeconds(60), "nobody"),
      issueSql(db.name(), secret.slice(1), inSeconds(60), "web"),
    ]) {
      expect(await state(client.query(call))).not.toBe("ok");
    }
    await db.root("ALTER ROLE dba NOCREATEROLE");
    expect(await state(client.query(issueSql(db.name(), secret, inSeconds(60), "web")))).toBe("42501");
    await db.root("ALTER ROLE dba CREATEROLE");
    expect(db.log()).not.toContain(secret.slice(14, 60));
    await db.root("ALTER ROLE vault RESET log_min_error_statement");
  });
});
