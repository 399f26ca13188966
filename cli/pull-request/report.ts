import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AccessDiff, diffReports, grows } from "../../access/diff/diff";
import { parseReport } from "../../access/report/parse-report";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION } from "../../access/report/report";
import { COMMENT_BUDGET, LEAST_BUDGET, size } from "../../render/budget";
import { visible } from "../../render/escape";
import { COMMENT_MARKER, DiffMarkdownOptions, renderDiffMarkdown } from "../../render/diff-markdown";
import type { SourceLinks } from "../../render/source-links";
import { PlanSummary, readSummary } from "./plan";
import { Checked, checkSide, compareRules } from "./rules";
import { codeOf, footer, planSection, ruleSection, stackSection } from "./sections";
import { compareStacks, digestsOf, isPlain, readStacks, Stacks, StackTexts } from "./stacks";

/** One side of a pull request, as the job that synthesized it left it. */
export interface SideInput {
  /** What cdktf wrote (`cdktf.out`); absent when the job left nothing. */
  readonly folder?: string;
  /** How that job ended, in the forge's word; all but `success` is a failure. */
  readonly result: string;
  readonly commit?: string;
}

export interface PullRequestInput {
  readonly base: SideInput;
  readonly head: SideInput;
  /** The file that `leasehold pr-plan` wrote. Absent when nothing was to be planned. */
  readonly plan?: { readonly file?: string; readonly result: string };
  /** Where logs and the files of this run are. */
  readonly run?: string;
  /** Where the forge shows the lines of both sides. */
  readonly links?: SourceLinks;
  /** @default what GitHub takes */
  readonly budget?: number;
  /** Day on which acknowledgements are judged, such as "2026-11-28": those that ended before count no more. @default - today, in UTC */
  readonly today?: string;
}

export interface PullRequestReport {
  /** The comment: the verdict, who may touch what, and folded below what else changes. */
  readonly markdown: string;
  /** Absent when the head's access could not be told. */
  readonly diff?: AccessDiff;
  /** The gravest verdict; `unchanged`, or `unknown` when the head's access could not be told. */
  readonly verdict: string;
  /** Access grew, or cannot be shown not to have. */
  readonly grows: boolean;
}

/** Room in bytes for what is not a table: notes, the counts of stacks, the footer. */
const RESERVE = 4_000;

/** Bytes: into fewer the verdict might not fit. */
export const LEAST_COMMENT = LEAST_BUDGET + RESERVE;

const NOTHING: AccessReport = {
  $schema: REPORT_SCHEMA,
  version: REPORT_VERSION,
  graph: { identities: [], databases: [], edges: [], deliveries: [] },
  unclassified: [],
  notJudged: [],
};

/**
 * Compares the two sides and writes the comment. It always writes one: a run that says nothing would leave the verdict of an
 * older commit standing.
 *
 * Both folders may hold anything: whoever opens a pull request chooses what its program writes.
 */
export function reportPullRequest(input: PullRequestInput): PullRequestReport {
  const budget = input.budget ?? COMMENT_BUDGET;
  if (budget < LEAST_COMMENT) throw new RangeError(`budget of ${budget} bytes: choose at least ${LEAST_COMMENT}`);
  const today = input.today ?? new Date().toISOString().slice(0, 10);
  const [base, head] = [readSide(input.base, today), readSide(input.head, today)];
  const { access, ...verdict } = accessPart(base, head, { budget: budget - RESERVE, links: input.links });
  const changes = base.stacks && head.stacks && compareStacks(base.stacks, head.stacks);
  const plan = readPlan(input.plan);
  const end = footer({ base: input.base.commit, head: input.head.commit, run: input.run });
  // The part about access gets its room first; the other parts share what is left.
  let left = budget - size(access) - size(end) - 200;
  const rules = head.checked && ruleSection(compareRules(base.checked, head.checked), left / 3);
  left -= size(rules ?? "");
  const stacks = changes && stackSection(changes, plan.summary, left / 2);
  left -= size(stacks ?? "");
  const planned = changes && planSection(changes, plan.summary, left);
  return {
    ...verdict,
    markdown: `${[access, rules, stacks, plan.note, planned, end].filter(Boolean).join("\n\n")}\n`,
  };
}

