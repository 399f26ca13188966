import {
  LeaseDatabase,
  group,
  inSeconds,
  issueSql,
  MAJORS,
  OPTIONS,
  renewSql,
  sleep,
  state,
  verifier,
} from "./fixture";

describe.each(MAJORS)("a lease on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;

  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
  });
  afterEach(() => db.closeAll());
  afterAll(() => db.stop());

  test("logs in, reads what its group may read and nothing else", async () => {
    const app = await db.login(await db.lease("web"));
    expect((await app.query("SELECT name FROM sales.wizard")).rows).toEqual([{ name: "Ada" }]);
    expect(await state(app.query("SELECT * FROM sales.secret"))).toBe("42501");
    expect(await state(app.query("CREATE TEMP TABLE t ()"))).toBe("42501");
  });

  test("says in its role comment what it is", async () => {
    const lease = await db.lease("web");
    const { rows } = await db.root(
      `SELECT shobj_description(oid, 'pg_authid')::json AS c, rolconnlimit FROM pg_roles WHERE rolname = '${lease}'`,
    );
    expect(rows[0].c).toMatchObject({ lease: 1, database: "app", group: "web" });
    expect(Math.abs(Date.parse(rows[0].c.issued) - Date.now())).toBeLessThan(60_000);
    expect(rows[0].rolconnlimit).toBe(5);
  });

  test("is renewed within its group's maximum TTL, never shortened, never beyond", async () => {
    const vault = await db.vault();
    const lease = await db.lease("web", 600, vault);
    const until = async () =>
      (await vault.query("SELECT until FROM lease.live() WHERE name = $1", [lease])).rows[0].until as Date;
    const first = await until();
    await vault.query(renewSql(lease, inSeconds(300)));
    expect(await until()).toEqual(first);
    await vault.query(renewSql(lease, inSeconds(1200)));
    expect((await until()).getTime()).toBeGreaterThan(first.getTime() + 500_000);
    expect(await state(vault.query(renewSql(lease, inSeconds(3600 + 70))))).toBe("22023");
    await db.root(
      `COMMENT ON ROLE "${lease}" IS '{"lease":1,"database":"app","group":"web","issued":"${new Date(Date.now() - 3_000_000).toISOString()}"}'`,
    );
    expect(await state(vault.query(renewSql(lease, inSeconds(1300))))).toBe("22023");
  });

  test("ends with its sessions when it is revoked", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    await db.revoke(lease);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect(await db.exists(lease)).toBe(false);
    expect(await db.sessions(lease)).toBe(0);
  });

  test("cannot log in from the close on, and keeps its group until the revoke", async () => {
    const lease = await db.lease("web");
    const vault = await db.vault();
    await vault.query(`SELECT lease.close('${lease}')`);
    expect(await state(db.login(lease))).toBe("28P01");
    expect((await vault.query("SELECT * FROM lease.live() WHERE name = $1", [lease])).rows[0]).toMatchObject({
      group: "web",
      state: "tombstone",
    });
    await vault.query(`SELECT lease.revoke('${lease}')`);
    expect(await db.exists(lease)).toBe(false);
  });

  test("is revoked by revoke alone, too", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    await (await db.vault()).query(`SELECT lease.revoke('${lease}')`);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect(await db.exists(lease)).toBe(false);
  });

  test("leaves the definer without any membership in it", async () => {
    const lease = await db.lease("web");
    const { rows } = await db.root(`SELECT pg_has_role('dba', '${lease}', 'USAGE') AS has`);
    expect(rows).toEqual([{ has: false }]);
  });

  test("that expired is ended with its session by the next sweep", async () => {
    const lease = await db.lease("web");
    const app = await db.login(lease);
    await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 61_000).toISOString()}'`);
    expect((await db.states())[lease]).toBe("expired");
    await db.lease("reports");
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    // A login does not wait until the session is gone: one of the next drops the role.
    for (let tries = 0; tries < 20 && (await db.exists(lease)); tries += 1) await db.lease("reports");
    expect(await db.exists(lease)).toBe(false);
  });

  test("that expired is found among more roles than one login looks at, by one of the next", async () => {
    const lease = await db.lease("web");
    await db.root("DO $$ BEGIN FOR n IN 1..1500 LOOP EXECUTE 'CREATE ROLE \"other ' || n || '\"'; END LOOP; END $$");
    await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 90_000).toISOString()}'`);
    const vault = await db.vault();
    for (let tries = 0; tries < 300 && (await db.exists(lease)); tries += 1)
      await db.revoke(await db.lease("reports", 600, vault), vault);
    expect(await db.exists(lease)).toBe(false);
    await db.root("DO $$ BEGIN FOR n IN 1..1500 LOOP EXECUTE 'DROP ROLE \"other ' || n || '\"'; END LOOP; END $$");
  });

  test("that expired a moment ago is left to Vault", async () => {
    const lease = await db.lease("web");
    await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 5_000).toISOString()}'`);
    await (await db.vault()).query("SELECT lease.sweep('100')");
    expect(await db.exists(lease)).toBe(true);
    await db.revoke(lease);
  });

  test("dropped behind our back leaves sessions that the next sweep ends, and no other session", async () => {
    const lease = await db.lease("web");
    const bystander = await db.login(await db.lease("web"));
    const app = await db.login(lease);
    await db.root(`DROP ROLE "${lease}"`);
    expect(await state(app.query("SELECT 1"))).toBe("ok");
    await (await db.vault()).query("SELECT lease.sweep('1')");
    await sleep(200);
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect(await state(bystander.query("SELECT 1"))).toBe("ok");
  });

  test("of a migrator can work as the owner role, and whatever it leaves belongs to that role", async () => {
    const lease = await db.lease("migrator");
    const job = await db.login(lease, "app", "-c role=app_owner");
    await job.query("CREATE TABLE sales.made (id int)");
    const careless = await db.login(lease);
    await careless.query("CREATE TABLE sales.stray (id int); ALTER TABLE sales.wizard ADD COLUMN age int");
    expect((await db.root("SELECT tableowner FROM pg_tables WHERE tablename = 'made'", "app")).rows).toEqual([
      { tableowner: "app_owner" },
    ]);
    await db.revoke(lease);
    expect(await db.exists(lease)).toBe(false);
    expect(await state(job.query("SELECT 1"))).not.toBe("ok");
    const { rows } = await db.root(
      "SELECT tablename, tableowner FROM pg_tables WHERE tablename IN ('made', 'stray') ORDER BY 1",
      "app",
    );
    expect(rows).toEqual([
      { tablename: "made", tableowner: "app_owner" },
      { tablename: "stray", tableowner: "app_owner" },
    ]);
  });

  test("of a migrator is refused when its group is not a member of the owner role", async () => {
    const dba = await db.dba();
    await dba.query("REVOKE app_owner FROM migrator");
    expect(await state(db.lease("migrator"))).toBe("42501");
    await dba.query("GRANT app_owner TO migrator");
    expect(await state(db.lease("migrator"))).toBe("ok");
  });

  test("of one database is out of reach for the functions of another", async () => {
    const lease = await db.lease("web");
    await db.install("other");
    const vault = await db.vault("other");
    expect(await state(vault.query(`SELECT lease.close('${lease}')`))).toBe("42501");
    expect(await state(vault.query(`SELECT lease.revoke('${lease}')`))).toBe("42501");
    expect(await state(vault.query(renewSql(lease, inSeconds(900))))).toBe("42704");
    expect((await vault.query("SELECT * FROM lease.live()")).rows).toEqual([]);
    await db.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 100_000).toISOString()}'`);
    await vault.query("SELECT lease.sweep('9999')");
    expect(await db.exists(lease)).toBe(true);
    await (await db.vault()).query("SELECT lease.sweep('9999')");
    expect(await db.exists(lease)).toBe(false);
  });

  test("of a group that is registered no more can be revoked, but not renewed", async () => {
    const lease = await db.lease("small");
    await db.install("app", { ...OPTIONS, groups: OPTIONS.groups.filter(({ name }) => name !== "small") });
    const vault = await db.vault();
    expect(await state(vault.query(renewSql(lease, inSeconds(900))))).toBe("42704");
    expect(await state(vault.query(issueSql(db.name(), verifier("x"), inSeconds(60), "small")))).toBe("42704");
    await db.revoke(lease, vault);
    expect(await db.exists(lease)).toBe(false);
    await db.install("app");
  });

  test("survives the loss of its group, and of the definer's CONNECT, until it is revoked", async () => {
    const dba = await db.dba();
    await dba.query("CREATE ROLE passing NOLOGIN; GRANT CONNECT ON DATABASE app TO passing");
    await db.install("app", { ...OPTIONS, groups: [...OPTIONS.groups, group("passing")] });
    const lease = await db.lease("passing");
    const vault = await db.vault();
    await dba.query("DROP OWNED BY passing; DROP ROLE passing").catch(() => undefined);
    await db.root("DROP OWNED BY passing; DROP ROLE IF EXISTS passing", "app").catch(() => undefined);
    await db.root("REVOKE CONNECT ON DATABASE app FROM dba", "app");
    expect(await state(vault.query(renewSql(lease, inSeconds(900))))).toBe("42704");
    await db.revoke(lease, vault);
    expect(await db.exists(lease)).toBe(false);
    await db.root("GRANT CONNECT ON DATABASE app TO dba", "app");
    await db.install("app");
  });
});
