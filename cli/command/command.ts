import type { ParseArgsConfig } from "node:util";
import type { AccessReport } from "../../access/report/report";
import { printableJson } from "../../render/escape";
import type { TextOptions } from "../../render/text";
import type { Io } from "./io";
import { knownAcrossCopies } from "../../access/model/copies";

/** Done. */
export const DONE = 0;
/** It could not be done: bad usage, or a file that cannot be read. */
export const FAILED = 1;
/** It was done and found what `--exit-code` asked about. */
export const FOUND = 2;

/** Something that the user can put right. Its message says what is wrong, the value, and how to put it right. */
export class UsageError extends Error {
  static {
    knownAcrossCopies(this, "UsageError");
  }

  override readonly name = "UsageError";
}

/** An option of a command, as `parseArgs` takes it, with what help says of it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** May be given several times; read with `list`. */
  readonly multiple?: true;
  /** Name of the value in help, such as `<file>`. */
  readonly value?: string;
  readonly help: string;
}

/** What a command gets. */
export interface Call {
  readonly io: Io;
  /** Arguments, as many as the command asks for. */
  readonly args: readonly string[];
  /** The value of an option; undefined when it was not given. */
  readonly option: (name: string) => string | undefined;
  /** The values of an option that may be given several times. */
  readonly list: (name: string) => readonly string[];
  /** Whether a boolean option was given. */
  readonly flag: (name: string) => boolean;
  /** The report of `--report`. @throws UsageError */
  readonly report: () => AccessReport;
  /** Another report. @throws UsageError */
  readonly readReport: (path: string) => AccessReport;
}

/** A command of `leasehold`: one file in commands/, named in commands/index.ts. */
export interface Command {
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Names of its arguments, such as `<workload>`; those in brackets may be left out. */
  readonly args: readonly string[];
  /** More than one line of help, if it takes more. */
  readonly details?: string;
  /** Beside `--help`. */
  readonly options: Readonly<Record<string, Option>>;
  /** @returns the exit code. @throws UsageError, QuestionError or ReportError for what the user can put right */
  readonly run: (call: Call) => number | Promise<number>;
}

/** Options of the commands that read a report. */
export const REPORT_OPTION = {
  report: {
    type: "string",
    value: "<file>",
    help: `the report to read; default: cdktf.out/access.json, - is the input`,
  },
} as const satisfies Command["options"];

/** Options of the commands that show something. */
export const FORMAT_OPTIONS = {
  json: { type: "boolean", help: "as JSON, see docs/cli.md" },
  markdown: { type: "boolean", help: "as GitHub-flavoured Markdown" },
} as const satisfies Command["options"];

/** The option of the questions whose answer a pipeline may act on. */
export const GRANTED_OPTION = {
  "exit-code": {
    type: "boolean",
    help: "end with 2 when somebody has it, or when what the report does not explain could give it",
  },
} as const satisfies Command["options"];

/** The three forms of one result. */
export interface Forms {
  readonly json: () => unknown;
  readonly markdown: () => string;
  readonly text: (options: TextOptions) => string;
}

/** Prints a result in the form that was asked for. @throws UsageError when two were */
export function print({ io, flag }: Pick<Call, "io" | "flag">, forms: Forms): void {
  if (flag("json") && flag("markdown")) throw new UsageError("--json and --markdown were given: choose one of them");
  if (flag("json")) io.out(`${printableJson(forms.json())}\n`);
  else if (flag("markdown")) io.out(forms.markdown());
  else io.out(forms.text({ colour: io.colour, ...(io.width !== undefined && { width: io.width }) }));
}

/** The part of an option that `parseArgs` wants. */
export function parseable(options: Command["options"]): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) },
    ]),
  );
}
