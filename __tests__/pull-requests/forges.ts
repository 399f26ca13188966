import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A comment on the fake forge, as its database holds it. */
export interface StoredComment {
  readonly id: number;
  readonly author: string;
  body: string;
}

/** What happens instead of the next answers, in order. `lost` does what was asked and then drops the connection. */
export type Mishap =
  { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | "lost";

/** A forge on 127.0.0.1 with one pull request: its state is what tests look at. */
export abstract class FakeForge {
  public readonly comments: StoredComment[] = [];
  public readonly requests: string[] = [];
  public readonly statuses: unknown[] = [];
  public commit = "a".repeat(40);
  public readonly mishaps: Mishap[] = [];
  private readonly server: Server;
  private next = 3_000_000_001;

  public constructor(
    protected readonly tokens: ReadonlyMap<string, string>,
    protected readonly mayWrite: boolean,
  ) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  public async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  public add(author: string, body: string): StoredComment {
    const comment = { id: this.next++, author, body };
    this.comments.push(comment);
    return comment;
  }

  protected abstract tokenOf(request: IncomingMessage): string | undefined;
  protected abstract handle(me: string, method: string, url: URL, body: unknown): { status: number; json?: unknown };

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString("utf8");
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    this.requests.push(`${request.method} ${url.pathname}`);
    const send = (status: number, json: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(json === undefined ? "" : JSON.stringify(json));
    };
    const mishap = this.mishaps.shift();
    if (mishap && mishap !== "lost") return send(mishap.status, mishap.body ?? { message: "mishap" }, mishap.headers);
    const me = this.tokens.get(this.tokenOf(request) ?? "");
    if (me === undefined) return send(401, { message: "Bad credentials" });
    const { status, json } = this.handle(me, request.method ?? "", url, text === "" ? undefined : JSON.parse(text));
    if (mishap === "lost") return void request.socket.destroy();
    send(status, json);
  }
}

const INTEGRATION = "Resource not accessible by integration";

/** GitHub: the few calls that keeping a comment takes. */
export class FakeGitHub extends FakeForge {
  public pulls: unknown[] = [];
  /** Names of the files that pull request 7 changes. */
  public files: string[] = [];

  public constructor(options: { readonly token: string; readonly login: string; readonly mayWrite?: boolean }) {
    super(new Map([[options.token, options.login]]), options.mayWrite ?? true);
  }

  protected tokenOf(request: IncomingMessage): string | undefined {
    return /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  }

  protected handle(me: string, method: string, url: URL, body: unknown): { status: number; json?: unknown } {
    if (method === "POST" && url.pathname === "/graphql") return { status: 200, json: this.graphql(me, body) };
    if (method === "POST" && url.pathname === "/repos/wizards/shop/issues/7/comments") {
      if (!this.mayWrite) return { status: 403, json: { message: INTEGRATION } };
      const text = (body as { body: string }).body;
      if (text.length > 65_536) return { status: 422, json: { message: "body is too long" } };
      return { status: 201, json: { id: this.add(me, text).id } };
    }
    if (method === "POST" && /^\/repos\/wizards\/shop\/statuses\/[0-9a-f]{40}$/.test(url.pathname)) {
      this.statuses.push({ commit: url.pathname.slice(-40), ...(body as object) });
      return { status: 201, json: {} };
    }
    if (method === "GET" && url.pathname === "/repos/wizards/shop/pulls/7/files") {
      const [size, page] = ["per_page", "page"].map((name) => Number(url.searchParams.get(name)));
      return { status: 200, json: this.files.slice((page - 1) * size, page * size).map((filename) => ({ filename })) };
    }
    if (method === "GET" && url.pathname === "/repos/wizards/shop/pulls") {
      const head = url.searchParams.get("head");
      return {
        status: 200,
        json: this.pulls.filter((pull) => (pull as { head: { label: string } }).head.label === head),
      };
    }
    return { status: 404, json: { message: "Not Found" } };
  }

  private graphql(me: string, body: unknown): unknown {
    const { query, variables } = body as { query: string; variables: Record<string, unknown> };
    const refused = { data: null, errors: [{ type: "FORBIDDEN", message: INTEGRATION }] };
    const mine = this.comments.find((comment) => `IC_${comment.id}` === variables.id && comment.author === me);
    if (query.startsWith("mutation Update")) {
      if (!mine || !this.mayWrite) return refused;
      mine.body = variables.body as string;
      return { data: { updateIssueComment: { issueComment: { id: variables.id } } } };
    }
    if (query.startsWith("mutation Remove")) {
      if (!mine || !this.mayWrite) return refused;
      this.comments.splice(this.comments.indexOf(mine), 1);
      return { data: { deleteIssueComment: { clientMutationId: null } } };
    }
    if (variables.owner !== "wizards" || variables.name !== "shop" || variables.number !== 7)
      return { data: { repository: null }, errors: [{ type: "NOT_FOUND", message: "Could not resolve" }] };
    const start = Number(variables.after ?? 0);
    const nodes = this.comments.slice(start, start + 100).map(({ id, author, body: text }) => ({
      id: `IC_${id}`,
      viewerDidAuthor: author === me,
      body: text,
    }));
    const pageInfo = { hasNextPage: start + 100 < this.comments.length, endCursor: String(start + 100) };
    return { data: { repository: { pullRequest: { headRefOid: this.commit, comments: { pageInfo, nodes } } } } };
  }
}

/** GitLab: project 42, merge request 7. */
export class FakeGitLab extends FakeForge {
  private readonly users = new Map<string, number>();

  public constructor(options: { readonly token: string; readonly login: string; readonly mayWrite?: boolean }) {
    super(new Map([[options.token, options.login]]), options.mayWrite ?? true);
  }

  protected tokenOf(request: IncomingMessage): string | undefined {
    return request.headers["private-token"] as string | undefined;
  }

  private user(login: string): number {
    if (!this.users.has(login)) this.users.set(login, this.users.size + 1);
    return this.users.get(login) as number;
  }

  protected handle(me: string, method: string, url: URL, body: unknown): { status: number; json?: unknown } {
    const root = "/api/v4/projects/42/merge_requests/7";
    if (url.pathname === "/api/v4/user") return { status: 200, json: { id: this.user(me), username: me } };
    if (!url.pathname.startsWith(root)) return { status: 404, json: { message: "404 Not found" } };
    const [, id] = /\/notes\/(\d+)$/.exec(url.pathname) ?? [];
    if (method === "GET" && url.pathname === root) return { status: 200, json: { sha: this.commit } };
    if (method === "GET") {
      const [page, size] = [Number(url.searchParams.get("page") ?? 1), Number(url.searchParams.get("per_page") ?? 20)];
      const notes = this.comments.slice((page - 1) * size, page * size);
      return {
        status: 200,
        json: notes.map((note) => ({
          id: note.id,
          body: note.body,
          system: note.author === "system",
          author: { id: this.user(note.author) },
        })),
      };
    }
    if (!this.mayWrite) return { status: 403, json: { message: "403 Forbidden" } };
    const text = (body as { body?: string } | undefined)?.body ?? "";
    if (method === "POST") return { status: 201, json: { id: this.add(me, text).id } };
    const note = this.comments.find((one) => String(one.id) === id);
    if (!note || note.author !== me) return { status: 403, json: { message: "403 Forbidden" } };
    if (method === "DELETE") this.comments.splice(this.comments.indexOf(note), 1);
    else note.body = text;
    return { status: method === "DELETE" ? 204 : 200, json: {} };
  }
}
