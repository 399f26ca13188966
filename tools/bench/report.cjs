// What npm run bench measures of a report: node -r ./tools/typescript.cjs tools/bench/report.cjs <access.json> <what>.
const { readFileSync } = require("node:fs");
const { parseReport, formatReport } = require("../../access/report/parse-report");
const { diffReports } = require("../../access/diff/diff");
const { whatCan } = require("../../access/questions/query");
const { renderHtml } = require("../../render/html");
const { renderReportMarkdown } = require("../../render/markdown");

const [, , file, what] = process.argv;
const text = readFileSync(file).toString();
const report = parseReport(text);

/** The same program with one grant less, and one workload that has another name. */
function before() {
  const [first, second, ...rest] = report.graph.edges;
  const edges = [
    { ...first, grants: first.grants.slice(1) },
    { ...second, groupRole: `${second.groupRole}_old` },
    ...rest,
  ];
  return parseReport(JSON.stringify({ ...JSON.parse(text), graph: { ...report.graph, edges } }));
}

const WORK = {
  read: () => report,
  write: () => [formatReport(report), renderReportMarkdown(report), renderHtml(report)].map(({ length }) => length),
  diff: () => diffReports(before(), report).changes.length,
  question: () => whatCan(report.graph, "eu/shop/w1").length,
};
const result = WORK[what]();
const { user, system } = process.cpuUsage();
const rss = process.resourceUsage().maxRSS / 1024;
console.log(
  JSON.stringify({ cpu: (user + system) / 1e6, rss, result: typeof result === "object" ? undefined : result }),
);
