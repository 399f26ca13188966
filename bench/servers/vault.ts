import { join } from "node:path";
import { makeServerDir, withScope, writePrivateFile } from "../machine/lifecycle";
import { freePort, ServerProcess, waitFor } from "../machine/process";
import { findTool, type Progress } from "../machine/tools";

/** Vault's answer to a request: the fields that most answers have. */
export interface VaultResponse {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly auth?: VaultAuth | null;
  readonly lease_id?: string;
  /** Seconds. */
  readonly lease_duration?: number;
  readonly renewable?: boolean;
  readonly warnings?: readonly string[] | null;
  readonly [field: string]: unknown;
}

/** The result of a login. */
export interface VaultAuth {
  readonly client_token: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  /** Seconds. */
  readonly lease_duration: number;
  readonly renewable: boolean;
  readonly metadata?: Readonly<Record<string, string>> | null;
}

/** A request that Vault refused. */
export class VaultError extends Error {
  public constructor(
    what: string,
    /** HTTP status. */
    public readonly status: number,
    /** Vault's own messages. */
    public readonly errors: readonly string[],
  ) {
    super(`${what}: ${status} ${errors.join("; ")}`);
    this.name = "VaultError";
  }
}

/** How to start Vault. */
export interface VaultOptions {
  /**
   * Where Vault keeps its data. Only "raft" survives `kill()` and `restart()`.
   * @default "inmem"
   */
  readonly storage?: "inmem" | "raft";
  /** More top-level server configuration, merged over ours. @default - none */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Gets progress while a tool is built. @default - silent */
  readonly onProgress?: Progress;
}

/** A real, initialised and unsealed Vault, not in development mode. */
export interface VaultServer {
  /** Base URL, `http://127.0.0.1:port`. */
  readonly address: string;
  /** The root token; held in memory only. */
  readonly rootToken: string;
  /** Vault's own log. */
  readonly logFile: string;
  /** A directory that Vault may write to (file audit devices), removed on `stop()`. */
  readonly dir: string;
  /**
   * Sends a request.
   * @param method HTTP method, or LIST
   * @param path with or without the leading `v1/`
   * @param token null sends none. @default - the root token
   * @returns the answer; `{}` where Vault sends none
   * @throws VaultError with the status and Vault's messages
   */
  request(method: string, path: string, body?: object, token?: string | null): Promise<VaultResponse>;
  /** Seals Vault: it answers, but serves nothing. */
  seal(): Promise<void>;
  /** Unseals Vault, and waits until it serves. */
  unseal(): Promise<void>;
  /** Ends Vault as a power failure would. */
  kill(): Promise<void>;
  /**
   * Starts Vault again on the same port with the same storage, and unseals it.
   * @throws with "inmem" storage, whose data is gone
   */
  restart(): Promise<void>;
  /** Ends Vault and removes all of its files. */
  stop(): Promise<void>;
}

function storageOf(kind: "inmem" | "raft", dir: string): Record<string, unknown> {
  if (kind === "inmem") return { inmem: {} };
  // 1: with one server there is nobody to wait for when it is to lead.
  return { raft: { path: makeServerDir(join(dir, "data")), node_id: "bench", performance_multiplier: "1" } };
}

/**
 * Starts Vault on a free port of 127.0.0.1, initialises it with one unseal key, and unseals it.
 * @throws if Vault cannot be found or built, or does not come up within a minute (with the end of its log)
 */
export async function startVault(options: VaultOptions = {}): Promise<VaultServer> {
  const vault = await findTool("vault", options.onProgress);
  return withScope("vault", async (scope) => {
    const dir = scope.tempDir("leasehold-vault-");
    const [port, clusterPort] = [await freePort(), await freePort()];
    const address = `http://127.0.0.1:${port}`;
    const storage = options.storage ?? "inmem";
    const logFile = join(dir, "vault.log");
    const configFile = writePrivateFile(
      join(dir, "config.json"),
      JSON.stringify({ ...configOf(address, clusterPort), storage: storageOf(storage, dir), ...options.config }),
    );

    const request: VaultServer["request"] = (method, path, body, token = rootToken) =>
      send(address, method, path, body, token);

    let server: ServerProcess;
    const start = async (): Promise<void> => {
      server = await ServerProcess.start(scope, {
        name: "vault",
        command: vault,
        args: ["server", `-config=${configFile}`],
        env: { HOME: dir, TMPDIR: dir, VAULT_LOG_LEVEL: "info" },
        logFile,
      });
      await waitFor(() => request("GET", "sys/seal-status", undefined, null), {
        what: "Vault answers",
        timeoutMs: 60_000,
        process: server,
      });
    };
    const unseal = async (): Promise<void> => {
      await request("PUT", "sys/unseal", { key: unsealKey }, null);
      // Unsealed is not yet serving: an instance becomes active a moment later.
      await waitFor(() => request("GET", "sys/health", undefined, null), {
        what: "Vault is unsealed and active",
        timeoutMs: 60_000,
        process: server,
      });
    };

    let rootToken: string | null = null;
    await start();
    const init = await request("PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 }, null);
    const unsealKey = (init.keys_base64 as string[])[0];
    rootToken = init.root_token as string;
    await unseal();

    return {
      address,
      rootToken,
      logFile,
      dir,
      request,
      unseal,
      seal: async () => void (await request("PUT", "sys/seal")),
      kill: () => server.kill(),
      restart: async () => {
        if (storage === "inmem") throw new Error('Vault with storage "inmem" loses all on a restart: use "raft"');
        await server.stop();
        await start();
        await unseal();
      },
      stop: () => scope.close(),
    };
  });
}

/** The server's configuration, but for its storage. */
function configOf(address: string, clusterPort: number): Record<string, unknown> {
  const { host } = new URL(address);
  return {
    listener: [{ tcp: { address: host, cluster_address: `127.0.0.1:${clusterPort}`, tls_disable: true } }],
    api_addr: address,
    cluster_addr: `http://127.0.0.1:${clusterPort}`,
    disable_mlock: true,
    ui: false,
  };
}

async function send(
  address: string,
  method: string,
  path: string,
  body: object | undefined,
  token: string | null,
): Promise<VaultResponse> {
  const list = method.toUpperCase() === "LIST";
  const clean = path.replace(/^\/?(v1\/)?/, "");
  const response = await fetch(`${address}/v1/${clean}${list ? "?list=true" : ""}`, {
    method: list ? "GET" : method.toUpperCase(),
    headers: { "X-Vault-Request": "true", ...(token ? { "X-Vault-Token": token } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(90_000),
  });
  const text = await response.text();
  const answer = (text === "" ? {} : JSON.parse(text)) as VaultResponse & { errors?: string[] };
  // sys/health and the like answer with a status of their own and no errors.
  if (!response.ok) throw new VaultError(`${method} ${clean}`, response.status, answer.errors ?? [text]);
  return answer;
}
