import { App } from "cdktf";
import {
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  InjectedCronJob,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  Seal,
  Vault,
  VaultMode,
  VaultPath,
  VaultPolicy,
  VaultServer,
} from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import { AccessStack, ClusterAccess, VaultConfigStack, WorkloadsStack } from "../../../stacks";
import { CA } from "../../support/certificates";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

/** As plain JavaScript gives it. */
const js = (value: unknown): never => value as never;

type Case = readonly [name: string, make: (world: World) => unknown, message: string | RegExp];

const pod = (world: World, props: object): InjectedDeployment =>
  new InjectedDeployment(
    world.workloads,
    "n",
    js({ identity: world.identity("web"), containers: [CONTAINER], ...props }),
  );
const container = (world: World, change: object): InjectedDeployment =>
  pod(world, { containers: [{ ...CONTAINER, ...change }] });
const vault = (addressFromPods: unknown): object => ({
  addressFromPods,
  addressFromTerraform: "https://v.example.com",
});
const endpoint = (world: World, change: object): unknown =>
  world.server("other", js({ endpoint: { host: "db.example.com", ...change } }));
const lasting = (seconds: unknown): object => ({ toSeconds: () => seconds, toString: () => "?" });
const from = (address: string): VaultConfigStack["node"] =>
  js({ ...sandbox, vault: { ...sandbox.vault, addressFromTerraform: address } });
const policy = (world: World, props: object): VaultPolicy => new VaultPolicy(world.config, "p", js(props));
const table = (world: World): ReturnType<ReturnType<DatabaseAccess["schema"]>["table"]> =>
  world.db.schema("s").table("t");
const KEY = { secretKeyRef: { name: "s", key: "k" } };
const TCP = { tcpSocket: { port: 80 } };
const other = (): World => new World(new App({ context: { cdktfRelativeModules: [] } }));

