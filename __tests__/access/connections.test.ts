import { checkGraph } from "../../access/findings/check";
import type { AccessGraph, WorkloadNode } from "../../access/model/graph";
import { connectionBudgets, formatBudget } from "../../access/questions/connections";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

const READ = [{ object: { kind: "table" as const, schema: "s", name: "t" }, privilege: "SELECT" as const }];
const SERVER = { maxConnections: 64, reservedConnections: 10, vaultConnections: 4 };
const web: WorkloadNode = {
  path: "workloads/web",
  kind: "Deployment",
  namespace: "shop",
  name: "web",
  identity: "eu/shop/web",
  pods: 2,
  surge: 1,
};
const graph = graphOf({
  identities: [identity("web")],
  databases: [database("shop", SERVER)],
  edges: [edge("web", "shop", READ)],
  deliveries: [delivery("web", "shop")],
  workloads: [web],
});
const found = (more: Partial<AccessGraph>, production = true): string[] =>
  checkGraph({ ...graph, ...more }, { production })
    .filter(({ code }) => code === "connections")
    .map(({ severity, message }) => `${severity}: ${message}`);

describe("the connections to a server", () => {
  test("are pods, surge and overlap by pool, Vault's own, and what is kept for others; as many as it takes are none too many", () => {
    expect(connectionBudgets(graph)).toMatchObject([{ instance: "main", total: 64, limit: 64, unknown: [] }]);
    expect(found({})).toEqual([]);
  });

  test("one more than it takes is refused in production and a warning in a sandbox, with the sum", () => {
    const more = { databases: [database("shop", { ...SERVER, maxConnections: 63 })] };
    const message =
      "up to 64 connections to the server main, which takes 63: Deployment eu/shop/web on database/main/shop: (2 pods + 1 surge + 2 overlap) × 10 = 50 + Vault on database/main/shop: 4 + kept for others: 10 = 64; max_connections 63";
    expect(found(more)).toEqual([`error: ${message}`]);
    expect(found(more, false)).toEqual([`warning: ${message}`]);
  });

  test("are those of all databases of the server together, and of no other server", () => {
    const two = {
      databases: [
        database("shop", SERVER),
        database("billing", SERVER),
        database("other", { ...SERVER, instance: "second", mountPath: "database/second/other" }),
      ],
    };
    expect(connectionBudgets({ ...graph, ...two })).toMatchObject([
      { instance: "main", total: 68 },
      { instance: "second", total: 14 },
    ]);
    expect(found(two)).toEqual([expect.stringContaining("error: up to 68 connections to the server main")]);
  });

  test("of a pool that is said are those of the pool, and more than a login may have is refused by the inequality", () => {
    const pool = (size: number): Partial<AccessGraph> => ({ deliveries: [delivery("web", "shop", { pool: size })] });
    expect(connectionBudgets({ ...graph, ...pool(3) })).toMatchObject([{ total: 29 }]);
    expect(found(pool(10))).toEqual([]);
    expect(found(pool(11)).filter((line) => line.includes("pool 11"))).toEqual([
      "error: pool 11 of workloads/web is larger than the connectionLimit 10 of eu/shop/web on database/main/shop: PostgreSQL refuses the connections beyond it",
    ]);
  });

  test.each<[string, Partial<WorkloadNode>, number]>([
    ["a Job, which ends before it rotates", { kind: "Job", pods: 3, surge: undefined }, 30],
    ["a CronJob whose runs replace each other", { kind: "CronJob", pods: 1, surge: 1 }, 20],
    ["a StatefulSet", { kind: "StatefulSet", pods: 2, surge: undefined }, 40],
  ])("of %s", (_, more, pods) => {
    const [budget] = connectionBudgets({ ...graph, workloads: [{ ...web, ...more }] });
    expect(budget.total).toBe(pods + 14);
  });

  test("of whose pods nobody knows the number are named, and the sum is a lower bound", () => {
    const daemons = { workloads: [{ ...web, kind: "DaemonSet" as const, pods: undefined, surge: undefined }] };
    const [budget] = connectionBudgets({ ...graph, ...daemons });
    expect(budget).toMatchObject({ total: 14, unknown: ["DaemonSet eu/shop/web"] });
    expect(formatBudget(budget)).toContain("not known × 10 + Vault");
    expect(formatBudget(budget)).toContain("= at least 14; max_connections 64");
  });

  test("of an identity whose workloads are elsewhere are not known either", () => {
    const [budget] = connectionBudgets({ ...graph, deliveries: [] });
    expect(budget.unknown).toEqual(["eu/shop/web"]);
  });

  test("are compared with nothing where the server's number is not known, which is said", () => {
    const more = { databases: [database("shop", { ...SERVER, maxConnections: undefined })] };
    expect(found(more)).toEqual([]);
    expect(formatBudget(connectionBudgets({ ...graph, ...more })[0])).toContain("max_connections is not known");
  });

  test("of a report that was written before are not counted", () => {
    expect(connectionBudgets({ ...graph, databases: [database("shop")] })).toEqual([]);
  });
});
