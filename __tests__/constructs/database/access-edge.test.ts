import { AccessEdge, DatabaseAccess, Duration, GrantResult, IGrantee, WorkloadIdentity } from "../../../constructs";
import { Block, refusal, StackJson, synthesize } from "../../support/program";
import { World } from "../../support/world";

function granted(grant: (db: DatabaseAccess, web: WorkloadIdentity, world: World) => unknown): StackJson {
  return synthesize((app) => {
    const world = new World(app);
    const web = world.identity("web");
    grant(world.db, web, world);
  }).access;
}

/** The grants of the edge, without those of Vault's login, as people read them. */
function grantsOf(stack: StackJson): string[] {
  const roles = stack.resources("postgresql_role");
  const named = (role: unknown): string =>
    String(roles[/^\$\{postgresql_role\.([^.]+)\.name\}$/.exec(String(role))?.[1] as string].name);
  return ["postgresql_grant", "postgresql_default_privileges"]
    .flatMap((type) =>
      Object.entries(stack.resources(type))
        .filter(([id]) => !id.includes("_Leases_"))
        .map(([, g]): string => {
          const at = [g.schema, ...((g.objects ?? []) as string[]), ...((g.columns ?? []) as string[])].filter(Boolean);
          const future = type === "postgresql_grant" ? "" : ` in future, of ${String(g.owner)}`;
          const verbs = (g.privileges as string[]).join(",");
          return `${verbs} on ${String(g.object_type)} ${at.join(".")} to ${named(g.role)}${future}`.replace("  ", " ");
        }),
    )
    .sort();
}
const WEB = "eu_shop_web_shop";
const CONNECT = `CONNECT on database to ${WEB}`;
const USAGE = `USAGE on schema sales to ${WEB}`;

describe("minimal definition of an edge", () => {
  const stack = granted((db, web) => db.access(web));

  test("is a NOLOGIN group role that may connect, a database role and a policy", () => {
    expect(grantsOf(stack)).toEqual([CONNECT]);
    const group = Object.values(stack.resources("postgresql_role")).find(({ name }) => name === WEB);
    expect(group).toEqual({ name: WEB, login: false, skip_reassign_owned: true });
    expect(stack.only("vault_database_secret_backend_role")).toMatchInlineSnapshot(`
      {
        "backend": "database/main/shop",
        "creation_statements": [
          "SELECT lease.issue('{{name}}', '{{password}}', '{{expiration}}', 'eu_shop_web_shop')",
        ],
        "db_name": "postgresql",
        "default_ttl": 3600,
        "depends_on": [
          "postgresql_function.shop_eushopweb_Registration_89B293F9",
          "vault_database_secrets_mount.shop_Mount_4CFA46F1",
          "vault_generic_endpoint.shop_Mount_Rotateroot_9100325B",
        ],
        "max_ttl": 86400,
        "name": "eu.shop.web",
        "renew_statements": [
          "SELECT lease.renew('{{name}}', '{{expiration}}')",
        ],
        "revocation_statements": [
          "SELECT lease.close('{{name}}')",
          "COMMIT AND CHAIN",
          "SELECT lease.revoke('{{name}}')",
        ],
        "rollback_statements": [
          "SELECT lease.close('{{name}}')",
          "COMMIT AND CHAIN",
          "SELECT lease.revoke('{{name}}')",
        ],
      }
    `);
    expect(stack.only("vault_policy")).toMatchInlineSnapshot(`
           {
             "name": "leasehold_eu_shop_web_database.main.shop",
             "policy": "# eu/shop/web reads its own login to shop
           path "database/main/shop/creds/eu.shop.web" {
             capabilities = ["read"]
           }
           ",
           }
        `);
  });

  test("is one, however often it is asked for", () => {
    granted((db, web) => {
      const edge = db.access(web);
      expect(db.access({ grantee: web })).toBe(edge);
      expect(db.schema("s").table("t").grants.read(web).edges).toEqual([edge]);
      expect(db.edges).toEqual([edge]);
      expect(edge.credentialsPath).toBe("database/main/shop/creds/eu.shop.web");
      expect(db.credentialsPath(web)).toBe(edge.credentialsPath);
    });
  });
});

