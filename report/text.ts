import type { AccessDiff } from "../constructs/access/diff";
import type { AccessReport } from "../constructs/access/report";

/** The matrix for a terminal. */
export function renderReportText(report: AccessReport): string {
  return `${report.graph.edges.length} edges\n`;
}

/** The diff for a terminal. */
export function renderDiffText(diff: AccessDiff): string {
  return `${diff.verdicts.join(", ")}\n`;
}
