import { diffReports, grows } from "../../access/diff/diff";
import { AccessGraph, EdgeNode } from "../../access/model/graph";
import { parseReport } from "../../access/report/parse-report";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION } from "../../access/report/report";
import { whoCan } from "../../access/questions/query";
import { explorerOf } from "../../render/explorer/explorer";
import { objectsWords } from "../../render/words";
import { expectAccess, expectNoAccess } from "../../assertions";
import { database, edge, identity } from "../support/graph";
import { noticeLimit } from "../support/limit";

const SELECT = { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" } as const;

function report(graph: Partial<AccessGraph> = {}): AccessReport {
  return {
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: {
      identities: [identity("web")],
      databases: [database("shop")],
      edges: [edge("web", "shop", [SELECT])],
      deliveries: [],
      ...graph,
    },
    unclassified: [],
    notJudged: [],
  };
}

const text = (value: unknown): string => JSON.stringify(value);
/** A report with one part of its text replaced. */
const spoiled = (from: string | RegExp, to: string): string => {
  const good = text(report());
  const bad = good.replace(from, to);
  if (bad === good) throw new Error("nothing was spoiled");
  return bad;
};

describe("a report of a stranger is refused when it says what no synthesis says", () => {
  test.each<[string, () => string]>([
    ["a privilege in lower case", () => spoiled('"SELECT"', '"select"')],
    ["a privilege that its object does not have", () => spoiled('"SELECT"', '"EXECUTE"')],
    ["a kind that nobody knows", () => spoiled('"table"', '"view"')],
    ["a kind that every object has", () => spoiled('"table"', '"constructor"')],
    ["a kind of a prototype", () => spoiled('"table"', '"__proto__"')],
    ["a prototype", () => spoiled('"deliveries":[]', '"deliveries":[],"__proto__":{"edges":[]}')],
    ["a list that is an object", () => spoiled('"deliveries":[]', '"deliveries":{"length":0}')],
    ["a field that is not known", () => spoiled('"deliveries":[]', '"deliveries":[],"superusers":["eu/shop/web"]')],
    ["a time beyond all numbers", () => spoiled('"leaseTtl":3600', '"leaseTtl":1e999')],
    ["a time that is not a number", () => spoiled('"leaseTtl":3600', '"leaseTtl":"3600"')],
    ["half a second", () => spoiled('"leaseTtl":3600', '"leaseTtl":0.5')],
    ["a time before it begins", () => spoiled('"leaseTtl":3600', '"leaseTtl":-1')],
    ["a time that loses its last digits", () => spoiled('"leaseTtl":3600', '"leaseTtl":9007199254740993')],
    ["no time", () => spoiled('"leaseTtl":3600,', "")],
    ["a table without its schema", () => spoiled('"schema":"sales",', "")],
    ["a schema with a column", () => spoiled('"kind":"table"', '"kind":"schema","column":"c"')],
    ["another version inside", () => spoiled('"graph":{', '"graph":{"version":2,')],
    ["no graph", () => text({ ...report(), graph: undefined })],
    ["lists in lists in lists", () => "[".repeat(1_000_000)],
    ["objects in objects in objects", () => `${'{"graph":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  ])("%s", (_, hostile) => expect(() => parseReport(hostile())).toThrow("this is not an access report"));
});

describe("what is there is not lost between the lines", () => {
  const growth = (before: AccessReport, after: AccessReport): string[] =>
    diffReports(parseReport(text(before)), parseReport(text(after))).changes.map(
      ({ verdict, who, privileges }) => `${verdict} ${who} ${privileges.join()}`,
    );
  const twice = (more: Partial<EdgeNode>): EdgeNode[] => [
    edge("web", "shop", [SELECT]),
    edge("web", "shop", [SELECT], more),
  ];

  test.each<[string, AccessReport, AccessReport]>([
    ["a second edge of one identity and mount, longer", report(), report({ edges: twice({ leaseMaxTtl: 90000 }) })],
    ["the longer one first", report(), report({ edges: [...twice({ leaseMaxTtl: 90000 })].reverse() })],
    [
      "a second identity of one key, longer",
      report(),
      report({ identities: [identity("web", { tokenMaxTtl: 90000 }), identity("web")] }),
    ],
    [
      "the longer one last",
      report(),
      report({ identities: [identity("web"), identity("web", { tokenMaxTtl: 90000 })] }),
    ],
    [
      "an identity that another program seems to declare",
      report({ identities: [identity("web", { tokenMaxTtl: 60 }), identity("web", { external: true })] }),
      report({ identities: [identity("web"), identity("web", { external: true })] }),
    ],
    [
      "an edge without an identity",
      report(),
      report({ edges: [...report().graph.edges, edge("x", "shop", [SELECT])] }),
    ],
    [
      "an edge without a database",
      report({ databases: [] }),
      report({ databases: [], edges: [...report().graph.edges, edge("web", "bills", [SELECT])] }),
    ],
    [
      "a database behind the mount of another",
      report({ databases: [database("shop"), database("far", { mountPath: "database/main/shop", external: true })] }),
      report({
        databases: [
          database("shop", { instance: "other", mountPath: "database/main/shop" }),
          database("far", { mountPath: "database/main/shop", external: true }),
        ],
      }),
    ],
  ])("%s", (_, before, after) => {
    expect(growth(before, after).join("\n")).toMatch(/^(broadened|longer)/m);
  });

  test("a field that is given twice counts as it is read everywhere: the last one", () => {
    const hidden = text(report()).replace('"edges":[', '"edges":[],"edges":[');
    expect(parseReport(hidden)).toEqual(report());
  });

  test("one grant a hundred thousand times is one grant", async () => {
    const many = report({ edges: [edge("web", "shop", Array<typeof SELECT>(100_000).fill(SELECT))] });
    expect(growth(report({ edges: [] }), many)).toEqual(["broadened eu/shop/web SELECT"]);
    await noticeLimit();
    // With a list that was copied for each grant it took minutes.
  }, 120_000);

  test("one mount ten thousand times, with as many logins, is one mount", async () => {
    const of = (table: string): AccessReport =>
      report({
        databases: Array.from({ length: 10_000 }, () => database("shop", {})),
        edges: Array.from({ length: 10_000 }, (_, index) =>
          edge(`web${index}`, "shop", [
            { ...SELECT, object: { kind: "table", schema: "s", name: index === 7 ? table : "t" } },
          ]),
        ),
      });
    expect(growth(of("t"), of("u"))).toEqual(["broadened eu/shop/web7 SELECT", "narrowed eu/shop/web7 SELECT"]);
    await noticeLimit();
    // With the mounts of each login looked at one by one it would take hours.
  }, 120_000);

  test("one grant, one workload and one delivery sixty thousand times are one row each of the page", async () => {
    const rows = (more: Partial<AccessGraph>): number => explorerOf(report(more)).rows.length;
    const times = <T>(node: T): T[] => Array<T>(60_000).fill(node);
    const [usual] = report().graph.edges;
    const delivery = { path: "d", workload: "w", identity: "eu/shop/web", mountPath: usual.mountPath, file: "uri" };
    const workload = { path: "w", kind: "Job", namespace: "shop", name: "web", identity: "eu/shop/web" } as const;
    expect(rows({ edges: [{ ...usual, grants: times(usual.grants[0]) }] })).toBe(rows({}));
    expect(rows({ workloads: times(workload) })).toBe(rows({ workloads: [workload] }));
    expect(rows({ edges: [], deliveries: times(delivery) })).toBe(rows({ edges: [], deliveries: [delivery] }));
    await noticeLimit();
    // With a list that was copied for each of them it took minutes.
  }, 120_000);

  test("sixty thousand columns of one table are one object of an answer", async () => {
    const columns = Array.from({ length: 60_000 }, (_, index) => `c${(index * 7919) % 60_000}`);
    const objects = columns.map((column) => ({ kind: "column", schema: "s", name: "t", column }) as const);
    expect(objectsWords(objects, "shop")).toEqual([["", { name: `shop.s.t(${[...columns].sort().join(", ")})` }]]);
    await noticeLimit();
    // With a list that was copied and sorted for each of them it took minutes.
  }, 120_000);

  test.each<[string, Partial<AccessGraph>, Partial<AccessGraph>]>([
    ["who runs as whom", { workloads: [] }, {}],
    [
      "that the rights in a database are not known",
      { databases: [database("shop", { publicRights: "unknown" })] },
      { databases: [database("shop")] },
    ],
    [
      "what was looked up in a database",
      { databases: [database("shop", { knownRights: { lookedUp: "2026-05-01", rights: [] } })] },
      { databases: [database("shop")] },
    ],
  ])("a head that no longer says %s is not taken for one in which it is gone", (_, before, after) => {
    expect(grows(diffReports(report(before), report(after)))).toBe(true);
  });

  test.each<[string, Partial<AccessGraph>, Partial<AccessGraph>]>([
    ["a base that does not say it yet", {}, { workloads: [] }],
    [
      "a database that goes",
      { databases: [database("shop", { publicRights: "unknown" })] },
      { databases: [], edges: [] },
    ],
    [
      "rights that are looked up now",
      { databases: [database("shop", { publicRights: "unknown" })] },
      { databases: [database("shop", { knownRights: { lookedUp: "2026-05-01", rights: [] } })] },
    ],
  ])("but not %s", (_, before, after) => {
    expect(grows(diffReports(report(before), report(after)))).toBe(false);
  });

  test("nor is a report that is the same growth", () => {
    expect(grows(diffReports(report(), parseReport(text(report()))))).toBe(false);
  });
});

describe("an assertion that there is no access does not hold for the way it is asked", () => {
  const calling = (name: string): AccessGraph =>
    report({
      edges: [edge("web", "shop", [{ object: { kind: "function", schema: "sales", name }, privilege: "EXECUTE" }])],
    }).graph;
  const none = (granted: string, asked: string) => (): void =>
    expectNoAccess(calling(granted), "*", `function shop.sales.${asked}`);

  test.each([
    ["f(integer)", "f(int)"],
    ["f(int4)", "f(integer)"],
    ["f(bigint, text)", "f(int8,text)"],
    ["f(character varying)", "f(varchar)"],
    ["f(timestamp with time zone)", "f(timestamptz)"],
    ["f(INTEGER)", "f(integer)"],
    ["f(integer[])", "f(int[][])"],
    ["f(double  precision)", "f(float8)"],
    ["f(integer)", "f"],
    ["f", "f(integer)"],
  ])("%s is granted, %s is asked for", (granted, asked) => expect(none(granted, asked)).toThrow("EXECUTE"));

  test.each([
    ["f(integer)", "f(text)"],
    ["f(integer)", "f(integer, integer)"],
    ["f(constructor)", "f(text)"],
    ["g(integer)", "f(integer)"],
  ])("but %s is not %s", (granted, asked) => expect(none(granted, asked)).not.toThrow());

  test.each<[string, string, string]>([
    ["a column of it", "*", "shop.sales.wizard.name"],
    ["the schema around it", "*", "shop.sales"],
    ["a prefix", "*", "sh*.s*.w*"],
    ["the server before it", "*", "main/shop.sales.wizard"],
    ["quotes", "*", '"shop"."sales"."wizard"'],
    ["a workload without its cluster", "shop/web", "shop.sales.wizard"],
    ["workloads by a prefix", "sh*/*", "shop.sales.wizard"],
  ])("%s", (_, who, object) => expect(() => expectNoAccess(report(), who, object)).toThrow("SELECT"));

  test.each<[string, () => void]>([
    ["a workload that is misspelt", () => expectNoAccess(report(), "shop/wbe", "shop.sales.wizard")],
    ["a database that is misspelt", () => expectNoAccess(report(), "*", "shpo.sales.wizard")],
    ["a name in another case", () => expectNoAccess(report(), "*", "SHOP.sales.wizard")],
    [
      "what is made by hand",
      () =>
        expectNoAccess(
          {
            ...report({ edges: [] }),
            unclassified: [
              { path: "p", stack: "s", block: "resource", type: "vault_policy", name: "n", reason: "raw", digest: "" },
            ],
          },
          "*",
          "shop.sales.wizard",
        ),
    ],
    [
      "a policy that nobody reads",
      () =>
        expectNoAccess(
          report({ edges: [], identities: [identity("web", { policies: ["admin"] })] }),
          "*",
          "shop.sales",
        ),
    ],
    [
      "a database of which another program says who may what",
      () => expectNoAccess(report({ edges: [], databases: [database("shop", { external: true })] }), "*", "shop.sales"),
    ],
    ["an edge whose identity is not there", () => expectNoAccess(report({ identities: [] }), "*", "shop.sales.wizard")],
    [
      "a session that acts as the owner",
      () => expectNoAccess(report({ edges: [edge("web", "shop", [], { actsAs: "shop_owner" })] }), "*", "shop.sales"),
    ],
    ["exactly less than there is", () => expectAccess(report()).of("shop/web").toBe({})],
    [
      "nothing, of one who may log in",
      () => {
        const connect = { object: { kind: "database" }, privilege: "CONNECT" } as const;
        expectAccess(report({ edges: [edge("web", "shop", [connect])] }))
          .of("*")
          .toBeNothing();
      },
    ],
    [
      "a bound, of a token that is set elsewhere",
      () =>
        expectAccess(report({ identities: [identity("web", { external: true })] }))
          .of("shop/web")
          .toLastAtMost({ token: "1h" }),
    ],
  ])("%s", (_, assertion) => expect(assertion).toThrow());

  test("a question about one database is not answered with another of the same name", () => {
    const { holders } = whoCan(report().graph, "SELECT", "other/shop.sales.wizard");
    expect(holders).toEqual([]);
    expect(() => expectNoAccess(report(), "*", "other/shop.sales.wizard")).toThrow("knows no database");
  });
});
