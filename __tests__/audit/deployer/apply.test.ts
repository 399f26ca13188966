import { App } from "cdktf";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployerPolicy } from "../../../audit/deployer/policy";
import {
  emptyState,
  loadProgram,
  PostgresServer,
  Program,
  startPostgres,
  startVault,
  VaultServer,
} from "../../../bench";
import {
  AdminCredential,
  DatabaseAccess,
  Duration,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  VaultPath,
  VaultPolicy,
  WorkloadIdentity,
} from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import { AccessStack, DatabasesStack, VaultConfigStack } from "../../../stacks";
import { ADMIN_SQL, applyAll, engineOf, ExternalWorld } from "../../support/external-world";

jest.setTimeout(10 * 60_000);

const KEYS = [1, 2].map(() =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString(),
);

/** The program, and the same after a change of all that can be changed in place. */
function small(outdir: string, auditFile: string, version: 1 | 2): void {
  const app = new App({ outdir });
  const environment = { ...sandbox, vault: { ...sandbox.vault, auditFile } };
  const config = new VaultConfigStack(app, "config", { environment });
  const cluster = new KubernetesAuth(config, "eu", {
    kubernetesHost: `https://k${version}.internal`,
    clientReviewsItself: true,
    audience: "vault.internal",
  });
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop", tokenTtl: Duration.minutes(version) });
  const far = new KubernetesAuth(config, "ap", { issuer: "https://ap.internal", publicKeys: [KEYS[version - 1]] });
  new WorkloadIdentity(config, "api", { cluster: far, namespace: "shop", tokenTtl: Duration.minutes(version) });
  new VaultPolicy(config, "flags", {
    rules: [{ path: VaultPath.exact(`flags/${version}`), capabilities: ["read"] }],
  });
  const instance = PostgresInstance.fromEndpoint(config, "main", {
    endpoint: { host: "main.corp.internal" },
    admin: AdminCredential.fromKv("postgres/main/admin"),
    majorVersion: 18,
    sslMode: "disable",
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance, after: [config] });
  const database = new PostgresDatabase(databases, "shop", { instance });
  const access = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", {
    database,
    passwordVersion: version,
    lease: { cap: Duration.hours(version), maxTtl: Duration.hours(version), ttl: Duration.minutes(30) },
  });
  access.access(web);
  config.kv.resource.addOverride("description", `passwords ${version}`);
  cluster.backend.addOverride("description", `cluster ${version}`);
  app.synth();
}

/** What the provider reads of each resource when it refreshes it (hashicorp/vault 5.6.0): the rehearsal does not. */
const REFRESH: readonly [string, string][] = [
  ["GET", "auth/token/lookup-self"],
  ["GET", "sys/mounts/leasehold"],
  ["GET", "sys/auth/kubernetes-eu"],
  ["GET", "sys/mounts/auth/kubernetes-eu/tune"],
  ["GET", "auth/kubernetes-eu/config"],
  ["GET", "auth/kubernetes-eu/role/shop.web"],
  ["GET", "sys/auth/kubernetes-ap"],
  ["GET", "sys/mounts/auth/kubernetes-ap/tune"],
  ["GET", "auth/kubernetes-ap/config"],
  ["GET", "auth/kubernetes-ap/role/shop.api"],
  ["GET", "sys/policies/acl/flags"],
  ["GET", "sys/policies/acl/leasehold_eu_shop_web_database.main.shop"],
  ["GET", "sys/audit"],
  ["GET", "sys/mounts/database/main/shop"],
  ["LIST", "database/main/shop/config"],
  ["GET", "database/main/shop/config/postgresql"],
  ["GET", "database/main/shop/roles/eu.shop.web"],
  ["GET", "leasehold/data/postgres/main/shop/vault"],
  ["GET", "leasehold/metadata/postgres/main/shop/vault"],
  ["GET", "leasehold/data/postgres/main/admin"],
];

