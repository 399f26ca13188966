import { SHORT_LOCKS_SQL } from "../../../constructs/postgres/init-sql";
import { NO_SHORT_LOCK_FUNCTION_SQL } from "../../support/short-locks";
import type { Case } from "./case";
import { OF_SUPERUSERS } from "./cases-of-superusers";

const LEASE = (database: string, group: string): string =>
  `'{"lease":1,"database":"${database}","group":"${group}","issued":"2026-01-01T00:00:00.000000Z"}'`;

/** The fixes take the triggers away, and leave their function. */
const UNDO_SHORT_LOCKS = `${NO_SHORT_LOCK_FUNCTION_SQL}; ${SHORT_LOCKS_SQL}`;

export const CASES: readonly Case[] = [
  {
    name: "a login in our groups, the owner role and pg_read_all_data",
    make: "CREATE ROLE evil LOGIN PASSWORD 'e' IN ROLE eu_shop_web_shop, shop_owner, pg_read_all_data",
    finds: [
      "unknown-member membership evil in eu_shop_web_shop",
      "unknown-member membership evil in pg_read_all_data",
      "unknown-member membership evil in shop_owner",
    ],
    undo: "DROP ROLE evil",
  },
  {
    name: "logins behind roles of their own, and behind Vault's login, the admin and the first superuser",
    make: `CREATE ROLE between; GRANT eu_shop_api_shop TO between; CREATE ROLE deep LOGIN IN ROLE between;
      CREATE ROLE evil LOGIN IN ROLE "leasehold.vault_shop", leasehold_admin, postgres`,
    finds: [
      "unknown-member membership between in eu_shop_api_shop",
      "unknown-member membership deep in eu_shop_api_shop",
      "unknown-member membership evil in leasehold_admin",
      "unknown-member membership evil in leasehold.vault_shop",
      "unknown-member membership evil in postgres",
    ],
    undo: "DROP ROLE evil, deep, between",
  },
  {
    name: "every predefined role",
    make: `CREATE ROLE evil LOGIN; DO $$ DECLARE r record; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname ~ '^pg_' AND rolname <> 'pg_database_owner'
      LOOP EXECUTE format('GRANT %I TO evil', r.rolname); END LOOP; END $$`,
    finds: [
      "checkpoint",
      "create_subscription",
      "execute_server_program",
      "maintain",
      "monitor",
      "read_all_data",
      "read_all_settings",
      "read_all_stats",
      "read_server_files",
      "signal_autovacuum_worker",
      "signal_backend",
      "stat_scan_tables",
      "use_reserved_connections",
      "write_all_data",
      "write_server_files",
    ].map((role) => `unknown-member membership evil in pg_${role}`),
    undo: "DROP ROLE evil",
  },
  {
    name: "logins with attributes of power",
    make: `CREATE ROLE evil LOGIN SUPERUSER PASSWORD 'e'; CREATE ROLE evil2 LOGIN CREATEROLE BYPASSRLS REPLICATION CREATEDB`,
    finds: [
      "unknown-power attribute BYPASSRLS of evil2",
      "unknown-power attribute CREATEDB of evil2",
      "unknown-power attribute CREATEROLE of evil2",
      "unknown-power attribute REPLICATION of evil2",
      "unknown-power attribute SUPERUSER of evil",
    ],
    undo: "DROP ROLE evil, evil2",
  },
  {
    name: "a login in a role with attributes of power",
    make: "CREATE ROLE dba CREATEROLE; CREATE ROLE evil LOGIN IN ROLE dba",
    finds: ["unknown-member membership evil in dba", "unknown-power attribute CREATEROLE of dba"],
    undo: "DROP ROLE evil, dba",
  },
  {
    name: "attributes of our own roles",
    make: `ALTER ROLE eu_shop_web_shop LOGIN REPLICATION; ALTER ROLE shop_owner LOGIN BYPASSRLS; ALTER ROLE leasehold_admin SUPERUSER;
      ALTER ROLE "leasehold.vault_shop" CREATEDB; ALTER ROLE "leasehold.all_eu_shop_api_shop" LOGIN`,
    finds: [
      "own-role-attribute attribute BYPASSRLS of shop_owner",
      "own-role-attribute attribute CREATEDB of leasehold.vault_shop",
      "own-role-attribute attribute LOGIN of eu_shop_web_shop",
      "own-role-attribute attribute LOGIN of leasehold.all_eu_shop_api_shop",
      "own-role-attribute attribute LOGIN of shop_owner",
      "own-role-attribute attribute REPLICATION of eu_shop_web_shop",
      "own-role-attribute attribute SUPERUSER of leasehold_admin",
      "role-attribute attribute CREATEDB of leasehold.vault_shop",
      "role-attribute attribute REPLICATION of eu/shop/web",
    ],
  },
  {
    name: "what our own roles were made members of",
    make: `CREATE ROLE dba CREATEROLE; GRANT pg_execute_server_program, dba TO leasehold_admin; GRANT pg_read_all_data TO shop_owner;
      GRANT pg_monitor TO "leasehold.all_eu_shop_api_shop"`,
    finds: [
      "extra-membership membership leasehold.all_eu_shop_api_shop in pg_monitor",
      "extra-membership membership leasehold_admin in dba",
      "extra-membership membership leasehold_admin in pg_execute_server_program",
      "extra-membership membership shop_owner in pg_read_all_data",
      // The role's members have it, too.
      "extra-membership membership eu/shop/",
      "power-privilege schema lease",
      "unknown-power attribute CREATEROLE of dba",
    ],
    undo: "DROP ROLE dba",
  },
  {
    name: "a login that owns the database, the schema lease and its functions",
    make: `CREATE ROLE evil LOGIN IN ROLE eu_shop_web_shop; ALTER DATABASE shop OWNER TO evil; ALTER SCHEMA lease OWNER TO evil;
      ALTER FUNCTION lease.close(text) OWNER TO evil`,
    finds: [
      "lease-functions-differ function lease.close(text)",
      "lease-functions-differ schema lease",
      "stranger role evil",
      "unknown-member membership evil in eu_shop_web_shop",
    ],
    undo: "DROP ROLE evil",
  },
  {
    name: "logins that own a table, a function, a schema; or that a policy, a default or a grant names",
    make: `CREATE ROLE evil LOGIN; CREATE TABLE sales.more (i int); ALTER TABLE sales.more OWNER TO evil;
      CREATE ROLE evil2 LOGIN; CREATE POLICY more ON sales.customer FOR SELECT TO evil2 USING (true);
      CREATE ROLE evil3 LOGIN; ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA sales GRANT SELECT ON TABLES TO evil3;
      CREATE ROLE evil4 LOGIN; GRANT SELECT (id) ON sales.customer TO evil4`,
    finds: [...["", 2, 3, 4].map((n) => `stranger role evil${n}`), "past-the-grants row policy sales.customer: more"],
    undo: "ALTER TABLE sales.customer DISABLE ROW LEVEL SECURITY; DROP TABLE IF EXISTS sales.more; DROP ROLE evil, evil2, evil3, evil4",
  },
  {
    name: "a login that may change a setting of the server",
    make: "CREATE ROLE evil LOGIN; GRANT SET ON PARAMETER log_statement TO evil",
    finds: ["stranger role evil"],
    undo: "DROP ROLE evil",
    from: 15,
  },
  {
    name: "a lease of this database with a far end, one without, and one without its limit of connections",
    make: `CREATE ROLE "v-far" LOGIN VALID UNTIL '2099-01-01' IN ROLE eu_shop_web_shop CONNECTION LIMIT 10; COMMENT ON ROLE "v-far" IS ${LEASE("shop", "eu_shop_web_shop")};
      CREATE ROLE "v-endless" LOGIN IN ROLE eu_shop_web_shop CONNECTION LIMIT 10; COMMENT ON ROLE "v-endless" IS ${LEASE("shop", "eu_shop_web_shop")};
      CREATE ROLE "v-infinite" LOGIN VALID UNTIL 'infinity' IN ROLE eu_shop_web_shop; COMMENT ON ROLE "v-infinite" IS ${LEASE("shop", "eu_shop_web_shop")}`,
    finds: [
      "lease-forged role v-endless",
      "lease-forged role v-far",
      "lease-forged role v-infinite",
      "login-differs ",
      "role-without-lease ",
    ],
  },
  {
    name: "leases of other databases: of none, in a group of ours, and with a grant of its own",
    make: `CREATE ROLE "v-none" LOGIN VALID UNTIL '2099-01-01' IN ROLE eu_shop_web_shop; COMMENT ON ROLE "v-none" IS ${LEASE("elsewhere", "x")};
      CREATE ROLE "v-other" LOGIN VALID UNTIL '2099-01-01'; COMMENT ON ROLE "v-other" IS ${LEASE("postgres", "x")};
      GRANT SELECT ON sales.customer TO "v-other"`,
    finds: [
      "lease-forged role v-none",
      "stranger role v-other",
      "unknown-member membership v-none in eu_shop_web_shop",
    ],
    undo: 'DROP ROLE IF EXISTS "v-none", "v-other"',
  },
  {
    name: "a lease with a grant of its own",
    make: `CREATE ROLE "v-own" LOGIN IN ROLE eu_shop_web_shop CONNECTION LIMIT 10; COMMENT ON ROLE "v-own" IS ${LEASE("shop", "eu_shop_web_shop")};
      DO $$ BEGIN EXECUTE format('ALTER ROLE "v-own" VALID UNTIL %L', now() + interval '10 min'); END $$;
      CREATE POLICY more ON sales.customer FOR SELECT TO "v-own" USING (true)`,
    finds: ["login-differs ", "past-the-grants row policy sales.customer: more", "role-without-lease "],
    undo: 'DROP POLICY more ON sales.customer; DROP ROLE "v-own"',
    byHand: true,
  },
  {
    name: "lease functions: settings, rights, how they run, and an overload with the true body",
    make: `ALTER FUNCTION lease.close(text) SET work_mem = '5MB'; ALTER FUNCTION lease.revoke(text) SECURITY INVOKER;
      ALTER FUNCTION lease.sweep(text) STABLE LEAKPROOF; GRANT EXECUTE ON FUNCTION lease.renew(text, text) TO PUBLIC;
      DO $$ DECLARE b text; BEGIN SELECT prosrc INTO b FROM pg_proc WHERE oid = 'lease.close(text)'::regprocedure;
        EXECUTE format('CREATE FUNCTION lease.close(a text, b text) RETURNS void LANGUAGE plpgsql AS %L', b); END $$;
      DO $$ BEGIN EXECUTE replace(pg_get_functiondef('lease.live()'::regprocedure), 'BEGIN', 'BEGIN NULL;'); END $$; CREATE TABLE lease.spy (i int); GRANT CREATE ON SCHEMA lease TO shop_owner`,
    finds: [
      "lease-functions-differ function lease.close(text)",
      "lease-functions-differ function lease.live()",
      "lease-functions-differ function lease.close(text, text)",
      "lease-functions-differ function lease.renew(text, text)",
      "lease-functions-differ function lease.revoke(text)",
      "lease-functions-differ function lease.sweep(text)",
      "lease-functions-differ object table lease.spy",
      "lease-functions-differ schema lease",
      "public-privilege function lease.close(text, text)",
      "public-privilege function lease.renew(text, text)",
    ],
  },
  {
    name: "settings of roles, of the database and of everybody",
    make: `ALTER ROLE "leasehold.vault_shop" SET search_path = evil; ALTER ROLE eu_shop_web_shop IN DATABASE shop SET row_security = off;
      ALTER DATABASE shop SET session_preload_libraries = 'auto_explain'; ALTER ROLE ALL SET work_mem = '5MB'; ALTER DATABASE shop SET app.key = 'very-secret'`,
    finds: [
      "unknown-setting setting app.key of database shop",
      "unknown-setting setting row_security=off of role eu_shop_web_shop",
      "unknown-setting setting search_path=evil of role leasehold.vault_shop",
      "unknown-setting setting session_preload_libraries=auto_explain of database shop",
      "unknown-setting setting work_mem=5MB of every role",
    ],
  },
  {
    name: "what lets data out past every grant",
    make: `CREATE FUNCTION public.spy() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION public.spy();
      CREATE PUBLICATION spy FOR ALL TABLES; CREATE SUBSCRIPTION spy CONNECTION 'host=nowhere dbname=x' PUBLICATION spy WITH (connect = false, slot_name = NONE);
      SELECT pg_create_physical_replication_slot('spy');
      CREATE TABLE public.copy AS TABLE sales.customer WITH NO DATA; CREATE RULE spy AS ON INSERT TO sales.customer DO ALSO INSERT INTO public.copy VALUES (new.*);
      CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy; ALTER DATABASE shop IS_TEMPLATE true;
      CREATE TYPE public.spied AS (t text); CREATE FUNCTION public.spy(public.spied) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE CAST (public.spied AS int) WITH FUNCTION public.spy(public.spied);
      CREATE FUNCTION pg_catalog.spy(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE OPERATOR pg_catalog.@@@@ (FUNCTION = pg_catalog.spy, RIGHTARG = text)`,
    finds: [
      "past-the-grants cast public.spied AS integer",
      "past-the-grants database shop",
      "past-the-grants event trigger spy",
      "past-the-grants foreign server spy",
      "past-the-grants foreign-data wrapper spy",
      "past-the-grants object function spy(text)",
      "past-the-grants object operator @@@@(NONE,text)",
      "past-the-grants publication spy",
      "past-the-grants replication slot spy",
      "past-the-grants rule sales.customer: spy",
      "past-the-grants subscription spy",
      "public-privilege function pg_catalog.spy(text)",
      "public-privilege function public.spy()",
      "public-privilege function public.spy(public.spied)",
    ],
    undo: `DROP TABLE public.copy; DROP FUNCTION public.spy(); DROP FUNCTION public.spy(public.spied); DROP TYPE public.spied`,
  },
  {
    name: "an operator in public, which runs as whoever looks names up there, and a row policy that shows all rows",
    make: `CREATE FUNCTION public.same(text, name) RETURNS boolean LANGUAGE sql AS 'SELECT true'; REVOKE EXECUTE ON FUNCTION public.same(text, name) FROM PUBLIC;
      CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = text, RIGHTARG = name);
      ALTER TABLE sales.customer ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON sales.customer USING (current_user = 'x'); CREATE POLICY everything ON sales.customer USING (true);
      CREATE POLICY written ON sales.customer FOR INSERT WITH CHECK (true); CREATE POLICY not_less ON sales.customer AS RESTRICTIVE USING (true)`,
    finds: [
      "past-the-grants object operator public.=(text,name)",
      "past-the-grants row policy sales.customer: everything",
      "past-the-grants row policy sales.customer: written",
    ],
    undo: "DROP FUNCTION public.same(text, name); DROP POLICY own ON sales.customer; DROP POLICY not_less ON sales.customer; ALTER TABLE sales.customer DISABLE ROW LEVEL SECURITY",
  },
  {
    name: "a function that is hidden in the extension plpgsql, and so from what leaves out what extensions bring",
    make: `CREATE FUNCTION public.hidden(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; REVOKE EXECUTE ON FUNCTION public.hidden(text) FROM PUBLIC;
      ALTER EXTENSION plpgsql ADD FUNCTION public.hidden(text)`,
    finds: ["past-the-grants object function public.hidden(text)"],
    undo: "DROP FUNCTION public.hidden(text)",
  },
  {
    name: "the event triggers that every database of ours has, with another function",
    make: `CREATE OR REPLACE FUNCTION pg_catalog.leasehold_short_locks() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS 'BEGIN NULL; END'`,
    finds: [
      "past-the-grants event trigger leasehold_short_locks",
      "past-the-grants event trigger leasehold_short_locks_end",
    ],
    undo: UNDO_SHORT_LOCKS,
  },
  ...OF_SUPERUSERS,
];
