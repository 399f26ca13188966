/** Renderings of the access report and of the access diff: functions of plain data, without cdktf. */
export { COMMENT_BUDGET, LEAST_BUDGET } from "./budget";
export { counts, verdictLine } from "./changes";
export { COMMENT_MARKER, DiffMarkdownOptions, renderDiffMarkdown } from "./diff-markdown";
export { renderReportMarkdown } from "./markdown";
export { SourceLinks } from "./source-links";
export { matrixOf, MatrixEntry } from "./matrix";
export { renderDiffText, renderReportText, TextOptions } from "./text";
