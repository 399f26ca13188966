import { alike, at, Catalog, EVIL, ownerOf, STORAGE, WHAT_IT_DOES, WHERE } from "./catalog-words";
import { OF_PROGRAMS } from "./catalogs-of-programs";

export type { Catalog } from "./catalog-words";

/**
 * Every catalog of PostgreSQL 14 to 18, column by column: what bears on who gets in or what they may do, and which check reads it.
 *
 * catalogs.test.ts takes the columns from servers of these versions, and fails for one that is not here. For each column that a check reads it makes a
 * change and sees the finding.
 */

/** A catalog as a whole, where no column of it bears on access: why. */
export const CATALOGS: Readonly<Record<string, Catalog | string>> = {
  ...OF_PROGRAMS,
  pg_authid: {
    read: {
      "doctor/doctor.ts": {
        rolname: at("ALTER ROLE eu_shop_web_shop RENAME TO other", "group-missing role eu_shop_web_shop"),
      },
      "doctor/members.ts": {
        rolsuper: at("CREATE ROLE evil SUPERUSER", "unknown-power attribute SUPERUSER of evil"),
        rolcreaterole: at("CREATE ROLE evil CREATEROLE", "unknown-power attribute CREATEROLE of evil"),
        rolcreatedb: at("CREATE ROLE evil CREATEDB", "unknown-power attribute CREATEDB of evil"),
        rolcanlogin: at(
          "UPDATE pg_authid SET rolcanlogin = true WHERE rolname = 'pg_read_all_data'",
          "unknown-power attribute LOGIN of pg_read_all_data",
        ),
        rolreplication: at("CREATE ROLE evil REPLICATION", "unknown-power attribute REPLICATION of evil"),
        rolbypassrls: at("CREATE ROLE evil BYPASSRLS", "unknown-power attribute BYPASSRLS of evil"),
      },
      "doctor/leases.ts": {
        rolconnlimit: at("ALTER ROLE :login CONNECTION LIMIT 999", "login-differs "),
        rolvaliduntil: at("ALTER ROLE :login VALID UNTIL 'infinity'", "lease-forged role v-"),
      },
    },
    said: { rolpassword: "which passwords its roles have" },
    not: { "without it a member has less, until it says SET ROLE": "rolinherit" },
  },
  pg_auth_members: {
    read: {
      "doctor/members.ts": {
        roleid: at("CREATE ROLE evil LOGIN IN ROLE shop_owner", "unknown-member membership evil in shop_owner"),
        member: at("GRANT shop_owner TO pg_monitor", "unknown-member membership pg_monitor in shop_owner"),
      },
      "effective/roles.ts": {
        admin_option: at(
          'GRANT "leasehold.all_eu_shop_api_shop" TO eu_shop_api_shop WITH ADMIN OPTION',
          "grant-option membership eu/shop/api in leasehold.all_eu_shop_api_shop",
        ),
      },
    },
    not: {
      "who granted it gives nothing; a fix names it": "grantor",
      "a membership counts whatever its options are": "inherit_option set_option",
    },
  },
  pg_database: {
    read: {
      "doctor/strangers.ts": {
        ...ownerOf("datdba", "ALTER DATABASE shop OWNER TO evil"),
        datacl: at(`${EVIL}GRANT CREATE ON DATABASE shop TO evil`, "stranger role evil"),
      },
      "doctor/past-the-grants.ts": {
        datistemplate: at("ALTER DATABASE shop IS_TEMPLATE true", "past-the-grants database shop"),
        dattablespace: at(
          "INSERT INTO pg_tablespace (oid, spcname, spcowner) VALUES (99999, 'spy', 10); UPDATE pg_database SET dattablespace = 99999 WHERE datname = 'shop'",
          "past-the-grants tablespace spy",
        ),
      },
      "effective/privileges.ts": {
        datallowconn: at(
          "UPDATE pg_database SET datallowconn = true, datacl = NULL WHERE datname = 'template0'",
          "public-privilege database template0",
        ),
      },
    },
    not: {
      [WHERE]: "datname",
      [STORAGE]:
        "encoding datcollate datctype datlastsysoid datfrozenxid datminmxid datlocprovider daticulocale datcollversion daticurules datlocale",
      "how many may connect, whoever they are": "datconnlimit",
      "says that there is a login event trigger; each is found in pg_event_trigger": "dathasloginevt",
    },
  },
  pg_namespace: {
    read: {
      "doctor/strangers.ts": ownerOf("nspowner", "ALTER SCHEMA sales OWNER TO evil"),
      "effective/privileges.ts": {
        nspacl: at("GRANT CREATE ON SCHEMA sales TO PUBLIC", "public-privilege schema sales"),
      },
      "doctor/superuser-made.ts": {
        nspname: at(
          "CREATE FUNCTION information_schema.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "past-the-grants object function information_schema.evil()",
        ),
      },
    },
  },
  pg_class: {
    read: {
      "doctor/strangers.ts": ownerOf("relowner", "ALTER TABLE sales.wizard OWNER TO evil"),
      "effective/privileges.ts": {
        relacl: at("GRANT DELETE ON sales.wizard TO PUBLIC", "public-privilege sales.wizard: DELETE"),
        relkind: at(
          `DO $$ BEGIN EXECUTE format('GRANT SELECT ON %s TO eu_shop_web_shop; GRANT USAGE ON SCHEMA pg_toast TO eu_shop_web_shop',
            (SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 'sales.customer'::regclass)); END $$`,
          "direct-privilege pg_toast.pg_toast_",
        ),
        relnamespace: at(
          "GRANT UPDATE ON SEQUENCE sales.order_number TO eu_shop_web_shop",
          "direct-privilege sequence sales.order_number: UPDATE",
        ),
      },
      "doctor/past-the-grants.ts": {
        reltablespace: at(
          "INSERT INTO pg_tablespace (oid, spcname, spcowner) VALUES (99999, 'spy', 10); UPDATE pg_class SET reltablespace = 99999 WHERE relname = 'wizard'",
          "past-the-grants tablespace spy",
        ),
      },
      "effective/reach.ts": {
        reloptions: at(
          "CREATE VIEW sales.peek WITH (security_barrier) AS SELECT * FROM staff.member; ALTER VIEW sales.peek OWNER TO shop_owner; GRANT SELECT ON sales.peek TO eu_shop_web_shop",
          "owner-rights-view sales.peek",
        ),
        relispartition: at("ALTER TABLE staff.member INHERIT sales.wizard", "inherited-rows sales.wizard"),
        relrowsecurity: at(
          "ALTER TABLE sales.wizard ENABLE ROW LEVEL SECURITY; CREATE VIEW sales.peek AS SELECT * FROM sales.wizard; GRANT SELECT ON sales.peek TO eu_shop_web_shop",
          "owner-rights-view sales.peek",
        ),
        relforcerowsecurity: at(
          "ALTER TABLE sales.wizard ENABLE ROW LEVEL SECURITY; CREATE VIEW sales.peek AS SELECT * FROM sales.wizard; ALTER VIEW sales.peek OWNER TO shop_owner; GRANT SELECT ON sales.peek TO eu_shop_web_shop",
          "owner-rights-view sales.peek",
        ),
      },
      "effective/compare.ts": {
        relname: at("ALTER TABLE sales.wizard RENAME TO other", "object-missing sales.wizard"),
      },
    },
    not: {
      [STORAGE]:
        "reltype reloftype relam relfilenode relpages reltuples relallvisible relallfrozen reltoastrelid relhasindex relisshared relpersistence relnatts relchecks relispopulated relreplident relrewrite relfrozenxid relminmxid relpartbound",
      "says that there are others, which are read where they stand": "relhasrules relhastriggers relhassubclass",
    },
  },
  pg_attribute: {
    read: {
      "effective/privileges.ts": {
        attacl: at(
          "GRANT SELECT (email) ON sales.customer TO eu_shop_reporting_shop",
          "direct-privilege sales.customer(email): SELECT",
        ),
      },
      "effective/compare.ts": {
        attname: at(
          "ALTER TABLE sales.customer RENAME COLUMN country TO land",
          "object-missing sales.customer(country)",
        ),
      },
    },
    said: { attgenerated: WHAT_IT_DOES, atthasdef: WHAT_IT_DOES, attidentity: WHAT_IT_DOES },
    not: {
      [STORAGE]:
        "atttypid attstattarget attlen attnum attndims attcacheoff atttypmod attbyval attalign attstorage attcompression attnotnull atthasmissing attisdropped attislocal attinhcount attcollation attoptions attmissingval",
      "of a foreign table; its server is found": "attfdwoptions",
      "of the table": "attrelid",
    },
  },
  pg_inherits: {
    read: {
      "effective/reach.ts": {
        inhparent: at("ALTER TABLE staff.member INHERIT sales.wizard", "inherited-rows sales.wizard"),
        inhrelid: at(
          "CREATE TABLE staff.between () INHERITS (sales.wizard); CREATE TABLE staff.low () INHERITS (staff.between); ALTER TABLE staff.between OWNER TO shop_owner",
          "inherited-rows sales.wizard",
        ),
      },
    },
    not: { [STORAGE]: "inhseqno inhdetachpending" },
  },
  pg_proc: {
    read: {
      "doctor/strangers.ts": ownerOf("proowner", "ALTER FUNCTION sales.turnover OWNER TO evil"),
      "effective/privileges.ts": {
        proacl: at(
          "GRANT EXECUTE ON FUNCTION sales.turnover TO PUBLIC",
          "public-privilege function sales.turnover(bigint)",
        ),
        proargtypes: at(
          "CREATE FUNCTION sales.turnover(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "object-ambiguous function sales.turnover",
        ),
      },
      "effective/reach.ts": {
        prosecdef: at(
          "ALTER FUNCTION pg_catalog.query_to_xml(text, boolean, boolean, text) SECURITY DEFINER",
          "definer-function function pg_catalog.query_to_xml(text, boolean, boolean, text)",
        ),
      },
      "doctor/superuser-made.ts": {
        prolang: at(
          "CREATE OR REPLACE FUNCTION pg_catalog.pi() RETURNS double precision LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 3; END'",
          "past-the-grants function pi()",
        ),
        proconfig: at("ALTER FUNCTION pg_catalog.pi() SET work_mem = '1MB'", "past-the-grants function pi()"),
        probin: at(
          "CREATE FUNCTION sales.spy() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'",
          "past-the-grants function sales.spy()",
        ),
        prosupport: at(
          "ALTER FUNCTION sales.turnover(bigint) SUPPORT generate_series_int8_support",
          "past-the-grants function sales.turnover(bigint)",
        ),
        proleakproof: at(
          "ALTER FUNCTION sales.turnover(bigint) LEAKPROOF",
          "past-the-grants function sales.turnover(bigint)",
        ),
        pronamespace: at(
          "CREATE FUNCTION pg_catalog.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "past-the-grants object function evil()",
        ),
      },
      "doctor/lease-schema.ts": {
        proname: at(
          "CREATE FUNCTION lease.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "lease-functions-differ function lease.evil()",
        ),
        prosrc: at(
          "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('lease.live()'::regprocedure), 'BEGIN', 'BEGIN NULL;'); END $$",
          "lease-functions-differ function lease.live()",
        ),
        provolatile: at("ALTER FUNCTION lease.close(text) STABLE", "lease-functions-differ function lease.close(text)"),
        proisstrict: at("ALTER FUNCTION lease.close(text) STRICT", "lease-functions-differ function lease.close(text)"),
      },
    },
    said: { prosqlbody: WHAT_IT_DOES, proargdefaults: WHAT_IT_DOES },
    not: {
      [STORAGE]: "procost prorows proparallel",
      "its shape: another shape is another body":
        "provariadic prokind proretset pronargs pronargdefaults prorettype proallargtypes proargmodes proargnames protrftypes",
    },
  },
  pg_type: {
    read: {
      "doctor/strangers.ts": {
        ...ownerOf("typowner", "CREATE TYPE sales.mood AS ENUM ('a'); ALTER TYPE sales.mood OWNER TO evil"),
        typacl: at(
          `${EVIL}CREATE TYPE sales.mood AS ENUM ('a'); GRANT USAGE ON TYPE sales.mood TO evil`,
          "stranger role evil",
        ),
      },
      "doctor/superuser-made.ts": {
        ...alike(
          "typtype typinput typoutput typreceive typsend typmodin typmodout typanalyze",
          `CREATE TYPE sales.spied; CREATE FUNCTION sales.spied_in(cstring) RETURNS sales.spied LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
           CREATE FUNCTION sales.spied_out(sales.spied) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'; CREATE TYPE sales.spied (INPUT = sales.spied_in, OUTPUT = sales.spied_out, LIKE = integer)`,
          "past-the-grants object type sales.spied",
        ),
        typnamespace: at("CREATE TYPE pg_catalog.evil AS ENUM ('a')", "past-the-grants object type evil"),
      },
    },
    said: { typsubscript: WHAT_IT_DOES, typdefaultbin: WHAT_IT_DOES },
    not: {
      [STORAGE]:
        "typlen typbyval typcategory typispreferred typisdefined typdelim typrelid typelem typarray typalign typstorage typnotnull typbasetype typtypmod typndims typcollation typdefault",
      [WHERE]: "typname",
    },
  },
};

/** Views of PostgreSQL's own that show what no table holds, and bear on access. The others show catalogs, or what was counted. */
export const VIEWS: Readonly<Record<string, string>> = {
  pg_hba_file_rules: "pg_hba.conf",
  pg_ident_file_mappings: "pg_hba.conf",
  pg_file_settings: "settings that only pg_read_all_settings shows",
};
