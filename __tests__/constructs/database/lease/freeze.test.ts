import type { Client } from "pg";
import { SHORT_LOCKS, SHORT_LOCKS_SQL, SHORT_LOCKS_TRIGGERS } from "../../../../constructs/postgres/init-sql";
import { NO_SHORT_LOCK_FUNCTION_SQL, NO_SHORT_LOCK_TRIGGERS_SQL } from "../../../support/short-locks";
import { LeaseDatabase, MAJORS, sleep, state } from "./fixture";

/** What one session holds, and what another asks for: the rest of the server waits behind it. Each is what PostgreSQL lets anyone do. */
const FREEZES: readonly (readonly [what: string, holds: string, asks: string])[] = [
  [
    "new connections",
    "ALTER ROLE CURRENT_USER IN DATABASE postgres SET work_mem = '4MB'",
    "ALTER DATABASE postgres RENAME TO x",
  ],
  [
    "a database that it may not enter",
    "ALTER ROLE CURRENT_USER IN DATABASE other SET work_mem = '4MB'",
    "DROP DATABASE other",
  ],
  [
    "a database to be moved",
    "ALTER ROLE CURRENT_USER IN DATABASE app SET work_mem = '4MB'",
    "ALTER DATABASE app SET TABLESPACE pg_default",
  ],
  [
    "the settings of logins",
    "SELECT FROM pg_db_role_setting",
    "CREATE RULE r AS ON INSERT TO pg_catalog.pg_db_role_setting DO NOTHING",
  ],
  ["all statements", "SELECT FROM pg_class", "CREATE RULE r AS ON INSERT TO pg_catalog.pg_class DO NOTHING"],
  [
    "the list of databases, with TEMPORARY",
    "SELECT FROM pg_database",
    "CREATE TEMPORARY TABLE part PARTITION OF pg_catalog.pg_database DEFAULT",
  ],
  [
    "the list of databases, as a partition of a temporary table",
    "SELECT FROM pg_database",
    "CREATE TEMPORARY TABLE whole (a name) PARTITION BY LIST (a); ALTER TABLE whole ATTACH PARTITION pg_catalog.pg_database DEFAULT",
  ],
  [
    "an index of a catalog",
    "SELECT FROM pg_class WHERE relname = 'x'",
    "ALTER INDEX pg_catalog.pg_class_relname_nsp_index DEPENDS ON EXTENSION plpgsql",
  ],
  [
    "who is a lease",
    "SELECT FROM pg_shdescription",
    "CREATE RULE r AS ON INSERT TO pg_catalog.pg_shdescription DO NOTHING",
  ],
  [
    "a table that it may only read",
    "SELECT FROM sales.wizard",
    "CREATE RULE r AS ON INSERT TO sales.wizard DO NOTHING",
  ],
  ["a view that it may lock", "LOCK TABLE pg_settings", "LOCK TABLE pg_settings"],
  ["grants to its group", "DROP OWNED BY web", "DROP OWNED BY web"],
];

