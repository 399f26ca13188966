import { TerraformVariable } from "cdktf";
import {
  Credential,
  DatabaseAccess,
  InjectedDaemonSet,
  InjectedCronJob,
  InjectedDeployment,
  InjectedStatefulSet,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  Seal,
  Vault,
  VaultMode,
  VaultServer,
  WorkloadIdentity,
} from "../../../constructs";
import { PLAYED } from "../../../bench/injector/annotations";
import { unknownAnnotations } from "../../../constructs/injection/annotations";
import { sandbox } from "../../../examples/shop/environments";
import {
  DatabasesStack,
  PlatformStack,
  PostgresStack,
  StateBackend,
  VaultConfigStack,
  VaultLogin,
} from "../../../stacks";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

/** Values of the right type that Kubernetes, Vault, PostgreSQL or the injector refuse later, or take for something else. */
type Case = readonly [name: string, make: (world: World) => unknown, message: string];

const js = (value: unknown): never => value as never;
const pod = (world: World, props: object): InjectedDeployment =>
  new InjectedDeployment(
    world.workloads,
    "n",
    js({ identity: world.identity("web"), containers: [CONTAINER], ...props }),
  );
const container = (world: World, change: object): unknown => pod(world, { containers: [{ ...CONTAINER, ...change }] });
const security = (world: World, securityContext: object): unknown => container(world, { securityContext });
const variable = (world: World, valueFrom: object): unknown => container(world, { env: [{ name: "A", valueFrom }] });
const mount = (world: World, change: object): unknown =>
  pod(world, {
    volumes: [{ name: "v", emptyDir: {} }],
    containers: [{ ...CONTAINER, volumeMounts: [{ name: "v", mountPath: "/x", ...change }] }],
  });
const volume = (world: World, source: object): unknown => pod(world, { volumes: [{ name: "v", ...source }] });
const agent = (world: World, injector: object): unknown => pod(world, { injector });
const set = (world: World, props: object): unknown =>
  new InjectedStatefulSet(world.workloads, "n", { identity: world.identity("web"), containers: [CONTAINER], ...props });
const claim = (world: World, change: object): unknown =>
  set(world, { volumeClaims: [{ name: "a", storage: "1Gi", ...change }] });
const daemons = (world: World, props: object): unknown =>
  new InjectedDaemonSet(world.workloads, "n", { identity: world.identity("web"), containers: [CONTAINER], ...props });
const server = (world: World, props: object, id = "own"): unknown =>
  new PostgresInstance(
    new PostgresStack(world.app, "pg", { environment: sandbox }),
    id,
    js({ cluster: world.cluster, namespace: "data", ...props }),
  );
const vault = (world: World, props: object): unknown =>
  new VaultServer(world.config, "v", { mode: VaultMode.dev(), ...props });
const ha = (world: World, options: object): unknown =>
  vault(world, {
    mode: VaultMode.ha({ tlsSecret: "t", seal: Seal.awsKms({ region: "r", keyId: "k" }), ...options }),
  });
const platform = (world: World, namespaces: string[]): unknown =>
  new PlatformStack(world.app, "platform", { environment: sandbox, namespaces });
const audit = (world: World, auditFile: string): unknown =>
  new VaultConfigStack(world.app, "x", { environment: { ...sandbox, vault: { ...sandbox.vault, auditFile } } });
const databasesOf = (world: World, instance = world.instance): DatabasesStack =>
  new DatabasesStack(world.app, "dbs", { environment: sandbox, instance });
const token = (world: World): TerraformVariable => new TerraformVariable(world.workloads, "x", { type: "string" });

