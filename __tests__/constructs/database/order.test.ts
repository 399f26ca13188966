import { App } from "cdktf";
import * as fc from "fast-check";
import { join } from "node:path";
import {
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  Migrations,
  Privilege,
  WorkloadIdentity,
} from "../../../constructs";
import { synthesize } from "../../support/program";
import { World } from "../../support/world";

type Statement = () => void;
const NAMES = ["web", "api", "report", "a-job"] as const;

interface Program {
  readonly identities: Statement[];
  readonly statements: Statement[];
}

/** The statements of one program; those of `statements` may stand in any order once the identities are made. */
function programOf(world: World): Program {
  const who = new Map<string, WorkloadIdentity>();
  const shop = world.db;
  const billingDatabase = world.databaseOf("billing", world.server("managed"));
  const billing = new DatabaseAccess(world.second(billingDatabase, "access-billing"), "billing", {
    database: billingDatabase,
  });
  const id = (name: (typeof NAMES)[number]): WorkloadIdentity => who.get(name) as WorkloadIdentity;
  const sales = shop.schema("sales");
  return {
    identities: NAMES.map((name) => () => {
      who.set(name, world.identity(name, name === "report" ? { lease: { ttl: Duration.minutes(15) } } : {}));
    }),
    statements: [
      () => sales.table("wizard").grants.read(id("web"), id("api")),
      () => sales.table("wizard").grants.read(id("api"), id("web")),
      () => sales.table("orders").grants.readWrite(id("api")),
      () => sales.table("orders").grants.custom(["TRIGGER", "SELECT"] as Privilege[], id("api")),
      () => sales.table("customer").columns("id", "country").grants.read(id("report")),
      () => sales.table("customer").columns("email", "id").grants.read(id("report"), id("web")),
      () => sales.table("customer").grants.read(id("web")),
      () => sales.table("customer").columns("email").grants.update(id("web")),
      () => sales.sequence("order_number").grants.use(id("api")),
      () => sales.function("turnover(integer)").grants.execute(id("api")),
      () => shop.schema("staff").allTables().grants.read(id("api")),
      () => shop.schema("staff").allSequences().grants.use(id("api")),
      () => billing.schema("public").table("invoice").grants.insert(id("api"), id("a-job")),
      () => shop.access(id("web"), { connectionLimit: 3 }),
      () => shop.access(id("web"), { lease: { ttl: Duration.minutes(30) } }),
      () => {
        const migrations = Migrations.fromFolder(join(process.cwd(), "examples/shop/sql/shop"));
        if (shop.node.tryFindChild("migration")) return;
        new DatabaseMigration(shop, "migration", { identity: world.identity("migrator"), migrations });
      },
      ...(["web", "api", "report"] as const).map((name) => () => {
        if (world.workloads.node.tryFindChild(name)) return;
        const more = name === "api" ? [Credential.json(billing)] : [];
        world.deployment(id(name), [Credential.uri(shop), ...more]);
      }),
    ],
  };
}

function written(order: { identities: readonly number[]; statements: readonly number[] }): Record<string, string> {
  const stacks = synthesize((app: App) => {
    const world = new World(app);
    void world.workloads;
    const { identities, statements } = programOf(world);
    for (const index of order.identities) identities[index]();
    for (const index of order.statements) statements[index]();
  });
  return Object.fromEntries(Object.values(stacks).map(({ name, text }) => [name, text]));
}

const COUNT = 19;
const inOrder = { identities: [0, 1, 2, 3], statements: [...Array(COUNT).keys()] };
const shuffled = (count: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray([...Array(count).keys()], { minLength: count });

describe("statements in another order", () => {
  const expected = written(inOrder);

  test("are all there, in five stacks", () => {
    expect(Object.keys(expected).sort()).toEqual(["access", "access-billing", "servers", "who", "workloads"]);
    expect(expected.access).toContain("leasehold.all_eu_shop_api_shop");
    expect(expected.access).toContain("kubernetes_job_v1");
  });

  test("give the same JSON, byte for byte, in every stack", () => {
    fc.assert(
      fc.property(shuffled(4), shuffled(COUNT), (identities, statements) => {
        expect(written({ identities, statements })).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test("and repeated give the same: the union counts", () => {
    fc.assert(
      fc.property(
        shuffled(COUNT),
        fc.array(fc.integer({ min: 0, max: COUNT - 1 }), { minLength: 5, maxLength: 25 }),
        (statements, again) => {
          expect(written({ ...inOrder, statements: [...statements, ...again] })).toEqual(expected);
        },
      ),
      { numRuns: 15 },
    );
  });

  test("and one left out is seen", () => {
    for (const left of [0, 4, 8, 13]) {
      const statements = inOrder.statements.filter((index) => index !== left && !(left === 0 && index === 1));
      expect(written({ ...inOrder, statements })).not.toEqual(expected);
    }
  });
});

test("a Deployment beside its grants waits for the database role, also when it is written above them", () => {
  const build = (deploymentFirst: boolean): string =>
    synthesize((app) => {
      const world = new World(app);
      const web = world.identity("web");
      Object.defineProperty(world, "workloads", { value: world.access });
      const statements = [
        () => world.db.schema("sales").table("wizard").grants.read(web),
        () => world.deployment(web, [Credential.uri(world.db)]),
      ];
      for (const statement of deploymentFirst ? statements.reverse() : statements) statement();
    }).access.text;
  expect(build(true)).toBe(build(false));
});
