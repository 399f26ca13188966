import { LeaseDatabase, inSeconds, issueSql, MAJORS, state, verifier } from "./fixture";

describe.each(MAJORS)("what a lease leaves behind on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;
  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
  });
  afterEach(() => db.closeAll());
  afterAll(() => db?.stop());

  const largeObjects = async (): Promise<number> =>
    (await db.root("SELECT FROM pg_largeobject_metadata", "app")).rowCount as number;

  test("is not work for the next login: an operator's sweep drops it", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    app.on("error", () => undefined);
    await app.query("SELECT lo_create(0)");
    await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 120_000).toISOString()}'`);
    // The first closes it and ends its session, the second finds it closed.
    const later = [await db.lease("reports"), await db.lease("reports")];
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect((await db.states())[lease]).toBe("tombstone");
    expect(await largeObjects()).toBe(1);
    await (await db.vault()).query("SELECT lease.sweep('100')");
    expect([await db.exists(lease), await largeObjects()]).toEqual([false, 0]);
    for (const name of later) await db.revoke(name);
  });

  test("is dropped beside the next login when nothing depends on it", async () => {
    const lease = await db.lease("web");
    await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 120_000).toISOString()}'`);
    await db.revoke(await db.lease("reports"));
    expect(await db.exists(lease)).toBe(false);
  });

  test("of more than 1 MB of large objects does not keep Vault: an operator's sweep drops it", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    app.on("error", () => undefined);
    await app.query("SELECT lo_from_bytea(0, convert_to(repeat('x', 600000), 'UTF8')) FROM generate_series(1, 2)");
    await db.revoke(lease);
    expect(await db.isTombstone(lease)).toBe(true);
    expect(await largeObjects()).toBe(2);
    await (await db.vault()).query("SELECT lease.sweep('100')");
    expect([await db.exists(lease), await largeObjects()]).toEqual([false, 0]);
  });

  test("and that is locked is waited for once at most beside a login of another group, whatever there is of it", async () => {
    const vault = await db.vault();
    const notices: string[] = [];
    const holder = await db.lease("web");
    const app = await db.login(holder);
    await app.query("SELECT lo_create(777); BEGIN");
    const stuck: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const [closed, expired] = [await db.lease("web"), await db.lease("web")];
      // An open transaction that grants to them holds them; who grants to itself can be ended.
      for (const lease of [closed, expired]) await app.query(`GRANT SELECT ON LARGE OBJECT 777 TO "${lease}"`);
      await db.revoke(closed);
      await db.root(`ALTER ROLE "${expired}" VALID UNTIL '${new Date(Date.now() - 120_000).toISOString()}'`);
      stuck.push(closed, expired);
    }
    vault.on("notice", ({ message }) => notices.push(message ?? ""));
    for (let n = 0; n < 5; n += 1) {
      notices.length = 0;
      await db.revoke(await db.lease("reports", 600, vault), vault);
      expect(notices.filter((notice) => notice.includes("lock timeout") || notice.includes("55P03"))).toHaveLength(1);
    }
    await app.query("ROLLBACK");
    await vault.query("SELECT lease.sweep('100')");
    for (const lease of stuck) expect(await db.exists(lease)).toBe(false);
    await db.revoke(holder);
  });

  test("is dropped with it up to 50 objects, a migration's up to 1000: more would make every other login wait", async () => {
    for (const [group, objects, left] of [
      ["web", 50, false],
      ["web", 51, true],
      ["migrator", 51, false],
    ] as const) {
      const lease = await db.lease(group);
      await (
        await db.login(lease)
      ).query(`DO $$ BEGIN FOR i IN 1..${objects} LOOP PERFORM lo_create(0); END LOOP; END $$`);
      await db.revoke(lease);
      expect([group, objects, await db.exists(lease)]).toEqual([group, objects, left]);
    }
    await (await db.vault()).query("SELECT lease.sweep('100')");
    await db.root("SELECT lo_unlink(oid) FROM pg_largeobject_metadata", "app");
  });

  test("to its group stops issuing for that group, until a superuser ran the statement that is told", async () => {
    const lease = await db.creator();
    const app = await db.login(lease);
    await app.query(`
      CREATE TABLE play.planted (a int);
      CREATE FUNCTION play.plant(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
      CREATE INDEX ON play.planted (play.plant(a))`);
    // Relations alone: the group may not create, which PostgreSQL checks for functions and here.
    expect(await state(app.query("ALTER TABLE play.planted OWNER TO web"))).toBe("42501");
    await app.query("DROP INDEX play.planted_plant_idx; DROP FUNCTION play.plant");
    await app.query(`REASSIGN OWNED BY "${lease}" TO web`);
    const { rows } = await db.root(
      "SELECT relowner::regrole::text AS owner FROM pg_class WHERE relname = 'planted'",
      "app",
    );
    expect(rows).toEqual([{ owner: "web" }]);
    const name = db.name();
    const vault = await db.vault();
    const sql = issueSql(name, verifier(name), inSeconds(60), "web");
    const refused = await message(vault.query(sql));
    expect(refused).toContain("the group web owns something in database app");
    // To drop it, as Terraform does, would make nothing of it the admin's, and fails.
    expect(await state((await db.dba()).query("DROP ROLE web"))).toBe("2BP01");
    // Other groups go on.
    await db.revoke(await db.lease("reports"));
    await db.root(told(refused), "app");
    expect(await state(vault.query(sql))).toBe("ok");
    await db.root("DROP TABLE play.planted", "app");
    for (const left of [lease, name]) await db.revoke(left);
  });

  describe("nowhere is made possible: nothing is issued", () => {
    test.each([
      [
        "PUBLIC may create in a schema",
        'GRANT CREATE ON SCHEMA "open house" TO PUBLIC',
        'PUBLIC may create in the schema "open house" of database app, granted by dba',
      ],
      [
        "the group may create in a schema",
        'GRANT CREATE ON SCHEMA "open house" TO web',
        'the group web may create in the schema "open house" of database app, granted by dba',
      ],
      [
        "the group may, by a role that was given the right to grant it",
        'GRANT CREATE ON SCHEMA "open house" TO app_owner WITH GRANT OPTION; SET ROLE app_owner; GRANT CREATE ON SCHEMA "open house" TO web',
        'the group web may create in the schema "open house" of database app, granted by app_owner',
      ],
      [
        "a role that the group is a member of may create in a schema",
        'GRANT "more rights" TO web; GRANT CREATE ON SCHEMA "open house" TO "more rights"',
        'the role "more rights", of which the group web is a member, may create in the schema "open house"',
      ],
      [
        "the group may create schemas",
        "GRANT CREATE ON DATABASE app TO web",
        "the group web may create in the database app, granted by dba",
      ],
      [
        "a role that the group is a member of, at any depth, owns something",
        'GRANT "more rights" TO between; GRANT between TO web; ALTER SCHEMA "open house" OWNER TO "more rights"',
        'the role "more rights", of which the group web is a member, owns something in database app',
      ],
      [
        "a role that the group is a member of has attributes of power",
        'GRANT "more rights" TO web; ALTER ROLE "more rights" CREATEROLE',
        'the role "more rights", of which the group web is a member, has attributes of power',
      ],
      [
        "the group has attributes of power",
        "ALTER ROLE web CREATEDB",
        "the group web can log in or has attributes of power",
      ],
    ])("while %s, until the statement that is told was run", async (_, done, why) => {
      const dba = await db.dba();
      await dba.query('CREATE SCHEMA "open house"; CREATE ROLE "more rights"; CREATE ROLE between');
      await db.root(done, "app");
      // The error is all that Vault passes on.
      const refused = await message(db.lease("web"));
      expect(refused).toContain(why);
      if (!why.startsWith("PUBLIC")) await db.revoke(await db.lease("reports"));
      await db.root(told(refused), "app");
      await db.revoke(await db.lease("web"));
      await db.root('DROP SCHEMA "open house" CASCADE; DROP ROLE "more rights"; DROP ROLE between', "app");
    });

    test("but for what the program declares: a migration, whose group is a member of the owner role", async () => {
      await db.root("GRANT CREATE ON DATABASE app TO app_owner; CREATE SCHEMA mine AUTHORIZATION app_owner", "app");
      await db.revoke(await db.lease("migrator"));
      await db.root("GRANT CREATE ON SCHEMA play TO migrator", "app");
      const refused = await message(db.lease("migrator"));
      expect(refused).toContain("the group migrator may create in the schema play");
      await db.root(told(refused), "app");
      await db.revoke(await db.lease("migrator"));
      await db.root("DROP SCHEMA mine; REVOKE CREATE ON DATABASE app FROM app_owner", "app");
    });

    test.each([
      [
        "a role is not a group any more",
        "ALTER ROLE small RENAME TO smaller",
        "small",
        /there is no role small. Apply the program/,
      ],
      [
        "it may not be given to others",
        major < 16 ? "ALTER ROLE dba NOCREATEROLE" : "REVOKE ADMIN OPTION FOR small FROM dba",
        "small",
        major < 16
          ? /CREATE ROLE failed with 42501. A superuser ends that: ALTER ROLE dba CREATEROLE;$/
          : /dba may not give the group small to others. A superuser ends that: .* WITH ADMIN OPTION;$/,
      ],
      [
        "the owner role may pass row policies",
        "ALTER ROLE app_owner BYPASSRLS",
        "migrator",
        /ALTER ROLE app_owner NOBYPASSRLS;$/,
      ],
      ["all its leases are live", "SELECT 1", "small", /the group small has 3 live leases of 3. Raise maxLiveLeases, /],
    ])("while %s, and the error says what to do", async (what, done, group, why) => {
      await db.root(done);
      const held: string[] = [];
      if (what.startsWith("all")) for (let n = 0; n < 3; n += 1) held.push(await db.lease("small"));
      expect(await message(db.lease(group))).toMatch(why);
      for (const lease of held) await db.revoke(lease);
      await db.root(
        `DO $$ BEGIN IF to_regrole('smaller') IS NOT NULL THEN ALTER ROLE smaller RENAME TO small; END IF; END $$;
         ALTER ROLE dba CREATEROLE; GRANT small TO dba WITH ADMIN OPTION; ALTER ROLE app_owner NOBYPASSRLS`,
      );
      await db.revoke(await db.lease(group));
    });
  });
});

/** The text of the error, which is all that Vault tells whoever asked for a login. */
async function message(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "no error",
    (error: Error) => error.message,
  );
}

/** The statements that an error tells. */
function told(text: string): string {
  const [, sql] = /^.*: ([A-Z]+ .*;)$/.exec(text) ?? [];
  expect([text, sql]).toEqual([text, expect.stringContaining(" ")]);
  return sql as string;
}
