import {
  Credential,
  DatabaseAccess,
  Duration,
  KnownRights,
  PostgresDatabase,
  PostgresInstance,
  Privilege,
  WorkloadIdentity,
} from "../../../constructs";
import { here } from "../../support/here";
import { Mistake, refused, warned } from "../../support/mistakes";

const PATH =
  "is not a path of lower-case letters, digits, '_' and '-', parts divided by single '/', without one at either end";

/** A table, a grantee, and a workload that takes the credential: nothing else is wrong with the program. */
const REFUSED: Mistake[] = [
  {
    title: "a schema without a name",
    code: "object-name",
    message: 'schema "" is empty',
    fix: "name it as PostgreSQL has it, without quotes",
    path: "access/shop",
    make: ({ db }, at) => {
      at(here(1));
      db.schema("");
    },
  },
  {
    title: "a table that the provider would take for a function",
    code: "object-name",
    message: "table \"f(a\" holds '(', which the postgresql provider takes for a function's arguments",
    fix: "name it as PostgreSQL has it, without quotes",
    path: "access/shop",
    make: ({ db }, at) => {
      const sales = db.schema("sales");
      at(here(1));
      sales.table("f(a");
    },
  },
  {
    title: "a name that PostgreSQL would cut",
    code: "object-name",
    message: `sequence "${"s".repeat(64)}" is 64 bytes long: PostgreSQL cuts names at 63 bytes, and two long names could meet`,
    fix: "name it as PostgreSQL has it, without quotes",
    path: "access/shop",
    make: ({ db }, at) => {
      const sales = db.schema("sales");
      at(here(1));
      sales.sequence("s".repeat(64));
    },
  },
  {
    title: "a group role that would end a statement of Vault",
    code: "object-name",
    message:
      "group role \"a;b\" holds one of ; ' \" \\ % ? # / & @ {{ }}, which Vault's statements or the providers' URLs cannot carry",
    fix: "choose a plain name of at most 63 bytes",
    path: "access/shop/eu.shop.web",
    make: (world, at) => {
      const web = world.identity("web");
      at(here(1));
      world.db.access(web, { groupRoleName: "a;b" });
    },
  },
  {
    title: "a column with a line break",
    code: "object-name",
    message: 'column "a\\nb" holds a control character or a lone surrogate',
    fix: "name it as PostgreSQL has it, without quotes",
    path: "access/shop",
    make: ({ db }, at) => {
      const table = db.schema("sales").table("wizard");
      at(here(1));
      table.columns("a\nb");
    },
  },
  {
    title: "a database of PostgreSQL's own name",
    code: "database-name",
    message: 'database "pg_shop" starts with pg_, which PostgreSQL keeps for itself',
    fix: "choose a plain name of at most 63 bytes",
    path: "servers/pg_shop",
    make: ({ servers, instance }, at) => {
      at(here(1));
      PostgresDatabase.fromDatabaseName(servers, "pg_shop", { instance, owner: "shop_owner" });
    },
  },
  ...(
    [
      [{ version: 2 }, "have version 2, and this Leasehold reads version 1"],
      [{ database: "ledger" }, 'are of the database "ledger"'],
      [{ lookedUp: "yesterday" }, 'were looked up at "yesterday", which is not a day such as "2026-05-01"'],
      [{ lookedUp: "2026-02-30" }, 'were looked up at "2026-02-30", which is not a day such as "2026-05-01"'],
      [
        { rights: [{ who: "PUBLIC", privilege: "SELECT", kind: "schema", schema: "s" }] },
        'hold an entry 1 that has a privilege that a schema does not have, "SELECT": {"who":"PUBLIC","privilege":"SELECT","kind":"schema","schema":"s"}',
      ],
      [
        { rights: [{ who: "PUBLIC", privilege: "SELECT", kind: "table", schema: "s" }] },
        'hold an entry 1 that has no `name`: {"who":"PUBLIC","privilege":"SELECT","kind":"table","schema":"s"}',
      ],
      [
        { rights: [{ who: "PUBLIC", privilege: "SELECT", kind: "toString" }] },
        'hold an entry 1 that has an unknown kind "toString": {"who":"PUBLIC","privilege":"SELECT","kind":"toString"}',
      ],
    ] as const
  ).map(([wrong, why]): Mistake => ({
    title: `rights that were looked up and ${why}`,
    code: "known-rights",
    message: `the known rights of the database "old" ${why}`,
    fix: "look them up again: leasehold preflight --rights --database old > rights.json",
    path: "servers/old",
    make: ({ servers, instance }, at) => {
      const knownRights: KnownRights = {
        version: 1,
        database: "old",
        lookedUp: "2026-05-01",
        rights: [],
        ...wrong,
      } as KnownRights;
      at(here(1));
      PostgresDatabase.fromDatabaseName(servers, "old", { instance, owner: "old_owner", knownRights });
    },
  })),
  {
    title: "an owner that is the admin",
    code: "database-name",
    message: 'owner "leasehold_admin" is the admin\'s own login, which is there already',
    fix: "choose another `owner`, or leave it out: migrations and Terraform have rights of their own",
    path: "servers/new",
    make: ({ servers, instance }, at) => {
      at(here(1));
      new PostgresDatabase(servers, "new", { instance, owner: instance.admin.username });
    },
  },
  {
    title: "one owner role of two databases",
    code: "database-duplicate",
    message: "owner role main/both is made 2 times: servers/new, servers/other",
    fix: "give each database an `owner` of its own: a role is made once, and with one database it would be dropped for both",
    path: "servers/new",
    make: ({ servers, instance }, at) => {
      at(here(1));
      new PostgresDatabase(servers, "new", { instance, owner: "both" });
      at(here(1));
      new PostgresDatabase(servers, "other", { instance, owner: "both" });
    },
  },
  {
    title: "one database that is made twice",
    code: "database-duplicate",
    message: "database main/twice is made 2 times: servers/new, servers/other",
    fix: "make it once, and pass it to whoever needs it",
    path: "servers/new",
    make: ({ servers, instance }, at) => {
      at(here(1));
      new PostgresDatabase(servers, "new", { instance, databaseName: "twice", owner: "one" });
      at(here(1));
      new PostgresDatabase(servers, "other", { instance, databaseName: "twice", owner: "two" });
    },
  },
  {
    title: "the server's own database",
    code: "database-name",
    message:
      'database "postgres" is the server\'s own: tools connect to it, new databases are copied from it, and an apply cannot make it',
    fix: "choose a plain name of at most 63 bytes",
    path: "servers/postgres",
    make: ({ servers, instance }, at) => {
      at(here(1));
      new PostgresDatabase(servers, "postgres", { instance });
    },
  },
  ...(
    [
      ["pg_catalog", "PostgreSQL's own: only a superuser may grant in it, and everybody reads it already"],
      ["information_schema", "PostgreSQL's own: only a superuser may grant in it, and everybody reads it already"],
      ["lease", "Leasehold's own: who may execute its functions can make and end logins"],
    ] as const
  ).map(([schema, why]): Mistake => ({
    title: `a grant in the schema ${schema}`,
    code: "object-name",
    message: `schema "${schema}" is ${why}`,
    fix: "name it as PostgreSQL has it, without quotes",
    path: "access/shop",
    make: ({ db }, at) => {
      at(here(1));
      db.schema(schema);
    },
  })),
  {
    title: "an owner with quotes",
    code: "database-name",
    message:
      "owner \"o'x\" holds one of ; ' \" \\ % ? # / & @ {{ }}, which Vault's statements or the providers' URLs cannot carry",
    fix: "choose a plain name of at most 63 bytes",
    path: "servers/new",
    make: ({ servers, instance }, at) => {
      at(here(1));
      new PostgresDatabase(servers, "new", { instance, owner: "o'x" });
    },
  },
  {
    title: "one database with two accesses",
    code: "database-duplicate",
    message: "database shop on main has 2 DatabaseAccess constructs: access/again, access/first",
    fix: "make one DatabaseAccess per database: both would install the same schema `lease`",
    path: "access/again",
    make: ({ access, database }, at) => {
      const second = here(3);
      at(here(3)); // prettier-ignore
      const mountPath = "database/again";
      new DatabaseAccess(access, "first", { database });
      new DatabaseAccess(access, "again", { database, mountPath });
      at(second);
    },
  },
  {
    title: "a mount path that Vault would fold",
    code: "mount-path",
    message: `mount path "database/Shop" ${PATH}`,
    fix: "give `mountPath` such a path",
    path: "access/shop",
    make: ({ access, database }, at) => {
      at(here(1));
      new DatabaseAccess(access, "shop", { database, mountPath: "database/Shop" });
    },
  },
  {
    title: "a mount below another one",
    code: "mount-overlap",
    message: "mounts database/main/shop and database/main/shop/more overlap, which Vault refuses",
    fix: "give one of them another `mountPath`",
    path: "access/shop",
    make: (world, at) => {
      const { access, database } = world;
      const more = world.databaseOf("more");
      at(here(1));
      new DatabaseAccess(access, "shop", { database });
      at(here(1));
      new DatabaseAccess(world.second(more, "second"), "more", {
        database: more,
        mountPath: "database/main/shop/more",
      });
    },
  },
  {
    title: "CREATE on a table",
    code: "privilege-unknown",
    message: "CREATE cannot be granted on a table",
    fix: "choose among SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER; what makes objects is a DatabaseMigration",
    path: "access/shop",
    make: (world, at) => {
      const { grants } = world.db.schema("sales").table("wizard");
      const web = world.identity("web");
      at(here(1));
      grants.custom(["SELECT", "CREATE" as Privilege], web);
    },
  },
  {
    title: "no privilege at all",
    code: "privilege-unknown",
    message: "no privilege is named for a column",
    fix: "choose among SELECT, INSERT, UPDATE, REFERENCES",
    path: "access/shop",
    make: (world, at) => {
      const { grants } = world.db.schema("sales").table("wizard").columns("id");
      const web = world.identity("web");
      at(here(1));
      grants.custom([], web);
    },
  },
  {
    title: "a grant to nobody",
    code: "grant-empty",
    message: "a grant of SELECT names nobody",
    fix: "name at least one identity",
    path: "access/shop",
    make: ({ db }, at) => {
      const { grants } = db.schema("sales").table("wizard");
      at(here(1));
      grants.read();
    },
  },
  {
    title: "no columns",
    code: "grant-empty",
    message: "no column of sales.wizard is named",
    fix: "name columns, or grant on the table",
    path: "access/shop",
    make: ({ db }, at) => {
      const table = db.schema("sales").table("wizard");
      at(here(1));
      table.columns();
    },
  },
  {
    title: "a misspelt column",
    code: "column-undeclared",
    message: 'column "contry" is not among the declared columns of sales.customer: id, country',
    fix: "correct the name, or declare the column",
    path: "access/shop",
    make: ({ db }, at) => {
      const table = db.schema("sales").table("customer", { columns: ["id", "country"] });
      at(here(1));
      table.columns("contry");
    },
  },
  {
    title: "columns of a view, which every plan would grant anew",
    code: "column-grant",
    message:
      "columns of sales.wizards, a view: the postgresql provider cannot read such a grant back, and every plan would make it anew",
    fix: "make a view of these columns in a migration, and grant on it as a whole: schema.view(name).grants",
    path: "access/shop",
    make: ({ db }, at) => {
      const view = db.schema("sales").view("wizards");
      at(here(1));
      view.columns("name");
    },
  },
  {
    title: "columns of a partitioned table",
    code: "column-grant",
    message:
      "columns of sales.event, a partitioned table: the postgresql provider cannot read such a grant back, and every plan would make it anew",
    fix: "make a view of these columns in a migration, and grant on it as a whole: schema.view(name).grants",
    path: "access/shop",
    make: ({ db }, at) => {
      const table = db.schema("sales").table("event", { kind: "partitioned table", columns: ["id", "at"] });
      at(here(1));
      table.columnsExcept("at");
    },
  },
  {
    title: "a write to what only REFRESH fills",
    code: "privilege-unknown",
    message:
      "INSERT, UPDATE, DELETE on the materialized view sales.totals would allow nothing: it is filled by REFRESH alone",
    fix: "grant `read`; its owner refreshes it, as a migration does",
    path: "access/shop",
    make: (world, at) => {
      const web = world.identity("web");
      const totals = world.db.schema("sales").materializedView("totals");
      at(here(1));
      totals.grants.readWrite(web);
    },
  },
  {
    title: "every column but a misspelt one",
    code: "column-undeclared",
    message: 'column "snn" is not among the declared columns of sales.customer',
    fix: "correct the name, or declare the column",
    path: "access/shop",
    make: ({ db }, at) => {
      const table = db.schema("sales").table("customer", { columns: ["id", "ssn"] });
      at(here(1));
      table.columnsExcept("snn");
    },
  },
  {
    title: "an option given two values",
    code: "option-conflict",
    message: 'lease of eu/shop/web is given twice: {"ttl":900} and {"ttl":1800}',
    fix: "keep one of the two statements",
    path: "access/shop/eu.shop.web",
    make: (world, at) => {
      const web = world.identity("web");
      at(here(1));
      world.db.access(web, { lease: { ttl: Duration.minutes(15) } });
      at(here(1));
      world.db.access(web, { lease: { ttl: Duration.minutes(30) } });
    },
  },
  {
    title: "limits of a database that do not rise",
    code: "lease-ttl",
    message: "lease ttl 1h, maxTtl 48h and cap 24h are not in rising order",
    fix: "choose ttl <= maxTtl <= cap",
    path: "access/shop",
    make: ({ access, database }, at) => {
      const lease = { maxTtl: Duration.hours(48) };
      at(here(1));
      new DatabaseAccess(access, "shop", { database, lease });
    },
  },
  {
    title: "a lease beyond the cap",
    code: "lease-ttl",
    message: "lease maxTtl 48h of eu/shop/web is longer than the cap 24h of database/main/shop",
    fix: "ask for less, or raise `lease.cap` of the DatabaseAccess",
    path: "access/shop/eu.shop.web",
    make: (world, at) => {
      const web = world.identity("web", { lease: { maxTtl: Duration.hours(48) } });
      at(here(1));
      world.db.access(web);
    },
  },
  {
    title: "a lease whose ttl is longer than its maxTtl, of an identity that is granted nothing yet",
    code: "lease-ttl",
    message: "lease ttl 2h of eu/shop/web is longer than its maxTtl 1h",
    fix: "choose ttl <= maxTtl",
    path: "who/web",
    make: (world, at) => {
      const lease = { ttl: Duration.hours(2), maxTtl: Duration.hours(1) };
      at(here(1));
      new WorkloadIdentity(world.config, "web", { cluster: world.cluster, namespace: "shop", lease });
    },
  },
  {
    title: "a lease whose ttl is longer than its maxTtl",
    code: "lease-ttl",
    message: "lease ttl 2h of eu/shop/web is longer than its maxTtl 1h",
    fix: "choose ttl <= maxTtl",
    path: "access/shop/eu.shop.web",
    make: (world, at) => {
      const web = world.identity("web", { lease: { ttl: Duration.hours(2), maxTtl: Duration.hours(1) } });
      at(here(1));
      world.db.access(web);
    },
  },
  {
    title: "a token that outlives a lease",
    code: "lease-ttl",
    message:
      "tokenMaxTtl 24h is longer than the lease maxTtl 1h on database/main/shop: the agent would miss the end of that lease",
    fix: "leave tokenMaxTtl out, or make it no longer than every lease's maxTtl",
    path: "who/web",
    make: ({ config, cluster, db }, at) => {
      const props = {
        cluster,
        namespace: "shop",
        tokenMaxTtl: Duration.hours(24),
        lease: { maxTtl: Duration.hours(1) },
      };
      at(here(1));
      const web = new WorkloadIdentity(config, "web", props);
      at(here(1));
      db.access(web);
    },
  },
  {
    title: "no connection at all",
    code: "lease-limit",
    message: "connectionLimit 0 is not a whole number of at least 1",
    fix: "give such a number, or leave it out",
    path: "access/shop",
    make: ({ access, database }, at) => {
      at(here(1));
      new DatabaseAccess(access, "shop", { database, connectionLimit: 0 });
    },
  },
  {
    title: "half a login",
    code: "lease-limit",
    message: "maxLiveLeases 0.5 is not a whole number of at least 1",
    fix: "give such a number, or leave it out",
    path: "access/shop/eu.shop.web",
    make: (world, at) => {
      const web = world.identity("web");
      at(here(1));
      world.db.access(web, { maxLiveLeases: 0.5 });
    },
  },
];

