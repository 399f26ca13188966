import { Command, DONE, FAILED, UsageError } from "../command/command";
import { planStacks } from "../pull-request/plan-stacks";
import { compareStacks, digestsOf, readStacks, Stacks } from "../pull-request/stacks";
import { writeFile } from "../command/report-file";

/** `leasehold pr-plan --base base/ --head cdktf.out --output plan.json`. */
export const prPlan: Command = {
  name: "pr-plan",
  summary: "run `cdktf diff` for each stack that a pull request changes, and keep addresses only",
  args: [],
  details:
    "Needs the credentials of Terraform's providers and its state. It keeps no value of a plan, and shows nothing that cdktf or\n" +
    "Terraform print: it may hold values. Exits with 1 when a stack has no plan.",
  options: {
    base: { type: "string", value: "<folder>", help: "what the branch to merge into synthesizes; default: nothing" },
    program: { type: "string", value: "<folder>", help: "where to run cdktf; default: here" },
    head: { type: "string", value: "<folder>", help: "in it, what is to be planned; default: cdktf.out" },
    output: { type: "string", value: "<file>", help: "where to write the summary" },
  },
  run: async (call) => {
    const output = call.option("output");
    if (output === undefined) throw new UsageError("--output is missing: name the file for the summary");
    const [program, head] = [call.option("program") ?? ".", call.option("head") ?? "cdktf.out"];
    const base = call.option("base");
    const { added, changed } = compareStacks(base ? stacksOf(base) : new Map(), stacksOf(`${program}/${head}`));
    const summary = await planStacks({
      program,
      output: head,
      stacks: [...changed, ...added],
      progress: (line) => call.io.err(`${line}\n`),
    });
    writeFile(call.io, output, `${JSON.stringify(summary, undefined, 2)}\n`);
    const failed = summary.stacks.filter(({ resources }) => resources === undefined);
    for (const { stack, failed: why } of failed)
      call.io.err(`no plan of ${JSON.stringify(stack)}: ${why}. Run \`npx cdktf diff\` of it yourself to see why.\n`);
    return failed.length > 0 ? FAILED : DONE;
  },
};

function stacksOf(folder: string): Stacks {
  try {
    return digestsOf(readStacks(folder));
  } catch (error) {
    throw new UsageError(
      `${JSON.stringify(folder)} holds no stacks (${(error as Error).message}): give what \`npx cdktf synth\` wrote`,
    );
  }
}