interface Side {
  readonly report?: AccessReport;
  readonly stacks?: Stacks;
  /** What the rules say of it. */
  readonly checked?: Checked;
  /** Why there is no report, as Markdown: what the program did, without its subject. */
  readonly problem?: string;
}

function readSide({ folder, result }: SideInput, today: string): Side {
  if (result === "workflows-changed")
    return {
      problem:
        "could not be judged: the pull request changes files below `.github/`, so its author decides what its run hands on. Make those changes in a pull request of their own",
    };
  if (result !== "success") return { problem: `could not be synthesized: its job ended with ${codeOf(result)}` };
  if (folder === undefined || !isPlain(folder, "directory"))
    return { problem: "left no files: its job did not hand on what it synthesized" };
  let stacks: Stacks;
  let texts: StackTexts;
  try {
    texts = readStacks(folder);
    stacks = digestsOf(texts);
  } catch (error) {
    return { problem: `left stacks that cannot be read: ${codeOf(messageOf(error, folder))}` };
  }
  const file = join(folder, "access.json");
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined)
    return { stacks, problem: "writes no `access.json`: nothing in it uses a Leasehold that does" };
  if (!isPlain(file, "file")) return { stacks, problem: "left an `access.json` that is not a plain file" };
  try {
    const report = parseReport(readFileSync(file).toString());
    return { stacks, report, checked: checkSide(folder, report.graph, texts, today) };
  } catch (error) {
    return { stacks, problem: `left an \`access.json\` that cannot be read: ${codeOf(messageOf(error, folder))}` };
  }
}

/** The part that comes first: the verdict, then everything about access. */
function accessPart(
  base: Side,
  head: Side,
  options: DiffMarkdownOptions,
): Omit<PullRequestReport, "markdown"> & { readonly access: string } {
  if (!head.report)
    return {
      verdict: "unknown",
      grows: true,
      access:
        "### UNKNOWN: who may touch what after this change cannot be told\n\n" +
        `The program of the pull request ${head.problem}. Whatever was said of an earlier commit holds no longer.`,
    };
  const diff = diffReports(base.report ?? NOTHING, head.report);
  const text = renderDiffMarkdown(diff, options).trim();
  const lines = text.startsWith(`${COMMENT_MARKER}\n`) ? text.slice(COMMENT_MARKER.length + 1) : text;
  const note = base.report
    ? undefined
    : `> **There is nothing to compare with, so everything is shown as new.** The program of the branch to merge into ${base.problem}.`;
  // After the verdict, which is the first paragraph: it is what must be read first.
  const [first, ...rest] = lines.split("\n\n");
  return {
    diff,
    verdict: diff.verdicts[0] ?? "unchanged",
    grows: grows(diff),
    access: [first, ...(note === undefined ? [] : [note]), ...rest].join("\n\n"),
  };
}

function readPlan(plan: PullRequestInput["plan"]): { readonly summary?: PlanSummary; readonly note?: string } {
  if (plan === undefined) return {};
  const { file, result } = plan;
  try {
    if (file === undefined || lstatSync(file, { throwIfNoEntry: false }) === undefined)
      return result === "skipped" ? {} : { note: `No plan: its job ended with ${codeOf(result)}.` };
    if (!isPlain(file, "file")) return { note: "No plan: its job left no summary." };
    return { summary: readSummary(readFileSync(file, "utf8")) };
  } catch (error) {
    return { note: `No plan: its summary cannot be read: ${codeOf(messageOf(error))}.` };
  }
}

/** What is posted when the comparison itself does not come to an end. */
export const UNFINISHED: PullRequestReport = {
  verdict: "unknown",
  grows: true,
  markdown:
    "### UNKNOWN: who may touch what after this change could not be compared\n\n" +
    "The comparison did not finish; the log of its job says why. Whatever was said of an earlier commit holds no longer.\n",
};

/** The message without the machine's own folder, which says nothing to a reader. */
function messageOf(error: unknown, folder?: string): string {
  const message = error instanceof Error ? error.message : "unknown error";
  return (folder === undefined ? message : message.split(folder).join("")).replace(/\s+/g, " ").trim();
}

/** The first line for people, as plain text: for a commit status or a log. */
export function summaryLine({ markdown }: PullRequestReport): string {
  return visible(markdown.split("\n")[0].replace(/^#+ /, ""));
}