type Statement = (db: DatabaseAccess, web: IGrantee) => GrantResult | GrantResult[];
const sales = (db: DatabaseAccess) => db.schema("sales");
const VERBS: [string, Statement, string[]][] = [
  ["read", (db, web) => sales(db).table("t").grants.read(web), ["SELECT on table sales.t"]],
  ["insert", (db, web) => sales(db).table("t").grants.insert(web), ["INSERT on table sales.t"]],
  ["update", (db, web) => sales(db).table("t").grants.update(web), ["UPDATE on table sales.t"]],
  ["delete", (db, web) => sales(db).table("t").grants.delete(web), ["DELETE on table sales.t"]],
  [
    "readWrite",
    (db, web) => sales(db).table("t").grants.readWrite(web),
    ["DELETE,INSERT,SELECT,UPDATE on table sales.t"],
  ],
  ["custom", (db, web) => sales(db).table("t").grants.custom(["TRUNCATE"], web), ["TRUNCATE on table sales.t"]],
  [
    "columns, one resource per column and verb",
    (db, web) => [
      sales(db).table("t").columns("a", "b").grants.read(web),
      sales(db).table("t").columns("a").grants.insert(web),
      sales(db).table("t").columns("a").grants.update(web),
      sales(db).table("t").columns("a").grants.custom(["REFERENCES"], web),
    ],
    ["INSERT", "REFERENCES", "SELECT", "UPDATE"]
      .map((verb) => `${verb} on column sales.t.a`)
      .concat("SELECT on column sales.t.b"),
  ],
  [
    "columnsExcept",
    (db, web) =>
      sales(db)
        .table("t", { columns: ["a", "b", "ssn"] })
        .columnsExcept("ssn")
        .grants.read(web),
    ["SELECT on column sales.t.a", "SELECT on column sales.t.b"],
  ],
  [
    "sequence",
    (db, web) => [
      sales(db).sequence("n").grants.use(web),
      sales(db).sequence("n").grants.read(web),
      sales(db).sequence("m").grants.custom(["UPDATE"], web),
    ],
    ["SELECT,USAGE on sequence sales.n", "UPDATE on sequence sales.m"],
  ],
  [
    "function",
    (db, web) => sales(db).function("f(integer)").grants.execute(web),
    ["EXECUTE on function sales.f(integer)"],
  ],
];

describe("a grant", () => {
  test.each(VERBS)("%s", (_, statement, expected) => {
    const stack = granted((db, web) => statement(db, web));
    expect(grantsOf(stack)).toEqual([CONNECT, USAGE, ...expected.map((text) => `${text} to ${WEB}`)].sort());
  });

  test("on all tables or sequences of a schema goes to a role of its own, with those to come of the owner", () => {
    const stack = granted((db, web) => [
      sales(db).allTables().grants.read(web),
      sales(db).allSequences().grants.use(web),
    ]);
    const WIDE = "leasehold.all_eu_shop_web_shop";
    expect(grantsOf(stack)).toEqual(
      [
        ...[CONNECT, USAGE, `SELECT on table sales to ${WIDE}`, `USAGE on sequence sales to ${WIDE}`],
        `SELECT on table sales to ${WIDE} in future, of shop_owner`,
        `USAGE on sequence sales to ${WIDE} in future, of shop_owner`,
      ].sort(),
    );
    const roles = stack.resources("postgresql_role");
    const [wide] = Object.entries(roles).find(([, { name }]) => name === WIDE) as [string, Block];
    const group = Object.values(roles).find(({ name }) => name === WEB);
    expect(group?.roles).toEqual([`\${postgresql_role.${wide}.name}`]);
    expect(roles[wide]).toMatchObject({ login: false });
  });

  test("made twice is one: the union counts", () => {
    const once = granted((db, web) => sales(db).table("t").grants.readWrite(web));
    const twice = granted((db, web) => {
      sales(db).table("t").grants.read(web, web);
      sales(db).table("t").grants.readWrite(web);
      db.schema("sales").table("t").grants.delete(web);
    });
    expect(twice.text).toBe(once.text);
  });

  test("on a table holds its columns, in either order: no column grant of the same verb beside it", () => {
    const [a, b] = [false, true].map((tableFirst) =>
      granted((db, web) => {
        const table = sales(db).table("t");
        if (tableFirst) table.grants.read(web);
        table.columns("a").grants.read(web);
        table.columns("a").grants.update(web);
        if (!tableFirst) table.grants.read(web);
      }),
    );
    expect(grantsOf(a)).toEqual([
      ...[CONNECT, `SELECT on table sales.t to ${WEB}`, `UPDATE on column sales.t.a to ${WEB}`, USAGE],
    ]);
    expect(a.text).toBe(b.text);
  });

  test("on a table of one schema says nothing about a table of that name in another", () => {
    const stack = granted((db, web) => {
      db.schema("a").table("t").columns("c").grants.read(web);
      db.schema("b").table("t").grants.read(web);
    });
    expect(grantsOf(stack)).toContain(`SELECT on column a.t.c to ${WEB}`);
  });

  test("with names that PostgreSQL quotes and Terraform would interpolate reaches it as they are", () => {
    const stack = granted((db, web) => db.schema("my schema").table("${t}\"'%{x}").grants.read(web));
    const grant = Object.values(stack.resources("postgresql_grant")).find(({ object_type }) => object_type === "table");
    expect(grant).toMatchObject({ schema: "my schema", objects: ["$${t}\"'%%{x}"] });
  });

  test("on two tables whose names differ only in what an address cannot hold makes two resources", () => {
    const stack = granted((db, web) => {
      for (const name of ["a b", "a.b", "ab", "a-b", "a/b"]) sales(db).table(name).grants.read(web);
    });
    expect(grantsOf(stack).filter((text) => text.includes("on table"))).toHaveLength(5);
  });
});

