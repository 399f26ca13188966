import type { Forge, OwnComment, PullRequest } from "./forge";
import { Answer, Call, caller, ForgeError } from "./http";
import { at, integerAt, textAt } from "./json";

export interface GitLabTarget {
  /** `CI_API_V4_URL` */
  readonly api: string;
  /** `CI_PROJECT_ID` */
  readonly project: string;
  /** `CI_MERGE_REQUEST_IID` */
  readonly mergeRequest: number;
}

/** A note may hold 1,000,000 characters. */
const LIMIT = 1_000_000;
const PAGES = 100;

/**
 * GitLab. A job's own CI_JOB_TOKEN may not write notes (gitlab-org/gitlab#464591). A project access token with the
 * scope `api` may, and the role Reporter is enough for it.
 */
export class GitLab implements Forge {
  public readonly limit = LIMIT;
  private readonly call: Call;
  private readonly api: string;
  private readonly path: string;

  public constructor({ api, project, mergeRequest }: GitLabTarget, token: string) {
    this.api = api.replace(/\/+$/, "");
    this.call = caller(this.api, (secret) => ({ "private-token": secret }), token);
    this.path = `${this.api}/projects/${encodeURIComponent(project)}/merge_requests/${mergeRequest}`;
  }

  public async look(marker: string): Promise<PullRequest> {
    const me = integerAt(await this.get(`${this.api}/user`, "ask who it is"), "id");
    const commit = textAt(await this.get(this.path, "read the merge request"), "sha");
    if (me === undefined || commit === undefined) throw new ForgeError("GitLab's answer names no user or no commit");
    const own: OwnComment[] = [];
    for (let page = 1; page <= PAGES; page += 1) {
      const notes = await this.get(
        `${this.path}/notes?sort=asc&order_by=created_at&per_page=100&page=${page}`,
        "read notes",
      );
      if (!Array.isArray(notes)) throw new ForgeError("GitLab did not answer with a list of notes");
      for (const note of notes as unknown[]) {
        const [id, body] = [integerAt(note, "id"), textAt(note, "body")];
        if (id === undefined || body === undefined || at(note, "system") === true) continue;
        if (integerAt(note, "author", "id") === me && (body === marker || body.startsWith(`${marker}\n`)))
          own.push({ id: String(id), body });
      }
      if (notes.length < 100) return { commit, own };
    }
    throw new ForgeError("the merge request has more notes than can be read");
  }

  public async create(body: string): Promise<void> {
    await this.write("POST", `${this.path}/notes`, { body });
  }

  public async update(id: string, body: string): Promise<void> {
    await this.write("PUT", `${this.path}/notes/${id}`, { body });
  }

  public async remove(id: string): Promise<void> {
    await this.write("DELETE", `${this.path}/notes/${id}`);
  }

  private async get(url: string, wish: string): Promise<unknown> {
    const answer = await this.call("GET", url);
    if (answer.status !== 200) throw refusal(answer, wish);
    return answer.json;
  }

  private async write(method: string, url: string, body?: { readonly body: string }): Promise<void> {
    // GitLab obeys such lines of a note: `/merge`, `/approve`. What we render has none.
    if (/^\s*\//m.test(body?.body ?? ""))
      throw new ForgeError("refused to post a line that starts with /: GitLab would obey it");
    const answer = await this.call(method, url, body);
    if (![200, 201, 204].includes(answer.status)) throw refusal(answer, "write notes");
  }
}

function refusal({ status, json }: Answer, wish: string): ForgeError {
  const said = (textAt(json, "message") ?? textAt(json, "error") ?? `status ${status}`)
    .replace(/\s+/g, " ")
    .slice(0, 300);
  if ([401, 403, 404].includes(status))
    return new ForgeError(
      `this token may not ${wish} (${said}). Make a project access token with the role Reporter and the scope api, and give ` +
        "it to the job as LEASEHOLD_GITLAB_TOKEN; CI_JOB_TOKEN may not write notes.",
    );
  return new ForgeError(`GitLab refused to ${wish}: ${said}`);
}