describe.each(MAJORS)("a login that makes others wait on PostgreSQL %i", (major) => {
  let db: LeaseDatabase;
  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
    await db.root("GRANT TEMPORARY ON DATABASE app TO web");
  });
  afterEach(() => db.closeAll());
  afterAll(() => db?.stop());

  const session = async (lease: string): Promise<Client> => {
    const client = await db.login(lease);
    client.on("error", () => undefined);
    return client;
  };

  /** Both sessions, the second of which waits. */
  async function freeze(
    lease: string,
    holds: string,
    asks: string,
  ): Promise<{ holder: Client; waiter: Promise<string> }> {
    const [holder, second] = [await session(lease), await session(lease)];
    await holder.query(`BEGIN; ${holds}`);
    let over = false;
    const waiter = state(second.query(asks.startsWith("LOCK") ? `BEGIN; ${asks}` : asks)).finally(() => (over = true));
    await sleep(250);
    expect([asks, over]).toEqual([asks, false]);
    return { holder, waiter };
  }

  test.each(FREEZES)("%s: is ended by the next call of Vault", async (what, holds, asks) => {
    for (const end of what === "new connections" ? ["revoke", "issue"] : ["issue"]) {
      const lease = await db.lease("web");
      const innocent = await session(await db.lease("reports"));
      const other = await db.lease("reports");
      // As Vault's connections are, which stay open: one that has worked before.
      const vault = await db.vault();
      await db.revoke(await db.lease("reports", 600, vault), vault);
      const { holder, waiter } = await freeze(lease, holds, asks);
      const victim = db.as("vault", "vault-secret");
      await sleep(150);
      expect(await state(end === "issue" ? db.lease("reports", 600, vault) : db.revoke(other, vault))).toBe("ok");
      expect(await state((await victim).query("SELECT count(*) FROM pg_roles"))).toBe("ok");
      expect(await state(innocent.query("SELECT FROM sales.wizard"))).toBe("ok");
      // One of the two at least is gone; the other may have got what it waited for, which ends it or harms nobody.
      expect([await state(holder.query("ROLLBACK")), await waiter]).not.toEqual(["ok", "ok"]);
      await db.closeAll();
      for (const left of Object.keys(await db.states())) await db.revoke(left);
    }
  });

  test.each(["pg_authid", "pg_auth_members"])(
    "%s, of which PostgreSQL asks whether one may end the other: calls fail in time, and go on when it ends",
    async (catalog) => {
      const lease = await db.lease("web");
      const vault = await db.vault();
      await db.revoke(await db.lease("reports", 600, vault), vault);
      const holds = catalog === "pg_authid" ? "SELECT FROM pg_roles" : `SELECT FROM ${catalog}`;
      const { holder, waiter } = await freeze(
        lease,
        holds,
        `CREATE RULE r AS ON INSERT TO pg_catalog.${catalog} DO NOTHING`,
      );
      expect(["ok", "55P03"]).toContain(await state(db.lease("reports", 600, vault)));
      await db.close(holder);
      expect(await waiter).not.toBe("ok");
      expect(await state(db.lease("reports", 600, vault))).toBe("ok");
      for (const left of Object.keys(await db.states())) await db.revoke(left);
    },
  );

  describe("where the event triggers of servers that Leasehold makes are", () => {
    beforeAll(() => db.root(`${SHORT_LOCKS_SQL} CREATE MATERIALIZED VIEW sales.sums AS SELECT 1 AS a`, "app"));
    afterAll(() =>
      db.root(`${NO_SHORT_LOCK_TRIGGERS_SQL}; ${NO_SHORT_LOCK_FUNCTION_SQL}; DROP MATERIALIZED VIEW sales.sums`, "app"),
    );

    test("cannot wait for what others would wait for: it is refused, or gives up by itself, whatever it set", async () => {
      const [holder, asking] = [await session(await db.lease("web")), await session(await db.lease("web"))];
      await holder.query(
        "BEGIN; SELECT FROM pg_roles; SELECT FROM pg_auth_members; SELECT FROM pg_class; ALTER ROLE CURRENT_USER PASSWORD 'x'",
      );
      await asking.query("SET lock_timeout = 0; SET leasehold.lock_timeout = '1h'");
      const asked: Record<string, string> = {
        "CREATE RULE r AS ON INSERT TO pg_catalog.pg_authid DO NOTHING": "42501",
        "CREATE RULE r AS ON INSERT TO pg_catalog.pg_auth_members DO NOTHING": "42501",
        "ALTER INDEX pg_catalog.pg_authid_oid_index DEPENDS ON EXTENSION plpgsql": "42501",
        "ALTER MATERIALIZED VIEW sales.sums DEPENDS ON EXTENSION plpgsql": "42501",
        "CREATE TEMPORARY TABLE part PARTITION OF pg_catalog.pg_class DEFAULT": "55P03",
        "CREATE FOREIGN TABLE pg_temp.part PARTITION OF pg_catalog.pg_class DEFAULT SERVER none": "55P03",
        "CREATE TRIGGER t BEFORE INSERT ON pg_catalog.pg_authid EXECUTE FUNCTION suppress_redundant_updates_trigger()":
          "55P03",
        "CREATE TEMPORARY TABLE fk (a name REFERENCES pg_catalog.pg_authid (rolname))": "55P03",
        // With one it could set the limit anew in the bounds, before the partition is locked.
        "CREATE TEMPORARY TABLE whole (a name) PARTITION BY LIST (a)": "42501",
      };
      for (const [asks, answer] of Object.entries(asked))
        for (const sql of [asks, `DO $$ BEGIN EXECUTE '${asks}'; END $$`])
          expect([sql, await state(asking.query(sql))]).toEqual([sql, answer]);
      // Nor can it take the triggers away.
      for (const away of [
        "SET event_triggers = off",
        "SET session_replication_role = replica",
        ...Object.keys(SHORT_LOCKS_TRIGGERS).flatMap((name) => [
          `DROP EVENT TRIGGER ${name}`,
          `ALTER EVENT TRIGGER ${name} DISABLE`,
          `ALTER EXTENSION plpgsql DROP EVENT TRIGGER ${name}`,
        ]),
        `DROP FUNCTION pg_catalog.${SHORT_LOCKS}()`,
      ])
        expect([away, await state(asking.query(away))]).not.toEqual([away, "ok"]);
      await holder.query("ROLLBACK");
    });

    test("makes its temporary tables, and has its own limit again after each statement", async () => {
      const app = await session(await db.lease("web"));
      await app.query("SET lock_timeout = '7s'");
      const limit = async (): Promise<string> => (await app.query("SHOW lock_timeout")).rows[0].lock_timeout;
      for (const sql of [
        "CREATE TEMPORARY TABLE a (b int PRIMARY KEY)",
        "BEGIN; ALTER TABLE a ADD COLUMN c int; CREATE INDEX ON a (c)",
        "SAVEPOINT s",
        "CREATE TEMPORARY TABLE d AS SELECT * FROM a",
        "ROLLBACK TO s",
        "COMMIT",
        "DROP TABLE a",
      ]) {
        await app.query(sql);
        expect([sql, await limit()]).toEqual([sql, "7s"]);
      }
      expect(await state(app.query("CREATE TEMPORARY TABLE pg_temp.a (b nothing)"))).toBe("42704");
      expect(await limit()).toBe("7s");
    });

    test("is not a migration, which changes what it owns and waits for it", async () => {
      const migration = await session(await db.lease("migrator"));
      await migration.query(
        "SET ROLE app_owner; CREATE RULE r AS ON DELETE TO sales.wizard DO INSTEAD NOTHING; DROP RULE r ON sales.wizard",
      );
      const holder = await session(await db.lease("web"));
      await holder.query("BEGIN; SELECT FROM sales.wizard");
      let over = false;
      const altering = migration.query("ALTER TABLE sales.wizard ADD COLUMN more int").finally(() => (over = true));
      await sleep(250);
      expect(over).toBe(false);
      await holder.query("ROLLBACK");
      await altering;
      await migration.query("ALTER TABLE sales.wizard DROP COLUMN more");
      for (const left of Object.keys(await db.states())) await db.revoke(left);
    });
  });

  test("is not one that waits for rows, or for a lock that it has the right to", async () => {
    await db.root("GRANT UPDATE ON sales.wizard TO web", "app");
    const lease = await db.lease("web");
    const [holder, row, whole] = [await session(lease), await session(lease), await session(lease)];
    await holder.query("BEGIN; UPDATE sales.wizard SET name = name");
    const waiting = [
      row.query("UPDATE sales.wizard SET name = name"),
      whole.query("BEGIN; LOCK TABLE sales.wizard; ROLLBACK"),
    ];
    await sleep(250);
    const vault = await db.vault();
    await vault.query("SELECT lease.sweep('100')");
    await db.revoke(await db.lease("reports", 600, vault), vault);
    await holder.query("COMMIT");
    await Promise.all(waiting);
    await db.root("REVOKE UPDATE ON sales.wizard FROM web", "app");
  });

  test("is not a migration, whose locks are its work", async () => {
    const migration = await session(await db.lease("migrator"));
    await migration.query("SET ROLE app_owner; BEGIN; ALTER TABLE sales.wizard ADD COLUMN more int");
    const dba = await db.dba();
    const granting = dba.query("SET ROLE app_owner; GRANT SELECT ON sales.wizard TO web");
    await sleep(250);
    await (await db.vault()).query("SELECT lease.sweep('100')");
    await migration.query("ROLLBACK");
    expect(await state(granting)).toBe("ok");
  });
});
