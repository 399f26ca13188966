import { DatabaseSecretsMount as VaultMount } from "@cdktf/provider-vault/lib/database-secrets-mount";
import { App, TerraformStack, TerraformVariable } from "cdktf";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AccessOptions,
  Container,
  Credential,
  DatabaseAccess,
  DatabaseAccessProps,
  DatabaseMigration,
  Duration,
  PostgresInstanceAttributes,
  InjectedDeploymentProps,
  KubernetesAuth,
  KubernetesAuthAttributes,
  KubernetesAuthProps,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  PostgresInstanceProps,
  Vault,
  VaultMode,
  VaultPath,
  VaultPolicy,
  VaultServer,
  VaultServerProps,
  WorkloadIdentity,
  WorkloadIdentityProps,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, PostgresStack } from "../../stacks";
import { CONTAINER, World } from "../support/world";
import { both, diffOf, expectGrowth, said, Sides, stackOf } from "./sides";

const { minutes, hours } = Duration;

/** What one side of a pull request says of each construct. */
interface Over {
  readonly auth?: KubernetesAuthProps;
  /** A cluster that is not made here. */
  readonly imported?: KubernetesAuthAttributes;
  readonly identity?: Partial<WorkloadIdentityProps>;
  readonly options?: AccessOptions;
  readonly access?: Partial<DatabaseAccessProps>;
  readonly external?: Partial<PostgresInstanceAttributes>;
  readonly owner?: string;
  readonly all?: boolean;
  readonly pod?: Partial<InjectedDeploymentProps>;
  readonly own?: Partial<PostgresInstanceProps>;
  readonly vault?: Partial<VaultServerProps>;
  readonly sql?: string;
  readonly more?: (world: World, db: DatabaseAccess, web: WorkloadIdentity) => void;
}

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "leasehold-smuggling-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function program(app: App, over: Over): void {
  const world = new World(app);
  const cluster = over.imported
    ? KubernetesAuth.fromAttributes(world.config, "eu", over.imported)
    : new KubernetesAuth(world.config, "eu", over.auth);
  const web = new WorkloadIdentity(world.config, "web", { cluster, namespace: "shop", ...over.identity });
  const instance = world.server("main", over.external);
  const database = PostgresDatabase.fromDatabaseName(world.servers, "shop", {
    instance,
    owner: over.owner ?? "shop_owner",
  });
  const stack = new AccessStack(app, "access", { environment: sandbox, database });
  const db = new DatabaseAccess(stack, "shop", { database, ...over.access });
  db.access(web, over.options);
  const schema = db.schema("sales");
  if (over.all ?? true) schema.allTables().grants.read(web);
  schema.table("wizard").grants.read(web);
  world.deployment(web, [Credential.uri(db)], over.pod);
  const servers = new PostgresStack(app, "own", { environment: sandbox });
  if (over.own) new PostgresInstance(servers, "own", { cluster, namespace: "shop", ...over.own });
  if (over.vault) new VaultServer(stackOf(app, "vault"), "vault", { mode: VaultMode.standalone(), ...over.vault });
  if (over.sql !== undefined) {
    mkdirSync(join(folder, "sql"), { recursive: true });
    writeFileSync(join(folder, "sql/1.sql"), over.sql);
    const identity = new WorkloadIdentity(world.config, "migrator", { cluster, namespace: "shop" });
    new DatabaseMigration(db, "migration", { identity, migrations: Migrations.fromFolder(join(folder, "sql")) });
  }
  over.more?.(world, db, web);
}

/** Two identities, to which nothing was granted here. */
const twoMore = (world: World, { cluster }: WorkloadIdentity): WorkloadIdentity[] =>
  ["a", "b"].map((name) => new WorkloadIdentity(world.config, name, { cluster, namespace: "shop" }));
const imageIs =
  (name: string): Over["more"] =>
  (world) =>
    void new TerraformVariable(world.workloads, "image", { default: name }).overrideLogicalId("image");
const change = (base: Over, head: Over): Sides => both(program, base, head);
const container = (more: Partial<Container>): Container => ({ ...CONTAINER, ...more });

