import { request } from "node:http";
import type { Pod } from "../../bench";
import { Lease, World } from "./world";

jest.setTimeout(10 * 60_000);

/** Method, path, body. */
type Call = readonly [string, string, object?];
const HERE = "database/pg18/shop";
const THERE = "database/pg17/shop";

let world: World;
let pod: Pod;
let foreign: Lease;
let podToken: string;
let otherToken: { client_token: string; accessor: string };

const tokenOf = async (...policies: string[]): Promise<{ client_token: string; accessor: string }> =>
  (await world.bench.vault.request("POST", "auth/token/create", { policies, ttl: "30m" })).auth as never;

beforeAll(async () => {
  world = await World.start([17, 18]);
  pod = await world.bench.play("team", "reader");
  podToken = pod.agentToken() as string;
  foreign = await world.lease(18, "writer");
  otherToken = await tokenOf("default");
});
afterAll(() => world?.stop());

/** The status and body of a request whose path is sent as it is written. */
function raw(method: string, path: string, token: string, body?: object): Promise<{ status: number; text: string }> {
  const url = new URL(world.bench.vault.address);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: url.hostname, port: url.port, method, path: `/v1/${path}`, headers: { "X-Vault-Token": token } },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const send = ([method, path, body]: Call, token: string): Promise<{ status: number; text: string }> =>
  method === "LIST" ? raw("GET", `${path}?list=true`, token) : raw(method, path, token, body);

/** Tells a path that Vault has from one that it refuses because nothing is there: its help, which root may read. */
const known = async ([, path]: Call): Promise<number> =>
  (await raw("GET", `${path}?help=1`, world.bench.vault.rootToken)).status;

/** Calls that change what Vault is: for nobody but who deploys. */
const ADMINISTRATION: readonly Call[] = [
  ["LIST", "sys/policies/acl"],
  ["GET", "sys/policies/acl/default"],
  ["POST", "sys/policies/acl/mine", { policy: 'path "*" { capabilities = ["read"] }' }],
  ["POST", "sys/policies/acl/default", { policy: 'path "*" { capabilities = ["read"] }' }],
  ["DELETE", "sys/policies/acl/default"],
  ["POST", "sys/policies/password/mine", { policy: "length=1" }],
  ["GET", "sys/mounts"],
  ["POST", "sys/mounts/mine", { type: "kv" }],
  ["POST", `sys/mounts/${HERE}/tune`, { max_lease_ttl: "9999h" }],
  ["POST", "sys/remount", { from: HERE, to: "mine" }],
  ["GET", "sys/auth"],
  ["POST", "sys/auth/mine", { type: "userpass" }],
  ["DELETE", "sys/auth/kubernetes-c1"],
  ["GET", "sys/audit"],
  ["PUT", "sys/audit/mine", { type: "file", options: { file_path: "/dev/null" } }],
  ["GET", "sys/config/cors"],
  ["PUT", "sys/config/cors", { enabled: true, allowed_origins: "*" }],
  ["LIST", "sys/plugins/catalog/database"],
  ["PUT", "sys/plugins/catalog/database/mine", { sha256: "00", command: "sh" }],
  ["PUT", "sys/plugins/reload/backend", { plugin: "postgresql-database-plugin" }],
  ["PUT", "sys/seal"],
  ["PUT", "sys/step-down"],
  ["PUT", "sys/rotate"],
  ["POST", "sys/quotas/rate-limit/mine", { rate: 1 }],
  ["GET", "sys/internal/counters/activity"],
  ["GET", "sys/host-info"],
  ["LIST", `sys/leases/lookup/${HERE}/creds/c1.team.writer`],
  ["PUT", `sys/leases/revoke-prefix/${HERE}`],
  ["PUT", `sys/leases/revoke-force/${HERE}`],
  ["PUT", "sys/leases/tidy"],
  ["POST", "auth/token/create", { policies: ["default"] }],
  ["POST", "auth/token/create-orphan", {}],
  ["LIST", "auth/token/accessors"],
  ["POST", "auth/token/roles/mine", { allowed_policies: "root" }],
  ["LIST", "identity/entity/id"],
  ["POST", "identity/entity", { name: "mine", policies: ["root"] }],
  ["POST", "identity/group", { name: "mine", policies: ["root"] }],
  ["GET", "auth/kubernetes-c1/config"],
  ["POST", "auth/kubernetes-c1/config", { kubernetes_host: "https://127.0.0.1:1" }],
  ["LIST", "auth/kubernetes-c1/role"],
  ["GET", "auth/kubernetes-c1/role/team.reader"],
  [
    "POST",
    "auth/kubernetes-c1/role/team.reader",
    { bound_service_account_names: "*", bound_service_account_namespaces: "*" },
  ],
  ["DELETE", "auth/kubernetes-c1/role/team.writer"],
  ["GET", "leasehold/data/postgres/pg18/admin"],
  ["GET", "leasehold/data/postgres/pg18/shop/vault"],
  ["POST", "leasehold/data/postgres/pg18/admin", { data: { password: "x" } }],
  ["DELETE", "leasehold/data/postgres/pg18/admin"],
  ["GET", "leasehold/metadata/postgres/pg18/admin"],
  ["LIST", "leasehold/metadata/postgres"],
  ["GET", "leasehold/config"],
];

