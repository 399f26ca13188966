import { appendFileSync } from "node:fs";
import { COMMENT_BUDGET } from "../../render/budget";
import { Call, Command, DONE, FAILED, FOUND, UsageError } from "../command/command";
import {
  LEAST_COMMENT,
  PullRequestReport,
  reportPullRequest,
  SideInput,
  summaryLine,
  UNFINISHED,
} from "../pull-request/report";
import { isFileAddress, SourceLinks } from "../../render/source-links";
import { writeFile } from "../command/report-file";

/** `leasehold pr-report --base base/ --head head/ --output comment.md`. */
export const prReport: Command = {
  name: "pr-report",
  summary: "write the comment about a pull request: its access first, then its stacks",
  args: [],
  details:
    "Both folders are what cdktf wrote (cdktf.out), each synthesized in a job of its own. Needs no credentials. When the head's\n" +
    "access cannot be told it says so and exits with 1; when only the base's cannot, everything is shown as new. In a job of\n" +
    "GitHub it also writes the job's summary and the outputs verdict, grows, line and code.",
  options: {
    base: { type: "string", value: "<folder>", help: "what the branch to merge into synthesizes" },
    head: { type: "string", value: "<folder>", help: "what it would synthesize after the merge" },
    "base-result": { type: "string", value: "<word>", help: "how the job of the base ended; default: success" },
    "head-result": { type: "string", value: "<word>", help: "how the job of the head ended; default: success" },
    "base-commit": { type: "string", value: "<sha>", help: "shown in the comment" },
    "head-commit": { type: "string", value: "<sha>", help: "shown in the comment" },
    "head-source": {
      type: "string",
      value: "<url>",
      help: "where the forge shows the head's files: each change links there",
    },
    "base-source": { type: "string", value: "<url>", help: "the same of the base, for what is taken away" },
    program: { type: "string", value: "<folder>", help: "the program's folder in the repository; default: its root" },
    plan: { type: "string", value: "<file>", help: "what `leasehold pr-plan` wrote" },
    "plan-result": { type: "string", value: "<word>", help: "how the job of the plan ended; default: success" },
    run: { type: "string", value: "<url>", help: "where the logs of this run are" },
    output: { type: "string", value: "<file>", help: "where to write the comment; default: print it" },
    budget: { type: "string", value: "<bytes>", help: `size of the comment at most; default: ${COMMENT_BUDGET}` },
    "exit-code": { type: "string", value: "<when>", help: "exit with 2 when access has: broadened, or any change" },
  },
  run: (call) => {
    const when = call.option("exit-code") || "never";
    if (!["never", "broadened", "any"].includes(when))
      throw new UsageError(`--exit-code ${JSON.stringify(when)}: choose broadened, any or never`);
    const output = call.option("output");
    const write = (text: string): void => (output === undefined ? call.io.out(text) : writeFile(call.io, output, text));
    // Should it end before it is done, by memory or time, there is something to post.
    if (output !== undefined) write(UNFINISHED.markdown);
    const report = reportPullRequest({
      base: side(call, "base"),
      head: side(call, "head"),
      plan: planOf(call),
      run: call.option("run"),
      links: linksOf(call),
      budget: budgetOf(call.option("budget")),
    });
    const code = codeOf(report, when);
    write(report.markdown);
    tellGitHub(report, code, process.env);
    return code;
  },
};

/** An empty option is one that a workflow had nothing to give for. */
function side(call: Call, name: "base" | "head"): SideInput {
  return {
    folder: call.option(name) || undefined,
    result: call.option(`${name}-result`) || "success",
    commit: call.option(`${name}-commit`),
  };
}

function linksOf(call: Call): SourceLinks {
  const [before, after] = (["base-source", "head-source"] as const).map((name) => {
    const url = call.option(name) || undefined;
    if (url === undefined || isFileAddress(url)) return url;
    throw new UsageError(
      `--${name} ${JSON.stringify(url)}: give an address such as https://github.com/wizards/shop/blob/<commit>`,
    );
  });
  return { before, after, folder: call.option("program") };
}

function planOf(call: Call): { file?: string; result: string } | undefined {
  const [file, result] = [call.option("plan") || undefined, call.option("plan-result") || undefined];
  return file === undefined && result === undefined ? undefined : { file, result: result ?? "success" };
}

function budgetOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,7}$/.test(text) && Number(text) >= LEAST_COMMENT) return Number(text);
  throw new UsageError(`--budget ${JSON.stringify(text)}: choose a number of bytes of at least ${LEAST_COMMENT}`);
}

function codeOf({ diff, verdict, grows }: PullRequestReport, when: string): number {
  if (!diff) return FAILED;
  if (when === "broadened") return grows ? FOUND : DONE;
  return when === "any" && verdict !== "unchanged" ? FOUND : DONE;
}

/** For later steps of the same job, and for who opens the run instead of the pull request. */
function tellGitHub(report: PullRequestReport, code: number, env: Readonly<Record<string, string | undefined>>): void {
  const { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary } = env;
  // Our own words and numbers, each on one line: nothing in them can start another output.
  const lines = { verdict: report.verdict, grows: report.grows, line: summaryLine(report), code };
  if (outputs)
    appendFileSync(
      outputs,
      Object.entries(lines)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(""),
    );
  if (summary) appendFileSync(summary, report.markdown);
}
