import { sha256 } from "../../access/model/digest";
import { unmentionedObject, unmentionedWorkload } from "../../access/questions/mentions";
import { parseObject, parseWorkload } from "../../access/questions/pattern";
import { filterReport, unmentionedNotes } from "../../render/answers";
import { renderReportCsv } from "../../render/csv";
import { renderHtml } from "../../render/html";
import { renderReportMarkdown } from "../../render/markdown";
import { matrixOf } from "../../render/matrix";
import { renderReview } from "../../render/review";
import { renderReportText } from "../../render/text";
import { toText } from "../../render/words";
import { Command, DONE, FORMAT_OPTIONS, print, REPORT_OPTION, UsageError } from "../command/command";
import { TITLE_OPTION, titleOf } from "../command/title";
import { refuseUnknown } from "../command/questions";
import { DEFAULT_REPORT, writeFile } from "../command/report-file";

/** `leasehold access`: the whole matrix, or some of it. */
export const access: Command = {
  name: "access",
  summary: "who may touch what, for how long: the access matrix",
  args: [],
  options: {
    workload: { type: "string", value: "<workload>", help: "only this workload: shop/web, eu/shop/web, shop/*" },
    table: { type: "string", value: "<object>", help: "only this object: shop, shop.sales, shop.sales.wizard(name)" },
    verb: { type: "string", value: "<privilege>", help: "only this privilege: SELECT, INSERT, …" },
    html: { type: "string", value: "<file>", help: "also write the explorer, one HTML file, of the whole report" },
    ...TITLE_OPTION,
    ...REPORT_OPTION,
    ...FORMAT_OPTIONS,
    format: { type: "string", value: "csv|review", help: "as CSV; or a dated review to be signed" },
  },
  run: (call) => {
    const { io, option, flag } = call;
    const format = option("format");
    if (format !== undefined && format !== "csv" && format !== "review")
      throw new UsageError(`--format ${JSON.stringify(format)}: choose csv or review, or --json or --markdown`);
    if (format !== undefined && (flag("json") || flag("markdown")))
      throw new UsageError(`--format ${format} was given with --json or --markdown: choose one of them`);
    const whole = call.report();
    const [workload, object, privilege] = [option("workload"), option("table"), option("verb")];
    const report = filterReport(whole, {
      ...(workload !== undefined && { workload }),
      ...(object !== undefined && { object }),
      ...(privilege !== undefined && { privilege }),
    });
    const unmentioned = [
      ...(workload === undefined ? [] : unmentionedWorkload(whole.graph, parseWorkload(workload))),
      ...(object === undefined ? [] : unmentionedObject(whole.graph, parseObject(object))),
    ];
    refuseUnknown(unmentioned);
    const html = option("html");
    if (html !== undefined) writeFile(io, html, renderHtml(whole, undefined, titleOf(call)));
    for (const note of unmentionedNotes(unmentioned)) io.err(`leasehold: note: ${toText(note)}\n`);
    if (format === "csv") {
      io.out(renderReportCsv(report));
      return DONE;
    }
    if (format === "review") {
      const path = option("report") ?? DEFAULT_REPORT;
      // The report is read once: a pipe cannot be read twice.
      const digest = path === "-" ? undefined : sha256(io.readFile(path));
      const date = new Date().toISOString().slice(0, 10);
      io.out(renderReview(report, { title: titleOf(call), date, digest }));
      return DONE;
    }
    print(call, {
      json: () => ({
        version: 1,
        rows: matrixOf(report.graph),
        unclassified: report.unclassified,
        notJudged: report.notJudged,
      }),
      markdown: () => renderReportMarkdown(report),
      text: (options) => renderReportText(report, options),
    });
    return DONE;
  },
};
