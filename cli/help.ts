import { hangingColumns, paragraph } from "../render/table";
import { Command, Option } from "./command/command";

/** What `leasehold help` says. */
export function helpOf(commands: readonly Command[], width?: number): string {
  return `${paragraph("Who can touch what in a program of Leasehold, for how long and by which way, before it is deployed.", width)}

Usage: leasehold <command> [arguments] [options]

${hangingColumns(
  commands.map(({ name, summary }) => [name, summary]),
  width,
)}

${hangingColumns(
  [
    ["help [command]", "this, or what a command takes"],
    ["--version", "the version"],
  ],
  width,
)}

${paragraph("Reports are written by `npx cdktf synth`. Exit codes: 0 done, 1 it could not be done, 2 found what --exit-code asked about.", width)}
`;
}

/** What `leasehold help <command>` says. */
export function helpOfCommand({ name, summary, args, details, options }: Command, width?: number): string {
  const rows = Object.entries(options).map(([option, { value, help }]: [string, Option]): [string, string] => [
    `--${option}${value === undefined ? "" : ` ${value}`}`,
    help,
  ]);
  return `${usageOf({ name, args })} [options]

${paragraph(summary, width)}
${details === undefined ? "" : `\n${paragraph(width === undefined ? details : details.replace(/(?<![.:])\n/g, " "), width)}\n`}
${hangingColumns(rows, width)}
`;
}

/** `Usage: leasehold why <workload> <privilege> <object>`. */
export function usageOf({ name, args }: Pick<Command, "name" | "args">): string {
  return `Usage: leasehold ${[name, ...args].join(" ")}`;
}
