import { ANYBODY, NOT_THE_OWNER } from "./anybody";
import { Attempt, attempts, uncontrolled } from "./attempts";

type Table = Readonly<Record<string, readonly Attempt[]>>;

const nothingGranted = (privileges: string, stray: string): string => `GRANT ${privileges} TO ${stray}`;

/** Vault's own login has the lease functions, and no right to pass them on or to see a table. */
export const VAULT_LOGIN: Table = {
  ...ANYBODY,
  // Its own sessions it may end.
  "to others": ANYBODY["to others"].filter(({ sql }) => !sql.includes("{vaultPid!}")),
  "to what the owner has": NOT_THE_OWNER.filter(({ sql }) => sql !== "GRANT USAGE ON SCHEMA lease TO {stray}"),
  "to tables": attempts(
    "42501",
    "SELECT * FROM sales.open",
    "SELECT id FROM sales.orders",
    "SELECT nextval('sales.numbers')",
    "SELECT sales.turnover()",
    "SET ROLE {group}",
    "GRANT {group} TO {self}",
    "GRANT {group} TO {stray}",
  ),
  "to pass on what it has": attempts(
    "01007",
    nothingGranted("USAGE ON SCHEMA lease", "{stray}"),
    nothingGranted("EXECUTE ON FUNCTION lease.issue(text, text, text, text)", "{stray}"),
    nothingGranted("EXECUTE ON ALL FUNCTIONS IN SCHEMA lease", "PUBLIC"),
    nothingGranted("CONNECT ON DATABASE shop", "PUBLIC"),
    nothingGranted("ALL ON DATABASE shop", "{self}"),
  ),
};

const LEASE: Table = {
  ...ANYBODY,
  "to the lease functions, by calling them": uncontrolled(
    "42501",
    "SELECT lease.issue('v-x', 'x', '2999-01-01 00:00:00+00', {groupText!})",
    "SELECT lease.renew({selfText!}, '2999-01-01 00:00:00+00')",
    "SELECT lease.close({otherText!})",
    "SELECT lease.revoke({otherText!})",
    "SELECT lease.sweep('100')",
    "SELECT * FROM lease.live()",
  ),
};

/** A login that may read one table, and one column of another. */
export const READER: Table = {
  ...LEASE,
  "to what the owner has": NOT_THE_OWNER,
  "to tables": attempts(
    "42501",
    "INSERT INTO sales.open VALUES (2, 'x')",
    "UPDATE sales.open SET note = 'x'",
    "DELETE FROM sales.open",
    "SELECT * FROM sales.open FOR UPDATE",
    "DO $$ BEGIN LOCK TABLE sales.open IN EXCLUSIVE MODE; END $$",
    "SELECT buyer FROM sales.orders",
    "SELECT * FROM sales.orders",
    "SELECT o FROM sales.orders AS o",
    "SELECT count(*) FROM sales.orders WHERE total > 0",
    "SELECT id FROM sales.orders ORDER BY total",
    "SELECT row_to_json(o) FROM sales.orders AS o",
    "INSERT INTO sales.orders VALUES (2, 'x', 1)",
    "INSERT INTO sales.orders (id) VALUES (2) ON CONFLICT DO NOTHING",
    "UPDATE sales.orders SET id = 2",
    "DELETE FROM sales.orders",
    "SELECT nextval('sales.numbers')",
    "SELECT last_value FROM sales.numbers",
    "SELECT sales.turnover()",
    "GRANT SELECT ON sales.orders TO {stray}",
    "GRANT {group} TO {stray}",
    "REVOKE {group} FROM {sibling}",
    "SET ROLE {sibling}",
    "ALTER ROLE {sibling} PASSWORD 'x'",
    "DROP OWNED BY {sibling}",
  ),
  "to the sessions of its siblings": uncontrolled(
    "42501",
    "SELECT pg_terminate_backend({siblingPid!})",
    "SELECT pg_cancel_backend({siblingPid!})",
  ),
  "to pass on what it has": attempts(
    "01007",
    nothingGranted("SELECT ON sales.open", "PUBLIC"),
    nothingGranted("SELECT (id) ON sales.orders", "{stray}"),
    nothingGranted("USAGE ON SCHEMA sales", "PUBLIC"),
    nothingGranted("CONNECT ON DATABASE shop", "PUBLIC"),
    nothingGranted("USAGE ON SCHEMA public", "{stray}"),
  ),
};

/** A login that may write one table, take numbers, and call one function. */
export const WRITER: Table = {
  ...LEASE,
  "to what the owner has": NOT_THE_OWNER,
  "to tables": attempts(
    "42501",
    "SELECT * FROM sales.open",
    "UPDATE sales.orders SET total = (SELECT count(*) FROM sales.secret)",
    "INSERT INTO sales.orders SELECT 9, word FROM sales.secret",
    "WITH gone AS (DELETE FROM sales.open RETURNING *) SELECT * FROM gone",
    "ALTER SEQUENCE sales.numbers RESTART",
    "DROP SEQUENCE sales.numbers",
    "CREATE OR REPLACE FUNCTION sales.turnover() RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
    "GRANT {group} TO {stray}",
  ),
  "to pass on what it has": attempts(
    "01007",
    nothingGranted("INSERT ON sales.orders", "PUBLIC"),
    nothingGranted("UPDATE (total) ON sales.orders", "{stray}"),
    nothingGranted("USAGE ON SEQUENCE sales.numbers", "{stray}"),
    nothingGranted("EXECUTE ON FUNCTION sales.turnover()", "PUBLIC"),
  ),
};

/** A migration's login: it may become the owner role. That is all it may become. */
export const MIGRATOR: Table = {
  ...Object.fromEntries(
    Object.entries(LEASE).map(([about, some]) => [
      about,
      // Temporary objects it may make: migrations need them.
      some.filter(({ sql }) => sql !== "GRANT {owner} TO {stray}" && !/\bTEMP\b|\bpg_temp\./.test(sql)),
    ]),
  ),
  "to what it acts as": attempts("42501", "GRANT {owner} TO {stray}", "GRANT {owner} TO {other}"),
};

/** What the owner role may not do, though everything in the database but the lease functions is its own. */
export const OWNER: Table = MIGRATOR;
