import { checkGraph } from "../../access/findings/check";
import { clocksOf } from "../../access/questions/clocks";
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
});
