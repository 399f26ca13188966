import { alike, at, Catalog, EVIL, ownerOf, STORAGE, WHAT_IT_DOES, WHERE } from "./catalog-words";

/** The rest of the table: what is granted before it is there, what runs, and what leaves the database. */
export const OF_PROGRAMS: Readonly<Record<string, Catalog | string>> = {
  pg_default_acl: {
    read: {
      "effective/future.ts": {
        defaclacl: at("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default-privilege schema sales"),
        defaclobjtype: at(
          "ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO PUBLIC",
          "default-privilege database shop: SELECT",
          18,
        ),
        defaclnamespace: at(
          "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT INSERT ON TABLES TO PUBLIC",
          "default-privilege schema sales",
        ),
        defaclrole: at(
          "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA sales GRANT DELETE ON TABLES TO eu_shop_web_shop",
          "default-privilege schema sales",
        ),
      },
    },
  },
  pg_init_privs: {
    said: Object.fromEntries(
      ["objoid", "classoid", "objsubid", "privtype", "initprivs"].map((column) => [
        column,
        "what a superuser wrote into the catalogs by hand",
      ]),
    ),
  },
  pg_shdepend: {
    read: {
      "doctor/strangers.ts": {
        refobjid: at(`${EVIL}GRANT SELECT ON sales.wizard TO evil`, "stranger role evil"),
        deptype: at(`${EVIL}CREATE POLICY more ON sales.customer TO evil USING (true)`, "stranger role evil"),
        classid: at(`${EVIL}GRANT CREATE ON TABLESPACE pg_default TO evil`, "stranger role evil"),
        dbid: at(`${EVIL}GRANT SET ON PARAMETER log_statement TO evil`, "stranger role evil", 15),
        objsubid: at(`${EVIL}GRANT UPDATE (email) ON sales.customer TO evil`, "stranger role evil"),
        objid: at(`${EVIL}SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO evil`, "stranger role evil"),
        refclassid: at(
          `${EVIL}CREATE STATISTICS sales.more ON id, country FROM sales.customer; ALTER STATISTICS sales.more OWNER TO evil`,
          "stranger role evil",
        ),
      },
    },
  },
  pg_db_role_setting: {
    read: {
      "doctor/settings.ts": {
        setdatabase: at(
          "ALTER DATABASE shop SET search_path = evil",
          "unknown-setting setting search_path=evil of database shop",
        ),
        setrole: at(
          "ALTER ROLE shop_owner SET search_path = evil",
          "unknown-setting setting search_path=evil of role shop_owner",
        ),
        setconfig: at("ALTER ROLE :login SET role = evil", "unknown-setting setting role=evil of role v-"),
      },
    },
  },
  pg_parameter_acl: {
    read: {
      "effective/privileges.ts": {
        paracl: at(
          "GRANT SET ON PARAMETER session_preload_libraries TO PUBLIC",
          "public-privilege parameter session_preload_libraries: SET",
          15,
        ),
        parname: at(
          "GRANT ALTER SYSTEM ON PARAMETER log_statement TO eu_shop_web_shop",
          "direct-privilege parameter log_statement: ALTER SYSTEM",
          15,
        ),
      },
    },
  },
  pg_policy: {
    read: {
      "doctor/strangers.ts": {
        polroles: at(`${EVIL}CREATE POLICY more ON sales.customer TO evil USING (true)`, "stranger role evil"),
      },
      "doctor/past-the-grants.ts": {
        polqual: at(
          "ALTER TABLE sales.customer ENABLE ROW LEVEL SECURITY; CREATE POLICY more ON sales.customer USING (true)",
          "past-the-grants row policy sales.customer: more",
        ),
        polname: at(
          "CREATE POLICY off ON sales.customer USING (current_user = 'x')",
          "past-the-grants row policy sales.customer: off",
        ),
        polwithcheck: at(
          "ALTER TABLE sales.customer ENABLE ROW LEVEL SECURITY; CREATE POLICY more ON sales.customer FOR INSERT WITH CHECK (true)",
          "past-the-grants row policy sales.customer: more",
        ),
      },
    },
    said: {
      polrelid: WHAT_IT_DOES,
      polcmd: WHAT_IT_DOES,
      polpermissive: WHAT_IT_DOES,
    },
  },
  pg_rewrite: {
    read: {
      "doctor/past-the-grants.ts": {
        ev_type: at(
          "CREATE RULE spy AS ON INSERT TO sales.wizard DO ALSO INSERT INTO staff.member VALUES (new.id)",
          "past-the-grants rule sales.wizard: spy",
        ),
        ev_class: at(
          "CREATE RULE r AS ON DELETE TO information_schema.tables DO INSTEAD NOTHING",
          "past-the-grants rule information_schema.tables: r",
        ),
        rulename: at(
          "CREATE RULE spy AS ON UPDATE TO sales.wizard DO ALSO NOTHING",
          "past-the-grants rule sales.wizard: spy",
        ),
        is_instead: at(
          "CREATE RULE spy AS ON DELETE TO sales.wizard DO INSTEAD NOTHING",
          "past-the-grants rule sales.wizard: spy",
        ),
      },
      "effective/reach.ts": {
        ev_action: at(
          "CREATE VIEW sales.peek AS SELECT rolname, rolpassword FROM pg_authid; GRANT SELECT ON sales.peek TO eu_shop_web_shop",
          "owner-rights-view sales.peek",
        ),
      },
    },
    said: { ev_qual: WHAT_IT_DOES, ev_enabled: WHAT_IT_DOES },
  },
  pg_trigger: {
    read: {
      "doctor/past-the-grants.ts": alike(
        "tgenabled tgname",
        "CREATE FUNCTION sales.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER spy AFTER INSERT ON sales.wizard EXECUTE FUNCTION sales.spy(); ALTER TABLE sales.wizard DISABLE TRIGGER spy",
        "past-the-grants trigger sales.wizard: spy",
      ),
      "effective/reach.ts": {
        tgfoid: at(
          `CREATE FUNCTION sales.spy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER spy AFTER UPDATE ON sales.wizard EXECUTE FUNCTION sales.spy(); GRANT UPDATE ON sales.wizard TO eu_shop_web_shop`,
          "definer-function function sales.spy()",
        ),
        tgrelid: at(
          `CREATE FUNCTION sales.spy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER spy BEFORE DELETE ON staff.member EXECUTE FUNCTION sales.spy(); GRANT DELETE ON staff.member TO eu_shop_web_shop`,
          "definer-function function sales.spy()",
        ),
        tgtype: at(
          `CREATE FUNCTION sales.spy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END';
           CREATE TRIGGER spy AFTER TRUNCATE ON sales.wizard EXECUTE FUNCTION sales.spy(); GRANT TRUNCATE ON sales.wizard TO eu_shop_web_shop`,
          "definer-function function sales.spy()",
        ),
      },
    },
    said: { tgqual: WHAT_IT_DOES, tgargs: WHAT_IT_DOES, tgattr: WHAT_IT_DOES },
    not: {
      [WHERE]: "tgparentid",
      [STORAGE]:
        "tgisinternal tgconstrrelid tgconstrindid tgconstraint tgdeferrable tginitdeferred tgnargs tgoldtable tgnewtable",
    },
  },
  pg_event_trigger: {
    read: {
      "doctor/past-the-grants.ts": Object.fromEntries(
        ["evtname", "evtevent", "evtowner", "evtfoid", "evtenabled", "evttags"].map((column) => [
          column,
          at(
            "CREATE FUNCTION sales.spy() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER spy ON sql_drop EXECUTE FUNCTION sales.spy(); ALTER EVENT TRIGGER spy DISABLE",
            "past-the-grants event trigger spy",
          ),
        ]),
      ),
    },
  },
  pg_publication: {
    read: {
      "doctor/past-the-grants.ts": Object.fromEntries(
        "pubname pubowner puballtables pubinsert pubupdate pubdelete pubtruncate pubviaroot pubgencols"
          .split(" ")
          .map((column) => [column, at("CREATE PUBLICATION spy", "past-the-grants publication spy")]),
      ),
    },
  },
  pg_publication_rel: {
    read: {
      "doctor/past-the-grants.ts": Object.fromEntries(
        "prpubid prrelid prqual prattrs"
          .split(" ")
          .map((column) => [
            column,
            at("CREATE PUBLICATION spy FOR TABLE sales.wizard", "past-the-grants publication spy"),
          ]),
      ),
    },
  },
  pg_publication_namespace: {
    read: {
      "doctor/past-the-grants.ts": Object.fromEntries(
        "pnpubid pnnspid"
          .split(" ")
          .map((column) => [
            column,
            at("CREATE PUBLICATION spy FOR TABLES IN SCHEMA sales", "past-the-grants publication spy", 15),
          ]),
      ),
    },
  },
  pg_subscription: {
    read: {
      "doctor/past-the-grants.ts": Object.fromEntries(
        "subdbid subname subowner subenabled subslotname subpublications"
          .split(" ")
          .map((column) => [
            column,
            at(
              "CREATE SUBSCRIPTION spy CONNECTION 'host=nowhere dbname=x' PUBLICATION spy WITH (connect = false, slot_name = NONE)",
              "past-the-grants subscription spy",
            ),
          ]),
      ),
    },
    not: {
      "how it runs; that there is one is found":
        "subbinary substream subconninfo subsynccommit subskiplsn subtwophasestate subdisableonerr subpasswordrequired subrunasowner suborigin subfailover",
    },
  },
  pg_foreign_server: {
    read: {
      "doctor/past-the-grants.ts": {
        srvname: at(
          "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy",
          "past-the-grants foreign server spy",
        ),
        srvoptions: at(
          "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy OPTIONS (a 'b')",
          "past-the-grants foreign server spy",
        ),
        srvfdw: at(
          "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy",
          "past-the-grants foreign server spy",
        ),
      },
      "doctor/strangers.ts": ownerOf(
        "srvowner",
        "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy; GRANT USAGE ON FOREIGN DATA WRAPPER spy TO evil; ALTER SERVER spy OWNER TO evil",
      ),
      "effective/privileges.ts": {
        srvacl: at(
          "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy; GRANT USAGE ON FOREIGN SERVER spy TO eu_shop_web_shop",
          "direct-privilege foreign server spy",
        ),
      },
    },
    not: { "words for its wrapper": "srvtype srvversion" },
  },
  pg_foreign_data_wrapper: {
    read: {
      "doctor/superuser-made.ts": alike(
        "fdwname fdwowner fdwhandler fdwvalidator fdwoptions",
        "CREATE FOREIGN DATA WRAPPER spy",
        "past-the-grants foreign-data wrapper spy",
      ),
      "effective/privileges.ts": {
        fdwacl: at(
          "CREATE FOREIGN DATA WRAPPER spy; GRANT USAGE ON FOREIGN DATA WRAPPER spy TO PUBLIC",
          "public-privilege foreign-data wrapper spy",
        ),
      },
    },
  },
  pg_user_mapping: {
    read: {
      "doctor/past-the-grants.ts": Object.fromEntries(
        "umuser umserver"
          .split(" ")
          .map((column) => [
            column,
            at(
              "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy; CREATE USER MAPPING FOR PUBLIC SERVER spy",
              "past-the-grants foreign server spy",
            ),
          ]),
      ),
    },
    not: { "only its user is shown it; that there is a mapping is part of the finding of its server": "umoptions" },
  },
  pg_foreign_table: "its server is found, and its own list is that of a table",
  pg_language: {
    read: {
      "effective/privileges.ts": {
        lanacl: at("GRANT USAGE ON LANGUAGE plpgsql TO eu_shop_web_shop", "direct-privilege language plpgsql"),
      },
      "doctor/superuser-made.ts": {
        lanpltrusted: at(
          "UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'internal'",
          "past-the-grants language internal",
        ),
        lanname: at(
          "CREATE TRUSTED LANGUAGE evil HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator",
          "past-the-grants language evil",
        ),
        ...Object.fromEntries(
          "lanplcallfoid laninline lanvalidator"
            .split(" ")
            .map((column) => [
              column,
              at(
                "CREATE TRUSTED LANGUAGE evil HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator",
                "past-the-grants language evil",
              ),
            ]),
        ),
      },
      "doctor/strangers.ts": ownerOf("lanowner", "ALTER LANGUAGE plpgsql OWNER TO evil"),
    },
    not: { "says that it is not a built-in one": "lanispl" },
  },
  pg_largeobject_metadata: {
    read: {
      "effective/privileges.ts": {
        lomacl: at(
          "SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC",
          "public-privilege large object 4711: SELECT",
        ),
      },
      "doctor/strangers.ts": ownerOf("lomowner", "SELECT lo_create(4711); ALTER LARGE OBJECT 4711 OWNER TO evil"),
    },
  },
  pg_largeobject: {
    said: { loid: "what large objects hold", pageno: "what large objects hold", data: "what large objects hold" },
  },
  pg_tablespace: {
    read: {
      "doctor/past-the-grants.ts": alike(
        "spcname spcoptions",
        "INSERT INTO pg_tablespace (oid, spcname, spcowner) VALUES (99999, 'spy', 10); UPDATE pg_class SET reltablespace = 99999 WHERE relname = 'wizard'",
        "past-the-grants tablespace spy",
      ),
      "doctor/strangers.ts": {
        spcacl: at(`${EVIL}GRANT CREATE ON TABLESPACE pg_default TO evil`, "stranger role evil"),
        spcowner: at(`${EVIL}ALTER TABLESPACE pg_default OWNER TO evil`, "stranger role evil"),
      },
    },
  },
  pg_extension: {
    read: {
      "doctor/strangers.ts": {
        extowner: at(
          `${EVIL}UPDATE pg_extension SET extowner = 'evil'::regrole; INSERT INTO pg_shdepend SELECT (SELECT oid FROM pg_database WHERE datname = 'shop'), 'pg_extension'::regclass, oid, 0, 'pg_authid'::regclass, 'evil'::regrole, 'o' FROM pg_extension`,
          "stranger role evil",
        ),
      },
    },
    said: { extname: "extensions that are loaded" },
    not: {
      "what an extension brings is read as what it is": "extnamespace extrelocatable extversion extconfig extcondition",
    },
  },
  pg_cast: {
    read: {
      "doctor/superuser-made.ts": Object.fromEntries(
        "castsource casttarget castfunc castcontext castmethod"
          .split(" ")
          .map((column) => [
            column,
            at(
              "CREATE TYPE sales.spied AS (t text); CREATE FUNCTION sales.spy(sales.spied) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE CAST (sales.spied AS int) WITH FUNCTION sales.spy(sales.spied)",
              "past-the-grants cast sales.spied AS integer",
            ),
          ]),
      ),
    },
  },
  pg_conversion: {
    read: {
      "doctor/superuser-made.ts": Object.fromEntries(
        "conname connamespace conforencoding contoencoding conproc condefault"
          .split(" ")
          .map((column) => [
            column,
            at(
              "CREATE DEFAULT CONVERSION sales.spy FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
              "past-the-grants conversion sales.spy",
            ),
          ]),
      ),
      "doctor/strangers.ts": ownerOf(
        "conowner",
        "CREATE CONVERSION sales.spy FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; ALTER CONVERSION sales.spy OWNER TO evil",
      ),
    },
  },
  pg_operator: {
    read: {
      "doctor/superuser-made.ts": {
        oprnamespace: at(
          "CREATE OPERATOR pg_catalog.@@@@ (FUNCTION = pg_catalog.upper, RIGHTARG = text)",
          "past-the-grants object operator @@@@",
        ),
        oprcode: at(
          "CREATE OPERATOR public.@@@@ (FUNCTION = pg_catalog.upper, RIGHTARG = text)",
          "past-the-grants object operator public.@@@@",
        ),
      },
      "doctor/strangers.ts": ownerOf(
        "oprowner",
        "CREATE OPERATOR sales.@@@@ (FUNCTION = pg_catalog.upper, RIGHTARG = text); ALTER OPERATOR sales.@@@@ (NONE, text) OWNER TO evil",
      ),
    },
    said: { oprrest: WHAT_IT_DOES, oprjoin: WHAT_IT_DOES },
    not: {
      "which operator it is": "oprname oprkind oprcanmerge oprcanhash oprleft oprright oprresult oprcom oprnegate",
    },
  },
  pg_opclass: {
    read: {
      "doctor/superuser-made.ts": {
        opcnamespace: at(
          "CREATE OPERATOR CLASS pg_catalog.spy FOR TYPE text USING hash AS OPERATOR 1 =, FUNCTION 1 hashtext(text)",
          "past-the-grants object operator class spy",
        ),
        ...alike(
          "opcmethod opcname opcfamily opcintype opcdefault opckeytype",
          "CREATE OPERATOR CLASS sales.spy FOR TYPE text USING hash AS OPERATOR 1 =, FUNCTION 1 hashtext(text)",
          "past-the-grants object operator class sales.spy for access method hash",
        ),
      },
      "doctor/strangers.ts": ownerOf(
        "opcowner",
        "CREATE OPERATOR CLASS sales.spy FOR TYPE text USING hash AS OPERATOR 1 =, FUNCTION 1 hashtext(text); ALTER OPERATOR CLASS sales.spy USING hash OWNER TO evil",
      ),
    },
  },
  pg_statistic_ext: {
    read: {
      "doctor/strangers.ts": ownerOf(
        "stxowner",
        "CREATE STATISTICS sales.more ON id, country FROM sales.customer; ALTER STATISTICS sales.more OWNER TO evil",
      ),
    },
    not: { [STORAGE]: "stxrelid stxname stxnamespace stxstattarget stxkeys stxkind stxexprs" },
  },
  pg_shdescription: {
    read: {
      "doctor/leases.ts": Object.fromEntries(
        "objoid classoid description"
          .split(" ")
          .map((column) => [
            column,
            at(
              `CREATE ROLE evil LOGIN; COMMENT ON ROLE evil IS '{"lease":1,"database":"shop","group":"eu_shop_web_shop","issued":"x"}'`,
              "lease-forged role evil",
            ),
          ]),
      ),
    },
  },
  pg_statistic: {
    read: {
      "effective/privileges.ts": Object.fromEntries([
        [
          "stavalues1",
          at("GRANT SELECT ON pg_statistic TO PUBLIC", "public-privilege pg_catalog.pg_statistic: SELECT"),
        ],
      ]),
    },
    not: {
      "samples of values, which the table's own list closes: an opened one is found":
        "starelid staattnum stainherit stanullfrac stawidth stadistinct stakind1 stakind2 stakind3 stakind4 stakind5 staop1 staop2 staop3 staop4 staop5 stacoll1 stacoll2 stacoll3 stacoll4 stacoll5 stanumbers1 stanumbers2 stanumbers3 stanumbers4 stanumbers5 stavalues2 stavalues3 stavalues4 stavalues5",
    },
  },
  pg_attrdef: { said: { adbin: WHAT_IT_DOES }, not: { [WHERE]: "adrelid adnum" } },
  pg_constraint: {
    said: { conbin: WHAT_IT_DOES },
    not: {
      "what a table takes in, whoever writes there":
        "conname connamespace contype condeferrable condeferred convalidated conrelid contypid conindid conparentid confrelid confupdtype confdeltype confmatchtype conislocal coninhcount connoinherit conkey confkey conpfeqop conppeqop conffeqop conexclop confdelsetcols conenforced conperiod",
    },
  },
  pg_index: {
    said: { indexprs: WHAT_IT_DOES, indpred: WHAT_IT_DOES },
    not: {
      [STORAGE]:
        "indexrelid indrelid indnatts indnkeyatts indisunique indisprimary indisexclusion indimmediate indisclustered indisvalid indcheckxmin indisready indislive indisreplident indkey indcollation indclass indoption indnullsnotdistinct",
    },
  },
  pg_aggregate: "the functions that it names are read where they stand, and its own list is that of a function",
  pg_am: {
    read: {
      "doctor/superuser-made.ts": alike(
        "amname amhandler amtype",
        "CREATE ACCESS METHOD spy TYPE INDEX HANDLER bthandler",
        "past-the-grants object access method spy",
      ),
    },
  },
  pg_amop: {
    read: {
      "doctor/superuser-made.ts": alike(
        "amopfamily amoplefttype amoprighttype amopstrategy amoppurpose amopopr amopmethod amopsortfamily",
        "CREATE FUNCTION sales.less(int, numeric) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR sales.< (FUNCTION = sales.less, LEFTARG = int, RIGHTARG = numeric); ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree ADD OPERATOR 1 sales.< (int, numeric)",
        "past-the-grants object operator 1 (integer, numeric) of operator family integer_ops for access method btree: ",
      ),
    },
  },
  pg_amproc: {
    read: {
      "doctor/superuser-made.ts": alike(
        "amprocfamily amproclefttype amprocrighttype amprocnum amproc",
        "CREATE FUNCTION sales.compares(int, numeric) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0'; ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree ADD FUNCTION 1 (int4, numeric) sales.compares(int, numeric)",
        "past-the-grants object function 1 (integer, numeric) of operator family integer_ops for access method btree: ",
      ),
    },
  },
  pg_opfamily: "holds operator classes, which are read",
  pg_collation: "says how text is sorted; no code of anybody runs",
  pg_depend: "says what goes with what; it is read to know what belongs to an extension",
  pg_description: "words about objects of the database; none is believed",
  pg_enum: "values of a type",
  pg_range: "of a type; its functions are read where they stand",
  pg_partitioned_table: "how rows are spread; what is below is read in pg_inherits",
  pg_replication_origin:
    "where changes came from; what applies them is a subscription, or calls functions that are closed to PUBLIC",
  pg_seclabel:
    "nothing looks at a label without a provider, which is a library that is loaded: doctor says that it does not see those",
  pg_shseclabel:
    "nothing looks at a label without a provider, which is a library that is loaded: doctor says that it does not see those",
  pg_sequence: "how a sequence counts; its list is in pg_class",
  pg_statistic_ext_data: "samples of values, which the table's own list closes: an opened one is found as any other",
  pg_subscription_rel: "of a subscription, and each is found",
  pg_transform: {
    read: {
      "doctor/superuser-made.ts": alike(
        "trftype trflang trffromsql trftosql",
        "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))",
        "past-the-grants object transform for integer language sql",
      ),
    },
  },
  pg_ts_config: "how words are found in text; its owner is found as a stranger",
  pg_ts_config_map: "how words are found in text",
  pg_ts_dict: "how words are found in text; its owner is found as a stranger",
  pg_ts_parser: {
    read: {
      "doctor/superuser-made.ts": alike(
        "prsname prsnamespace prsstart prstoken prsend prsheadline prslextype",
        "CREATE TEXT SEARCH PARSER sales.spy (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
        "past-the-grants object text search parser sales.spy",
      ),
    },
  },
  pg_ts_template: {
    read: {
      "doctor/superuser-made.ts": alike(
        "tmplname tmplnamespace tmplinit tmpllexize",
        "CREATE TEXT SEARCH TEMPLATE sales.spy (LEXIZE = dsimple_lexize)",
        "past-the-grants object text search template sales.spy",
      ),
    },
  },
};
