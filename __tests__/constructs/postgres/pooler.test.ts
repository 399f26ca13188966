import { App } from "cdktf";
import {
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  InjectedDeployment,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
} from "../../../constructs";
import { AccessStack, DatabasesStack, PostgresStack } from "../../../stacks";
import { StackJson, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

const POOLER = { host: "pooler.data.svc", port: 6432 };

function program(app: App): void {
  const world = new World(app);
  const { environment } = world;
  const instance = new PostgresInstance(new PostgresStack(app, "postgres", { environment }), "own", {
    cluster: world.cluster,
    namespace: "data",
    pooler: POOLER,
  });
  const database = new PostgresDatabase(new DatabasesStack(app, "databases", { environment, instance }), "shop", {
    instance,
  });
  const db = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  const migrations = Migrations.fromContainer(CONTAINER, { credential: Credential.uri(db) });
  new DatabaseMigration(db, "migration", { identity: world.identity("migrator"), migrations });
  const web = world.identity("web");
  db.schema("sales").table("wizard").grants.read(web);
  const containers = [CONTAINER];
  new InjectedDeployment(world.workloads, "web", { identity: web, containers, credentials: [Credential.uri(db)] });
}

test("pods connect to the pooler; migrations, Vault and Terraform to the server itself", () => {
  const { access, workloads, databases } = synthesize(program);
  const templateOf = (stack: StackJson, type: string): string => {
    const { template } = stack.only(type).spec as { template: { metadata: { annotations: Record<string, string> } } };
    return template.metadata.annotations["vault.hashicorp.com/agent-inject-template-shop"];
  };
  expect(templateOf(workloads, "kubernetes_deployment_v1")).toContain("@pooler.data.svc:6432/shop?");
  const migration = templateOf(access, "kubernetes_job_v1");
  expect(migration).toContain("@own.data.svc:5432/shop?");
  expect(migration).toContain("options=");
  expect(JSON.stringify(access.only("vault_database_secrets_mount"))).toContain("@own.data.svc:5432/shop");
  for (const stack of [access, databases])
    expect(stack.json.provider).toMatchObject({ postgresql: [{ host: "own.data.svc", port: 5432 }] });
});
