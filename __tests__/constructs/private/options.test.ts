import { App } from "cdktf";
import {
  AdminCredential,
  BootstrapKv,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  ExternalWorkload,
  Findings,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  Reload,
  Seal,
  Vault,
  VaultMode,
  VaultPath,
  VaultPolicy,
  VaultServer,
  WorkloadIdentity,
} from "../../../constructs";
import {
  AccessStack,
  ClusterAccess,
  DatabasesStack,
  PlatformStack,
  StateBackend,
  VaultConfigStack,
  VaultLogin,
  WorkloadsStack,
} from "../../../stacks";
import type { Shape } from "../../../constructs/private/shape";
import { STRUCTS } from "../../../constructs/private/shapes";
import { CA } from "../../support/certificates";
import { findingsOfRefusal } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

/** Of each kind of options: whose they are, and such that nothing is wrong with them. */
interface Entry {
  readonly valid: (world: World) => object;
  readonly make: (world: World, options: never) => unknown;
}

const pod = (world: World): object => ({ identity: world.identity("web"), containers: [CONTAINER] });
const server = { endpoint: { host: "db.example.com" }, admin: AdminCredential.fromKv("a/b"), majorVersion: 18 };

const ENTRIES: Readonly<Record<string, Entry>> = {
  KubernetesAuthProps: { valid: () => ({}), make: (world, given) => new KubernetesAuth(world.config, "us", given) },
  KubernetesAuthAttributes: {
    valid: () => ({}),
    make: (world, given) => KubernetesAuth.fromAttributes(world.config, "us", given),
  },
  WorkloadIdentityProps: {
    valid: (world) => ({ cluster: world.cluster, namespace: "shop" }),
    make: (world, given) => new WorkloadIdentity(world.config, "new", given),
  },
  ServiceAccountAttributes: {
    valid: (world) => ({ cluster: world.cluster, namespace: "shop" }),
    make: (world, given) => WorkloadIdentity.fromServiceAccount(world.config, "new", given),
  },
  VaultPolicyProps: {
    valid: () => ({ rules: [{ path: VaultPath.exact("a/b"), capabilities: ["read"] }] }),
    make: (world, given) => new VaultPolicy(world.config, "new", given),
  },
  BootstrapKvProps: { valid: () => ({}), make: (world, given) => new BootstrapKv(world.config, "new", given) },
  VaultServerProps: {
    valid: () => ({ mode: VaultMode.dev() }),
    make: (world, given) => new VaultServer(world.config, "new", given),
  },
  PostgresInstanceProps: {
    valid: (world) => ({ cluster: world.cluster, namespace: "data" }),
    make: (world, given) => new PostgresInstance(world.config, "new", given),
  },
  PostgresInstanceAttributes: {
    valid: () => server,
    make: (world, given) => PostgresInstance.fromEndpoint(world.servers, "new", given),
  },
  PostgresDatabaseProps: {
    valid: (world) => ({ instance: world.instance }),
    make: (world, given) => new PostgresDatabase(world.servers, "new", given),
  },
  PostgresDatabaseAttributes: {
    valid: (world) => ({ instance: world.instance, owner: "o" }),
    make: (world, given) => PostgresDatabase.fromDatabaseName(world.servers, "new", given),
  },
  DatabaseAccessProps: {
    valid: (world) => ({ database: world.database }),
    make: (world, given) => new DatabaseAccess(world.access, "new", given),
  },
  DatabaseAccessAttributes: {
    valid: () => ({ mountPath: "database/far/x", databaseName: "x", endpoint: { host: "far.example.com" } }),
    make: (world, given) => DatabaseAccess.fromMount(world.access, "new", given),
  },
  AccessOptions: { valid: () => ({}), make: (world, given) => world.db.access(world.identity("web"), given) },
  TableOptions: { valid: () => ({}), make: (world, given) => world.db.schema("s").table("t", given) },
  CredentialOptions: { valid: () => ({}), make: (world, given) => Credential.uri(world.db, given) },
  AcknowledgementProps: {
    valid: () => ({ code: "unused", reason: "ours" }),
    make: (world, given) => Findings.acknowledge(world.config, given),
  },
  InjectedDeploymentProps: { valid: pod, make: (world, given) => new InjectedDeployment(world.workloads, "n", given) },
  InjectedStatefulSetProps: {
    valid: pod,
    make: (world, given) => new InjectedStatefulSet(world.workloads, "n", given),
  },
  InjectedDaemonSetProps: { valid: pod, make: (world, given) => new InjectedDaemonSet(world.workloads, "n", given) },
  InjectedJobProps: { valid: pod, make: (world, given) => new InjectedJob(world.workloads, "n", given) },
  InjectedCronJobProps: {
    valid: (world) => ({ ...pod(world), schedule: "@daily" }),
    make: (world, given) => new InjectedCronJob(world.workloads, "n", given),
  },
  ExternalWorkloadProps: {
    valid: (world) => ({ identity: world.identity("web"), kind: "Deployment" }),
    make: (world, given) => new ExternalWorkload(world.workloads, "n", given),
  },
  DatabaseMigrationProps: {
    valid: (world) => ({
      identity: world.identity("m"),
      migrations: Migrations.fromFolder("examples/shop/sql/shop"),
    }),
    make: (world, given) => new DatabaseMigration(world.db, "n", given),
  },
  LeaseholdStackProps: {
    valid: (world) => ({ environment: world.environment }),
    make: (world, given) => [new VaultConfigStack(world.app, "n", given), new WorkloadsStack(world.app, "m", given)],
  },
  AccessStackProps: {
    valid: (world) => ({ environment: world.environment, database: world.database }),
    make: (world, given) => new AccessStack(world.app, "n", given),
  },
  DatabasesStackProps: {
    valid: (world) => ({ environment: world.environment, instance: world.instance }),
    make: (world, given) => new DatabasesStack(world.app, "n", given),
  },
  PlatformStackProps: {
    valid: (world) => ({ environment: world.environment, namespaces: ["shop"] }),
    make: (world, given) => new PlatformStack(world.app, "n", given),
  },
};

