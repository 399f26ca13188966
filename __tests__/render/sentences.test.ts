import { diffReports } from "../../access/diff/diff";
import type { AccessGraph, ContainerNode, GrantNode, WorkloadNode } from "../../access/model/graph";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedNode } from "../../access/report/report";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { renderDiffText } from "../../render/text";
import { database, edge, identity } from "../support/graph";

const READS: Omit<GrantNode, "grantedBy"> = {
  privilege: "SELECT",
  object: { kind: "table", schema: "sales", name: "orders" },
};

function report(graph: Partial<AccessGraph>): AccessReport {
  const whole = { identities: [identity("api"), identity("web")], databases: [database("shop")], edges: [] };
  return {
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: { ...whole, deliveries: [], ...graph },
    unclassified: [],
    notJudged: [],
  };
}

/** The sentences of a comment, without the legend and what is folded. */
const said = (before: Partial<AccessGraph>, after: Partial<AccessGraph>): string[] =>
  renderDiffMarkdown(diffReports(report(before), report(after)))
    .split("\n")
    .filter((line) => line.startsWith("- **"));

describe("one change of the program is one sentence", () => {
  it("names all who may do the same by one statement", () => {
    expect(said({}, { edges: ["api", "web"].map((name) => edge(name, "shop", [READS])) })).toEqual([
      "- **+ `eu/shop/api` and `eu/shop/web` may now SELECT `shop.sales.orders`**, at most 24h · `main.ts:40`",
    ]);
  });

  it("counts those beyond eight", () => {
    const names = [..."abcdefghij"];
    const identities = names.map((name) => identity(name));
    const [line] = said({ identities }, { identities, edges: names.map((name) => edge(name, "shop", [READS])) });
    expect(line).toMatch(/^- \*\*\+ `eu\/shop\/a`, (`eu\/shop\/[b-g]`, ){6}`eu\/shop\/h` and 2 more may now SELECT/);
  });

  it("keeps apart who may do it for another time", () => {
    const lines = said(
      {},
      { edges: [edge("api", "shop", [READS]), edge("web", "shop", [READS], { leaseMaxTtl: 3600 })] },
    );
    expect(lines).toHaveLength(2);
  });

  it("shows the line of the cap where leases became as long as that", () => {
    const capped = (cap: number): Partial<AccessGraph> => ({
      identities: ["api", "web"].map((name) => identity(name, { tokenMaxTtl: 864000 })),
      databases: [database("shop", { leaseCap: cap })],
      edges: ["api", "web"].map((name) => edge(name, "shop", [READS], { leaseMaxTtl: cap })),
    });
    expect(said(capped(86400), capped(172800))).toEqual([
      "- **↑ `eu/shop/api` and `eu/shop/web` may do the same in `shop` for longer**, lease max 24h → 48h, session max 24h → 48h · `main.ts:24`",
    ]);
    const own = capped(172800);
    const longer = own.edges?.map((one) => ({ ...one, leaseMaxTtl: 90000 }));
    expect(said({ ...own, edges: capped(86400).edges }, { ...own, edges: longer })[0]).toMatch(/25h · `main\.ts:33`$/);
  });
});

describe("what a mount may issue", () => {
  const capped = (cap: number, lease = 3600): Partial<AccessGraph> => ({
    databases: [database("shop", { leaseCap: cap })],
    edges: [edge("web", "shop", [READS], { leaseMaxTtl: lease })],
  });

  it("is told of the mount where no lease of the program becomes longer: a role by hand may", () => {
    expect(said(capped(86400), capped(172800))).toEqual([
      "- **↑ `mount database/main/shop` may issue logins to `shop` for longer**, lease cap 24h → 48h · `main.ts:24`",
    ]);
    expect(said(capped(172800), capped(86400))[0]).toMatch(
      /^- \*\*↓ `mount .*` for a shorter time\*\*, lease cap 48h → 24h/,
    );
    expect(said({ ...capped(86400), edges: [] }, { ...capped(172800), edges: [] })).toHaveLength(1);
    // Whose lease became longer by its own statement says nothing about the mount.
    expect(said(capped(86400), capped(172800, 7200))).toHaveLength(2);
  });
});

