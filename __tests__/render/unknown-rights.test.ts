import { diffReports, grows } from "../../access/diff/diff";
import type { DatabaseNode } from "../../access/model/graph";
import { whatCan, whoCan, why } from "../../access/questions/query";
import type { AccessReport } from "../../access/report/report";
import { whatCanAnswer, whoCanAnswer, whyAnswer } from "../../render/answers";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { explorerOf } from "../../render/explorer/explorer";
import { renderReportMarkdown } from "../../render/markdown";
import { renderAnswerText, renderDiffText, renderReportText } from "../../render/text";
import { database, edge, graphOf, identity } from "../support/graph";
import { reportOf } from "./fixture";

const UNKNOWN = { publicRights: "unknown" } as const;
const SELECT = { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" } as const;

function withDatabases(...databases: DatabaseNode[]): AccessReport {
  return reportOf({
    graph: graphOf({ identities: [identity("web")], databases, edges: [edge("web", "shop", [SELECT])] }),
  });
}

const known = withDatabases(database("shop"), database("ledger"));
const unknown = withDatabases(database("shop", UNKNOWN), database("ledger"));

const WARNING = 'What PUBLIC and the owners may do is not known of 1 database: see "Not known".';

describe("the report of a database that Leasehold did not make", () => {
  test("says to a terminal what is not known and how to look it up, and of one that it made nothing", () => {
    const text = renderReportText(unknown);
    expect(text).toContain(WARNING);
    expect(text).toMatch(/^Not known\n.*`leasehold prove --schema …` or `leasehold doctor`/m);
    expect(text).toMatch(
      /^ +shop on main +what PUBLIC and the owners may do; each login may do what PUBLIC may +main\.ts:24$/m,
    );
    expect(text).not.toContain("ledger on main");
    expect(renderReportText(known)).not.toMatch(/not known/i);
  });

  test("says it in Markdown", () => {
    const markdown = renderReportMarkdown(unknown);
    expect(markdown).toContain(`> **Warning:** ${WARNING}`);
    expect(markdown).toMatch(/^## Not known$/m);
    expect(markdown).toContain("| `shop` on `main` | what PUBLIC and the owners may do;");
  });

  test("says it in the page, as something that the picture does not cover", () => {
    expect(explorerOf(unknown).unclassified).toEqual([
      expect.objectContaining({ block: "database", name: "main/shop", reason: "rights" }),
    ]);
    expect(explorerOf(known).unclassified).toEqual([]);
    expect(explorerOf(unknown, known).unclassified).toEqual([expect.objectContaining({ change: "changed" })]);
  });

  test("names one that two mounts lead to once", () => {
    const twice = withDatabases(
      database("shop", UNKNOWN),
      database("shop", { ...UNKNOWN, mountPath: "database/other" }),
    );
    expect(renderReportText(twice).match(/^ +shop on main/gm)).toHaveLength(1);
  });
});

describe("an answer about such a database", () => {
  const NOTE =
    "note: what PUBLIC and the owners of main/shop may do, and so each login to it, is not known: `leasehold prove --schema …` or `leasehold doctor` looks it up";
  const ask = (report: AccessReport, object: string): string =>
    renderAnswerText(whoCanAnswer(report, whoCan(report.graph, "ANY", object)));

  test("of who-can says so, of another one it does not", () => {
    expect(ask(unknown, "shop.sales.nobody")).toContain(NOTE);
    expect(ask(unknown, "shop")).toContain(NOTE);
    expect(ask(unknown, "ledger")).not.toContain("not known");
    expect(ask(known, "shop")).not.toContain("not known");
  });

  test("of why and what-can says so", () => {
    const asked = why(unknown.graph, "*", "DELETE", "shop.sales.wizard");
    expect(renderAnswerText(whyAnswer(unknown, asked))).toContain(NOTE);
    expect(renderAnswerText(whatCanAnswer(unknown, whatCan(unknown.graph, "shop/web")))).toContain(NOTE);
    expect(renderAnswerText(whatCanAnswer(known, whatCan(known.graph, "shop/web")))).not.toContain("not known");
  });
});

describe("a diff", () => {
  test("of a database whose rights became unknown is growth that cannot be judged", () => {
    const diff = diffReports(known, unknown);
    expect([diff.verdicts, grows(diff)]).toEqual([["unclassified"], true]);
    expect(diff.unclassified).toEqual([
      expect.objectContaining({ change: "changed", after: expect.objectContaining({ name: "main/shop" }) }),
    ]);
    expect(renderDiffText(diff)).toMatch(/database main\/shop.*what PUBLIC and the owners may do is not known/);
    expect(renderDiffMarkdown(diff)).toContain("what PUBLIC and the owners may do is not known");
  });

  test("of a new database with unknown rights is so too, and of the same name on another server", () => {
    const diff = diffReports(known, withDatabases(database("shop"), database("ledger"), database("old", UNKNOWN)));
    expect(diff.unclassified).toEqual([expect.objectContaining({ change: "added" })]);
    const moved = database("shop", { ...UNKNOWN, instance: "second" });
    expect(diffReports(unknown, withDatabases(moved, database("ledger"))).verdicts).toContain("unclassified");
  });

  test("has none where it stays unknown, wherever it is said, or becomes known", () => {
    expect(diffReports(unknown, unknown).verdicts).toEqual([]);
    const elsewhere = withDatabases(database("shop", { ...UNKNOWN, path: "x", source: "y.ts:1" }), database("ledger"));
    expect(diffReports(unknown, elsewhere).verdicts).toEqual([]);
    const knownRights = { lookedUp: "2026-05-01", rights: [] };
    const lookedUp = withDatabases(database("shop", { knownRights }), database("ledger"));
    expect(diffReports(unknown, lookedUp).verdicts).toEqual([]);
  });

  test("says when the head no longer says that it is unknown: that the rights are gone would be a guess", () => {
    expect(diffReports(unknown, known).verdicts).toEqual(["unclassified"]);
  });
});
