import type { Client } from "pg";
import { NO_RULES, NO_RULES_SQL } from "../../../../constructs/postgres/init-sql";
import { Estate, MAJORS, sleep, state } from "./fixture";

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
  let estate: Estate;
  beforeAll(async () => {
    estate = await Estate.start(major);
    await estate.root("GRANT TEMPORARY ON DATABASE app TO web");
  });
  afterEach(() => estate.closeAll());
  afterAll(() => estate?.stop());

  const session = async (lease: string): Promise<Client> => {
    const client = await estate.login(lease);
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
      const lease = await estate.lease("web");
      const innocent = await session(await estate.lease("reports"));
      const other = await estate.lease("reports");
      // As Vault's connections are, which stay open: one that has worked before.
      const vault = await estate.vault();
      await estate.revoke(await estate.lease("reports", 600, vault), vault);
      const { holder, waiter } = await freeze(lease, holds, asks);
      const victim = estate.as("vault", "vault-secret");
      await sleep(150);
      expect(await state(end === "issue" ? estate.lease("reports", 600, vault) : estate.revoke(other, vault))).toBe(
        "ok",
      );
      expect(await state((await victim).query("SELECT count(*) FROM pg_roles"))).toBe("ok");
      expect(await state(innocent.query("SELECT FROM sales.wizard"))).toBe("ok");
      // One of the two at least is gone; the other may have got what it waited for, which ends it or harms nobody.
      expect([await state(holder.query("ROLLBACK")), await waiter]).not.toEqual(["ok", "ok"]);
      await estate.closeAll();
      for (const left of Object.keys(await estate.states())) await estate.revoke(left);
    }
  });

  test.each(["pg_authid", "pg_auth_members"])(
    "%s, of which PostgreSQL asks whether one may end the other: calls fail in time, and go on when it ends",
    async (catalog) => {
      const lease = await estate.lease("web");
      const vault = await estate.vault();
      await estate.revoke(await estate.lease("reports", 600, vault), vault);
      const holds = catalog === "pg_authid" ? "SELECT FROM pg_roles" : `SELECT FROM ${catalog}`;
      const { holder, waiter } = await freeze(
        lease,
        holds,
        `CREATE RULE r AS ON INSERT TO pg_catalog.${catalog} DO NOTHING`,
      );
      expect(["ok", "55P03"]).toContain(await state(estate.lease("reports", 600, vault)));
      await estate.close(holder);
      expect(await waiter).not.toBe("ok");
      expect(await state(estate.lease("reports", 600, vault))).toBe("ok");
      for (const left of Object.keys(await estate.states())) await estate.revoke(left);
    },
  );

  test("makes no rule where the event trigger of servers that Leasehold makes is: nobody waits", async () => {
    await estate.root(NO_RULES_SQL, "app");
    try {
      const [holder, asking] = [await session(await estate.lease("web")), await session(await estate.lease("web"))];
      for (const catalog of ["pg_authid", "pg_auth_members", "pg_class"]) {
        await holder.query(`BEGIN; SELECT FROM ${catalog === "pg_authid" ? "pg_roles" : catalog}`);
        for (const hidden of ["", "DO $$ BEGIN EXECUTE '"]) {
          const rule = `CREATE RULE r AS ON INSERT TO pg_catalog.${catalog} DO NOTHING`;
          const asks = hidden === "" ? rule : `${hidden}${rule}'; END $$`;
          expect([asks, await state(asking.query(asks))]).toEqual([asks, "42501"]);
        }
        // Nor can it take the trigger away.
        for (const away of [
          "SET event_triggers = off",
          "SET session_replication_role = replica",
          `DROP EVENT TRIGGER ${NO_RULES}`,
          `ALTER EVENT TRIGGER ${NO_RULES} DISABLE`,
          `ALTER EXTENSION plpgsql DROP EVENT TRIGGER ${NO_RULES}`,
          `DROP FUNCTION pg_catalog.${NO_RULES}()`,
        ])
          expect([away, await state(asking.query(away))]).not.toEqual([away, "ok"]);
        await holder.query("ROLLBACK");
      }
      // A migration makes its own.
      const migration = await session(await estate.lease("migrator"));
      await migration.query(
        "SET ROLE app_owner; CREATE RULE r AS ON DELETE TO sales.wizard DO INSTEAD NOTHING; DROP RULE r ON sales.wizard",
      );
    } finally {
      await estate.root(
        `ALTER EXTENSION plpgsql DROP EVENT TRIGGER ${NO_RULES}; DROP EVENT TRIGGER ${NO_RULES};
         ALTER EXTENSION plpgsql DROP FUNCTION pg_catalog.${NO_RULES}(); DROP FUNCTION pg_catalog.${NO_RULES}()`,
        "app",
      );
    }
  });

  test("is not one that waits for rows, or for a lock that it has the right to", async () => {
    await estate.root("GRANT UPDATE ON sales.wizard TO web", "app");
    const lease = await estate.lease("web");
    const [holder, row, whole] = [await session(lease), await session(lease), await session(lease)];
    await holder.query("BEGIN; UPDATE sales.wizard SET name = name");
    const waiting = [
      row.query("UPDATE sales.wizard SET name = name"),
      whole.query("BEGIN; LOCK TABLE sales.wizard; ROLLBACK"),
    ];
    await sleep(250);
    const vault = await estate.vault();
    await vault.query("SELECT lease.sweep('100')");
    await estate.revoke(await estate.lease("reports", 600, vault), vault);
    await holder.query("COMMIT");
    await Promise.all(waiting);
    await estate.root("REVOKE UPDATE ON sales.wizard FROM web", "app");
  });

  test("is not a migration, whose locks are its work", async () => {
    const migration = await session(await estate.lease("migrator"));
    await migration.query("SET ROLE app_owner; BEGIN; ALTER TABLE sales.wizard ADD COLUMN more int");
    const dba = await estate.dba();
    const granting = dba.query("SET ROLE app_owner; GRANT SELECT ON sales.wizard TO web");
    await sleep(250);
    await (await estate.vault()).query("SELECT lease.sweep('100')");
    await migration.query("ROLLBACK");
    expect(await state(granting)).toBe("ok");
  });
});
