import type { AccessDiff } from "../constructs/access/diff";
import type { AccessReport } from "../constructs/access/report";

/** The report as GitHub-flavoured Markdown: `access.md`. */
export function renderReportMarkdown(report: AccessReport): string {
  return `# Access\n\n${report.graph.edges.length} edges\n`;
}

/** The diff as GitHub-flavoured Markdown, for a comment on a pull request. */
export function renderDiffMarkdown(diff: AccessDiff): string {
  return `${diff.verdicts.join(", ")}\n`;
}