const FINDINGS: readonly Case[] = [
  // Lengths of time, which may come from another copy of the library or only look like one.
  [
    "a lease of a text",
    (w) => w.identity("web", js({ lease: { ttl: "15m" } })),
    '`lease.ttl` is "15m", a string, not a Duration',
  ],
  [
    "a token time of NaN",
    (w) => w.identity("web", js({ tokenTtl: lasting(NaN) })),
    "`tokenTtl`, of NaN seconds, is not a positive",
  ],
  [
    "a negative one",
    (w) => w.identity("web", js({ exposure: lasting(-1) })),
    "`exposure`, of -1 seconds, is not a positive",
  ],
  [
    "one of a text",
    (w) => w.identity("web", js({ lease: { ttl: lasting("9") } })),
    '`lease.ttl`, of "9", a string, is not',
  ],
  [
    "an endless drain",
    (w) => pod(w, { drain: lasting(1e12) }),
    "`drain`, of 1000000000000 seconds, is longer than ten years",
  ],
  [
    "a limit of a text",
    (w) => w.identity("web").limitToken(js("1h")),
    '`limitToken` is "1h", a string, not a Duration',
  ],
  ["a policy's name", (w) => w.identity("web").addPolicy(js("p")), '`addPolicy` is "p", a string'],
  // Addresses of servers.
  [
    "a host with an empty part",
    (w) => endpoint(w, { host: "db..example.com" }),
    'as pods see it, host "db..example.com" is not a host',
  ],
  [
    "four numbers that are too large",
    (w) => endpoint(w, { host: "10.0.0.300" }),
    '"10.0.0.300" is not a host name or address',
  ],
  ["a part that ends in a dash", (w) => endpoint(w, { host: "db-.example.com" }), "is not a host name or address"],
  ["a part that is too long", (w) => endpoint(w, { host: `${"a".repeat(64)}.b` }), "is not a host name or address"],
  ["a port that is NaN", (w) => endpoint(w, { port: NaN }), "`endpoint.port` is NaN, not a number"],
  [
    "the host of another program's database, which no workload asks for",
    (w) =>
      DatabaseAccess.fromMount(w.access, "far", {
        mountPath: "database/x/y",
        databaseName: "x",
        endpoint: { host: "a b" },
      }),
    'as pods see it, host "a b" is not a host name or address',
  ],
  [
    "a port that only migrations see there",
    (w) =>
      DatabaseAccess.fromMount(w.access, "far", {
        ...{ mountPath: "database/x/y", databaseName: "x" },
        endpoint: { host: "a.example.com", fromMigrations: { host: "a.example.com", port: 0 } },
      }),
    "as migrations see it, port 0 is not between",
  ],
  [
    "an API server",
    (w) => new KubernetesAuth(w.config, "us", { kubernetesHost: "not a url" }),
    '`kubernetesHost` "https://not a url" is not',
  ],
  // Addresses of Vault.
  [
    "a login",
    (w) => pod(w, { vault: vault("https://u:secret@v.example.com") }),
    '`vault.addressFromPods` "https://…@v.example.com" holds a login',
  ],
  [
    "no scheme",
    (w) => pod(w, { vault: vault("v.example.com:8200") }),
    "has neither https:// nor http:// at its beginning",
  ],
  ...["https://v.example.com/v1", "https://example.com/vault/v1/"].map((address): Case => [
    `${address}, with /v1 at its end`,
    (w) => pod(w, { vault: vault(address) }),
    "ends with /v1, which every client of Vault adds",
  ]),
  ["no text", (w) => pod(w, { vault: vault(5) }), "`vault.addressFromPods` 5, a number, is not a text"],
  [
    "the name of a Secret",
    (w) => pod(w, { vault: { ...vault("https://v.example.com"), tlsSecret: "A B" } }),
    'tlsSecret "A B" of Vault is not',
  ],
  [
    "another service",
    (w) => pod(w, { injector: { service: "https://v.example.com?x" } }),
    '`injector.service` "https://v.example.com?x" holds a query',
  ],
  [
    "a proxy",
    (w) => pod(w, { injector: { proxyAddress: "proxy" } }),
    '`injector.proxyAddress` "proxy" has neither https:// nor http://',
  ],
  ...[
    "https://u:p@v.example.com",
    "https://v.example.com?a=b",
    "https://v.example.com#a",
    "v.example.com:8200",
    "",
  ].map((address): Case => [
    `${address} from Terraform`,
    (w) => new VaultConfigStack(w.app, "x", { environment: js(from(address)) }),
    "as Terraform sees it, Vault's address",
  ]),
  [
    "the address of a server in the cluster",
    (w) => new VaultServer(w.config, "v", { mode: VaultMode.dev(), addressFromTerraform: "u:p@v" }),
    '`addressFromTerraform` "u:p@v" has neither https:// nor http://',
  ],
  // Pods.
  ["no container", (w) => pod(w, { containers: [] }), "workload: the pod has no container"],
  [
    "no container of a Job",
    (w) => new InjectedJob(w.workloads, "n", { identity: w.identity("web"), containers: [] }),
    "workload: the pod has no container",
  ],
  [
    "an agent's name",
    (w) => container(w, { name: "vault-agent" }),
    'a container has the name "vault-agent", which the Vault agent\'s has',
  ],
  [
    "an agent's name before",
    (w) => pod(w, { initContainers: [{ ...CONTAINER, name: "vault-agent-init" }] }),
    '"vault-agent-init"',
  ],
  [
    "an agent's name in a migration",
    (w) =>
      new DatabaseMigration(w.db, "m", {
        identity: w.identity("m"),
        migrations: Migrations.fromContainer({ name: "vault-agent", image: "a:1" }),
      }),
    'a container has the name "vault-agent"',
  ],
  [
    "an agent's volume",
    (w) => pod(w, { volumes: [{ name: "home-init", emptyDir: {} }] }),
    'volume "home-init" has the name of one',
  ],
  [
    "an agent's volume as a claim",
    (w) =>
      new InjectedStatefulSet(w.workloads, "n", {
        ...{ identity: w.identity("web"), containers: [CONTAINER], serviceName: "n" },
        volumeClaims: [{ name: "vault-secrets", storage: "1Gi" }],
      } as never),
    'volume "vault-secrets" has the name of one',
  ],
  ...[
    "",
    "a b",
    "registry.example.com/a pp:1",
    "https://registry.example.com/app:1",
    "registry.example.com/App:1",
    "app:",
  ].map((image): Case => [
    `the image ${JSON.stringify(image)}`,
    (w) => container(w, { image }),
    `workload: image ${JSON.stringify(image)} of`,
  ]),
  [
    "the agent's image",
    (w) => pod(w, { injector: { agentImage: "a b" } }),
    'annotation: agentImage "a b" is not the name of an image',
  ],
  [
    "the image of a migration",
    (w) =>
      new DatabaseMigration(w.db, "m", {
        identity: w.identity("m"),
        migrations: Migrations.fromFolder("examples/shop/sql/shop", { image: "post gres" }),
      }),
    'image "post gres" of the container',
  ],
  // What a controller would be refused, which no apply tells.
  ["a number that is none", (w) => pod(w, { replicas: NaN }), "`replicas` is NaN, not a number"],
  [
    "more pods than there are numbers",
    (w) => pod(w, { replicas: 1e15 }),
    "replicas 1000000000000000 is not a whole number of",
  ],
  [
    "a variable twice",
    (w) => container(w, { env: [{ name: "A" }, { name: "A" }] }),
    'variable of the container "app" "A" is there more',
  ],
  [
    "a variable of two sources",
    (w) => container(w, { env: [{ name: "A", value: "1", valueFrom: KEY }] }),
    "has a `value` and a `valueFrom`",
  ],
  ["a variable of no source", (w) => container(w, { env: [{ name: "A", valueFrom: {} }] }), "that looks nowhere"],
  [
    "the time of a probe",
    (w) => container(w, { readinessProbe: { ...TCP, periodSeconds: -1 } }),
    "periodSeconds -1 of a probe of the",
  ],
  [
    "successes of a liveness probe",
    (w) => container(w, { livenessProbe: { ...TCP, successThreshold: 2 } }),
    "only a readiness probe",
  ],
  ["a volume of nothing", (w) => pod(w, { volumes: [{ name: "x" }] }), 'volume "x" has no source'],
  [
    "a volume's size",
    (w) => pod(w, { volumes: [{ name: "x", emptyDir: { sizeLimit: "big" } }] }),
    'sizeLimit of the volume "x" "big" is not',
  ],
  [
    "a volume's Secret",
    (w) => pod(w, { volumes: [{ name: "x", secret: { secretName: "A B" } }] }),
    'the Secret of the volume "x" "A B" is not',
  ],
  ["a node's label", (w) => pod(w, { nodeSelector: { "a b": "c" } }), 'label "a b" of nodeSelector is not a key'],
  [
    "a toleration",
    (w) => pod(w, { tolerations: [{ operator: "Exists", value: "x" }] }),
    "a toleration has the operator Exists and the value",
  ],
  ["a Secret for images", (w) => pod(w, { imagePullSecrets: ["A B"] }), 'the Secret of imagePullSecrets "A B" is not'],
  ["a priority", (w) => pod(w, { priorityClassName: "A B" }), 'priorityClassName "A B" is not'],
  ["a group", (w) => pod(w, { fsGroup: -1 }), "fsGroup -1 is not the id of a group"],
  [
    "a share of pods",
    (w) => pod(w, { strategy: { maxSurge: "many" } }),
    'maxSurge "many" is neither a number of pods nor',
  ],
  [
    "a rollout that cannot move",
    (w) => pod(w, { strategy: { maxSurge: 0, maxUnavailable: "0%" } }),
    "no pod could be replaced",
  ],
  [
    "a time zone",
    (w) =>
      new InjectedCronJob(w.workloads, "n", {
        ...{ identity: w.identity("web"), containers: [CONTAINER], schedule: "@daily" },
        timeZone: "Mars/Olympus",
      }),
    'timeZone "Mars/Olympus" is not the name',
  ],
  [
    "the use of a claim",
    (w) =>
      new InjectedStatefulSet(w.workloads, "n", {
        ...{ identity: w.identity("web"), containers: [CONTAINER] },
        volumeClaims: [{ name: "x", storage: "1Gi", accessModes: ["Write"] }],
      }),
    'access mode "Write" of the claim "x" is none',
  ],
  [
    "the agent's processor",
    (w) => pod(w, { injector: { requestsCpu: "many" } }),
    'annotation: requestsCpu "many" is not an amount',
  ],
  [
    "pauses of the agent that it refuses",
    (w) => pod(w, { injector: { authMinBackoff: Duration.seconds(30) } }),
    "annotation: authMinBackoff 30s is longer than authMaxBackoff 10s",
  ],
  ["the agent's user", (w) => pod(w, { injector: { runAsUser: -1 } }), "annotation: runAsUser -1 is not an id"],
  [
    "the agent's folder",
    (w) => pod(w, { injector: { secretVolumePath: "x" } }),
    'secretVolumePath "x" is not an absolute path',
  ],
  [
    "a secret's path",
    (w) => pod(w, { secrets: [{ name: "x", path: "", template: "a" }] }),
    'secret "x": path "" has an empty part',
  ],
  [
    "a secret's mode",
    (w) => pod(w, { secrets: [{ name: "x", path: "a/b", template: "a", perms: "999" }] }),
    'perms "999" are not an',
  ],
  [
    "no injector",
    (w) => new VaultServer(w.config, "v", { mode: VaultMode.dev(), injectorReplicas: 0 }),
    "injectorReplicas 0 is not a whole number of at least 1",
  ],
  [
    "more connections than there are numbers",
    (w) => w.db.access(w.identity("web"), { connectionLimit: 1e12 }),
    "is more than 1000000",
  ],
  [
    "more logins than there are numbers",
    (w) => w.accessTo({ maxLiveLeases: 1e12 }),
    "maxLiveLeases 1000000000000 is more than",
  ],
  [
    "a migration beside its database",
    (w) =>
      new DatabaseMigration(js(w.workloads), "m", {
        identity: w.identity("m"),
        migrations: Migrations.fromFolder("examples/shop/sql/shop"),
      }),
    "the scope of a migration is an object of the class WorkloadsStack, not a DatabaseAccess",
  ],
  // Policies.
  ["a policy without rules", (w) => policy(w, { rules: [] }), 'policy-rule: policy "p" has no rule'],
  // Options within options.
  [
    "a lease's",
    (w) => w.identity("web", js({ lease: { maxttl: Duration.hours(1) } })),
    "`lease.maxttl` is not an option",
  ],
  ["an endpoint's", (w) => endpoint(w, { fromVaults: {} }), "`endpoint.fromVaults` is not an option"],
  ["a container's", (w) => container(w, { commands: ["x"] }), "`containers[0].commands` is not an option"],
  [
    "a variable's",
    (w) => container(w, { env: [{ name: "A", valeu: "x" }] }),
    "`containers[0].env[0].valeu` is not an option",
  ],
  ["the injector's", (w) => pod(w, { injector: { agentImag: "x" } }), "`injector.agentImag` is not an option"],
  [
    "a rule's",
    (w) => policy(w, { rules: [{ path: VaultPath.exact("a/b"), capabilities: ["read"], allowedParameter: {} }] }),
    "`rules[0].allowedParameter` is not an option",
  ],
  [
    "the chart's",
    (w) => new VaultServer(w.config, "v", js({ mode: VaultMode.dev(), values: { injector: { replica: 2 } } })),
    "`values.injector.replica` is not an option",
  ],
  [
    "an environment's",
    (w) =>
      new VaultConfigStack(
        w.app,
        "x",
        js({ environment: { ...sandbox, vault: { ...sandbox.vault, vaultNamespce: "a" } } }),
      ),
    "`environment.vault.vaultNamespce` is not an option",
  ],
  // Grants.
  [
    "a column twice",
    (w) => table(w).columns("a", "b", "a").grants.read(w.identity("web")),
    'object-name: column "a" of s.t is named twice',
  ],
  [
    "a column declared twice",
    (w) => w.db.schema("s").table("t", { columns: ["a", "a"] }),
    'column "a" of s.t is declared twice',
  ],
  [
    "one privilege as a text",
    (w) => table(w).grants.custom(js("SELECT"), w.identity("web")),
    'privileges of a grant are "SELECT", a string',
  ],
  [
    "no privileges",
    (w) => table(w).grants.custom(js(undefined), w.identity("web")),
    "privileges of a grant are undefined",
  ],
  // What another App makes.
  ["a grantee", (w) => table(w).grants.read(other().identity("web")), "a grant of SELECT names who/web of another App"],
  ["who has access", (w) => w.db.access(other().identity("web")), "who is granted access names who/web of another App"],
  ["who runs", (w) => pod(w, { identity: other().identity("web") }), "`identity` is who/web of another App"],
  ["a cluster", (w) => w.identity("web", { cluster: other().cluster }), "`cluster` is who/eu of another App"],
  [
    "a database",
    (w) => w.accessTo({ database: other().database }),
    "`database` is servers/database shop of another App",
  ],
  [
    "a stack's database",
    (w) => new AccessStack(w.app, "x", { environment: sandbox, database: other().database }),
    "`database` is servers/database shop of another App",
  ],
  [
    "a server",
    (w) => new PostgresDatabase(w.servers, "x", { instance: other().instance }),
    "`instance` is servers/main of another App",
  ],
  [
    "a credential",
    (w) => pod(w, { credentials: [Credential.uri(other().db)] }),
    "`credentials[0]` is access/shop of another App",
  ],
  [
    "a policy",
    (w) => w.identity("web", { policies: [policy(other(), { rules: [] })] }),
    "`policies[0]` is who/p of another App",
  ],
  [
    "a policy that is added",
    (w) => w.identity("web").addPolicy(policy(other(), { rules: [] })),
    "`addPolicy` is who/p of another App",
  ],
  [
    "a Vault",
    (w) => pod(w, { vault: new VaultServer(other().config, "v", { mode: VaultMode.dev() }) }),
    "`vault` is who/v of another App",
  ],
  [
    "a stack that goes before",
    (w) => new WorkloadsStack(w.app, "x", { environment: sandbox, after: [other().config] }),
    "`after[0]` is who of another App",
  ],
];

