import type { Case } from "./case";

/** What only a superuser makes, or grants, and what a table has that does not bind. */
export const OF_SUPERUSERS: readonly Case[] = [
  {
    name: "a function in a language that is not trusted",
    make: `CREATE LANGUAGE evil HANDLER plpgsql_call_handler; CREATE FUNCTION public.untrusted() RETURNS int LANGUAGE evil AS 'BEGIN RETURN 1; END'; REVOKE EXECUTE ON FUNCTION public.untrusted() FROM PUBLIC`,
    finds: ["past-the-grants function public.untrusted()", "past-the-grants language evil"],
    undo: "DROP LANGUAGE evil CASCADE",
    // The function goes first.
    byHand: true,
  },
  {
    name: "functions in C and of the server's own code, and a language that is not trusted",
    make: `CREATE FUNCTION public.reads(text) RETURNS int LANGUAGE internal AS 'textlen'; REVOKE EXECUTE ON FUNCTION public.reads(text) FROM PUBLIC;
      CREATE FUNCTION public.handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'; REVOKE EXECUTE ON FUNCTION public.handler() FROM PUBLIC;
      CREATE LANGUAGE evil HANDLER public.handler`,
    finds: [
      "past-the-grants function public.handler()",
      "past-the-grants function public.reads(text)",
      "past-the-grants language evil",
    ],
  },
  {
    name: "a foreign-data wrapper without a server, and functions that the planner asks",
    make: `CREATE FOREIGN DATA WRAPPER spy; CREATE FUNCTION public.planned(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION public.planned(int) FROM PUBLIC;
      ALTER FUNCTION public.planned(int) SUPPORT generate_series_int4_support`,
    finds: ["past-the-grants foreign-data wrapper spy", "past-the-grants function public.planned(integer)"],
  },
  {
    name: "what makes PostgreSQL call functions in statements that do not name them",
    make: `CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal));
      CREATE ACCESS METHOD spy TYPE INDEX HANDLER bthandler; CREATE ACCESS METHOD spy_heap TYPE TABLE HANDLER heap_tableam_handler;
      CREATE OPERATOR CLASS public.spy FOR TYPE text USING hash AS OPERATOR 1 =, FUNCTION 1 hashtext(text);
      CREATE FUNCTION public.compares(int, numeric) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0'; REVOKE EXECUTE ON FUNCTION public.compares(int, numeric) FROM PUBLIC;
      ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree ADD FUNCTION 1 (int4, numeric) public.compares(int, numeric);
      CREATE TEXT SEARCH PARSER public.spy (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
      CREATE TEXT SEARCH TEMPLATE public.spy (LEXIZE = dsimple_lexize)`,
    finds: [
      "past-the-grants object access method spy",
      "past-the-grants object access method spy_heap",
      "past-the-grants object function 1 (integer, numeric) of operator family integer_ops for access method btree: ",
      "past-the-grants object operator class public.spy for access method hash",
      "past-the-grants object text search parser public.spy",
      "past-the-grants object text search template public.spy",
      "past-the-grants object transform for integer language sql",
    ],
    undo: "DROP FUNCTION public.compares(int, numeric); DROP OPERATOR FAMILY public.spy USING hash",
  },
  {
    name: "a type whose values are read and written by functions of a superuser's choice",
    make: `CREATE TYPE public.spied; CREATE FUNCTION public.spied_in(cstring) RETURNS public.spied LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
      CREATE FUNCTION public.spied_out(public.spied) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'; REVOKE EXECUTE ON FUNCTION public.spied_in(cstring), public.spied_out(public.spied) FROM PUBLIC;
      CREATE TYPE public.spied (INPUT = public.spied_in, OUTPUT = public.spied_out, LIKE = integer)`,
    finds: [
      "past-the-grants function public.spied_in(cstring)",
      "past-the-grants function public.spied_out(public.spied)",
      "past-the-grants object type public.spied",
    ],
    undo: "DROP TYPE public.spied CASCADE",
    // The type and its functions need each other.
    byHand: true,
  },
  {
    name: "policies and a trigger that are there and switched off",
    make: `CREATE POLICY own ON sales.customer USING (current_user = 'x'); CREATE FUNCTION public.checks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
      REVOKE EXECUTE ON FUNCTION public.checks() FROM PUBLIC; CREATE TRIGGER checks BEFORE UPDATE ON sales.customer FOR EACH ROW EXECUTE FUNCTION public.checks();
      ALTER TABLE sales.customer DISABLE TRIGGER checks`,
    finds: ["past-the-grants row policy sales.customer: own", "past-the-grants trigger sales.customer: checks"],
    undo: "DROP POLICY own ON sales.customer; ALTER TABLE sales.customer DISABLE ROW LEVEL SECURITY; DROP FUNCTION public.checks() CASCADE",
  },
  {
    name: "PostgreSQL's own functions, catalogs, languages and more, granted to roles of ours that no identity logs in with",
    make: `GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO shop_owner; GRANT SELECT ON pg_catalog.pg_authid TO leasehold_admin WITH GRANT OPTION;
      GRANT SELECT (stavalues1) ON pg_catalog.pg_statistic TO shop_owner; GRANT CREATE ON TABLESPACE pg_default TO shop_owner;
      GRANT CREATE ON SCHEMA pg_catalog TO shop_owner; GRANT USAGE ON LANGUAGE plpgsql TO leasehold_admin; SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO shop_owner;
      CREATE FOREIGN DATA WRAPPER spy; GRANT USAGE ON FOREIGN DATA WRAPPER spy TO shop_owner; CREATE SERVER spy FOREIGN DATA WRAPPER spy; GRANT USAGE ON FOREIGN SERVER spy TO shop_owner`,
    finds: [
      "direct-privilege foreign server spy",
      "direct-privilege foreign-data wrapper spy",
      "direct-privilege function pg_catalog.pg_read_file(text)",
      "direct-privilege language plpgsql",
      "direct-privilege large object 4711: SELECT",
      "direct-privilege pg_catalog.pg_authid: SELECT",
      "direct-privilege pg_catalog.pg_statistic(stavalues1): SELECT",
      "direct-privilege schema pg_catalog",
      "direct-privilege tablespace pg_default",
      "past-the-grants foreign server spy",
      "past-the-grants foreign-data wrapper spy",
    ],
    undo: "SELECT lo_unlink(4711)",
  },
  {
    name: "what roles of PostgreSQL's own were granted and own, of which it keeps no dependency",
    make: `GRANT SELECT ON sales.customer TO pg_monitor; CREATE TABLE public.theirs (i int); ALTER TABLE public.theirs OWNER TO pg_signal_backend; GRANT SELECT (name) ON sales.wizard TO pg_read_all_stats;
      CREATE POLICY more ON sales.wizard TO pg_checkpoint USING (current_user = 'x'); ALTER TABLE sales.wizard ENABLE ROW LEVEL SECURITY`,
    finds: ["monitor", "signal_backend", "read_all_stats", "checkpoint"].map((role) => `stranger role pg_${role}`),
    undo: `REVOKE SELECT ON sales.customer FROM pg_monitor; DROP TABLE public.theirs; REVOKE SELECT (name) ON sales.wizard FROM pg_read_all_stats;
      DROP POLICY more ON sales.wizard; ALTER TABLE sales.wizard DISABLE ROW LEVEL SECURITY`,
    byHand: true,
    from: 15,
  },
  {
    name: "parameters that the owner and the admin may set",
    make: "GRANT SET ON PARAMETER session_preload_libraries TO shop_owner; GRANT ALTER SYSTEM ON PARAMETER log_statement TO leasehold_admin",
    finds: [
      "direct-privilege parameter log_statement: ALTER SYSTEM",
      "direct-privilege parameter session_preload_libraries: SET",
    ],
    from: 15,
  },
  {
    name: "our logins without the setting that finds PostgreSQL's names first",
    make: `ALTER ROLE "leasehold.vault_shop" RESET ALL; ALTER ROLE leasehold_admin RESET search_path; ALTER ROLE leasehold_admin IN DATABASE shop SET search_path = pg_catalog`,
    finds: [
      "unknown-setting setting search_path of role leasehold.vault_shop",
      "unknown-setting setting search_path of role leasehold_admin",
    ],
    undo: "ALTER ROLE leasehold_admin IN DATABASE shop RESET ALL",
  },
];
