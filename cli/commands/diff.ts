import { AccessDiff, diffReports, grows } from "../../access/diff/diff";
import type { AccessReport } from "../../access/report/report";
import { COMMENT_BUDGET, LEAST_BUDGET } from "../../render/budget";
import { renderHtml } from "../../render/html";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { renderDiffText } from "../../render/text";
import { Call, Command, DONE, FORMAT_OPTIONS, FOUND, print, UsageError } from "../command/command";
import { existsSync } from "node:fs";
import { TITLE_OPTION, titleOf } from "../command/title";
import { withBase } from "../command/base";
import { DEFAULT_REPORT, writeFile } from "../command/report-file";

/** `leasehold diff base.json head.json`, or `leasehold diff main`. */
export const diff: Command = {
  name: "diff",
  summary: "what a change does to access: diff main, or diff base.json head.json",
  args: ["<base>", "[head.json]"],
  details:
    "Both are reports that `npx cdktf synth` wrote; - is the input. The head is cdktf.out/access.json unless it is given. A base that\n" +
    "is not a file is a commit or branch: its own program synthesizes it in a git worktree, which is removed again. With --exit-code=broadened\n" +
    "it exits with 2 when access grew or may have grown (broadened, longer, unclassified), with --exit-code=any when anything changed.",
  options: {
    "exit-code": { type: "string", value: "<when>", help: "exit with 2 when access has: broadened, or any change" },
    budget: { type: "string", value: "<bytes>", help: `size of the Markdown at most; default: ${COMMENT_BUDGET}` },
    html: { type: "string", value: "<file>", help: "also write the explorer, one HTML file, with the differences" },
    ...TITLE_OPTION,
    ...FORMAT_OPTIONS,
  },
  run: async (call) => {
    const [before, after = DEFAULT_REPORT] = call.args;
    const findings = findingsOf(call.option("exit-code"));
    const budget = budgetOf(call.option("budget"), call.flag("markdown"));
    const [base, head] = isFile(before)
      ? [call.readReport(before), call.readReport(after)]
      : await withCommit(call, before, after);
    const found = diffReports(base, head);
    const html = call.option("html");
    if (html !== undefined) writeFile(call.io, html, renderHtml(head, base, titleOf(call)));
    print(call, {
      json: () => ({ ...found, grows: grows(found) }),
      markdown: () => renderDiffMarkdown(found, { budget }),
      text: (options) => renderDiffText(found, options),
    });
    return findings(found) ? FOUND : DONE;
  },
};

/** A text that names no file names a commit: `main`, `origin/main`, `HEAD~1`. */
function isFile(name: string): boolean {
  return name === "-" || name.endsWith(".json") || existsSync(name);
}

async function withCommit(call: Call, revision: string, after: string): Promise<[AccessReport, AccessReport]> {
  // First what is there: a synthesis takes its time.
  const head = call.readReport(after);
  const progress = (line: string): void => call.io.err(`${line}\n`);
  const base = await withBase(revision, { folder: process.cwd(), progress }, (file) => call.readReport(file));
  return [base, head];
}

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
