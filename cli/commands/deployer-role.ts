import { JobSource, pipelineRole } from "../../audit/deployer/role";
import { Command, DONE, UsageError } from "../command/command";

/** `leasehold deployer-role --github example/shop --branch main --audience https://vault.example.com --policy deployer`. */
export const deployerRole: Command = {
  name: "deployer-role",
  summary: "prints the role of Vault's JWT auth by which the jobs of a pipeline get a policy",
  args: [],
  details:
    "As JSON, for `vault write auth/<mount>/role/<name> -`. Name one repository or project, and its branch or its requests.\n" +
    "See docs/deployer.md for the auth method and the pipeline's side.",
  options: {
    github: { type: "string", value: "<owner>/<repository>", help: "jobs of GitHub Actions in this repository" },
    gitlab: { type: "string", value: "<group>/<project>", help: "jobs of GitLab CI in this project" },
    branch: { type: "string", value: "<name>", help: "only jobs of this branch; in GitLab it must be protected" },
    environment: { type: "string", value: "<name>", help: "with --branch: only jobs that deploy to this environment" },
    requests: { type: "boolean", help: "jobs of pull and merge requests: for the policy of plans" },
    audience: { type: "string", value: "<text>", help: "for whom the job asks its token: Vault's address" },
    policy: { type: "string", multiple: true, value: "<name>", help: "a policy that the job gets; repeat it" },
  },
  run: (call) => {
    const [github, gitlab, audience] = ["github", "gitlab", "audience"].map((name) => call.option(name));
    const policies = call.list("policy");
    if ((github === undefined) === (gitlab === undefined)) throw new UsageError("give one of --github and --gitlab");
    if (audience === undefined || policies.length === 0)
      throw new UsageError("give --audience and at least one --policy");
    const from = sourceOf(call.option("branch"), call.option("environment"), call.flag("requests"));
    try {
      const job =
        github === undefined
          ? ({ forge: "gitlab", project: gitlab as string, from } as const)
          : ({ forge: "github", repository: github, from } as const);
      call.io.out(`${JSON.stringify(pipelineRole(job, audience, policies), undefined, 2)}\n`);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    return DONE;
  },
};

function sourceOf(branch: string | undefined, environment: string | undefined, requests: boolean): JobSource {
  if ((branch === undefined) !== requests) throw new UsageError("give one of --branch and --requests");
  if (branch === undefined) {
    if (environment !== undefined) throw new UsageError("--environment goes with --branch");
    return { kind: "requests" };
  }
  return { kind: "branch", branch, ...(environment !== undefined && { environment }) };
}
