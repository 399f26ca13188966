import { Agent, request as httpsRequest } from "node:https";

/** Any Kubernetes object. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generateName?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** What a request may differ in. */
export interface RequestOptions {
  /** Bearer token; null sends none. @default - the admin's */
  readonly token?: string | null;
  /** @default "application/json" */
  readonly contentType?: string;
  /** Query parameters. @default - none */
  readonly query?: Readonly<Record<string, string>>;
}

/** A request that the API server refused. */
export class KubernetesError extends Error {
  public constructor(
    what: string,
    /** HTTP status. */
    public readonly status: number,
    /** Machine-readable: "Forbidden", "AlreadyExists", ... */
    public readonly reason: string,
    /** The server's message. */
    public readonly detail: string,
  ) {
    super(`${what}: ${status} ${reason}: ${detail}`);
    this.name = "KubernetesError";
  }
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Speaks to one API server, whose private certificate authority holds for these requests only. */
export class KubernetesClient {
  private readonly agent: Agent;
  private readonly resources = new Map<string, Promise<readonly ApiResource[]>>();

  public constructor(
    private readonly server: string,
    ca: string,
    private readonly adminToken: string,
  ) {
    this.agent = new Agent({ ca, keepAlive: true, maxSockets: 8 });
  }

  /** Sends a request and returns the bare answer, whatever its status. */
  public send(
    method: string,
    path: string,
    body?: object,
    options: RequestOptions = {},
  ): Promise<{ status: number; text: string }> {
    const query = options.query ? `?${new URLSearchParams(options.query).toString()}` : "";
    const token = options.token === undefined ? this.adminToken : options.token;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        `${this.server}${path}${query}`,
        {
          method,
          agent: this.agent,
          timeout: 60_000,
          headers: {
            Accept: "application/json",
            ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
            ...(payload === undefined
              ? {}
              : {
                  "Content-Type": options.contentType ?? "application/json",
                  "Content-Length": Buffer.byteLength(payload),
                }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
          );
        },
      );
      request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer within 60 s`)));
      request.on("error", (error: NodeJS.ErrnoException) => {
        // A connection that the server closed while it was idle, or while this process was busy: it saw nothing of this.
        if (request.reusedSocket && error.code === "ECONNRESET") resolve(this.send(method, path, body, options));
        else reject(error);
      });
      request.end(payload);
    });
  }

  /** Sends a request. @throws KubernetesError for any status of 400 and above */
  public async request(
    method: string,
    path: string,
    body?: object,
    options?: RequestOptions,
  ): Promise<KubernetesObject> {
    const { status, text } = await this.send(method, path, body, options);
    let answer: KubernetesObject = {};
    try {
      answer = JSON.parse(text) as KubernetesObject;
    } catch {
      if (status < 400) throw new KubernetesError(`${method} ${path}`, status, "NotJson", text);
    }
    if (status >= 400) {
      const reason = typeof answer.reason === "string" ? answer.reason : "";
      const message = typeof answer.message === "string" ? answer.message : text;
      throw new KubernetesError(`${method} ${path}`, status, reason, message);
    }
    return answer;
  }

  /** Server-side apply; see KubernetesServer.apply. */
  public async apply(manifest: KubernetesObject, { dryRun = false } = {}): Promise<KubernetesObject> {
    return this.request("PATCH", await this.pathOf(manifest), manifest, {
      contentType: "application/apply-patch+yaml",
      query: { fieldManager: "leasehold", force: "true", ...(dryRun ? { dryRun: "All" } : {}) },
    });
  }

  /** Closes the connections that are kept open. */
  public close(): void {
    this.agent.destroy();
  }

  private async pathOf({ apiVersion, kind, metadata }: KubernetesObject): Promise<string> {
    if (!apiVersion || !kind || !metadata?.name) {
      throw new Error(
        `a manifest needs apiVersion, kind and metadata.name, got ${apiVersion} ${kind} ${metadata?.name}`,
      );
    }
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    let known = this.resources.get(root);
    if (!known) {
      known = this.request("GET", root).then((list) => list.resources as readonly ApiResource[]);
      this.resources.set(root, known);
      // A group that comes later (a CustomResourceDefinition) must not be refused for ever.
      known.catch(() => this.resources.delete(root));
    }
    const resource = (await known).find((candidate) => candidate.kind === kind && !candidate.name.includes("/"));
    if (!resource) {
      this.resources.delete(root);
      throw new Error(`the API server has no ${kind} in ${apiVersion}`);
    }
    const where = resource.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${root}${where}/${resource.name}/${metadata.name}`;
  }
}
