import { CSV_COLUMNS, renderReportCsv } from "../../render/csv";
import { database, edge, graphOf, identity } from "../support/graph";
import { reportOf, SAMPLE, unclassifiedNode } from "./fixture";
import { ATTACKS } from "./names";

/** RFC 4180, read apart from the code that writes it. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let [row, field, quoted]: [string[], string, boolean] = [[], "", false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[(at += 1)];
      else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ",") [row, field] = [[...row, field], ""];
    else if (character === "\r" && text[at + 1] === "\n") {
      rows.push([...row, field]);
      [row, field] = [[], ""];
      at += 1;
    } else field += character;
  }
  expect({ row, field, quoted }).toEqual({ row: [], field: "", quoted: false });
  return rows;
}

const records = (text: string): Record<string, string>[] => {
  const [header, ...rows] = parse(text);
  expect(header).toEqual([...CSV_COLUMNS]);
  return rows.map((row) => {
    expect(row).toHaveLength(header.length);
    return Object.fromEntries(row.map((field, index) => [header[index], field]));
  });
};

test("a line for each row of the matrix, with its times, its way and its lines", () => {
  const rows = records(renderReportCsv(SAMPLE));
  expect(rows.find(({ who, object }) => who === "eu/shop/web" && object.includes("customer"))).toEqual({
    record: "access",
    who: "eu/shop/web",
    may: "SELECT",
    instance: "main",
    database: "shop",
    object: "shop.sales.customer(country, name)",
    token_seconds: "3600",
    token_max_seconds: "86400",
    lease_seconds: "3600",
    lease_max_seconds: "86400",
    session_max_seconds: "86400",
    deleted_pod_seconds: "",
    sslmode: expect.stringMatching(/^[a-z-]+$/),
    vault_policy: "leasehold_eu_shop_web_database.main.shop",
    vault_mount: "database/main/shop",
    vault_role: "eu.shop.web",
    group_role: "eu_shop_web_shop",
    made_by: "main.ts:40",
  });
});

test("what the graph does not explain is never left out", () => {
  const rows = records(renderReportCsv(SAMPLE));
  const count = (record: string): number => rows.filter((row) => row.record === record).length;
  const settings = SAMPLE.unclassified.filter(({ reason }) => reason === "setting").length;
  expect(count("unclassified")).toBe(SAMPLE.unclassified.length - settings);
  expect(count("unclassified")).toBeGreaterThan(0);
  expect(count("setting")).toBe(settings);
  expect(count("not judged")).toBe(SAMPLE.notJudged.length);
});

test.each([
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  '=HYPERLINK("http://x","y")',
  "|cmd",
  "%0a=1",
  "＝1",
  "\t=1",
  "\r=1",
  " =1",
])("%j in a name is not a formula in any field", (name) => {
  const node = { ...database("shop"), mountPath: name, instance: name };
  const held = { ...edge("web", "shop", [{ object: { kind: "table", schema: name, name }, privilege: "SELECT" }]) };
  const place = { path: name, source: name };
  const graph = graphOf({
    identities: [identity("web")],
    databases: [node],
    edges: [{ ...held, mountPath: name, policy: name, databaseRole: name, groupRole: name, ...place }],
  });
  const report = reportOf({ graph, unclassified: [unclassifiedNode({ name, type: "", ...place })] });
  for (const row of records(renderReportCsv(report)))
    for (const field of Object.values(row)) expect(field).not.toMatch(/^\s*[=+\-@＝|%\t\r]/);
});

test("no name breaks out of its field, or acts where the file is printed", () => {
  for (const name of [...ATTACKS, '","x', '"\r\n"access']) {
    const held = edge("web", "shop", [{ object: { kind: "table", schema: name, name }, privilege: "SELECT" }]);
    const graph = graphOf({ identities: [identity("web")], databases: [database("shop")], edges: [held] });
    const text = renderReportCsv(reportOf({ graph, unclassified: [], notJudged: [] }));
    expect(records(text)).toHaveLength(1);
    expect(text.replace(/\r\n/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
});

test("what PUBLIC may do in a database that Leasehold did not make is said to be not known", () => {
  const databases = [database("shop", { publicRights: "unknown" }), database("ledger")];
  expect(records(renderReportCsv(reportOf({ graph: graphOf({ databases }) })))).toEqual([
    expect.objectContaining({
      record: "not known",
      who: "PUBLIC and the owners",
      may: "not known",
      instance: "main",
      database: "shop",
      object: "database shop",
      made_by: "main.ts:24",
    }),
  ]);
});
