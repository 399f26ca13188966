import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { diffReports } from "../../access/diff/diff";
import { AccessGraph, EdgeNode, GrantNode, workloadName } from "../../access/model/graph";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, sortReport } from "../../access/report/report";
import { visible } from "../../render/escape";
import { explorerOf } from "../../render/explorer/explorer";
import type { Row } from "../../render/explorer/model";
import { Packed, Packer } from "../../render/explorer/pack";
import { renderHtml } from "../../render/html";
import { changedShop, largeReport, shopReport } from "../browser/reports";
import { database, delivery, edge, graphOf, identity } from "../support/graph";

const shop = shopReport();
const changed = changedShop(shop);

function reportOf(graph: Partial<AccessGraph>): AccessReport {
  return sortReport({
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: graphOf(graph),
    unclassified: [],
    notJudged: [],
  });
}

function packed(value: unknown, packer = new Packer()): Packed {
  return JSON.parse(packer.write(value)) as Packed;
}

/** What the page's script does with the data. */
function unpack({ shapes, values }: Packed): unknown {
  const whole: unknown[] = [];
  for (const value of values) {
    if (!Array.isArray(value)) whole.push(value);
    else if (value[0] < 0) whole.push(value.slice(1).map((part) => whole[part]));
    else whole.push(Object.fromEntries(shapes[value[0]].map((key, at) => [key, whole[value[at + 1]]])));
  }
  return whole[whole.length - 1];
}

function dataOf(html: string): string {
  return /<script type="application\/json" id="data">(.*)<\/script>/.exec(html)?.[1] ?? "";
}

