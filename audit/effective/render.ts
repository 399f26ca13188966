import { markdownCellCode, printable, visible } from "../../render/escape";
import { paint, paragraph } from "../../render/table";
import { counted } from "../../render/words";
import type { TextOptions } from "../../render/text";
import type { EffectiveFinding } from "./finding";
import { subjectOf } from "./finding";

/** What a run has to say, whatever looked: one line each, and findings. */
export interface Outcome {
  /** What was done: `2 databases, 7 identities, 449 objects`. */
  readonly summary: string;
  readonly findings: readonly EffectiveFinding[];
  readonly accepted: readonly EffectiveFinding[];
  /** What this run says nothing about, and what else to know. */
  readonly notes: readonly string[];
}

/** Findings that differ in their object only, in one: a role that may read everything is one matter. */
interface Folded {
  readonly finding: EffectiveFinding;
  readonly objects: readonly string[];
}

/** Columns of the name of a field. */
const FIELD = 11;

/** As many objects are named of one matter; JSON has them all. */
const MOST_OBJECTS = 8;

function fold(findings: readonly EffectiveFinding[]): Folded[] {
  const folded = new Map<string, { finding: EffectiveFinding; objects: string[] }>();
  for (const finding of findings) {
    const { code, severity, database, who, privileges, declared, effective, why } = finding;
    const key = JSON.stringify([code, severity, database, who, privileges, declared, effective, why]);
    const entry = folded.get(key) ?? { finding, objects: [] };
    folded.set(key, entry);
    if (finding.object) entry.objects.push(subjectOf(finding));
  }
  return [...folded.values()];
}

function objectsOf({ objects }: Folded, show: (name: string) => string): string[] {
  const named = objects.slice(0, MOST_OBJECTS).map(show);
  return objects.length > named.length ? [...named, `${objects.length - named.length} more`] : named;
}

const line = (text: string): string => printable(text.replace(/\s*\n\s*/g, " "));

/** `3 errors and 1 warning` */
export function verdict(findings: readonly EffectiveFinding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  if (findings.length === 0) return "declared = effective: nothing found";
  return [errors > 0 && counted(errors, "error"), warnings > 0 && counted(warnings, "warning")]
    .filter((part) => part !== false)
    .join(" and ");
}

/** For a terminal: each finding with who, what, why and how to put it right. */
export function renderOutcomeText({ summary, findings, accepted, notes }: Outcome, options: TextOptions = {}): string {
  const { bold, red, yellow, green, dim } = paint(options.colour ?? false);
  const { width } = options;
  /** The text behind a label, broken between words and hung under its beginning. */
  const hung = (text: string, before: number): string =>
    paragraph(text, width === undefined ? undefined : width - before).replace(/\n/g, `\n${" ".repeat(before)}`);
  const field = (name: string, text: string): string => `  ${name.padEnd(FIELD)}${hung(text, FIELD + 2)}`;
  const blocks = fold(findings).map((folded) => {
    const { severity, code, database, who, declared, effective, why, fix } = folded.finding;
    const mark = severity === "error" ? red("error  ") : yellow("warning");
    const on = objectsOf(folded, visible).join(", ");
    return [
      `${mark} ${bold(code)}  ${hung(`${visible(database.database)}${on === "" ? "" : `: ${on}`}`, code.length + 10)}`,
      ...(who.length > 0 ? [field("who", who.map(visible).join(", "))] : []),
      field("declared", line(declared)),
      field("effective", line(effective)),
      field("why", line(why)),
      field("fix", line(fix)),
    ].join("\n");
  });
  const result = verdict(findings);
  return `${[
    paragraph(line(summary), width),
    ...blocks,
    [
      findings.length === 0 ? green(result) : bold(result),
      ...(accepted.length > 0 ? [dim(`accepted: ${counted(accepted.length, "finding")}`)] : []),
      ...notes.map((note) => dim(`not said: ${hung(line(note), 10)}`)),
    ].join("\n"),
  ].join("\n\n")}\n`;
}

/** GitHub-flavoured Markdown: a table, and the rest of each finding in a block that nothing in it can end. */
export function renderOutcomeMarkdown({ summary, findings, accepted, notes }: Outcome): string {
  const folded = fold(findings);
  const rows = folded.map((entry) => {
    const { severity, code, database, who } = entry.finding;
    const names = (list: readonly string[]): string => list.map(markdownCellCode).join(", ");
    return `| ${severity} | \`${code}\` | ${names(who)} | ${names([database.database])} | ${objectsOf(entry, markdownCellCode).join(", ")} |`;
  });
  const details = folded
    .map(({ finding: { code, declared, effective, why, fix } }) =>
      [
        code,
        ...Object.entries({ declared, effective, why, fix }).map(([name, text]) => `  ${name}: ${line(text)}`),
      ].join("\n"),
    )
    .join("\n\n");
  const longest = Math.max(2, ...(details.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${[
    `**${verdict(findings)}** (${line(summary)})`,
    ...(rows.length > 0
      ? [
          ["| severity | code | who | database | object |", "| --- | --- | --- | --- | --- |", ...rows].join("\n"),
          `${fence}text\n${details}\n${fence}`,
        ]
      : []),
    ...(accepted.length > 0 ? [`Accepted: ${counted(accepted.length, "finding")}.`] : []),
    ...(notes.length > 0
      ? [`${fence}text\n${notes.map((note) => `not said: ${line(note)}`).join("\n")}\n${fence}`]
      : []),
  ].join("\n\n")}\n`;
}
