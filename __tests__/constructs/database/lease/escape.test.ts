import * as pg from "pg";
import { renderLeaseFunctions } from "../../../../constructs/database/lease/lease-functions";
import {
  everyFunction,
  LeaseDatabase,
  inSeconds,
  issueSql,
  MAJORS,
  OPTIONS,
  PASSWORDS,
  renewSql,
  state,
  verifier,
} from "./fixture";

/** Every type that the functions use, and some they might. */
const TYPES =
  "text name int4 int8 bool oid timestamptz interval json jsonb regclass float8 numeric varchar record".split(" ");

/** A function that tells who ran it; whoever is made to run it is in the table "caught". */
const spy = (schema: string, name: string, args: string, returns: string, result: string, language = "plpgsql") => `
  CREATE FUNCTION ${schema}.${name}(${args}) RETURNS ${returns} LANGUAGE ${language} AS $spy$
  BEGIN INSERT INTO play.caught VALUES (current_user, '${name}'); ${result} END $spy$`;

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;

  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
    await db.root("CREATE TABLE play.caught (who text, what text); GRANT INSERT ON play.caught TO PUBLIC", "app");
  });
  afterEach(() => db.closeAll());
  afterAll(() => db.stop());

  const caught = async () => (await db.root("SELECT DISTINCT who FROM play.caught", "app")).rows.map((r) => r.who);

  /** Every function once, with work to do for each. */
  const runAll = async (vault: pg.Client) => {
    const lease = db.name();
    const results = [await state(vault.query(issueSql(lease, verifier("x"), inSeconds(600), "web")))];
    results.push(await state(vault.query(renewSql(lease, inSeconds(900)))));
    results.push(await state(vault.query(`SELECT lease.close('${lease}')`)));
    results.push(await state(vault.query("SELECT lease.sweep('5')")));
    results.push(await state(vault.query("SELECT count(*) FROM lease.live()")));
    results.push(await state(vault.query(`SELECT lease.revoke('${lease}')`)));
    return results;
  };
  const ALL_OK = Array(6).fill("ok");

  describe("a caller who shadows what the functions use", () => {
    test.each(["pg_temp", "play"])(
      "with types, casts, operators and functions in %s, runs nothing as the definer",
      async (schema) => {
        // TEMPORARY and CREATE are given here on purpose: the functions must hold without those two fences, too.
        await db.root("GRANT TEMPORARY ON DATABASE app TO vault; GRANT CREATE, USAGE ON SCHEMA play TO vault", "app");
        // The control: what a function that pins the path, but declares a bare type, lets happen.
        const dba = await db.dba();
        await dba.query(`CREATE OR REPLACE FUNCTION lease.naive(a text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
          DECLARE v text; BEGIN PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true); v := a; END $$`);
        await dba.query("GRANT EXECUTE ON FUNCTION lease.naive TO vault");
        const vault = await db.vault();
        await vault.query("CREATE TEMP TABLE warm_up ()");
        await vault.query(spy(schema, "check_it", "anyelement", "bool", "RETURN true;"));
        for (const type of TYPES.filter((name) => name !== "record")) {
          await vault.query(`CREATE DOMAIN ${schema}.${type} AS pg_catalog.${type} CHECK (${schema}.check_it(VALUE))`);
        }
        await vault.query(`CREATE TYPE ${schema}.record AS (a pg_catalog.int4)`);
        const any = [
          ["set_config", "pg_catalog.text, pg_catalog.text, pg_catalog.bool", "pg_catalog.text", "RETURN $2;"],
          ["current_setting", "pg_catalog.text", "pg_catalog.text", "RETURN '150000';"],
          ["octet_length", "pg_catalog.text", "pg_catalog.int4", "RETURN 1;"],
          ["starts_with", "pg_catalog.text, pg_catalog.text", "pg_catalog.bool", "RETURN true;"],
          ["format", "pg_catalog.text, VARIADIC pg_catalog.text[]", "pg_catalog.text", "RETURN 'SELECT 1';"],
          ["clock_timestamp", "", "pg_catalog.timestamptz", "RETURN 'infinity';"],
          ["pg_is_in_recovery", "", "pg_catalog.bool", "RETURN false;"],
          ["pg_sleep", "pg_catalog.float8", "pg_catalog.void", ""],
          ["shobj_description", "pg_catalog.oid, pg_catalog.name", "pg_catalog.text", "RETURN '';"],
          ["pg_terminate_backend", "pg_catalog.int4", "pg_catalog.bool", "RETURN true;"],
        ];
        for (const [name, args, returns, result] of any) await vault.query(spy(schema, name, args, returns, result));
        for (const [type, operators] of [
          ["pg_catalog.text", ["=", "<>", "||", "~", "!~"]],
          ["pg_catalog.int4", ["=", ">", ">=", "+"]],
          ["pg_catalog.name", ["=", "<>"]],
          ["pg_catalog.timestamptz", ["<", ">", "<="]],
        ] as const) {
          for (const operator of operators) {
            const name = `op_${Math.random().toString(36).slice(2)}`;
            const returns = operator === "||" || operator === "+" ? type : "pg_catalog.bool";
            await vault.query(
              spy(schema, name, `${type}, ${type}`, returns, returns === type ? "RETURN $1;" : "RETURN true;"),
            );
            await vault.query(
              `CREATE OPERATOR ${schema}.${operator} (LEFTARG = ${type}, RIGHTARG = ${type}, FUNCTION = ${schema}.${name})`,
            );
          }
        }
        await vault.query(`CREATE TABLE ${schema}.pg_roles (oid pg_catalog.oid, rolname pg_catalog.name)`);
        await vault.query(`SET search_path = ${schema}, pg_catalog`);
        expect(await runAll(vault)).toEqual(ALL_OK);
        // Compiled before, under a clean path, and run again under the hostile one.
        expect(await runAll(vault)).toEqual(ALL_OK);
        expect((await caught()).filter((who) => who !== "vault")).toEqual([]);
        await vault.query("SELECT lease.naive('x')");
        expect(await caught()).toContain("dba");
        await db.root("TRUNCATE play.caught; DROP FUNCTION lease.naive", "app");
        await db.close(vault);
        await db.root("DROP OWNED BY vault CASCADE", "app");
        await db.install("app");
      },
    );

    test("with settings that change how text is read, changes nothing", async () => {
      const vault = await db.vault();
      for (const setting of [
        "standard_conforming_strings = off",
        "backslash_quote = on",
        "transform_null_equals = on",
        "array_nulls = off",
        "quote_all_identifiers = on",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Kathmandu'",
        "plpgsql.extra_errors = 'all'",
        "row_security = off",
        "password_encryption = 'md5'",
        ...(major >= 16 ? ["createrole_self_grant = 'set, inherit'"] : []),
      ]) {
        await vault.query(`SET ${setting}`);
      }
      expect(await runAll(vault)).toEqual(ALL_OK);
      const lease = await db.lease("web", 600, vault);
      expect((await db.root(`SELECT pg_has_role('dba', '${lease}', 'USAGE') AS has`)).rows[0].has).toBe(false);
      expect(await state(db.login(lease))).toBe("ok");
    });
  });

  describe("code that a lease planted and left behind", () => {
    test("runs without rights once the lease is revoked, and nothing of it belongs to the definer", async () => {
      const lease = await db.creator();
      const app = await db.login(lease);
      await app.query(`
        CREATE FUNCTION play.trap() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN EXECUTE 'CREATE ROLE conquest LOGIN CREATEROLE'; RETURN current_user; END $$;
        CREATE FUNCTION play.whoami() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT current_user::text $$;
        CREATE VIEW play.peek AS SELECT * FROM sales.secret;
        CREATE MATERIALIZED VIEW play.kept AS SELECT play.whoami() AS who;
        CREATE FUNCTION play.pure(int) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO play.caught VALUES (current_user, 'index'); RETURN 'x'; END $$;
        CREATE TABLE play.bait (id int);
        CREATE INDEX ON play.bait (play.pure(id));
        CREATE FUNCTION play.fire() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
          $$ BEGIN CREATE ROLE conquest LOGIN CREATEROLE; RETURN new; END $$;
        CREATE TRIGGER fire BEFORE INSERT ON play.bait FOR EACH ROW EXECUTE FUNCTION play.fire();
        GRANT ALL ON play.bait, play.peek, play.kept TO PUBLIC;
      `);
      await db.revoke(lease);
      expect(await db.exists(lease)).toBe(false);
      const next = await db.login(await db.lease("web"));
      expect(await state(next.query("SELECT play.trap()"))).toBe("42501");
      expect((await next.query("SELECT play.whoami()")).rows).toEqual([{ whoami: "leasehold_estate" }]);
      expect(await state(next.query("SELECT * FROM play.peek"))).toBe("42501");
      expect(await state(next.query("INSERT INTO play.bait VALUES (1)"))).toBe("42501");
      const { rows } = await db.root(
        `SELECT DISTINCT o.owner::regrole::text FROM (
           SELECT relowner AS owner FROM pg_class WHERE relname IN ('peek', 'kept', 'bait')
           UNION SELECT proowner FROM pg_proc WHERE proname IN ('trap', 'whoami', 'pure', 'fire')) AS o`,
        "app",
      );
      expect(rows).toEqual([{ owner: "leasehold_estate" }]);
      expect(await db.exists("conquest")).toBe(false);
      expect((await caught()).filter((who) => who === "dba" || who === "postgres")).toEqual([]);
    });

    test("leaves the estate without rights, and the definer without a lasting membership made by us", async () => {
      const { rows } = await db.root(
        `SELECT rolcanlogin OR rolsuper OR rolcreaterole AS power,
           pg_has_role('dba', oid, 'USAGE') AS dba, (SELECT count(*)::int FROM pg_auth_members WHERE member = r.oid) AS of
         FROM pg_roles r WHERE rolname = 'leasehold_estate'`,
      );
      expect(rows).toEqual([{ power: false, dba: false, of: 0 }]);
    });
  });

  describe("Vault's own login", () => {
    test("can do nothing but call the functions", async () => {
      const lease = await db.lease("web");
      const vault = await db.vault();
      for (const sql of [
        "CREATE ROLE mine",
        `GRANT web TO vault`,
        "GRANT vault TO web",
        `GRANT "${lease}" TO vault`,
        "SET ROLE web",
        `SET ROLE "${lease}"`,
        "SET ROLE dba",
        "SET SESSION AUTHORIZATION dba",
        `ALTER ROLE "${lease}" PASSWORD 'x'`,
        `DROP ROLE "${lease}"`,
        `COMMENT ON ROLE "${lease}" IS 'x'`,
        "COMMENT ON ROLE web IS 'x'",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine ()",
        "CREATE TABLE lease.mine ()",
        "CREATE OR REPLACE FUNCTION lease.live() RETURNS void LANGUAGE sql AS ''",
        "SELECT * FROM sales.wizard",
        "CREATE TEMP TABLE mine ()",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'dba'",
        "ALTER ROLE vault CREATEROLE",
      ]) {
        const result = await state(vault.query(sql));
        // Before 15 a login has the ADMIN OPTION on itself.
        const asItComes = major < 15 && sql === "GRANT vault TO web";
        expect([sql, result === "ok" && sql.includes("pg_terminate_backend") ? "42501" : result]).toEqual([
          sql,
          asItComes ? "ok" : "42501",
        ]);
      }
      // Whom it gave itself to has EXECUTE, and is refused all the same: it is not whoever has the right, but who logged in.
      const app = await db.login(lease);
      for (const fn of renderLeaseFunctions(OPTIONS).filter(({ securityDefiner }) => securityDefiner)) {
        const args = fn.args.map(() => "''").join(", ");
        expect([fn.name, await state(app.query(`SELECT lease.${fn.name}(${args})`))]).toEqual([fn.name, "42501"]);
      }
      await db.root("REVOKE vault FROM web", "app");
    });

    test("is the only one who may issue and renew; the definer may end leases", async () => {
      const lease = await db.lease("web");
      const dba = await db.dba();
      expect(await state(dba.query(issueSql(db.name(), verifier("x"), inSeconds(60), "web")))).toBe("42501");
      expect(await state(dba.query(renewSql(lease, inSeconds(900))))).toBe("42501");
      await dba.query("SELECT lease.sweep('10')");
      await dba.query(`SELECT lease.close('${lease}')`);
      await dba.query(`SELECT lease.revoke('${lease}')`);
      expect(await db.exists(lease)).toBe(false);
    });

    test("is told apart by its session user, not by rights that somebody was given", async () => {
      await db.root("CREATE ROLE clerk LOGIN PASSWORD 'clerk'; GRANT CONNECT ON DATABASE app TO clerk", "app");
      await db.root(
        "GRANT USAGE ON SCHEMA lease TO clerk; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA lease TO clerk",
        "app",
      );
      const clerk = await db.as("clerk", "clerk");
      const lease = await db.lease("web");
      expect(await state(clerk.query(issueSql(db.name(), verifier("x"), inSeconds(60), "web")))).toBe("42501");
      expect(await state(clerk.query(`SELECT lease.close('${lease}')`))).toBe("42501");
      expect(await state(clerk.query(`SELECT lease.revoke('${lease}')`))).toBe("42501");
      expect(await state(clerk.query("SELECT lease.sweep('1')"))).toBe("42501");
    });
  });

  describe("a lease", () => {
    test("cannot reach any of the functions, not even just after they are replaced", async () => {
      const lease = await db.lease("web");
      const app = await db.login(lease);
      for (let turn = 0; turn < 2; turn += 1) {
        for (const fn of everyFunction(OPTIONS)) {
          const args = fn.args.map(() => "''").join(", ");
          expect([fn.name, await state(app.query(`SELECT lease.${fn.name}(${args})`))]).toEqual([fn.name, "42501"]);
          const signature = `lease.${fn.name}(${fn.args.map((arg) => arg.type).join(", ")})`;
          const { rows } = await db.root(
            `SELECT has_function_privilege('${lease}', '${signature}', 'EXECUTE') AS may`,
            "app",
          );
          expect(rows).toEqual([{ may: false }]);
        }
        const dba = await db.dba();
        await dba.query("DROP SCHEMA lease CASCADE");
        await db.install("app");
      }
    });

    test("cannot better itself, and does not outlive its revocation by a password of its own", async () => {
      const lease = await db.lease("web");
      const other = await db.lease("web");
      const app = await db.login(lease);
      const refused = [
        `ALTER ROLE "${lease}" VALID UNTIL 'infinity'`,
        `ALTER ROLE "${lease}" CONNECTION LIMIT -1`,
        ...["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"].map((a) => `ALTER ROLE "${lease}" ${a}`),
        `ALTER ROLE "${other}" PASSWORD 'x'`,
        ...(major >= 15 ? [`GRANT "${lease}" TO "${other}"`] : []),
        `GRANT web TO "${other}"`,
        `GRANT reports TO "${lease}"`,
        `COMMENT ON ROLE "${lease}" IS 'x'`,
        `COMMENT ON ROLE web IS 'x'`,
        `DROP ROLE "${other}"`,
        "SET ROLE dba",
        "SET ROLE leasehold_estate",
        `SET ROLE "${other}"`,
        "SET session_preload_libraries = 'x'",
        "ALTER ROLE web SET work_mem = '1MB'",
        "ALTER ROLE web PASSWORD 'x'",
        "ALTER TABLE sales.wizard OWNER TO CURRENT_USER",
        ...(major >= 16 ? ["SET ROLE web"] : []),
      ];
      for (const sql of refused) expect([sql, await state(app.query(sql))]).toEqual([sql, "42501"]);
      expect(await state(app.query(`ALTER ROLE "${lease}" RENAME TO "v-free"`))).toBe("0A000");
      await app.query(`ALTER ROLE "${lease}" PASSWORD 'mine'`);
      expect(await state(db.as(lease, "mine"))).toBe("ok");
      await db.revoke(lease);
      expect(await state(db.as(lease, "mine"))).not.toBe("ok");
    });

    test("cannot give itself to another role, but before 15, where that ends with it", async () => {
      const lease = await db.creator();
      const reports = await db.lease("reports");
      const app = await db.login(lease);
      const until = major < 15 ? "ok" : "42501";
      for (const role of [reports, "reports", "dba", "leasehold_estate", "app_owner", "vault"]) {
        expect([role, await state(app.query(`GRANT "${lease}" TO "${role}"`))]).toEqual([role, until]);
      }
      // Its group it cannot give away, and to its own group it cannot give itself: that would be a circle.
      expect(await state(app.query(`GRANT web TO "${reports}"`))).toBe("42501");
      expect(await state(app.query(`GRANT "${lease}" TO web`))).toBe(major < 15 ? "0LP01" : "42501");
      await app.query("CREATE TABLE play.lent (id int)");
      const other = await db.login(reports);
      expect(await state(other.query("SELECT * FROM play.lent"))).toBe(until);
      await db.revoke(lease);
      expect(await db.exists(lease)).toBe(false);
      expect(await state(other.query("SELECT * FROM play.lent"))).toBe("42501");
      await db.root("DROP TABLE play.lent", "app");
    });

    test("that gave itself away, and is kept as a tombstone, has no members left", async () => {
      const lease = await db.creator();
      const reports = await db.lease("reports");
      const app = await db.login(lease);
      expect(await state(app.query(`GRANT "${lease}" TO "${reports}" WITH ADMIN OPTION`))).toBe(
        major < 15 ? "ok" : "42501",
      );
      await app.query("CREATE TABLE play.lent (id int)");
      await (await db.login(lease, "postgres")).query("SELECT lo_create(0)");
      await db.revoke(lease);
      expect(await db.isTombstone(lease)).toBe(true);
      const { rows } = await db.root(
        `SELECT m.member::regrole::text FROM pg_auth_members m
          WHERE m.roleid = '"${lease}"'::regrole AND m.member <> 'dba'::regrole`,
      );
      expect(rows).toEqual([]);
      expect(await state((await db.login(reports)).query("SELECT * FROM play.lent"))).toBe("42501");
      await db.root(`DROP OWNED BY "${lease}"`, "postgres");
      await (await db.vault()).query("SELECT lease.sweep('50')");
      expect(await db.exists(lease)).toBe(false);
      await db.root("DROP TABLE play.lent", "app");
    });

    test("cannot strip its group of rights by DROP OWNED or REASSIGN OWNED", async () => {
      const lease = await db.lease("web");
      const app = await db.login(lease);
      await state(app.query("DROP OWNED BY web CASCADE"));
      await state(app.query(`REASSIGN OWNED BY web TO "${lease}"`));
      const next = await db.login(await db.lease("web"));
      expect((await next.query("SELECT id FROM sales.wizard")).rows).toEqual([{ id: 1 }]);
    });

    // PostgreSQL's own rule, on every version: who has the privileges of a role may DROP OWNED BY it. Rights on objects
    // survive, because only their grantor can take them; what names the role without a grantor does not.
    test("can take away what names its group alone: default privileges, and row policies, also restrictive ones", async () => {
      await db.root(
        `ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA sales GRANT SELECT ON TABLES TO web;
         INSERT INTO sales.wizard VALUES (2, 'Bob');
         ALTER TABLE sales.wizard ENABLE ROW LEVEL SECURITY;
         CREATE POLICY every_row ON sales.wizard USING (true);
         CREATE POLICY named ON sales.wizard AS RESTRICTIVE TO web USING (id = 1)`,
        "app",
      );
      const app = await db.login(await db.lease("web"));
      const ids = async () => (await app.query("SELECT id FROM sales.wizard ORDER BY id")).rows.map((row) => row.id);
      expect(await ids()).toEqual([1]);
      await app.query("DROP OWNED BY web");
      expect(await ids()).toEqual([1, 2]);
      const { rows } = await db.root("SELECT FROM pg_default_acl WHERE defaclnamespace = 'sales'::regnamespace", "app");
      expect(rows).toEqual([]);
      // The remedy: a policy for PUBLIC that asks for the membership itself.
      await db.root(
        `CREATE POLICY asked ON sales.wizard AS RESTRICTIVE
           USING (NOT pg_has_role(current_user, 'web', 'MEMBER') OR id = 1)`,
        "app",
      );
      await app.query("DROP OWNED BY web");
      expect(await ids()).toEqual([1]);
      await db.root(
        "ALTER TABLE sales.wizard DISABLE ROW LEVEL SECURITY; DELETE FROM sales.wizard WHERE id = 2",
        "app",
      );
    });

    test("gets no rows from an open cursor once it is revoked", async () => {
      const lease = await db.lease("web");
      const app = await db.login(lease);
      await app.query("BEGIN; DECLARE c CURSOR FOR SELECT * FROM sales.wizard");
      await db.revoke(lease);
      expect(await state(app.query("FETCH ALL FROM c"))).not.toBe("ok");
    });
  });

  test("the definer's password opens nothing of this by itself: it is not a superuser", async () => {
    const dba = await db.as("dba", PASSWORDS.dba);
    expect((await dba.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).rows[0].rolsuper).toBe(
      false,
    );
  });

  test("the provider reads every function back from the server byte for byte", async () => {
    // The two expressions of terraform-provider-postgresql 1.26, model_pg_function.go.
    const parse =
      /CREATE\sOR\sREPLACE\sFUNCTION\s([^.]+)\.([^(]+)\((.*)\).*RETURNS\s([^\n]+).*LANGUAGE\s([^\n\s]+)\s*(?:(?:STABLE|IMMUTABLE)?)\s*(?:(?:PARALLEL (?:SAFE|RESTRICTED))?)\s*(?:(?:STRICT)?)\s*((?:SECURITY DEFINER)?).*\$[a-zA-Z]*\$(.*)\$[a-zA-Z]*\$/is;
    const normalise = /.*\$[a-zA-Z]*\$\s(.*)\s\$[a-zA-Z]*\$.*/is;
    for (const fn of everyFunction(OPTIONS)) {
      expect(fn.body).not.toMatch(normalise);
      const { rows } = await db.root(
        `SELECT pg_get_functiondef(oid) AS def FROM pg_proc WHERE pronamespace = 'lease'::regnamespace AND proname = '${fn.name}'`,
        "app",
      );
      const [, schema, name, args, returns, language, security, body] = parse.exec(rows[0].def) ?? [];
      expect([schema, name, args, returns, language]).toEqual([
        "lease",
        fn.name,
        fn.args.map((arg) => `${arg.name} ${arg.type}`).join(", "),
        fn.returns,
        fn.language,
      ]);
      expect(security !== "").toBe(fn.securityDefiner);
      expect(body).toBe(fn.body);
    }
  });
});
