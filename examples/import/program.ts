import { App } from "cdktf";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  InjectedDeployment,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "leasehold";
import { AccessStack, Environment, VaultConfigStack, WorkloadsStack } from "leasehold/stacks";

/**
 * A database that exists, with its tables, its owner role and a login that somebody made by hand (existing.sql). The program makes
 * none of it and changes none of it: it gives the app logins of its own beside the old one, with the same rights, said in words
 * of PostgreSQL. `leasehold preflight` says what a superuser has to run before the first apply.
 */
export function program(app: App, environment: Environment): void {
  // The cluster's auth method exists in Vault. Its audience is the one of the tokens that it takes now.
  const config = new VaultConfigStack(app, "vault-config", { environment });
  const cluster = KubernetesAuth.fromAttributes(config, "main", { authPath: "kubernetes", audience: "vault" });
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });

  // The server, the database and the role that owns its tables exist.
  const instance = PostgresInstance.fromEndpoint(app, "legacy", {
    endpoint: { host: "legacy.example.com" },
    admin: AdminCredential.fromKv("postgres/legacy/admin", { username: "leasehold_admin" }),
    majorVersion: 16,
    sslMode: "require",
  });
  const database = PostgresDatabase.fromDatabaseName(app, "shop", { instance, owner: "shop_owner" });

  // What the login `shop_web` may do today: `\dp` of psql shows it, and existing.sql has it.
  const shop = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  const sales = shop.schema("sales");
  sales.table("orders").grants.readWrite(web);
  sales.sequence("orders_id_seq").grants.use(web);
  sales.view("open_orders").grants.read(web);

  const address = environment.vault.addressFromTerraform;
  new InjectedDeployment(new WorkloadsStack(app, "workloads", { environment }), "web", {
    identity: web,
    containers: [{ name: "web", image: "registry.example.com/shop/web:1.0.0" }],
    credentials: [Credential.uri(shop)],
    vault: { addressFromPods: address, addressFromTerraform: address },
  });
}