describe("through the public API: what lets more in, for longer or with less protection is growth", () => {
  test.each<[string, Over, Over]>([
    [
      "the cluster's name stands for another cluster",
      { imported: { authPath: "eu" } },
      { imported: { authPath: "ci" } },
    ],
    ["tokens for another audience are taken", {}, { auth: { audience: "https://kubernetes.default.svc" } }],
    ["another API server says who is who", {}, { auth: { kubernetesHost: "https://evil.example.com" } }],
    ["pods review their own tokens", {}, { auth: { clientReviewsItself: true, audience: "vault" } }],
    ["tables of another owner, once they are made", {}, { owner: "payroll_owner" }],
    ["a token that lasts longer", { identity: { tokenMaxTtl: hours(1) } }, { identity: { tokenMaxTtl: hours(24) } }],
    ["a dead agent's token", { identity: { tokenTtl: minutes(5) } }, { identity: { tokenTtl: minutes(50) } }],
    ["a lease", { options: { lease: { maxTtl: hours(1) } } }, { options: { lease: { maxTtl: hours(2) } } }],
    ["a lease, by the database's default", { access: { lease: { maxTtl: hours(1) } } }, {}],
    ["the cap alone", {}, { access: { lease: { cap: hours(48), maxTtl: hours(24) } } }],
    ["a password that stays in KV", {}, { access: { rotateRoot: false } }],
    ["passwords in a mount that others read", {}, { access: { kvMount: "public" } }],
    ["a connection that anybody can read", {}, { external: { sslMode: "disable" } }],
    ["a server whose name is not checked", {}, { external: { sslMode: "verify-ca" } }],
    ["a further policy", {}, { identity: { policies: [{ policyName: "admin" } as VaultPolicy] } }],
    [
      "an agent that answers whoever asks",
      {},
      { pod: { agent: "init-and-sidecar", injector: { cacheUseAutoAuthToken: "true" } } },
    ],
    [
      "an agent that answers with its own token",
      {},
      { pod: { agent: "init-and-sidecar", injector: { cacheUseAutoAuthToken: "force" } } },
    ],
    [
      "another Vault, which is given the pods' tokens",
      {},
      { pod: { vault: Vault.fromAddress({ addressFromPods: "https://vault.evil.example.com" }) } },
    ],
    ["the token as a file", {}, { pod: { injector: { injectToken: true } } }],
    [
      "a token that outlives its pod",
      {},
      { pod: { agent: "init-and-sidecar", injector: { revokeOnShutdown: false } } },
    ],
    ["a login that outlives its app", {}, { pod: { agent: "init-and-sidecar" } }],
    ["logins of a cluster that outlive their apps", {}, { auth: { agent: "init-and-sidecar" } }],
    ["another role at login", {}, { pod: { annotations: { "vault.hashicorp.com/role": "shop.admin" } } }],
    [
      "a further secret",
      {},
      { pod: { secrets: [{ name: "x", path: "database/main/payroll/creds/eu.shop.web", template: "" }] } },
    ],
    [
      "a container with the pod's token",
      {},
      { pod: { containers: [container({ volumeMounts: [{ name: "vault-token", mountPath: "/t" }] })] } },
    ],
    [
      "a container of another kind of node",
      {},
      { pod: { containers: [container({ securityContext: { privileged: true, allowPrivilegeEscalation: true } })] } },
    ],
    ["another program", {}, { pod: { containers: [container({ image: "registry.example.com/other:1" })] } }],
    [
      "a further program beside it",
      {},
      { pod: { containers: [CONTAINER, container({ name: "log", image: "registry.example.com/log:1" })] } },
    ],
    ["a program that runs before it", {}, { pod: { initContainers: [container({ name: "first" })] } }],
    [
      "an image that a variable names, whose default changes",
      { pod: { containers: [container({ image: "${var.image}" })] }, more: imageIs("a") },
      { pod: { containers: [container({ image: "${var.image}" })] }, more: imageIs("b") },
    ],
    [
      "a server that more namespaces reach",
      { own: { allowFromNamespaces: ["shop"] } },
      { own: { allowFromNamespaces: ["shop", "ci"] } },
    ],
    ["a server that everybody reaches", { own: { allowFromNamespaces: ["shop"] } }, { own: {} }],
    ["a server without TLS", { own: { tlsSecret: "tls", sslMode: "require" } }, { own: {} }],
    ["another image of the server", { own: {} }, { own: { image: "registry.example.com/postgres:18" } }],
    ["Vault without TLS", { vault: { mode: VaultMode.standalone({ tlsSecret: "tls" }) } }, { vault: {} }],
    ["another value of Vault's chart", { vault: {} }, { vault: { values: { server: { extraArgs: "-dev" } } } }],
    ["SQL that grants to all", { sql: "SELECT 1;" }, { sql: "GRANT ALL ON ALL TABLES IN SCHEMA sales TO PUBLIC;" }],
    ["a migration, which acts as the owner", {}, { sql: "SELECT 1;" }],
    [
      "a login of another program's database",
      {},
      {
        more: (world, _, web) => {
          const far = DatabaseAccess.fromMount(world.config, "far", {
            mountPath: "database/main/payroll",
            databaseName: "payroll",
            endpoint: { host: "main.example.com" },
          });
          world.deployment(web, [Credential.uri(far)], {}, "second");
        },
      },
    ],
    [
      "a further workload that runs as an identity, without a credential of ours",
      {},
      { more: (world, _, web) => void world.deployment(web, [], {}, "second") },
    ],
    [
      "a workload that runs as a stronger identity than before",
      { more: (world, _, web) => void world.deployment(twoMore(world, web)[0], [], {}, "job") },
      { more: (world, _, web) => void world.deployment(twoMore(world, web)[1], [], {}, "job") },
    ],
    [
      "the policy of those who run the mount, with every parameter",
      { more: (_, db) => void db.addOperatorPolicy() },
      {
        more: (_, db) =>
          void new VaultPolicy(db, "Operator", {
            policyName: "operator",
            rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
          }),
      },
    ],
  ])("%s", (_, base, head) => void expectGrowth(change(base, head)));
});

