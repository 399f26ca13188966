import { readFileSync } from "node:fs";
import type { Forge, OwnComment, PullRequest } from "./forge";
import { Answer, Call, caller, ForgeError, PassingError } from "./http";
import { at, integerAt, listAt, textAt } from "./json";

/** A pull request by number. */
export interface GitHubTarget {
  readonly owner: string;
  readonly name: string;
  readonly number: number;
}

/** A pull request as GitHub describes it. */
export interface Found {
  readonly number: number;
  /** The commit that it ends in. */
  readonly commit: string;
  /** Tip of the branch that it would be merged into. */
  readonly base: string;
  /** Name of that branch. */
  readonly into: string;
}

export interface GitHubOptions {
  readonly token: string;
  /** @default https://api.github.com */
  readonly api?: string;
  /** @default - beside the API: `/graphql` */
  readonly graphql?: string;
}

const LOOK = `query Look($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      comments(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id viewerDidAuthor body }
      }
    }
  }
}`;

const UPDATE = `mutation Update($id: ID!, $body: String!) {
  updateIssueComment(input: { id: $id, body: $body }) { issueComment { id } }
}`;

const REMOVE = `mutation Remove($id: ID!) {
  deleteIssueComment(input: { id: $id }) { clientMutationId }
}`;

/** GitHub's own limit of an issue comment; it answers 422 to more. */
const LIMIT = 65_536;
/** 3,000 files: GitHub lists no more. */
const FILE_PAGES = 30;
/** 10,000 comments: more than GitHub lets a pull request have. */
const PAGES = 100;

/**
 * GitHub. Comments are listed by GraphQL, because there GitHub itself says which ones are the token's own
 * (`viewerDidAuthor`). By REST a workflow's token may not ask who it is.
 */
export class GitHub implements Forge {
  public readonly limit = LIMIT;
  private readonly call: Call;
  private readonly api: string;
  private readonly graphqlUrl: string;

  public constructor(
    private readonly target: GitHubTarget,
    options: GitHubOptions,
  ) {
    this.api = apiOf(options);
    this.graphqlUrl = options.graphql ?? `${this.api}/graphql`;
    this.call = callerOf(options);
  }

  public async look(marker: string): Promise<PullRequest> {
    const { owner, name, number } = this.target;
    const own: OwnComment[] = [];
    let commit: string | undefined;
    let after: string | null = null;
    for (let page = 0; page < PAGES; page += 1) {
      const data: unknown = await this.graphql(LOOK, { owner, name, number, after });
      const pull = at(data, "repository", "pullRequest");
      commit ??= textAt(pull, "headRefOid");
      if (commit === undefined)
        throw new ForgeError(`${owner}/${name} has no pull request ${number} that this token may see`);
      for (const node of listAt(pull, "comments", "nodes")) {
        const [id, body] = [textAt(node, "id"), textAt(node, "body")];
        if (id !== undefined && body !== undefined && at(node, "viewerDidAuthor") === true && startsWith(body, marker))
          own.push({ id, body });
      }
      if (at(pull, "comments", "pageInfo", "hasNextPage") !== true) return { commit, own };
      after = textAt(pull, "comments", "pageInfo", "endCursor") ?? null;
    }
    throw new ForgeError("the pull request has more comments than GitHub allows");
  }

  public async create(body: string): Promise<void> {
    const { owner, name, number } = this.target;
    const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/issues/${number}/comments`;
    const answer = await this.call("POST", this.api + path, { body });
    if (answer.status !== 201) throw refusal(answer, "post the comment");
  }

  public async update(id: string, body: string): Promise<void> {
    await this.graphql(UPDATE, { id, body });
  }

  public async remove(id: string): Promise<void> {
    await this.graphql(REMOVE, { id });
  }

  /**
   * Sets a status on a commit, for rules that ask for one: a `workflow_run` has none on the pull request. The status
   * belongs to the commit, and so to every pull request that ends in it. What is right for one says nothing about
   * another, so the branch to merge into is part of its name.
   */
  public async status(
    commit: string,
    { name: wanted, into }: { readonly name: string; readonly into: string },
    state: "success" | "failure",
    description: string,
  ): Promise<void> {
    const { owner, name } = this.target;
    const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/statuses/${encodeURIComponent(commit)}`;
    const context = statusContext(wanted, into);
    const answer = await this.call("POST", this.api + path, { state, context, description: description.slice(0, 140) });
    if (answer.status !== 201) throw refusal(answer, "set the status", "statuses");
  }

  private async graphql(query: string, variables: Record<string, unknown>): Promise<unknown> {
    const answer = await this.call("POST", this.graphqlUrl, { query, variables });
    const errors = listAt(answer.json, "errors");
    if (errors.some((error) => textAt(error, "type") === "RATE_LIMITED"))
      throw new PassingError("GitHub: a rate limit");
    if (answer.status !== 200 || errors.length > 0) throw refusal(answer, "read or write comments");
    return at(answer.json, "data");
  }
}

/** `access (main)`, by which a branch's rules ask for it. Git allows no space in a branch's name, so no two names meet. */
export function statusContext(name: string, into: string): string {
  return `${name} (${into})`;
}

/**
 * The open pull request that ends in this commit. GitHub does not name it in the event of a `workflow_run` that a fork
 * caused, and does not find it by the commit. So it is looked up by the fork's branch, and then checked.
 */
