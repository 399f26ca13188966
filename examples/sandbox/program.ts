import { App } from "cdktf";
import {
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
import {
  AccessStack,
  DatabasesStack,
  Environment,
  PlatformStack,
  PostgresStack,
  VaultConfigStack,
  WorkloadsStack,
} from "leasehold/stacks";

/** A shop in a cluster of its own: Vault, a PostgreSQL server, one database, one app that reads. */
export function program(app: App, environment: Environment): void {
  // 1. Namespaces, Vault and its injector.
  const platform = new PlatformStack(app, "platform", { environment, namespaces: ["shop", "data"] });
  const { vault } = platform;

  // 2. Who. One identity per ServiceAccount.
  const config = new VaultConfigStack(app, "vault-config", { environment });
  const cluster = new KubernetesAuth(config, "local");
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });
  const migrator = new WorkloadIdentity(config, "migrator", { cluster, namespace: "shop" });

  // 3. The server, and its database.
  const postgres = new PostgresStack(app, "postgres", { environment });
  const instance = new PostgresInstance(postgres, "main", {
    cluster,
    namespace: "data",
    vault,
    ...environment.postgres,
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance });
  const database = new PostgresDatabase(databases, "shop", { instance });

  // 4. Who may touch what. Tables are made by the migration, from the files in sql/.
  const shop = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  new DatabaseMigration(shop, "migration", { identity: migrator, migrations: Migrations.fromFolder("sql"), vault });
  const tables = shop.schema("public");
  tables.table("wizard").grants.read(web);
  tables.table("orders").columns("id", "wizard").grants.read(web);

  // 5. Where it arrives: a file in /vault/secrets of each pod, with a login of that pod alone.
  new InjectedDeployment(new WorkloadsStack(app, "workloads", { environment }), "web", {
    identity: web,
    containers: [{ name: "web", image: "registry.example.com/shop/web:1.0.0" }],
    credentials: [Credential.uri(shop)],
    vault,
  });
}