describe("who deploys with the policy that was computed, and no other", () => {
  let vault: VaultServer;
  let postgres: PostgresServer;
  let folder: string;
  let seen: string;
  const state = emptyState();
  const programs: Program[] = [];
  /** `capability path` of each request, as Vault's own audit log has it. */
  const asked = new Set<string>();

  const outdir = (version: number): string => join(folder, `v${version}`);
  const rulesOf = (planOnly: boolean): Map<string, readonly string[]> => {
    const { rules, notCovered } = deployerPolicy(outdir(1), { planOnly });
    expect(notCovered).toEqual([]);
    return new Map(rules);
  };
  const hclOf = (rules: ReadonlyMap<string, readonly string[]>): string =>
    [...rules]
      .map(([path, some]) => `path ${JSON.stringify(path)} { capabilities = ${JSON.stringify(some)} }`)
      .join("\n");
  async function tokenWith(name: string, policy: string): Promise<string> {
    await vault.request("PUT", `sys/policies/acl/${name}`, { policy });
    const { auth } = await vault.request("POST", "auth/token/create", { policies: [name], no_default_policy: true });
    return auth?.client_token as string;
  }
  /** As the provider does before all else: everything is asked by a child of the token that it was given. */
  async function childOf(token: string): Promise<string> {
    await vault.request("GET", "auth/token/lookup-self", undefined, token);
    const { auth } = await vault.request("POST", "auth/token/create", { ttl: "20m", renewable: false }, token);
    return auth?.client_token as string;
  }
  const worldOf = (token: string): ExternalWorld => ({
    vault,
    token,
    state,
    postgres: () => ({ host: postgres.host, port: postgres.port }),
  });
  /** What Vault wrote of requests by tokens with this policy. */
  function record(policy: string): void {
    for (const line of readFileSync(seen, "utf8").split("\n").filter(Boolean)) {
      const { type, auth, request } = JSON.parse(line) as {
        type: string;
        auth?: { policies?: string[] };
        request: { operation: string; path: string };
      };
      if (type === "request" && auth?.policies?.includes(policy))
        asked.add(`${request.operation} ${request.path.replace(/\/$/, "")}`);
    }
  }
  async function refresh(token: string): Promise<void> {
    for (const [method, path] of REFRESH) await vault.request(method, path, undefined, token);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-deployer-"));
    [vault, postgres] = await Promise.all([startVault(), startPostgres({ major: 18 })]);
    seen = join(vault.dir, "seen.log");
    await vault.request("PUT", "sys/audit/seen", {
      type: "file",
      options: { file_path: seen, hmac_accessor: "false" },
    });
    await postgres.asSuperuser("postgres", ADMIN_SQL);
    for (const version of [1, 2] as const) {
      small(outdir(version), join(vault.dir, "audit.log"), version);
      const endpoints = [{ from: "main.corp.internal:5432", to: `${postgres.host}:${postgres.port}` }];
      programs.push(await loadProgram(outdir(version), { endpoints }));
    }
  });
  afterAll(async () => {
    await Promise.all([vault?.stop(), postgres?.stop()]);
    if (folder && existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  });

  test("makes all, reads all, changes all", async () => {
    const token = await tokenWith("deployer", hclOf(rulesOf(false)));
    await applyAll(programs[0], worldOf(await childOf(token)));
    await refresh(await childOf(token));
    await applyAll(programs[1], worldOf(await childOf(token)));
    record("deployer");
  });

  test("who only plans reads all, and can change none of it", async () => {
    const rules = rulesOf(true);
    const token = await tokenWith("planner", hclOf(rules));
    await refresh(await childOf(token));
    // Its one request that is not a read makes the short-lived child of the token.
    const changing = [...rules].filter(([, some]) => some.some((one) => !["read", "list", "sudo"].includes(one)));
    expect(changing).toEqual([["auth/token/create", ["update"]]]);
    record("planner");
  });

  test("each request is refused once its capability is taken away, and goes to the server before that", async () => {
    const rules = rulesOf(false);
    for (const [method, path] of REFRESH) {
      for (const capability of rules.get(path) ?? []) {
        const left = new Map(rules).set(
          path,
          (rules.get(path) as string[]).filter((one) => one !== capability),
        );
        const reads = ["read", "list", "sudo"].includes(capability);
        const attempt = vault.request(method, path, undefined, await tokenWith("less", hclOf(left)));
        if (reads) await expect(attempt).rejects.toMatchObject({ status: 403 });
        else await attempt;
      }
    }
  });

  test("takes all away", async () => {
    const token = await childOf(await tokenWith("deployer", hclOf(rulesOf(false))));
    for (const { name } of [...programs[1].stacks].reverse())
      await engineOf(worldOf(token)).destroy({ stacks: [name], program: programs[1] });
    record("deployer");
    const { data } = await vault.request("GET", "sys/mounts");
    expect(Object.keys(data as object).filter((path) => /leasehold|database/.test(path))).toEqual([]);
  });

  test("has no capability that none of it asked for, and lacks none that it did", () => {
    const given = [...rulesOf(false)].flatMap(([path, some]) =>
      some.filter((one) => one !== "sudo").map((capability) => `${capability} ${path}`),
    );
    expect(given.sort()).toEqual([...asked].sort());
  });

  test("without sudo, each request that Vault guards by it is refused", async () => {
    const rules = rulesOf(false);
    const guarded = [...rules].filter(([, some]) => some.includes("sudo"));
    expect(guarded.map(([path]) => path)).toEqual([
      "sys/audit",
      "sys/audit/file",
      "sys/audit/log",
      "sys/auth/kubernetes-ap",
      "sys/auth/kubernetes-eu",
    ]);
    for (const [path, some] of guarded) {
      const token = await tokenWith("less", hclOf(new Map([[path, some.filter((one) => one !== "sudo")]])));
      const method = path === "sys/audit" ? "GET" : "PUT";
      const body = method === "PUT" ? { type: "none" } : undefined;
      await expect(vault.request(method, path, body, token)).rejects.toMatchObject({ status: 403 });
    }
  });
});
