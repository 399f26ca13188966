import { AccessDiff, diffReports, grows } from "../../access/diff/diff";
import { COMMENT_BUDGET, LEAST_BUDGET } from "../../render/budget";
import { renderHtml } from "../../render/html";
import { renderDiffMarkdown } from "../../render/markdown";
import { renderDiffText } from "../../render/text";
import { Command, DONE, FORMAT_OPTIONS, FOUND, print, UsageError } from "../command";
import { writeFile } from "../report-file";

/** `leasehold diff base.json head.json`. */
export const diff: Command = {
  name: "diff",
  summary: "what a change does to access: diff base.json head.json",
  args: ["<base.json>", "<head.json>"],
  details:
    "Both files are reports that `npx cdktf synth` wrote; - is the input. With --exit-code=broadened it exits with 2 when access\n" +
    "grew or cannot be shown not to have (broadened, longer, unclassified), with --exit-code=any when anything changed.",
  options: {
    "exit-code": { type: "string", value: "<when>", help: "exit with 2 when access has: broadened, or any change" },
    budget: { type: "string", value: "<bytes>", help: `size of the Markdown at most; default: ${COMMENT_BUDGET}` },
    html: { type: "string", value: "<file>", help: "also write the explorer, one HTML file, with the differences" },
    ...FORMAT_OPTIONS,
  },
  run: (call) => {
    const [before, after] = call.args;
    const findings = findingsOf(call.option("exit-code"));
    const budget = budgetOf(call.option("budget"), call.flag("markdown"));
    const [base, head] = [call.readReport(before), call.readReport(after)];
    const found = diffReports(base, head);
    const html = call.option("html");
    if (html !== undefined) writeFile(call.io, html, renderHtml(head, base));
    print(call, {
      json: () => ({ ...found, grows: grows(found) }),
      markdown: () => renderDiffMarkdown(found, { budget }),
      text: (options) => renderDiffText(found, options),
    });
    return findings(found) ? FOUND : DONE;
  },
};

function findingsOf(when: string | undefined): (found: AccessDiff) => boolean {
  if (when === undefined) return () => false;
  if (when === "broadened") return grows;
  if (when === "any") return ({ verdicts }) => verdicts.length > 0;
  throw new UsageError(`--exit-code ${JSON.stringify(when)}: choose broadened or any`);
}

function budgetOf(text: string | undefined, markdown: boolean): number {
  if (text === undefined) return COMMENT_BUDGET;
  if (!markdown) throw new UsageError("--budget was given without --markdown: nothing else is cut");
  const budget = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  if (budget >= LEAST_BUDGET) return budget;
  throw new UsageError(`--budget ${JSON.stringify(text)}: choose a number of bytes of at least ${LEAST_BUDGET}`);
}