/** Logins that are another's, and what issues them. */
const LOGINS = (mount: string): Call[] => [
  ["GET", `${mount}/creds/c1.team.writer`],
  ["GET", `${mount}/creds/c1.team.stranger`],
  ["GET", `${mount}/creds/c1.team.migrator18`],
  ["POST", `${mount}/creds/c1.team.writer`, {}],
  ["GET", `${mount}/static-creds/c1.team.writer`],
];
const RUNNING = (mount: string): Call[] => [
  ["GET", `${mount}/config/postgresql`],
  ["LIST", `${mount}/config`],
  ["POST", `${mount}/config/postgresql`, { connection_url: "postgresql://{{username}}:{{password}}@h/d" }],
  ["DELETE", `${mount}/config/postgresql`],
  ["LIST", `${mount}/roles`],
  ["GET", `${mount}/roles/c1.team.reader`],
  ["POST", `${mount}/roles/c1.team.reader`, { default_ttl: 1 }],
  ["DELETE", `${mount}/roles/c1.team.writer`],
];
const ENGINE = (mount: string): Call[] => [
  ["POST", `${mount}/rotate-root/postgresql`],
  ["POST", `${mount}/rotate-role/c1.team.reader`],
  ["POST", `${mount}/reset/postgresql`],
  ["POST", `${mount}/static-roles/mine`, { db_name: "postgresql", username: "leasehold_admin", rotation_period: 60 }],
  ["LIST", `${mount}/static-roles`],
];

const refusedWith = async (calls: readonly Call[], token: string): Promise<string[]> => {
  const lines: string[] = [];
  for (const call of calls) {
    const { status } = await send(call, token);
    lines.push(`${status} ${call[0]} ${call[1]}, a path with help: ${await known(call)}`);
  }
  return lines;
};
const all403 = (calls: readonly Call[]): string[] =>
  calls.map(([method, path]) => `403 ${method} ${path}, a path with help: 200`);

