import { Command, Option } from "./command/command";

/** What `leasehold help` says. */
export function helpOf(commands: readonly Command[]): string {
  return `Who can touch what in a program of Leasehold, for how long and by which way, before it is deployed.

Usage: leasehold <command> [arguments] [options]

${columns(commands.map(({ name, summary }) => [name, summary]))}

${columns([
  ["help [command]", "this, or what a command takes"],
  ["--version", "the version"],
])}

Reports are written by \`npx cdktf synth\`. Exit codes: 0 done, 1 it could not be done, 2 found what --exit-code asked about.
`;
}

/** What `leasehold help <command>` says. */
export function helpOfCommand({ name, summary, args, details, options }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help }]: [string, Option]) => [
    `--${option}${value === undefined ? "" : ` ${value}`}`,
    help,
  ]);
  return `${usageOf({ name, args })} [options]

${summary}
${details === undefined ? "" : `\n${details}\n`}
${columns(rows)}
`;
}

/** `Usage: leasehold why <workload> <privilege> <object>`. */
export function usageOf({ name, args }: Pick<Command, "name" | "args">): string {
  return `Usage: leasehold ${[name, ...args].join(" ")}`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`).join("\n");
}
