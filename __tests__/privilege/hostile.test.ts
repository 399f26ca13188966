import type { Client } from "pg";
import { answer } from "./attempts";
import { Lease, MAJORS, World } from "./world";

jest.setTimeout(10 * 60_000);

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.stop());

const quote = (name: string): string => `"${name.replace(/"/g, '""')}"`;
const code = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "ok",
    (error: { code?: string }) => String(error.code),
  );

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const READERS = "c1_team_reader_shop";
  let reader: Lease;
  let app: Client;

  beforeEach(async () => {
    reader = await world.lease(major, "reader");
    app = await world.connect(major, reader);
  });
  afterEach(async () => {
    await world.closeAll();
    await world.bench.vault.request("PUT", "sys/leases/revoke", { lease_id: reader.id, sync: true });
  });

  const one = async (sql: string, database = "shop"): Promise<unknown> =>
    Object.values((await world.root(major, sql, database))[0] ?? {})[0];
  const revoke = (lease: Lease): Promise<unknown> =>
    world.bench.vault.request("PUT", "sys/leases/revoke", { lease_id: lease.id, sync: true });
  /** Vault's own login in a session of its own, as somebody has it who stole the password. */
  const thief = async (): Promise<Client> => world.connect(major, await world.vaultLogin(major));

  describe("what differs between versions", () => {
    test("a lease acts as its group before 16 only, and what it then leaves to the group outlives it", async () => {
      const before16 = major < 16;
      expect(await answer(app, `SET ROLE ${READERS}`)).toBe(before16 ? "ok" : "42501");
      expect(await answer(app, `ALTER ROLE ${READERS} PASSWORD 'x'`)).toBe(before16 ? "ok" : "42501");
      expect(await answer(app, `ALTER ROLE ${READERS} SET work_mem = '1MB'`)).toBe(before16 ? "ok" : "42501");
      await app.query("RESET ROLE; SELECT lo_create(815)");
      expect(await answer(app, `ALTER LARGE OBJECT 815 OWNER TO ${READERS}`)).toBe(before16 ? "ok" : "42501");
      await revoke(reader);
      const left = await world.root(major, "SELECT lomowner::regrole::text AS owner FROM pg_largeobject_metadata");
      expect(left).toEqual(before16 ? [{ owner: READERS }] : []);
      // The password is of no use: a group cannot log in.
      if (before16) expect(await code(world.connect(major, { user: READERS, password: "x" }))).toBe("28000");
      await world.root(
        major,
        `ALTER ROLE ${READERS} PASSWORD NULL; ALTER ROLE ${READERS} RESET ALL;
         SELECT lo_unlink(oid) FROM pg_largeobject_metadata`,
      );
    });

    test("a lease gives itself away before 15 only, and the gift ends with it", async () => {
      const writer = await world.lease(major, "writer");
      const before15 = major < 15 ? "ok" : "42501";
      expect(await answer(app, `GRANT ${quote(reader.user)} TO ${quote(writer.user)}`)).toBe(before15);
      const other = await world.connect(major, writer);
      expect(await answer(other, "SELECT * FROM sales.open")).toBe(before15);
      await revoke(reader);
      expect(await answer(other, "SELECT * FROM sales.open")).toBe("42501");
      await other.end();
      await revoke(writer);
    });

    test("Terraform's admin joins any role but a superuser before 16; from 16 on only those that it made", async () => {
      await world.root(major, "CREATE ROLE payroll NOLOGIN");
      const admin = await world.connect(major, await world.secret(`postgres/pg${major}/admin`));
      const before16 = major < 16 ? "ok" : "42501";
      expect(await answer(admin, "GRANT payroll TO CURRENT_USER")).toBe(before16);
      expect(await answer(admin, "GRANT pg_execute_server_program TO CURRENT_USER")).toBe(before16);
      expect(await answer(admin, "GRANT postgres TO CURRENT_USER")).toBe("42501");
      expect(await answer(admin, "ALTER ROLE CURRENT_USER SUPERUSER")).toBe("42501");
      expect(await answer(admin, "SELECT * FROM pg_authid")).toBe("42501");
      await world.root(
        major,
        "REVOKE payroll, pg_execute_server_program FROM leasehold_admin; DROP ROLE payroll",
        "postgres",
      );
    });

    test("nobody but the owner role creates in public, on no version", async () => {
      const may = await world.root(
        major,
        `SELECT rolname FROM pg_roles WHERE has_schema_privilege(oid, 'public', 'CREATE') AND NOT rolsuper
           AND rolname !~ '^pg_' ORDER BY 1`,
      );
      const names = may.map(({ rolname }) => rolname as string).filter((name) => !name.startsWith("v-"));
      expect(names).toEqual([`c1_team_migrator${major}_shop`, "leasehold_admin", "shop_owner"]);
    });
  });

  describe("Vault's own login, stolen", () => {
    const issue = (name: string, group: string, until = "1 hour"): string =>
      `SELECT lease.issue('${name}', 'SCRAM-SHA-256$4096:' || encode('0123456789abcdef', 'base64') || '$' || repeat('A', 43) || '=:' ||
        repeat('B', 43) || '=', to_char(now() + '${until}', 'YYYY-MM-DD HH24:MI:SSOF'), '${group}')`;

    test.each([
      ["a login of a group of its own choice", issue("v-x", "leasehold_admin"), "42704"],
      ["a superuser's name as a group", issue("v-x", "postgres"), "42704"],
      ["a predefined role as a group", issue("v-x", "pg_read_all_data"), "42704"],
      ["the owner role as a group", issue("v-x", "shop_owner"), "42704"],
      ["the estate as a group", issue("v-x", "leasehold.estate_shop"), "42704"],
      ["its own name as a group", issue("v-x", "leasehold.vault_shop"), "42704"],
      ["a superuser's name", issue("postgres", READERS), "42622"],
      ["the admin's name", issue("leasehold_admin", READERS), "42622"],
      ["SQL in a name", issue('v-x" SUPERUSER --', READERS), "42622"],
      ["SQL in a group", issue("v-x", `${READERS}" SUPERUSER --`), "42704"],
      ["an expiration beyond the cap", issue("v-x", READERS, "25 hours"), "22023"],
      ["no argument", "SELECT lease.issue(NULL, NULL, NULL, NULL)", "22004"],
      ["arrays", "SELECT lease.issue(ARRAY['v-x'], ARRAY['x'], ARRAY['x'], ARRAY['x'])", "42883"],
      ["a row", "SELECT lease.issue(ROW('v-x', 'x', 'x', 'x'))", "42883"],
      ["fewer arguments", "SELECT lease.issue('v-x')", "42883"],
      [
        "the end of a role that is not a lease",
        "SELECT lease.revoke('v-nobody'), lease.close('leasehold_admin')",
        "42622",
      ],
      ["a sweep of everything", "SELECT lease.sweep('999999')", "22023"],
    ])("gets nothing for %s", async (_, sql, expected) => {
      const roles = await one("SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles");
      expect(await answer(await thief(), sql)).toBe(expected);
      expect(await one("SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles")).toBe(roles);
    });

    test("the statement with which these are tried issues a lease for a group that is registered: the control", async () => {
      const vault = await thief();
      expect(await answer(vault, issue("v-control", READERS, "23 hours"))).toBe("ok");
      expect(await answer(vault, "SELECT lease.revoke('v-control')")).toBe("ok");
    });

    test("runs nothing as the admin by what it sets before plpgsql is loaded", async () => {
      const vault = await thief();
      for (const setting of [
        "plpgsql.variable_conflict = 'use_column'",
        "plpgsql.extra_errors = 'all'",
        "check_function_bodies = off",
        "search_path = pg_temp, public, sales",
        "role = none",
        "default_transaction_deferrable = on",
        "quote_all_identifiers = on",
        "client_encoding = 'SJIS'",
        "lc_monetary = 'C'",
        "bytea_output = 'escape'",
      ])
        await vault.query(`SET ${setting}`);
      expect(await code(vault.query(issue("v-early", READERS)))).toBe("ok");
      // Only a superuser may set it; from a session that does it before the module is there, the module takes it back.
      expect((await vault.query("SHOW plpgsql.variable_conflict")).rows).toEqual([
        { "plpgsql.variable_conflict": "error" },
      ]);
      expect((await vault.query("SELECT state FROM lease.live() WHERE name = 'v-early'")).rows).toEqual([
        { state: "live" },
      ]);
      expect(await answer(vault, "SELECT lease.revoke('v-early')")).toBe("ok");
    });

    test("cannot stop half way: a statement that is cancelled in the middle leaves no role", async () => {
      const vault = await thief();
      await vault.query("SET statement_timeout = '1ms'");
      const results = new Set<string>();
      for (let turn = 0; turn < 20; turn += 1) results.add(await answer(vault, issue(`v-half-${turn}`, READERS)));
      await vault.query("RESET statement_timeout");
      expect([...results].filter((result) => !["ok", "57014"].includes(result))).toEqual([]);
      const halves = await world.root(
        major,
        `SELECT rolname FROM pg_roles r WHERE rolname LIKE 'v-half-%' AND (shobj_description(oid, 'pg_authid') IS NULL
           OR NOT pg_has_role(oid, '${READERS}', 'MEMBER') OR rolvaliduntil IS NULL)`,
      );
      expect(halves).toEqual([]);
      for (let turn = 0; turn < 20; turn += 1) await vault.query(`SELECT lease.revoke('v-half-${turn}')`);
    });

    test("neither lends its functions through a cursor, a prepared statement or a DO block of another's session", async () => {
      const vault = await thief();
      await vault.query("PREPARE steal AS SELECT lease.live()");
      for (const sql of [
        "EXECUTE steal",
        "DO $$ BEGIN PERFORM lease.sweep('1'); END $$",
        "DECLARE c CURSOR WITH HOLD FOR SELECT lease.sweep('1')",
        "SELECT query_to_xml('SELECT * FROM lease.live()', true, true, '')",
      ]) {
        expect([sql, await answer(app, sql)]).toEqual([sql, sql === "EXECUTE steal" ? "26000" : "42501"]);
      }
    });
  });

  describe("a lease", () => {
    test("sees no other session's statements, and so no verifier that Vault sends", async () => {
      const vault = await thief();
      await vault.query("SELECT 'SCRAM-SHA-256$4096:secret'");
      const { rows } = await app.query(
        `SELECT DISTINCT query FROM pg_stat_activity WHERE usename <> current_user AND query <> ''`,
      );
      expect(rows).toEqual([{ query: "<insufficient privilege>" }]);
    });

    test("sees that other leases exist, whose, and until when: PostgreSQL shows roles and comments to everybody", async () => {
      const writer = await world.lease(major, "writer");
      const { rows } = await app.query(
        "SELECT shobj_description(oid, 'pg_authid') AS c FROM pg_roles WHERE rolname = $1",
        [writer.user],
      );
      await revoke(writer);
      expect(rows).toMatchObject([{ c: expect.stringContaining("c1_team_writer_shop") as string }]);
      // And which groups there are: each is registered by a function, whose text anybody may read.
      const { rows: bodies } = await app.query(
        "SELECT prosrc FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace WHERE nspname = 'lease'",
      );
      const text = bodies.map(({ prosrc }: { prosrc: string }) => prosrc).join("\n");
      expect(text).toContain("c1_team_writer_shop");
      expect(text).not.toMatch(/SCRAM-SHA-256[$]\d/);
    });

    test("reaches no other database, and replicates nothing", async () => {
      for (const database of ["other", "postgres", "template1"])
        expect([database, await code(world.connect(major, reader, database))]).toEqual([database, "42501"]);
      expect(await code(world.connect(major, reader, "template0"))).toBe("55000");
      for (const replication of ["true", "database"]) {
        const login = { user: reader.user, password: reader.password, database: "shop", replication };
        expect([replication, await code(world.server(major).connect(login))]).toEqual([replication, "42501"]);
      }
    });

    test("opens no more sessions than it was given", async () => {
      const more = [];
      for (let n = 0; n < 4; n += 1) more.push(await world.connect(major, reader));
      expect(await code(world.connect(major, reader))).toBe("53300");
      await more[0].query("SELECT 1");
    });

    test("starts no session as another role, or with a superuser's settings, by its connection string", async () => {
      for (const [options, expected] of [
        ["-c role=shop_owner", "42501"],
        ["-c role=leasehold_admin", "42501"],
        ["-c session_authorization=postgres", "42501"],
        ["-c session_replication_role=replica", "42501"],
        ["-c log_min_messages=panic", "42501"],
        ["-c session_preload_libraries=auto_explain", "42501"],
        ["-c jit_provider=x", "55P02"],
      ] as const)
        expect([options, await code(world.connect(major, reader, "shop", options))]).toEqual([options, expected]);
    });

    test("makes noise that stops nobody: advisory locks, notifications, large objects, temporary names", async () => {
      await app.query("SELECT pg_advisory_lock(n) FROM generate_series(1, 100) AS n");
      await app.query("LISTEN noise; SELECT pg_notify('noise', repeat('x', 7000)) FROM generate_series(1, 50)");
      await app.query("SELECT lo_create(0) FROM generate_series(1, 20)");
      await app.query("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM sales.open; PREPARE p AS SELECT 1");
      const beside = await world.lease(major, "writer");
      await revoke(beside);
      await revoke(reader);
      expect(await one(`SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'`)).toBe(0);
      expect(await one("SELECT count(*)::int FROM pg_largeobject_metadata")).toBe(0);
      expect(
        await one(`SELECT count(*)::int FROM pg_roles WHERE rolname IN ('${reader.user}', '${beside.user}')`),
      ).toBe(0);
    });

    test("keeps neither a session, nor a login, nor a password of its own making, nor an object, once it is revoked", async () => {
      await app.query(
        `ALTER ROLE ${quote(reader.user)} PASSWORD 'mine'; ALTER ROLE ${quote(reader.user)} SET work_mem = '1MB'`,
      );
      await app.query(`SELECT lo_create(77); GRANT SELECT ON LARGE OBJECT 77 TO c1_team_writer_shop`);
      await app.query(`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC`);
      await app.query("BEGIN; DECLARE c CURSOR FOR SELECT * FROM sales.open; FETCH 0 FROM c");
      await revoke(reader);
      expect(await code(app.query("FETCH ALL FROM c"))).not.toBe("ok");
      for (const password of [reader.password, "mine"])
        expect(await code(world.connect(major, { user: reader.user, password }))).toBe("28P01");
      expect(await one(`SELECT count(*)::int FROM pg_roles WHERE rolname = '${reader.user}'`)).toBe(0);
      expect(await one("SELECT count(*)::int FROM pg_largeobject_metadata")).toBe(0);
      expect(
        await one(`SELECT count(*)::int FROM pg_db_role_setting WHERE setrole <> 0
          AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = setrole)`),
      ).toBe(0);
    });

    test("leaves default privileges to its group, which give nothing: the group creates nothing", async () => {
      const sql = `ALTER DEFAULT PRIVILEGES FOR ROLE ${READERS} GRANT SELECT ON TABLES TO PUBLIC`;
      expect(await answer(app, sql)).toBe("ok");
      await revoke(reader);
      expect(await one(`SELECT count(*)::int FROM pg_default_acl WHERE defaclrole = '${READERS}'::regrole`)).toBe(1);
      expect(
        await one(`SELECT has_schema_privilege('${READERS}', 'sales', 'CREATE') OR has_schema_privilege('${READERS}',
        'public', 'CREATE') OR has_database_privilege('${READERS}', 'shop', 'CREATE, TEMPORARY')`),
      ).toBe(false);
      await world.root(major, `ALTER DEFAULT PRIVILEGES FOR ROLE ${READERS} REVOKE SELECT ON TABLES FROM PUBLIC`);
    });

    test("is told from a name that nobody has by no answer to a wrong password", async () => {
      const wrong = { user: reader.user, password: "wrong" };
      const nobody = { user: "v-c1.team.reader-00000000000000000000", password: "wrong" };
      expect([await code(world.connect(major, wrong)), await code(world.connect(major, nobody))]).toEqual([
        "28P01",
        "28P01",
      ]);
    });
  });

  describe("the owner role, through a migration", () => {
    test("plants nothing that runs as the admin or as Vault's login", async () => {
      const migrator = await world.lease(major, `migrator${major}`);
      const owner = await world.connect(major, migrator, "shop", "-c role=shop_owner");
      await owner.query(`
        CREATE TABLE public.caught (who text, what text);
        GRANT INSERT ON public.caught TO PUBLIC;
        CREATE FUNCTION public.spy(text, text) RETURNS boolean LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.caught VALUES (session_user, current_query()); RETURN true; END $$;
        CREATE OPERATOR public.= (FUNCTION = public.spy, LEFTARG = text, RIGHTARG = text);
        CREATE FUNCTION public.spy(name, text) RETURNS boolean LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.caught VALUES (session_user, current_query()); RETURN true; END $$;
        CREATE OPERATOR public.= (FUNCTION = public.spy, LEFTARG = name, RIGHTARG = text);
        CREATE FUNCTION public.spy(name, name) RETURNS boolean LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.caught VALUES (session_user, current_query()); RETURN true; END $$;
        CREATE OPERATOR public.= (FUNCTION = public.spy, LEFTARG = name, RIGHTARG = name);
        CREATE FUNCTION public.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'SELECT 1' $$;
        CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
        CREATE DOMAIN public.text AS pg_catalog.text;
        CREATE DOMAIN public.int4 AS pg_catalog.int4;
        CREATE VIEW public.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE false;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC`);
      const planted = await world.lease(major, "writer");
      await world.bench.vault.request("PUT", "sys/leases/renew", { lease_id: planted.id });
      await revoke(planted);
      const admin = await world.connect(major, await world.secret(`postgres/pg${major}/admin`));
      await admin.query("SELECT 1 FROM pg_roles WHERE rolname = 'x' OR rolname = 'y'::name");
      await admin.query("SELECT lease.sweep('9')");
      expect(await world.root(major, "SELECT who FROM public.caught")).toEqual([]);
      // The control: whoever looks names up in public first is caught.
      await owner.query("SET search_path = public, pg_catalog; SELECT 'a'::pg_catalog.text = 'b'::pg_catalog.text");
      expect(await world.root(major, "SELECT who FROM public.caught")).toEqual([{ who: migrator.user }]);
      await owner.query(`RESET search_path; DROP VIEW public.pg_roles; DROP DOMAIN public.text, public.int4;
        DROP FUNCTION public.format(text, text[]), public.clock_timestamp(); DROP TABLE public.caught;
        DROP FUNCTION public.spy(text, text), public.spy(name, text), public.spy(name, name) CASCADE`);
      await revoke(migrator);
    });

    test("gives away what is its own, and no role: a reader that it lets read more still is a reader", async () => {
      const migrator = await world.lease(major, `migrator${major}`);
      const owner = await world.connect(major, migrator, "shop", "-c role=shop_owner");
      expect(await answer(owner, `GRANT SELECT ON sales.secret TO ${READERS}`)).toBe("ok");
      expect(await answer(app, "SELECT * FROM sales.secret")).toBe("ok");
      expect(await answer(owner, `GRANT shop_owner TO ${READERS}`)).toBe("42501");
      expect(await answer(owner, `REVOKE SELECT ON sales.secret FROM ${READERS}`)).toBe("ok");
      expect(await answer(app, "SELECT * FROM sales.secret")).toBe("42501");
      await revoke(migrator);
    });

    test("keeps no password on the owner role that opens anything", async () => {
      const migrator = await world.lease(major, `migrator${major}`);
      const owner = await world.connect(major, migrator, "shop", "-c role=shop_owner");
      expect(await answer(owner, "ALTER ROLE shop_owner PASSWORD 'mine'")).toBe("ok");
      expect(await answer(owner, "ALTER ROLE shop_owner LOGIN")).toBe("42501");
      expect(await code(world.connect(major, { user: "shop_owner", password: "mine" }))).toBe("28000");
      await world.root(major, "ALTER ROLE shop_owner PASSWORD NULL");
      await revoke(migrator);
    });

    test("holds no role and no session of its own once its lease is revoked, though it acted as the owner", async () => {
      const migrator = await world.lease(major, `migrator${major}`);
      const owner = await world.connect(major, migrator, "shop", "-c role=shop_owner");
      await owner.query(
        "CREATE FUNCTION sales.left() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text'",
      );
      await revoke(migrator);
      expect(await code(owner.query("SELECT 1"))).not.toBe("ok");
      expect(
        await one(
          "SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'left' AND pronamespace = 'sales'::regnamespace",
        ),
      ).toBe("shop_owner");
      // Closed to PUBLIC by default privileges: it takes a grant to call what a migration left behind.
      expect(await answer(app, "SELECT sales.left()")).toBe("42501");
      await world.root(major, "DROP FUNCTION sales.left()");
    });
  });
});
