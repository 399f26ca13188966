import * as fc from "fast-check";
import { expectAccess, ExpectedAccess } from "../../assertions";
import type { Privilege } from "../../constructs";
import { database, edge, graphOf, identity } from "../support/graph";
import { Grant, grant, granted } from "../support/points";

/** As the constructs make it: with the CONNECT and USAGE without which the others are of no use. */
function closed(grants: readonly Grant[]): Grant[] {
  const connect: Grant = { object: { kind: "database" }, privilege: "CONNECT" };
  return [
    ...grants,
    ...(grants.length > 0 ? [connect] : []),
    ...grants.flatMap(({ object }): Grant[] =>
      object.schema !== undefined && object.kind !== "schema"
        ? [{ object: { kind: "schema", schema: object.schema }, privilege: "USAGE" }]
        : [],
    ),
  ];
}

function keyOf({ object: { kind, schema, name, column } }: Grant): string {
  if (kind === "database") return "shop";
  if (kind === "schema") return `shop.${schema}`;
  const prefix = kind === "sequence" || kind === "function" ? `${kind} ` : "";
  return `${prefix}shop.${schema}.${name ?? "*"}${column === undefined ? "" : `(${column})`}`;
}

function written(grants: readonly Grant[]): ExpectedAccess {
  const expected: Record<string, Privilege[]> = {};
  for (const each of grants) (expected[keyOf(each)] ??= []).push(each.privilege);
  return expected;
}

const graphWith = (grants: readonly Grant[]) =>
  graphOf({ identities: [identity("web")], databases: [database("shop")], edges: [edge("web", "shop", grants)] });

function holds(assertion: () => void): boolean {
  try {
    assertion();
    return true;
  } catch (error) {
    if ((error as Error).name !== "AccessAssertionError") throw error;
    return false;
  }
}

const grants = fc.array(grant, { minLength: 1, maxLength: 4 });
/** Mostly the same grants, so that equality is not rare. */
const pair = grants.chain((actual) =>
  fc.tuple(fc.constant(actual), fc.oneof(grants, fc.constant(actual), fc.shuffledSubarray(actual, { minLength: 1 }))),
);

describe("exact and least access, against the points of both", () => {
  it("is the same when it allows the same", () => {
    fc.assert(
      fc.property(pair, ([actual, expected]) => {
        const has = new Set(closed(actual).flatMap(granted));
        const should = new Set(closed(expected).flatMap(granted));
        const same = has.size === should.size && [...has].every((point) => should.has(point));
        const subject = expectAccess(graphWith(closed(actual))).of("shop/web");
        expect(holds(() => subject.toBe(written(expected)))).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  it("includes what it allows", () => {
    fc.assert(
      fc.property(pair, ([actual, expected]) => {
        const has = new Set(closed(actual).flatMap(granted));
        const all = expected.flatMap(granted).every((point) => has.has(point));
        const subject = expectAccess(graphWith(closed(actual))).of("shop/web");
        expect(holds(() => subject.toInclude(written(expected)))).toBe(all);
      }),
      { numRuns: 2000 },
    );
  });

  it("shows what there is in a form that holds when it is copied into the test", () => {
    fc.assert(
      fc.property(grants, (actual) => {
        const subject = expectAccess(graphWith(closed(actual))).of("shop/web");
        let message = "";
        try {
          subject.toBe({ "shop.other.thing": ["SELECT"] });
        } catch (error) {
          message = (error as Error).message;
        }
        const [, body] = /eu\/shop\/web has \{\n([^}]*)\}/.exec(message) ?? [];
        const copied = JSON.parse(`{${body.trim().replace(/,$/, "")}}`) as ExpectedAccess;
        expect(holds(() => subject.toBe(copied))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