describe("a wrong program is refused with a finding that says where", () => {
  test.each(FINDINGS)("%s", (_, make, message) => {
    const findings = findingsOfRefusal((app) => {
      const world = new World(app);
      world.identity("bystander");
      make(world);
    });
    const said = findings.map(({ code, message: text }) => `${code}: ${text}`);
    expect(said).toContainEqual(expect.stringContaining(message as string));
    expect(said.filter((text) => /undefined is|\[object|secret@/.test(text))).toEqual([]);
    for (const { path, sources, fix } of findings) {
      expect(path).not.toBe("");
      expect(sources.join()).toMatch(/(private\/wrong-programs\.test|support\/world)\.ts:\d+/);
      expect(fix).not.toBe("");
    }
  });
});

const ERRORS: readonly (readonly [string, () => unknown, string])[] = [
  ["an endless duration", () => Duration.days(1e9), "Duration.days(1000000000) is longer than ten years"],
  ["a duration of NaN", () => Duration.minutes(NaN), "Duration.minutes(NaN) is not a positive whole number of seconds"],
  [
    "a Vault with a login",
    () => Vault.fromAddress({ addressFromPods: "https://u:secret@v" }),
    '"https://…@v" holds a login',
  ],
  [
    "a Vault with an empty query",
    () => Vault.fromAddress({ addressFromPods: "https://v/?" }),
    "holds a query or a fragment",
  ],
  ["a Vault with a line end", () => Vault.fromAddress({ addressFromPods: "https://v\nx" }), "is not an address"],
  [
    "an external Vault",
    () => VaultMode.external("v.example.com"),
    'VaultMode.external "v.example.com" has neither https:// nor http://',
  ],
  ["an external Vault with a login", () => VaultMode.external("https://u:secret@v"), "holds a login"],
  [
    "another Vault's seal",
    () => Seal.transit({ address: "https://u:secret@v", keyName: "k" }),
    'Seal.transit "https://…@v" holds',
  ],
  [
    "a KMS",
    () => Seal.awsKms({ region: "r", keyId: "k", endpoint: "kms" }),
    'Seal.awsKms "kms" has neither https:// nor http://',
  ],
  [
    "an API server",
    () => ClusterAccess.gke({ host: "https://a?b", caCertificate: CA }),
    'ClusterAccess "https://a?b" holds a query',
  ],
];

test.each(ERRORS)("%s is an error without a secret", (_, make, message) => {
  expect(make).toThrow(message);
  expect(make).not.toThrow("secret@");
});

test("what is right is let through: an API server without a scheme, a mount of a volume that is added, options of a class of one's own", () => {
  class Ours extends InjectedDeployment {}
  const { who } = synthesize((app) => {
    const world = new World(app);
    new KubernetesAuth(world.config, "us", { kubernetesHost: "10.0.0.1:6443" });
    const mounts = { volumeMounts: [{ name: "home-init", mountPath: "/x" }] };
    const props = { identity: world.identity("web"), containers: [{ ...CONTAINER, ...mounts }], team: "shop" };
    new Ours(world.workloads, "n", props);
  });
  expect(who.warnings).toEqual([]);
});

describe("an option that nothing reads is told, and changes nothing", () => {
  const warned = (make: (world: World) => unknown, stack: string): readonly string[] => {
    const stacks = synthesize((app) => {
      const world = new World(app);
      make(world);
    });
    return stacks[stack].warnings.filter((text) => text.includes("is not an option"));
  };

  test.each<[string, string, (world: World) => unknown, string]>([
    ["of a workload", "workloads", (w) => pod(w, { flavour: "x" }), "`flavour` is not an option: nothing reads it"],
    ["of a container", "workloads", (w) => container(w, { flavour: "x" }), "`containers[0].flavour` is not an option"],
    ["of an identity", "who", (w) => w.identity("web", js({ colour: 1 })), "`colour` is not an option"],
    ["of a database", "access", (w) => w.accessTo(js({ colour: 1 })), "`colour` is not an option"],
    [
      "of the injector",
      "workloads",
      (w) => pod(w, { injector: { flavour: 1 } }),
      "`injector.flavour` is not an option",
    ],
  ])("%s", (_, stack, make, message) => {
    expect(warned(make, stack)).toEqual([expect.stringContaining(message)]);
  });
});
