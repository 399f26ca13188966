import type { AccessGraph, DatabaseNode } from "../../../access/model/graph";
import { rulesOf } from "../../../access/rules/policy-text";
import type { Looked } from "../../../audit/doctor/looked";
import { VaultDenied, VaultReader } from "../../../audit/doctor/vault";
import { findMountSettings, Mount } from "../../../audit/doctor/vault-mounts";
import { findSystemSettings, SYSTEM_PATHS } from "../../../audit/doctor/vault-system";
import { HARMLESS_WRITES, writesToSystem } from "../../../audit/doctor/vault-writes";

type Fields = Readonly<Record<string, unknown>>;

const DATABASE = { instance: "main", database: "shop", mountPath: "database/main/shop" } as DatabaseNode;
const GRAPH = {
  identities: [{ key: { cluster: "eu", namespace: "shop", serviceAccount: "web" }, authPath: "kubernetes-eu" }],
  edges: [],
} as unknown as AccessGraph;
const METHOD: Mount = { path: "kubernetes-eu", type: "kubernetes", fields: { accessor: "auth_kubernetes_1" } };

/** What a Vault answers that nobody touched. */
const USUAL: Fields = {
  "sys/seal-status": { sealed: false, recovery_seal: false },
  "sys/generate-root/attempt": { started: false },
  "sys/rekey/init": { started: false },
  "sys/plugins/catalog": { detailed: [{ name: "kubernetes", type: "auth", builtin: true }] },
  "sys/quotas/config": { rate_limit_exempt_paths: ["sys/health", "sys/unseal"], absolute_rate_limit_exempt_paths: [] },
  "sys/config/auditing/request-headers": { headers: { "user-agent": { hmac: false } } },
  "sys/config/state/sanitized": { raw_storage_endpoint: false },
};

/** A Vault that answers so; `null` is refused. Lists are the paths below. */
function vaultOf(answers: Readonly<Record<string, unknown>>): VaultReader {
  const all = { ...USUAL, ...answers };
  return {
    get: (path) =>
      all[path] === null ? Promise.reject(new VaultDenied(path)) : Promise.resolve(all[path] as Fields | undefined),
    list: (path) =>
      Promise.resolve(
        Object.keys(all)
          .filter((one) => one.startsWith(`${path}/`))
          .map((one) => one.slice(path.length + 1)),
      ),
  };
}

async function look(
  answers: Readonly<Record<string, unknown>>,
): Promise<{ found: string[]; notChecked: readonly string[] }> {
  const looked: Looked = { findings: [], notChecked: [] };
  await findSystemSettings(vaultOf(answers), looked, GRAPH, [DATABASE], [METHOD]);
  return {
    found: looked.findings.map(({ code, severity, object }) => `${severity} ${code} ${object?.name}`),
    notChecked: looked.notChecked,
  };
}

test("of a Vault that nobody touched nothing is found, and nothing is out of reach", async () => {
  expect(await look({})).toEqual({ found: [], notChecked: [] });
});

test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
  [
    "quotas on all, on a mount of ours and on a role of it, and not one elsewhere",
    {
      "sys/quotas/rate-limit/all": { path: "", rate: 1, interval: 1 },
      "sys/quotas/rate-limit/login": { path: "auth/kubernetes-eu/", rate: 1, interval: 60 },
      "sys/quotas/rate-limit/creds": { path: "database/main/shop/creds/eu.shop.web", rate: 1, interval: 60 },
      "sys/quotas/rate-limit/other": { path: "database/main/shop2/", rate: 1, interval: 60 },
      "sys/quotas/lease-count/most": { path: "database/", max_leases: 1 },
    },
    [
      "warning vault-setting sys/quotas/rate-limit/all",
      "warning vault-setting sys/quotas/rate-limit/login",
      "warning vault-setting sys/quotas/rate-limit/creds",
      "warning vault-setting sys/quotas/lease-count/most",
    ],
  ],
  [
    "paths of ours that no quota counts",
    {
      "sys/quotas/config": {
        rate_limit_exempt_paths: ["auth/kubernetes-eu/login", "sys/health"],
        absolute_rate_limit_exempt_paths: ["*"],
      },
    },
    [
      "warning vault-setting auth/kubernetes-eu/login in rate_limit_exempt_paths of sys/quotas/config",
      "warning vault-setting * in absolute_rate_limit_exempt_paths of sys/quotas/config",
    ],
  ],
  [
    "a second factor by kind of method, by method, for an entity, and one elsewhere",
    {
      "identity/mfa/login-enforcement/kind": { auth_method_types: ["kubernetes"] },
      "identity/mfa/login-enforcement/one": { auth_method_accessors: ["auth_kubernetes_1"] },
      "identity/mfa/login-enforcement/somebody": { identity_entity_ids: ["1"] },
      "identity/mfa/login-enforcement/people": { auth_method_types: ["userpass"] },
    },
    [
      "error vault-setting identity/mfa/login-enforcement/kind",
      "error vault-setting identity/mfa/login-enforcement/one",
      "warning vault-setting identity/mfa/login-enforcement/somebody",
    ],
  ],
  [
    "plugins that are not Vault's own",
    {
      "sys/plugins/catalog": {
        detailed: [
          { name: "kubernetes", type: "auth", builtin: false, version: "v9.9.9" },
          { name: "kubernetes", type: "auth", builtin: true },
          { name: "spy", type: "database", builtin: false },
          { name: "spy", type: "secret" },
        ],
      },
    },
    [
      "error vault-setting sys/plugins/catalog/auth/kubernetes",
      "error vault-setting sys/plugins/catalog/database/spy",
      "warning vault-setting sys/plugins/catalog/secret/spy",
    ],
  ],
  [
    "a token written into the audit log, by its header",
    {
      "sys/config/auditing/request-headers": {
        headers: { "X-Vault-Token": { hmac: false }, authorization: { hmac: true }, Cookie: null },
      },
    },
    [
      "error audit-device sys/config/auditing/request-headers/X-Vault-Token",
      "error audit-device sys/config/auditing/request-headers/Cookie",
    ],
  ],
  [
    "a root token and keys that are being made",
    {
      "sys/generate-root/attempt": { started: true, progress: 1, required: 3 },
      "sys/rekey/init": { started: true, t: 3 },
    },
    ["error vault-setting sys/generate-root/attempt", "error vault-setting sys/rekey/init"],
  ],
  [
    "recovery keys that are being changed, where something else unseals",
    {
      "sys/seal-status": { recovery_seal: true },
      "sys/rekey/init": undefined,
      "sys/rekey-recovery-key/init": { started: true },
    },
    ["error vault-setting sys/rekey-recovery-key/init"],
  ],
  [
    "what Vault keeps, open to read",
    { "sys/config/state/sanitized": { raw_storage_endpoint: true } },
    ["error vault-setting sys/config/state/sanitized"],
  ],
])("%s", async (_, answers, finds) => {
  expect(await look(answers)).toEqual({ found: finds, notChecked: [] });
});

