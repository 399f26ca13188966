import { App } from "cdktf";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "leasehold";
import { AccessStack, DatabasesStack, Environment, VaultConfigStack } from "leasehold/stacks";

/**
 * Migrations from a pipeline: it builds an image that holds the tool and its files, and names it by its digest. The deployment runs
 * it as a Job in the cluster, with a login of its own that acts as the owner role and ends with the Job. So the pipeline never
 * holds a login of the database, and needs no way to PostgreSQL.
 * @param image with its digest, such as `registry.example.com/shop/migrations@sha256:…`
 */
export function program(app: App, environment: Environment, image: string): void {
  const address = environment.vault.addressFromTerraform;
  const vault = { addressFromPods: address, addressFromTerraform: address };

  const config = new VaultConfigStack(app, "vault-config", { environment });
  const cluster = new KubernetesAuth(config, "main");
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });
  // An identity that has no other work: what it may do is what the owner may do.
  const migrator = new WorkloadIdentity(config, "migrator", { cluster, namespace: "shop" });

  const instance = PostgresInstance.fromEndpoint(app, "main", {
    endpoint: { host: "db.example.com" },
    admin: AdminCredential.fromKv("postgres/main/admin", { username: "leasehold_admin" }),
    majorVersion: 16,
    sslMode: "require",
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance });
  const database = new PostgresDatabase(databases, "shop", { instance });

  const shop = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  const login = Credential.uri(shop);
  new DatabaseMigration(shop, "migration", {
    identity: migrator,
    // Any tool that takes a connection string. Another image is another Job: the apply waits for it, and grants come after it.
    migrations: Migrations.fromContainer(
      {
        name: "migrate",
        image,
        command: ["sh", "-ec", `migrate -path /migrations -database "$(cat /vault/secrets/${login.file})" up`],
      },
      { credential: login },
    ),
    timeout: Duration.minutes(20),
    vault,
  });
  shop.schema("public").table("orders").grants.readWrite(web);
}
