import { App, TerraformHclModule, TerraformStack } from "cdktf";
import { both, diffOf, expectGrowth, Free, Raw, reading, said, Sides } from "./sides";

/** Blocks of one body, by their names, and a secret of the cluster that holds the value of one of them. */
interface Kept {
  readonly names: readonly string[];
  readonly used: string;
}

/** @param block such as `resource.tls_private_key` @param value of the block, such as `private_key_pem` */
const holding =
  (block: string, value: string, body: object) =>
  (app: App, { names, used }: Kept): void => {
    reading(app);
    const [kind, type] = block.split(".");
    const stack = new TerraformStack(app, "raw");
    const made = Object.fromEntries(names.map((name) => [name, body]));
    new Free(stack, "made", { [kind]: { [type]: made } });
    const address = kind === "resource" ? `${type}.${used}` : `${kind}.${type}.${used}`;
    new Raw(stack, "s", "kubernetes_secret_v1", { data: { password: `\${${address}.${value}}` } });
  };

const BLOCKS: readonly [string, string, object][] = [
  ["resource.random_password", "result", { length: 32 }],
  ["resource.random_bytes", "base64", { length: 32 }],
  ["resource.random_string", "result", { length: 32 }],
  ["resource.tls_private_key", "private_key_pem", { algorithm: "RSA" }],
  ["resource.aws_iam_access_key", "secret", { user: "app" }],
  ["resource.vault_token", "client_token", { policies: ["app"] }],
  ["resource.vault_approle_auth_backend_role_secret_id", "secret_id", { role_name: "app" }],
  ["resource.vault_pki_secret_backend_cert", "private_key", { backend: "pki", name: "app" }],
  ["resource.kubernetes_token_request_v1", "token", { metadata: [{ name: "app" }] }],
  ["resource.terraform_data", "output", { input: "x", lifecycle: { ignore_changes: ["input"] } }],
];

describe("a secret that is kept is another one under another name, whatever is said about it", () => {
  test.each(BLOCKS)("%s: another one that is there already", (...block) => {
    const names = ["a", "b"];
    expectGrowth(both(holding(...block), { names, used: "a" }, { names, used: "b" }));
  });

  test.each(BLOCKS)("%s: the one that was used goes, and what used it has the other", (...block) => {
    expectGrowth(both(holding(...block), { names: ["a", "b"], used: "a" }, { names: ["b"], used: "b" }));
  });

  test.each(BLOCKS)("%s: one of another name", (...block) => {
    expectGrowth(both(holding(...block), { names: ["a"], used: "a" }, { names: ["b"], used: "b" }));
  });

  test("also one that is new in each run, where two of them go to different places", () => {
    const names = ["a", "b"];
    const ephemeral = holding("ephemeral.random_password", "result", { length: 32 });
    expectGrowth(both(ephemeral, { names, used: "a" }, { names, used: "b" }));
  });

  test.each<[string, (name: string) => unknown]>([
    ["a local", (name) => ({ locals: { l: `\${random_password.${name}.result}` } })],
    [
      "what a harmless resource holds",
      (name) => ({ resource: { terraform_data: { l: { input: `\${random_password.${name}.result}` } } } }),
    ],
  ])("by way of %s", (_, between) => {
    const build = (app: App, used: string): void => {
      reading(app);
      const stack = new TerraformStack(app, "raw");
      for (const id of ["a", "b"]) new Raw(stack, id, "random_password", { length: 32 }).overrideLogicalId(id);
      new Free(stack, "between", between(used));
      const text = JSON.stringify(between("")).includes("locals") ? "${local.l}" : "${terraform_data.l.output}";
      new Raw(stack, "s", "kubernetes_secret_v1", { data: { password: text } });
    };
    expectGrowth(both(build, "a", "b"));
  });

  test("and what a module of the same source keeps", () => {
    const build = (app: App, used: string): void => {
      reading(app);
      const stack = new TerraformStack(app, "raw");
      const modules = ["a", "b"].map((id) => new TerraformHclModule(stack, id, { source: "acme/password/any" }));
      const [module] = modules.filter(({ node }) => node.id === used);
      new Raw(stack, "s", "kubernetes_secret_v1", { data: { password: module.getString("password") } });
    };
    expectGrowth(both(build, "a", "b"));
  });
});

describe("a name by itself is nothing", () => {
  const renamed = (type: string, value: string, body: object): Sides =>
    both(holding(`resource.${type}`, value, body), { names: ["a"], used: "a" }, { names: ["b"], used: "b" });
  test.each<[string, string, object]>([
    ["vault_policy", "name", { name: "team", policy: "" }],
    ["kubernetes_namespace_v1", "id", { metadata: [{ name: "team" }] }],
    ["terraform_data", "output", { input: "x" }],
  ])("%s that is renamed with what refers to it", (...block) => expect(said(diffOf(renamed(...block)))).toEqual([]));

  test("a kept secret that is renamed and that nothing refers to", () => {
    const build = (app: App, name: string): void => {
      reading(app);
      new Raw(new TerraformStack(app, "raw"), name, "random_password", { length: 32 });
    };
    expect(said(diffOf(both(build, "a", "b")))).toEqual([]);
  });
});
