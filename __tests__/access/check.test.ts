import { checkGraph } from "../../access/findings/check";
import { AccessGraph } from "../../access/model/graph";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

const READ = [{ object: { kind: "table" as const, schema: "s", name: "t" }, privilege: "SELECT" as const }];
const GOOD = graphOf({
  identities: [identity("web")],
  databases: [database("shop")],
  edges: [edge("web", "shop", READ)],
  deliveries: [delivery("web", "shop")],
});
const codes = (more: Partial<AccessGraph>, production = false): string[] =>
  checkGraph({ ...GOOD, ...more }, { production }).map(({ code, severity }) => `${severity} ${code}`);

describe("a whole graph", () => {
  test("in which everything granted is delivered and everything delivered is granted has no finding", () => {
    expect(codes({})).toEqual([]);
    expect(codes({}, true)).toEqual([]);
  });

  test.each<[string, Partial<AccessGraph>, string[]]>([
    [
      "an identity that is declared twice, once as declared elsewhere, is two: its auth role lists what the first is granted",
      { identities: [identity("web"), identity("web", { external: true })] },
      ["error identity-duplicate"],
    ],
    [
      "mounts below each other overlap; neighbours with a common beginning do not",
      {
        databases: [
          database("shop"),
          database("b", { mountPath: "database/main/shop/b" }),
          database("c", { mountPath: "database/main/shopping" }),
        ],
      },
      ["error mount-overlap"],
    ],
    [
      "one mount path for two databases overlaps",
      { databases: [database("shop"), database("b", { mountPath: "database/main/shop" })] },
      ["error mount-overlap"],
    ],
    [
      "databases of one name on two servers are two",
      { databases: [database("shop"), database("shop", { instance: "other", mountPath: "database/other/shop" })] },
      [],
    ],
    [
      "a mount that another program manages overlaps with nothing",
      { databases: [database("shop"), database("shop", { external: true, mountPath: "database/main" })] },
      [],
    ],
    [
      "a ttl above its maxTtl, and a maxTtl above the cap",
      { edges: [edge("web", "shop", READ, { leaseTtl: 90_000, leaseMaxTtl: 86_401 })] },
      ["error lease-ttl", "error lease-ttl"],
    ],
    [
      "lease times that are exactly the limits pass",
      { edges: [edge("web", "shop", READ, { leaseTtl: 86_400, leaseMaxTtl: 86_400 })] },
      [],
    ],
    [
      "a login that may only connect and use a schema reaches nothing",
      {
        edges: [
          edge("web", "shop", [
            { object: { kind: "database" }, privilege: "CONNECT" },
            { object: { kind: "schema", schema: "s" }, privilege: "USAGE" },
          ]),
        ],
      },
      ["warning grant-empty"],
    ],
    [
      "a token longer than the lease of which its agent would miss the end, or whose ttl is longer than itself",
      { identities: [identity("web", { tokenTtl: 86_402, tokenMaxTtl: 86_401 })] },
      ["error lease-ttl", "error lease-ttl"],
    ],
    [
      "a lease so short that the agent has no time to fetch the next one; a migration needs none",
      {
        edges: [
          edge("web", "shop", READ, { leaseTtl: 9 }),
          edge("web", "shop", [], { leaseTtl: 9, actsAs: "o", groupRole: "m" }),
        ],
      },
      ["warning lease-ttl"],
    ],
    ["a lease of 10 seconds", { edges: [edge("web", "shop", READ, { leaseTtl: 10 })] }, []],
    ["a migration reaches what its owner owns", { edges: [edge("web", "shop", [], { actsAs: "shop_owner" })] }, []],
    ["a credential of a database on which nothing was granted", { edges: [] }, ["error credential-not-granted"]],
    [
      "a credential of a mount that another program manages is not ours to judge",
      { databases: [database("shop", { external: true })], edges: [] },
      [],
    ],
    ["a grant that no workload takes", { deliveries: [] }, ["warning credential-not-delivered"]],
    [
      "a grant to an identity of another program, whose workloads are there",
      { deliveries: [], identities: [identity("web", { external: true })] },
      [],
    ],
    [
      "two credentials in one file of one workload",
      { deliveries: [delivery("web", "shop"), delivery("web", "shop")] },
      ["error credential-file"],
    ],
    [
      "one file name in two workloads",
      { deliveries: [delivery("web", "shop"), delivery("web", "shop", { workload: "workloads/other" })] },
      [],
    ],
  ])("%s", (_, more, expected) => {
    expect(codes(more)).toEqual(expected);
  });

  test.each([
    ["disable", true, ["error sslmode-production"]],
    ["require", true, ["error sslmode-production"]],
    ["verify-ca", true, []],
    ["verify-full", true, []],
    ["disable", false, []],
  ])("sslmode %s, in production %s: %j", (sslMode, production, expected) => {
    expect(codes({ databases: [database("shop", { sslMode })] }, production)).toEqual(expected);
    expect(codes({ databases: [database("shop", { sslMode, external: true })] }, production)).toEqual(expected);
  });

  test("a finding names every place that takes part in it, once", () => {
    const twins = [identity("web", { path: "a", source: "x.ts:1" }), identity("web", { path: "b", source: "x.ts:2" })];
    const same = [identity("web", { path: "a", source: "x.ts:1" }), identity("web", { path: "b", source: "x.ts:1" })];
    const sources = (identities: AccessGraph["identities"]): (readonly string[])[] =>
      checkGraph({ ...GOOD, identities }, { production: false }).map((finding) => finding.sources);
    expect(sources(twins)).toEqual([["x.ts:1", "x.ts:2"]]);
    expect(sources(same)).toEqual([["x.ts:1"]]);
    expect(sources(twins.map((twin) => ({ ...twin, source: undefined })))).toEqual([[]]);
  });

  test("the cap of a mount is that of the program that issues from it", () => {
    expect(codes({ databases: [database("shop"), database("shop", { external: true, leaseCap: 0 })] })).toEqual([]);
  });
});