const PODS: readonly Case[] = [
  ["privileged", (w) => security(w, { privileged: true }), 'privileged true of the container "app" beside'],
  ["root", (w) => security(w, { runAsUser: 0 }), 'runAsUser 0 of the container "app" is root'],
  ["no user", (w) => security(w, { runAsUser: -1 }), 'runAsUser -1 of the container "app" is not an id'],
  ["CAP_", (w) => security(w, { capabilities: { add: ["CAP_KILL"] } }), 'capability "CAP_KILL" of'],
  ["a folder", (w) => container(w, { workingDir: "app" }), 'workingDir "app" of'],
  ["a field", (w) => variable(w, { fieldRef: { fieldPath: "metadata.nam" } }), 'fieldPath "metadata.nam" of'],
  ["a key", (w) => variable(w, { secretKeyRef: { name: "s", key: "a b" } }), 'the key "a b" of'],
  ["a Secret", (w) => variable(w, { secretKeyRef: { name: "A B", key: "a" } }), 'the Secret of the variable "A"'],
  ["keys of nothing", (w) => container(w, { envFrom: [{}] }), "names no Secret and no ConfigMap"],
  ["a prefix", (w) => container(w, { envFrom: [{ prefix: "1 x", secretRef: { name: "a" } }] }), 'the prefix "1 x"'],
  ["a command", (w) => container(w, { livenessProbe: { exec: { command: [] } } }), "runs no command"],
  ["a way out", (w) => mount(w, { subPath: "../x" }), 'subPath "../x" of the mount at "/x"'],
  ["the root", (w) => mount(w, { mountPath: "//" }), "the image's whole file system"],
  ["the files", (w) => mount(w, { mountPath: "/x/../vault/secrets" }), "hides what the agent writes"],
  ["the node", (w) => volume(w, { hostPath: { path: "/a/../b" } }), 'the path "/a/../b" of the volume "v" holds'],
  ["a kind", (w) => volume(w, { hostPath: { path: "/a", type: "Folder" } }), 'the type "Folder" of the volume "v"'],
  ["a mode", (w) => volume(w, { secret: { secretName: "a", defaultMode: "0999" } }), 'defaultMode "0999" of'],
  ["bytes", (w) => container(w, { resources: { limits: { memory: "128m" } } }), 'memory "128m" of the container'],
  ["a resource", (w) => container(w, { resources: { requests: { ram: "1" } } }), 'the resource "ram" of'],
  ["a device", (w) => container(w, { resources: { requests: { "x.com/gpu": "1" } } }), "x.com/gpu of the container"],
  ["a digest", (w) => container(w, { image: `a@sha256:${"a".repeat(40)}` }), "digest that is not 64"],
  ["a system's namespace", (w) => pod(w, { identity: w.identity("x", { namespace: "kube-system" }) }), "refuses every"],
  ["the default account", (w) => pod(w, { identity: w.identity("default") }), 'ServiceAccount "default" is in every'],
  ["no such container", (w) => agent(w, { containers: ["ap"] }), 'injector.containers "ap" names no container'],
  ["mounts of none", (w) => agent(w, { copyVolumeMounts: "ap" }), 'injector.copyVolumeMounts "ap" names no'],
  ["no user to share", (w) => agent(w, { runAsSameUser: true }), 'needs the user of the container "app"'],
  ["no token", (w) => agent(w, { serviceAccountTokenVolumeName: "x" }), 'serviceAccountTokenVolumeName "x" names no'],
  ["too little", (w) => agent(w, { limitsMemory: "32Mi" }), 'the agent\'s memory is requested as "64Mi", above'],
  ["a part", (w) => agent(w, { templateLeaseRenewalThreshold: 5 }), "templateLeaseRenewalThreshold 5 is not"],
  ["a feature", (w) => agent(w, { disableKeepAlives: ["auto_auth"] }), 'disableKeepAlives "auto_auth" is no'],
  ["a count", (w) => agent(w, { goMaxProcs: -2 }), "goMaxProcs -2 is not a whole number"],
  [
    "by hand",
    (w) => pod(w, { annotations: { "vault.hashicorp.com/agent-limit-cpu": "1" } }),
    "is none that the injector",
  ],
  ["off", (w) => pod(w, { annotations: { "vault.hashicorp.com/agent-inject": "false" } }), "would start without its"],
];

