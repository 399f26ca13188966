import { parseArgs } from "node:util";
import { QuestionError } from "../access/questions/pattern";
import { printable } from "../render/escape";
import { Call, Command, DONE, FAILED, parseable, UsageError } from "./command/command";
import { COMMANDS } from "./commands";
import { helpOf, helpOfCommand, usageOf } from "./help";
import { version } from "./command/package-root";
import type { Io } from "./command/io";
import { nearNames } from "../access/questions/near";
import { DEFAULT_REPORT, readReportFile } from "./command/report-file";

/** Runs `leasehold` with these arguments. Errors are printed, never thrown. @returns the exit code */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined) {
      io.err(helpOf(COMMANDS, io.width));
      return FAILED;
    }
    if (name === "--version") {
      io.out(`${version()}\n`);
      return DONE;
    }
    if (name === "--help" || name === "-h" || name === "help") {
      io.out(rest[0] === undefined ? helpOf(COMMANDS, io.width) : helpOfCommand(commandOf(rest[0]), io.width));
      return DONE;
    }
    return await runCommand(commandOf(name), rest, io);
  } catch (error) {
    // Messages quote arguments, names and files, which are anybody's words; so does a stack.
    const known = error instanceof UsageError || error instanceof QuestionError;
    const text = known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.err(printable(`leasehold: ${text}\n`));
    return FAILED;
  }
}

function commandOf(name: string): Command {
  const names = COMMANDS.map((command) => command.name);
  const found = COMMANDS.find((command) => command.name === name);
  if (found) return found;
  const [near] = nearNames(name, names);
  throw new UsageError(
    `there is no command ${JSON.stringify(name)}: ${near === undefined ? `choose among ${names.join(", ")}` : `did you mean ${near}?`}`,
  );
}

async function runCommand(command: Command, argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse(command, argv);
  if (values.help) {
    io.out(helpOfCommand(command, io.width));
    return DONE;
  }
  checkArguments(command, positionals);
  const call: Call = {
    io,
    args: positionals,
    option: (name) => (typeof values[name] === "string" ? values[name] : undefined),
    list: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === "string") : [];
    },
    flag: (name) => values[name] === true,
    report: () => readReportFile(io, typeof values.report === "string" ? values.report : DEFAULT_REPORT),
    readReport: (path) => readReportFile(io, path),
  };
  return command.run(call);
}

function parse(
  command: Command,
  argv: readonly string[],
): { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] } {
  try {
    return parseArgs({
      args: [...argv],
      options: { ...parseable(command.options), help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
    // The first sentence says what; the others are advice for people who write programs with parseArgs.
    throw new UsageError(
      `${lowerFirst(message.split(/\.(?:\s|$)|\n/)[0])}: \`leasehold help ${command.name}\` shows what it takes`,
    );
  }
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function checkArguments(command: Command, given: readonly string[]): void {
  const needed = command.args.filter((name) => !name.startsWith("["));
  if (given.length < needed.length) throw new UsageError(`${needed[given.length]} is missing. ${usageOf(command)}`);
  if (given.length > command.args.length)
    throw new UsageError(`there is no place for ${JSON.stringify(given[command.args.length])}. ${usageOf(command)}`);
}
