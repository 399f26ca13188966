import { TerraformIterator } from "cdktf";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  Finding,
  ExternalWorkload,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  WorkloadIdentity,
} from "../../../constructs";
import { AccessStack, DatabasesStack, Environment, WorkloadsStack } from "../../../stacks";
import { findingsOfRefusal } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

/** What plain JavaScript lets through. */
const any = (value: unknown): never => value as never;

const refusedFor = (make: (world: World) => void): readonly Finding[] =>
  findingsOfRefusal((app) => {
    const world = new World(app);
    world.identity("bystander");
    make(world);
  });

type Case = readonly [title: string, message: string, fix: string | RegExp, make: (world: World) => void];

const NOT_A_DURATION: readonly Case[] = [
  [
    "the lease of an identity",
    '`lease.ttl` is "15m", a string, not a Duration',
    "write Duration.minutes(15)",
    (world) => world.identity("web", { lease: { ttl: any("15m") } }),
  ],
  [
    "a lease that is a text",
    '`lease` is "1h", a string, not an object',
    "write { maxTtl: Duration.hours(1) }",
    (world) => world.identity("web", { lease: any("1h") }),
  ],
  [
    "the token of an identity",
    "`tokenTtl` is 3600, a number, not a Duration",
    "write Duration.seconds(3600)",
    (world) => world.identity("web", { tokenTtl: any(3600) }),
  ],
  [
    "the end of a token",
    '`tokenMaxTtl` is "a day", a string, not a Duration',
    "write it as Duration.minutes(15)",
    (world) => world.identity("web", { tokenMaxTtl: any("a day") }),
  ],
  [
    "the cap of a database",
    '`lease.cap` is "7d", a string, not a Duration',
    "write Duration.days(7)",
    (world) => world.accessTo({ lease: { cap: any("7d") } }),
  ],
  [
    "the lease of a database",
    "`lease.maxTtl` is a plain object, not a Duration",
    /Duration/,
    (world) => world.accessTo({ lease: { maxTtl: any({ hours: 1 }) } }),
  ],
  [
    "the lease of an edge",
    '`lease.maxTtl` is "30m", a string, not a Duration',
    "write Duration.minutes(30)",
    (world) => world.db.access(world.identity("web"), { lease: { maxTtl: any("30m") } }),
  ],
  [
    "a database granted elsewhere",
    '`leaseMaxTtl` is "90s", a string, not a Duration',
    "write Duration.seconds(90)",
    (world) =>
      DatabaseAccess.fromMount(world.access, "far", {
        mountPath: "database/far/x",
        databaseName: "x",
        endpoint: { host: "far.internal" },
        leaseMaxTtl: any("90s"),
      }),
  ],
  [
    "the drain of a Deployment",
    '`drain` is "20s", a string, not a Duration',
    "write Duration.seconds(20)",
    (world) => world.deployment(world.identity("web"), [], { drain: any("20s") }),
  ],
  [
    "how an agent runs",
    '`agent` is "sidecar", a string, which is none of "native-sidecar", "init-and-sidecar"',
    'write "native-sidecar" or "init-and-sidecar"',
    (world) => world.deployment(world.identity("web"), [], { agent: any("sidecar") }),
  ],
  [
    "the grace of an agent",
    '`injector.revokeGrace` is "20s", a string, not a Duration',
    "write Duration.seconds(20)",
    (world) => world.deployment(world.identity("web"), [], { injector: { revokeGrace: any("20s") } }),
  ],
  [
    "an agent's patience",
    "`injector.clientTimeout` is 30, a number, not a Duration",
    "write Duration.seconds(30)",
    (world) => world.deployment(world.identity("web"), [], { injector: { clientTimeout: any(30) } }),
  ],
  [
    "the time of a migration",
    '`timeout` is "5m", a string, not a Duration',
    "write Duration.minutes(5)",
    (world) =>
      new DatabaseMigration(world.db, "migration", {
        identity: world.identity("m"),
        migrations: Migrations.fromFolder("examples/shop/sql/shop"),
        timeout: any("5m"),
      }),
  ],
  [
    "the time of a Job",
    '`activeDeadline` is "5m", a string, not a Duration',
    "write Duration.minutes(5)",
    (world) =>
      new InjectedJob(world.workloads, "job", {
        identity: world.identity("j"),
        containers: [CONTAINER],
        activeDeadline: any("5m"),
      }),
  ],
  [
    "how long a Job stays",
    '`ttlAfterFinished` is "5m", a string, not a Duration',
    "write Duration.minutes(5)",
    (world) =>
      new InjectedJob(world.workloads, "job", {
        identity: world.identity("j"),
        containers: [CONTAINER],
        ttlAfterFinished: any("5m"),
      }),
  ],
  [
    "the start of a CronJob",
    '`startingDeadline` is "5m", a string, not a Duration',
    "write Duration.minutes(5)",
    (world) =>
      new InjectedCronJob(world.workloads, "job", {
        schedule: "@hourly",
        identity: world.identity("j"),
        containers: [CONTAINER],
        startingDeadline: any("5m"),
      }),
  ],
];

