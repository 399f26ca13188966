import type { Judged } from "../access/findings/acknowledgement";
import type { Finding } from "../access/findings/finding";
import { pageOf } from "../access/findings/page";
import { groupBy } from "../access/model/lists-by";
import type { Unseen } from "../access/rules/program";
import { printable, visible } from "./escape";
import { Paint, paint, paragraph } from "./table";
import type { TextOptions } from "./text";
import { counted } from "./words";

/** What a check has to say. */
export interface CheckOutcome extends Judged {
  readonly production: boolean;
  /** How many stacks and resources were read, and by how many rules. */
  readonly stacks: number;
  readonly resources: number;
  readonly rules: number;
  /** Rules that are for production only, and were left out. */
  readonly leftOut: number;
  readonly unseen: readonly Unseen[];
}

/** A page that explains a finding: that of its rule, or that of the findings at synthesis. */
export function pageOfFinding({ code, references }: Pick<Finding, "code" | "references">): string {
  return pageOf(code, references === undefined ? "findings" : "rules");
}

/** `2 errors and 1 warning`. */
export function countFindings(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  if (findings.length === 0) return "Nothing was found";
  return [errors > 0 && counted(errors, "error"), warnings > 0 && counted(warnings, "warning")]
    .filter((part) => part !== false)
    .join(" and ");
}

/** For a terminal: each matter once, with every place of it. */
export function renderFindingsText(outcome: CheckOutcome, options: TextOptions = {}): string {
  const colours = paint(options.colour ?? false);
  const { findings, acknowledged, unseen } = outcome;
  const result = `${countFindings(findings)}${
    acknowledged.length > 0 ? `; ${acknowledged.length} acknowledged` : ""
  }${unseen.length > 0 ? `; ${counted(unseen.length, "thing")} could not be read` : ""}.`;
  const blocks = [
    ...mattersOf(findings).map((matter) => matterText(matter, options, colours)),
    ...(acknowledged.length === 0
      ? []
      : [
          [
            colours.bold("Acknowledged"),
            ...acknowledged.map(({ finding, acknowledgement: { reason, until, by, source } }) =>
              [
                `  ${visible(finding.code)}  ${visible(finding.path)}`,
                field("found", line(finding.message), options),
                field("reason", line(reason), options),
                field(
                  "by",
                  [
                    ...(by === undefined ? [] : [visible(by)]),
                    ...(source === undefined ? [] : [visible(source)]),
                    until === undefined ? "without an end" : `until ${visible(until)}`,
                  ].join(", "),
                  options,
                ),
              ].join("\n"),
            ),
          ].join("\n"),
        ]),
    ...(unseen.length === 0
      ? []
      : [
          [
            colours.bold("Could not be read, and so not judged"),
            ...unseen.map(({ path, source, why }) =>
              [
                `  ${visible(path)}${source === undefined ? "" : `  (${visible(source)})`}`,
                field("why", line(why), options),
              ].join("\n"),
            ),
          ].join("\n"),
        ]),
    [
      findings.length === 0 ? colours.green(result) : colours.bold(result),
      colours.dim(paragraph(readBy(outcome), options.width)),
    ].join("\n"),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function readBy({ production, stacks, resources, rules, leftOut }: CheckOutcome): string {
  const held = production
    ? "held to production"
    : `a sandbox, for which ${counted(leftOut, "rule")} for production ${leftOut === 1 ? "is" : "are"} left out`;
  return `${counted(rules, "rule")} read ${counted(resources, "block")} of ${counted(stacks, "stack")}: ${held}.`;
}

/** Findings that say the same of several places. */
interface Matter {
  readonly finding: Finding;
  readonly places: readonly Finding[];
}

function mattersOf(findings: readonly Finding[]): Matter[] {
  const matters = groupBy(findings, ({ code, severity, fix }) => JSON.stringify([code, severity, fix]));
  return matters.map((places) => ({ finding: places[0], places }));
}

function matterText({ finding, places }: Matter, options: TextOptions, { bold, red, yellow, dim }: Paint): string {
  const mark = finding.severity === "error" ? red("error") : yellow("warning");
  return [
    `${mark}  ${bold(visible(finding.code))}`,
    ...places.flatMap(({ path, sources, message }) => [
      `  ${visible(path)}${sources.length === 0 ? "" : `  (${sources.map(visible).join(", ")})`}`,
      field("what", line(message), options),
    ]),
    ...(finding.why === undefined ? [] : [labelled("why", line(finding.why), options)]),
    labelled("fix", line(finding.fix), options),
    dim(labelled("see", [pageOfFinding(finding)].join(", "), options)),
  ].join("\n");
}

const line = (text: string): string => printable(text.replace(/\s*\n\s*/g, " "));

/** A line of a place, deeper than the place. */
function field(name: string, text: string, { width }: TextOptions): string {
  return hanging(`    ${name === "what" ? "" : `${name}: `}`, text, width, 4);
}

/** A line of the whole matter. */
function labelled(name: string, text: string, { width }: TextOptions): string {
  return hanging(`  ${name.padEnd(5)}`, text, width, 7);
}

function hanging(before: string, text: string, width: number | undefined, indent: number): string {
  const lines = paragraph(
    before.trimStart() === "" ? text : `${before.trimStart()}${text}`,
    width && width - (before.length - before.trimStart().length),
  ).split("\n");
  return lines
    .map((one, index) => `${" ".repeat(index === 0 ? before.length - before.trimStart().length : indent)}${one}`)
    .join("\n");
}
