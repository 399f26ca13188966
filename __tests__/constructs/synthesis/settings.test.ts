import { App, TerraformStack } from "cdktf";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AccessOptions,
  accessReportOf,
  AdminCredential,
  BootstrapKv,
  BootstrapKvProps,
  BootstrapPassword,
  BootstrapPasswordProps,
  Container,
  Credential,
  CredentialOptions,
  DatabaseAccess,
  DatabaseAccessAttributes,
  DatabaseAccessProps,
  DatabaseMigration,
  DatabaseMigrationProps,
  Duration,
  PostgresInstanceAttributes,
  InjectedCronJob,
  InjectedCronJobProps,
  InjectedDaemonSet,
  InjectedDaemonSetProps,
  InjectedDeployment,
  InjectedDeploymentProps,
  InjectedJob,
  InjectedJobProps,
  InjectedStatefulSet,
  InjectedStatefulSetProps,
  IVault,
  KubernetesAuth,
  KubernetesAuthProps,
  Migrations,
  PostgresDatabase,
  PostgresDatabaseProps,
  PostgresInstance,
  PostgresInstanceProps,
  VaultMode,
  VaultPath,
  VaultPolicy,
  VaultPolicyProps,
  VaultServer,
  VaultServerProps,
  WorkloadIdentity,
  WorkloadIdentityProps,
  Reload,
} from "../../../constructs";
import { PLACES } from "../../../examples/clusters/clusters";
import { Environment, sandbox } from "../../../examples/shop/environments";
import {
  AccessStack,
  DatabasesStack,
  DatabasesStackProps,
  PlatformStack,
  PlatformStackProps,
  VaultConfigStack,
  WorkloadsStack,
  ClusterAccess,
  VaultLogin,
} from "../../../stacks";
import { inFolder, line, readingWorld } from "./support";
import { CA } from "../../support/certificates";

/** Props by which one program differs from another, of each construct. */
interface Over {
  readonly auth?: Partial<KubernetesAuthProps>;
  readonly policy?: Partial<VaultPolicyProps>;
  readonly identity?: Partial<WorkloadIdentityProps>;
  readonly options?: AccessOptions;
  readonly access?: Partial<DatabaseAccessProps>;
  readonly mount?: Partial<DatabaseAccessAttributes>;
  readonly migration?: Partial<DatabaseMigrationProps>;
  readonly pod?: Partial<InjectedDeploymentProps>;
  readonly set?: Partial<InjectedStatefulSetProps>;
  readonly daemon?: Partial<InjectedDaemonSetProps>;
  readonly job?: Partial<InjectedJobProps>;
  readonly cron?: Partial<InjectedCronJobProps>;
  readonly credential?: CredentialOptions;
  readonly external?: Partial<PostgresInstanceAttributes>;
  readonly server?: Partial<PostgresInstanceProps>;
  readonly database?: Partial<PostgresDatabaseProps>;
  readonly kv?: BootstrapKvProps;
  readonly password?: Partial<BootstrapPasswordProps>;
  readonly vault?: Partial<VaultServerProps>;
  readonly platform?: Partial<PlatformStackProps>;
  readonly databases?: Partial<DatabasesStackProps>;
  readonly environment?: Partial<Environment>;
  /** Another way to make the pod's credential. */
  readonly how?: (db: DatabaseAccess) => Credential;
  readonly vaultOfPod?: (vault: IVault) => IVault | undefined;
}

let migrations: string;
beforeAll(() => {
  migrations = mkdtempSync(join(tmpdir(), "leasehold-sql-"));
  for (const name of ["a", "b"]) mkdirSync(join(migrations, name));
  writeFileSync(join(migrations, "a/1.sql"), "SELECT 1;");
  writeFileSync(join(migrations, "b/1.sql"), "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;");
});
afterAll(() => rmSync(migrations, { recursive: true }));

