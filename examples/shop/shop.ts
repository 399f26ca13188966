import { App } from "cdktf";
import { join } from "node:path";
import {
  AdminCredential,
  Container,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  Findings,
  InjectedDeployment,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  Reload,
  VaultPath,
  VaultPolicy,
  WorkloadIdentity,
} from "../../constructs";
import type { Environment } from "./environments";
import {
  AccessStack,
  DatabasesStack,
  PlatformStack,
  PostgresStack,
  VaultConfigStack,
  WorkloadsStack,
} from "../../stacks";

/** The folder of the SQL files, from the program's own folder or from the compiled one. */
const SQL = join(process.cwd(), "examples/shop/sql");

/** Where things are that the environment does not say. */
export interface Places {
  readonly ledger: string;
  readonly registry: string;
}

const EXAMPLES: Places = { ledger: "ledger.example.com", registry: "registry.example.com" };

/**
 * A shop: `shop` is a database on a server of our own in the cluster, `billing` one on a server that exists. A web app reads one
 * table, an API writes to both databases, a reporting app sees some columns, and an app of another repository is granted to by name.
 */
export function shop(app: App, environment: Environment, places: Places = EXAMPLES): void {
  // Stage 1: namespaces, Vault and its injector.
  const platform = new PlatformStack(app, "platform", { environment, namespaces: ["shop", "bi", "data"] });
  const { vault } = platform;

  // Stage 2: who. One identity per ServiceAccount; it is not the Deployment.
  const config = new VaultConfigStack(app, "vault-config", { environment });
  const eu = new KubernetesAuth(config, "eu");
  const featureFlags = new VaultPolicy(config, "feature-flags", {
    rules: [{ path: VaultPath.exact("flags/data/shop"), capabilities: ["read"] }],
  });
  const signing = new VaultPolicy(config, "order-signing", {
    rules: [{ path: VaultPath.exact("transit/sign/orders"), capabilities: ["update"] }],
  });
  const web = new WorkloadIdentity(config, "web", { cluster: eu, namespace: "shop" });
  const api = new WorkloadIdentity(config, "api", {
    cluster: eu,
    namespace: "shop",
    policies: [featureFlags, signing],
  });
  const reporting = new WorkloadIdentity(config, "reporting", {
    cluster: eu,
    namespace: "bi",
    lease: { ttl: Duration.minutes(15), maxTtl: Duration.hours(1) },
  });
  const migrator = new WorkloadIdentity(config, "shop-migrator", { cluster: eu, namespace: "shop" });
  const billingMigrator = new WorkloadIdentity(config, "billing-migrator", { cluster: eu, namespace: "shop" });
  const erp = WorkloadIdentity.fromServiceAccount(config, "erp", { cluster: eu, namespace: "legacy" });

  // Stages 3 and 4: servers and databases.
  const postgres = new PostgresStack(app, "postgres", { environment });
  const main = new PostgresInstance(postgres, "main", {
    cluster: eu,
    namespace: "data",
    vault,
    ...environment.postgres,
  });
  const ledger = PostgresInstance.fromEndpoint(app, "ledger", {
    endpoint: { host: places.ledger },
    admin: AdminCredential.fromKv("postgres/ledger/admin", { username: "ledger_admin" }),
    majorVersion: 15,
    sslMode: environment.guardrails === "production" ? "verify-full" : "disable",
    ca: environment.postgres.ca,
    caFile: environment.postgres.caFile,
  });
  const mainDatabases = new DatabasesStack(app, "databases-main", { environment, instance: main });
  const shopDatabase = new PostgresDatabase(mainDatabases, "shop", { instance: main });
  const ledgerDatabases = new DatabasesStack(app, "databases-ledger", { environment, instance: ledger });
  const billingDatabase = new PostgresDatabase(ledgerDatabases, "billing", { instance: ledger });

  // Stage 5: who may touch what. Any order, any number of times; the union counts.
  const accessShop = new AccessStack(app, "access-shop", { environment, database: shopDatabase });
  const db = new DatabaseAccess(accessShop, "shop", {
    database: shopDatabase,
    lease: { ttl: Duration.hours(1), cap: Duration.hours(24) },
  });
  new DatabaseMigration(db, "migration", {
    identity: migrator,
    migrations: Migrations.fromFolder(join(SQL, "shop")),
    vault,
  });
  const sales = db.schema("sales");
  sales.table("wizard").grants.read(web, api);
  sales.table("orders").grants.readWrite(api);
  sales.sequence("order_number").grants.use(api);
  sales.function("turnover").grants.execute(api);
  sales
    .table("customer", { columns: ["id", "country", "email", "card"] })
    .columns("id", "country")
    .grants.read(reporting);
  db.schema("staff").allTables().grants.read(api);
  db.addOperatorPolicy();

  const accessBilling = new AccessStack(app, "access-billing", { environment, database: billingDatabase });
  const billing = new DatabaseAccess(accessBilling, "billing", { database: billingDatabase, maxLiveLeases: 50 });
  new DatabaseMigration(billing, "migration", {
    identity: billingMigrator,
    migrations: Migrations.fromFolder(join(SQL, "billing")),
    vault,
  });
  billing.schema("billing").table("invoice").grants.insert(api, erp);
  billing.schema("billing").table("invoice").grants.read(erp);

  // Stage 6: where it arrives. Credentials are asked for by the workload, never implied by a grant.
  const workloads = new WorkloadsStack(app, "workloads", { environment });
  const container = (name: string): Container => ({
    name,
    image: `${places.registry}/shop/${name}:1.0.0`,
    ports: [{ containerPort: 8080 }],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
  });
  const { replicas } = environment;
  new InjectedDeployment(workloads, "web", {
    identity: web,
    // examples/shop/app/web.mjs: its pool takes the new login when the agent says so.
    containers: [container("web")],
    credentials: [Credential.uri(db, { pool: 4, reload: Reload.httpPost({ port: 8080, path: "/reload" }) })],
    vault,
    replicas,
  });
  new InjectedDeployment(workloads, "api", {
    identity: api,
    containers: [container("api")],
    credentials: [Credential.uri(db, { pool: 4 }), Credential.json(billing, { file: "billing.json" })],
    vault,
    replicas,
    drain: Duration.seconds(30),
  });
  new InjectedDeployment(workloads, "reporting", {
    identity: reporting,
    containers: [container("reporting")],
    credentials: [
      Credential.custom(db, "user={{ .Data.username }}\npassword={{ .Data.password }}\n", {
        file: "reporting.conf",
        pool: 2,
      }),
    ],
    vault,
    replicas: 1,
  });

  // What was looked at and is meant: `leasehold check` shows it with its reason.
  Findings.acknowledge(ledger, {
    code: "postgres-version",
    reason:
      "the ledger moves to PostgreSQL 18 with its new machine; until then only the deployer reads its admin's entry",
    by: "the ledger's owners",
  });
}
