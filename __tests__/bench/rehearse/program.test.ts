import { mkdtempSync, rmSync } from "fs";
import { tmpdir } from "os";
import { join } from "path";
import { App, Fn, TerraformStack } from "cdktf";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { KvSecretV2 } from "@cdktf/provider-vault/lib/kv-secret-v2";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { planStack } from "../../../bench/rehearse/plan";
import { loadProgram, parseStack, programOf } from "../../../bench/rehearse/program";
import { JsonObject } from "../../../bench/rehearse/model/values";
import { mapEndpoints } from "../../../bench/rehearse/viewpoints";

const order = (document: JsonObject): string[] =>
  planStack(parseStack("s", document)).order.map((block) => block.address);

describe("programs", () => {
  test("a program that cdktf synthesized is read in the order of its stacks", async () => {
    const outdir = mkdtempSync(join(tmpdir(), "rehearse-"));
    try {
      const app = new App({ outdir });
      const later = new TerraformStack(app, "a-later");
      const first = new TerraformStack(app, "b-first");
      later.addDependency(first);
      for (const stack of [later, first])
        new VaultProvider(stack, "vault", { address: "https://vault.vault.svc:8200" });
      const mount = new Mount(first, "kv", { path: "bootstrap", type: "kv", options: { version: "2" } });
      new KvSecretV2(first, "dba", {
        mount: mount.path,
        name: "dba",
        dataJsonWo: Fn.jsonencode({ username: "dba", hostile: "a${b" }),
        dataJsonWoVersion: 1,
      });
      app.synth();
      const program = await loadProgram(outdir, {
        endpoints: [{ from: "https://vault.vault.svc:8200", to: "http://127.0.0.1:8200" }],
      });
      expect(program.stacks.map(({ name }) => name)).toEqual(["b-first", "a-later"]);
      const stack = program.stacks[0];
      expect(stack?.blocks.get("provider.vault")?.arguments).toEqual({ address: "http://127.0.0.1:8200" });
      expect(stack && planStack(stack).order.map((block) => block.address)).toEqual([
        "provider.vault",
        "vault_mount.kv",
        "vault_kv_secret_v2.dba",
      ]);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  test.each<[string, JsonObject, RegExp]>([
    ["a data source", { data: { vault_policy_document: {} } }, /data blocks are not known/],
    ["a module", { module: { a: {} } }, /module blocks are not known/],
    ["a terraform setting", { terraform: { cloud: {} } }, /terraform, cloud: not known/],
    ["count", { resource: { vault_policy: { a: { count: 2 } } } }, /vault_policy\.a, count: not known/],
    ["for_each", { resource: { vault_policy: { a: { for_each: {} } } } }, /for_each: not known/],
    ["a provisioner", { resource: { vault_policy: { a: { provisioner: [] } } } }, /provisioner: not known/],
    [
      "a precondition",
      { resource: { vault_policy: { a: { lifecycle: { precondition: [] } } } } },
      /lifecycle\.precondition: not known/,
    ],
    ["a variable without default", { variable: { a: {} } }, /var\.a: has no default/],
  ])("%s is refused", (_title, document, problem) => {
    expect(() => parseStack("s", document)).toThrow(problem);
    expect(() => parseStack("s", document)).toThrow(/^stack "s"/);
  });

  test("stacks that depend on each other or on nothing that exists are refused", () => {
    expect(() => programOf([parseStack("a", {}, ["b"]), parseStack("b", {}, ["a"])])).toThrow(/depend on each other/);
    expect(() => programOf([parseStack("a", {}, ["c"])])).toThrow(/"c" does not exist/);
  });
});

describe("plans", () => {
  test("references, depends_on and replace_triggered_by all come first, and the order does not depend on the text's", () => {
    const resource = {
      vault_policy: {
        a: { name: "${vault_policy.c.name}", policy: "" },
        b: { name: "b", policy: "", depends_on: ["vault_policy.a"] },
        c: { name: "c", policy: "", lifecycle: { replace_triggered_by: ["vault_policy.d"] } },
        d: { name: "d", policy: "" },
      },
    };
    const reversed = { vault_policy: Object.fromEntries(Object.entries(resource.vault_policy).reverse()) };
    const expected = ["d", "c", "a", "b"].map((id) => `vault_policy.${id}`);
    expect(order({ resource })).toEqual(expected);
    expect(order({ resource: reversed })).toEqual(expected);
  });

  test("an ephemeral value opens before resources unless it waits for one", () => {
    const document = {
      ephemeral: {
        random_password: { p: { length: 20 } },
        vault_kv_secret_v2: { dba: { mount: "kv", name: "dba", depends_on: ["vault_kv_secret_v2.dba"] } },
      },
      provider: { postgresql: [{ password: '${ephemeral.vault_kv_secret_v2.dba.data["password"]}' }] },
      resource: {
        postgresql_role: { a: { name: "a" } },
        vault_kv_secret_v2: { dba: { data_json_wo: "${ephemeral.random_password.p.result}" } },
      },
    };
    expect(order(document)).toEqual([
      "ephemeral.random_password.p",
      "vault_kv_secret_v2.dba",
      "ephemeral.vault_kv_secret_v2.dba",
      "provider.postgresql",
      "postgresql_role.a",
    ]);
  });

  test("a cycle is named, and so is a reference to nothing", () => {
    const cycle = { a: { name: "${vault_policy.b.name}" }, b: { name: "${vault_policy.a.name}" } };
    expect(() => order({ resource: { vault_policy: cycle } })).toThrow(
      /cycle: vault_policy\.a → vault_policy\.b → vault_/,
    );
    expect(() => order({ resource: { vault_policy: { a: { name: "${vault_policy.z.name}" } } } })).toThrow(
      /stack "s", vault_policy\.a: vault_policy\.z is not declared/,
    );
    expect(() => order({ resource: { vault_policy: { a: { name: "${data.x.y.z}" } } } })).toThrow(
      /data\.\* references/,
    );
  });
});

describe("endpoints", () => {
  const mapping = [
    { from: "pg.data.svc:5432", to: "127.0.0.1:15432" },
    { from: "https://vault.vault.svc:8200", to: "http://127.0.0.1:18200" },
  ];

  test("addresses inside strings and host and port side by side are rewritten", () => {
    const json = {
      connection_url: "postgresql://{{username}}:{{password}}@pg.data.svc:5432/shop?sslmode=disable",
      annotations: { "vault.hashicorp.com/service": "https://vault.vault.svc:8200" },
      provider: { postgresql: [{ host: "pg.data.svc", port: 5432 }] },
    };
    expect(mapEndpoints(json, mapping)).toEqual({
      connection_url: "postgresql://{{username}}:{{password}}@127.0.0.1:15432/shop?sslmode=disable",
      annotations: { "vault.hashicorp.com/service": "http://127.0.0.1:18200" },
      provider: { postgresql: [{ host: "127.0.0.1", port: 15432 }] },
    });
    expect(json.provider.postgresql[0]?.host).toBe("pg.data.svc");
  });

  test("only whole addresses count, and nothing is rewritten twice", () => {
    expect(mapEndpoints("my-pg.data.svc:5432 x.pg.data.svc:5432 pg.data.svc:54321", mapping)).toBe(
      "my-pg.data.svc:5432 x.pg.data.svc:5432 pg.data.svc:54321",
    );
    const swap = [
      { from: "a:1", to: "b:1" },
      { from: "b:1", to: "a:1" },
    ];
    expect(mapEndpoints(["a:1", "b:1"], swap)).toEqual(["b:1", "a:1"]);
  });

  test("one address mapped to two places is refused", () => {
    expect(() => mapEndpoints({}, [...mapping, { from: "pg.data.svc:5432", to: "x:1" }])).toThrow(/is mapped to/);
  });
});