describe("the file", () => {
  it("is the same, byte for byte, of the same reports", () => {
    expect(renderHtml(shop)).toBe(renderHtml(JSON.parse(JSON.stringify(shop)) as AccessReport));
    expect(renderHtml(changed, shop)).toBe(renderHtml(sortReport(changed), sortReport(shop)));
  });

  it("names no address of anything, and its policy lets only its own script and style be", () => {
    const html = renderHtml(changed, shop);
    expect(html.replace(dataOf(html), "")).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/);
    const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const [, style] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
    const [, script] = /<script>([^]*?)<\/script>/.exec(html) ?? [];
    expect(/Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]).toBe(
      `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    expect(script).not.toMatch(/innerHTML|\beval\(|\bFunction\(/);
  });

  it("holds no character with which a name could end the data, or open anything", () => {
    const names = "</script><!--<script>&\u2028\u2029";
    const html = renderHtml(reportOf({ identities: [identity("web", { policies: [names] })] }));
    expect(dataOf(html)).not.toMatch(/[<>&\u2028\u2029]/);
    expect(html.match(/<script/g)).toHaveLength(2);
  });

  it("holds what the model says, though no row of it stays in memory", () => {
    const held = (after: AccessReport, before?: AccessReport): unknown =>
      unpack(JSON.parse(dataOf(renderHtml(after, before))) as Packed);
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    for (const [after, before] of [[shop], [changed, shop], [shop, changed], [largeReport(50)]] as const)
      expect(held(after, before)).toEqual(plain(explorerOf(after, before)));
  });

  it("is small and quickly written with 1,000 workloads", () => {
    const report = largeReport(1000);
    const start = process.cpuUsage();
    const html = renderHtml(report);
    const { user, system } = process.cpuUsage(start);
    expect(html.length).toBeLessThan(1_600_000);
    // Measured: a third of a second. This bound only finds what grows with the square.
    expect((user + system) / 1e6).toBeLessThan(10);
  });
});

describe("packed data", () => {
  it("is what it was when it is unpacked", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(unpack(packed(plain))).toEqual(plain);
      }),
    );
  });

  it("is the same whether parts of it were packed before or not", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (rows, more) => {
        const plain = JSON.parse(JSON.stringify({ more, rows })) as { more: unknown; rows: unknown[] };
        const packer = new Packer();
        const parts = [...packer.parts(plain.rows.slice(0, 2)), ...packer.parts(plain.rows.slice(2))];
        expect(unpack(packed({ more: plain.more, rows: parts }, packer))).toEqual(plain);
      }),
    );
  });

  it("holds every part once, and without what is undefined", () => {
    const twice = { path: "a", source: undefined };
    expect(packed([twice, { path: "a" }])).toEqual({ shapes: [["path"]], values: ["a", [0, 0], [-1, 1, 1]] });
  });
});

/** Small worlds that overlap: columns, tables and whole schemas of the same names. */
const grants = fc.uniqueArray(
  fc.record({
    object: fc.oneof(
      fc.constant({ kind: "database" } as const),
      fc.record({ kind: fc.constant("schema" as const), schema: fc.constantFrom("s", "t") }),
      fc.record({ kind: fc.constant("table" as const), schema: fc.constantFrom("s", "t") }),
      fc.record({
        kind: fc.constant("table" as const),
        schema: fc.constantFrom("s", "t"),
        name: fc.constantFrom("a", "b"),
      }),
      fc.record({
        kind: fc.constant("column" as const),
        schema: fc.constant("s"),
        name: fc.constantFrom("a", "b"),
        column: fc.constantFrom("x", "y", "z"),
      }),
    ),
    privilege: fc.constantFrom<GrantNode["privilege"]>("SELECT", "INSERT"),
  }),
  { selector: (grant) => JSON.stringify(grant), maxLength: 7 },
);
const edgeOf = (who: string, db: string): fc.Arbitrary<EdgeNode> =>
  fc
    .record({
      grants,
      more: fc.record(
        {
          leaseTtl: fc.constantFrom(600, 3600),
          leaseMaxTtl: fc.constantFrom(7200, 86400),
          policy: fc.constantFrom("p", "q"),
          actsAs: fc.constantFrom("owner", "other"),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ grants: some, more }) => edge(who, db, some, more));
const report = fc
  .record({
    edges: fc
      .tuple(
        ...["web", "api"].flatMap((who) => ["shop", "crm"].map((db) => fc.option(edgeOf(who, db), { nil: undefined }))),
      )
      .map((all) => all.flatMap((one) => one ?? [])),
    identities: fc
      .tuple(
        ...["web", "api"].map((name) =>
          fc
            .record(
              { tokenTtl: fc.constantFrom(600, 3600), policies: fc.subarray(["own", "more"]), external: fc.boolean() },
              { requiredKeys: [] },
            )
            .map((more) => identity(name, more)),
        ),
      )
      .map((all) => [...all]),
    databases: fc
      .tuple(
        ...["shop", "crm"].map((name) =>
          fc
            .record({ sslMode: fc.constantFrom("disable", "require", "verify-full") })
            .map((more) => database(name, more)),
        ),
      )
      .map((all) => [...all]),
  })
  .map(reportOf);

describe("the rows of a change", () => {
  it("show every change of the diff: each is at a verb of some row, and what is gone at one that is gone", () => {
    fc.assert(
      fc.property(report, report, (before, after) => {
        const { rows, changes } = explorerOf(after, before);
        const diff = diffReports(before, after);
        expect(changes.map(({ verdict, who }) => [verdict, who])).toEqual(
          diff.changes.map(({ verdict, who }) => [verdict, who]),
        );
        for (const [index, { verdict, who }] of changes.entries()) {
          const verbs = rows
            .filter((row) => row.who === who)
            .flatMap((row) => row.verbs.filter((verb) => verb.changes.includes(index)));
          expect({ verdict, verbs: verbs.length }).not.toEqual({ verdict, verbs: 0 });
          expect(verbs.every(({ gone }) => gone === (verdict === "narrowed"))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("hide no verdict in a row that is shown only when it is asked for", () => {
    const verdicts = (rows: readonly Row[], changes: readonly { verdict: string }[]): string[] =>
      [
        ...new Set(
          rows.flatMap((row) =>
            row.verbs.flatMap((verb) => verb.changes.map((at) => `${row.who} ${changes[at].verdict}`)),
          ),
        ),
      ].sort();
    fc.assert(
      fc.property(report, report, (before, after) => {
        const { rows, changes } = explorerOf(after, before);
        expect(
          verdicts(
            rows.filter(({ quiet }) => !quiet),
            changes,
          ),
        ).toEqual(verdicts(rows, changes));
      }),
      { numRuns: 300 },
    );
  });

  it("have no mark where nothing changes", () => {
    fc.assert(
      fc.property(report, (same) => {
        const { rows, changes, verdicts } = explorerOf(same, same);
        expect({ changes, verdicts }).toEqual({ changes: [], verdicts: [] });
        expect(rows.flatMap((row) => row.verbs.flatMap((verb) => verb.changes))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the rows", () => {
  const rowsOf = (graph: Partial<AccessGraph>): readonly Row[] => explorerOf(reportOf(graph)).rows;
  const shown = (rows: readonly Row[]): string[][] =>
    rows
      .filter(({ quiet }) => !quiet)
      .map(({ who, verbs, object, columns }) => [who, verbs.map(({ verb }) => verb).join(), object, columns.join()]);

  it("name every workload that runs as the identity, with a credential or without", () => {
    const workloads = shop.graph.workloads ?? [];
    const { rows } = explorerOf(shop);
    for (const row of rows.filter(({ identity }) => identity))
      expect(row.runners.map(({ name, source }) => [name, source])).toEqual(
        workloads.filter((one) => one.identity === row.who).map((one) => [workloadName(one), one.source]),
      );
    const told = new Set(rows.flatMap(({ runners }) => runners.map(({ name }) => name)));
    expect([...told].sort()).toEqual(workloads.map(workloadName).sort());
    expect(told).toContain("Deployment eu/shop/web");
  });

  it("hold every grant of the graph once", () => {
    const granted = shop.graph.edges.flatMap(({ identity: who, grants: all }) =>
      all.map(({ privilege }) => `${who} ${privilege}`),
    );
    const rows = explorerOf(shop).rows.filter((row) => row.edge && row.kind !== "owner");
    const told = rows.flatMap(({ who, verbs, columns }) =>
      verbs.flatMap(({ verb }) => Array.from({ length: Math.max(1, columns.length) }, () => `${who} ${verb}`)),
    );
    expect(told.sort()).toEqual(granted.sort());
  });

  it("join columns of one table for which the same is so, and keep others apart", () => {
    const column = (name: string) => ({ kind: "column", schema: "s", name: "t", column: name }) as const;
    const rows = rowsOf({
      identities: [identity("web")],
      databases: [database("shop")],
      edges: [
        edge("web", "shop", [
          { object: column("a"), privilege: "SELECT" },
          { object: column("b"), privilege: "SELECT" },
          { object: column("c"), privilege: "SELECT" },
          { object: column("c"), privilege: "UPDATE" },
        ]),
      ],
    });
    expect(shown(rows)).toEqual([
      ["eu/shop/web", "SELECT", "shop.s.t", "a,b"],
      ["eu/shop/web", "SELECT,UPDATE", "shop.s.t", "c"],
    ]);
  });

  it("show who can only log in, who reads a credential of another program, and who sits on the wire", () => {
    const rows = rowsOf({
      identities: [identity("idle"), identity("web")],
      databases: [database("shop", { external: true, sslMode: "require" })],
      deliveries: [delivery("web", "shop")],
    });
    expect(shown(rows)).toEqual([
      ["eu/shop/web", "LOGIN", "what another program grants in shop", ""],
      ["eu/shop/idle", "LOGIN", "Vault", ""],
      ["eu/shop/web", "LOGIN", "Vault", ""],
      ["the network", "IMPERSONATE", "the connections to shop", ""],
    ]);
  });

  it("say every name in characters that can be seen, as the other renderings do", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 250 }), (name) => {
        const [row] = rowsOf({
          identities: [identity("web", { policies: [name], path: name })],
        }).filter(({ kind }) => kind === "policy");
        expect(row.on).toBe(`policy ${visible(name)}`);
        expect(row.identity?.path).toBe(visible(name));
      }),
      { numRuns: 300 },
    );
  });
});