/** A program with one of each construct. */
function program(app: App, over: Over): void {
  const environment: Environment = { ...sandbox, ...over.environment };
  const platform = new PlatformStack(app, "platform", { environment, namespaces: ["shop"], ...over.platform });
  const server = new VaultServer(new TerraformStack(app, "other"), "server", {
    mode: VaultMode.standalone(),
    injectNamespaces: ["shop"],
    namespace: "other",
    ...over.vault,
  });
  const config = new VaultConfigStack(app, "config", { environment });
  const cluster = new KubernetesAuth(config, "eu", over.auth);
  new VaultPolicy(config, "policy", {
    rules: [{ path: VaultPath.exact("a"), capabilities: ["read"] }],
    ...over.policy,
  });
  new BootstrapKv(config, "kv", { path: "kv", ...over.kv });
  new BootstrapPassword(config, "password", { mount: "kv", path: "a", username: "a", version: 1, ...over.password });
  const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop", ...over.identity });
  const migrator = new WorkloadIdentity(config, "migrator", { cluster, namespace: "shop" });
  const servers = new TerraformStack(app, "servers");
  const instance = PostgresInstance.fromEndpoint(servers, "main", {
    endpoint: { host: "main.example.com" },
    admin: AdminCredential.fromKv("postgres/main/admin"),
    majorVersion: 18,
    ...over.external,
  });
  new PostgresInstance(servers, "own", { cluster, namespace: "shop", ...over.server });
  const databases = new DatabasesStack(app, "databases", { environment, instance, ...over.databases });
  const database = new PostgresDatabase(databases, "shop", { instance, ...over.database });
  const stack = new AccessStack(app, "access", { environment, database });
  const db = new DatabaseAccess(stack, "shop", { database, ...over.access });
  new DatabaseMigration(db, "migration", {
    identity: migrator,
    migrations: Migrations.fromFolder(join(migrations, "a")),
    vault: platform.vault,
    ...over.migration,
  });
  db.access(web, over.options);
  db.schema("sales").table("wizard").grants.read(web);
  const far = DatabaseAccess.fromMount(stack, "far", {
    mountPath: "database/far",
    databaseName: "far",
    endpoint: { host: "far.example.com" },
    ...over.mount,
  });
  const workloads = new WorkloadsStack(app, "workloads", { environment });
  new InjectedDeployment(workloads, "web", {
    identity: web,
    containers: [container()],
    credentials: [over.how ? over.how(db) : Credential.uri(db, over.credential), Credential.uri(far)],
    vault: over.vaultOfPod ? over.vaultOfPod(server) : platform.vault,
    ...over.pod,
  });
  const kind = { identity: web, containers: [container()], credentials: [Credential.uri(db)] };
  new InjectedStatefulSet(workloads, "set", { ...kind, ...over.set });
  new InjectedDaemonSet(workloads, "daemon", { ...kind, ...over.daemon });
  new InjectedJob(workloads, "job", { ...kind, ...over.job });
  new InjectedCronJob(workloads, "cron", { ...kind, schedule: "@hourly", ...over.cron });
}

function container(more: object = {}): Container {
  return { name: "app", image: "registry.example.com/app:1", ...more } as Container;
}

/** How many, when and for how long, which the report says and which let nobody in: but from none to some, which is a test of the diff. */
const COUNTED = new Set([
  ...["pods", "surge", "drain", "grace", "rollout", "starts", "pool"],
  ...["maxConnections", "reservedConnections", "vaultConnections"],
]);

/** All that a report says of access, but for lines of the program. No Aspect is needed for it, and so no file. */
function said(over: Over): string {
  return inFolder((outdir) => {
    const app = new App({ outdir });
    program(app, over);
    return JSON.stringify(accessReportOf(app), (key, value: unknown) =>
      key === "source" || COUNTED.has(key) ? undefined : value,
    );
  });
}

const minutes = Duration.minutes;