const IDENTITY = /^give the WorkloadIdentity itself/;

const NO_SUCH_THING: readonly Case[] = [
  [
    "a grant to a name",
    'a grant of SELECT is "web", a string, not an identity',
    IDENTITY,
    (world) => world.db.schema("sales").table("wizard").grants.read(any("web")),
  ],
  [
    "a grant to nothing",
    "a grant of SELECT is undefined, not an identity",
    IDENTITY,
    (world) => world.db.schema("sales").table("wizard").grants.read(any(undefined)),
  ],
  [
    "a grant to a list",
    "a grant of EXECUTE is a list, not an identity",
    IDENTITY,
    (world) =>
      world.db
        .schema("sales")
        .function("f")
        .grants.execute(any([world.identity("web")])),
  ],
  [
    "access of a name",
    'who is granted access is "web", a string, not an identity',
    IDENTITY,
    (world) => world.db.access(any("web")),
  ],
  [
    "a Deployment as a name",
    '`identity` is "web", a string, not an identity',
    IDENTITY,
    (world) => world.deployment(any("web"), [], {}, "web"),
  ],
  [
    "a migration as a name",
    '`identity` is "web", a string, not an identity',
    IDENTITY,
    (world) =>
      new DatabaseMigration(world.db, "migration", {
        identity: any("web"),
        migrations: Migrations.fromFolder("examples/shop/sql/shop"),
      }),
  ],
  [
    "a cluster's name",
    '`cluster` is "eu", a string, not a KubernetesAuth',
    /^give the KubernetesAuth of the cluster/,
    (world) => new WorkloadIdentity(world.config, "web", { cluster: any("eu"), namespace: "shop" }),
  ],
  [
    "a database's name",
    '`database` is "shop", a string, not a database',
    /^give the PostgresDatabase/,
    (world) => new DatabaseAccess(world.access, "shop", { database: any("shop") }),
  ],
  [
    "a stack of a database's name",
    '`database` is "shop", a string, not a database',
    /^give the PostgresDatabase/,
    (world) => new AccessStack(world.app, "other", { environment: world.environment, database: any("shop") }),
  ],
  [
    "a server's name",
    '`instance` is "main", a string, not a server',
    /^give the PostgresInstance/,
    (world) => PostgresDatabase.fromDatabaseName(world.servers, "shop", { instance: any("main"), owner: "o" }),
  ],
  [
    "a stack of a server's address",
    "`instance` is an object of the class AdminCredential, not a server",
    /^give the PostgresInstance/,
    (world) =>
      new DatabasesStack(world.app, "other", {
        environment: world.environment,
        instance: any(AdminCredential.fromKv("x")),
      }),
  ],
  [
    "an environment's name",
    '`environment` is "sandbox", a string, not an object',
    /^give an object: \{ name, guardrails, cluster, vault, postgres, backend \}$/,
    (world) => new WorkloadsStack(world.app, "other", { environment: any("sandbox") as Environment }),
  ],
  [
    "a credential's name",
    '`credentials[0]` is "uri", a string, not a Credential',
    /^write Credential\.uri\(access\)/,
    (world) => world.deployment(world.identity("web"), [any("uri")]),
  ],
  [
    "a credential of a name",
    'the database of a credential is "shop", a string, not a DatabaseAccess',
    /^write Credential\.uri\(access\)/,
    (world) => world.deployment(world.identity("web"), [Credential.uri(any("shop"))]),
  ],
];

describe.each([
  ["what is not a duration", NOT_A_DURATION],
  ["what is not a construct", NO_SUCH_THING],
])("%s is a finding with its value, its place and the remedy", (_, cases) => {
  test.each(cases)("%s", (_title, message, fix, make) => {
    const findings = refusedFor(make);
    expect(findings.map(({ code, severity, message }) => ({ code, severity, message }))).toEqual([
      { code: "argument", severity: "error", message },
    ]);
    expect(findings[0].fix).toEqual(typeof fix === "string" ? fix : expect.stringMatching(fix));
    expect(findings[0].sources).toEqual([
      expect.stringMatching(/^__tests__\/(access\/finding\/argument\.test|support\/world)\.ts:\d+$/),
    ]);
  });
});

test("null counts as left out, and a Duration as what it is", () => {
  expect(
    refusedFor((world) => {
      world.identity("web", { tokenTtl: any(null), tokenMaxTtl: Duration.hours(1), lease: any(null) });
      world.identity("other", { serviceAccountName: "" });
    }).map(({ code }) => code),
  ).toEqual(["identity-namespace"]);
});

