import { App } from "cdktf";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  InjectedDeployment,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "leasehold";
import { AccessStack, DatabasesStack, Environment, VaultConfigStack, WorkloadsStack } from "leasehold/stacks";
import { server } from "./environment";

/** A new database on a PostgreSQL server that exists, with a Vault and a cluster that exist. Nothing of theirs is changed. */
export function program(app: App, environment: Environment): void {
  const address = environment.vault.addressFromTerraform;
  const vault = { addressFromPods: address, addressFromTerraform: address };

  // 1. Who. An auth method of its own, `auth/kubernetes-main`, beside those that you have.
  // Vault asks the API server of the cluster that it runs in. One outside of it needs `kubernetesHost` and more: docs/clusters.md.
  const config = new VaultConfigStack(app, "vault-config", { environment });
  const cluster = new KubernetesAuth(config, "main");
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });
  const migrator = new WorkloadIdentity(config, "migrator", { cluster, namespace: "shop" });

  // 2. The server, and a new database on it. Its admin's password is put into Vault by hand: see README.md.
  const instance = PostgresInstance.fromEndpoint(app, "main", {
    endpoint: server,
    admin: AdminCredential.fromKv("postgres/main/admin", { username: "leasehold_admin" }),
    majorVersion: 16,
    // Production wants "verify-full", with the server's CA as `ca` and `caFile`.
    sslMode: "require",
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance });
  const database = new PostgresDatabase(databases, "shop", { instance });

  // 3. Who may touch what. Tables are made by the migration, from the files in sql/.
  const shop = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  new DatabaseMigration(shop, "migration", { identity: migrator, migrations: Migrations.fromFolder("sql"), vault });
  const tables = shop.schema("public");
  tables.table("wizard").grants.read(web);
  tables.table("orders").columns("id", "wizard").grants.read(web);

  // 4. Where it arrives: a file in /vault/secrets of each pod, with a login of that pod alone.
  new InjectedDeployment(new WorkloadsStack(app, "workloads", { environment }), "web", {
    identity: web,
    containers: [{ name: "web", image: "registry.example.com/shop/web:1.0.0" }],
    credentials: [Credential.uri(shop)],
    vault,
  });
}
