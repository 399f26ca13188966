import { visible } from "../../render/escape";
import { adoptionFile, adoptionsOf, releasesOf, SynthesizedStack } from "../adopt/adoptions";
import { Call, Command, DONE, UsageError } from "../command/command";
import { readInput, writeFile } from "../command/report-file";

const FILE = "adopt.tf.json";

/** `leasehold adopt apply.log`: after an apply that was stopped. */
export const adopt: Command = {
  name: "adopt",
  summary:
    "after an apply that was stopped: take into the state what exists already, and out of it grants on what is gone",
  args: ["<log>"],
  details:
    "The log is what the next apply printed, with its errors that something already exists; - is the input. For each of them the command\n" +
    `writes an import block into ${FILE} of the stack's folder; for each grant that cannot be taken away, since what it was on was renamed or\n` +
    "dropped, one by which the state forgets it. Then apply again: the plan shows what is taken over, and what would change in it.\n" +
    "Delete the files afterwards. First check what the command prints: each of these resources will belong to this program, whoever made it.",
  options: {
    out: { type: "string", value: "<folder>", help: "what `cdktf synth` wrote; default: cdktf.out" },
  },
  run: (call) => {
    const { io, args } = call;
    const out = call.option("out") ?? "cdktf.out";
    const log = readInput(io, args[0], {
      what: "log",
      missing: "write one with `npx cdktf deploy '*' --parallelism 1 2>&1 | tee apply.log`",
      option: "",
    });
    const stacks = stacksOf(call, out);
    const { adopted, not } = adoptionsOf(log, stacks);
    const { released, not: held } = releasesOf(log, stacks);
    for (const { address, reason } of [...not, ...held]) io.err(`leasehold: ${visible(address)}: ${reason}\n`);
    if (adopted.length + released.length === 0)
      throw new UsageError(
        `${JSON.stringify(args[0])} names nothing that already exists and can be adopted, and no grant on something that is gone`,
      );
    for (const stack of new Set([...adopted, ...released].map((one) => one.stack))) {
      const [own, left] = [adopted, released].map((all) => all.filter((one) => one.stack === stack));
      writeFile(io, `${out}/stacks/${stack}/${FILE}`, adoptionFile(own, left));
      for (const { address, id } of own) io.out(`${visible(stack)}: ${visible(address)} is ${visible(id)}\n`);
      for (const { address, id } of left)
        io.out(
          `${visible(stack)}: ${visible(address)} leaves the state: what ${visible(id)} granted on is gone or renamed\n`,
        );
    }
    io.out(`Apply these stacks again, then delete ${FILE} from their folders below ${visible(out)}/stacks.\n`);
    return DONE;
  },
};

function stacksOf({ io }: Call, out: string): SynthesizedStack[] {
  const read = (path: string): unknown => {
    const text = readInput(io, path, { what: "file", missing: "run `npx cdktf synth`", option: "--out" });
    try {
      return JSON.parse(text);
    } catch {
      throw new UsageError(`${JSON.stringify(path)} is not JSON: write it anew with \`npx cdktf synth\``);
    }
  };
  const { stacks } = (read(`${out}/manifest.json`) ?? {}) as { readonly stacks?: object };
  // cdktf writes no name that leads out of the folder.
  const names = Object.keys(stacks ?? {}).filter((name) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name));
  return names.map((name) => ({
    name,
    document: (read(`${out}/stacks/${name}/cdk.tf.json`) ?? {}) as SynthesizedStack["document"],
  }));
}