export async function findPullRequest(
  repository: { readonly owner: string; readonly name: string },
  head: { readonly owner: string; readonly branch: string; readonly commit: string },
  options: GitHubOptions,
): Promise<Found | undefined> {
  const { owner, name } = repository;
  const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/pulls`;
  const query = new URLSearchParams({ state: "open", per_page: "100", head: `${head.owner}:${head.branch}` });
  const answer = await callerOf(options)("GET", `${apiOf(options)}${path}?${query}`);
  if (answer.status !== 200 || !Array.isArray(answer.json)) throw refusal(answer, "list pull requests");
  const found = answer.json.flatMap((pull: unknown): Found[] => {
    const number = integerAt(pull, "number");
    const [commit, base] = [textAt(pull, "head", "sha"), textAt(pull, "base", "sha")];
    const into = textAt(pull, "base", "ref");
    const here = textAt(pull, "base", "repo", "full_name")?.toLowerCase() === `${owner}/${name}`.toLowerCase();
    return number !== undefined &&
      base !== undefined &&
      into !== undefined &&
      /^[0-9a-f]{40,64}$/.test(base) &&
      here &&
      commit === head.commit
      ? [{ number, commit, base, into }]
      : [];
  });
  // Two of one branch into two branches have the same head: which of them was meant cannot be known.
  if (found.length > 1)
    throw new ForgeError(
      `pull requests ${found.map(({ number }) => number).join(" and ")} both end in this commit: close one`,
    );
  return found[0];
}

/**
 * Whether a pull request changes files below `.github/`. The run of `pull_request` that hands on what its program synthesizes is then
 * described by its author: it could hand on anything.
 */
export async function changesWorkflows(
  { owner, name }: { readonly owner: string; readonly name: string },
  number: number,
  options: GitHubOptions,
): Promise<boolean> {
  const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/pulls/${number}/files`;
  for (let page = 1; page <= FILE_PAGES; page++) {
    const answer = await callerOf(options)("GET", `${apiOf(options)}${path}?per_page=100&page=${page}`);
    if (answer.status !== 200 || !Array.isArray(answer.json)) throw refusal(answer, "list the files of a pull request");
    const names = answer.json.flatMap((file: unknown) => [textAt(file, "filename"), textAt(file, "previous_filename")]);
    if (names.some((one) => one?.toLowerCase().startsWith(".github/"))) return true;
    if (answer.json.length < 100) return false;
  }
  // More than GitHub lists: what the others are is not known.
  return true;
}

/** What a workflow knows of its pull request: from GitHub's own event, never from a file of the pull request. */
export interface GitHubEvent {
  readonly number?: number;
  readonly commit?: string;
  /** Name of the branch to merge into. */
  readonly into?: string;
  /** Of a `workflow_run`. */
  readonly head?: { readonly owner: string; readonly branch: string; readonly commit: string };
}

/** Reads `GITHUB_EVENT_PATH`. @throws ForgeError when it is not JSON */
export function readEvent(path: string | undefined): GitHubEvent {
  if (path === undefined) return {};
  let event: unknown;
  try {
    event = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ForgeError("GITHUB_EVENT_PATH names no JSON file");
  }
  const run = at(event, "workflow_run");
  const [owner, branch] = [textAt(run, "head_repository", "owner", "login"), textAt(run, "head_branch")];
  const commit = textAt(run, "head_sha");
  return {
    number: integerAt(event, "pull_request", "number"),
    commit: textAt(event, "pull_request", "head", "sha") ?? commit,
    into: textAt(event, "pull_request", "base", "ref"),
    head: owner !== undefined && branch !== undefined && commit !== undefined ? { owner, branch, commit } : undefined,
  };
}

/** `owner/name`. @throws ForgeError when it is not one */
export function repositoryOf(text: string | undefined): { owner: string; name: string } {
  const [, owner, name] = /^([A-Za-z0-9_.-]+)\/([A-Za-z0-9_.-]+)$/.exec(text ?? "") ?? [];
  if (owner === undefined || name === undefined)
    throw new ForgeError("GITHUB_REPOSITORY must be owner/name; a workflow sets it by itself");
  return { owner, name };
}

function startsWith(body: string, marker: string): boolean {
  // GitHub may give lines back with CRLF.
  return body === marker || body.startsWith(`${marker}\n`) || body.startsWith(`${marker}\r\n`);
}

function apiOf({ api = "https://api.github.com" }: GitHubOptions): string {
  return api.replace(/\/+$/, "");
}

function callerOf(options: GitHubOptions): Call {
  return caller(
    apiOf(options),
    (token) => ({ authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" }),
    options.token,
  );
}

function refusal({ status, json }: Answer, wish: string, permission = "pull-requests"): ForgeError {
  const errors = listAt(json, "errors");
  const said = [textAt(json, "message"), ...errors.map((error) => textAt(error, "message"))].filter(Boolean).join("; ");
  const text = said.replace(/\s+/g, " ").slice(0, 300);
  const forbidden =
    status === 403 || /not accessible|FORBIDDEN/.test(JSON.stringify(errors)) || /not accessible/.test(said);
  if (status === 401) return new ForgeError(`GitHub does not accept the token: ${text || status}`);
  if (forbidden)
    return new ForgeError(
      `this token may not ${wish} (${text || status}). Give the job \`permissions: ${permission}: write\`. On a pull request ` +
        "of a fork, GitHub makes every token read-only: use the two workflows for forks in docs/pull-requests.md.",
    );
  return new ForgeError(`GitHub refused to ${wish}: ${text || `status ${status}`}`);
}
