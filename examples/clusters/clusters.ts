import { App } from "cdktf";
import { join } from "node:path";
import {
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  InjectedDeployment,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  Vault,
  VaultMode,
  WorkloadIdentity,
} from "../../constructs";
import {
  AccessStack,
  ClusterAccess,
  DatabasesStack,
  Environment,
  PlatformStack,
  PostgresStack,
  StateBackend,
  VaultConfigStack,
  WorkloadsStack,
} from "../../stacks";

const SQL = join(process.cwd(), "examples/clusters/sql");

/** The cluster `eu`, in which Vault and PostgreSQL are. Each cluster is a context of the kubeconfig. */
export const eu: Environment = {
  name: "eu",
  guardrails: "sandbox",
  cluster: ClusterAccess.kubeconfig({ context: "eu" }),
  clusterName: "eu",
  vault: { mode: VaultMode.dev(), addressFromTerraform: "http://127.0.0.1:8200" },
  postgres: { fromTerraform: { host: "127.0.0.1", port: 5432 }, storage: "1Gi" },
  backend: StateBackend.local(),
};

/** The cluster `us`: another API server, the same Vault. Its namespace and its injector are there already. */
export const us: Environment = {
  ...eu,
  name: "us",
  cluster: ClusterAccess.kubeconfig({ context: "us" }),
  clusterName: "us",
};

/** The cluster `ap`, whose API server Vault does not reach. */
export const ap: Environment = {
  ...eu,
  name: "ap",
  cluster: ClusterAccess.kubeconfig({ context: "ap" }),
  clusterName: "ap",
};

/** Where the other clusters and the servers are as others see them. */
export const PLACES = {
  /** The API server of `us` as Vault reaches it, its CA, and an audience that it takes itself: its issuer, if nothing else was set. */
  us: {
    host: "https://us.example.com:6443",
    audience: "https://kubernetes.default.svc.cluster.local",
    ca: `-----BEGIN CERTIFICATE-----
MIIBojCCAUegAwIBAgIURDMp40o+MFWFJmUf52I58FBKf18wCgYIKoZIzj0EAwIw
JTEjMCEGA1UEAwwaQVBJIHNlcnZlciBvZiB1cyAoZXhhbXBsZSkwIBcNMjYxMTI5
MTE1NTMzWhgPMjEyNjExMDUxMTU1MzNaMCUxIzAhBgNVBAMMGkFQSSBzZXJ2ZXIg
b2YgdXMgKGV4YW1wbGUpMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEa5mjS029
Pi78h5CsJSnkZRnyjA9rzNjUX34/ekh6QTJeumcnooSqGQpoBdCLevEhAovPU37y
dfaLqKVHL7L2S6NTMFEwHQYDVR0OBBYEFBH3Thl2IAQbY6LdgHisuURYFtyFMB8G
A1UdIwQYMBaAFBH3Thl2IAQbY6LdgHisuURYFtyFMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSQAwRgIhANf8PgsOdPm53Xntcu5lM4emnrhbeogm01mfr34Z
EvKjAiEA0jMIkIMYHATTh/AmpHrvsYD7K3xDte/zFhEfmuyI3c0=
-----END CERTIFICATE-----
`,
  },
  /** The issuer of the tokens of `ap`, and its public key: `kubectl get --raw` of .well-known/openid-configuration and of openid/v1/jwks. */
  ap: {
    issuer: "https://ap.example.com",
    publicKey:
      "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQmuLgc6u5qoQNc1NCMcttOSfihci\nEiEmbmnAfOLnSzaVY4z9zmseieQFwI2azPT8N1cKnRfwXdYcp8vhAgnVWg==\n-----END PUBLIC KEY-----\n",
  },
  /** Vault and PostgreSQL as pods of `us` and `ap` reach them. */
  vault: "http://vault.example.com:8200",
  postgres: { host: "postgres.example.com", port: 5432 },
};

/**
 * One program, three clusters: the app `web` runs in each, under the same name, as three identities. Each logs in to the one Vault by the
 * auth method of its own cluster, and to the one database with what its own identity was granted.
 */
export function clusters(app: App): void {
  const platform = new PlatformStack(app, "platform", { environment: eu, namespaces: ["shop", "data"] });
  const { vault } = platform;

  // Who, in each cluster. Vault does not run in `us`: there each workload reviews its own token. It does not reach `ap`, and knows tokens by
  // the key of their issuer: a token works until it ends, also when its pod was deleted before.
  const config = new VaultConfigStack(app, "vault-config", { environment: eu });
  const home = new KubernetesAuth(config, "eu");
  const away = new KubernetesAuth(config, "us", {
    kubernetesHost: PLACES.us.host,
    kubernetesCaCert: PLACES.us.ca,
    clientReviewsItself: true,
    audience: PLACES.us.audience,
  });
  const far = new KubernetesAuth(config, "ap", { issuer: PLACES.ap.issuer, publicKeys: [PLACES.ap.publicKey] });
  const identity = { namespace: "shop", serviceAccountName: "web" };
  const webInEu = new WorkloadIdentity(config, "web-eu", { cluster: home, ...identity });
  const webInUs = new WorkloadIdentity(config, "web-us", { cluster: away, ...identity });
  const webInAp = new WorkloadIdentity(config, "web-ap", { cluster: far, ...identity });
  const migrator = new WorkloadIdentity(config, "migrator", { cluster: home, namespace: "shop" });

  // The database, in `eu`. Pods of the others find it at another address.
  const postgres = new PostgresStack(app, "postgres", { environment: eu });
  const main = new PostgresInstance(postgres, "main", {
    cluster: home,
    namespace: "data",
    vault,
    maxConnections: 200,
    fromClusters: { us: PLACES.postgres, ap: PLACES.postgres },
    ...eu.postgres,
  });
  const databases = new DatabasesStack(app, "databases", { environment: eu, instance: main });
  const database = new PostgresDatabase(databases, "shop", { instance: main });

  // Who may touch what: here, `web` of one cluster may do more than that of the other.
  const db = new DatabaseAccess(new AccessStack(app, "access", { environment: eu, database }), "shop", { database });
  new DatabaseMigration(db, "migration", { identity: migrator, migrations: Migrations.fromFolder(SQL), vault });
  db.schema("public").table("wizard").grants.read(webInEu, webInUs, webInAp);
  db.schema("public").table("orders").grants.read(webInEu);

  // Where it arrives: a stack for each cluster.
  const containers = [{ name: "web", image: "registry.example.com/shop/web:1.0.0" }];
  const credentials = [Credential.uri(db)];
  new InjectedDeployment(new WorkloadsStack(app, "workloads-eu", { environment: eu }), "web", {
    identity: webInEu,
    containers,
    credentials,
    vault,
  });
  for (const [environment, identity] of [
    [us, webInUs],
    [ap, webInAp],
  ] as const)
    new InjectedDeployment(new WorkloadsStack(app, `workloads-${environment.name}`, { environment }), "web", {
      identity,
      containers,
      credentials,
      vault: Vault.fromAddress({ addressFromPods: PLACES.vault }),
    });
}