describe("tokens of any, as iterators have them", () => {
  const value = (): never => TerraformIterator.fromList(["a"]).value as never;
  const TOKEN = "is a token of cdktf, whose value is known only when Terraform runs";
  test.each<[string, string, (world: World) => void]>([
    ["schema", "object-name", (world) => world.db.schema(value()).table("t").grants.read(world.identity("web"))],
    ["table", "object-name", (world) => world.db.schema("s").table(value()).grants.read(world.identity("web"))],
    [
      "table",
      "object-name",
      (world) => world.db.schema("s").table(value()).columns("c").grants.read(world.identity("web")),
    ],
    [
      "column",
      "object-name",
      (world) => world.db.schema("s").table("t").columns(value()).grants.read(world.identity("web")),
    ],
    ["sequence", "object-name", (world) => world.db.schema("s").sequence(value()).grants.use(world.identity("web"))],
    [
      "function",
      "object-name",
      (world) => world.db.schema("s").function(value()).grants.execute(world.identity("web")),
    ],
    ["groupRoleName", "argument", (world) => world.db.access(world.identity("web"), { groupRoleName: value() })],
    ["mountPath", "argument", (world) => world.accessTo({ mountPath: value() })],
    ["database", "database-name", (world) => world.accessTo({ database: world.databaseOf(value()) })],
    ["namespace", "argument", (world) => world.identity("web", { namespace: value() })],
    ["clusterName", "argument", (world) => KubernetesAuth.fromAttributes(world.config, "us", { clusterName: value() })],
  ])("a %s that is one is a finding", (what, code, make) => {
    const findings = refusedFor(make);
    expect(findings.map(({ code }) => code)).toContain(code);
    expect(findings.map(({ message }) => message).join("\n")).toMatch(new RegExp(`${what}.*(${TOKEN}|is a token)`));
  });
});

/** Props that take one of some words, with a word that none of them is. */
const NOT_A_WORD: readonly (readonly [prop: string, make: (world: World) => unknown])[] = [
  ["kind", (world) => new ExternalWorkload(world.workloads, "web", { ...pod(world), kind: any("Pod") })],
  ["kind", (world) => new ExternalWorkload(world.workloads, "web", any({ ...pod(world) }))],
  ["serviceAccount", (world) => new InjectedJob(world.workloads, "web", { ...pod(world), serviceAccount: any("no") })],
  [
    "strategy.type",
    (world) => new InjectedDeployment(world.workloads, "web", { ...pod(world), strategy: { type: any("Blue") } }),
  ],
  [
    "podManagementPolicy",
    (world) => new InjectedStatefulSet(world.workloads, "web", { ...pod(world), podManagementPolicy: any("all") }),
  ],
  [
    "updateStrategy",
    (world) => new InjectedStatefulSet(world.workloads, "web", { ...pod(world), updateStrategy: any("never") }),
  ],
  [
    "updateStrategy",
    (world) => new InjectedDaemonSet(world.workloads, "web", { ...pod(world), updateStrategy: any("never") }),
  ],
  [
    "restartPolicy",
    (world) => new InjectedJob(world.workloads, "web", { ...pod(world), restartPolicy: any("Always") }),
  ],
  [
    "concurrencyPolicy",
    (world) =>
      new InjectedCronJob(world.workloads, "web", { ...pod(world), schedule: "@daily", concurrencyPolicy: any("One") }),
  ],
  [
    "containers[0].imagePullPolicy",
    (world) =>
      new InjectedJob(world.workloads, "web", {
        ...pod(world),
        containers: [{ ...CONTAINER, imagePullPolicy: any("Sometimes") }],
      }),
  ],
  [
    "tolerations[0].effect",
    (world) => new InjectedJob(world.workloads, "web", { ...pod(world), tolerations: [{ effect: any("Flee") }] }),
  ],
  ["kind", (world) => world.db.schema("sales").table("wizard", { kind: any("index") })],
  [
    "sslMode",
    (world) =>
      DatabaseAccess.fromMount(world.access, "far", {
        ...{ mountPath: "database/far", databaseName: "far", endpoint: { host: "far.corp.internal" } },
        sslMode: any("prefer"),
      }),
  ],
  [
    "environment.guardrails",
    (world) =>
      new WorkloadsStack(world.app, "more", { environment: { ...world.environment, guardrails: any("prod") } }),
  ],
];

const pod = (world: World): { identity: WorkloadIdentity; containers: (typeof CONTAINER)[] } => ({
  identity: world.identity("web") as WorkloadIdentity,
  containers: [CONTAINER],
});

test.each(NOT_A_WORD)("%s that is none of its words is refused, with the words", (prop, make) => {
  const found = refusedFor((world) => void make(world)).filter(({ message }) => message.startsWith(`\`${prop}\``));
  expect(found).toEqual([
    expect.objectContaining({ code: "argument", severity: "error", fix: expect.stringMatching(/^write "/) as string }),
  ]);
});
