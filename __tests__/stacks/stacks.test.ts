import { App, TerraformStack } from "cdktf";
import { chooseEnvironment, Environment, production as example, sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";
import { CA } from "../support/certificates";
import { production, shopInProduction } from "../support/production";
import {
  AccessStack,
  ClusterAccess,
  DatabasesStack,
  PlatformStack,
  PostgresStack,
  REQUIRED_TERRAFORM,
  VaultConfigStack,
  WorkloadsStack,
} from "../../stacks";
import { Block, findingsOfRefusal, StackJson, synthesize } from "../support/program";
import { World } from "../support/world";

const one = (build: (app: App) => unknown): StackJson =>
  Object.values(synthesize((app) => void build(app))).find(({ name }) => name === "stage") as StackJson;
const providersOf = (stack: StackJson): string[] => Object.keys((stack.json.provider ?? {}) as object).sort();
const environment = sandbox;

describe("each stage configures the providers that it uses", () => {
  test.each<[string, (app: App) => TerraformStack, string[]]>([
    [
      "platform",
      (app) => new PlatformStack(app, "stage", { environment, namespaces: ["shop"] }),
      ["helm", "kubernetes"],
    ],
    ["vault-config", (app) => new VaultConfigStack(app, "stage", { environment }), ["vault"]],
    ["postgres", (app) => new PostgresStack(app, "stage", { environment }), ["kubernetes", "random", "vault"]],
    [
      "databases",
      (app) => new DatabasesStack(app, "stage", { environment, instance: new World(app).instance }),
      ["postgresql", "vault"],
    ],
    [
      "access",
      (app) => new AccessStack(app, "stage", { environment, database: new World(app).database }),
      ["kubernetes", "postgresql", "random", "vault"],
    ],
    ["workloads", (app) => new WorkloadsStack(app, "stage", { environment }), ["kubernetes"]],
  ])("%s", (_, build, expected) => {
    const stack = one(build);
    expect(providersOf(stack)).toEqual(expected);
    expect((stack.json.terraform as Block).required_version).toBe(REQUIRED_TERRAFORM);
  });
});

describe("the platform, minimal definition", () => {
  const stack = one((app) => new PlatformStack(app, "stage", { environment, namespaces: ["shop", "bi"] }));

  test("makes the namespaces at the restricted level, and Vault's own before Vault", () => {
    const levels = Object.values(stack.resources("kubernetes_namespace_v1")).map(({ metadata }) => {
      const { name, labels } = metadata as { name: string; labels: Record<string, string> };
      return [name, labels["pod-security.kubernetes.io/enforce"]];
    });
    expect(levels.sort()).toEqual([
      ["bi", "restricted"],
      ["shop", "restricted"],
      ["vault", "restricted"],
    ]);
    expect(stack.only("helm_release").depends_on).toEqual([
      expect.stringMatching(/^kubernetes_namespace_v1\.Namespaces_vault_/),
    ]);
  });

  test("makes no namespace that another platform of the cluster makes", () => {
    const two = (first: ClusterAccess, second: ClusterAccess) => () =>
      synthesize((app) => {
        const [a, b] = [first, second].map((cluster) => ({ ...environment, cluster }));
        new PlatformStack(app, "a", { environment: a, namespaces: ["shop", "bi"] });
        new PlatformStack(app, "b", { environment: b, namespaces: ["shop"], vault: { namespace: "vault-b" } });
      });
    const context = (name: string) => ClusterAccess.kubeconfig({ context: name });
    expect(two(context("eu"), context("eu"))).toThrow(
      "kubernetes-name: namespace shop of context eu of ~/.kube/config is made 2 times: a, b",
    );
    expect(two(context("eu"), context("us"))).not.toThrow();
    const server = (host: string) => ClusterAccess.gke({ host, caCertificate: CA });
    expect(two(server("https://eu.example.org"), server("https://eu.example.org"))).toThrow(
      "namespace shop of https://eu.example.org is made 2 times: a, b",
    );
    expect(two(server("https://eu.example.org"), server("https://us.example.org"))).not.toThrow();
    // The remedy that the finding names.
    expect(() =>
      synthesize((app) => {
        const eu = { ...environment, cluster: context("eu") };
        new PlatformStack(app, "a", { environment: eu, namespaces: ["shop"] });
        const vault = { namespace: "vault-b", injectNamespaces: ["shop"] };
        new PlatformStack(app, "b", { environment: eu, namespaces: [], vault });
      }),
    ).not.toThrow();
    // Whoever applies may change the current context in between.
    expect(two(ClusterAccess.kubeconfig(), ClusterAccess.kubeconfig())).not.toThrow();
  });

  test("injects into the workloads' namespaces only", () => {
    const [values] = stack.only("helm_release").values as string[];
    expect((JSON.parse(values) as { injector: { webhook: unknown } }).injector.webhook).toEqual({
      failurePolicy: "Fail",
      namespaceSelector: {
        matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["bi", "shop"] }],
      },
    });
  });
});