test("what the token may not read, and what does not answer, is said", async () => {
  const paths = SYSTEM_PATHS.filter(([, can]) => can.includes("read")).map(([path]) => path.replace(/\/\+$/, "/x"));
  expect(paths.length).toBeGreaterThan(5);
  const { found, notChecked } = await look({
    ...Object.fromEntries(paths.map((path) => [path, null])),
    "sys/generate-root/attempt": undefined,
  });
  expect(found).toEqual([]);
  for (const path of [...paths, "sys/generate-root/attempt"])
    expect(notChecked).toContainEqual(expect.stringContaining(`Vault: ${path}: `));
});

test("a mount of ours that runs a program which is not Vault's own is another mount", async () => {
  const looked: Looked = { findings: [], notChecked: [] };
  const mounts = { "database/main/shop/": { type: "database", running_sha256: "abc", running_plugin_version: "v9" } };
  await findMountSettings(vaultOf({ "sys/mounts": mounts }), looked, GRAPH, [DATABASE], [METHOD]);
  expect(looked.findings.map(({ code, object }) => [code, object?.name])).toEqual([
    ["mount-differs", "running_sha256 of database/main/shop"],
  ]);
});

describe("what a policy may write of Vault itself", () => {
  const writes = (...rules: readonly string[]): string[] =>
    writesToSystem(
      rulesOf(rules.map((rule) => `path ${rule.replace(": ", " { capabilities = [")}] }`).join("\n")) ?? [],
    );

  test.each([
    ['"sys/anything/of/a/later/version": "update"', "sys/anything/of/a/later/version"],
    ['"/sys/quotas/rate-limit/x": "create"', "sys/quotas/rate-limit/x"],
    ['"sys/*": "delete"', "sys/*"],
    ['"s*": "update"', "sys/*"],
    ['"*": "patch"', "sys/*"],
    ['"+/mounts/x": "update"', "sys/mounts/x"],
    ['"{{identity.entity.name}}/mounts/x": "update"', "sys/mounts/x"],
    ['"sys/leases/*": "update"', "sys/leases/*"],
    ['"sys/leases/revoke-force/x": "update", "sudo"', "sys/leases/revoke-force/x"],
    ['"sys/tools*": "update"', "sys/tools*"],
  ])("%s is found", (rule, path) => {
    expect(writes(rule)).toEqual([path]);
  });

  test("what gives nobody anything is not, nor what only reads, is elsewhere, or is denied by another rule", () => {
    const harmless = HARMLESS_WRITES.map((path) => `"sys/${path}": "update"`);
    expect(writes(...harmless, '"sys/mounts": "read", "list"', '"system/*": "update"', '"sys": "update"')).toEqual([]);
    expect(writes('"+/mounts/*": "update"', '"sys/mounts/*": "deny"')).toEqual([]);
    expect(writes('"*": "update"', '"sys/*": "read"')).toEqual([]);
    expect(writes('"sys/mounts/+": "update"', '"sys/mounts/any": "deny"', '"sys/mounts/a*": "deny"')).toEqual([
      "sys/mounts/+",
    ]);
  });
});