/** Props that bear on access, each with another value. */
const TELLING: { readonly [K in keyof Required<Over>]: (() => Over[K])[] } = {
  auth: [
    () => ({ agent: "init-and-sidecar" }),
    () => ({ clusterName: "us" }),
    () => ({ authPath: "k8s" }),
    () => ({ audience: "other" }),
    () => ({ kubernetesHost: "https://evil.example.com" }),
    () => ({ kubernetesCaCert: CA }),
    () => ({ clientReviewsItself: true, audience: "vault" }),
    () => ({ issuer: PLACES.ap.issuer, publicKeys: [PLACES.ap.publicKey] }),
    () => ({ issuer: PLACES.ap.issuer, jwksUrl: "https://ap.example.com/keys", jwksCaCert: CA }),
  ],
  policy: [
    () => ({ policyName: "other" }),
    () => ({ rules: [{ path: VaultPath.startingWith("a"), capabilities: ["read"] }] }),
    () => ({ rules: [{ path: VaultPath.exact("a"), capabilities: ["update"] }] }),
  ],
  identity: [
    () => ({ namespace: "bi" }),
    () => ({ serviceAccountName: "other" }),
    () => ({ lease: { ttl: minutes(5) } }),
    () => ({ lease: { maxTtl: minutes(90) } }),
    () => ({ policies: [{ policyName: "extra" } as VaultPolicy] }),
    () => ({ tokenTtl: minutes(5) }),
    () => ({ exposure: minutes(30) }),
    () => ({ tokenMaxTtl: minutes(90) }),
  ],
  options: [
    () => ({ lease: { ttl: minutes(5) } }),
    () => ({ groupRoleName: "group" }),
    () => ({ connectionLimit: 1 }),
    () => ({ maxLiveLeases: 1 }),
  ],
  access: [
    () => ({ mountPath: "db" }),
    () => ({ lease: { ttl: minutes(5) } }),
    () => ({ lease: { cap: minutes(90) } }),
    () => ({ lease: { maxTtl: minutes(90) } }),
    () => ({ connectionLimit: 1 }),
    () => ({ maxLiveLeases: 1 }),
    () => ({ passwordVersion: 2 }),
    () => ({ rotateRoot: false }),
    () => ({ kvMount: "kv" }),
    () => ({ maxOpenConnections: 1 }),
  ],
  mount: [
    () => ({ mountPath: "database/other" }),
    () => ({ databaseName: "other" }),
    () => ({ endpoint: { host: "evil.example.com" } }),
    () => ({ endpoint: { host: "far.example.com", port: 1 } }),
    () => ({ sslMode: "disable" }),
    () => ({ ca: CA }),
    () => ({ leaseMaxTtl: minutes(90) }),
  ],
  migration: [
    () => ({ migrations: Migrations.fromFolder(join(migrations, "b")) }),
    () => ({ migrations: Migrations.fromFolder(join(migrations, "a"), { image: "evil:1" }) }),
    () => ({ migrations: Migrations.fromContainer(container()) }),
    () => ({ timeout: minutes(90) }),
    () => ({ agent: "init-and-sidecar" }),
    () => ({ injector: { injectToken: true } }),
    () => ({ vault: { addressFromPods: "http://evil", addressFromTerraform: "http://evil" } }),
  ],
  pod: [
    () => ({ name: "main" }),
    () => ({ labels: { team: "a" } }),
    () => ({ annotations: { "vault.hashicorp.com/role": "admin" } }),
    () => ({ injector: { injectToken: true } }),
    () => ({ agent: "init-and-sidecar" }),
    () => ({ agent: "init-and-sidecar", injector: { revokeOnShutdown: false } }),
    () => ({ secrets: [{ name: "s", path: "secret/data/a", template: "" }] }),
    () => ({ vault: { addressFromPods: "http://evil", addressFromTerraform: "http://evil" } }),
    () => ({ vault: undefined, injector: { service: "http://evil" } }),
    () => ({ volumes: [{ name: "admin", secret: { secretName: "admin" } }] }),
    () => ({ volumes: [{ name: "host", hostPath: { path: "/" } }] }),
    () => ({ containers: [container({ volumeMounts: [{ name: "vault-token", mountPath: "/t" }] })] }),
    () => ({ containers: [container({ env: [{ name: "A", valueFrom: { secretKeyRef: { name: "a", key: "a" } } }] })] }),
    () => ({ containers: [container({ envFrom: [{ secretRef: { name: "a" } }] })] }),
    () => ({ containers: [container({ securityContext: { privileged: true, allowPrivilegeEscalation: true } })] }),
    () => ({ containers: [container({ unheardOf: true })] }),
    () => ({
      initContainers: [
        container({ name: "first", securityContext: { privileged: true, allowPrivilegeEscalation: true } }),
      ],
    }),
    () => ({ initContainers: [container({ name: "first" })] }),
    () => ({ containers: [container({ image: "registry.example.com/app:2" })] }),
    () => ({ containers: [container({ command: ["a"] })] }),
    () => ({ containers: [container({ args: ["a"] })] }),
    () => ({ containers: [container({ env: [{ name: "A", value: "b" }] })] }),
    () => ({ containers: [container({ securityContext: { runAsUser: 7 } })] }),
    () => ({ containers: [container({ livenessProbe: { exec: { command: ["true"] } } })] }),
    () => ({ containers: [container(), container({ name: "log" })] }),
    () => ({ nodeSelector: { pool: "a" } }),
    () => ({ tolerations: [{ key: "a", operator: "Exists" }] }),
    () => ({ affinity: { podAntiAffinity: {} } }),
    () => ({ priorityClassName: "high" }),
    () => ({ imagePullSecrets: ["registry"] }),
    () => ({ fsGroup: 7 }),
    () => ({ credentials: [] }),
    () => ({ containers: [container({ raw: { securityContext: { privileged: true } } })] }),
    () => ({ containers: [container({ raw: { volumeMount: [{ name: "vault-token", mountPath: "/t" }] } })] }),
    () => ({ volumes: [{ name: "other", raw: { csi: { driver: "secrets-store.csi.k8s.io" } } }] }),
    () => ({ volumes: [{ name: "mixed", emptyDir: {}, raw: { hostPath: { path: "/" } } }] }),
    () => ({ objectLabels: { team: "a" } }),
    () => ({ objectAnnotations: { "example.com/reload": "true" } }),
    () => ({ rawPodSpec: { hostNetwork: true } }),
  ],
  set: [
    () => ({ name: "main" }),
    () => ({ volumeClaims: [{ name: "data", storage: "1Gi" }] }),
    () => ({ rawPodSpec: { hostPid: true } }),
  ],
  daemon: [() => ({ volumes: [{ name: "host", hostPath: { path: "/" } }] })],
  job: [() => ({ injector: { injectToken: true } }), () => ({ agent: "init-and-sidecar" })],
  cron: [() => ({ secrets: [{ name: "s", path: "secret/data/a", template: "" }] })],
  credential: [() => ({ file: "other" }), () => ({ perms: "0444" })],
  external: [
    () => ({ instanceName: "second" }),
    () => ({ endpoint: { host: "evil.example.com" } }),
    () => ({ endpoint: { host: "main.example.com", port: 1 } }),
    () => ({ endpoint: { host: "main.example.com", fromVault: { host: "evil.example.com", port: 1 } } }),
    () => ({ endpoint: { host: "main.example.com", fromTerraform: { host: "evil.example.com", port: 1 } } }),
    () => ({ endpoint: { host: "main.example.com", fromClusters: { eu: { host: "evil.example.com", port: 1 } } } }),
    () => ({ endpoint: { host: "main.example.com", fromMigrations: { host: "evil.example.com", port: 1 } } }),
    // Only pods see another.
    () => ({ endpoint: elsewhereForPods("evil.example.com") }),
    () => ({ admin: AdminCredential.fromKv("other") }),
    () => ({ admin: AdminCredential.fromKv("postgres/main/admin", { username: "postgres" }) }),
    () => ({ admin: AdminCredential.fromKv("postgres/main/admin", { mount: "kv" }) }),
    () => ({ majorVersion: 17 }),
    () => ({ sslMode: "require" }),
    () => ({ ca: CA }),
    () => ({ caFile: "ca.pem" }),
  ],
  server: [
    () => ({ instanceName: "second" }),
    () => ({ namespace: "bi" }),
    () => ({ majorVersion: 17 }),
    () => ({ image: "evil:1" }),
    () => ({ storage: "1Gi" }),
    () => ({ storageClass: "shared" }),
    () => ({ tlsSecret: "tls", sslMode: "require" }),
    () => ({ allowFromNamespaces: ["shop"] }),
    () => ({ kvMount: "kv" }),
    () => ({ maxConnections: 7 }),
    () => ({ resources: { limits: { memory: "2Gi" } } }),
    () => ({ vault: { addressFromPods: "http://evil", addressFromTerraform: "http://evil" } }),
    () => ({ injector: { injectToken: true } }),
  ],
  database: [() => ({ databaseName: "other" }), () => ({ owner: "postgres" })],
  kv: [() => ({ path: "other" })],
  password: [() => ({ mount: "leasehold" }), () => ({ path: "b" }), () => ({ username: "b" }), () => ({ version: 2 })],
  vault: [
    () => ({ mode: VaultMode.dev() }),
    () => ({ mode: VaultMode.standalone({ tlsSecret: "tls" }) }),
    () => ({ mode: VaultMode.standalone({ seal: 'seal "x" {}' }) }),
    () => ({ mode: VaultMode.external("http://evil") }),
    () => ({ namespace: "second" }),
    () => ({ releaseName: "second" }),
    () => ({ chartVersion: "0.1.0" }),
    () => ({ chart: "./chart" }),
    () => ({ injectNamespaces: ["bi"] }),
    () => ({ injectorReplicas: 7 }),
    () => ({ agentImageTag: "1.0.0" }),
    () => ({ values: { global: { namespace: "x" } } }),
    () => ({ wait: false }),
  ],
  platform: [() => ({ namespaces: ["shop", "bi"] }), () => ({ vault: { releaseName: "second" } })],
  databases: [() => ({ maintenanceDatabase: "template1" })],
  environment: [
    () => ({ cluster: ClusterAccess.kubeconfig({ path: "other" }) }),
    () => ({ cluster: ClusterAccess.kubeconfig({ context: "other" }) }),
    () => ({ vault: { ...sandbox.vault, login: VaultLogin.jwt("deployer") } }),
    () => ({ vault: { ...sandbox.vault, addressFromTerraform: "http://evil" } }),
    () => ({ vault: { ...sandbox.vault, caCertFile: "ca.pem" } }),
    () => ({ vault: { ...sandbox.vault, auditFile: "/vault/audit/audit.log" } }),
    () => ({ vault: { ...sandbox.vault, chart: "./chart" } }),
    () => ({ vault: { ...sandbox.vault, mode: VaultMode.standalone() } }),
  ],
  how: [
    () => (db) => Credential.custom(db, "host=evil.example.com {{ .Data.password }}"),
    () => (db) => Credential.uri(db, { file: "elsewhere" }),
  ],
  vaultOfPod: [() => (vault) => vault, () => () => undefined],
};

