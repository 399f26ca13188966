import { DatabaseAccess, PostgresDatabase, PostgresDatabaseProps } from "../../../constructs";
import { DatabasesStack } from "../../../stacks";
import { StackJson, synthesize } from "../../support/program";
import { TerraformGraph } from "../../support/terraform-graph";
import { World } from "../../support/world";
import { written } from "../synthesis/support";

function made(
  props: Partial<PostgresDatabaseProps> = {},
  then: (database: PostgresDatabase) => void = () => undefined,
): StackJson {
  return synthesize((app) => {
    const { environment, instance } = new World(app);
    const stack = new DatabasesStack(app, "databases", { environment, instance });
    then(new PostgresDatabase(stack, "shop", { instance, ...props }));
  }).databases;
}

test("minimal definition: the database, a NOLOGIN owner, nothing for PUBLIC", () => {
  const stack = made();
  expect(stack.census).toEqual({
    postgresql_database: 1,
    postgresql_default_privileges: 1,
    postgresql_grant: 4,
    postgresql_role: 1,
  });
  expect(stack.only("postgresql_role")).toEqual({ name: "shop_owner", login: false, skip_reassign_owned: true });
  expect(stack.only("postgresql_database")).toMatchObject({ name: "shop" });
  expect(stack.only("postgresql_database")).not.toHaveProperty("owner");
  const grants = Object.values(stack.resources("postgresql_grant")).map(({ depends_on: _, ...grant }) => grant);
  expect(grants).toEqual(
    expect.arrayContaining([
      { database: "shop", role: "public", object_type: "database", privileges: [] },
      { database: "shop", role: "public", object_type: "schema", schema: "public", privileges: ["USAGE"] },
      { database: "shop", role: "shop_owner", object_type: "database", privileges: ["CONNECT", "CREATE", "TEMPORARY"] },
      {
        database: "shop",
        role: "shop_owner",
        object_type: "schema",
        schema: "public",
        privileges: ["CREATE", "USAGE"],
      },
    ]),
  );
});

test("its grants come one after the other, after the database, and functions to come are closed to PUBLIC", () => {
  const stack = made({ owner: "boss", databaseName: "Shop 2" });
  expect(stack.only("postgresql_default_privileges")).toMatchObject({
    database: "Shop 2",
    role: "public",
    owner: "boss",
    object_type: "function",
    privileges: [],
  });
  expect(stack.only("postgresql_default_privileges")).not.toHaveProperty("schema");
  const graph = new TerraformGraph(stack);
  const grants = graph.ofType("postgresql_grant", "postgresql_default_privileges");
  const [database] = graph.ofType("postgresql_database");
  expect(grants.map((grant) => graph.before(grant).has(database))).toEqual(grants.map(() => true));
  expect(grants.map((grant) => grants.filter((other) => graph.before(grant).has(other)).length).sort()).toEqual(
    grants.map((_, index) => index),
  );
});

test("names with interpolations of Terraform stay names", () => {
  const stack = made({ databaseName: "a${b}", owner: "o" });
  expect(stack.only("postgresql_database").name).toBe("a$${b}");
});

test("a database that exists already makes nothing", () => {
  const stacks = synthesize((app) => {
    const { database } = new World(app);
    expect([database.databaseName, database.owner, database.publicRevoked]).toEqual(["shop", "shop_owner", false]);
  });
  expect(stacks.servers.census).toEqual({});
});

test("what PUBLIC may do in it is not known, in one that is made here it is", () => {
  const { databases } = written((app) => {
    const world = new World(app);
    const { environment, instance } = world;
    const database = new PostgresDatabase(new DatabasesStack(app, "databases", { environment, instance }), "made", {
      instance,
    });
    const web = world.identity("web");
    for (const db of [world.db, new DatabaseAccess(world.second(database, "access-made"), "made", { database })])
      db.schema("sales").table("wizard").grants.read(web);
  }).graph;
  expect(databases.map(({ database, publicRights }) => [database, publicRights])).toEqual([
    ["made", undefined],
    ["shop", "unknown"],
  ]);
});

test("what was looked up of a database that exists is part of its node, and then nothing of it is not known", () => {
  const rights = [{ who: "PUBLIC", privilege: "CONNECT", kind: "database" }];
  const { databases } = written((app) => {
    const world = new World(app);
    const database = PostgresDatabase.fromDatabaseName(world.servers, "old", {
      instance: world.instance,
      owner: "old_owner",
      knownRights: { version: 1, database: "old", lookedUp: "2026-05-01", rights },
    });
    const access = new DatabaseAccess(world.second(database, "access-old"), "old", { database });
    access.schema("sales").table("wizard").grants.read(world.identity("web"));
  }).graph;
  const node = databases.find(({ database }) => database === "old");
  expect([node?.publicRights, node?.knownRights]).toEqual([undefined, { lookedUp: "2026-05-01", rights }]);
});

test("its stack is deployed after that of its server", () => {
  const stacks = synthesize((app) => {
    const { environment, instance } = new World(app);
    new PostgresDatabase(new DatabasesStack(app, "databases", { environment, instance }), "shop", { instance });
  });
  // The mount of its admin's password is in `who`.
  expect(stacks.databases.dependencies).toEqual(["servers", "who"]);
});

test("its L1s are reachable, and overrides reach the JSON", () => {
  const stack = made({}, (database) => {
    database.resource.addOverride("encoding", "UTF8");
    database.ownerRole.addOverride("connection_limit", 1);
  });
  expect(stack.only("postgresql_database").encoding).toBe("UTF8");
  expect(stack.only("postgresql_role").connection_limit).toBe(1);
});
