import { App } from "cdktf";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  accessGraphOf,
  AccessFindingsError,
  BootstrapKv,
  Credential,
  DatabaseAccess,
  findingsOf,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  VaultPath,
  VaultPolicy,
  VaultServer,
  VaultMode,
} from "../../../constructs";
import { inStack, refusal, synthesize, tree } from "../../support/program";
import { World } from "../../support/world";

describe("a program with several mistakes", () => {
  const build = (app: App): void => {
    const world = new World(app);
    const web = world.identity("web");
    world.identity("upper", { namespace: "Shop" });
    world.db.schema("").table("a(");
    world.db.access(web, { connectionLimit: 0 });
    world.deployment(web, [Credential.uri(world.db, { file: "../x" })]);
  };

  test("is refused once, with all of them", () => {
    const error = refusal(build);
    expect(error.name).toBe("AccessFindingsError");
    expect(error.findings.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "object-name access/shop",
      "object-name access/shop",
      "lease-limit access/shop/eu.shop.web",
      "identity-name who/upper",
      "credential-file workloads/web",
    ]);
  });

  test("is told what, where and how to put it right, in one text", () => {
    const { message } = refusal(build);
    expect(message.replace(/:\d+\)/g, ":LINE)")).toMatchInlineSnapshot(`
      "5 things are wrong with the access that this program declares; nothing was written.

        object-name: schema "" is empty
          at  access/shop (__tests__/constructs/synthesis/check.test.ts:LINE)
          fix name it as PostgreSQL has it, without quotes
          see docs/findings.md#object-name

        object-name: table "a(" holds '(', which the postgresql provider takes for a function's arguments
          at  access/shop (__tests__/constructs/synthesis/check.test.ts:LINE)
          fix name it as PostgreSQL has it, without quotes
          see docs/findings.md#object-name

        lease-limit: connectionLimit 0 is not a whole number of at least 1
          at  access/shop/eu.shop.web (__tests__/constructs/synthesis/check.test.ts:LINE)
          fix give such a number, or leave it out
          see docs/findings.md#lease-limit

        identity-name: \`namespace\` "Shop" is not a lower-case DNS label of at most 63 letters, digits and '-'
          at  who/upper (__tests__/support/world.ts:LINE)
          fix use the name as Kubernetes has it
          see docs/findings.md#identity-name

        credential-file: file "../x" is not made of lower-case letters, digits, '-', '_' and '.', starting and ending with a letter or digit
          at  workloads/web (__tests__/support/world.ts:LINE)
          fix give \`file\` such a name
          see docs/findings.md#credential-file
      "
    `);
  });

  test("of which only a part is wrong is refused as a whole, whichever stack was made first", () => {
    const reversed = (app: App): void => {
      const world = new World(app);
      world.db.schema("");
      world.deployment(world.identity("web"), []);
    };
    expect(refusal(reversed).findings.map(({ code }) => code)).toEqual(["object-name"]);
  });

  test("counts one finding in the singular", () => {
    expect(refusal((app) => void new World(app).identity("web", { namespace: "Shop" })).message).toMatch(
      /^1 thing is wrong with the access that this program declares; nothing was written\.\n/,
    );
  });
});

