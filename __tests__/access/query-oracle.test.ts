import * as fc from "fast-check";
import { whoCan } from "../../access/questions/query";
import { expectNoAccess, QuestionError } from "../../assertions";
import { database, edge, graphOf, identity } from "../support/graph";
import { Asked, asked, Grant, grant, granted, question } from "../support/points";

const graphWith = (grants: readonly Grant[]) =>
  graphOf({ identities: [identity("web")], databases: [database("shop")], edges: [edge("web", "shop", grants)] });
const written = ({ parts }: Asked): string => ["shop", ...parts].join(".");

describe("who-can, against every grant and question written out point by point", () => {
  it("finds who has any part, says whether it is the whole, and names what is held", () => {
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 5 }), question, (grants, about) => {
        const [holder] = whoCan(graphWith(grants), about.privilege, written(about)).holders;
        const points = [...asked(about).values()].flat();
        const verbs = new Set(grants.map(({ privilege }) => privilege));
        const expected = [...verbs].flatMap((verb) => {
          const held = new Set(grants.filter(({ privilege }) => privilege === verb).flatMap(granted));
          if (!points.some((point) => held.has(point))) return [];
          const whole = [...asked({ ...about, privilege: verb }).entries()].some(
            ([family, all]) => asked(about).has(family) && all.every((point) => held.has(point)),
          );
          return [[verb, whole ? "whole" : "part"]];
        });
        const found = (holder?.privileges ?? []).map(({ privilege, extent }) => [privilege, extent]);
        expect(found.sort()).toEqual(expected.sort());
        expect(holder?.extent).toBe(expected.some(([, extent]) => extent === "whole") ? "whole" : holder && "part");
        const touching = grants.filter((each) => granted(each).some((point) => points.includes(point)));
        expect(holder?.privileges.flatMap(({ paths }) => paths.map((path) => path.grant)) ?? []).toHaveLength(
          touching.length,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("finds the owner for every question, on the whole", () => {
    fc.assert(
      fc.property(question, (about) => {
        const graph = graphOf({
          identities: [identity("migrator")],
          databases: [database("shop")],
          edges: [edge("migrator", "shop", [], { actsAs: "shop_owner" })],
        });
        const { holders } = whoCan(graph, about.privilege, written(about));
        expect(holders.map(({ extent, privileges }) => [extent, privileges[0].privilege])).toEqual([["whole", "ALL"]]);
      }),
    );
  });
});

describe("that nobody has access", () => {
  it("fails as soon as one point is granted, and only then", () => {
    fc.assert(
      fc.property(fc.array(grant, { maxLength: 5 }), question, (grants, about) => {
        const points = new Set([...asked(about).values()].flat());
        const overlaps = grants.flatMap(granted).some((point) => points.has(point));
        const assertion = (): void =>
          expectNoAccess(graphWith(grants), "*", written(about), { privilege: about.privilege });
        if (overlaps) expect(assertion).toThrow("to have");
        else expect(assertion).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });

  it("is never misled by a question that makes no sense: it is refused", () => {
    expect(() => expectNoAccess(graphWith([]), "*", "shop.a1.n1.c1", { privilege: "DELETE" })).toThrow(QuestionError);
  });
});