describe("a base that an older Leasehold wrote", () => {
  it("is one sentence, whatever of it cannot be compared", () => {
    const block = { path: "a/b", stack: "a", block: "resource", type: "vault_mount", reason: "setting" } as const;
    const blocks = (digest: string): UnclassifiedNode[] =>
      ["x", "y"].map((name) => ({ ...block, name, source: "main.ts:9", digest }));
    const job = { path: "j", kind: "CronJob", name: "j", namespace: "shop", identity: "eu/shop/web" } as const;
    const demands = [{ name: "annotation a", says: "1".repeat(64), opens: true as const }];
    const base = { ...report({ workloads: [job] }), unclassified: blocks("1"), readFrom: "1.2" };
    const head = { ...report({ workloads: [{ ...job, starts: "@daily", demands }] }), unclassified: blocks("2") };
    const text = renderDiffMarkdown(diffReports(base, head));
    expect(text.split("\n").filter((line) => line.startsWith("- **"))).toEqual([
      "- **? an older Leasehold wrote the base, and not all of it can be compared**, 2 blocks with a digest of another kind, what the pods of 1 workload run, or must have",
    ]);
    expect(text).toContain("### UNCLASSIFIED: 3 blocks");
    for (const name of ["resource `vault_mount.x`: `a/b` at `main.ts:9`", "`CronJob eu/shop/j`: `j`"])
      expect(text).toContain(name);
    const table = renderDiffText(diffReports(base, head), { colour: false, width: 200 });
    expect(table.match(/an older Leasehold wrote the base/g)).toHaveLength(1);
  });
});

describe("another version of a program", () => {
  const runs = (...containers: readonly ContainerNode[]): Partial<AccessGraph> => {
    const workload = {
      path: "workloads/web",
      source: "main.ts:60",
      kind: "Deployment",
      name: "web",
      namespace: "shop",
    };
    return { workloads: [{ ...workload, identity: "eu/shop/web", containers } as WorkloadNode] };
  };
  const web = (image: string, settings = "a"): ContainerNode => ({ name: "web", image, runs: settings.repeat(64) });

  it("is told by its images", () => {
    expect(said(runs(web("r.example.com/web:1")), runs(web("r.example.com/web:2")))).toEqual([
      "- **~ `Deployment eu/shop/web` runs another version**, `r.example.com/web:1` → `r.example.com/web:2` · `main.ts:60`",
    ]);
  });

  it("says which container has other settings, whose image may be known at apply only", () => {
    const later = (settings: string): ContainerNode => ({ name: "web", runs: settings.repeat(64) });
    for (const [before, after] of [
      [web("web:1"), web("web:1", "b")],
      [later("a"), later("b")],
    ])
      expect(said(runs(before), runs(after))).toEqual([
        "- **~ `Deployment eu/shop/web` runs another version**, another command, environment or other setting of `web` · `main.ts:60`",
      ]);
  });

  it("is not what a container more is: that is growth, told once", () => {
    const proxy = { ...web("proxy:1"), name: "proxy" };
    expect(said(runs(web("web:1")), runs(web("web:1"), proxy))).toEqual([
      "- **+ `Deployment eu/shop/web` may now run as `eu/shop/web`**, runs none → `proxy proxy:1 aaaaaaaaaaaa` · `main.ts:60`",
    ]);
  });

  it("is not another program either, which comes in instead of the one that was there", () => {
    const lines = said(runs(web("web:1")), runs(web("other.example.com/web:1")));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^- \*\*\+ .* runs `web web:1 a+` → `web other\.example\.com\/web:1 a+`/);
  });

  it("leaves what else is another way in a sentence of its own", () => {
    const placed = (graph: Partial<AccessGraph>, placement: string): Partial<AccessGraph> => ({
      workloads: graph.workloads?.map((workload) => ({ ...workload, placement: placement.repeat(64) })),
    });
    const proxy = { ...web("proxy:1"), name: "proxy" };
    const lines = said(placed(runs(web("web:1")), "c"), placed(runs(web("web:1"), proxy), "d"));
    expect(lines).toEqual([
      expect.stringContaining("runs none → `proxy proxy:1"),
      expect.stringMatching(/^- \*\*~ .*\*\*, runs on `c{12}` → `d{12}` · /),
    ]);
  });
});
