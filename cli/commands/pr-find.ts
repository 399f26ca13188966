import { appendFileSync } from "node:fs";
import { Command, DONE, UsageError } from "../command/command";
import { changesWorkflows, findPullRequest, readEvent, repositoryOf } from "../../forge/github";
import { forgeErrorsToUsage } from "../command/usage-errors";
import { gitHubOptions } from "./comment";

/** `leasehold pr-find`. */
export const prFind: Command = {
  name: "pr-find",
  summary: "find the pull request that a workflow_run of GitHub is about",
  args: [],
  details:
    "GitHub does not name it when a fork caused the run. It is looked up by the fork's branch and commit, never taken from\n" +
    "files of the run. Prints its number, commit, base and the branch that it would be merged into, and sets them as outputs of\n" +
    "the step; all empty when it moved on. `workflows` is `changed` when it changes files below .github/: then what its run handed\n" +
    "on is of its author's choice.",
  options: {},
  run: ({ io }) =>
    forgeErrorsToUsage(async () => {
      const { head } = readEvent(process.env.GITHUB_EVENT_PATH);
      if (!head) throw new UsageError("the job was not started by a workflow_run of a pull request");
      const [repository, options] = [repositoryOf(process.env.GITHUB_REPOSITORY), gitHubOptions(process.env)];
      const found = await findPullRequest(repository, head, options);
      const changed = found && (await changesWorkflows(repository, found.number, options));
      const { number = "", commit = "", base = "", into = "" } = found ?? {};
      const lines = Object.entries({ number, commit, base, into, workflows: changed ? "changed" : "" })
        .map(([name, value]) => `${name}=${value}\n`)
        .join("");
      if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, lines);
      io.out(lines);
      return DONE;
    }),
};
