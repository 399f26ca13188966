import { join } from "node:path";
import { makeServerDir, type Scope, withScope, writePrivateFile } from "../machine/lifecycle";
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
  const command = await findTool("vault", options.onProgress);
  return withScope("vault", async (scope) => {
    const dir = scope.tempDir("leasehold-vault-");
    const [port, clusterPort] = [await freePort(), await freePort()];
    const address = `http://127.0.0.1:${port}`;
    const storage = options.storage ?? "inmem";
    const config = { ...configOf(address, clusterPort), storage: storageOf(storage, dir), ...options.config };
    const configFile = writePrivateFile(join(dir, "config.json"), JSON.stringify(config));
    const logFile = join(dir, "vault.log");
    const start = (): Promise<ServerProcess> => startProcess(scope, { command, address, dir, configFile, logFile });

    let server = await start();
    const { unsealKey, rootToken } = await initialise(address);
    const unseal = (): Promise<void> => unsealed(address, unsealKey, server);
    await unseal();
    const request: VaultServer["request"] = (method, path, body, token = rootToken) =>
      send(address, method, path, body, token);

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
        server = await start();
        await unseal();
      },
      stop: () => scope.close(),
    };
  });
}

/** Where one Vault runs and writes. */
interface VaultFiles {
  readonly command: string;
  readonly address: string;
  readonly dir: string;
  readonly configFile: string;
  readonly logFile: string;
}

/** Starts the process, and waits until it answers: it may be sealed, or not initialised. */
async function startProcess(
  scope: Scope,
  { command, address, dir, configFile, logFile }: VaultFiles,
): Promise<ServerProcess> {
  const server = await ServerProcess.start(scope, {
    name: "vault",
    command,
    args: ["server", `-config=${configFile}`],
    env: { HOME: dir, TMPDIR: dir, VAULT_LOG_LEVEL: "info" },
    logFile,
  });
  await waitFor(() => send(address, "GET", "sys/seal-status"), {
    what: "Vault answers",
    timeoutMs: 60_000,
    process: server,
  });
  return server;
}

async function initialise(address: string): Promise<{ readonly unsealKey: string; readonly rootToken: string }> {
  const init = await send(address, "PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 });
  return { unsealKey: (init.keys_base64 as string[])[0], rootToken: init.root_token as string };
}

/** Unseals Vault, and waits until it serves: an instance becomes active a moment after it is unsealed. */
async function unsealed(address: string, unsealKey: string, server: ServerProcess): Promise<void> {
  await send(address, "PUT", "sys/unseal", { key: unsealKey });
  await waitFor(() => send(address, "GET", "sys/health"), {
    what: "Vault is unsealed and active",
    timeoutMs: 60_000,
    process: server,
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
  body?: object,
  token: string | null = null,
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