const WORKLOADS: readonly Case[] = [
  ["a long name", (w) => set(w, { name: "a".repeat(53) }), "longer than 52 characters"],
  ["a Service", (w) => set(w, { serviceName: "A_b" }), 'serviceName "A_b" is not'],
  ["a class", (w) => claim(w, { storageClass: "Fast SSD" }), 'storageClass of the claim "a" "Fast SSD" is not'],
  ["nothing", (w) => claim(w, { storage: "0Gi" }), 'storage "0Gi" of the claim "a" is nothing'],
  ["no mode", (w) => claim(w, { accessModes: [] }), 'accessModes [] of the claim "a" are empty'],
  ["stuck", (w) => daemons(w, { maxUnavailable: "0%" }), "no pod of a DaemonSet could be replaced"],
  ["more than all", (w) => daemons(w, { maxUnavailable: "150%" }), 'maxUnavailable "150%" is more than all'],
  ["by hand", (w) => daemons(w, { updateStrategy: "OnDelete", maxUnavailable: 1 }), 'beside updateStrategy "OnDelete"'],
  ["anew", (w) => pod(w, { strategy: { type: "Recreate", maxSurge: 1 } }), 'beside the strategy "Recreate"'],
  [
    "a zone as Intl takes it",
    (w) =>
      new InjectedCronJob(w.workloads, "n", {
        ...{ identity: w.identity("web"), containers: [CONTAINER], schedule: "@daily", timeZone: "europe/berlin" },
      }),
    'timeZone "europe/berlin" is not the name',
  ],
  ["a list that is not known", (w) => pod(w, { imagePullSecrets: token(w).listValue }), "is a token for a list"],
];

const SERVERS: readonly Case[] = [
  ["a digit first", (w) => server(w, {}, "1st"), "begins with a digit"],
  ["too long", (w) => server(w, {}, "a".repeat(53)), "longer than 52 characters"],
  [
    "another image",
    (w) => server(w, { image: "r.io/postgres:17.2-alpine" }),
    "is PostgreSQL 17, and majorVersion is 18",
  ],
  ["no certificate", (w) => server(w, { sslMode: "require" }), "sslMode require of a server without a certificate"],
  ["a size", (w) => ha(w, { storage: "10 GB" }), 'vault-mode: storage "10 GB" is not an amount'],
  ["a share", (w) => ha(w, { cpuRequest: "half" }), 'vault-mode: cpuRequest "half" is not'],
  ["a class", (w) => ha(w, { storageClass: "Fast SSD" }), 'vault-mode: storageClass "Fast SSD" is not'],
  ["a Secret", (w) => vault(w, { mode: VaultMode.standalone({ tlsSecret: "A B" }) }), 'tlsSecret "A B" is not'],
  ["a seal", (w) => vault(w, { mode: VaultMode.standalone({ seal: "awskms" }) }), 'seal "awskms" is not a stanza'],
  ["a release", (w) => vault(w, { releaseName: "a".repeat(54) }), "is longer than Helm's 53"],
  ["a tag", (w) => vault(w, { serverImageTag: "hashicorp/vault:1" }), "is not a tag"],
  ["a namespace", (w) => vault(w, { injectNamespaces: ["kube-system"] }), "the injector refuses every pod"],
  ["twice", (w) => platform(w, ["a", "a"]), 'namespace "a" is named twice'],
  ["there already", (w) => platform(w, ["default"]), 'namespace "default" is in every cluster'],
  ["Vault's", (w) => platform(w, ["vault"]), 'namespace "vault" is Vault\'s own'],
  ["not a label", (w) => platform(w, ["a/b"]), 'namespace "a/b" is not'],
  ["a file", (w) => audit(w, "audit.log"), 'auditFile "audit.log" is not the absolute path'],
  [
    "two configurations of a Vault",
    (w) => new VaultConfigStack(w.app, "x", { environment: sandbox }),
    "overlap, which",
  ],
  ["below passwords", (w) => w.accessTo({ mountPath: "leasehold/x" }), "and leasehold/x (access/shop) overlap"],
  ["Vault's own", (w) => w.accessTo({ mountPath: "sys/x" }), "begins with sys, where Vault lets nobody"],
  ["Vault's tokens", (w) => new KubernetesAuth(w.config, "us", { authPath: "token" }), "begins with token"],
  ["auth twice", (w) => new KubernetesAuth(w.config, "us", { authPath: "auth/us" }), "begins with auth"],
  [
    "below a cluster",
    (w) => [w.cluster, new KubernetesAuth(w.config, "us", { authPath: "kubernetes-eu/x" })],
    "mounts auth/kubernetes-eu (who/eu) and auth/kubernetes-eu/x (who/us) overlap",
  ],
  [
    "one name of two clusters",
    (w) => [w.cluster, new KubernetesAuth(w.config, "us", { clusterName: "eu", authPath: "us" })],
    "cluster eu is made 2 times",
  ],
  [
    "an own identity as another program's",
    (w) => {
      w.identity("web");
      const { cluster } = w;
      const again = { cluster, namespace: "shop", serviceAccountName: "web" };
      w.db
        .schema("s")
        .table("t")
        .grants.read(WorkloadIdentity.fromServiceAccount(w.access, "again", again));
    },
    "eu/shop/web has 2 identities",
  ],
  [
    "a database in the stack of another server",
    (w) => new PostgresDatabase(databasesOf(w), "x", { instance: w.server("other") }),
    "dbs/x is on the server other at other.example.com:5432, and the provider of its stack dbs reaches main.example.com:5432",
  ],
  [
    "access in the stack of another server",
    (w) => new DatabaseAccess(w.access, "x", { database: w.databaseOf("far", w.server("other")) }),
    "access/x is on the server other at",
  ],
  [
    "a group that is an owner",
    (w) => [
      new PostgresDatabase(databasesOf(w), "x", { instance: w.instance }),
      w.db.access(w.identity("web"), { groupRoleName: "x_owner" }),
    ],
    'role "x_owner" is the owner of main/x and the group role of eu/shop/web on database/main/shop',
  ],
  [
    "a group that holds what another has of all tables",
    (w) => [
      w.db.schema("s").allTables().grants.read(w.identity("api")),
      w.db.access(w.identity("web"), { groupRoleName: "leasehold.all_eu_shop_api_shop" }),
    ],
    "is the schema-wide role of eu/shop/api on database/main/shop and the group role of eu/shop/web",
  ],
];