function elsewhereForPods(host: string): PostgresInstanceAttributes["endpoint"] {
  const main = { host: "main.example.com", port: 5432 };
  return { host, fromVault: main, fromTerraform: main };
}

/** Props that do not bear on access, with the reason. */
const SILENT: [string, Over][] = [
  ["how many pods there are", { pod: { replicas: 7 } }],
  ["how old pods give way to new ones", { pod: { strategy: { type: "Recreate" } } }],
  ["how an app learns of a new login", { credential: { reload: Reload.httpPost({ port: 8080 }) } }],
  ["when a new pod counts", { pod: { minReadySeconds: 7 } }],
  [
    "how the pods of a StatefulSet begin, end and are called",
    { set: { replicas: 3, serviceName: "a", podManagementPolicy: "Parallel", updateStrategy: "OnDelete" } },
  ],
  ["how the pods of a DaemonSet are replaced", { daemon: { updateStrategy: "RollingUpdate", maxUnavailable: "25%" } }],
  [
    "how often a Job tries, how many pods it has, and when it goes",
    {
      job: {
        restartPolicy: "OnFailure",
        backoffLimit: 1,
        completions: 2,
        parallelism: 2,
        activeDeadline: minutes(1),
        ttlAfterFinished: minutes(1),
        waitForCompletion: true,
      },
    },
  ],
  [
    "when the Jobs of a CronJob run, and how many are kept",
    {
      cron: {
        schedule: "1 * * * *",
        timeZone: "Europe/Zurich",
        concurrencyPolicy: "Replace",
        startingDeadline: minutes(1),
        suspend: true,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 0,
      },
    },
  ],
  ["what apply waits for, and how long", { pod: { waitForRollout: false, rollout: minutes(5) } }],
  ["on how many nodes a DaemonSet runs", { daemon: { nodes: 3 } }],
  ["how many connections an app opens", { credential: { pool: 2 } }],
  ["how many connections a server that exists has", { external: { maxConnections: 7, reservedConnections: 3 } }],
  ["how many connections are kept for others", { server: { reservedConnections: 3 } }],
  ["how long a pod takes to end, its login with it", { pod: { drain: minutes(2) } }],
  ["who makes the account of a pod that is not given its token", { pod: { serviceAccount: "existing" } }],
  [
    "how much of a node a container may use",
    { pod: { containers: [container({ resources: { limits: { cpu: "1" } } })] } },
  ],
  ["empty folders of the pod", { pod: { volumes: [{ name: "tmp", emptyDir: {} }] } }],
  ["what sessions call themselves", { credential: { applicationName: "a" } }],
  ["the format in which a login arrives", { how: (db) => Credential.json(db) }],
  [
    "where Terraform finds a Vault that it has nothing to do with",
    { vault: { addressFromTerraform: "http://elsewhere" } },
  ],
];

