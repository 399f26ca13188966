/** Vault's HTTP API. Messages hold Vault's own errors and the path, never a body. */
import { request as http } from "http";
import { request as https } from "https";
import { Context } from "../../model/handler";
import { Json, JsonObject, isObject } from "../../model/values";

export class VaultError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface Answer {
  status: number;
  body: string;
}

async function call(
  context: Context,
  method: string,
  path: string,
  body?: JsonObject,
): Promise<JsonObject | undefined> {
  const { address, token } = context.servers.vault;
  const [route = "", query] = path.split("?");
  const encoded = route.split("/").map(encodeURIComponent).join("/");
  const url = new URL(`/v1/${encoded}${query ? `?${query}` : ""}`, address);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const answer = await send(url, method, token, payload);
  const parsed = parse(answer.body);
  // A version of an entry that was deleted is answered with 404 and its metadata: to the provider it is there.
  const reading = method === "GET" || method === "LIST";
  if (answer.status === 404 && reading) return isObject(parsed.data) ? parsed : undefined;
  if (answer.status >= 400) {
    const errors = Array.isArray(parsed.errors) ? parsed.errors.map(String) : [];
    throw new VaultError(answer.status, `Vault answered ${answer.status} to ${method} ${path}: ${errors.join("; ")}`);
  }
  return parsed;
}

function send(url: URL, method: string, token: string, payload?: string): Promise<Answer> {
  const headers: Record<string, string | number> = { "X-Vault-Token": token, "X-Vault-Request": "true" };
  if (payload !== undefined) {
    headers["Content-Type"] = "application/json";
    headers["Content-Length"] = Buffer.byteLength(payload);
  }
  const start = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    // the bench's Vault has a certificate of its own making; nothing else is ever spoken to here
    const sent = start(url, { method, headers, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    sent.setTimeout(120_000, () => sent.destroy(new Error(`Vault did not answer ${method} ${url.pathname} in 120 s`)));
    sent.on("error", reject);
    sent.end(payload);
  });
}

function parse(body: string): JsonObject {
  if (body.trim() === "") return {};
  try {
    const parsed = JSON.parse(body) as Json;
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

const dataOf = (answer: JsonObject | undefined): JsonObject | undefined =>
  answer === undefined ? undefined : isObject(answer.data) ? answer.data : {};

export const vault = {
  /** `data` of the answer; undefined where there is nothing. */
  async read(context: Context, path: string, query = ""): Promise<JsonObject | undefined> {
    return dataOf(await call(context, "GET", path + query));
  },
  /** The names below a path; none where there is nothing. */
  async list(context: Context, path: string): Promise<string[]> {
    const keys = dataOf(await call(context, "LIST", path))?.keys;
    return Array.isArray(keys) ? keys.map(String) : [];
  },
  /** A mount, or `undefined`: Vault answers 400 where there is none. */
  async mount(context: Context, path: string): Promise<JsonObject | undefined> {
    return vault.read(context, path).catch((error: unknown) => {
      const none = error instanceof VaultError && /No (?:secret engine mount|auth engine) at/.test(error.message);
      if (none) return undefined;
      throw error;
    });
  },
  async write(context: Context, path: string, body: JsonObject): Promise<JsonObject | undefined> {
    const answer = await call(context, "PUT", path, body);
    return isObject(answer?.data) ? answer.data : undefined;
  },
  async remove(context: Context, path: string): Promise<void> {
    await call(context, "DELETE", path);
  },
};

export const trim = (path: string): string => path.replace(/^\/+|\/+$/g, "");
