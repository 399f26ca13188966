import * as fs from "fs";
import * as path from "path";
import {
  installSql,
  registrationName,
  renderRegistration,
} from "../../../../constructs/database/lease/lease-functions";
import { LeaseDatabase, group, inSeconds, issueSql, MAJORS, OPTIONS, renewSql, state, verifier } from "./fixture";

const BEFORE = fs.readFileSync(path.join(__dirname, "before", "issue.sql"), "utf8");

describe.each(MAJORS)("a group on PostgreSQL %i is registered by a function of its own", (major) => {
  let db: LeaseDatabase;
  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
  });
  afterEach(() => db.closeAll());
  afterAll(() => db.stop());

  const issue = async (groupName: string): Promise<string> => {
    const vault = await db.vault();
    return state(vault.query(issueSql(db.name(), verifier("x"), inSeconds(60), groupName)));
  };
  const forged = installSql([renderRegistration(group("forged"))]);
  const name = registrationName("forged");

  test("and by nobody's but the admin's: not by one that was put into the schema, nor into another", async () => {
    await db.root("CREATE ROLE forged NOLOGIN; GRANT forged TO dba WITH ADMIN OPTION", "app");
    await db.root("CREATE ROLE mallory LOGIN PASSWORD 'm'; GRANT CONNECT, CREATE ON DATABASE app TO mallory", "app");
    await db.root("GRANT USAGE, CREATE ON SCHEMA lease TO mallory", "app");
    const mallory = await db.as("mallory", "m");
    await mallory.query(forged);
    await mallory.query(`CREATE SCHEMA mine; ${forged.replace("lease.", "mine.")}`);
    expect(await issue("forged")).toBe("42704");
    const asked = (await db.vault()).query(issueSql(db.name(), verifier("x"), inSeconds(60), "forged"));
    await expect(asked).rejects.toMatchObject({
      message: expect.stringContaining(
        `Apply the program: it makes the function lease.${name}(), which must belong to dba`,
      ),
    });
    await mallory.query(`DROP FUNCTION lease.${name}()`);
    expect(await issue("forged")).toBe("42704");

    const dba = await db.dba();
    await dba.query(forged);
    expect(await issue("forged")).toBe("ok");
    // What it says it may only say of the group that it is named after.
    await dba.query(forged.replace("'forged'", "'web'"));
    expect(await issue("forged")).toBe("42704");
    await dba.query(forged);
    await db.root("ALTER SCHEMA lease OWNER TO mallory", "app");
    expect(await issue("forged")).not.toBe("ok");
    await db.root("ALTER SCHEMA lease OWNER TO dba; REVOKE ALL ON SCHEMA lease FROM mallory", "app");
    for (const change of ["SECURITY DEFINER", "SET work_mem = '1MB'"]) {
      await dba.query(`ALTER FUNCTION lease.${name}() ${change}`);
      expect([change, await issue("forged")]).toEqual([change, "42704"]);
      await dba.query(`DROP FUNCTION lease.${name}(); ${forged}`);
    }
    expect(await issue("forged")).toBe("ok");
    await db.install("app");
    await db.root("DROP SCHEMA mine CASCADE; DROP OWNED BY mallory; DROP ROLE mallory", "app");
  });

  test("leases that were issued before, with groups in the functions' bodies, are renewed and revoked after an upgrade", async () => {
    const dba = await db.dba();
    await dba.query(OPTIONS.groups.map((one) => `DROP FUNCTION lease.${registrationName(one.name)}()`).join("; "));
    await dba.query(BEFORE);
    const [renewed, revoked, migrator] = [await db.lease("web"), await db.lease("web"), await db.lease("migrator")];
    await (await db.login(migrator)).query("SELECT lo_create(4711)");
    // Vault is between its two statements, and Terraform has made the registrations, but not yet the functions.
    const vault = await db.vault();
    await vault.query("BEGIN");
    await vault.query(`SELECT lease.close('${revoked}')`);
    await vault.query("COMMIT AND CHAIN");
    await dba.query(installSql(OPTIONS.groups.map(renderRegistration)));
    const between = await db.lease("web");
    await db.install("app");
    await vault.query(`SELECT lease.revoke('${revoked}')`);
    await vault.query("COMMIT");
    await vault.query(renewSql(renewed, inSeconds(900)));
    const after = await db.lease("web");
    for (const lease of [renewed, between, after]) {
      const app = await db.login(lease);
      expect((await app.query("SELECT name FROM sales.wizard")).rows).toEqual([{ name: "Ada" }]);
      await db.close(app);
      await db.revoke(lease);
    }
    await db.revoke(migrator);
    // What a migration's login made is the owner's, by its registration.
    const { rows } = await db.root(
      "SELECT lomowner::regrole::text AS owner FROM pg_largeobject_metadata WHERE oid = 4711",
      "app",
    );
    expect(rows).toEqual([{ owner: "app_owner" }]);
    for (const lease of [renewed, revoked, between, after, migrator]) expect(await db.exists(lease)).toBe(false);
    await db.root("SELECT lo_unlink(4711)", "app");
  });
});
