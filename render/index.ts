/** Renderings of the access report and of the access diff: functions of plain data, without cdktf. */
export { COMMENT_BUDGET, LEAST_BUDGET } from "./budget";
export { counts, verdictLine } from "./changes";
export { COMMENT_MARKER, DiffMarkdownOptions, renderDiffMarkdown, renderReportMarkdown } from "./markdown";
export { matrixOf, MatrixEntry } from "./matrix";
export { renderDiffText, renderReportText, TextOptions } from "./text";
