import { diffReports, grows } from "../../access/diff/diff";
import type { DatabaseNode } from "../../access/model/graph";
import type { KnownRight } from "../../access/model/known-rights";
import { whatCan, whoCan, why } from "../../access/questions/query";
import type { AccessReport } from "../../access/report/report";
import { expectNoAccess } from "../../assertions";
import { whatCanAnswer, whoCanAnswer, whyAnswer } from "../../render/answers";
import { renderReportCsv } from "../../render/csv";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { explorerOf } from "../../render/explorer/explorer";
import { renderReportMarkdown } from "../../render/markdown";
import { renderAnswerText, renderReportText } from "../../render/text";
import { database, edge, graphOf, identity } from "../support/graph";
import { reportOf } from "./fixture";

const SELECT = { object: { kind: "table", schema: "sales", name: "wizard" }, privilege: "SELECT" } as const;
const TEMPORARY: KnownRight = { who: "PUBLIC", privilege: "TEMPORARY", kind: "database" };
const EXECUTE: KnownRight = {
  who: "PUBLIC",
  privilege: "EXECUTE",
  kind: "function",
  schema: "sales",
  name: "turnover(integer)",
};
const OWNER: KnownRight = { who: "legacy", privilege: "ACT AS", kind: "role", name: "shop_owner" };

function withDatabase(more: Partial<DatabaseNode>): AccessReport {
  const databases = [database("shop", more), database("ledger")];
  return reportOf({
    graph: graphOf({ identities: [identity("web")], databases, edges: [edge("web", "shop", [SELECT])] }),
  });
}

const known = (...rights: KnownRight[]): AccessReport =>
  withDatabase({ knownRights: { lookedUp: "2026-05-01", rights } });
const unknown = withDatabase({ publicRights: "unknown" });

describe("the report of a database that was looked at", () => {
  const report = known(TEMPORARY, EXECUTE, OWNER);

  test("lists who may do what, and the day, and no longer that it is not known", () => {
    const text = renderReportText(report);
    expect(text).not.toMatch(/not known of/);
    expect(text).toMatch(/^Looked up\n/m);
    expect(text).toMatch(/^ +PUBLIC +TEMPORARY +database shop +2026-05-01 +main\.ts:24$/m);
    expect(text).toMatch(/^ +PUBLIC +EXECUTE +function shop\.sales\."?turnover\(integer\)"? +2026-05-01/m);
    expect(text).toMatch(/^ +legacy +ACT AS +shop_owner and all that it owns in shop +2026-05-01/m);
    expect(renderReportMarkdown(report)).toMatch(/^## Looked up$/m);
  });

  test("says that nobody may anything where that was found", () => {
    expect(renderReportText(known())).toMatch(/^ +nobody +nothing +database shop +2026-05-01/m);
  });

  test("has it in a spreadsheet and in the page, where it is no way of a workload", () => {
    expect(renderReportCsv(report)).toMatch(/^"looked up","PUBLIC","EXECUTE","main","shop",/m);
    const page = explorerOf(report);
    expect(page.lookedUp).toHaveLength(3);
    expect(page.lookedUp[0]).toBe(
      "PUBLIC may TEMPORARY on database shop, and so may each login: looked up on 2026-05-01",
    );
    expect(page.rows.map(({ who }) => who)).not.toContain("PUBLIC");
    expect(page.unclassified).toEqual([]);
  });
});

describe("an answer", () => {
  const report = known(TEMPORARY, EXECUTE, OWNER);
  const notes = (privilege: string, object: string): string =>
    renderAnswerText(whoCanAnswer(report, whoCan(report.graph, privilege, object)));

  test("of who-can names what of it answers, and an owner always", () => {
    expect(notes("EXECUTE", 'shop.sales."turnover(integer)"')).toContain("note: PUBLIC may EXECUTE on function");
    expect(notes("SELECT", "shop.sales.wizard")).not.toContain("PUBLIC");
    expect(notes("SELECT", "shop.sales.wizard")).toContain(
      "note: legacy may ACT AS shop_owner and all that it owns in shop",
    );
    expect(notes("TEMPORARY", "shop")).toContain("note: PUBLIC may TEMPORARY on database shop");
    expect(notes("SELECT", "ledger")).not.toContain("legacy");
  });

  test("of why and what-can says so", () => {
    const asked = why(report.graph, "*", "DELETE", "shop.sales.wizard");
    expect(asked.lookedUp.map(({ right }) => right)).toEqual([OWNER]);
    expect(renderAnswerText(whyAnswer(report, asked))).toContain("legacy may ACT AS");
    expect(renderAnswerText(whatCanAnswer(report, whatCan(report.graph, "shop/web")))).toContain(
      "what PUBLIC may do in main/shop, and so each login to it, was looked up on 2026-05-01",
    );
  });

  test("of an assertion that nobody has access fails for what PUBLIC may do, and not for an owner", () => {
    // A login to the other database of the server.
    const edges = [edge("web", "ledger", [SELECT])];
    const nobody = (program: AccessReport): void =>
      expectNoAccess({ ...program.graph, edges }, "shop/web", "shop.sales.*");
    expect(() => nobody(known(OWNER))).not.toThrow();
    expect(() => nobody(report)).toThrow(/PUBLIC may EXECUTE in main\/shop, as was looked up on 2026-05-01/);
  });
});

describe("a diff", () => {
  test("of a right that is there more is growth, and of one that is gone is none", () => {
    const grown = diffReports(known(TEMPORARY), known(TEMPORARY, EXECUTE, OWNER));
    expect([grown.verdicts, grows(grown)]).toEqual([["broadened"], true]);
    const text = renderDiffMarkdown(grown);
    expect(text).toMatch(/PUBLIC.* may now EXECUTE function .*shop\.sales/);
    expect(text).toMatch(/login legacy.* may now act as .*shop_owner.* and all that it owns/);
    const shrunk = diffReports(known(TEMPORARY, EXECUTE), known(TEMPORARY));
    expect([shrunk.verdicts, grows(shrunk)]).toEqual([["narrowed"], false]);
  });

  test("of another day changes nothing", () => {
    const later = withDatabase({ knownRights: { lookedUp: "2026-06-01", rights: [TEMPORARY] } });
    expect(diffReports(known(TEMPORARY), later).verdicts).toEqual([]);
  });

  test("where it becomes known has nothing, and where it becomes unknown is growth that cannot be judged", () => {
    expect(diffReports(unknown, known(TEMPORARY, OWNER)).verdicts).toEqual([]);
    const lost = diffReports(known(TEMPORARY, OWNER), unknown);
    expect([lost.verdicts, lost.changes, grows(lost)]).toEqual([["unclassified"], [], true]);
  });

  test("of a database that comes with rights, or that Leasehold had made, is growth", () => {
    expect(diffReports(withDatabase({}), known(EXECUTE)).verdicts).toEqual(["broadened"]);
  });
});
