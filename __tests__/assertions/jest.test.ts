import { expect as imported } from "@jest/globals";
import { accessMatchers } from "../../assertions";
import { database, edge, graphOf, identity } from "../support/graph";

const graph = graphOf({
  identities: [identity("web"), identity("reporting")],
  databases: [database("shop"), database("payments")],
  edges: [
    edge("web", "shop", [
      { object: { kind: "database" }, privilege: "CONNECT" },
      { object: { kind: "schema", schema: "sales" }, privilege: "USAGE" },
      { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" },
    ]),
    edge("reporting", "shop", [
      { object: { kind: "column", schema: "sales", name: "wizard", column: "id" }, privilege: "SELECT" },
    ]),
  ],
});

describe("the matchers of jest", () => {
  it("are there once the module is imported, by whichever way expect comes", () => {
    expect(graph).toGrant("shop/web", "SELECT", "shop.sales.wizard");
    imported(graph).toGrant("shop/web", "SELECT", "shop.sales.wizard.name");
    expect(graph).not.toGrant("*", "ANY", "payments.*");
    imported(graph).not.toGrant("shop/web", "INSERT", "shop.sales.wizard");
    expect(graph).toGrantExactly("shop/web", { "shop.sales.wizard": ["SELECT"] });
    expect(graph).toLastAtMost("*", { session: "24h" });
  });

  it("show what is there instead of what was expected", () => {
    expect(() => expect(graph).toGrant("shop/web", "INSERT", "shop.sales.wizard")).toThrow(
      `expected shop/web to have INSERT on shop.sales.wizard, and that is not so:

  eu/shop/web has not; the nearest that it has is SELECT on sales.wizard in main/shop (main.ts:40)`,
    );
    expect(() => expect(graph).not.toGrant("shop/web", "ANY", "shop.sales")).toThrow(
      "grant           SELECT on sales.wizard",
    );
    expect(() => expect(graph).toGrantExactly("shop/web", {})).toThrow("surplus  shop.sales.wizard: SELECT");
    expect(() => expect(graph).toLastAtMost("shop/web", { lease: 60 })).toThrow("lease max is 24h, more than 1m");
  });

  it("hold neither way of what is granted in part", () => {
    expect(() => expect(graph).toGrant("shop/reporting", "SELECT", "shop.sales.wizard")).toThrow(
      "eu/shop/reporting has it on a part only: SELECT on sales.wizard(id) in main/shop (main.ts:40)",
    );
    expect(() => expect(graph).not.toGrant("shop/reporting", "SELECT", "shop.sales.wizard")).toThrow("; 1 has:");
  });

  it("hold neither way of a workload or a database that the graph does not know", () => {
    expect(() => expect(graph).toGrant("shop/wep", "SELECT", "shop.sales.wizard")).toThrow("no workload shop/wep");
    expect(() => expect(graph).not.toGrant("shop/wep", "SELECT", "shop.sales.wizard")).toThrow(
      "did you mean shop/web?",
    );
    expect(() => expect(graph).toGrant("shop/web", "SELECT", "shp.sales.wizard")).toThrow("no database shp");
    expect(() => expect(graph).not.toGrant("shop/web", "SELECT", "shp.sales.wizard")).toThrow("no database shp");
    expect(graph).not.toGrant("shop/wep", "SELECT", "shp.sales.wizard", { unknown: "allow" });
  });

  it("have a .not only where it says something", () => {
    expect(() => expect(graph).not.toGrantExactly("shop/wep", {})).toThrow("this matcher has no .not");
    expect(() => expect(graph).not.toLastAtMost("shop/web", { lease: 60 })).toThrow("this matcher has no .not");
  });

  it("are typed", () => {
    // @ts-expect-error a misspelt privilege is refused
    expect(() => expect(graph).toGrant("shop/web", "SELCT", "shop.sales.wizard")).toThrow("cannot be granted");
    // @ts-expect-error so is it in what is expected
    expect(() => imported(graph).toGrantExactly("shop/web", { "shop.sales.wizard": ["SELCT"] })).toThrow("SELCT");
  });

  it("work for any expect that tells them whether it is turned around, as that of vitest does", () => {
    const { toGrant } = accessMatchers;
    const about = [graph, "shop/web", "SELECT", "shop.sales.wizard"] as const;
    expect(toGrant.call({ isNot: false }, ...about).pass).toBe(true);
    const turned = toGrant.call({ isNot: true }, ...about);
    expect([turned.pass, turned.message()]).toEqual([true, expect.stringContaining("; 1 has:")]);
  });
});
