import * as pg from "pg";
import { rotationStatements } from "../../../../access/model/ready";
import { LeaseDatabase, MAJORS, verifier } from "./fixture";

/** A text with the word END in it stays whole (Vault 1.21, postgresql.go, containsMultilineStatement). */
function splitAsVaultDoes(statement: string): string[] {
  return /\bEND\b/.test(statement) ? [statement] : statement.split(";");
}

describe.each(MAJORS)("the rotation of Vault's own password on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;
  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
  });
  afterEach(() => db.closeAll());
  afterAll(() => db?.stop());

  /** As Vault runs it: one transaction, the values put in as text. @returns what it was refused for, or "rotated" */
  async function rotate(): Promise<string> {
    const client = await db.vault();
    try {
      await client.query("BEGIN");
      for (const statement of rotationStatements.flatMap(splitAsVaultDoes))
        await client.query(
          statement.replaceAll("{{username}}", "vault").replaceAll("{{password}}", verifier("vault-secret")),
        );
      await client.query("COMMIT");
      return "rotated";
    } catch (error) {
      await client.query("ROLLBACK");
      return (error as pg.DatabaseError).message;
    } finally {
      await db.close(client);
    }
  }
  const logins = async (): Promise<unknown> =>
    (await db.root("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' ORDER BY 1")).rows;

  test("goes through where a login could be issued for each group, and leaves none behind", async () => {
    const before = await logins();
    expect(await rotate()).toBe("rotated");
    expect(await logins()).toEqual(before);
  });

  test.each([
    [
      "PUBLIC may create in a schema",
      "GRANT CREATE ON SCHEMA play TO PUBLIC",
      /PUBLIC may create in the schema play of database app.* A superuser ends that: .*REVOKE CREATE ON SCHEMA play FROM PUBLIC/,
      "REVOKE CREATE ON SCHEMA play FROM PUBLIC",
    ],
    [
      "one group owns something",
      "CREATE TABLE play.theirs (); ALTER TABLE play.theirs OWNER TO reports",
      /the group reports owns something in database app.*REASSIGN OWNED BY reports TO leasehold_estate/,
      "DROP TABLE play.theirs",
    ],
    [
      "the group that acts as the owner is no member of it any more",
      "SET ROLE dba; REVOKE app_owner FROM migrator",
      /the group migrator is not a member of the owner role app_owner/,
      "SET ROLE dba; GRANT app_owner TO migrator",
    ],
    [
      "the admin may not make roles",
      "ALTER ROLE dba NOCREATEROLE",
      /A superuser ends that: ALTER ROLE dba CREATEROLE/,
      "ALTER ROLE dba CREATEROLE",
    ],
  ])("is refused where %s, with the remedy, and goes through after it", async (_, harm, message, remedy) => {
    await db.root(harm, "app");
    expect(await rotate()).toMatch(message);
    await db.root(remedy, "app");
    expect(await rotate()).toBe("rotated");
  });

  test("is not kept by what passes by itself: a group that has all its leases, and one that is locked", async () => {
    const leases = [await db.lease("small"), await db.lease("small"), await db.lease("small")];
    const other = await db.dba();
    await other.query("BEGIN; COMMENT ON ROLE web IS 'held'");
    expect(await rotate()).toBe("rotated");
    await other.query("ROLLBACK");
    for (const lease of leases) await db.revoke(lease);
  });

  test("rotates nothing where it is refused", async () => {
    const verifierOf = async (): Promise<unknown> =>
      (await db.root("SELECT rolpassword FROM pg_authid WHERE rolname = 'vault'")).rows;
    const before = await verifierOf();
    await db.root("GRANT CREATE ON SCHEMA play TO PUBLIC", "app");
    expect(await rotate()).not.toBe("rotated");
    expect(await verifierOf()).toEqual(before);
    await db.root("REVOKE CREATE ON SCHEMA play FROM PUBLIC", "app");
    await rotate();
    expect(await verifierOf()).not.toEqual(before);
  });
});
