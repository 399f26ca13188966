import { App } from "cdktf";
import * as leasehold from "leasehold";
import * as stacks from "leasehold/stacks";

const environment: stacks.Environment = {
  name: "sandbox",
  guardrails: "sandbox",
  cluster: stacks.ClusterAccess.kubeconfig(),
  vault: { mode: leasehold.VaultMode.dev(), addressFromTerraform: "http://127.0.0.1:8200" },
  postgres: {},
  backend: stacks.StateBackend.local(),
};
const app = new App();

// Who: the ServiceAccount `web` of the namespace `shop`.
const config = new stacks.VaultConfigStack(app, "vault-config", { environment });
const cluster = new leasehold.KubernetesAuth(config, "eu");
const web = new leasehold.WorkloadIdentity(config, "web", { cluster, namespace: "shop" });

// What: one table of a database, on a server that exists already.
const instance = leasehold.PostgresInstance.fromEndpoint(app, "main", {
  endpoint: { host: "postgres.data.svc" },
  admin: leasehold.AdminCredential.fromKv("postgres/main/admin", { username: "leasehold_admin" }),
  majorVersion: 18,
  sslMode: "disable",
});
const databases = new stacks.DatabasesStack(app, "databases", { environment, instance });
const database = new leasehold.PostgresDatabase(databases, "shop", { instance });
const access = new stacks.AccessStack(app, "access", { environment, database });
const shop = new leasehold.DatabaseAccess(access, "shop", { database });
shop.schema("public").table("wizard").grants.read(web);

// Where it arrives: each pod finds its own login in /vault/secrets, as a connection URI.
new leasehold.InjectedDeployment(new stacks.WorkloadsStack(app, "workloads", { environment }), "web", {
  identity: web,
  containers: [{ name: "web", image: "registry.example.com/shop/web:1.0.0" }],
  credentials: [leasehold.Credential.uri(shop)],
  vault: { addressFromPods: "http://vault.vault.svc:8200", addressFromTerraform: "http://127.0.0.1:8200" },
});
app.synth();