describe("the configuration of Vault", () => {
  test("has a KV mount, and no audit unless the environment names a file", () => {
    expect(one((app) => new VaultConfigStack(app, "stage", { environment })).census).toEqual({ vault_mount: 1 });
  });

  test("audits to two devices, of which one may fail", () => {
    const stack = one((app) => new VaultConfigStack(app, "stage", { environment: production }));
    expect(Object.values(stack.resources("vault_audit"))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "file", path: "file", options: { file_path: "/vault/audit/audit.log" } }),
        expect.objectContaining({ type: "file", path: "log", options: { file_path: "stdout" } }),
      ]),
    );
  });

  test("makes one device, then the other, then all else: while Vault sets one up, other requests fail", () => {
    const { resource } = synthesize(shopInProduction)["vault-config"].json as {
      resource: Record<string, Record<string, Block>>;
    };
    const [file, log] = Object.keys(resource.vault_audit).map((name) => `vault_audit.${name}`);
    const waits = Object.entries(resource).flatMap(([type, blocks]) =>
      Object.entries(blocks).map(([name, { depends_on = [] }]): [string, string[]] => [
        `${type}.${name}`,
        (depends_on as string[]).filter((on) => on.startsWith("vault_audit.")),
      ]),
    );
    expect(waits.length).toBeGreaterThan(8);
    expect(waits).toEqual(
      waits.map(([address]) => [address, address === file ? [] : address === log ? [file] : [file, log]]),
    );
  });
});

describe("a stage that connects to PostgreSQL", () => {
  const stack = one((app) => {
    const world = new World(app);
    const instance = world.server("tls", {
      endpoint: { host: "pods", fromTerraform: { host: "bastion", port: 6432 } },
      caFile: "certs/ca.pem",
      majorVersion: 16,
    });
    return new AccessStack(app, "stage", { environment, database: world.databaseOf("shop", instance) });
  });
  const [provider] = (stack.json.provider as { postgresql: Block[] }).postgresql;

  test("reads its password from Vault while it runs, and verifies the server from where Terraform sees it", () => {
    expect(provider).toEqual({
      host: "bastion",
      port: 6432,
      database: "shop",
      username: "leasehold_admin",
      password: "${ephemeral.vault_kv_secret_v2.AdminPassword.data.password}",
      sslmode: "verify-full",
      sslrootcert: "certs/ca.pem",
      superuser: false,
      max_connections: 1,
      connect_timeout: 15,
      expected_version: "16.0",
    });
    expect(stack.ephemerals("vault_kv_secret_v2")).toEqual({
      AdminPassword: { mount: "leasehold", name: "postgres/tls/admin" },
    });
  });

  test("takes more than one connection where it makes databases, for which one would block", () => {
    const databases = one(
      (app) => new DatabasesStack(app, "stage", { environment, instance: new World(app).instance }),
    );
    const [block] = (databases.json.provider as { postgresql: Block[] }).postgresql;
    expect(block).not.toHaveProperty("max_connections");
    expect(block.database).toBe("postgres");
  });
});

describe("an environment", () => {
  const variable = process.env.LEASEHOLD_ENV;
  afterEach(() => {
    if (variable === undefined) delete process.env.LEASEHOLD_ENV;
    else process.env.LEASEHOLD_ENV = variable;
  });

  test("is the sandbox unless LEASEHOLD_ENV says otherwise", () => {
    delete process.env.LEASEHOLD_ENV;
    expect(chooseEnvironment()).toBe(sandbox);
    process.env.LEASEHOLD_ENV = "production";
    expect(chooseEnvironment()).toBe(example);
    expect(chooseEnvironment("sandbox")).toBe(sandbox);
  });

  test.each(["prod", "", "Production", "toString"])("named %j is refused, with the names that there are", (name) => {
    expect(() => chooseEnvironment(name)).toThrow(
      `LEASEHOLD_ENV names no environment: ${JSON.stringify(name)}; choose sandbox or production`,
    );
  });

  test("gives every stage a backend: none falls back to cdktf's, which writes an absolute path", () => {
    for (const [env, kind] of [
      [sandbox, "local"],
      [production, "s3"],
    ] as [Environment, string][]) {
      const stack = one((app) => new WorkloadsStack(app, "stage", { environment: env }));
      expect(Object.keys((stack.json.terraform as { backend: object }).backend)).toEqual([kind]);
      expect(JSON.stringify((stack.json.terraform as Block).backend)).not.toMatch(/"\//);
    }
  });

  test("locks the state in production", () => {
    const { backend } = one((app) => new WorkloadsStack(app, "stage", { environment: production })).json.terraform as {
      backend: { s3: Block };
    };
    expect(backend.s3).toMatchObject({ encrypt: true, use_lockfile: true, key: "leasehold/stage.tfstate" });
  });

  test("of production puts its guardrails on every stage: one lax stage is enough to be refused", () => {
    const codes = findingsOfRefusal((app) => {
      new WorkloadsStack(app, "stage", { environment: production });
      const world = new World(app, sandbox);
      const database = world.databaseOf("shop", world.server("lax", { sslMode: "require" }));
      Object.defineProperty(world, "database", { value: database });
      world.db.schema("s").table("t").grants.read(world.identity("web"));
    }).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(["placeholder", "sslmode-production"]));
  });

  test("of the example is refused for the places that its reader has to fill in, and then not", () => {
    const findings = findingsOfRefusal((app) => shop(app, example));
    expect(findings.map(({ code, message }) => `${code} ${/"[^"]*"|of [a-z]+/.exec(message)?.[0]}`)).toEqual([
      'placeholder "ledger.example.com"',
      'placeholder "https://vault.example.com:8200"',
      "ca-missing of main",
      'placeholder "postgres.example.com"',
      'placeholder "registry.example.com/shop/api:1.0.0"',
      'placeholder "registry.example.com/shop/reporting:1.0.0"',
      'placeholder "registry.example.com/shop/web:1.0.0"',
    ]);
    expect(Object.keys(synthesize(shopInProduction))).toHaveLength(8);
  });
});

test("a stage can be told to come after others", () => {
  const stack = one((app) => {
    const first = new WorkloadsStack(app, "first", { environment });
    return new WorkloadsStack(app, "stage", { environment, after: [first] });
  });
  expect(stack.dependencies).toEqual(["first"]);
});
