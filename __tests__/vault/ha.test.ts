import { generate } from "selfsigned";
import { readFileSync } from "node:fs";
import { Agent, request as send } from "node:https";
import { join } from "node:path";
import { makeServerDir, Scope, writePrivateFile } from "../../bench/machine/lifecycle";
import { freePort, ServerProcess, waitFor } from "../../bench/machine/process";
import { findTool } from "../../bench/machine/tools";
import { startPostgres } from "../../bench/servers/postgres";
import { Seal, VaultMode } from "../../constructs";

/**
 * Three real Vault servers run the configuration that `VaultMode.ha` gives to the chart. What a cluster would give it is put
 * in: addresses of this machine for those of the pods, folders for volumes, and no registration of services, for which
 * there is no API server here.
 */
const RELEASE = "vault";
const SERVERS = [0, 1, 2];
const given = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() }).valuesOf(RELEASE).server?.ha as {
  readonly raft: { readonly config: string };
};

interface Answer {
  readonly status: number;
  readonly body: { readonly [field: string]: unknown };
}

interface Server {
  readonly index: number;
  readonly port: number;
  process: ServerProcess;
  start(): Promise<void>;
}

const scope = new Scope("vault-ha");
let agent: Agent;
let key: string;
let token: string | undefined;
const servers: Server[] = [];

/** Sends a request to one server, over TLS that is verified. Standbys pass requests on to the leader. */
function ask({ port }: Server, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { "X-Vault-Token": token };
    const call = send(
      { host: "127.0.0.1", port, method, path: `/v1/${path}`, agent, headers, timeout: 20_000 },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) }),
        );
      },
    );
    call.on("timeout", () => call.destroy(new Error(`${method} ${path}: no answer`)));
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The one server that says it leads. */
async function leader(): Promise<Server> {
  return waitFor(
    async () => {
      for (const server of servers) {
        const { status } = await ask(server, "GET", "sys/health").catch(() => ({ status: 0 }));
        if (status === 200) return server;
      }
      return undefined;
    },
    { what: "one of the servers leads", timeoutMs: 60_000 },
  );
}

async function unseal(server: Server): Promise<void> {
  await waitFor(
    async () => {
      const { body } = await ask(server, "PUT", "sys/unseal", { key });
      return body.sealed === false;
    },
    { what: `server ${server.index} is unsealed`, timeoutMs: 60_000 },
  );
}

async function voters(server: Server): Promise<number> {
  const { body } = await ask(server, "GET", "sys/storage/raft/configuration");
  const { config } = body.data as { config: { servers: { voter: boolean }[] } };
  return config.servers.filter(({ voter }) => voter).length;
}

beforeAll(async () => {
  const vault = await findTool("vault");
  const dir = scope.tempDir("leasehold-ha-");
  const tls = makeServerDir(join(dir, "tls"));
  const certificate = await generate([{ name: "commonName", value: RELEASE }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 7, ip: "127.0.0.1" },
          ...SERVERS.map((index) => ({ type: 2 as const, value: `${RELEASE}-${index}.${RELEASE}-internal` })),
        ],
      },
    ],
  });
  for (const [name, text] of [
    ["tls.crt", certificate.cert],
    ["ca.crt", certificate.cert],
    ["tls.key", certificate.private],
  ])
    writePrivateFile(join(tls, name), text);
  agent = new Agent({ ca: readFileSync(join(tls, "ca.crt")) });
  const ports: number[] = [];
  for (const _ of SERVERS) ports.push(await freePort(), await freePort());

  for (const index of SERVERS) {
    const own = makeServerDir(join(dir, `server-${index}`));
    const data = makeServerDir(join(own, "data"));
    const [port, cluster] = [ports[2 * index], ports[2 * index + 1]];
    const text = SERVERS.reduce(
      (config, other) =>
        config.replace(`https://${RELEASE}-${other}.${RELEASE}-internal:8200`, `https://127.0.0.1:${ports[2 * other]}`),
      given.raft.config,
    )
      .replace("[::]:8200", `127.0.0.1:${port}`)
      .replace("[::]:8201", `127.0.0.1:${cluster}`)
      .replace('"/vault/data"', JSON.stringify(data))
      .replaceAll("/vault/userconfig/tls", tls)
      .replace('service_registration "kubernetes" {}', "");
    const file = writePrivateFile(join(own, "config.hcl"), text);
    const start = async (): Promise<void> => {
      server.process = await ServerProcess.start(scope, {
        name: `vault ${index}`,
        command: vault,
        args: ["server", `-config=${file}`],
        // As the chart sets them in the pod.
        env: {
          HOME: own,
          TMPDIR: own,
          VAULT_API_ADDR: `https://127.0.0.1:${port}`,
          VAULT_CLUSTER_ADDR: `https://127.0.0.1:${cluster}`,
          VAULT_RAFT_NODE_ID: `${RELEASE}-${index}`,
        },
        logFile: join(own, "vault.log"),
      });
      await waitFor(() => ask(server, "GET", "sys/seal-status").catch(() => undefined), {
        what: `server ${index} answers`,
        timeoutMs: 60_000,
        process: server.process,
      });
    };
    const server: Server = { index, port, process: undefined as unknown as ServerProcess, start };
    servers.push(server);
    await start();
  }
  const { body } = await ask(servers[0], "PUT", "sys/init", { secret_shares: 1, secret_threshold: 1 });
  key = (body.keys_base64 as string[])[0];
  await unseal(servers[0]);
  await leader();
  token = body.root_token as string;
  for (const server of servers.slice(1)) await unseal(server);
  await waitFor(async () => (await voters(servers[0])) === 3, {
    what: "the others have joined by themselves",
    timeoutMs: 60_000,
  });
}, 240_000);

