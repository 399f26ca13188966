import { checkGraph } from "../../access/findings/check";
import { clocksOf } from "../../access/questions/clocks";
import type { DatabaseNode, EdgeNode, IdentityNode } from "../../access/model/graph";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

const READ = [{ object: { kind: "table" as const, schema: "s", name: "t" }, privilege: "SELECT" as const }];
const graph = graphOf({
  identities: [identity("web", { tokenMaxTtl: 14400, exposure: 14400 }), identity("erp", { external: true })],
  databases: [database("shop")],
  edges: [edge("web", "shop", READ, { leaseMaxTtl: 14400 })],
  deliveries: [delivery("web", "shop")],
  workloads: [
    {
      ...{ path: "workloads/web", kind: "Deployment", namespace: "shop", name: "web", identity: "eu/shop/web" },
      ...{ drain: 45, grace: 55, rollout: 300 },
    },
  ],
});

describe("the clocks of a workload", () => {
  test("are its token's, its logins' and its pods'", () => {
    const [{ lines }] = clocksOf(graph, "shop/web").identities;
    expect(lines.map(({ of, clock, seconds }) => [of, clock, seconds])).toEqual([
      ["token of Vault", "exposure", 14400],
      ["token of Vault", "tokenTtl", 3600],
      ["token of Vault", "tokenMaxTtl", 14400],
      ["login of database/main/shop", "lease ttl", 3600],
      ["login of database/main/shop", "lease maxTtl", 14400],
      ["login of database/main/shop", "open session", 14400],
      ["Deployment eu/shop/web", "drain", 45],
      ["Deployment eu/shop/web", "termination grace", 55],
      ["Deployment eu/shop/web", "rollout", 300],
    ]);
    expect(lines[2].meaning).toContain("<= the shortest lease maxTtl, 4h, and <= exposure, 4h");
    expect(lines[7].meaning).toContain("drain 45s and 10s for the agent");
  });

  test("of an identity that is made elsewhere are not known", () => {
    const [{ lines }] = clocksOf(graph, "shop/erp").identities;
    expect(lines).toEqual([expect.objectContaining({ clock: "all times" })]);
    expect(lines[0].seconds).toBeUndefined();
  });

  test("of nobody are nobody's", () => {
    expect(clocksOf(graph, "shop/wbe")).toMatchObject({ identities: [], unmentioned: [{ near: ["shop/web"] }] });
  });

  test.each([
    ["tokenMaxTtl 4h", { exposure: 7200 }, { leaseMaxTtl: 14400 }],
    ["lease maxTtl on database/main/shop 8h", { exposure: 14400 }, { leaseMaxTtl: 28800 }],
  ])("%s that is longer than the exposure is refused", (what, of, lease) => {
    const messages = checkGraph(
      {
        ...graph,
        identities: [identity("web", { tokenMaxTtl: 14400, ...of })],
        edges: [edge("web", "shop", READ, lease)],
      },
      { production: false },
    ).map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringMatching(new RegExp(`^${what} is longer than the exposure `)));
  });

  interface Broken {
    readonly token?: Partial<IdentityNode>;
    readonly lease?: Partial<EdgeNode>;
    readonly mount?: Partial<DatabaseNode>;
  }

  // Each inequality that is printed, with times that break it. Those of drain and rollout are broken in finding/delivery.test.ts.
  test.each<[string, string, Broken, RegExp]>([
    ["tokenTtl", "<= tokenMaxTtl 4h", { token: { tokenTtl: 18000 } }, /^tokenTtl 5h is longer than tokenMaxTtl 4h$/],
    [
      "tokenMaxTtl",
      "<= the shortest lease maxTtl, 4h",
      { token: { tokenMaxTtl: 18000, exposure: 18000 } },
      /^tokenMaxTtl 5h is longer than the lease maxTtl 4h /,
    ],
    [
      "tokenMaxTtl",
      "and <= exposure, 4h",
      { token: { tokenMaxTtl: 18000 }, lease: { leaseMaxTtl: 18000 } },
      /^tokenMaxTtl 5h is longer than the exposure 4h /,
    ],
    [
      "lease ttl",
      "<= lease maxTtl 4h",
      { lease: { leaseTtl: 18000 } },
      /^lease ttl 5h of eu\/shop\/web is longer than its maxTtl 4h$/,
    ],
    [
      "lease maxTtl",
      "<= cap 24h",
      { token: { exposure: 90000 }, lease: { leaseMaxTtl: 90000 }, mount: { leaseCap: 86400 } },
      /^lease maxTtl 25h of eu\/shop\/web is longer than the cap 24h /,
    ],
  ])("%s %s: a contradiction is refused", (clock, inequality, { token, lease, mount }, message) => {
    const lines = clocksOf({ ...graph, databases: [database("shop", { leaseCap: 86400 })] }, "shop/web").identities[0]
      .lines;
    expect(lines.find((line) => line.clock === clock)?.meaning).toContain(inequality);
    const findings = checkGraph(
      {
        ...graph,
        identities: [identity("web", { tokenMaxTtl: 14400, exposure: 14400, ...token })],
        databases: [database("shop", mount)],
        edges: [edge("web", "shop", READ, { leaseMaxTtl: 14400, ...lease })],
      },
      { production: false },
    ).filter(({ severity }) => severity === "error");
    expect(findings).toContainEqual(
      expect.objectContaining({ code: "lease-ttl", message: expect.stringMatching(message) as string }),
    );
  });
});
