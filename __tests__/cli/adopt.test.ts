import { adoptionsOf, releasesOf, SynthesizedStack } from "../../cli/adopt/adoptions";
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
        vault_mount: {
          kv_4D: { path: "leasehold", type: "kv-v2", lifecycle: { ignore_changes: ["type", "options"] } },
          older_4E: { path: "older", type: "kv-v2" },
        },
        helm_release: { vault_4F: { name: "vault", namespace: "vault-system" } },
        postgresql_grant: { some_5E: { database: "shop" } },
        postgresql_schema: { leases_8C: { name: "lease", database: "shop" } },
        postgresql_function: {
          issue_9D: {
            ...{ database: "shop", schema: "${postgresql_schema.leases_8C.name}", name: "issue" },
            arg: [{ name: "username", type: "text" }, { type: "integer" }],
          },
          live_9E: { database: "shop", schema: "lease", name: "live", arg: [] },
        },
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
      "postgresql_function.issue_9D",
      'pq: function "issue" already exists with same argument types',
      "postgres",
      "shop.lease.issue(text,integer)",
    ],
    ["postgresql_function.live_9E", 'pq: function "live" already exists', "postgres", "shop.lease.live()"],
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

  test("is found where cdktf writes the construct's path behind the address", () => {
    const address = "vault_mount.kv_4D";
    const log = error("postgres", `${address} (kv/Resource)`, "path is already in use at leasehold/");
    expect(adoptionsOf(log, stacks).adopted).toEqual([{ stack: "postgres", address, id: "leasehold" }]);
  });

  test.each([
    ["kubernetes_config_map_v1.later_3C", "its id is not known here"],
    ["postgresql_grant.some_5E", "its id is not known here"],
    ["vault_mount.older_4E", "would make the mount anew, without what is in it"],
    ["kubernetes_job_v1.job_7A", "twin and twin-2 have it"],
    ["kubernetes_job_v1.gone_8B", "no stack has it"],
  ])("%s is not, and it is said why", (address, reason) => {
    expect(adoptionsOf(error("x", address, "it already exists"), stacks)).toEqual({
      adopted: [],
      not: [{ address, reason: expect.stringContaining(reason) as string }],
    });
  });

  test("a release that a killed Helm left pending is not adopted: the command says which record stands in the way", () => {
    const address = "helm_release.vault_4F";
    const log = error("postgres", address, "Error upgrading chart").replace(
      /╵$/,
      "│ \npostgres  │ Upgrade failed: another operation (install/upgrade/rollback) is in progress\n$&",
    );
    const records = "owner=helm,name=vault,status in (pending-install,pending-upgrade,pending-rollback)";
    expect(adoptionsOf(log, stacks)).toEqual({
      adopted: [],
      not: [
        {
          address,
          reason: expect.stringContaining(`kubectl -n vault-system delete secret -l '${records}'`) as string,
        },
      ],
    });
  });

  test("an error of another kind names nothing to adopt, whatever resource it names", () => {
    const log = error("postgres", "vault_mount.kv_4D", "permission denied");
    expect(adoptionsOf(log, stacks)).toEqual({ adopted: [], not: [] });
  });
});

/** What `cdktf deploy` prints with the real provider 1.26.0, of grants on what was renamed. */
const RENAMED = `
access  postgresql_grant.table_1A: Destroying... [id=eu_web_shop_s_table_old]
access  postgresql_grant.column_2B: Destroying... [id=eu_web_shop_s_column_oldc_id]
access  postgresql_grant.sequence_3C: Destroying... [id=eu_web_shop_s_sequence_oldseq]
access  postgresql_grant.function_4D: Destroying... [id=eu_web_shop_s_function_oldf(integer)]
access  postgresql_grant.other_5E: Destroying... [id=eu_web_shop_s_table_older]
access  postgresql_grant.done_6F: Destroying... [id=eu_web_shop_s_table_old]
access  postgresql_grant.done_6F: Destruction complete after 0s
access  postgresql_grant.stays_7A (shop/web/stays): Destroying... [id=eu_web_shop_s_table_old]
${['relation "s.old"', 'relation "s.oldc"', 'relation "s.oldseq"', "function s.oldf(integer)"]
  .map((what) => `access  ╷\naccess  │ Error: could not execute revoke query: pq: ${what} does not exist\naccess  ╵`)
  .join("\n")}`;

describe("grants on something that was renamed", () => {
  const access = { name: "access", document: { resource: { postgresql_grant: { stays_7A: {} } } } };
  const names = (log: string, all: readonly SynthesizedStack[]): unknown => {
    const { released, not } = releasesOf(log, all);
    return [released.map(({ stack, address }) => `${stack} ${address}`), not.map(({ reason }) => reason.slice(0, 24))];
  };
  const left = ["table_1A", "column_2B", "sequence_3C", "function_4D"].map((name) => `access postgresql_grant.${name}`);

  test("are those that were begun to be destroyed, did not end, and are on what the errors name", () => {
    expect(names(RENAMED, [access, ...stacks.slice(2)])).toEqual([left, ["the program still grants"]]);
  });

  test("are found in a stack's own log where there is one stack, and not where there are several", () => {
    const own = RENAMED.replace(/^access +/gm, "");
    expect(names(own, [access])).toEqual([left, ["the program still grants"]]);
    expect(names(own, [access, ...stacks.slice(2)])).toEqual([[], Array(5).fill("the log does not say of ")]);
  });

  test("and in a schema that is gone", () => {
    const log =
      "access  postgresql_grant.x_1A: Destroying... [id=eu_web_shop_s_schema]\nError: could not find schema 's' while looking for owner";
    expect(names(log, [access])).toEqual([["access postgresql_grant.x_1A"], []]);
  });

  test("are not those whose error is another one", () => {
    const log = RENAMED.replace(/pq: .*/g, "pq: permission denied for table old");
    expect(names(log, [access])).toEqual([[], []]);
  });

  test("leave the state by the file that the command writes", async () => {
    const files = {
      "cdktf.out/manifest.json": JSON.stringify({ stacks: { access: {} } }),
      "cdktf.out/stacks/access/cdk.tf.json": JSON.stringify(access.document),
      "apply.log": RENAMED,
    };
    const { code, out, written } = await leasehold(["adopt", "apply.log"], files);
    expect(code).toBe(0);
    expect(out).toContain("access: postgresql_grant.table_1A leaves the state");
    const { removed } = JSON.parse(written["cdktf.out/stacks/access/adopt.tf.json"]) as { removed: unknown[] };
    expect(removed).toHaveLength(4);
    expect(removed[0]).toEqual({ from: "postgresql_grant.table_1A", lifecycle: { destroy: false } });
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
