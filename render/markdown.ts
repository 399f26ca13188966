import { AccessDiff, Verdict, VERDICTS } from "../access/diff/diff";
import type { AccessReport } from "../access/report/report";
import type { Answer } from "./answers";
import { COMMENT_BUDGET, LEAST_BUDGET, size, take } from "./budget";
import { CHANGE_HEADER, ChangeRow, changeRows, UNCLASSIFIED_HEADER, unclassifiedRows, verdictLine } from "./changes";
import { Section, viewOf } from "./matrix";
import { renderPathsMermaid } from "./mermaid";
import { UNEXPLAINED } from "./text";
import { counted, markdownRow, markdownTable, toMarkdown } from "./words";

/** First line of every diff in Markdown, by which a comment is found again. It shows nothing. */
export const COMMENT_MARKER = "<!-- leasehold access diff -->";

/** The report as GitHub-flavoured Markdown: `access.md`. */
export function renderReportMarkdown(report: AccessReport): string {
  const view = viewOf(report);
  return blocks([
    "# Access",
    view.summary,
    view.warning === undefined ? undefined : `> **Warning:** ${view.warning}`,
    `## ${view.matrix.title}`,
    view.matrix.rows.length > 0 ? sectionBody(view.matrix) : "Nobody may touch anything.",
    ...view.sections.map(renderSectionMarkdown),
    ...renderPathsMermaid(report.graph),
  ]);
}

/** A table of Markdown with its title, folded if it is of little weight. */
export function renderSectionMarkdown(section: Section): string {
  const { title, rows, folded } = section;
  if (title === undefined) return sectionBody(section);
  return folded ? fold(`${title}: ${rows.length}`, sectionBody(section)) : `## ${title}\n\n${sectionBody(section)}`;
}

function sectionBody({ note, about, header, rows }: Section): string {
  return blocks([note, about && toMarkdown(about), markdownTable(header, rows)]).trimEnd();
}

/** The answer to a question as GitHub-flavoured Markdown. */
export function renderAnswerMarkdown({ line, sections, notes }: Answer): string {
  return blocks([
    `**Access:** ${toMarkdown(line)}`,
    ...sections.map(renderSectionMarkdown),
    notes.map((note) => `- Note: ${toMarkdown(note)}`).join("\n"),
  ]);
}

/** What a comment may be. */
export interface DiffMarkdownOptions {
  /** Bytes of UTF-8; default: `COMMENT_BUDGET`. */
  readonly budget?: number;
  /** Where the whole is, in our own or the caller's trusted words; default: the command that shows it. */
  readonly whole?: string;
}

/**
 * The diff as GitHub-flavoured Markdown, for a comment on a pull request: the verdict, then what changed, the gravest first, what the model
 * does not explain, and folded below where each was written.
 *
 * What does not fit into the budget is left out and counted: details first, then the least grave rows. The verdict with all its
 * numbers is never cut.
 * @throws RangeError when the budget is less than `LEAST_BUDGET`
 */
export function renderDiffMarkdown(diff: AccessDiff, options: DiffMarkdownOptions = {}): string {
  const { budget = COMMENT_BUDGET, whole = "`leasehold diff` shows all of them" } = options;
  if (!Number.isSafeInteger(budget) || budget < LEAST_BUDGET)
    throw new RangeError(`budget of ${budget} bytes: choose a whole number of at least ${LEAST_BUDGET}`);
  const changes = changeRows(diff);
  const unclassified = unclassifiedRows(diff);
  const rank = ({ verdict }: ChangeRow): number => VERDICTS.indexOf(verdict);
  // Both lists are in order of gravity; so is the whole, since sorting is stable.
  const rows = [...changes, ...unclassified].sort((a, b) => rank(a) - rank(b));
  const details = rows.filter(({ detail }) => detail.length > 0).map(detailItem);

  const head = `${COMMENT_MARKER}\n**${verdictLine(diff)}**`;
  /** Everything but rows and details, at its longest. */
  const frame = blocks([
    head,
    markdownTable(CHANGE_HEADER, []),
    UNEXPLAINED,
    markdownTable(UNCLASSIFIED_HEADER, []),
    noteOfCut(rows, details.length, whole),
    fold(WRITTEN, ""),
  ]);
  const shown = take(
    rows.map(({ cells }) => markdownRow(cells)),
    budget - size(frame),
  );
  const told = take(details, shown.count < rows.length ? 0 : shown.left);
  const kept = new Set(rows.slice(0, shown.count));
  const table = (header: readonly string[], all: readonly ChangeRow[]): string | undefined => {
    const some = all.filter((row) => kept.has(row)).map(({ cells }) => cells);
    return some.length > 0 ? markdownTable(header, some) : undefined;
  };
  const unexplained = table(UNCLASSIFIED_HEADER, unclassified);
  return blocks([
    head,
    table(CHANGE_HEADER, changes),
    unexplained && UNEXPLAINED,
    unexplained,
    noteOfCut(rows.slice(shown.count), details.length - told.count, whole),
    told.count > 0 ? fold(WRITTEN, details.slice(0, told.count).join("\n")) : undefined,
  ]);
}

const WRITTEN = "Where it is written";

/** `**12 rows not shown** (shorter 2, narrowed 10); …`: what is missing is never silent. */
function noteOfCut(rows: readonly ChangeRow[], details: number, whole: string): string | undefined {
  const count = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  const byVerdict = VERDICTS.map((verdict) => `${verdict} ${count(verdict)}`).join(", ");
  return rows.length > 0
    ? `**${counted(rows.length, "row")} not shown: ${byVerdict}**, for want of room; ${whole}.`
    : details > 0
      ? `Where ${counted(details, "change")} ${details === 1 ? "is" : "are"} written is not shown, for want of room; ${whole}.`
      : undefined;
}

function detailItem({ verdict, subject, detail }: ChangeRow): string {
  return [`- ${toMarkdown([`${verdict}: `, ...subject])}`, ...detail.map((line) => `  - ${toMarkdown(line)}`)].join(
    "\n",
  );
}

function fold(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

function blocks(all: readonly (string | undefined)[]): string {
  return `${all.filter((block) => block !== undefined && block !== "").join("\n\n")}\n`;
}
