import type { DeployerRoles } from "../../audit/deployer/kubernetes";
import type { DeployerPolicy } from "../../audit/deployer/policy";
import { roleNameProblem } from "../../access/model/rules";
import { Call, Command, DONE, FOUND, UsageError } from "../command/command";

/** `leasehold deployer --stack access-shop`. */
export const deployer: Command = {
  name: "deployer",
  summary:
    "prints what `terraform apply` of the stacks needs of Vault, Kubernetes or PostgreSQL, and nothing beyond it",
  args: [],
  details:
    "Computed from the synthesized stacks: a policy of Vault, with --kubernetes Roles and their bindings, or with --postgres SQL that\n" +
    "makes the login of each server. They allow making, changing and deleting what is in the stacks. To delete what was taken out of the program, deploy once with what was allowed before. Exit codes:\n" +
    "0 all of it, 1 it could not be done, 2 blocks are not covered, which a comment names. See docs/deployer.md.",
  options: {
    out: { type: "string", value: "<folder>", help: "the synthesized program; default: cdktf.out" },
    stack: { type: "string", multiple: true, value: "<name>", help: "only this stack; repeat it; default: all" },
    "plan-only": { type: "boolean", help: "what `cdktf diff` needs: only reads" },
    kubernetes: { type: "boolean", help: "Roles for the Kubernetes API, for `kubectl apply -f -`" },
    postgres: { type: "boolean", help: "SQL that makes Terraform's login on each server, for psql" },
    to: {
      type: "string",
      value: "<who>",
      help: "with --kubernetes: who gets them: user:<name>, group:<name> or serviceaccount:<namespace>/<name>",
    },
    name: {
      type: "string",
      value: "<name>",
      help: "with --kubernetes: name of each Role, default: leasehold-deployer; with --postgres --plan-only: the login, default: leasehold_planner",
    },
  },
  run: async (call) => {
    if (call.flag("kubernetes") && call.flag("postgres"))
      throw new UsageError("give one of --kubernetes and --postgres");
    if (call.flag("kubernetes")) return kubernetes(call);
    if (call.option("to") !== undefined) throw new UsageError("--to goes with --kubernetes");
    if (call.flag("postgres")) return postgres(call);
    if (call.option("name") !== undefined)
      throw new UsageError("--name goes with --kubernetes, and with --postgres --plan-only");
    // Loaded only here: it reads expressions, which the other commands do without.
    const { deployerPolicy } = await import("../../audit/deployer/policy");
    const policy = read(call, deployerPolicy);
    return printed(call, policy, policy.hcl);
  },
};

async function kubernetes(call: Call): Promise<number> {
  const [{ deployerRoles }, { renderRoles, subjectOf }] = await Promise.all([
    import("../../audit/deployer/kubernetes"),
    import("../../audit/deployer/role-objects"),
  ]);
  const to = call.option("to");
  if (to === undefined) throw new UsageError("--kubernetes needs --to: who gets the Roles");
  const name = call.option("name") ?? (call.flag("plan-only") ? "leasehold-planner" : "leasehold-deployer");
  const subject = read(call, () => subjectOf(to));
  const roles = read(call, deployerRoles);
  return printed(
    call,
    roles,
    read(call, () => renderRoles(roles, name, subject)),
  );
}

async function postgres(call: Call): Promise<number> {
  const { deployerLogins } = await import("../../audit/deployer/postgres");
  const name = call.option("name");
  // The admin's name stands in the program.
  if (name !== undefined && !call.flag("plan-only"))
    throw new UsageError("--name goes with --kubernetes, and with --postgres --plan-only");
  const problem = name === undefined ? undefined : roleNameProblem(name);
  if (problem) throw new UsageError(`--name ${JSON.stringify(name)} ${problem}`);
  const logins = read(call, (outdir, options) => deployerLogins(outdir, options, name));
  return printed(call, logins, logins.sql, "--");
}

/** What is computed from the stacks that the call names. @throws UsageError */
function read<T>(
  call: Call,
  compute: (outdir: string, options: { planOnly: boolean; stacks?: readonly string[] }) => T,
): T {
  const named = call.list("stack");
  try {
    return compute(call.option("out") ?? "cdktf.out", {
      planOnly: call.flag("plan-only"),
      ...(named.length > 0 && { stacks: named }),
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function printed(
  call: Call,
  { notCovered }: Pick<DeployerPolicy | DeployerRoles, "notCovered">,
  text: string,
  sign = "#",
): number {
  const comments = notCovered.map(
    ({ stack, address, because }) => `${sign} not covered: ${stack}, ${address}: ${because}\n`,
  );
  call.io.out(`${comments.join("")}${text}`);
  return comments.length > 0 ? FOUND : DONE;
}
