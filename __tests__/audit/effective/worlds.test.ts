import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { TerraformVariable } from "cdktf";
import { EFFECTIVE_CODES } from "../../../audit/effective/finding";
import { lines, only, Parts, proveWorld, SCHEMA, usual, WorldOptions } from "./world";

jest.setTimeout(5 * 60_000);

/** Every code that a world below was seen to have. */
const seen = new Set<string>();

async function findingsOf(options: WorldOptions): ReturnType<typeof proveWorld> {
  const result = await proveWorld(options);
  for (const { code } of result.findings) seen.add(code);
  return result;
}

const byHand =
  (sql: string): WorldOptions["tamper"] =>
  async (server, database) => {
    await server.asSuperuser(database, sql);
  };

describe("declared = effective", () => {
  test.each([14, 15, 16, 17, 18])("on PostgreSQL %s", async (majorVersion) => {
    const { findings, databases } = await proveWorld({ majorVersion });
    expect(lines(findings)).toEqual([]);
    // Something was read: an empty reading would be equal to nothing.
    expect(databases).toMatchObject([{ who: ["eu/shop/api", "eu/shop/reporting", "eu/shop/web"], objects: 14 }]);
    expect(databases[0].privileges).toBeGreaterThanOrEqual(17);
  });
});

test("a function by other names of its arguments' types is the same function", async () => {
  const { findings } = await proveWorld({
    schema: `${SCHEMA} CREATE FUNCTION sales.total(float, dec, varchar, varbit) RETURNS int LANGUAGE sql RETURN 1;
      CREATE FUNCTION sales.total(text) RETURNS int LANGUAGE sql RETURN 1`,
    program: (parts) => {
      usual(parts);
      parts.db.schema("sales").function("total(float, dec, varchar, varbit)").grants.execute(parts.identity("api"));
    },
  });
  expect(lines(findings)).toEqual([]);
});

describe("temporary tables", () => {
  const schema = `${SCHEMA}
    CREATE TEMPORARY TABLE staged (id integer);
    CREATE MATERIALIZED VIEW sales.countries AS SELECT country, count(*) FROM sales.customer GROUP BY country;
    CREATE UNIQUE INDEX ON sales.countries (country);
    REFRESH MATERIALIZED VIEW CONCURRENTLY sales.countries;
    CREATE PROCEDURE sales.stage() LANGUAGE sql SECURITY INVOKER AS 'CREATE TEMPORARY TABLE x ()'`;

  test("a migration has them, and so has an identity that was granted them", async () => {
    const { findings } = await proveWorld({
      schema,
      program: (parts) => {
        usual(parts);
        parts.db.grants.temporary(parts.identity("web"));
      },
    });
    expect(lines(findings)).toEqual([]);
  });

  test("and nobody else", async () => {
    const { findings } = await findingsOf({
      schema,
      tamper: byHand("GRANT TEMPORARY ON DATABASE shop TO eu_shop_web_shop"),
    });
    expect(lines(findings)).toEqual(["direct-privilege | web | database shop | TEMPORARY"]);
  });
});