const base = (): string => said({});

test("the program says the same twice", () => {
  expect(base()).toBe(base());
});

describe("a prop that bears on access changes the report", () => {
  let before: string;
  beforeAll(() => (before = base()));
  const all = Object.entries(TELLING).flatMap(([construct, changes]) =>
    changes.map((change, index) => [construct, index, change] as const),
  );
  test.each(all)("%s %i", (construct, _, change) => {
    expect(said({ [construct]: change() })).not.toBe(before);
  });
});

describe("a prop that does not, changes nothing in it", () => {
  let before: string;
  beforeAll(() => (before = base()));
  test.each(SILENT)("%s", (_, over) => expect(said(over)).toBe(before));
});

/** Where props are declared, and those that are another construct, or are tried by way of one. */
const DECLARED: [keyof Over, string, readonly string[], readonly string[]][] = [
  ["auth", "identity/kubernetes-auth", ["KubernetesAuthAttributes", "KubernetesAuthProps"], []],
  ["policy", "vault/vault-policy", ["VaultPolicyProps"], []],
  ["identity", "identity/workload-identity", ["ServiceAccountAttributes", "WorkloadIdentityProps"], ["cluster"]],
  ["options", "database/access-edge", ["AccessOptions"], []],
  ["access", "database/database-access-props", ["DatabaseAccessProps"], ["database"]],
  ["mount", "database/database-access-props", ["DatabaseAccessAttributes"], []],
  ["migration", "workloads/database-migration", ["DatabaseMigrationProps"], ["identity"]],
  ["pod", "injection/pod", ["InjectedPodProps"], ["identity"]],
  ["pod", "workloads/injected-workload", ["InjectedWorkloadProps", "LongRunningProps"], []],
  ["pod", "workloads/injected-deployment", ["InjectedDeploymentProps"], []],
  ["set", "workloads/injected-stateful-set", ["InjectedStatefulSetProps"], []],
  ["daemon", "workloads/injected-daemon-set", ["InjectedDaemonSetProps"], []],
  ["job", "workloads/injected-job", ["JobRunProps", "InjectedJobProps"], []],
  ["cron", "workloads/injected-cron-job", ["InjectedCronJobProps"], []],
  ["credential", "injection/credential", ["CredentialOptions"], []],
  ["external", "postgres/postgres-instance-props", ["PostgresInstanceAttributes"], []],
  // The same as those of an external server, and told in the same places.
  [
    "server",
    "postgres/postgres-instance-props",
    ["PostgresInstanceProps"],
    ["cluster", "ca", "caFile", "sslMode", "fromVault", "fromTerraform", "fromClusters", "pooler"],
  ],
  ["database", "postgres/postgres-database", ["PostgresDatabaseProps"], ["instance"]],
  ["kv", "vault/bootstrap-kv", ["BootstrapKvProps"], []],
  ["password", "vault/bootstrap-password", ["BootstrapPasswordProps"], []],
  ["vault", "vault/vault-server", ["VaultServerProps"], []],
];

