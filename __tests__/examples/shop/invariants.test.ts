import { rotationStatements } from "../../../access/model/ready";
import { dirname, join } from "node:path";
import { readFileSync } from "node:fs";
import { sandbox } from "../../../examples/shop/environments";
import { shop } from "../../../examples/shop/shop";
import { shopInProduction } from "../../support/production";
import { Block, StackJson, synthesize } from "../../support/program";
import { leaves, referencesOf, strings, TerraformGraph } from "../../support/terraform-graph";

const ENVIRONMENTS = [
  { name: "sandbox", stacks: Object.values(synthesize((app) => shop(app, sandbox))) },
  { name: "production", stacks: Object.values(synthesize(shopInProduction)) },
];

/** Attributes that carry a secret, by the providers' schemas: none may hold a literal. */
const SECRET =
  /^(password|password_wo|data_json|data_json_wo|data_wo|token|client_secret|secret_id|private_key|credentials|tls_private_key|token_reviewer_jwt)$/;
/** Attributes that look like one by name and are none. */
const HARMLESS = new Set([
  ...[
    "password_authentication",
    "password_wo_version",
    "token_policies",
    "token_period",
    "token_ttl",
    "token_max_ttl",
    "data_json_wo_version",
  ],
  ...["service_account_token", "secret_name", "automount_service_account_token", "max_versions"],
]);
/** Whether two grants are on one object: a column's are on its table, and one without names is on all of its kind. */
function meet(...[a, b]: readonly Block[]): boolean {
  const [x, y] = [a, b].map(({ object_type: type, schema, objects = [] }) => ({
    kind: JSON.stringify([type === "column" ? "table" : type, schema]),
    names: objects as string[],
  }));
  if (x.kind !== y.kind) return false;
  return x.names.length === 0 || y.names.length === 0 || x.names.some((name) => y.names.includes(name));
}

const EPHEMERAL = /^\$\{ephemeral\.[a-z0-9_]+\.[A-Za-z0-9_-]+\.[a-z.]+\}$/;