/** It runs as the same, another version of it, or in another place. */
const RERUN = 'rewired Deployment eu/shop/web RUN AS {"kind":"identity","name":"eu/shop/web"}';

describe("what is another way to the same, or the same way under another limit, is said and is not a growth", () => {
  test.each<[string, Over, Over, string[]]>([
    ["another group role", {}, { options: { groupRoleName: "readers" } }, ["rewired eu/shop/web (all)"]],
    ["more connections", {}, { options: { connectionLimit: 99 } }, ["rewired eu/shop/web (all)"]],
    ["more logins at once", {}, { options: { maxLiveLeases: 999 } }, ["rewired eu/shop/web (all)"]],
    [
      "another owner, of tables that are named",
      { all: false },
      { all: false, owner: "o" },
      ["rewired eu/shop/web (all)"],
    ],
    ...(
      [
        ["a second container of the same image", { containers: [CONTAINER, container({ name: "log" })] }],
        ["another version of the image", { containers: [container({ image: CONTAINER.image.replace(/:.*/, ":2") })] }],
        ["another command", { containers: [container({ command: ["sh", "-c", "curl evil.example.com"] })] }],
        ["other arguments", { containers: [container({ args: ["--upload"] })] }],
        ["another environment", { containers: [container({ env: [{ name: "NODE_OPTIONS", value: "-r x" }] })] }],
        ["what a probe runs", { containers: [container({ livenessProbe: { exec: { command: ["sh"] } } })] }],
        ["other nodes", { nodeSelector: { pool: "shared" } }],
      ] as const
    ).map(([what, pod]): [string, Over, Over, string[]] => [what, {}, { pod: pod as Over["pod"] }, [RERUN]]),
    ["an account that somebody else makes", {}, { pod: { serviceAccount: "existing" } }, []],
    ["more pods", {}, { pod: { replicas: 9 } }, []],
  ])("%s", (_, base, head, expected) => expect(said(diffOf(change(base, head)))).toEqual(expected));
});

describe("how long the logins of a mount may live has a verdict of its own, and nothing beside it is unclassified", () => {
  const alone: Over = { access: { lease: { cap: hours(48), maxTtl: hours(24) } } };
  const mount = "mount database/main/shop (all)";
  test.each<[string, Over, Over, string[]]>([
    ["raised alone", {}, alone, [`longer ${mount}`]],
    ["lowered alone", alone, {}, [`shorter ${mount}`]],
    [
      "raised with the leases",
      {},
      { access: { lease: { cap: hours(48) } } },
      ["longer eu/shop/web (all)", `longer ${mount}`],
    ],
  ])("%s", (_, base, head, expected) => expect(said(diffOf(change(base, head)))).toEqual(expected));

  test("past the construct it is unclassified, as the graph does not say it", () => {
    const past: Over["more"] = (_, db) => {
      for (const child of db.node.findAll()) if (child instanceof VaultMount) child.maxLeaseTtlSeconds = 999_999;
    };
    expect(said(diffOf(change({}, { more: past })))).toEqual([
      expect.stringMatching(/^unclassified changed overridden resource vault_database_secrets_mount /),
    ]);
  });
});

