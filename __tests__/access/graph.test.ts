import * as fc from "fast-check";
import { AccessGraph, AccessObject, formatObject, objectKey, sortGraph } from "../../access/model/graph";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

describe("an access object", () => {
  test.each<[AccessObject, string]>([
    [{ kind: "database" }, "the database"],
    [{ kind: "schema", schema: "sales" }, "schema sales"],
    [{ kind: "table", schema: "sales", name: "wizard" }, "sales.wizard"],
    [{ kind: "table", schema: "staff" }, "staff.* (and those to come)"],
    [{ kind: "column", schema: "sales", name: "customer", column: "id" }, "sales.customer(id)"],
    [{ kind: "sequence", schema: "sales", name: "n" }, "sequence sales.n"],
    [{ kind: "sequence", schema: "sales" }, "sequence sales.* (and those to come)"],
    [{ kind: "function", schema: "sales", name: "f(integer)" }, "function sales.f(integer)"],
  ])("%j reads %s", (object, text) => {
    expect(formatObject(object)).toBe(text);
  });

  test("has a key that only an equal object has, whatever characters the names hold", () => {
    const name = fc.option(fc.stringMatching(/^[a.,"() ]{0,4}$/), { nil: undefined });
    const object = fc.record({
      kind: fc.constantFrom("table" as const, "column" as const, "sequence" as const),
      schema: name,
      name,
      column: name,
    });
    fc.assert(
      fc.property(object, object, (a, b) => {
        const same = a.kind === b.kind && a.schema === b.schema && a.name === b.name && a.column === b.column;
        expect(objectKey(a) === objectKey(b)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });
});

const graph: AccessGraph = graphOf({
  identities: [identity("web"), identity("api")],
  databases: [database("shop"), database("billing")],
  edges: [
    edge("web", "shop", [
      { object: { kind: "column", schema: "sales", name: "customer", column: "id" }, privilege: "SELECT" },
      { object: { kind: "column", schema: "sales", name: "customer", column: "country" }, privilege: "SELECT" },
      { object: { kind: "column", schema: "sales", name: "customer", column: "country" }, privilege: "UPDATE" },
    ]),
    edge("api", "billing", [
      { object: { kind: "database" }, privilege: "CONNECT" },
      { object: { kind: "schema", schema: "public" }, privilege: "USAGE" },
      { object: { kind: "table", schema: "public", name: "invoice" }, privilege: "INSERT" },
      { object: { kind: "table", schema: "public", name: "invoice" }, privilege: "SELECT" },
    ]),
    { ...edge("migrator", "shop", []), actsAs: "shop_owner", databaseRole: "own" },
  ],
  deliveries: [delivery("web", "shop"), delivery("api", "billing")],
});

test("a sorted graph shows nothing of the order in which it was written", () => {
  const shuffled = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
    fc.shuffledSubarray([...items], { minLength: items.length });
  const anyOrder = fc.record({
    version: fc.constant(1 as const),
    identities: shuffled(graph.identities),
    databases: shuffled(graph.databases),
    edges: fc.tuple(...graph.edges.map((e) => shuffled(e.grants).map((grants) => ({ ...e, grants })))).chain(shuffled),
    deliveries: shuffled(graph.deliveries),
  });
  fc.assert(fc.property(anyOrder, (other) => expect(sortGraph(other)).toEqual(sortGraph(graph))));
});
