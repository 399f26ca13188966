import { join } from "node:path";
import { Looked, orDenied } from "../../audit/doctor/looked";
import { vaultReader } from "../../audit/doctor/vault";
import { Scope } from "../../bench/machine/lifecycle";
import { waitFor } from "../../bench/machine/process";
import { PostgresServer, startPostgres } from "../../bench/servers/postgres";
import { Seal, VaultMode } from "../../constructs";
import { tryFirstVault } from "./first-vault";
import { Answer, HaMachine, HaServer as Server, RELEASE } from "./ha-machine";

/** Three real Vault servers run the configuration that `VaultMode.ha` gives to the chart. */
const SERVERS = [0, 1, 2];
const given = (seal: Seal): string =>
  (VaultMode.ha({ tlsSecret: "tls", seal }).valuesOf(RELEASE).server?.ha as { raft: { config: string } }).raft.config;

const scope = new Scope("vault-ha");
const machine = new HaMachine(scope);
let key: string;
let token: string | undefined;
let postgres: PostgresServer;
const servers: Server[] = [];

const ask = (server: Server, method: string, path: string, body?: object | Buffer): Promise<Answer> =>
  machine.ask(server, token, method, path, body);

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
    { what: `${server.name} is unsealed`, timeoutMs: 60_000 },
  );
}

async function voters(server: Server): Promise<number> {
  const { body } = await ask(server, "GET", "sys/storage/raft/configuration");
  const { config } = body.data as { config: { servers: { voter: boolean }[] } };
  return config.servers.filter(({ voter }) => voter).length;
}

beforeAll(async () => {
  const addresses = SERVERS.map((index) => `${RELEASE}-${index}.${RELEASE}-internal`);
  await machine.certify(addresses);
  const ports = await Promise.all(SERVERS.map(() => machine.ports()));
  const config = addresses.reduce(
    (text, address, index) => text.replace(`https://${address}:8200`, `https://127.0.0.1:${ports[index].port}`),
    given(Seal.shamir()),
  );
  for (const index of SERVERS) servers.push(await machine.server(`${RELEASE}-${index}`, config, ports[index]));
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

afterAll(() => scope.close());

test("the configuration that the chart gets makes three servers one Vault: what one takes, all have", async () => {
  expect((await ask(servers[0], "POST", "sys/mounts/kv", { type: "kv" })).status).toBe(204);
  expect((await ask(servers[1], "POST", "kv/a", { value: "1" })).status).toBe(204);
  for (const server of servers) expect((await ask(server, "GET", "kv/a")).body.data).toEqual({ value: "1" });
});

test("what only the server that leads answers, doctor says of a standby, and goes on", async () => {
  const { name } = await leader();
  const settings = { token: token as string, caFile: join(machine.tls, "ca.crt") };
  const path = "sys/config/state/sanitized";
  for (const server of servers) {
    const vault = vaultReader({ ...settings, address: `https://127.0.0.1:${server.port}` });
    const looked: Looked = { findings: [], notChecked: [] };
    const state = await orDenied(looked, path, () => vault.get(path));
    const leads = server.name === name;
    expect({ leads, read: state !== undefined, notChecked: looked.notChecked }).toEqual({
      leads,
      read: leads,
      notChecked: leads ? [] : [expect.stringContaining(`Vault: ${path}: only the server that leads answers it`)],
    });
  }
});

test("every answer tells a browser to come with TLS only", async () => {
  for (const server of servers)
    expect((await ask(server, "GET", "sys/health")).headers).toMatchObject({
      "strict-transport-security": "max-age=31536000; includeSubDomains",
    });
});

test("first-vault.sh: keepers get their keys, no token is left, and neither a wrong key, nor an interruption, nor a second run does harm", async () => {
  const first = await tryFirstVault(scope, machine, { server: servers[0], token: token as string });
  expect(first.wrongKey).toEqual({ status: 1, initialised: false, left: false });
  expect(first.signingKey).toEqual({ status: 1, initialised: false, left: false });
  expect(first.status).not.toBe(0);
  expect(first.left).toEqual([["admin", "default"]]);
  expect(first.keys).toHaveLength(2);
  expect(first.written).not.toMatch(/hvs\.|\bs\.[A-Za-z0-9]{20}/);
  for (const kept of first.keys) expect(first.written).not.toContain(kept);
  expect(first.again).toEqual({ status: 1, said: expect.stringContaining("is initialised"), left: false });
  expect(first.rootOfKeepers).toEqual(["root"]);
}, 180_000);

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
  postgres = await startPostgres();
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

test("a snapshot is restored: what it has ends as ever, and a login that was given after it ends by itself", async () => {
  const give = async (): Promise<Login> => {
    const { body } = await ask(await leader(), "GET", "logins/creds/app");
    return { lease: body.lease_id as string, user: (body.data as { username: string }).username };
  };
  const before = await give();
  const { bytes } = await ask(await leader(), "GET", "sys/storage/raft/snapshot");
  const after = await give();
  expect((await ask(await leader(), "POST", "kv/a", { value: "2" })).status).toBe(204);
  expect((await ask(await leader(), "POST", "sys/storage/raft/snapshot", bytes)).status).toBe(204);
  await waitFor(
    async () => ((await ask(await leader(), "GET", "kv/a")).body.data as { value?: string })?.value === "1",
    {
      what: "the leader has what the snapshot has",
      timeoutMs: 60_000,
    },
  );
  const lookUp = async ({ lease }: Login): Promise<number> =>
    (await ask(await leader(), "PUT", "sys/leases/lookup", { lease_id: lease })).status;
  expect([await lookUp(before), await lookUp(after)]).toEqual([200, 400]);
  const revoked = await ask(await leader(), "PUT", "sys/leases/revoke", { lease_id: before.lease, sync: true });
  expect(revoked.status).toBe(204);
  const { rows } = await postgres.asSuperuser(
    "postgres",
    `SELECT rolname, rolvaliduntil < now() + interval '2 hours' AS ends FROM pg_roles
     WHERE rolname IN ('${before.user}', '${after.user}')`,
  );
  expect(rows).toEqual([{ rolname: after.user, ends: true }]);
}, 180_000);

test("the leader is killed: another leads, and nothing is lost", async () => {
  const lost = await leader();
  await lost.process.kill();
  const next = await leader();
  expect(next.name).not.toBe(lost.name);
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
  expect(third.name).not.toBe(second.name);
  expect((await ask(third, "POST", "kv/c", { value: "3" })).status).toBe(204);
  expect((await ask(second, "GET", "kv/c")).status).toBe(503);
}, 180_000);
