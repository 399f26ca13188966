import { readFileSync } from "node:fs";
import { shownAddress, vaultAddressProblem } from "../../access/model/addresses";
import type { AccessGraph } from "../../access/model/graph";
import * as http from "node:http";
import * as https from "node:https";

/** Where Vault is, and with which token. The token is in no argument, no output and no error. */
export interface VaultSettings {
  readonly address: string;
  readonly token: string;
  readonly namespace?: string;
  /** PEM file of the CA of Vault's certificate. */
  readonly caFile?: string;
}

/**
 * The settings of Vault's own command line.
 *
 * @returns undefined where VAULT_ADDR is not set
 * @throws when only one of the two is, or when VAULT_ADDR is no address of a Vault: each object would be missing there
 */
export function vaultFrom(env: NodeJS.ProcessEnv): VaultSettings | undefined {
  const { VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE, VAULT_CACERT } = env;
  if (!VAULT_ADDR) return undefined;
  if (!VAULT_TOKEN)
    throw new Error("VAULT_ADDR is set and VAULT_TOKEN is not: set both, or neither to leave Vault out");
  const problem = vaultAddressProblem(VAULT_ADDR);
  if (problem !== undefined)
    throw new Error(`VAULT_ADDR ${shownAddress(VAULT_ADDR)} ${problem}: write it as https://vault.example.com:8200`);
  return {
    address: VAULT_ADDR,
    token: VAULT_TOKEN,
    ...(VAULT_NAMESPACE && { namespace: VAULT_NAMESPACE }),
    ...(VAULT_CACERT && { caFile: VAULT_CACERT }),
  };
}

/**
 * The settings with the namespace of Vault that the program is in: VAULT_NAMESPACE may be left out, and may not say another.
 *
 * @throws when it does, or when the report names several: one is looked at
 */
export function inNamespaceOf(graph: AccessGraph, settings: VaultSettings): VaultSettings {
  const own = [...graph.identities, ...graph.databases].filter(({ external }) => !external);
  const named = [...new Set(own.map(({ vaultNamespace }) => vaultNamespace ?? ""))].sort();
  const shown = named.map((name) => (name === "" ? "the root namespace" : JSON.stringify(name))).join(" and ");
  if (named.length > 1) throw new Error(`the report is of several namespaces of Vault, ${shown}: doctor looks at one`);
  const [namespace] = named;
  const given = settings.namespace?.replace(/^\/+|\/+$/g, "");
  if (namespace === undefined || given === namespace) return settings;
  // An older report names no namespace; nor does the report of a program whose token is of a namespace anyway.
  if (namespace === "" || given === undefined) return namespace === "" ? settings : { ...settings, namespace };
  throw new Error(
    `VAULT_NAMESPACE is ${JSON.stringify(given)} and the program is in ${shown}: unset it, or give the report of that namespace`,
  );
}

/** What Vault does not tell whoever asks here. */
export class VaultUnread extends Error {
  /** Why, in words that follow the path. */
  readonly why: string = "the token may not read it; `leasehold doctor --needs` prints the policy that suffices";
}

/** Vault said 403. */
export class VaultDenied extends VaultUnread {}

/** A standby passes most requests on to the server that leads. Of a few it says where to ask: there the token is not sent unasked. */
export class VaultStandby extends VaultUnread {
  override readonly why =
    "only the server that leads answers it, and this one does not: give its address in VAULT_ADDR";
}

/** The data of an answer of Vault. */
type Answer = Readonly<Record<string, unknown>>;

/** Reads of Vault: GET and LIST, and nothing else. */
export interface VaultReader {
  /** @returns undefined where there is nothing. @throws for anything else that Vault refuses, with the path */
  get(path: string): Promise<Answer | undefined>;
  /** @returns no key where there is nothing */
  list(path: string): Promise<readonly string[]>;
}

/** What `leasehold revoke` does beyond reading. */
export interface VaultWriter extends VaultReader {
  /** @returns the answer's data. @throws for anything that Vault refuses, with the path */
  put(path: string, body: object): Promise<Answer | undefined>;
  remove(path: string): Promise<void>;
}

const TIMEOUT_MS = 20_000;

/** A reader of a Vault. */
export function vaultReader(settings: VaultSettings): VaultReader {
  const { get, list } = vaultWriter(settings, "doctor");
  return { get, list };
}

type Method = "GET" | "LIST" | "PUT" | "DELETE";

/** One that also changes it. @param command the command that may, with `--needs` */
export function vaultWriter(settings: VaultSettings, command: string): VaultWriter {
  const ask = asker(settings, command);
  return {
    put: (path, body) => ask("PUT", path, body),
    remove: async (path) => void (await ask("DELETE", path)),
    get: (path) => ask("GET", path),
    list: async (path) => {
      const keys = (await ask("LIST", path))?.keys;
      return Array.isArray(keys) ? keys.filter((key): key is string => typeof key === "string") : [];
    },
  };
}

function asker(
  { address, token, namespace, caFile }: VaultSettings,
  command: string,
): (method: Method, path: string, body?: object) => Promise<Answer | undefined> {
  const base = new URL(address.endsWith("/") ? address : `${address}/`);
  const ca = caFile === undefined ? undefined : readFileSync(caFile, "utf8");
  const headers = {
    "X-Vault-Token": token,
    "X-Vault-Request": "true",
    ...(namespace && { "X-Vault-Namespace": namespace }),
  };
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const url = new URL(`v1/${path.split("/").map(encodeURIComponent).join("/")}`, base);
      const what = `Vault, ${method} ${path}`;
      // Node's message names the host at most; the token is in a header only.
      const failed = (error: Error): void => reject(new Error(`${what}: ${error.message}`));
      const options = { method, headers, timeout: TIMEOUT_MS, ...(ca !== undefined && { ca }) };
      const request = (base.protocol === "https:" ? https : http).request(url, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("error", failed);
        response.on("end", () => {
          try {
            resolve(answerOf(response.statusCode, text, what, command));
          } catch (error) {
            reject(error as Error);
          }
        });
      });
      request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
      request.on("error", failed);
      request.end(body && JSON.stringify(body));
    });
}

/** @returns undefined where there is nothing. @throws for anything else that Vault refuses */
function answerOf(status: number | undefined, text: string, what: string, command: string): Answer | undefined {
  if (status === 404) return undefined;
  if (status === 403)
    throw new VaultDenied(
      `${what}: 403: the token may not do it; \`leasehold ${command} --needs\` prints the policy that suffices`,
    );
  if (status === 307)
    throw new VaultStandby(`${what}: only the server that leads answers it: give its address in VAULT_ADDR`);
  if (status === 204) return {};
  if (status !== 200) throw new Error(`${what}: status ${status}${errorsIn(text)}`);
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error(`${what}: the answer is not JSON`);
  }
  const { data, request_id: logical, ...plain } = answer;
  // A few paths that need no token answer without an envelope.
  return (data ?? (logical === undefined ? plain : {})) as Answer;
}

/** Vault's own words; no request is repeated in them. */
function errorsIn(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    return Array.isArray(errors) && errors.length > 0 ? `: ${errors.join("; ").trim()}` : "";
  } catch {
    return "";
  }
}