describe("a broken world, and why", () => {
  test("a migration that grants to PUBLIC, on a table, a column and a function", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} GRANT SELECT ON sales.customer TO PUBLIC; GRANT UPDATE (email) ON sales.customer TO PUBLIC;
        GRANT EXECUTE ON FUNCTION sales.turnover TO PUBLIC; GRANT SELECT ON staff.member TO PUBLIC`,
    });
    expect(lines(findings)).toEqual([
      "public-privilege | api+reporting+web | sales.customer(email) | UPDATE",
      "public-privilege | reporting+web | function sales.turnover(bigint) | EXECUTE",
      "public-privilege | api+reporting+web | sales.customer | SELECT",
      // Its schema is closed to them: to be looked at, and no leak yet.
      "public-privilege | reporting+web | staff.member | SELECT",
    ]);
    expect(findings[2]).toMatchObject({
      severity: "error",
      why: "through PUBLIC, to which it is granted",
      fix: "REVOKE SELECT ON TABLE sales.customer FROM PUBLIC; grant it to who needs it",
    });
    expect(findings[3]).toMatchObject({ severity: "warning" });
    expect(findings[3].effective).toContain("as soon as it gets USAGE on schema staff");
  });

  test("a grant to a group in a migration, with the right to hand it on", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} GRANT DELETE ON sales.wizard TO eu_shop_web_shop WITH GRANT OPTION`,
    });
    expect(lines(findings)).toEqual([
      "direct-privilege | web | sales.wizard | DELETE",
      "grant-option | web | sales.wizard | DELETE",
    ]);
    expect(findings[0].why).toBe("granted to role eu_shop_web_shop");
  });

  test("a resource of the program's own that the graph does not explain", async () => {
    const { findings } = await findingsOf({
      program: (parts) => {
        usual(parts);
        new Grant(parts.stack, "raw", {
          ...{ database: "shop", role: "public", objectType: "table", schema: "sales" },
          ...{ objects: ["customer"], privileges: ["DELETE"] },
        });
      },
    });
    expect(lines(findings)).toEqual(["public-privilege | api+reporting+web | sales.customer | DELETE"]);
  });

  test("SECURITY DEFINER functions: one that may be called, and one that a trigger runs", async () => {
    const { findings } = await findingsOf({
      program: (parts) => {
        usual(parts);
        parts.db.schema("sales").table("wizard").grants.insert(parts.identity("web"));
        parts.db.schema("sales").function("peek").grants.execute(parts.identity("reporting"));
      },
      schema: `${SCHEMA} CREATE FUNCTION sales.peek() RETURNS SETOF sales.customer LANGUAGE sql SECURITY DEFINER
          BEGIN ATOMIC SELECT * FROM sales.customer; END;
        CREATE FUNCTION sales.audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER audit AFTER INSERT ON sales.wizard EXECUTE FUNCTION sales.audit()`,
    });
    expect(lines(findings)).toEqual([
      "definer-function | web | function sales.audit() | EXECUTE",
      "definer-function | reporting | function sales.peek() | EXECUTE",
    ]);
    expect(findings[0].why).toContain("a trigger on sales.wizard runs it");
    expect(findings[1]).toMatchObject({ severity: "warning", effective: "runs as shop_owner" });
  });

  test("rows that are read through what stands above or beside: a catalog, a table with policies, a table that inherits", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} CREATE VIEW sales.settings AS SELECT * FROM pg_authid; CREATE TABLE staff.paid (id integer NOT NULL, name text);
        ALTER TABLE sales.wizard ENABLE ROW LEVEL SECURITY; CREATE VIEW sales.all_wizards AS SELECT * FROM sales.wizard;
        ALTER TABLE staff.paid INHERIT sales.wizard; GRANT SELECT ON sales.settings, sales.all_wizards TO eu_shop_web_shop;
        CREATE VIEW sales.passwords AS SELECT * FROM pg_authid; CREATE VIEW sales.through AS SELECT * FROM sales.passwords;
        GRANT SELECT ON sales.passwords, sales.through TO eu_shop_web_shop`,
      // What its owner may not read, the view shows to nobody: neither sales.passwords nor what stands above it is one.
      tamper: byHand(`ALTER VIEW sales.settings OWNER TO postgres`),
    });
    expect(lines(findings).filter((line) => !line.startsWith("direct-privilege"))).toEqual([
      "owner-rights-view | web | sales.all_wizards | ",
      "owner-rights-view | web | sales.settings | ",
      "inherited-rows | web | sales.wizard | ",
    ]);
    expect(only(findings, "owner-rights-view").map(({ effective }) => effective)).toEqual([
      "reads sales.wizard past its policies through it",
      "reads pg_catalog.pg_authid through it",
    ]);
  });

  test("nobody is told to give what is PostgreSQL's to another owner", async () => {
    const { findings } = await findingsOf({ tamper: byHand("GRANT postgres TO eu_shop_web_shop") });
    const wrong = findings.filter(({ fix }) =>
      /^ALTER (LANGUAGE|TABLESPACE|\w+ pg_|\w+ information_schema).*OWNER/.test(fix),
    );
    expect(only(findings, "owner-privilege").length).toBeGreaterThan(100);
    expect(wrong.map(({ fix }) => fix).slice(0, 5)).toEqual([]);
  });

  test("a SECURITY DEFINER function of a superuser", async () => {
    const { findings } = await findingsOf({
      tamper: byHand(`CREATE FUNCTION sales.root() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1`),
    });
    expect(only(findings, "definer-function")).toMatchObject([
      {
        severity: "error",
        effective: "runs as postgres, a superuser",
        who: ["eu/shop/api", "eu/shop/reporting", "eu/shop/web"],
      },
    ]);
  });

  test("views that read with their owner's rights, through each other, too", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} CREATE VIEW staff.mails AS SELECT c.id, c.email FROM sales.customer c;
        CREATE VIEW staff.careful WITH (security_invoker) AS SELECT * FROM sales.customer;
        CREATE VIEW staff.through AS SELECT id FROM staff.careful;
        CREATE VIEW staff.own AS SELECT name FROM staff.member;
        CREATE MATERIALIZED VIEW staff.copied AS SELECT country FROM sales.customer`,
    });
    expect(lines(findings)).toEqual([
      "owner-rights-view | api | staff.copied | ",
      "owner-rights-view | api | staff.mails | ",
      "owner-rights-view | api | staff.through | ",
    ]);
    expect(findings[1]).toMatchObject({
      effective: "reads sales.customer(email, id) through it",
      why: "the view reads with the rights of its owner, shop_owner",
    });
  });

  test("default privileges to PUBLIC, and those that were taken away", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO PUBLIC;
        ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC`,
      tamper: byHand(
        `ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA staff REVOKE ALL ON TABLES FROM "leasehold.all_eu_shop_api_shop"`,
      ),
    });
    expect(lines(findings)).toEqual([
      "default-privilege | api+reporting+web | schema public | EXECUTE",
      "default-privilege | api+reporting+web | schema sales | EXECUTE",
      "default-privilege | api+reporting+web | schema sales | SELECT",
      "default-privilege | api+reporting+web | schema staff | EXECUTE",
      "default-privilege-missing | api | schema staff | SELECT",
    ]);
    expect(findings[2].effective).toBe("SELECT on every table that shop_owner makes in sales");
  });

  test("a group that was made a member of other roles by hand", async () => {
    const { findings } = await findingsOf({
      tamper: byHand(`CREATE ROLE other; GRANT SELECT ON sales.customer TO other; GRANT other TO eu_shop_reporting_shop;
        GRANT pg_read_all_data TO eu_shop_web_shop`),
    });
    expect(only(findings, "extra-membership")).toMatchObject([
      {
        who: ["eu/shop/reporting"],
        effective: "member of other",
        why: "eu_shop_reporting_shop → other; its privileges count",
      },
      {
        who: ["eu/shop/web"],
        effective: "member of pg_read_all_data",
        fix: "REVOKE pg_read_all_data FROM eu_shop_web_shop",
      },
    ]);
    expect(lines(only(findings, "inherited-privilege"))).toEqual([
      "inherited-privilege | reporting | sales.customer | SELECT",
    ]);
    expect(only(findings, "inherited-privilege")[0].why).toBe("granted to role other (eu_shop_reporting_shop → other)");
    expect(lines(only(findings, "power-privilege"))).toContain("power-privilege | web | staff.member | SELECT");
  });

  test("a rule of a migration that copies what is written, and a publication of its own", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} CREATE TABLE sales.copies (LIKE sales.customer);
        CREATE RULE leak AS ON INSERT TO sales.customer DO ALSO INSERT INTO sales.copies VALUES (new.*);
        CREATE PUBLICATION leak FOR TABLE sales.customer`,
    });
    expect(lines(findings)).toEqual([
      "past-the-grants |  | publication leak | ",
      "past-the-grants |  | rule sales.customer: leak | ",
    ]);
  });

  test("a login in a group of ours, and a superuser, that somebody made by hand", async () => {
    const { findings } = await findingsOf({
      tamper: byHand(
        `CREATE ROLE evil LOGIN PASSWORD 'e' IN ROLE eu_shop_web_shop, shop_owner; CREATE ROLE root2 LOGIN SUPERUSER`,
      ),
    });
    expect(lines(findings)).toEqual([
      "unknown-member | evil | membership evil in eu_shop_web_shop | ",
      "unknown-member | evil | membership evil in shop_owner | ",
      "unknown-power | root2 | attribute SUPERUSER of root2 | ",
    ]);
  });

  test("an owner who changed, and a group that owns", async () => {
    const { findings } = await findingsOf({
      tamper: byHand(
        `CREATE ROLE boss; ALTER TABLE staff.member OWNER TO boss; ALTER SEQUENCE sales.order_number OWNER TO eu_shop_web_shop`,
      ),
    });
    expect(lines(findings)).toEqual([
      "owner-privilege | web | sequence sales.order_number | USAGE,SELECT,UPDATE",
      "stranger | boss | role boss | ",
      "object-owner | api | staff.member | ",
    ]);
    expect(only(findings, "object-owner")[0].effective).toBe("owned by boss");
  });

  test("attributes of a login, and policies that do not bind it", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} ALTER TABLE staff.member ENABLE ROW LEVEL SECURITY`,
      tamper: async (server, database, logins) => {
        await server.asSuperuser(database, `ALTER ROLE "${logins.get("eu/shop/api")}" BYPASSRLS CREATEDB`);
      },
    });
    expect(lines(findings)).toEqual([
      "role-attribute | api | attribute CREATEDB, BYPASSRLS of eu/shop/api | ",
      "row-security-bypass | api | staff.member | ",
    ]);
    expect(findings[0].effective).toBe("its login has CREATEDB, BYPASSRLS");
  });

  test("a group with an attribute gets no login, and is looked at all the same", async () => {
    const { findings } = await findingsOf({ prepare: "ALTER ROLE eu_shop_web_shop BYPASSRLS" });
    expect(lines(findings)).toEqual([
      "role-attribute | web | attribute BYPASSRLS of eu/shop/web | ",
      "login-refused | web | - | ",
      "own-role-attribute | eu_shop_web_shop | attribute BYPASSRLS of eu_shop_web_shop | ",
    ]);
    expect(only(findings, "login-refused")[0].why).toContain("can log in or has attributes of power");
  });

  test("what a cluster has beside tables: parameters, catalogs, schemas, other databases, large objects", async () => {
    const { findings } = await findingsOf({
      tamper:
        byHand(`GRANT SET ON PARAMETER track_counts TO PUBLIC; GRANT SELECT (rolpassword) ON pg_authid TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC;
        GRANT CONNECT ON DATABASE postgres TO PUBLIC; SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC; GRANT USAGE ON SCHEMA lease TO PUBLIC;
        CREATE FOREIGN DATA WRAPPER wrapper; GRANT USAGE ON FOREIGN DATA WRAPPER wrapper TO eu_shop_web_shop; CREATE SERVER far FOREIGN DATA WRAPPER wrapper;
        GRANT USAGE ON FOREIGN SERVER far TO eu_shop_web_shop; CREATE TYPE sales.mood AS ENUM (); GRANT USAGE ON TYPE sales.mood TO eu_shop_web_shop;
        CREATE TRUSTED LANGUAGE plx HANDLER plpgsql_call_handler; GRANT CREATE ON TABLESPACE pg_default TO eu_shop_web_shop`),
    });
    const everybody = "api+reporting+web+leasehold.estate_shop+leasehold.vault_shop";
    expect(lines(findings).sort()).toEqual(
      [
        `public-privilege | ${everybody} | pg_catalog.pg_authid(rolpassword) | SELECT`,
        `public-privilege | ${everybody} | database postgres | CONNECT`,
        `public-privilege | ${everybody} | large object 4711 | SELECT`,
        `public-privilege | ${everybody} | parameter track_counts | SET`,
        `public-privilege | api+reporting+web+leasehold.estate_shop | schema lease | USAGE`,
        `public-privilege | ${everybody} | schema public | CREATE`,
        "direct-privilege | web | foreign server far | USAGE",
        "direct-privilege | web | foreign-data wrapper wrapper | USAGE",
        `public-privilege | ${everybody} | language plx | USAGE`,
        "direct-privilege | web | tablespace pg_default | CREATE",
        "direct-privilege | web | type sales.mood | USAGE",
        "lease-functions-differ |  | schema lease | ",
        "past-the-grants |  | foreign server far | ",
        "past-the-grants |  | foreign-data wrapper wrapper | ",
        "past-the-grants |  | language plx | ",
      ].sort(),
    );
  });

  test("an extension's functions are one matter, which can be accepted; its tables and views are not", async () => {
    const { findings } = await findingsOf({
      prepare: "CREATE EXTENSION pgcrypto; CREATE EXTENSION pg_stat_statements; CREATE EXTENSION dblink",
    });
    const everybody = "api+reporting+web+leasehold.estate_shop+leasehold.vault_shop";
    expect(lines(findings)).toEqual([
      `public-privilege | ${everybody} | public.pg_stat_statements | SELECT`,
      `public-privilege | ${everybody} | public.pg_stat_statements_info | SELECT`,
      ...["dblink", "pg_stat_statements", "pgcrypto"].map(
        (name) => `public-privilege | ${everybody} | function public.* of extension ${name} | EXECUTE`,
      ),
    ]);
    expect(findings.map(({ severity }) => severity)).toEqual(["error", "error", "warning", "warning", "warning"]);
  });

  test("schema files that do not have what the program names", async () => {
    const { findings } = await findingsOf({
      schema: SCHEMA.replace("sales.wizard", 'sales."Wizard"')
        .replace("country text,", "")
        .replace("CREATE SCHEMA staff;", "")
        .replace("staff.member", "sales.member"),
    });
    expect(lines(findings)).toEqual([
      "object-missing | reporting | sales.customer(country) | SELECT",
      "object-missing | api | schema staff | USAGE",
      "object-missing | web | sales.wizard | SELECT",
      "object-missing | api | staff | SELECT",
    ]);
    expect(findings[0].declared).toMatch(
      /^SELECT on sales\.customer\(country\), granted at __tests__\/audit\/effective\/world\.ts:\d+$/,
    );
  });

  test("two functions of one name, of which the grant names neither", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} CREATE FUNCTION sales.turnover() RETURNS int LANGUAGE sql RETURN 1`,
    });
    expect(lines(findings)).toEqual(["object-ambiguous | api | function sales.turnover | EXECUTE"]);
  });

  test("a privilege and a membership taken away by hand", async () => {
    const { findings } = await findingsOf({
      tamper:
        byHand(`REVOKE SELECT ON sales.wizard FROM eu_shop_web_shop; REVOKE USAGE ON SCHEMA sales FROM eu_shop_reporting_shop;
        REVOKE "leasehold.all_eu_shop_api_shop" FROM eu_shop_api_shop GRANTED BY leasehold_admin`),
    });
    expect(lines(findings)).toEqual([
      "default-privilege-missing | api | schema staff | SELECT",
      "membership-missing | api | membership eu/shop/api in leasehold.all_eu_shop_api_shop | ",
      "privilege-missing | reporting | schema sales | USAGE",
      "privilege-missing | web | sales.wizard | SELECT",
      "privilege-missing | api | staff.member | SELECT",
    ]);
  });

  test("grants on columns that the provider does not read back", async () => {
    const { findings } = await findingsOf({
      schema: `${SCHEMA} CREATE VIEW sales.wizards AS SELECT * FROM sales.wizard;
        CREATE TABLE sales.event (id integer, at date) PARTITION BY RANGE (at);
        CREATE TABLE sales.event_1 PARTITION OF sales.event DEFAULT`,
      program: (parts) => {
        usual(parts);
        const web = parts.identity("web");
        const sales = parts.db.schema("sales");
        for (const [table, column] of [
          ["wizards", "name"],
          ["event", "id"],
          ["event_1", "id"],
        ])
          sales.table(table).columns(column).grants.read(web);
        sales.view("wizards").grants.read(web);
      },
    });
    expect(only(findings, "block-failed").map(({ why }) => /are those of ([a-z ]+):/.exec(why)?.[1])).toEqual([
      "a partitioned table",
    ]);
  });

  test("blocks that are refused, that cannot be read, and probes that cannot be made", async () => {
    const { findings } = await findingsOf({
      program: (parts: Parts) => {
        usual(parts);
        const common = { database: "shop", objectType: "table", schema: "sales", privileges: ["SELECT"] };
        new Grant(parts.stack, "nobody", { ...common, role: "nobody", objects: ["customer"] });
        const variable = new TerraformVariable(parts.stack, "who", { type: "string" });
        new Grant(parts.stack, "somebody", { ...common, role: variable.stringValue, objects: ["customer"] });
      },
      prepare: `CREATE FUNCTION public.never() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no sequences here'; END $$;
        CREATE EVENT TRIGGER never ON ddl_command_start WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION public.never()`,
      schema: SCHEMA.replace("CREATE SEQUENCE sales.order_number;", ""),
    });
    expect(only(findings, "block-failed")[0]).toMatchObject({ declared: "postgresql_grant.nobody", severity: "error" });
    expect(only(findings, "block-failed")[0].why).toContain("nobody");
    expect(only(findings, "block-not-applied")).toMatchObject([
      { declared: "postgresql_grant.somebody", why: "it reads var.who" },
    ]);
    expect(only(findings, "not-probed").map(({ why }) => why)).toEqual(Array(3).fill("no sequences here"));
    // The superuser's own function, which prepare left to PUBLIC.
    expect(lines(only(findings, "public-privilege"))[0]).toContain("function public.never() | EXECUTE");
  });

  test("a database that was there before: PUBLIC has what PostgreSQL gives it", async () => {
    const { findings, notProved } = await findingsOf({ existing: true });
    expect(lines(findings)).toEqual([
      "public-privilege | api+reporting+web+leasehold.vault_shop | database shop | TEMPORARY",
      "public-privilege | leasehold.estate_shop | database shop | CONNECT,TEMPORARY",
      "public-privilege | reporting+web | function sales.turnover(bigint) | EXECUTE",
      "default-privilege | api+reporting+web | schema public | EXECUTE",
      "default-privilege | api+reporting+web | schema sales | EXECUTE",
      "default-privilege | api+reporting+web | schema staff | EXECUTE",
    ]);
    expect(findings[2].why).toBe("through PUBLIC, to which PostgreSQL gives it when such an object is made");
    expect(notProved[0]).toContain("the program does not make it");
  });

  test("the same, closed by its DBA", async () => {
    const { findings } = await findingsOf({
      existing: true,
      prepare: `REVOKE ALL ON DATABASE shop FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    });
    expect(lines(findings)).toEqual([]);
  });

  test("every code was found at least once", () => {
    expect(EFFECTIVE_CODES.filter((code) => !seen.has(code))).toEqual([]);
  });
});
