import { generate } from "selfsigned";
import { readFileSync } from "node:fs";
import { IncomingHttpHeaders } from "node:http";
import { Agent, request as send } from "node:https";
import { join } from "node:path";
import { makeServerDir, Scope, writePrivateFile } from "../../bench/machine/lifecycle";
import { freePort, ServerProcess, waitFor } from "../../bench/machine/process";
import { findTool } from "../../bench/machine/tools";

/** The name of the Helm release that the configuration is for. */
export const RELEASE = "vault";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly [field: string]: unknown };
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** A Vault server that runs with the configuration of the chart's pods. */
export interface HaServer {
  readonly name: string;
  readonly port: number;
  process: ServerProcess;
  start(): Promise<void>;
}

/** Ports of a server: for clients, and for the other servers. */
export interface Ports {
  readonly port: number;
  readonly cluster: number;
}

/** What the servers share: a folder, and a certificate whose CA the clients know. */
export class HaMachine {
  readonly dir: string;
  /** The folder with tls.crt, tls.key and ca.crt, as the Secret mounts it. */
  readonly tls: string;
  private agent = new Agent();

  constructor(private readonly scope: Scope) {
    this.dir = scope.tempDir("leasehold-ha-");
    this.tls = makeServerDir(join(this.dir, "tls"));
    scope.defer("close connections", () => this.agent.destroy());
  }

  /** @param names Of the servers, beside 127.0.0.1 */
  async certify(names: readonly string[]): Promise<void> {
    const { cert, private: key } = await generate([{ name: "commonName", value: RELEASE }], {
      keyType: "ec",
      algorithm: "sha256",
      extensions: [
        { name: "basicConstraints", cA: true },
        {
          name: "subjectAltName",
          altNames: [{ type: 7, ip: "127.0.0.1" }, ...names.map((value) => ({ type: 2 as const, value }))],
        },
      ],
    });
    for (const [name, text] of Object.entries({ "tls.crt": cert, "ca.crt": cert, "tls.key": key }))
      writePrivateFile(join(this.tls, name), text);
    this.agent = new Agent({ ca: readFileSync(join(this.tls, "ca.crt")) });
  }

  async ports(): Promise<Ports> {
    return { port: await freePort(), cluster: await freePort() };
  }

  /**
   * Starts a server with what a cluster would give it: addresses of this machine for those of the pods, folders for volumes,
   * and no registration of services, for which there is no API server here.
   */
  async server(
    name: string,
    config: string,
    { port, cluster }: Ports,
    env: Readonly<Record<string, string>> = {},
  ): Promise<HaServer> {
    const own = makeServerDir(join(this.dir, name));
    const text = config
      .replace("[::]:8200", `127.0.0.1:${port}`)
      .replace("[::]:8201", `127.0.0.1:${cluster}`)
      .replace('"/vault/data"', JSON.stringify(makeServerDir(join(own, "data"))))
      .replaceAll("/vault/userconfig/tls", this.tls)
      .replace('service_registration "kubernetes" {}', "");
    const file = writePrivateFile(join(own, "config.hcl"), text);
    const start = async (): Promise<void> => {
      server.process = await ServerProcess.start(this.scope, {
        name,
        command: await findTool("vault"),
        args: ["server", `-config=${file}`],
        // As the chart sets them in the pod.
        env: {
          HOME: own,
          TMPDIR: own,
          VAULT_API_ADDR: `https://127.0.0.1:${port}`,
          VAULT_CLUSTER_ADDR: `https://127.0.0.1:${cluster}`,
          VAULT_RAFT_NODE_ID: name,
          ...env,
        },
        logFile: join(own, "vault.log"),
      });
      await waitFor(() => this.ask(server, undefined, "GET", "sys/seal-status").catch(() => undefined), {
        what: `${name} answers`,
        timeoutMs: 60_000,
        process: server.process,
      });
    };
    const server: HaServer = { name, port, process: undefined as unknown as ServerProcess, start };
    await start();
    return server;
  }

  /** Sends a request to one server, over TLS that is verified. Standbys pass requests on to the leader. */
  ask(
    { port }: HaServer,
    token: string | undefined,
    method: string,
    path: string,
    body?: object | Buffer,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { "X-Vault-Token": token };
      const options = { host: "127.0.0.1", port, method, path: `/v1/${path}`, agent: this.agent, headers };
      const call = send({ ...options, timeout: 20_000 }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          const bytes = Buffer.concat(parts);
          const json = response.headers["content-type"]?.includes("json") && bytes.length > 0;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: json ? (JSON.parse(bytes.toString()) as Answer["body"]) : {},
            bytes,
          });
        });
      });
      call.on("timeout", () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on("error", reject);
      call.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  }
}
