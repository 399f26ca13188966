/** Renderings of the access report and of the access diff: functions of plain data, without cdktf and without a file system. */
export { renderDiffMarkdown, renderReportMarkdown } from "./markdown";
export { renderDiffText, renderReportText } from "./text";