describe.each(ENVIRONMENTS)("the example in $name", ({ stacks }) => {
  const access = stacks.filter(({ name }) => name.startsWith("access-"));
  const withGrants = stacks.filter((stack) => Object.keys(stack.resources("postgresql_grant")).length > 0);

  test("holds no secret: every attribute that carries one is an ephemeral reference", () => {
    const found = stacks.flatMap((stack) =>
      leaves(stack.json)
        .filter(([path]) => SECRET.test(lastName(path)))
        .map(([path, value]) => ({ at: path.join("."), attribute: lastName(path), value: String(value) })),
    );
    expect(found.length).toBeGreaterThan(8);
    for (const { attribute, at, value } of found) {
      if (attribute === "data_json_wo") {
        expect([at, value]).toEqual([at, expect.stringMatching(JSON_WITH_EPHEMERAL)]);
      } else if (attribute === "data_json") {
        expect(['{"passwordVersion":1}', JSON.stringify({ root_rotation_statements: rotationStatements })]).toContain(
          value,
        );
      } else {
        expect([at, value]).toEqual([at, expect.stringMatching(EPHEMERAL)]);
      }
    }
  });
  const JSON_WITH_EPHEMERAL =
    /^\$\{jsonencode\(\{"username" = "[a-z_.]+", "password" = ephemeral\.random_password\.[A-Za-z0-9_-]+\.result\}\)\}$/;

  test("has no other attribute whose name speaks of a secret", () => {
    const names = new Set(stacks.flatMap((stack) => leaves(blocksOf(stack)).map(([path]) => lastName(path))));
    const suspicious = [...names].filter((name) => /passw|secret|token|credential|private/i.test(name));
    expect(suspicious.filter((name) => !SECRET.test(name) && !HARMLESS.has(name))).toEqual([]);
  });

  test("uses an ephemeral value in provider blocks, write-only arguments and other ephemeral blocks only", () => {
    const used = stacks.flatMap((stack) =>
      leaves(stack.json.resource ?? {}).filter(([, value]) => /\$\{[^}]*ephemeral\./.test(String(value))),
    );
    expect(used.length).toBeGreaterThan(4);
    for (const [path] of used) expect(lastName(path)).toMatch(/_wo$/);
  });

  test("bumps each write-only argument by a version beside it, without which it is never sent", () => {
    for (const stack of stacks)
      for (const [path] of leaves(stack.json.resource ?? {}).filter(([keys]) => /_wo$/.test(lastName(keys)))) {
        const parent = path
          .slice(0, -1)
          .reduce((value, key) => (value as Block)[key] as Block, stack.json.resource as Block);
        expect(Number(parent[`${lastName(path)}_version`])).toBeGreaterThanOrEqual(1);
      }
  });

  test("passes no value between stacks: no remote state, no output, no data source, no variable", () => {
    for (const stack of stacks) {
      expect(Object.keys(stack.json).sort()).toEqual(
        expect.not.arrayContaining(["data", "output", "variable", "locals", "module"]),
      );
      expect(stack.text).not.toContain("terraform_remote_state");
      expect(stack.text).not.toContain("TfToken");
    }
  });

  test("names only addresses that exist, and has no cycle", () => {
    for (const stack of stacks) {
      const graph = new TerraformGraph(stack);
      expect(graph.dangling).toEqual([]);
      expect(() => graph.addresses.forEach((address) => graph.before(address))).not.toThrow();
    }
  });

  test("writes plain addresses into depends_on, sorted, each once", () => {
    for (const stack of stacks)
      for (const block of stack.all.values()) {
        const { ordered } = referencesOf(block);
        for (const address of ordered) expect(address).toMatch(/^[a-z][a-z0-9_]+\.[A-Za-z0-9_-]+$/);
        expect(ordered).toEqual([...new Set(ordered)].sort());
      }
  });

  test("makes no two grants on one object at the same time, and others beside each other", () => {
    expect(withGrants.length).toBe(4);
    const pairs = withGrants.flatMap((stack) => {
      const graph = new TerraformGraph(stack);
      const blocks = stack.all;
      const grants = graph.ofType("postgresql_grant", "postgresql_default_privileges");
      return grants.flatMap((a, index) =>
        grants.slice(index + 1).map((b) => ({
          between: [a, b],
          oneObject: a.split(".")[0] === b.split(".")[0] && meet(blocks.get(a) as Block, blocks.get(b) as Block),
          ordered: graph.before(a).has(b) || graph.before(b).has(a),
        })),
      );
    });
    const onOne = pairs.filter(({ oneObject }) => oneObject);
    expect(onOne.length).toBeGreaterThan(10);
    expect(onOne.filter(({ ordered }) => !ordered)).toEqual([]);
    expect(pairs.some(({ ordered }) => !ordered)).toBe(true);
  });

  test("makes the mount after all that a revocation needs, so that it goes before them", () => {
    for (const stack of access) {
      const graph = new TerraformGraph(stack);
      const before = graph.before(graph.ofType("vault_database_secrets_mount")[0]);
      const names = [...before];
      // Registrations of groups, too.
      expect(names.filter((address) => address.startsWith("postgresql_function."))).toHaveLength(
        graph.ofType("postgresql_function").length,
      );
      expect(names.filter((address) => /^postgresql_function\..*_Leases_/.test(address))).toHaveLength(6);
      expect(names.filter((address) => /^postgresql_role\..*_Leases_Login_/.test(address))).toHaveLength(1);
      for (const grant of ["Connect", "Usage", "Execute", "NothingtoPUBLIC"])
        expect(
          names.filter((address) => new RegExp(`^postgresql_grant\\..*_Leases_${grant}_`).test(address)),
        ).toHaveLength(1);
      expect(names.filter((address) => /^vault_kv_secret_v2\./.test(address))).toHaveLength(1);
    }
  });

  test("makes a database role after its mount, and a mount after the groups that its functions name", () => {
    for (const stack of access) {
      const graph = new TerraformGraph(stack);
      const [mount] = graph.ofType("vault_database_secrets_mount");
      for (const role of graph.ofType("vault_database_secret_backend_role"))
        expect(graph.before(role)).toContain(mount);
      const groups = graph.ofType("postgresql_role").filter((address) => /_Group_/.test(address));
      expect(groups.length).toBeGreaterThan(1);
      for (const group of groups) expect(graph.before(mount)).toContain(group);
    }
  });

  test("grants on objects after the migration that makes them; the migration needs none of those grants", () => {
    for (const stack of access) {
      const graph = new TerraformGraph(stack);
      const [job] = graph.ofType("kubernetes_job_v1");
      const onObjects = Object.entries(stack.resources("postgresql_grant"))
        .filter(([id, { object_type }]) => object_type !== "database" && !id.includes("_Leases_"))
        .map(([id]) => `postgresql_grant.${id}`);
      expect(onObjects.length).toBeGreaterThan(1);
      for (const grant of onObjects) expect([grant, graph.before(grant).has(job)]).toEqual([grant, true]);
      expect([...graph.before(job)].filter((address) => onObjects.includes(address))).toEqual([]);
    }
  });

  test("waits for the workload's role and policy before a pod of the same stack starts", () => {
    for (const stack of access) {
      const graph = new TerraformGraph(stack);
      const before = [...graph.before(graph.ofType("kubernetes_job_v1")[0])];
      for (const type of ["vault_database_secret_backend_role", "vault_policy", "kubernetes_service_account_v1"])
        expect(before.filter((address) => address.startsWith(`${type}.`))).not.toHaveLength(0);
    }
  });

  test("pins each provider to the version that its bindings were made for, and Terraform to 1.11 or newer", () => {
    for (const stack of stacks) {
      const terraform = stack.json.terraform as {
        required_version: string;
        required_providers?: Record<string, { source: string; version: string }>;
      };
      expect(terraform.required_version).toBe(">= 1.11.0");
      for (const [name, { version }] of Object.entries(terraform.required_providers ?? {}))
        expect([name, version]).toEqual([name, boundVersion(name)]);
    }
  });

  test("gives every resource a provider that its stack configures", () => {
    for (const stack of stacks) {
      const providers = Object.keys((stack.json.provider ?? {}) as object);
      for (const address of new TerraformGraph(stack).addresses)
        expect(providers).toContain(address.replace(/^ephemeral\./, "").split("_")[0]);
    }
  });

  test("keeps each state in a place of its own, and by a path that is the same on every machine", () => {
    const places = stacks.map((stack) => {
      const { backend } = stack.json.terraform as { backend: Record<string, { path?: string; key?: string }> };
      const [settings] = Object.values(backend);
      return settings.path ?? settings.key ?? "";
    });
    expect(new Set(places).size).toBe(stacks.length);
    for (const place of places) expect(place).toMatch(/^[a-z.][a-z./-]*\.tfstate$/);
  });

  test("holds no text that Terraform would take for an interpolation, but references", () => {
    for (const stack of stacks)
      for (const text of strings(stack.json))
        for (const [, expression] of text.matchAll(/(?<!\$)\$\{([^}]*)\}/g))
          expect(expression).toMatch(
            /^(ephemeral\.)?[a-z0-9_]+\.[A-Za-z0-9_-]+\.[a-z0-9_.]+(\[0\]\.name)?$|^jsonencode\(|^\s*$/,
          );
  });
});

function lastName(path: readonly string[]): string {
  return [...path].reverse().find((key) => !/^\d+$/.test(key)) as string;
}

/** Resources, ephemeral blocks and providers, without the files and annotations inside of Kubernetes objects. */
function blocksOf(stack: StackJson): Block {
  const drop = (value: unknown): unknown =>
    typeof value !== "object" || value === null
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .filter(([key]) => !["annotations", "data", "//"].includes(key))
            .map(([key, child]) => [key, drop(child)]),
        );
  const { resource, ephemeral, provider } = stack.json;
  return drop({ resource, ephemeral, provider }) as Block;
}

function boundVersion(provider: string): string {
  const entry = require.resolve(`@cdktf/provider-${provider}/package.json`);
  const { cdktf } = JSON.parse(readFileSync(join(dirname(entry), "package.json"), "utf8")) as {
    cdktf: { provider: { version: string } };
  };
  return cdktf.provider.version;
}
