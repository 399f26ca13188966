import { App } from "cdktf";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployerPolicy } from "../../../audit/deployer/policy";
import { deployerLogins } from "../../../audit/deployer/postgres";
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
function small(outdir: string, auditFile: string, version: 1 | 2, planner?: string): void {
  const app = new App({ outdir });
  const environment = {
    ...sandbox,
    vault: { ...sandbox.vault, auditFile },
    postgres: { ...sandbox.postgres, planner },
  };
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
  access.schema("public").table("wizard").grants.read(web);
  config.kv.resource.addOverride("description", `passwords ${version}`);
  cluster.backend.addOverride("description", `cluster ${version}`);
  app.synth();
}

/** What the provider reads of each resource when it refreshes it (hashicorp/vault 5.6.0). */
const REFRESH: readonly [string, string][] = [
  ["GET", "auth/token/lookup-self"],
  ["GET", "sys/mounts/leasehold"],
  ["GET", "sys/mounts/auth/kubernetes-eu"],
  ["GET", "sys/mounts/auth/kubernetes-eu/tune"],
  ["GET", "auth/kubernetes-eu/config"],
  ["GET", "auth/kubernetes-eu/role/shop.web"],
  ["GET", "sys/mounts/auth/kubernetes-ap"],
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
  const load = (folder: string): Promise<Program> =>
    loadProgram(folder, { endpoints: [{ from: "main.corp.internal:5432", to: `${postgres.host}:${postgres.port}` }] });
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
      programs.push(await load(outdir(version)));
    }
  });
  afterAll(async () => {
    await Promise.all([vault?.stop(), postgres?.stop()]);
    if (folder && existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  });

  test("makes all, reads all, changes all", async () => {
    const token = await tokenWith("deployer", hclOf(rulesOf(false)));
    await applyAll(programs[0], worldOf(await childOf(token)), {
      databases: () => postgres.asSuperuser("shop", "SET ROLE shop_owner; CREATE TABLE public.wizard (id integer)"),
    });
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

  describe("who only plans, with a login of PostgreSQL that only reads", () => {
    const LOGIN = "only_plans";
    let plan: () => Promise<string[]>;
    const asPlanner = async (sql: string, database = "shop"): Promise<unknown> => {
      const client = await postgres.connect({ user: LOGIN, password: "of-the-planner", database });
      try {
        return await client.query(sql);
      } finally {
        await client.end();
      }
    };

    beforeAll(async () => {
      small(outdir(3), join(vault.dir, "audit.log"), 2, LOGIN);
      const { sql, servers, notCovered } = deployerLogins(outdir(3), { planOnly: true }, LOGIN);
      expect(notCovered).toEqual([]);
      expect(sql).not.toContain("of-the-planner");
      const [first, ...others] = sql.split(/^\\connect '(.*)'$/m);
      await postgres.asSuperuser("postgres", first);
      expect(others.filter((_, i) => i % 2 === 0)).toEqual(["shop"]);
      await postgres.asSuperuser(others[0], others[1]);
      await postgres.asSuperuser("postgres", `ALTER ROLE ${LOGIN} PASSWORD 'of-the-planner'`);
      const [mount, ...path] = servers[0].entry.split("/");
      await vault.request("POST", `${mount}/data/${path.join("/")}`, { data: { password: "of-the-planner" } });
      // Nothing of the admin's can be read with this token.
      const { rules } = deployerPolicy(outdir(3), { planOnly: true });
      expect([...rules.keys()].filter((path) => path.includes("postgres/main/admin"))).toEqual([
        "leasehold/data/postgres/main/admin-planner",
      ]);
      const token = await tokenWith("planner-too", hclOf(rules));
      const program = await load(outdir(3));
      plan = async () => {
        const { steps } = await engineOf(worldOf(await childOf(token))).apply(program);
        return steps.filter(({ action }) => !["unchanged", "open"].includes(action)).map(({ address }) => address);
      };
    });

    test("reads everything, and finds nothing to do", async () => {
      expect(await plan()).toEqual([]);
    });

    test("needs each of its rights", async () => {
      for (const [less, again, says] of [
        [`REVOKE CONNECT ON DATABASE shop FROM ${LOGIN}`, `GRANT CONNECT ON DATABASE shop TO ${LOGIN}`, /42501/],
        [
          `REVOKE CONNECT ON DATABASE postgres FROM ${LOGIN}`,
          `GRANT CONNECT ON DATABASE postgres TO ${LOGIN}`,
          /42501/,
        ],
        [`ALTER ROLE ${LOGIN} NOLOGIN`, `ALTER ROLE ${LOGIN} LOGIN`, /28000/],
        [`REVOKE USAGE ON SCHEMA lease FROM ${LOGIN}`, `GRANT USAGE ON SCHEMA lease TO ${LOGIN}`, /42501/],
      ] as const) {
        await postgres.asSuperuser("shop", less);
        await expect(plan()).rejects.toThrow(says);
        await postgres.asSuperuser("shop", again);
      }
      expect(await plan()).toEqual([]);
    });

    test.each([
      ["a table's rows", "SELECT FROM public.wizard"],
      ["passwords", "SELECT rolpassword FROM pg_authid"],
      ["a role", "CREATE ROLE more"],
      ["a membership", "GRANT shop_owner TO only_plans"],
      ["a grant", "GRANT SELECT ON public.wizard TO only_plans"],
      ["a schema", "CREATE SCHEMA mine"],
      ["a lease", "SELECT lease.close('v-x')"],
      ["another role's powers", "SET ROLE leasehold_admin"],
      ["a database", "CREATE DATABASE more"],
    ])("is refused %s, even where it says that it writes", async (_, sql) => {
      await asPlanner("SELECT 1");
      const write = sql.includes("DATABASE") ? "" : "SET default_transaction_read_only = off; BEGIN READ WRITE;";
      if (write === "")
        await postgres.asSuperuser("postgres", `ALTER ROLE ${LOGIN} SET default_transaction_read_only = off`);
      await expect(asPlanner(`${write}${sql}`)).rejects.toMatchObject({ code: "42501" });
    });

    test("cannot apply what somebody changed meanwhile", async () => {
      const group = "eu_shop_web_shop";
      await postgres.asSuperuser("shop", `REVOKE SELECT ON public.wizard FROM ${group}`);
      await expect(plan()).rejects.toThrow(/42501|permission denied/);
      await postgres.asSuperuser("shop", `SET ROLE shop_owner; GRANT SELECT ON public.wizard TO ${group}`);
    });
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