/** Options of what is made without a construct, which an error names by itself. */
const BY_THEMSELVES: Readonly<Record<string, readonly [valid: object, make: (options: never) => unknown]>> = {
  AdminCredentialOptions: [{}, (given) => AdminCredential.fromKv("postgres/main/admin", given)],
  ApiServer: [{ host: "https://a", caCertificate: CA }, (given) => ClusterAccess.gke(given)],
  AksAccess: [{ host: "https://a", caCertificate: CA }, (given) => ClusterAccess.aks(given)],
  EksAccess: [
    { host: "https://a", caCertificate: CA, clusterName: "eu", region: "eu-west-1" },
    (given) => ClusterAccess.eks(given),
  ],
  ExecAccess: [{ host: "https://a", caCertificate: CA, command: "c" }, (given) => ClusterAccess.exec(given)],
  KubeconfigOptions: [{}, (given) => ClusterAccess.kubeconfig(given)],
  KubernetesLogin: [{}, (given) => VaultLogin.kubernetes("deploy", given)],
  S3State: [{ bucket: "b", region: "r" }, (given) => StateBackend.s3(given)],
  AzureState: [
    { resourceGroupName: "a", storageAccountName: "b", containerName: "c" },
    (given) => StateBackend.azurerm(given),
  ],
  AwsKmsSeal: [{ region: "r", keyId: "k" }, (given) => Seal.awsKms(given)],
  AzureKeyVaultSeal: [{ tenantId: "t", vaultName: "v", keyName: "k" }, (given) => Seal.azureKeyVault(given)],
  GcpCkmsSeal: [{ project: "p", location: "l", keyRing: "r", cryptoKey: "k" }, (given) => Seal.gcpCkms(given)],
  OciKmsSeal: [
    { keyId: "k", cryptoEndpoint: "https://c", managementEndpoint: "https://m" },
    (given) => Seal.ociKms(given),
  ],
  TransitSeal: [{ address: "https://v", keyName: "k" }, (given) => Seal.transit(given)],
  StandaloneOptions: [{}, (given) => VaultMode.standalone(given)],
  HaOptions: [{ tlsSecret: "t", seal: Seal.shamir() }, (given) => VaultMode.ha(given)],
  VaultAttributes: [{ addressFromPods: "https://v" }, (given) => Vault.fromAddress(given)],
  FolderMigrationOptions: [{}, (given) => Migrations.fromFolder("sql", given)],
  ContainerMigrationOptions: [{}, (given) => Migrations.fromContainer(CONTAINER, given)],
  HttpReload: [{ port: 8080 }, (given) => Reload.httpPost(given)],
  SignalReload: [{ process: "node" }, (given) => Reload.signal(given)],
  ReloadedProcess: [{ process: "node" }, (given) => Reload.restart(given)],
};

const fieldsOf = (name: string): [string, Shape][] => {
  const { extends: bases = [], fields } = STRUCTS[name];
  return [
    ...bases.flatMap(fieldsOf),
    ...Object.entries(fields).map(([field, shape]): [string, Shape] => [field.replace("?", ""), shape]),
  ];
};

/** What is of no shape but `unknown`. */
const WRONG: readonly unknown[] = [Symbol("odd"), ["a"], { a: 1 }, 5, "odd", () => 1];
const isOf = (value: unknown, shape: Shape): boolean => {
  if (shape === "unknown") return true;
  if (typeof shape === "string") return typeof value === shape;
  if ("oneOf" in shape) return false;
  if ("any" in shape) return shape.any.some((one) => isOf(value, one));
  if ("list" in shape) return Array.isArray(value);
  return typeof value === "object" && !Array.isArray(value) && ("map" in shape || "struct" in shape);
};

const refusedFor = (entry: Entry, change: object): string[] =>
  findingsOfRefusal((app: App) => {
    const world = new World(app);
    world.identity("bystander");
    entry.make(world, { ...entry.valid(world), ...change } as never);
  }).map(({ code, message }) => `${code}: ${message}`);

