/** Calls of a forge's API that never show the token, end in bounded time and know what is worth another try. */

import { knownAcrossCopies } from "../access/model/copies";

/** An error that another try would not change; the message says what to do. */
export class ForgeError extends Error {
  static {
    knownAcrossCopies(this, "ForgeError");
  }
}

/** An error that may pass: all of it is tried again from the start. */
export class PassingError extends Error {
  static {
    knownAcrossCopies(this, "PassingError");
  }

  /** @param wait seconds that the forge asked for */
  public constructor(
    message: string,
    public readonly wait?: number,
  ) {
    super(message);
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the answer is not JSON. */
  readonly json: unknown;
}

export type Call = (method: string, url: string, body?: unknown) => Promise<Answer>;

const TIMEOUT = 30_000;
const LONGEST_ANSWER = 64 * 1024 * 1024;

/**
 * @param header the one that carries the token
 * @throws ForgeError when the address would carry the token in the clear, or the token is not valid
 */
export function caller(base: string, header: (token: string) => Record<string, string>, token: string): Call {
  requireSafe(base);
  // `Headers` would refuse it too, with the token in its message.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new ForgeError("the token holds characters that no token has: look at how it is passed");
  const origin = new URL(base).origin;
  return async (method, url, body) => {
    if (new URL(url).origin !== origin) throw new ForgeError(`refused to send the token to ${new URL(url).origin}`);
    const where = `${method} ${new URL(url).pathname}`;
    try {
      const response = await fetch(url, {
        method,
        headers: {
          ...header(token),
          accept: "application/json",
          "user-agent": "leasehold",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        // A redirect would take the token somewhere else.
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const answer = { status: response.status, headers: response.headers, json: parsed(await limited(response)) };
      refusePassing(where, answer);
      return answer;
    } catch (error) {
      if (error instanceof ForgeError || error instanceof PassingError) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
      const message = error instanceof Error ? `${error.message}${cause}` : "unknown error";
      throw new PassingError(`${where}: ${message.split(token).join("***")}`);
    }
  };
}

/** Tries again while errors pass, at most five times and for two minutes. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  sleep: (milliseconds: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<T> {
  const [tries, budget] = [5, 120];
  let waited = 0;
  for (let number = 1; ; number += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      const wait = Math.max(error.wait ?? 0, 2 ** (number - 1));
      if (number === tries || waited + wait > budget)
        throw new ForgeError(
          `gave up after ${number} ${number === 1 ? "try" : "tries"}: ${error.message}` +
            (error.wait === undefined ? "" : `; it asks to wait ${error.wait} s`) +
            ". Run the job again later.",
        );
      waited += wait;
      await sleep(wait * 1000);
    }
  }
}

function requireSafe(address: string): void {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new ForgeError(`the address of the API is not a URL: ${JSON.stringify(address)}`);
  }
  const here = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && here))
    throw new ForgeError(`refused to send the token to ${url.origin} without TLS`);
}

async function limited(response: Response): Promise<string> {
  const length = Number(response.headers.get("content-length") ?? 0);
  if (length > LONGEST_ANSWER) throw new ForgeError("the forge's answer is too long");
  return response.text();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** 5xx, and what both forges call rate limits: GitHub answers the secondary one with 403 or 429, with or without a time. */
function refusePassing(where: string, { status, headers, json }: Answer): void {
  if (status >= 500) throw new PassingError(`${where}: ${status}`, after(headers));
  const limit =
    status === 429 ||
    (status === 403 &&
      (headers.has("retry-after") ||
        headers.get("x-ratelimit-remaining") === "0" ||
        /rate limit/i.test(JSON.stringify(json ?? ""))));
  if (limit) throw new PassingError(`${where}: ${status}, a rate limit`, after(headers));
}

function after(headers: Headers): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? NaN);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  const reset = Number(headers.get("x-ratelimit-reset") ?? NaN);
  if (headers.get("x-ratelimit-remaining") === "0" && Number.isFinite(reset))
    return Math.max(0, Math.ceil(reset - Date.now() / 1000));
  return undefined;
}