describe("the token of a pod", () => {
  test("reads its own login, in each of its databases: the control", async () => {
    for (const mount of [HERE, THERE])
      expect((await send(["GET", `${mount}/creds/c1.team.reader`], podToken)).status).toBe(200);
  });

  test.each([
    ["administers nothing", ADMINISTRATION],
    ["reads no other identity's login", [...LOGINS(HERE), ...LOGINS(THERE)]],
    ["neither sees nor changes connections and roles", [...RUNNING(HERE), ...RUNNING(THERE)]],
    ["neither rotates nor resets", [...ENGINE(HERE), ...ENGINE(THERE)]],
  ])("%s", async (_, calls) => {
    expect(await refusedWith(calls, podToken)).toEqual(all403(calls));
  });

  test("neither ends a lease that is not its own, nor looks at another's token", async () => {
    const calls: Call[] = [
      ["PUT", "sys/leases/revoke", { lease_id: foreign.id }],
      ["PUT", `sys/leases/revoke/${foreign.id}`],
      ["POST", "auth/token/lookup", { token: otherToken.client_token }],
      ["POST", "auth/token/lookup-accessor", { accessor: otherToken.accessor }],
      ["POST", "auth/token/revoke", { token: otherToken.client_token }],
      ["POST", "auth/token/revoke-accessor", { accessor: otherToken.accessor }],
      ["POST", "auth/token/renew-accessor", { accessor: otherToken.accessor }],
      ["POST", "sys/capabilities", { token: otherToken.client_token, paths: ["sys/mounts"] }],
    ];
    for (const call of calls) expect([call[1], (await send(call, podToken)).status]).toEqual([call[1], 403]);
    const client = await world.connect(18, foreign);
    await client.query("SELECT * FROM sales.orders");
  });

  // Vault's own default policy, for every token: who knows a lease's id may look at it and renew it, within its role's
  // maximum. The id is random, and listed to nobody but who administers Vault.
  test("renews a lease whose id it was told, and gets no password by that", async () => {
    const renewed = await send(["PUT", "sys/leases/renew", { lease_id: foreign.id, increment: 999_999_999 }], podToken);
    expect(renewed.status).toBe(200);
    expect(renewed.text).not.toContain(foreign.password);
    expect((JSON.parse(renewed.text) as { lease_duration: number }).lease_duration).toBeLessThanOrEqual(24 * 3600);
    const guessed = `${HERE}/creds/c1.team.writer/${"A".repeat(24)}`;
    expect((await send(["PUT", "sys/leases/renew", { lease_id: guessed }], podToken)).status).toBe(400);
  });

  test("reaches no other login by another spelling of its own path", async () => {
    // 307 leads to the path as Vault reads it, where the answer is 403.
    const spellings: Record<string, number> = {
      "creds/c1.team.reader/../c1.team.writer": 307,
      "creds/c1.team.reader/%2e%2e/c1.team.writer": 403,
      "creds/c1.team.reader%2f..%2fc1.team.writer": 403,
      "creds//c1.team.writer": 307,
      "creds/./c1.team.writer": 307,
      "creds/c1.team.writer/": 403,
      "creds/c1.team.writer%00": 400,
      "creds/C1.TEAM.WRITER": 403,
      "CREDS/c1.team.writer": 403,
      "creds/c1.team.reader%20": 403,
      "creds/c1.team.*": 403,
      "creds/+": 403,
    };
    const got: Record<string, number> = {};
    for (const spelling of Object.keys(spellings)) {
      const { status, text } = await raw("GET", `${HERE}/${spelling}`, podToken);
      got[spelling] = status;
      expect(text).not.toContain("password");
    }
    expect(got).toEqual(spellings);
    const { text } = await raw("GET", `${HERE}/creds/c1.team.reader?name=c1.team.writer`, podToken);
    expect((JSON.parse(text) as { data: { username: string } }).data.username).toMatch(/^v-c1\.team\.reader-/);
  });

  test("lists nothing through what Vault shows to everybody: no mount and no policy of others", async () => {
    const { text } = await send(["GET", "sys/internal/ui/mounts"], podToken);
    expect(text).toContain(`${HERE}/`);
    expect(text).not.toContain("leasehold/");
    const self = await send(["GET", "auth/token/lookup-self"], podToken);
    expect((JSON.parse(self.text) as { data: { policies: string[] } }).data.policies).not.toContain("root");
  });

  test("is not a login of another identity, nor of the database's operators", async () => {
    const jwt = await world.bench.kubernetes.tokenFor("team", "reader", { audiences: ["vault"] });
    const login = (role: string): Promise<{ status: number }> =>
      send(["POST", "auth/kubernetes-c1/login", { role, jwt }], "");
    expect((await login("team.reader")).status).toBe(200);
    for (const role of ["team.writer", "team.stranger", "team.migrator18", "data.pg18"])
      expect([role, (await login(role)).status]).toEqual([role, 403]);
    expect((await login("team.nobody")).status).toBe(400);
  });

  test("is lent to nobody by its agent, which listens nowhere", () => {
    expect([pod.agentRunning, pod.agentAddress]).toEqual([true, undefined]);
  });
});