describe("a refusal", () => {
  test("leaves the output folder as it was: what an earlier synthesis wrote, and what is not ours", () => {
    const outdir = mkdtempSync(join(tmpdir(), "leasehold-"));
    try {
      const good = (world: World): void => {
        const web = world.identity("web");
        world.db.schema("sales").table("wizard").grants.read(web);
        world.deployment(web, [Credential.uri(world.db)]);
      };
      const first = new App({ outdir });
      good(new World(first));
      first.synth();
      writeFileSync(join(outdir, "marker"), "not ours");
      writeFileSync(join(outdir, "stacks", "access", "terraform.tfstate"), "{}");
      const before = tree(outdir);
      expect(Object.keys(before)).toContain("stacks/access/cdk.tf.json");

      const second = new App({ outdir });
      const world = new World(second);
      good(world);
      world.identity("another");
      world.db
        .schema("sales")
        .table("orders")
        .grants.read(world.identity("third", { namespace: "Shop" }));
      expect(() => second.synth()).toThrow(/identity-name/);
      expect(tree(outdir)).toEqual(before);

      const third = new App({ outdir });
      good(new World(third));
      third.synth();
      const { "manifest.json": _a, ...after } = tree(outdir);
      const { "manifest.json": _b, ...same } = before;
      expect(after).toEqual(same);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  test("is an error that says its name and carries its findings", () => {
    const error = new AccessFindingsError([]);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("AccessFindingsError");
    expect(error.findings).toEqual([]);
  });
});

describe("what is wrong with one construct is refused, whatever else the program holds", () => {
  const endpoint = { host: "pg.example.com" };
  const alone: [string, Parameters<typeof inStack>[0]][] = [
    ["a Vault server", (stack) => new VaultServer(stack, "a", { mode: VaultMode.dev(), namespace: "A" })],
    ["a cluster", (stack) => new KubernetesAuth(stack, "a", { clusterName: "A" })],
    ["a cluster that exists already", (stack) => KubernetesAuth.fromAttributes(stack, "a", { clusterName: "A" })],
    ["a KV mount", (stack) => new BootstrapKv(stack, "a", { path: "/a" })],
    [
      "a policy",
      (stack) =>
        new VaultPolicy(stack, "a", {
          policyName: "A",
          rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
        }),
    ],
    [
      "a server that exists already",
      (stack) => PostgresInstance.fromEndpoint(stack, "A", { endpoint, admin: {} as never, majorVersion: 18 }),
    ],
    [
      "a database",
      (stack) =>
        PostgresDatabase.fromDatabaseName(stack, "pg_a", { owner: "a", instance: { instanceName: "a" } as never }),
    ],
    [
      "a mount of another program",
      (stack) => DatabaseAccess.fromMount(stack, "a", { mountPath: "/a", databaseName: "a", endpoint }),
    ],
  ];
  test.each(alone)("%s", (_, build) => {
    expect(() => inStack(build)).toThrow(/wrong with the access that this program declares/);
  });
});

describe("warnings", () => {
  test("stop nothing, and each is shown once, by the stack it belongs to", () => {
    const stacks = synthesize((app) => {
      const world = new World(app);
      world.db.schema("sales").table("wizard").grants.read(world.identity("web"), world.identity("api"));
    });
    const counts = Object.fromEntries(Object.entries(stacks).map(([name, stack]) => [name, stack.warnings.length]));
    // Its server is verified without a CA: shown where the server is.
    expect(counts).toEqual({ access: 2, servers: 1, who: 0 });
  });
});

describe("the access graph of a program", () => {
  const build = (app: App): World => {
    const world = new World(app);
    const web = world.identity("web");
    world.db.schema("sales").table("wizard").grants.read(web);
    world.deployment(web, [Credential.uri(world.db)]);
    return world;
  };

  test("is the same from any construct of it", () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), "leasehold-")) });
    const world = build(app);
    expect(accessGraphOf(world.db)).toEqual(accessGraphOf(app));
    expect(findingsOf(world.config).map(({ code, path }) => [code, path])).toEqual([["ca-missing", "servers/main"]]);
    rmSync(app.outdir, { recursive: true });
  });

  test("is its own: two programs in one process know nothing of each other", () => {
    const other = new App({ outdir: mkdtempSync(join(tmpdir(), "leasehold-")) });
    build(other);
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), "leasehold-")) });
    expect(accessGraphOf(new World(app).config)).toEqual({
      identities: [],
      databases: [],
      edges: [],
      deliveries: [],
      workloads: [],
    });
    for (const { outdir } of [app, other]) rmSync(outdir, { recursive: true });
  });

  test("holds the whole chain as plain data, and the lines that granted it", () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), "leasehold-")) });
    const graph = accessGraphOf(build(app).db);
    rmSync(app.outdir, { recursive: true });
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
    const [edge] = graph.edges;
    expect(edge.grants.map(({ object, privilege, grantedBy }) => [object.kind, privilege, grantedBy.length])).toEqual([
      ["database", "CONNECT", 1],
      ["schema", "USAGE", 1],
      ["table", "SELECT", 1],
    ]);
    expect({ ...edge, grants: undefined, source: undefined }).toEqual({
      path: "access/shop/eu.shop.web",
      identity: "eu/shop/web",
      mountPath: "database/main/shop",
      groupRole: "eu_shop_web_shop",
      schemaWideRole: "leasehold.all_eu_shop_web_shop",
      databaseRole: "eu.shop.web",
      policy: "leasehold_eu_shop_web_database.main.shop",
      leaseTtl: 3600,
      leaseMaxTtl: 86400,
      connectionLimit: 10,
      maxLiveLeases: 100,
    });
    expect(graph.deliveries).toMatchObject([{ workload: "workloads/web", identity: "eu/shop/web", file: "shop" }]);
  });
});
