import { adoptionsOf, SynthesizedStack } from "../../cli/adopt/adoptions";
import { leasehold } from "./fake-io";

const metadata = { name: "main", namespace: "data" };
const stacks: SynthesizedStack[] = [
  {
    name: "postgres",
    document: {
      resource: {
        kubernetes_stateful_set_v1: { main_Resource_1A: { metadata } },
        kubernetes_namespace_v1: { data_2B: { metadata: { name: "data" } } },
        kubernetes_config_map_v1: { later_3C: { metadata: { name: "${random_pet.x.id}", namespace: "data" } } },
        vault_mount: { kv_4D: { path: "leasehold", type: "kv" } },
        postgresql_grant: { some_5E: { database: "shop" } },
      },
    },
  },
  { name: "access", document: { resource: { postgresql_role: { estate_6F: [{ name: "leasehold.estate_shop" }] } } } },
  { name: "twin", document: { resource: { kubernetes_job_v1: { job_7A: { metadata } } } } },
  { name: "twin-2", document: { resource: { kubernetes_job_v1: { job_7A: { metadata } } } } },
];

/** An error as Terraform 1.11 prints it, below cdktf's name of the stack. */
function error(stack: string, address: string, message: string): string {
  return [
    `${stack}  ╷`,
    `${stack}  │ Error: ${message}`,
    `${stack}  │ `,
    `${stack}  │   with \u001b[1m${address}\u001b[0m,`,
    `${stack}  │   on cdk.tf.json line 12, in resource.x:`,
    `${stack}  ╵`,
  ].join("\n");
}

const MANIFEST = JSON.stringify({ stacks: Object.fromEntries(stacks.map(({ name }) => [name, {}])) });
const FILES = {
  "cdktf.out/manifest.json": MANIFEST,
  ...Object.fromEntries(
    stacks.map(({ name, document }) => [`cdktf.out/stacks/${name}/cdk.tf.json`, JSON.stringify(document)]),
  ),
};

describe("what an apply finds in its way", () => {
  test.each([
    ["kubernetes_stateful_set_v1.main_Resource_1A", 'statefulsets.apps "main" already exists', "postgres", "data/main"],
    ["kubernetes_namespace_v1.data_2B", 'namespaces "data" already exists', "postgres", "data"],
    ["vault_mount.kv_4D", "Code: 400. Errors: * path is already in use at leasehold/", "postgres", "leasehold"],
    [
      "postgresql_role.estate_6F",
      'could not create role: pq: role "leasehold.estate_shop" already exists',
      "access",
      "leasehold.estate_shop",
    ],
  ])("%s is adopted by its id", (address, message, stack, id) => {
    const log = `${error("other", "vault_policy.x", "permission denied")}\n${error(stack, address, message)}`;
    expect(adoptionsOf(log, stacks)).toEqual({ adopted: [{ stack, address, id }], not: [] });
  });

  test.each([
    ["kubernetes_config_map_v1.later_3C", "its id is not known here"],
    ["postgresql_grant.some_5E", "its id is not known here"],
    ["kubernetes_job_v1.job_7A", "twin and twin-2 have it"],
    ["kubernetes_job_v1.gone_8B", "no stack has it"],
  ])("%s is not, and it is said why", (address, reason) => {
    expect(adoptionsOf(error("x", address, "it already exists"), stacks)).toEqual({
      adopted: [],
      not: [{ address, reason: expect.stringContaining(reason) as string }],
    });
  });

  test("an error of another kind names nothing to adopt, whatever resource it names", () => {
    const log = error("postgres", "vault_mount.kv_4D", "permission denied");
    expect(adoptionsOf(log, stacks)).toEqual({ adopted: [], not: [] });
  });
});

describe("leasehold adopt", () => {
  test("writes import blocks into the stack's folder, and says what it took", async () => {
    const log = error(
      "postgres",
      "kubernetes_stateful_set_v1.main_Resource_1A",
      'statefulsets.apps "main" already exists',
    );
    const { code, out, written } = await leasehold(["adopt", "apply.log"], { ...FILES, "apply.log": log });
    expect(code).toBe(0);
    expect(out).toContain("postgres: kubernetes_stateful_set_v1.main_Resource_1A is data/main\n");
    expect(Object.keys(written)).toEqual(["cdktf.out/stacks/postgres/adopt.tf.json"]);
    expect(JSON.parse(written["cdktf.out/stacks/postgres/adopt.tf.json"])).toEqual({
      import: [{ to: "kubernetes_stateful_set_v1.main_Resource_1A", id: "data/main" }],
    });
  });

  test("of a log without such an error writes nothing and fails", async () => {
    const { code, err, written } = await leasehold(["adopt", "-"], { ...FILES, "-": "Apply complete!" });
    expect([code, written]).toEqual([1, {}]);
    expect(err).toContain("names nothing that already exists and can be adopted");
  });

  test("without a synthesis says how to get one", async () => {
    const { code, err } = await leasehold(["adopt", "-"], { "-": "" });
    expect(code).toBe(1);
    expect(err).toContain('there is no file "cdktf.out/manifest.json": run `npx cdktf synth`');
  });
});
