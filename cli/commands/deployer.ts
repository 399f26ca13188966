import { Command, DONE, FOUND, UsageError } from "../command/command";

/** `leasehold deployer --stack access-shop`. */
export const deployer: Command = {
  name: "deployer",
  summary: "prints the Vault policy that `terraform apply` of the stacks needs, and nothing beyond it",
  args: [],
  details:
    "Computed from the synthesized stacks. The policy allows making, changing and deleting what is in them. To delete what was taken\n" +
    "out of the program, deploy once with the policy from before. Exit codes: 0 all of it, 1 it could not be done, 2 blocks are not covered, which\n" +
    "a comment names. See docs/deployer.md.",
  options: {
    out: { type: "string", value: "<folder>", help: "the synthesized program; default: cdktf.out" },
    stack: { type: "string", multiple: true, value: "<name>", help: "only this stack; repeat it; default: all" },
    "plan-only": { type: "boolean", help: "what `cdktf diff` needs: only reads" },
  },
  run: async (call) => {
    // Loaded only here: it reads expressions, which the other commands do without.
    const { deployerPolicy } = await import("../../audit/deployer/policy");
    const named = call.list("stack");
    let policy;
    try {
      policy = deployerPolicy(call.option("out") ?? "cdktf.out", {
        planOnly: call.flag("plan-only"),
        ...(named.length > 0 && { stacks: named }),
      });
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    const comments = policy.notCovered.map(
      ({ stack, address, because }) => `# not covered: ${stack}, ${address}: ${because}\n`,
    );
    call.io.out(`${comments.join("")}${policy.hcl}`);
    return comments.length > 0 ? FOUND : DONE;
  },
};