test.each(REFUSED)("$code: $title is refused", (mistake) => {
  const { found, expected } = refused(mistake);
  expect(found).toEqual(expected);
});

const WARNED: Mistake[] = [
  {
    title: "a lease that is over before the agent has the next one",
    code: "lease-ttl",
    message: "lease ttl 9s of eu/shop/web is shorter than 10s",
    fix: "ask for more: near the end of its token the agent needs some seconds to fetch the next login, and pools to reload",
    path: "access/shop/eu.shop.web",
    make: (world, at) => {
      const web = world.identity("web", { lease: { ttl: Duration.seconds(9) } });
      at(here(1));
      world.db.schema("sales").table("wizard").grants.read(web);
      world.deployment(web, [Credential.uri(world.db)]);
    },
  },
  {
    title: "a server on which CREATEROLE makes itself a member of every role",
    code: "postgres-version",
    message:
      "before PostgreSQL 16 a role with CREATEROLE, such as the admin of old, can make itself a member of any role but a superuser",
    fix: "plan the upgrade; until then guard the admin's KV entry as you would a superuser's",
    path: "who/old",
    make: (world, at) => {
      const { endpoint, admin } = world.instance;
      at(here(1));
      PostgresInstance.fromEndpoint(world.config, "old", { endpoint, admin, majorVersion: 15 });
    },
  },
];

test.each(WARNED)("$code: $title: a warning", (mistake) => {
  const { found, expected } = warned(mistake);
  expect(found).toEqual(expected);
});
