import { PostgresqlProvider } from "@cdktf/provider-postgresql/lib/provider";
import { IGrantee, PostgresDatabase, SchemaRef } from "../../../constructs";
import { synthesize } from "../../support/program";
import { TerraformGraph } from "../../support/terraform-graph";
import { World } from "../../support/world";

type Grant = (schema: SchemaRef, who: IGrantee) => void;

/** Which grants to one identity Terraform makes before or after which grants to another, and how many pairs it makes at once. */
function turns(
  one: Grant,
  other: Grant,
  made: boolean,
): { readonly inTurn: readonly string[]; readonly atOnce: number } {
  const { access } = synthesize((app) => {
    const world = new World(app);
    new PostgresqlProvider(world.servers, "postgresql");
    const database = made ? new PostgresDatabase(world.servers, "shop", { instance: world.instance }) : world.database;
    const schema = world.accessTo({ database }).schema("s");
    one(schema, world.identity("web"));
    other(schema, world.identity("api"));
  });
  const graph = new TerraformGraph(access);
  const grants = [...access.all].filter(([address]) => /^postgresql_(grant|default_privileges)\./.test(address));
  const to = (identity: string) => grants.filter(([, { role }]) => String(role).includes(identity));
  const nameOf = ([address, block]: (typeof grants)[number]): string => {
    const named = (block.objects as string[] | undefined) ?? [];
    const what = [String(block.object_type), ...named].join(" ");
    return address.startsWith("postgresql_default") ? `future ${what}` : what;
  };
  const pairs = to("web").flatMap((web) => to("api").map((api) => [web, api] as const));
  const inTurn = pairs.filter(([[web], [api]]) => graph.before(web).has(api) || graph.before(api).has(web));
  return { inTurn: inTurn.map((pair) => pair.map(nameOf).join(", ")).sort(), atOnce: pairs.length - inTurn.length };
}

/** Of any two identities: CONNECT and USAGE are on one database and one schema. */
const ALWAYS = ["database, database", "schema, schema"];

describe("grants that change the same rows of PostgreSQL's catalog go one after the other, all others at once", () => {
  test.each<[what: string, one: Grant, other: Grant, inTurn: readonly string[]]>([
    [
      "one table",
      (s, who) => s.table("t").grants.read(who),
      (s, who) => s.table("t").grants.insert(who),
      ["table t, table t"],
    ],
    ["two tables", (s, who) => s.table("t").grants.read(who), (s, who) => s.table("u").grants.read(who), []],
    [
      "a table and a column of it",
      (s, who) => s.table("t").grants.read(who),
      (s, who) => s.table("t").columns("a").grants.read(who),
      ["table t, column t"],
    ],
    [
      "a table and all tables",
      (s, who) => s.table("t").grants.read(who),
      (s, who) => s.allTables().grants.read(who),
      ["table t, table"],
    ],
    [
      "all tables twice, and those to come",
      (s, who) => s.allTables().grants.read(who),
      (s, who) => s.allTables().grants.read(who),
      ["future table, future table", "table, table"],
    ],
    [
      "a function by its name, and by its arguments too",
      (s, who) => s.function("f").grants.execute(who),
      (s, who) => s.function("f(integer)").grants.execute(who),
      ["function f, function f(integer)"],
    ],
    [
      "a sequence and a table of one name",
      (s, who) => s.sequence("t").grants.use(who),
      (s, who) => s.table("t").grants.read(who),
      [],
    ],
  ])("%s", (_, one, other, inTurn) => {
    const made = turns(one, other, true);
    expect(made.inTurn).toEqual([...ALWAYS, ...inTurn].sort());
    expect(made.atOnce).toBeGreaterThan(0);
    // Of a database that exists, nobody knows how many owners its tables have.
    expect(turns(one, other, false).atOnce).toBe(0);
  });
});