afterAll(async () => {
  agent?.destroy();
  await scope.close();
});

test("the configuration that the chart gets makes three servers one Vault: what one takes, all have", async () => {
  expect((await ask(servers[0], "POST", "sys/mounts/kv", { type: "kv" })).status).toBe(204);
  expect((await ask(servers[1], "POST", "kv/a", { value: "1" })).status).toBe(204);
  for (const server of servers) expect((await ask(server, "GET", "kv/a")).body.data).toEqual({ value: "1" });
});

interface Login {
  readonly lease: string;
  readonly user: string;
}

/** Logins that are asked for and given back at whatever server answers, until told to stop. */
class Workers {
  /** What Vault said of them: those that it gave, and those that it took back. */
  readonly given = new Map<string, Login>();
  readonly taken: Login[] = [];
  /** Requests for a login of which nobody knows what became. */
  lost = 0;
  private stopped = false;
  private readonly running: Promise<void>[] = [];

  start(count: number): void {
    for (let index = 0; index < count; index += 1) this.running.push(this.work(index));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async work(index: number): Promise<void> {
    for (let turn = index; !this.stopped; turn += 1) {
      const at = servers[turn % servers.length];
      const { status, body } = await ask(at, "GET", "logins/creds/app").catch(() => ({
        status: 0,
        body: {} as Answer["body"],
      }));
      if (status !== 200) {
        this.lost += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      const login = { lease: body.lease_id as string, user: (body.data as { username: string }).username };
      this.given.set(login.user, login);
      if (turn % 2 === 0) await this.giveBack(login);
    }
  }

  private async giveBack(login: Login): Promise<void> {
    this.given.delete(login.user);
    await waitFor(
      async () => {
        for (const server of servers) {
          const { status } = await ask(server, "PUT", "sys/leases/revoke", { lease_id: login.lease, sync: true }).catch(
            () => ({ status: 0 }),
          );
          // Revoked, or no lease any more: the answer of an earlier try was lost.
          if (status === 204 || status === 400) return true;
        }
        return false;
      },
      { what: "a login is given back", timeoutMs: 120_000 },
    );
    this.taken.push(login);
  }
}

test("the leader steps down, and the next one is killed, while logins are asked for and given back: what Vault said of each holds", async () => {
  const postgres = await startPostgres();
  scope.defer("stop PostgreSQL", () => postgres.stop());
  const { user, password } = postgres.superuser;
  const configured = [
    await ask(servers[0], "POST", "sys/mounts/logins", { type: "database" }),
    await ask(servers[0], "POST", "logins/config/main", {
      plugin_name: "postgresql-database-plugin",
      connection_url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/postgres?sslmode=disable`,
      allowed_roles: ["app"],
      ...{ username: user, password },
    }),
    await ask(servers[0], "POST", "logins/roles/app", {
      db_name: "main",
      creation_statements: ["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"],
      revocation_statements: ['DROP ROLE IF EXISTS "{{name}}"'],
      ...{ default_ttl: "1h", max_ttl: "1h" },
    }),
  ];
  expect(configured.map(({ status }) => status)).toEqual([204, 204, 204]);
  const workers = new Workers();
  workers.start(2);
  const soon = async (more: number): Promise<void> => {
    const before = workers.taken.length;
    await waitFor(() => Promise.resolve(workers.taken.length >= before + more), {
      what: "logins are given and taken back",
      timeoutMs: 120_000,
    });
  };
  await soon(3);
  expect((await ask(await leader(), "PUT", "sys/step-down")).status).toBe(204);
  await soon(3);
  const killed = await leader();
  await killed.process.kill();
  await soon(3);
  await killed.start();
  await unseal(killed);
  await workers.stop();
  const { rows } = await postgres.asSuperuser("postgres", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'");
  const there = new Set((rows as { rolname: string }[]).map(({ rolname }) => rolname));
  expect(workers.taken.filter(({ user: name }) => there.has(name))).toEqual([]);
  expect([...workers.given.keys()].filter((name) => !there.has(name))).toEqual([]);
  expect(workers.given.size).toBeGreaterThan(0);
  // A request that died with its server may have made a login that nobody was told of; it ends at VALID UNTIL.
  expect(there.size - workers.given.size).toBeLessThanOrEqual(workers.lost);
}, 420_000);

test("the leader is killed: another leads, and nothing is lost", async () => {
  const lost = await leader();
  await lost.process.kill();
  const next = await leader();
  expect(next.index).not.toBe(lost.index);
  expect((await ask(next, "GET", "kv/a")).body.data).toEqual({ value: "1" });
  expect((await ask(next, "POST", "kv/b", { value: "2" })).status).toBe(204);
  await lost.start();
  await unseal(lost);
  await waitFor(async () => (await ask(lost, "GET", "kv/b")).status === 200, {
    what: "the server that was killed has what it missed",
    timeoutMs: 60_000,
  });
}, 180_000);

test("the leader steps down, and the next one is sealed: the others serve", async () => {
  expect((await ask(await leader(), "PUT", "sys/step-down")).status).toBe(204);
  const second = await leader();
  expect((await ask(second, "GET", "kv/b")).body.data).toEqual({ value: "2" });
  expect((await ask(second, "PUT", "sys/seal")).status).toBe(204);
  const third = await leader();
  expect(third.index).not.toBe(second.index);
  expect((await ask(third, "POST", "kv/c", { value: "3" })).status).toBe(204);
  expect((await ask(second, "GET", "kv/c")).status).toBe(503);
}, 180_000);
