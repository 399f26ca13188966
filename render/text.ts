import type { AccessDiff, Verdict } from "../access/diff/diff";
import type { AccessReport } from "../access/report/report";
import type { Answer } from "./answers";
import { CHANGE_HEADER, ChangeRow, changeRows, UNCLASSIFIED_HEADER, unclassifiedRows, verdictLine } from "./changes";
import { leavingWords } from "./leaving";
import { viewOf } from "./report-view";
import { Section } from "./section";
import { Paint, paint, paragraph, textTable } from "./table";
import { toText, Words } from "./words";

/** How wide the reader's terminal is, and whether it shows colours. */
export interface TextOptions {
  /** Columns of the terminal. Without it no line is wrapped, so that each row can be found with grep. */
  readonly width?: number;
  /** Colours by ANSI escapes; everything is said without them. Default: false. */
  readonly colour?: boolean;
}

/** The report for a terminal: the matrix, and after it everything else that it holds. Settings are counted only. */
export function renderReportText(report: AccessReport, options: TextOptions = {}): string {
  const view = viewOf(report);
  const colours = paint(options.colour ?? false);
  return paragraphs([
    paragraph(view.summary, options.width),
    view.warning === undefined ? undefined : colours.yellow(paragraph(view.warning, options.width)),
    view.matrix.rows.length > 0 ? renderSectionText(view.matrix, options) : "Nobody may touch anything.",
    ...view.sections.filter(({ folded }) => !folded).map((section) => renderSectionText(section, options)),
  ]);
}

/** A table for a terminal, with its title. */
export function renderSectionText({ title, note, about, header, rows }: Section, options: TextOptions = {}): string {
  const colours = paint(options.colour ?? false);
  return [
    ...(title === undefined ? [] : [colours.bold(title)]),
    ...(note === undefined ? [] : [colours.dim(paragraph(note, options.width))]),
    ...(about === undefined ? [] : [paragraph(toText(about), options.width)]),
    textTable(
      header,
      rows.map((cells) => ({ cells: cells.map((cell) => inLine(cell, options)) })),
      { ...options, paint: colours },
    ),
  ].join("\n");
}

/** The answer to a question for a terminal. */
export function renderAnswerText({ line, sections, notes }: Answer, options: TextOptions = {}): string {
  const { bold, yellow } = paint(options.colour ?? false);
  return paragraphs([
    bold(paragraph(toText(line), options.width)),
    ...sections.map((section) => renderSectionText(section, options)),
    notes.map((note) => yellow(paragraph(`note: ${toText(note)}`, options.width))).join("\n"),
  ]);
}

/** The diff for a terminal: the verdict, then what changed, the gravest first. */
export function renderDiffText(diff: AccessDiff, options: TextOptions = {}): string {
  const colours = paint(options.colour ?? false);
  const gravest = diff.verdicts[0];
  const verdict = paragraph(verdictLine(diff), options.width);
  const table = (header: readonly string[], rows: readonly ChangeRow[]): string | undefined =>
    rows.length === 0
      ? undefined
      : textTable(
          header,
          rows.map(({ verdict, cells }) => ({
            cells: cells.map((cell) => inLine(cell, options)),
            paint: colourOf(verdict, colours),
          })),
          { ...options, paint: colours },
        );
  const unclassified = table(UNCLASSIFIED_HEADER, unclassifiedRows(diff));
  const leaving = leavingWords(diff);
  return paragraphs([
    colours.bold(gravest ? colourOf(gravest, colours)(verdict) : verdict),
    table(CHANGE_HEADER, changeRows(diff)),
    unclassified && `${UNEXPLAINED}\n${unclassified}`,
    leaving && colours.yellow(paragraph(`note: ${toText(leaving)}`, options.width)),
  ]);
}

/** Above the rows of what the model does not explain. */
export const UNEXPLAINED = "Changed, and what it does to access is not known:";

function colourOf(verdict: Verdict, { red, yellow, green }: Paint): (text: string) => string {
  switch (verdict) {
    case "broadened":
      return red;
    case "longer":
    case "unclassified":
      return yellow;
    case "shorter":
    case "narrowed":
      return green;
    case "rewired":
      return (text) => text;
  }
}

/** Several lines of a cell are one where lines have no end: there, each row is one line. */
function inLine(words: Words, { width }: TextOptions): string {
  const text = toText(words);
  return width === undefined ? text.replace(/\n/g, ", ") : text;
}

function paragraphs(all: readonly (string | undefined)[]): string {
  return `${all.filter((paragraph) => paragraph !== undefined && paragraph !== "").join("\n\n")}\n`;
}
