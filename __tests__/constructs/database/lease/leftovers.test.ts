import { Estate, inSeconds, issueSql, MAJORS, state, verifier } from "./fixture";

describe.each(MAJORS)("what a lease leaves behind on PostgreSQL %i", (major) => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await Estate.start(major);
  });
  afterEach(() => estate.closeAll());
  afterAll(() => estate?.stop());

  const largeObjects = async (): Promise<number> =>
    (await estate.root("SELECT FROM pg_largeobject_metadata", "app")).rowCount as number;

  test("is no work for the next login: an operator's sweep drops it", async () => {
    const lease = await estate.lease("web");
    const app = await estate.login(lease);
    app.on("error", () => undefined);
    await app.query("SELECT lo_create(0)");
    await estate.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 120_000).toISOString()}'`);
    // The first closes it and ends its session, the second finds it closed.
    const later = [await estate.lease("reports"), await estate.lease("reports")];
    expect(await state(app.query("SELECT 1"))).not.toBe("ok");
    expect((await estate.states())[lease]).toBe("tombstone");
    expect(await largeObjects()).toBe(1);
    await (await estate.vault()).query("SELECT lease.sweep('100')");
    expect([await estate.exists(lease), await largeObjects()]).toEqual([false, 0]);
    for (const name of later) await estate.revoke(name);
  });

  test("is dropped beside the next login when nothing depends on it", async () => {
    const lease = await estate.lease("web");
    await estate.root(`ALTER ROLE "${lease}" VALID UNTIL '${new Date(Date.now() - 120_000).toISOString()}'`);
    await estate.revoke(await estate.lease("reports"));
    expect(await estate.exists(lease)).toBe(false);
  });

  test("of more than 8 MB of large objects does not keep Vault: an operator's sweep drops it", async () => {
    const lease = await estate.lease("web");
    const app = await estate.login(lease);
    app.on("error", () => undefined);
    await app.query("SELECT lo_from_bytea(0, convert_to(repeat('x', 5000000), 'UTF8')) FROM generate_series(1, 2)");
    await estate.revoke(lease);
    expect(await estate.isTombstone(lease)).toBe(true);
    expect(await largeObjects()).toBe(2);
    await (await estate.vault()).query("SELECT lease.sweep('100')");
    expect([await estate.exists(lease), await largeObjects()]).toEqual([false, 0]);
  });

  test("to its group stops issuing for that group, until a superuser ran the statement that is told", async () => {
    const lease = await estate.lease("web");
    const app = await estate.login(lease);
    await app.query(`
      CREATE TABLE play.planted (a int);
      CREATE FUNCTION play.plant(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
      CREATE INDEX ON play.planted (play.plant(a))`);
    // Relations alone: the group may not own functions, which PostgreSQL checks.
    expect(await state(app.query("ALTER TABLE play.planted OWNER TO web"))).toBe(major < 16 ? "ok" : "42501");
    await app.query("DROP INDEX play.planted_plant_idx; DROP FUNCTION play.plant");
    await state(app.query(`REASSIGN OWNED BY "${lease}" TO web`));
    const { rows } = await estate.root(
      "SELECT relowner::regrole::text AS owner FROM pg_class WHERE relname = 'planted'",
      "app",
    );
    expect(rows).toEqual([{ owner: "web" }]);
    const name = estate.name();
    const vault = await estate.vault();
    const sql = issueSql(name, verifier(name), inSeconds(60), "web");
    const error = await vault.query(sql).then(
      () => undefined,
      (failed: { code: string; message: string; hint: string }) => failed,
    );
    expect(error).toMatchObject({
      code: "42501",
      message: expect.stringContaining("the group web owns something in database app"),
    });
    // Other groups go on.
    await estate.revoke(await estate.lease("reports"));
    const [, told] = /(REASSIGN OWNED BY .*;)$/.exec((error as { hint: string }).hint) as RegExpExecArray;
    await estate.root(told, "app");
    expect(await state(vault.query(sql))).toBe("ok");
    await estate.root("DROP TABLE play.planted", "app");
    for (const left of [lease, name]) await estate.revoke(left);
  });

  test("nowhere is made possible by PUBLIC: nothing is issued while it may create in any schema", async () => {
    await estate.root('CREATE SCHEMA "open house"; GRANT CREATE ON SCHEMA "open house" TO PUBLIC', "app");
    const error = await estate.lease("web").then(
      () => undefined,
      (failed: { code: string; hint: string }) => failed,
    );
    expect(error).toMatchObject({ code: "42501", message: expect.stringContaining('in the schema "open house"') });
    const [, told] = /(REVOKE .*;)$/.exec((error as { hint: string }).hint) as RegExpExecArray;
    await estate.root(told, "app");
    await estate.revoke(await estate.lease("web"));
  });
});
