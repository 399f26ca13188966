import { Command, DONE, UsageError } from "../command/command";
import { completionOf, SHELLS } from "../command/completion";

/** `leasehold completion bash`. @param commands read when it is run: it is one of them */
export function completion(commands: () => readonly Command[]): Command {
  return {
    name: "completion",
    summary: "the script by which bash, zsh or fish completes these commands",
    args: ["<shell>"],
    details:
      "bash and zsh load it by `source <(leasehold completion bash)` in ~/.bashrc or, after compinit, ~/.zshrc; fish by\n" +
      "`leasehold completion fish | source` in ~/.config/fish/config.fish.",
    options: {},
    run: ({ io, args: [name] }) => {
      const shell = SHELLS.find((one) => one === name);
      if (shell === undefined)
        throw new UsageError(`there is no completion for ${JSON.stringify(name)}: choose among ${SHELLS.join(", ")}`);
      io.out(completionOf(shell, commands()));
      return DONE;
    },
  };
}
