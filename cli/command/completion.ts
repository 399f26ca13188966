import { quoteArgument } from "../../access/model/shell-quoting";
import type { Command, Option } from "./command";

/** Shells for which a completion is written. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

/** The script by which a shell completes commands and options. It is made from the table of commands, so it names only what exists. */
export function completionOf(shell: Shell, commands: readonly Command[]): string {
  return { bash, zsh, fish }[shell](commands);
}

const HELP: readonly [string, Option] = ["help", { type: "boolean", short: "h", help: "what the command takes" }];

function optionsOf({ options }: Command): (readonly [string, Option])[] {
  return [...Object.entries(options), HELP];
}

/** Whether the value is a file or a folder: the shell completes these itself. */
function takesFile({ value = "" }: Option): boolean {
  return /file|folder/.test(value);
}

function bash(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name);
  const cases = commands.map(
    (command) =>
      `    ${command.name}) options="${optionsOf(command)
        .map(([name]) => `--${name}`)
        .join(" ")}" ;;`,
  );
  // Where the value is no file, nothing is offered: names of files would be wrong.
  const words = new Set(
    commands.flatMap((command) =>
      optionsOf(command)
        .filter(([, option]) => option.type === "string" && !takesFile(option))
        .map(([name]) => `--${name}`),
    ),
  );
  return `# leasehold: completion for bash. Load it by: source <(leasehold completion bash)
_leasehold() {
  local word="\${COMP_WORDS[COMP_CWORD]}" options=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names, "help"].join(" ")} --version" -- "$word"))
    return
  fi
  if [ "\${COMP_WORDS[1]}" = help ]; then
    COMPREPLY=($(compgen -W "${names.join(" ")}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    ${[...words].sort().join("|")}) compopt +o default 2>/dev/null; return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
  esac
}
complete -o default -F _leasehold leasehold
`;
}

function zsh(commands: readonly Command[]): string {
  const described = (text: string): string => text.replace(/[[\]:]/g, "\\$&");
  const names = commands.map(({ name, summary }) => `    ${quoteArgument(`${name}:${described(summary)}`)}`);
  const cases = commands.map((command) => {
    const options = optionsOf(command).map(([name, option]) => {
      const repeated = option.multiple ? "*" : "";
      const value = option.type === "string" ? `:${name}:${takesFile(option) ? "_files" : ""}` : "";
      return `        ${quoteArgument(`${repeated}--${name}[${described(option.help)}]${value}`)}`;
    });
    return `      ${command.name}) _arguments \\\n${options.join(" \\\n")} \\\n        '*:file:_files' ;;`;
  });
  return `#compdef leasehold
# leasehold: completion for zsh. Load it by: source <(leasehold completion zsh)
_leasehold() {
  local -a commands
  commands=(
${names.join("\n")}
    'help:what a command takes'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $command in
      help) _describe command commands ;;
${cases.join("\n")}
  esac
}
compdef _leasehold leasehold
`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c leasehold -n __fish_use_subcommand -f -a ${command.name} -d ${fishQuoted(command.summary)}`,
    ...optionsOf(command).map(
      ([name, option]) =>
        `complete -c leasehold -n '__fish_seen_subcommand_from ${command.name}' -l ${name}` +
        `${option.short === undefined ? "" : ` -s ${option.short}`}` +
        `${option.type === "string" ? (takesFile(option) ? " -r -F" : " -x") : ""} -d ${fishQuoted(option.help)}`,
    ),
  ]);
  return `# leasehold: completion for fish. Load it by: leasehold completion fish | source
${lines.join("\n")}
complete -c leasehold -n __fish_use_subcommand -f -a help -d 'what a command takes'
complete -c leasehold -n '__fish_seen_subcommand_from help' -f -a '${commands.map(({ name }) => name).join(" ")}'
`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
