import type { AccessReport } from "../constructs/access/report";

/** `access.html`: one file without network. @param base the report to colour the differences against */
export function renderHtml(report: AccessReport, base?: AccessReport): string {
  return `<!doctype html><title>Access</title>${report.graph.edges.length} ${base ? "compared" : ""}`;
}
