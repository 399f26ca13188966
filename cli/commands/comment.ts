import { Call, Command, DONE, UsageError } from "../command/command";
import { forgeErrorsToUsage } from "../command/usage-errors";
import { CommentOutcome, keepComment } from "../../forge/forge";
import { findPullRequest, GitHub, GitHubOptions, readEvent, repositoryOf } from "../../forge/github";
import { GitLab } from "../../forge/gitlab";

type Environment = Readonly<Record<string, string | undefined>>;

const SAID: Readonly<Record<CommentOutcome, string>> = {
  created: "the comment was posted",
  updated: "the comment was updated",
  unchanged: "the comment says so already",
  outdated: "nothing was posted: the pull request has newer commits or another base, whose own run will post",
};

/** `leasehold comment --file report.md`. */
export const comment: Command = {
  name: "comment",
  summary: "keep one comment of a pull request up to date",
  args: [],
  details:
    "The token is read from GITHUB_TOKEN, of GitLab from LEASEHOLD_GITLAB_TOKEN; where to post from what a job's environment\n" +
    "says. Only a comment that this token's user wrote and that carries the marker is ever changed. See docs/pull-requests.md.",
  options: {
    file: { type: "string", value: "<file>", help: "the text, Markdown; - is the input" },
    marker: { type: "string", value: "<name>", help: "which comment, where there are several; default: access" },
    forge: { type: "string", value: "<name>", help: "github (the default) or gitlab" },
    "pull-request": { type: "string", value: "<number>", help: "default: the one that the job's event is about" },
    commit: { type: "string", value: "<sha>", help: "what the text is about; default: the event's commit" },
    status: {
      type: "string",
      value: "<name=state>",
      help: "also set the commit status `name (branch)`: success or failure (GitHub)",
    },
    into: { type: "string", value: "<branch>", help: "the branch that was compared with; default: the event's" },
    "status-text": { type: "string", value: "<text>", help: "what the status says" },
  },
  run: (call) => forgeErrorsToUsage(() => post(call, process.env)),
};

async function post(call: Call, env: Environment): Promise<number> {
  const file = call.option("file");
  if (file === undefined) throw new UsageError("--file is missing: name the Markdown to post");
  const text = read(call, file);
  const marker = call.option("marker") ?? "access";
  const forge = call.option("forge") ?? "github";
  if (forge === "gitlab") {
    if (call.option("status") !== undefined)
      throw new UsageError("--status is for GitHub: a job of GitLab is a status");
    const client = gitLab(call, env);
    call.io.err(`${SAID[await keepComment(client, { marker, text, commit: commitOf(call, undefined) })]}\n`);
    return DONE;
  }
  if (forge !== "github") throw new UsageError(`--forge ${JSON.stringify(forge)}: choose github or gitlab`);
  const status = statusOf(call.option("status"));
  const target = await pullRequestOf(call, env);
  if (target === undefined) {
    call.io.err(`${SAID.outdated}\n`);
    return DONE;
  }
  const client = new GitHub(target, gitHubOptions(env));
  // The status is the commit's own: it is right also when a newer one came meanwhile.
  if (status && target.commit !== undefined) {
    if (target.into === undefined)
      throw new UsageError("--into is missing: a status is named by the branch that was compared with");
    const name = { name: status.name, into: target.into };
    await client.status(target.commit, name, status.state, call.option("status-text") ?? "");
  }
  call.io.err(`${SAID[await keepComment(client, { marker, text, commit: target.commit })]}\n`);
  return DONE;
}

function read({ io }: Call, file: string): string {
  try {
    return io.readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${JSON.stringify(file)} cannot be read (${code ?? message}): name the Markdown to post`);
  }
}

/** The pull request that the job is about; undefined when it has moved on, so that there is nothing to say about it. */
async function pullRequestOf(
  call: Call,
  env: Environment,
): Promise<{ owner: string; name: string; number: number; commit?: string; into?: string } | undefined> {
  const repository = repositoryOf(env.GITHUB_REPOSITORY);
  const event = readEvent(env.GITHUB_EVENT_PATH);
  const given = call.option("pull-request");
  const commit = commitOf(call, event.commit);
  const into = call.option("into") || event.into;
  if (given !== undefined) {
    if (!/^[1-9]\d{0,9}$/.test(given)) throw new UsageError(`--pull-request ${JSON.stringify(given)}: give its number`);
    return { ...repository, number: Number(given), commit, into };
  }
  if (event.number !== undefined) return { ...repository, number: event.number, commit, into };
  if (!event.head)
    throw new UsageError("the job's event is about no pull request: give --pull-request, or run it on pull_request");
  const found = await findPullRequest(repository, event.head, gitHubOptions(env));
  // The pull request was pointed at another branch since then: that caused a run of its own, which compares with that
  // branch.
  if (found && into !== undefined && found.into !== into) return undefined;
  return found && { ...repository, number: found.number, commit: found.commit, into: found.into };
}

function commitOf(call: Call, event: string | undefined): string | undefined {
  const given = call.option("commit") || event;
  if (given !== undefined && !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(given))
    throw new UsageError(`commit ${JSON.stringify(given)}: give all its hexadecimal digits`);
  return given;
}

/** @throws UsageError when there is no token */
export function gitHubOptions(env: Environment): GitHubOptions {
  const token = env.GITHUB_TOKEN;
  if (!token)
    throw new UsageError("GITHUB_TOKEN is not set: pass it to this step, `env: { GITHUB_TOKEN: ${{ github.token }} }`");
  return { token, api: env.GITHUB_API_URL, graphql: env.GITHUB_GRAPHQL_URL };
}

function gitLab(call: Call, env: Environment): GitLab {
  const token = env.LEASEHOLD_GITLAB_TOKEN;
  if (!token)
    throw new UsageError(
      "LEASEHOLD_GITLAB_TOKEN is not set: make a project access token with the role Reporter and the scope api",
    );
  const number = call.option("pull-request") ?? env.CI_MERGE_REQUEST_IID;
  if (!env.CI_API_V4_URL || !env.CI_PROJECT_ID || number === undefined || !/^[1-9]\d{0,9}$/.test(number))
    throw new UsageError("this job does not run for a merge request: give it a rule for merge_request_event");
  return new GitLab({ api: env.CI_API_V4_URL, project: env.CI_PROJECT_ID, mergeRequest: Number(number) }, token);
}

function statusOf(text: string | undefined): { name: string; state: "success" | "failure" } | undefined {
  if (text === undefined) return undefined;
  const [, name, state] = /^([\w ./-]{1,100})=(success|failure)$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--status ${JSON.stringify(text)}: give name=success or name=failure`);
  return { name, state: state as "success" | "failure" };
}