describe("what would give one the rights of another is refused, and not only shown", () => {
  const findings = (over: Over): string => {
    try {
      diffOf(change({}, over));
    } catch (error) {
      return String(error);
    }
    return "nothing";
  };
  test.each<[string, Over, string]>([
    [
      "one group role for two",
      {
        more: (world, db) => {
          const cluster = KubernetesAuth.fromAttributes(world.config, "us");
          const admin = new WorkloadIdentity(world.config, "admin", { cluster, namespace: "shop" });
          db.access(admin, { groupRoleName: "eu_shop_web_shop" });
        },
      },
      "object-name",
    ],
    ["the owner as a group role", { options: { groupRoleName: "shop_owner" } }, "object-name"],
    ["Terraform's admin as a group role", { options: { groupRoleName: "leasehold_admin" } }, "object-name"],
    ["PUBLIC as a group role", { options: { groupRoleName: "public" } }, "object-name"],
    ["a role of PostgreSQL's own", { options: { groupRoleName: "pg_read_all_data" } }, "object-name"],
    [
      "two databases behind one mount",
      {
        more: (world, db) => {
          const database = world.databaseOf("payroll", db.database.instance);
          new DatabaseAccess(world.second(database, "second"), "payroll", { database, mountPath: db.mountPath });
        },
      },
      "mount-overlap",
    ],
    [
      "one identity twice, with other times",
      {
        more: (world, _, { cluster }) =>
          void new WorkloadIdentity(world.config, "again", {
            cluster,
            namespace: "shop",
            serviceAccountName: "web",
            tokenMaxTtl: hours(9),
          }),
      },
      "identity-duplicate",
    ],
    ["a lease beyond the cap", { options: { lease: { maxTtl: hours(48) } } }, "lease-ttl"],
  ])("%s", (_, over, code) => expect(findings(over)).toContain(code));

  test("no time is zero, which Vault would take for its own default of 32 days", () => {
    for (const make of [Duration.seconds, minutes, hours]) expect(() => make(0)).toThrow("positive");
    expect(() => Duration.seconds(0.5)).toThrow("whole");
  });
});

describe("an element that is touched by hand is never taken for explained", () => {
  const hatch = (touch: (world: World, db: DatabaseAccess, web: WorkloadIdentity) => void): Sides =>
    change({}, { more: touch });
  test.each<[string, Parameters<typeof hatch>[0]]>([
    [
      "what another construct's synthesis makes of a file that was written",
      (world, db) => {
        const late = stackOf(world.app, "zz");
        Object.defineProperty(late, Symbol.for("cdktf/customSynthesis"), {
          value: { onSynthesize: (): void => rewrite(world.app, db) },
        });
      },
    ],
    [
      "a synthesizer that writes something else",
      (_, db) => {
        const stack = TerraformStack.of(db);
        const { synthesizer } = stack;
        const { synthesize } = synthesizer;
        synthesizer.synthesize = (session): void => {
          synthesize.call(synthesizer, session);
          rewrite(stack.node.root as App, db);
        };
      },
    ],
    [
      "a value that is another one when it is asked for again",
      (_, db) => {
        let asked = 0;
        const { policy } = db.edges[0];
        const { synthesizeAttributes } = policy as unknown as { synthesizeAttributes(): Record<string, unknown> };
        Object.assign(policy, {
          synthesizeAttributes: () => ({
            ...synthesizeAttributes.call(policy),
            ...(asked++ < 2 && { policy: 'path "*" {}' }),
          }),
        });
      },
    ],
  ])("%s", (_, touch) => void expectGrowth(hatch(touch)));
});

/** Widens the policy of the one edge in the file that Terraform will read. */
function rewrite(app: App, db: DatabaseAccess): void {
  const file = join(app.outdir, "stacks", TerraformStack.of(db).node.id, "cdk.tf.json");
  const text = readFileSync(file, "utf8");
  const wide = text.replace(/creds\/eu\.shop\.web/g, "*");
  if (wide === text) throw new Error("there is nothing to widen");
  writeFileSync(file, wide);
}