describe.each(Object.entries(ENTRIES))("%s from plain JavaScript", (struct, entry) => {
  test.each(fieldsOf(struct))("%s that is something else is a finding that names it", (field, shape) => {
    for (const value of WRONG.filter((one) => !isOf(one, shape)))
      expect(refusedFor(entry, { [field]: value })).toContainEqual(
        expect.stringMatching(new RegExp(`^argument: \`${field}(\`|\\.|\\[)`)),
      );
  });

  test("no options, and options of another kind, are findings and no TypeError", () => {
    for (const given of [5, "odd", ["a"]])
      expect(
        findingsOfRefusal((app: App) => {
          const world = new World(app);
          world.identity("bystander");
          entry.make(world, given as never);
        }).map(({ code }) => code),
      ).toContain("argument");
  });
});

describe.each(Object.entries(BY_THEMSELVES))("%s from plain JavaScript", (struct, [valid, make]) => {
  test.each(fieldsOf(struct))("%s that is something else is an error that names it", (field, shape) => {
    expect(() => make(valid as never)).not.toThrow();
    for (const value of WRONG.filter((one) => !isOf(one, shape)))
      expect(() => make({ ...valid, [field]: value } as never)).toThrow(new RegExp(`argument: \`${field}(\`|\\.|\\[)`));
  });
});

test("every options type of the constructs and stacks has an entry above, is a part of one, or is checked by its own", () => {
  const parts = (name: string): string[] => [
    name,
    ...(STRUCTS[name].extends ?? []).flatMap(parts),
    ...Object.values(STRUCTS[name].fields).flatMap(partsOf),
  ];
  const partsOf = (shape: Shape): string[] => {
    if (typeof shape === "string" || "oneOf" in shape || "like" in shape) return [];
    if ("any" in shape) return shape.any.flatMap(partsOf);
    if ("list" in shape) return partsOf(shape.list);
    return "map" in shape ? partsOf(shape.map) : parts(shape.struct);
  };
  const covered = new Set([...Object.keys(ENTRIES), ...Object.keys(BY_THEMSELVES)].flatMap(parts));
  // What is given out and not taken; what only extends options with what a format says of its own text; what rules of names check.
  for (const name of ["CredentialProblem", "EffectiveLimits", "GrantResult", "LeaseSeconds"]) covered.add(name);
  for (const name of ["DotenvOptions", "SqlalchemyOptions", "OperatorPolicyOptions"]) covered.add(name);
  covered.add("BootstrapPasswordProps");
  expect(Object.keys(STRUCTS).filter((name) => !covered.has(name))).toEqual([]);
});

test("a text in the place of an admin's options is an error: it is not a user name", () => {
  expect(() => AdminCredential.fromKv("postgres/main/admin", "dba" as never)).toThrow(
    'argument: the options are "dba", a string, not an object',
  );
});

test("an identity whose lease is refused has none: what was given reaches nobody who asks for it", () => {
  const leases: unknown[] = [];
  const findings = findingsOfRefusal((app: App) => {
    const { config, cluster } = new World(app);
    leases.push(new WorkloadIdentity(config, "new", { cluster, namespace: "shop", lease: 5 as never }).lease);
  });
  expect(leases).toEqual([{}]);
  expect(findings.map(({ message }) => message)).toEqual([expect.stringMatching(/^`lease` is 5, a number/)]);
});

test.each<[string, (odd: never) => unknown]>([
  ["path", (odd) => AdminCredential.fromKv(odd)],
  ["path", (odd) => VaultPath.exact(odd)],
  ["prefix", (odd) => VaultPath.startingWith(odd)],
  ["role", (odd) => VaultLogin.jwt(odd)],
  ["mount", (odd) => VaultLogin.jwt("deploy", odd)],
  ["role", (odd) => VaultLogin.kubernetes(odd)],
  ["bucket", (odd) => StateBackend.gcs(odd)],
  ["organization", (odd) => StateBackend.hcpTerraform(odd)],
  ["address", (odd) => VaultMode.external(odd)],
  ["folder", (odd) => Migrations.fromFolder(odd)],
  ["template", (odd) => Credential.custom(undefined as never, odd)],
  ["driver", (odd) => Credential.sqlalchemy(undefined as never, { driver: odd })],
  ["variable", (odd) => Credential.dotenv(undefined as never, { variable: odd })],
])("a %s that is not text is an error that names it", (name, make) => {
  expect(() => make(5 as never)).toThrow(`argument: \`${name}\` is 5, a number`);
});

test("an option that is nearly one is named with the one that was meant", () => {
  expect(refusedFor(ENTRIES.InjectedDeploymentProps, { replica: 3 })).toEqual(["argument: `replica` is not an option"]);
});

test("everything that is wrong is said at once", () => {
  const wrong = { replicas: "2", drain: 30, labels: ["a"] };
  expect(refusedFor(ENTRIES.InjectedDeploymentProps, wrong)).toHaveLength(3);
});
