import { printable } from "../../render/escape";
import { Command, DONE, UsageError } from "../command/command";
import { scaffold } from "../init/scaffold";

/** `leasehold init my-project --sandbox`. */
export const init: Command = {
  name: "init",
  summary: "a new project in an empty folder: init my-project --sandbox",
  args: ["<folder>"],
  details:
    "Writes a program, its environment, cdktf.json, a schema, a test of who may touch what, and a workflow for pull requests.\n" +
    "It writes all or nothing, and starts no server.",
  options: {
    sandbox: { type: "boolean", help: "for a local cluster: installs Vault and PostgreSQL there; the default" },
    existing: { type: "boolean", help: "for a Vault and a PostgreSQL server that you have" },
    package: {
      type: "string",
      value: "<address>",
      help: "where npm installs leasehold from: a tarball or git; default: this one, packed into vendor/",
    },
  },
  run: ({ io, args: [folder], flag, option }) => {
    if (flag("sandbox") && flag("existing"))
      throw new UsageError("--sandbox and --existing were given: choose one of them");
    const source = option("package");
    if (source !== undefined && !/[/:]/.test(source))
      throw new UsageError(
        `--package ${JSON.stringify(source)} is a bare name, which anybody may register: give the address of a tarball or of git`,
      );
    scaffold(folder, flag("existing") ? "existing" : "sandbox", source);
    io.out(
      printable(
        `${JSON.stringify(folder)} is there. Next, in that folder:\n\n  npm install\n  npm test\n  npx --no-install cdktf synth\n\nIts README.md says what comes then.\n`,
      ),
    );
    return DONE;
  },
};
