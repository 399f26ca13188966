import { App } from "cdktf";
import {
  AdminCredential,
  DatabaseAccess,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "leasehold";
import { AccessStack, DatabasesStack, VaultConfigStack } from "leasehold/stacks";
import { environment, SERVER } from "./environment";

/**
 * The program of the team `shop`, in its own repository: it owns the database, so it decides who may touch what in it. The team
 * `bi` asks for access by a pull request here.
 */
export function owner(app: App): void {
  // Who. The auth method of the cluster is made here, once; `reporting` is an app of the other team, known by its name only.
  const config = new VaultConfigStack(app, "vault-config", { environment });
  const cluster = new KubernetesAuth(config, "eu");
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });
  const reporting = WorkloadIdentity.fromServiceAccount(config, "reporting", { cluster, namespace: "bi" });

  // What.
  const instance = PostgresInstance.fromEndpoint(app, "main", {
    endpoint: SERVER,
    admin: AdminCredential.fromKv("postgres/main/admin", { username: "leasehold_admin" }),
    majorVersion: 18,
    sslMode: "require",
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance });
  const database = new PostgresDatabase(databases, "shop", { instance });
  const shop = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  shop.schema("sales").table("orders").grants.readWrite(web);
  shop
    .schema("sales")
    .table("customer", { columns: ["id", "country", "email"] })
    .columns("id", "country")
    .grants.read(reporting);
}