test.each(DECLARED)(
  "every prop of %s in %s is tried above: a new one has to be thought about",
  (construct, file, names, others) => {
    const text = readFileSync(join(__dirname, `../../../constructs/${file}.ts`), "utf8");
    const declared = names.flatMap((name) => {
      const body = new RegExp(`export interface ${name} [^{]*\\{\\n(.*?)\\n\\}`, "s").exec(text)?.[1] ?? "";
      return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, prop]) => prop);
    });
    expect(declared.length).toBeGreaterThan(0);
    const tried = [...TELLING[construct].map((change) => change()), ...SILENT.map(([, over]) => over[construct])];
    const known = new Set([...others, ...tried.flatMap((props) => Object.keys(props ?? {}))]);
    expect(declared.filter((prop) => !known.has(prop))).toEqual([]);
  },
);

describe("a plain workload is not listed", () => {
  const deployments = (build: (app: App) => void): string[] =>
    inFolder((outdir) => {
      const app = new App({ outdir });
      build(app);
      return accessReportOf(app)
        .unclassified.filter(({ type }) => type.includes("deployment"))
        .map(line);
    });
  const withVaults = (count: number) => (app: App) => {
    const world = readingWorld(app);
    const vaults = Array.from(
      { length: count },
      (_, index) => new PlatformStack(app, `platform${index}`, { environment: sandbox, namespaces: ["shop"] }).vault,
    );
    world.deployment(world.web, [], { vault: vaults[0] }, "other");
  };

  test("also where it names the only Vault of the program, whose release is listed", () => {
    expect(deployments((app) => void readingWorld(app))).toEqual([]);
    expect(deployments(withVaults(1))).toEqual([]);
  });

  test("but where there are two Vaults to choose from", () => {
    expect(deployments(withVaults(2))).toEqual(["setting resource kubernetes_deployment_v1 workloads/other/Resource"]);
  });
});
