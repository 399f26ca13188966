import type { Client } from "pg";
import type { Bench } from "./bench";
import { connect, ParsedCredential, parseCredential } from "./players/credential-file";
import type { Pod } from "./players/pod";
import { sleep } from "./machine/process";
import { quoteLiteral } from "../access/model/sql-quoting";

/** A statement that a login must be able to run, or must be refused. */
export interface Statement {
  readonly sql: string;
  readonly allowed: boolean;
  /** What it shows: "another table", "a column that was not granted". */
  readonly about: string;
}

/** What a pod's login must and must not do. */
export interface Claim {
  readonly namespace: string;
  readonly deployment: string;
  /** The file below /vault/secrets. */
  readonly file: string;
  /** Where to connect, for formats that do not say it. */
  readonly host?: string;
  readonly database?: string;
  readonly statements: readonly Statement[];
}

/** What happened. */
export interface Outcome {
  readonly ok: boolean;
  /** "ran", or the SQLSTATE and message of the refusal. */
  readonly got: string;
}

/** PostgreSQL's code for a missing privilege; any other error is not a refusal but a broken statement. */
export const INSUFFICIENT_PRIVILEGE = "42501";

/** Runs a statement in a transaction that is rolled back, and compares. */
export async function tryStatement(client: Client, { sql, allowed }: Statement): Promise<Outcome> {
  try {
    await client.query("BEGIN");
    await client.query(sql);
    return { ok: allowed, got: "ran" };
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    return { ok: !allowed && code === INSUFFICIENT_PRIVILEGE, got: `${code} ${message}` };
  } finally {
    await client.query("ROLLBACK").catch(() => undefined);
  }
}

/** Tries to open a connection that must be refused for want of CONNECT. */
export async function tryDatabase(
  bench: Bench,
  credential: ParsedCredential,
  database: string,
  host?: string,
): Promise<Outcome> {
  try {
    const client = await connect({ ...credential, database }, bench.route, { host });
    await client.end();
    return { ok: false, got: "connected" };
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    return { ok: code === INSUFFICIENT_PRIVILEGE, got: `${code} ${message}` };
  }
}

/** How long each part of a pod's end took, in milliseconds from the start of the end. */
export interface EndTimes {
  readonly revoked: boolean;
  readonly tokenGone: number;
  readonly sessionGone: number;
  readonly roleGone: number;
}

/**
 * Ends a pod as the kubelet does, without its grace, and waits for its token, its session and its role to go.
 *
 * @param session An open session of the pod's login; it is used to see that it ends.
 * @throws when one of them is still there after the limit
 */
export async function endPod(
  bench: Bench,
  pod: Pod,
  endpoint: string,
  login: string,
  session: Client,
  limitMs = 15_000,
): Promise<EndTimes> {
  const token = pod.agentToken();
  const start = Date.now();
  const ending = pod.end({ grace: 0 });
  const until = async (what: string, gone: () => Promise<boolean>): Promise<number> => {
    for (;;) {
      if (await gone()) return Date.now() - start;
      if (Date.now() - start > limitMs)
        throw new Error(`${what} of ${login} is still there ${limitMs} ms after the end of pod ${pod.name}`);
      await sleep(20);
    }
  };
  const [sessionGone, tokenGone, roleGone] = await Promise.all([
    until("the open session", () =>
      session.query("SELECT 1").then(
        () => false,
        () => true,
      ),
    ),
    until(
      "the Vault token",
      async () =>
        token !== undefined &&
        (await bench.vault.request("GET", "auth/token/lookup-self", undefined, token).then(
          () => false,
          () => true,
        )),
    ),
    until(
      "the role",
      async () =>
        (
          await bench
            .postgres(endpoint)
            .asSuperuser("postgres", `SELECT FROM pg_roles WHERE rolname = ${quoteLiteral(login)}`)
        ).rowCount === 0,
    ),
  ]);
  const { revoked } = await ending;
  return { revoked, tokenGone, sessionGone, roleGone };
}

/** Reads a pod's file and connects with it. */
export async function logIn(
  bench: Bench,
  pod: Pod,
  claim: Pick<Claim, "file" | "host" | "database">,
): Promise<{ credential: ParsedCredential; client: Client }> {
  const credential = parseCredential(pod.file(claim.file));
  return { credential, client: await connect(credential, bench.route, claim) };
}
