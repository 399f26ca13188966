import { AccessDiff, Verdict, VERDICTS } from "../access/diff/diff";
import { COMMENT_BUDGET, LEAST_BUDGET, size, take } from "./budget";
import { SIGNS, verdictLine } from "./changes";
import { leavingWords } from "./leaving";
import { blocks, fold } from "./markdown";
import { Entry, entriesOf, Sentence } from "./sentences";
import { placeMarkdown, SourceLinks } from "./source-links";
import { UNEXPLAINED } from "./text";
import { verbMeaning } from "./verbs";
import { counted, toMarkdown } from "./words";

/** First line of every diff in Markdown, by which a comment is found again. It shows nothing. */
export const COMMENT_MARKER = "<!-- leasehold access diff -->";

/** What a comment may be. */
export interface DiffMarkdownOptions {
  /** Bytes of UTF-8; default: `COMMENT_BUDGET`. */
  readonly budget?: number;
  /** Where the whole is, in our own or the caller's trusted words; default: the command that shows it. */
  readonly whole?: string;
  /** Where a forge shows the lines; without it they are named and not linked. */
  readonly links?: SourceLinks;
}

/**
 * The diff as GitHub-flavoured Markdown, for a comment on a pull request. The verdict is the heading. Then comes one
 * sentence for each change, the gravest first, with the line that made it, and what the model does not explain. Folded
 * below are what the words mean and where each change was written. Sentences and not tables: they wrap at any width,
 * where a table would be cut off.
 *
 * What does not fit into the budget is left out and counted: details first, then the least grave sentences. The verdict with all its
 * numbers is never cut.
 * @throws RangeError when the budget is less than `LEAST_BUDGET`
 */
export function renderDiffMarkdown(diff: AccessDiff, options: DiffMarkdownOptions = {}): string {
  const { budget = COMMENT_BUDGET, whole = "`leasehold diff` shows all of them", links = {} } = options;
  if (!Number.isSafeInteger(budget) || budget < LEAST_BUDGET)
    throw new RangeError(`budget of ${budget} bytes: choose a whole number of at least ${LEAST_BUDGET}`);
  const entries = entriesOf(diff);
  const said = entries.flatMap(({ sentence }) => (sentence ? [sentence] : []));
  const items = said.map((sentence) => ({ sentence, text: sentenceItem(sentence, links) }));
  const details = entries.flatMap(detailItem);

  const note = leavingNote(diff);
  const head = `${COMMENT_MARKER}\n### ${verdictLine(diff)}`;
  /** Everything but sentences, legend and details, at its longest. */
  const frame = blocks([head, note, UNEXPLAINED, noteOfCut(said, details.length, whole), fold(WRITTEN, "")]);
  const shown = take(
    items.map(({ text }) => text),
    budget - size(frame),
  );
  const all = shown.count === items.length;
  const legend = fold(LEGEND, legendOf(diff, entries));
  const explained = all && said.length > 0 && size(legend) + 2 <= shown.left;
  const told = take(details, all ? shown.left - (explained ? size(legend) + 2 : 0) : 0);
  const kept = items.slice(0, shown.count);
  const list = (known: boolean): string | undefined =>
    kept
      .filter(({ sentence }) => (sentence.verdict !== "unclassified") === known)
      .map(({ text }) => text)
      .join("\n") || undefined;
  const unexplained = list(false);
  return blocks([
    head,
    note,
    list(true),
    unexplained && UNEXPLAINED,
    unexplained,
    noteOfCut(said.slice(shown.count), details.length - told.count, whole),
    explained ? legend : undefined,
    told.count > 0 ? fold(WRITTEN, details.slice(0, told.count).join("\n")) : undefined,
  ]);
}

/** Bytes of the note about workloads that go: it is never cut, and without their names it is shorter than this. */
const LEAVING = 900;

function leavingNote(diff: AccessDiff): string | undefined {
  const [whole, short] = [leavingWords(diff), leavingWords(diff, 0)].map((words) => words && toMarkdown(words));
  return whole !== undefined && size(whole) > LEAVING ? short : whole;
}

const WRITTEN = "Where it is written";
const LEGEND = "What the words mean";

/** Places in a sentence; the fold has more. */
const PLACES = 3;

function sentenceItem({ what, more, at, side }: Sentence, links: SourceLinks): string {
  const places = [...new Set(at.map((place) => placeMarkdown(place, links[side], links.folder)))];
  const left = places.length - PLACES;
  const shown = `${places.slice(0, PLACES).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
  return [`- **${toMarkdown(what)}**${more.length > 0 ? `, ${toMarkdown(more)}` : ""}`, ...(shown ? [shown] : [])].join(
    " · ",
  );
}

/** `**12 changes not shown** (shorter 2, narrowed 10); …`: what is missing is never silent. */
function noteOfCut(missing: readonly Sentence[], details: number, whole: string): string | undefined {
  const count = (verdict: Verdict): number => missing.filter((one) => one.verdict === verdict).length;
  const byVerdict = VERDICTS.map((verdict) => `${verdict} ${count(verdict)}`).join(", ");
  return missing.length > 0
    ? `**${counted(missing.length, "change")} not shown: ${byVerdict}**, for want of room; ${whole}.`
    : details > 0
      ? `Where ${counted(details, "change")} ${details === 1 ? "is" : "are"} written is not shown, for want of room; ${whole}.`
      : undefined;
}

function detailItem({ verdict, detail }: Entry): string[] {
  if (!detail || detail.lines.length === 0) return [];
  return [
    [`- ${verdict}: ${toMarkdown(detail.title)}`, ...detail.lines.map((line) => `  - ${toMarkdown(line)}`)].join("\n"),
  ];
}

const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  broadened: "something is allowed that was not",
  longer: "the same is allowed for longer",
  unclassified: "something changed that Leasehold does not explain: it may give access, read it",
  rewired: "the same is allowed for the same time, by another path or under other limits",
  shorter: "the same is allowed for a shorter time",
  narrowed: "something is no longer allowed",
};

const CLOCK_WORDS =
  "- Clocks: a _token_ of Vault and a _lease_, which is a login of PostgreSQL, end after their _ttl_ unless they are renewed, and after their " +
  "_max_ whatever happens; a _session_ that is open ends with them.";

/** Our own words only, and only those that occur. */
function legendOf({ verdicts, changes }: AccessDiff, entries: readonly Entry[]): string {
  const verbs = new Set(entries.flatMap(({ sentence }) => sentence?.verbs ?? []));
  return [
    ...verdicts.map((verdict) => `- \`${SIGNS[verdict]}\` ${verdict}: ${VERDICT_WORDS[verdict]}.`),
    ...(changes.length > 0 ? [CLOCK_WORDS] : []),
    ...[...verbs].flatMap((verb) => {
      const meaning = verbMeaning(verb);
      return meaning === undefined ? [] : [`- ${verb}: ${meaning}.`];
    }),
  ].join("\n");
}
