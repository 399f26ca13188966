import { App } from "cdktf";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { emptyState, loadProgram, PostgresServer, startPostgres, startVault, VaultServer } from "../../bench";
import {
  AdminCredential,
  DatabaseAccess,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  Seal,
  VaultMode,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, VaultConfigStack } from "../../stacks";
import { ADMIN_SQL, applyAll } from "../support/external-world";

jest.setTimeout(10 * 60_000);

const file = (name: string): string =>
  readFileSync(join(__dirname, "..", "..", "docs", "operations", "monitoring", name), "utf8");

interface Queries {
  readonly leasehold_leases: { readonly query: string; readonly metrics: Record<string, { usage: string }>[] };
}
const QUERIES = parse(file("postgres-queries.yaml")) as Queries;
const RULES = parse(file("rules.yaml")) as { groups: { rules: { alert: string; expr: string }[] }[] };
const BOARD = JSON.parse(file("board.json")) as { panels: { targets: { expr: string }[] }[] };
const EXPRESSIONS = [
  ...RULES.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ...BOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
];
/** As VaultMode gives it to the servers. */
const { raft } = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() }).valuesOf("vault").server?.ha as {
  raft: { config: string };
};
const TELEMETRY = Object.fromEntries(
  [.../^telemetry \{\n([^}]*)\}/m.exec(raft.config)![1].matchAll(/(\w+) = (\S+)/g)].map(([, key, value]) => [
    key,
    JSON.parse(value) as unknown,
  ]),
);
const metrics = (prefix: string): string[] =>
  [...new Set(EXPRESSIONS.flatMap((expr) => expr.match(new RegExp(`\\b${prefix}_\\w+`, "g")) ?? []))].sort();

describe("what the rules and the board ask about is there", () => {
  let vault: VaultServer;
  let postgres: PostgresServer;
  let folder: string;

  const lease = async (): Promise<{ username: string; password: string }> => {
    const { data } = await vault.request("GET", "database/main/shop/creds/eu.shop.web");
    return data as { username: string; password: string };
  };
  const sessions = (): Promise<object[]> => asExporter(QUERIES.leasehold_leases.query);
  /** As a login that has nothing but CONNECT. */
  async function asExporter(query: string): Promise<object[]> {
    const client = await postgres.connect({ user: "exporter", password: "of-the-exporter", database: "shop" });
    try {
      return (await client.query<object>(query)).rows;
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-monitoring-"));
    [vault, postgres] = await Promise.all([
      startVault({ config: { telemetry: TELEMETRY } }),
      startPostgres({ major: 18 }),
    ]);
    await postgres.asSuperuser("postgres", `${ADMIN_SQL}; CREATE ROLE exporter LOGIN PASSWORD 'of-the-exporter'`);
    const app = new App({ outdir: folder });
    const environment = sandbox;
    const config = new VaultConfigStack(app, "config", { environment });
    const cluster = new KubernetesAuth(config, "eu", {
      kubernetesHost: "https://k",
      clientReviewsItself: true,
      audience: "https://k",
    });
    const instance = PostgresInstance.fromEndpoint(config, "main", {
      endpoint: { host: "127.0.0.1", port: postgres.port },
      admin: AdminCredential.fromKv("postgres/main/admin"),
      majorVersion: 18,
      sslMode: "disable",
    });
    const databases = new DatabasesStack(app, "databases", { environment, instance, after: [config] });
    const database = new PostgresDatabase(databases, "shop", { instance });
    const access = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", {
      database,
      maxLiveLeases: 3,
    });
    access.access(new WorkloadIdentity(config, "web", { cluster, namespace: "shop" }));
    app.synth();
    await applyAll(await loadProgram(folder), { vault, state: emptyState(), postgres: (endpoint) => endpoint });
    await postgres.asSuperuser("postgres", "GRANT CONNECT ON DATABASE shop TO exporter");
  });
  afterAll(async () => {
    await Promise.all([vault?.stop(), postgres?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("the query tells live logins, expired ones whose sessions live, and tombstones apart, by group", async () => {
    expect(await sessions()).toEqual([]);
    const [live, expired, tombstone] = [await lease(), await lease(), await lease()];
    const open = await postgres.connect({ user: expired.username, password: expired.password, database: "shop" });
    await postgres.asSuperuser("postgres", `ALTER ROLE "${expired.username}" VALID UNTIL '2020-01-01'`);
    await postgres.asSuperuser("postgres", `ALTER ROLE "${tombstone.username}" NOLOGIN`);
    const row = { database: "shop", group: "eu_shop_web_shop", count: "1" };
    expect(await sessions()).toEqual(
      expect.arrayContaining([
        { ...row, state: "live", sessions: "0" },
        { ...row, state: "expired", sessions: "1" },
        { ...row, state: "tombstone", sessions: "0" },
      ]),
    );
    expect(live.username).toMatch(/^v-/);
    await open.end();
  });

  test("the metrics of PostgreSQL are those that the query file makes", () => {
    const { metrics: columns } = QUERIES.leasehold_leases;
    const made = columns.flatMap((column) =>
      Object.entries(column).flatMap(([name, { usage }]) => (usage === "GAUGE" ? [`leasehold_leases_${name}`] : [])),
    );
    expect(metrics("leasehold")).toEqual(made.sort());
  });

  test("a sealed server gives no metrics: Prometheus sees it as down", async () => {
    const status = async (): Promise<number> =>
      (
        await fetch(`${vault.address}/v1/sys/metrics?format=prometheus`, {
          headers: { "X-Vault-Token": vault.rootToken },
        })
      ).status;
    expect(await status()).toBe(200);
    await vault.seal();
    expect(await status()).toBe(503);
    await vault.unseal();
    expect(await status()).toBe(200);
  });

  test("the metrics of Vault are those that a real Vault prints, when each of them has a reason", async () => {
    // At its cap: one that is not made. Then one that is not taken away: the database lets nobody in.
    await lease();
    await lease().catch(() => undefined);
    await lease().catch(() => undefined);
    await postgres.asSuperuser("postgres", "ALTER DATABASE shop ALLOW_CONNECTIONS false");
    await postgres.asSuperuser(
      "postgres",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vault'",
    );
    const all = "sys/leases/revoke-prefix/database/main/shop/creds";
    await expect(vault.request("PUT", all, { sync: true })).rejects.toThrow();
    await postgres.asSuperuser("postgres", "ALTER DATABASE shop ALLOW_CONNECTIONS true");
    await vault.request("PUT", all, { sync: true });
    // The audit's counters are there once it audits; a gauge is written every few seconds.
    await vault.request("PUT", "sys/audit/file", {
      type: "file",
      options: { file_path: join(vault.dir, "audit.log") },
    });
    await vault.request("GET", "sys/mounts");
    const printed = async (): Promise<string[]> => {
      const answer = await fetch(`${vault.address}/v1/sys/metrics?format=prometheus`, {
        headers: { "X-Vault-Token": vault.rootToken },
      });
      return [...new Set((await answer.text()).match(/^vault_\w+/gm) ?? [])];
    };
    const missing = async (): Promise<string[]> => {
      const names = await printed();
      return metrics("vault").filter((name) => !names.includes(name));
    };
    for (let tries = 0; tries < 60 && (await missing()).length > 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await missing()).toEqual([]);
  });
});