test.each([...PODS, ...WORKLOADS, ...SERVERS])(
  "%s is refused with where and how to put it right",
  (_, make, message) => {
    const findings = findingsOfRefusal((app) => {
      const world = new World(app);
      world.identity("bystander");
      make(world);
    });
    expect(findings.map(({ code, message: text }) => `${code}: ${text}`)).toContainEqual(
      expect.stringContaining(message),
    );
    for (const { path, sources, fix } of findings) {
      expect(path).not.toBe("");
      expect(sources.join()).toMatch(/(private\/wrong-values\.test|support\/world)\.ts/);
      expect(fix).not.toBe("");
    }
  },
);

test.each<readonly [string, () => unknown, string]>([
  ["no bucket", () => StateBackend.s3({ bucket: "", region: "r" }), "`bucket` is empty"],
  ["no bucket of Google's", () => StateBackend.gcs(""), "`bucket` is empty"],
  ["a URL", () => StateBackend.s3({ bucket: "s3://b", region: "r" }), "holds space, '/' or ':'"],
  ["a folder", () => StateBackend.s3({ bucket: "b", region: "r", prefix: "/a/" }), "is not the path of a folder"],
  ["a workspace", () => StateBackend.hcpTerraform("o", "a b"), "cannot begin the name of a workspace"],
  ["no role", () => VaultLogin.jwt(""), "`role` is empty"],
  ["no address", () => Vault.fromAddress({ addressFromPods: "" }), "`addressFromPods` is empty"],
])("%s is an error where it is given", (_, make, message) => {
  expect(make).toThrow(message);
});

test("an audit file outside of the volume is told", () => {
  const { x } = synthesize((app) => {
    const mode = VaultMode.ha({ tlsSecret: "t", seal: Seal.awsKms({ region: "r", keyId: "k" }) });
    const given = { ...sandbox.vault, mode, auditFile: "/tmp/audit.log" };
    new VaultConfigStack(app, "x", { environment: { ...sandbox, vault: given } });
  });
  expect(x.warnings).toEqual([expect.stringContaining('auditFile "/tmp/audit.log" is not in /vault/audit/')]);
});

test("a number of pods that is known when Terraform runs is let through, and is not known in the report", () => {
  const { workloads } = synthesize((app) => {
    const world = new World(app);
    world.db
      .schema("s")
      .table("t")
      .grants.read(pod(world, { replicas: token(world).numberValue, credentials: [Credential.uri(world.db)] }));
  });
  expect(workloads.only("kubernetes_deployment_v1").spec).toMatchObject({ replicas: "${var.x}" });
});

test("every annotation that the injector has is known, and a misspelt one is not", () => {
  const all = PLAYED.map((name) => `vault.hashicorp.com/${name.endsWith("-") ? `${name}x` : name}`);
  expect(unknownAnnotations(all)).toEqual([]);
  expect(unknownAnnotations([...all, "vault.hashicorp.com/agent-imag", "other.com/x"])).toEqual([
    "vault.hashicorp.com/agent-imag",
  ]);
});
