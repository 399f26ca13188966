import { PostgresDatabase, PostgresDatabaseProps } from "../../../constructs";
import { DatabasesStack } from "../../../stacks";
import { StackJson, synthesize } from "../../support/program";
import { TerraformGraph } from "../../support/terraform-graph";
import { World } from "../../support/world";

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
  expect(stack.census).toEqual({ postgresql_database: 1, postgresql_grant: 3, postgresql_role: 1 });
  expect(stack.only("postgresql_role")).toEqual({ name: "shop_owner", login: false, skip_reassign_owned: false });
  expect(stack.only("postgresql_database")).toMatchObject({ name: "shop" });
  expect(stack.only("postgresql_database")).not.toHaveProperty("owner");
  const grants = Object.values(stack.resources("postgresql_grant")).map(({ depends_on: _, ...grant }) => grant);
  expect(grants).toEqual(
    expect.arrayContaining([
      { database: "shop", role: "public", object_type: "database", privileges: [] },
      { database: "shop", role: "shop_owner", object_type: "database", privileges: ["CONNECT", "CREATE"] },
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

test("schemas are made one after the other, owned by the owner role", () => {
  const stack = made({ schemas: ["sales", "my staff"], owner: "boss", databaseName: "Shop 2" });
  const schemas = Object.values(stack.resources("postgresql_schema")).map(({ depends_on: _, ...schema }) => schema);
  expect(schemas).toEqual(
    expect.arrayContaining([
      { name: "sales", database: "Shop 2", owner: "boss" },
      { name: "my staff", database: "Shop 2", owner: "boss" },
    ]),
  );
  const graph = new TerraformGraph(stack);
  const [a, b] = graph.ofType("postgresql_schema");
  expect(graph.before(a).has(b) || graph.before(b).has(a)).toBe(true);
  const [database] = graph.ofType("postgresql_database");
  for (const grant of graph.ofType("postgresql_grant")) {
    expect(graph.before(grant)).toContain(database);
    expect(graph.before(a)).toContain(grant);
  }
});

test("names with interpolations of Terraform stay names", () => {
  const stack = made({ databaseName: "a${b}%{c}", owner: "o" });
  expect(stack.only("postgresql_database").name).toBe("a$${b}%%{c}");
});

test("a database that exists already makes nothing", () => {
  const stacks = synthesize((app) => {
    const { database } = new World(app);
    expect([database.databaseName, database.owner, database.publicRevoked]).toEqual(["shop", "shop_owner", false]);
  });
  expect(stacks.servers.census).toEqual({});
});

test("its stack is deployed after that of its server", () => {
  const stacks = synthesize((app) => {
    const { environment, instance } = new World(app);
    new PostgresDatabase(new DatabasesStack(app, "databases", { environment, instance }), "shop", { instance });
  });
  expect(stacks.databases.dependencies).toEqual(["servers"]);
});

test("its L1s are reachable, and overrides reach the JSON", () => {
  const stack = made({}, (database) => {
    database.resource.addOverride("encoding", "UTF8");
    database.ownerRole.addOverride("connection_limit", 1);
  });
  expect(stack.only("postgresql_database").encoding).toBe("UTF8");
  expect(stack.only("postgresql_role").connection_limit).toBe(1);
});