describe("the options of an edge", () => {
  const roleOf = (stack: StackJson): Block => stack.only("vault_database_secret_backend_role");
  const registered = (stack: StackJson): string[] =>
    Object.values(stack.resources("postgresql_function"))
      .filter(({ language }) => language === "sql")
      .map(({ body }) => body as string);

  test("are what the identity asks for, else the database's, and may be overridden for one pair", () => {
    const times = (
      lease: { ttl?: number; maxTtl?: number },
      edge: { ttl?: number; maxTtl?: number } = {},
    ): unknown[] => {
      const of = (t: { ttl?: number; maxTtl?: number }) => ({
        ttl: t.ttl === undefined ? undefined : Duration.seconds(t.ttl),
        maxTtl: t.maxTtl === undefined ? undefined : Duration.seconds(t.maxTtl),
      });
      const stack = synthesize((app) => {
        const world = new World(app);
        world.db.access(world.identity("web", { lease: of(lease) }), { lease: of(edge) });
      }).access;
      return [roleOf(stack).default_ttl, roleOf(stack).max_ttl];
    };
    expect(times({})).toEqual([3600, 86_400]);
    expect(times({ ttl: 900 })).toEqual([900, 86_400]);
    expect(times({ maxTtl: 1800 })).toEqual([1800, 1800]);
    expect(times({ ttl: 900, maxTtl: 7200 }, { ttl: 60 })).toEqual([60, 7200]);
    expect(times({ ttl: 900 }, { maxTtl: 1200 })).toEqual([900, 1200]);
  });

  test("reach the lease functions: limits, maxTtl and the group's name", () => {
    const stack = granted((db, web) =>
      db.access(web, {
        groupRoleName: "adopted",
        connectionLimit: 3,
        maxLiveLeases: 7,
        lease: { ttl: Duration.minutes(1), maxTtl: Duration.minutes(2) },
      }),
    );
    expect(registered(stack)).toContain("SELECT 'adopted'::text, 120, 3, 7, NULL::text");
    expect(roleOf(stack).creation_statements).toEqual([
      "SELECT lease.issue('{{name}}', '{{password}}', '{{expiration}}', 'adopted')",
    ]);
    expect(grantsOf(stack)).toEqual(["CONNECT on database to adopted"]);
  });

  test("that are given twice with the same value do not conflict, also in two statements", () => {
    const stack = granted((db, web) => {
      db.access(web, { connectionLimit: 3 });
      db.access(web, { connectionLimit: 3, maxLiveLeases: 2 });
    });
    expect(registered(stack)).toEqual([expect.stringContaining("86400, 3, 2")]);
  });

  test("that give two identities one group role are refused as a finding, with both", () => {
    const error = refusal((app) => {
      const world = new World(app);
      for (const name of ["web", "api"]) world.db.access(world.identity(name), { groupRoleName: "same" });
    });
    expect(error.findings).toHaveLength(1);
  });
  test.each(["public", "none", "leasehold.vault_shop", "leasehold.estate_shop", "shop_owner"])(
    "that name the group role %s are refused as a finding",
    (groupRoleName) => {
      const error = refusal((app) => {
        const world = new World(app);
        world.db.access(world.identity("web"), { groupRoleName });
      });
      expect(error.findings).toHaveLength(1);
    },
  );
});

test("the L1s of an edge are reachable, and overrides reach the JSON", () => {
  const stack = granted((db, web) => {
    const edge: AccessEdge = db.access(web);
    edge.databaseRole.addOverride("default_ttl", 7);
    edge.groupRole.addOverride("connection_limit", 0);
    edge.policy.addOverride("policy", 'path "x" { capabilities = ["deny"] }');
  });
  expect(stack.only("vault_database_secret_backend_role").default_ttl).toBe(7);
  expect(stack.only("vault_policy").policy).toBe('path "x" { capabilities = ["deny"] }');
  expect(Object.values(stack.resources("postgresql_role")).find(({ name }) => name === WEB)?.connection_limit).toBe(0);
});

describe("sequences of serial columns", () => {
  const grants = (make: (world: World) => void): unknown[] => {
    const stacks = synthesize((app) => make(new World(app)), { skipValidation: true });
    return Object.values(stacks.access.resources("postgresql_grant"))
      .filter(({ object_type }) => object_type === "sequence")
      .map(({ objects, privileges, schema }) => ({ objects, privileges, schema }));
  };
  const USAGE = [{ objects: ["orders_id_seq"], privileges: ["USAGE"], schema: "sales" }];
  const orders = (world: World) => world.db.schema("sales").table("orders", { sequences: ["orders_id_seq"] });

  test("come with INSERT, on the table and on columns, and with nothing else", () => {
    expect(grants((world) => orders(world).grants.insert(world.identity("web")))).toEqual(USAGE);
    expect(grants((world) => orders(world).grants.readWrite(world.identity("web")))).toEqual(USAGE);
    expect(grants((world) => orders(world).columns("item").grants.insert(world.identity("web")))).toEqual(USAGE);
    expect(grants((world) => orders(world).grants.custom(["INSERT"], world.identity("web")))).toEqual(USAGE);
    expect(grants((world) => orders(world).grants.read(world.identity("web")))).toEqual([]);
    expect(grants((world) => world.db.schema("sales").table("orders").grants.insert(world.identity("web")))).toEqual(
      [],
    );
  });
});