describe("the token of an operator of one database", () => {
  let operator: string;
  beforeAll(async () => {
    operator = (await tokenOf("operator-database.pg18.shop")).client_token;
  });

  test("manages the connection and the roles: the control", async () => {
    expect((await send(["GET", `${HERE}/config/postgresql`], operator)).status).toBe(200);
    expect((await send(["POST", `${HERE}/roles/c1.team.reader`, { default_ttl: 3600 }], operator)).status).toBe(204);
    expect((await send(["POST", `${HERE}/config/postgresql`, { max_open_connections: 4 }], operator)).status).toBe(204);
  });

  test.each([
    ["administers nothing else", ADMINISTRATION],
    ["reads no login, of its own database or another", [...LOGINS(HERE), ...LOGINS(THERE)]],
    ["neither sees nor changes another database", RUNNING(THERE)],
    ["neither rotates nor resets", [...ENGINE(HERE), ...ENGINE(THERE)]],
  ])("%s", async (_, calls) => {
    expect(await refusedWith(calls, operator)).toEqual(all403(calls));
  });

  test("changes neither where the connection goes nor as whom, nor what a role runs", async () => {
    const url = { connection_url: "postgresql://{{username}}:{{password}}@evil/d" };
    const config = [
      url,
      { ...url, max_open_connections: 4 },
      { Connection_URL: url.connection_url },
      { username: "leasehold_admin" },
      { password: "x" },
      { plugin_name: "mysql-database-plugin" },
      { verify_connection: false },
      { root_rotation_statements: ["SELECT 1"] },
      { username_template: "x" },
      { password_authentication: "password" },
      { disable_escaping: true },
      { tls_ca: "x" },
    ];
    const role = [
      { creation_statements: ["SELECT 1"] },
      { creation_statements: [], default_ttl: 1 },
      { CREATION_STATEMENTS: ["SELECT 1"] },
      { revocation_statements: ["SELECT 1"] },
      { renew_statements: ["SELECT 1"] },
      { rollback_statements: ["SELECT 1"] },
      { credential_type: "client_certificate" },
      { credential_config: { password_policy: "mine" } },
    ];
    const before = await world.bench.vault.request("GET", `${HERE}/roles/c1.team.reader`);
    for (const body of config)
      expect([body, (await send(["POST", `${HERE}/config/postgresql`, body], operator)).status]).toEqual([body, 403]);
    for (const body of role)
      expect([body, (await send(["POST", `${HERE}/roles/c1.team.reader`, body], operator)).status]).toEqual([
        body,
        403,
      ]);
    for (const query of ["creation_statements=SELECT", "default_ttl=1&creation_statements=SELECT"])
      await raw("POST", `${HERE}/roles/c1.team.reader?${query}`, operator);
    expect((await world.bench.vault.request("GET", `${HERE}/roles/c1.team.reader`)).data).toEqual(before.data);
    const { data } = await world.bench.vault.request("GET", `${HERE}/config/postgresql`);
    expect(JSON.stringify(data)).not.toContain("evil");
  });

  test("gets no login by a role of its own: what it makes runs nothing, and it may not read from it", async () => {
    const made = await send(["POST", `${HERE}/roles/mine`, { db_name: "postgresql", default_ttl: 60 }], operator);
    expect((await send(["GET", `${HERE}/creds/mine`], operator)).status).toBe(403);
    await send(["POST", `${HERE}/config/postgresql`, { allowed_roles: ["*"] }], operator);
    const asRoot = await raw("GET", `${HERE}/creds/mine`, world.bench.vault.rootToken);
    expect([made.status, asRoot.status]).toEqual([204, 500]);
    expect(asRoot.text).toMatch(/empty creation statements/);
  });

  test("makes no login live longer than the lease functions allow", async () => {
    const body = { default_ttl: "23h", max_ttl: "9999h" };
    expect((await send(["POST", `${HERE}/roles/c1.team.stranger`, body], operator)).status).toBe(204);
    // The mount's own maximum, and below it the group's in the database.
    const lease = await world.lease(18, "stranger");
    const renewed = await world.bench.vault.request("PUT", "sys/leases/renew", {
      lease_id: lease.id,
      increment: 999 * 3600,
    });
    expect(renewed.lease_duration).toBeLessThanOrEqual(24 * 3600);
    const [{ seconds }] = await world.root<{ seconds: number }>(
      18,
      `SELECT extract(epoch FROM rolvaliduntil - now())::int AS seconds FROM pg_roles WHERE rolname = '${lease.user}'`,
    );
    expect(seconds).toBeLessThanOrEqual(24 * 3600 + 60);
  });
});

test("a pod's token is worth nothing once the pod is gone", async () => {
  expect((await pod.end({ grace: 0 })).revoked).toBe(true);
  expect((await send(["GET", `${HERE}/creds/c1.team.reader`], podToken)).status).toBe(403);
  expect((await send(["GET", "auth/token/lookup-self"], podToken)).status).toBe(403);
});
