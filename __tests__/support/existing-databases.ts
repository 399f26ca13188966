import { App, TerraformStack } from "cdktf";
import {
  AccessGraph,
  accessGraphOf,
  AdminCredential,
  DatabaseAccess,
  DatabaseAccessProps,
  IWorkloadIdentity,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, VaultConfigStack } from "../../stacks";

/** A program over the database `shop` that exists on a server `pg<major>.data.svc` of each version. */
export function overExisting(
  outdir: string,
  majors: readonly number[],
  grant: (db: DatabaseAccess, web: IWorkloadIdentity) => void,
  props: Partial<DatabaseAccessProps> = {},
): AccessGraph {
  const environment = sandbox;
  const app = new App({ outdir });
  const config = new VaultConfigStack(app, "config", { environment });
  const cluster = KubernetesAuth.fromAttributes(config, "c1");
  const web = WorkloadIdentity.fromServiceAccount(config, "web", { cluster, namespace: "team" });
  const servers = new TerraformStack(app, "servers");
  for (const major of majors) {
    const instance = PostgresInstance.fromEndpoint(servers, `pg${major}`, {
      endpoint: { host: `pg${major}.data.svc` },
      admin: AdminCredential.fromKv(`postgres/pg${major}/admin`),
      majorVersion: major,
      sslMode: "disable",
    });
    const database = PostgresDatabase.fromDatabaseName(servers, `shop${major}`, {
      databaseName: "shop",
      instance,
      owner: "shop_owner",
    });
    const access = new AccessStack(app, `access-${major}`, { environment, database, after: [config] });
    grant(new DatabaseAccess(access, "shop", { database, ...props }), web);
  }
  app.synth();
  return accessGraphOf(app);
}
