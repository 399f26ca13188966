import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { App, Aspects, Lazy, TerraformOutput, TerraformStack } from "cdktf";
import { ensureAccessCheck } from "../../../constructs/synthesis/check";
import { refusal, synthesize } from "../../support/program";
import { inFolder, line, readingWorld, written } from "./support";

type Reading = ReturnType<typeof readingWorld>;

/** How often a synthesis reads an edge into the graph, and an L1 into JSON, lists the whole tree, and comes by a construct. */
function asked(
  further: (app: App) => void = () => undefined,
): Record<"graph" | "element" | "lists" | "visits", number> {
  return inFolder((outdir) => {
    const app = new App({ outdir });
    const world = readingWorld(app);
    further(app);
    const graph = jest.spyOn(world.db.access(world.web), "_graphNode");
    const element = jest.spyOn(world.web.resource, "toTerraform");
    const lists = jest.spyOn(app.node, "findAll");
    const visits = jest.spyOn(world.web.resource.node, "children", "get");
    app.synth();
    return {
      graph: graph.mock.calls.length,
      element: element.mock.calls.length,
      lists: lists.mock.calls.length,
      visits: visits.mock.calls.length,
    };
  });
}

describe("a program is judged once, however many stacks it has", () => {
  const tenMore = (app: App): void => {
    for (let number = 0; number < 10; number++) ensureAccessCheck(new TerraformStack(app, `shard${number}`));
  };

  test("and an L1 is made JSON of twice, as cdktf does by itself: the report asks no third time", () => {
    const once = asked();
    expect(once.element).toBe(2);
    expect(asked(tenMore)).toEqual(once);
  });
});

describe("what changes in the middle of a synthesis is seen", () => {
  const bad = (world: Reading): void => void world.db.access(world.web, { connectionLimit: 0 });

  test.each<[string, (world: Reading) => void]>([
    [
      "an Aspect of the stack that is written last",
      (world) => Aspects.of(world.workloads).add({ visit: () => bad(world) }),
    ],
    [
      "a value of the stack that is prepared last",
      (world) =>
        new TerraformOutput(world.workloads, "o", { value: Lazy.stringValue({ produce: () => (bad(world), "x") }) }),
    ],
  ])("a finding, by %s", (_, spoil) => {
    const { findings } = refusal((app) => {
      const world = readingWorld(app);
      void world.workloads;
      spoil(world);
    });
    expect(findings.map(({ code }) => code)).toEqual(["lease-limit"]);
  });

  test("a finding, between two syntheses of one program", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      const world = readingWorld(app);
      app.synth();
      bad(world);
      expect(() => app.synth()).toThrow("lease-limit");
    });
  });

  test.each<[string, (stack: TerraformStack) => void]>([
    ["that has a check", ensureAccessCheck],
    ["that Leasehold has no part in", () => undefined],
  ])("a namespace, by an Aspect of a stack %s: who runs in it is deployed after it", (_, check) => {
    const { workloads } = synthesize(
      (app) => {
        const other = new TerraformStack(app, "a-first");
        check(other);
        Aspects.of(other).add({
          visit: () => other.node.tryFindChild("ns") ?? new NamespaceV1(other, "ns", { metadata: { name: "shop" } }),
        });
        void readingWorld(app).workloads;
      },
      { skipValidation: true },
    );
    expect(workloads.dependencies).toContain("a-first");
  });

  test("and what the files of an earlier stack do not say any more is listed", () => {
    const report = written((app) => {
      const world = readingWorld(app);
      Aspects.of(world.workloads).add({ visit: () => world.db.access(world.web, { maxLiveLeases: 3 }) });
    });
    expect(report.graph.edges.map(({ maxLiveLeases }) => maxLiveLeases)).toEqual([3]);
    expect(report.unclassified.filter(({ reason }) => reason === "overridden").map(line)).toEqual([
      "overridden resource postgresql_function access/shop/eu.shop.web/Registration",
    ]);
  });
});
