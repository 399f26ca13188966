import { App } from "cdktf";
import {
  Credential,
  DatabaseAccess,
  findingsOf,
  InjectedDeployment,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  PostgresInstanceProps,
  Seal,
  VaultMode,
  VaultServer,
  WorkloadIdentity,
} from "../../../constructs";
import { sandbox as environment } from "../../../examples/shop/environments";
import { AccessStack, DatabasesStack, PostgresStack, VaultConfigStack, WorkloadsStack } from "../../../stacks";
import { CONTAINER } from "../../support/world";

/** What is said of networks, of a server and a Vault that let these in. Pods of `shop` and `bi` get logins, and one of `web` gets none. */
function said(server: Partial<PostgresInstanceProps>, vaultLetsIn?: string[]): string[] {
  const app = new App();
  const config = new VaultConfigStack(app, "who", { environment });
  const cluster = new KubernetesAuth(config, "eu");
  const mode = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir(), allowFromNamespaces: vaultLetsIn });
  new VaultServer(config, "server", { mode });
  const servers = new PostgresStack(app, "servers", { environment });
  const vault = { addressFromPods: "https://vault.vault.svc:8200", addressFromTerraform: "https://localhost:8200" };
  const instance = new PostgresInstance(servers, "main", { cluster, namespace: "data", vault, ...server });
  const databases = new DatabasesStack(app, "databases", { environment, instance });
  const database = new PostgresDatabase(databases, "shop", { instance });
  const access = new AccessStack(app, "access", { environment, database });
  const shop = new DatabaseAccess(access, "shop", { database });
  const workloads = new WorkloadsStack(app, "workloads", { environment });
  for (const namespace of ["shop", "bi", "web"]) {
    const identity = new WorkloadIdentity(config, namespace, { cluster, namespace, serviceAccountName: "app" });
    const credentials = namespace === "web" ? [] : [Credential.uri(shop)];
    if (namespace !== "web") shop.schema("public").table("wizard").grants.read(identity);
    new InjectedDeployment(workloads, namespace, { identity, containers: [CONTAINER], credentials, vault });
  }
  return findingsOf(app)
    .filter(({ code }) => code === "network")
    .map(({ severity, path, message, fix }) => `${severity} ${path}: ${message}. ${fix}`);
}

const NAME = "or acknowledge this where another NetworkPolicy lets it in";

test("a server lets in those who get logins, and Vault, or it is said which namespace it keeps out", () => {
  expect(said({})).toEqual([]);
  expect(said({ allowFromNamespaces: ["bi", "shop", "vault"] })).toEqual([]);
  expect(said({ allowFromNamespaces: ["shop"] })).toEqual([
    `warning servers/main: Vault, in the namespace "vault", makes logins on the server main, and its NetworkPolicy lets in shop alone. name "vault" in \`allowFromNamespaces\` of the PostgresInstance; ${NAME}`,
    `warning workloads/bi: pods of the namespace "bi" get logins to the server main, and its NetworkPolicy lets in shop alone. name "bi" in \`allowFromNamespaces\` of the PostgresInstance; ${NAME}`,
  ]);
});

test("an empty list lets in nobody; behind a pooler only Vault connects", () => {
  const pooler = { host: "pooler.data.svc", port: 6432 };
  expect(said({ allowFromNamespaces: [] }).map((text) => text.split(":")[0])).toEqual([
    "warning servers/main",
    "warning workloads/bi",
    "warning workloads/shop",
  ]);
  expect(said({ allowFromNamespaces: ["data"], pooler }).map((text) => text.split(":")[0])).toEqual([
    "warning servers/main",
  ]);
});

test("Vault lets in every namespace whose pods log in to it, the server's own among them", () => {
  expect(said({}, ["bi", "data", "shop", "web"])).toEqual([]);
  expect(said({}, ["bi", "shop"])).toEqual([
    `warning servers/main: agents in the namespace "data" log in to Vault, and its NetworkPolicy lets in bi, shop alone. name "data" in \`allowFromNamespaces\` of VaultMode.ha; ${NAME}`,
    `warning workloads/web: agents in the namespace "web" log in to Vault, and its NetworkPolicy lets in bi, shop alone. name "web" in \`allowFromNamespaces\` of VaultMode.ha; ${NAME}`,
  ]);
});
