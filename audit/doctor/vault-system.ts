import { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { every, Looked, orDenied } from "./looked";
import type { VaultReader } from "./vault";
import type { Fields } from "./vault-fields";
import type { Mount } from "./vault-mounts";

/** The paths that these checks read, for the policy that doctor asks for. */
export const SYSTEM_PATHS: readonly (readonly [string, readonly string[]])[] = [
  // Vault wants sudo of whoever reads how it is audited.
  ["sys/config/auditing/request-headers", ["read", "sudo"]],
  ["sys/config/state/sanitized", ["read"]],
  ["sys/quotas/config", ["read"]],
  ["sys/quotas/rate-limit", ["list"]],
  ["sys/quotas/rate-limit/+", ["read"]],
  ["sys/quotas/lease-count", ["list"]],
  ["sys/quotas/lease-count/+", ["read"]],
  ["identity/mfa/login-enforcement", ["list"]],
  ["identity/mfa/login-enforcement/+", ["read"]],
  ["sys/plugins/catalog", ["read"]],
];

/** Headers that Vault's audit devices write by themselves: they number requests and name programs. */
const USUAL_HEADERS = ["correlation-id", "x-correlation-id", "user-agent"];

/**
 * Settings of Vault as a whole: quotas, second factors, plugins, headers that audit devices write as they are, and root tokens or keys
 * that somebody is making. They decide who gets in or is kept out, and no mount and no policy shows them. The program makes none.
 */
export async function findSystemSettings(
  vault: VaultReader,
  looked: Looked,
  graph: AccessGraph,
  databases: readonly DatabaseNode[],
  methods: readonly Mount[],
): Promise<void> {
  const authPaths = [...new Set(graph.identities.filter(({ external }) => !external).map(({ authPath }) => authPath))];
  const found = (
    path: string,
    draft: Pick<EffectiveFinding, "effective" | "why" | "fix"> & Partial<EffectiveFinding>,
  ): void =>
    void looked.findings.push({
      code: "vault-setting",
      severity: "error",
      database: keyOf(databases[0]),
      who: [],
      object: { kind: "vault path", name: path },
      privileges: [],
      declared: "nothing: the program makes none",
      ...draft,
    });
  const paths = [...databases.map(({ mountPath }) => mountPath), ...authPaths.map((path) => `auth/${path}`)];
  await quotas(vault, looked, paths, found);
  await secondFactors(
    vault,
    looked,
    methods.filter(({ path }) => authPaths.includes(path)),
    found,
  );
  await plugins(vault, looked, found);
  await headers(vault, looked, found);
  await begunByKeyHolders(vault, looked, found);
  const state = await orDenied(looked, "sys/config/state/sanitized", () => vault.get("sys/config/state/sanitized"));
  if (state?.raw_storage_endpoint === true)
    found("sys/config/state/sanitized", {
      effective: "sys/raw is open",
      why: "the server's configuration says raw_storage_endpoint: whoever may read there reads what Vault keeps, past every policy of a mount",
      fix: "take raw_storage_endpoint out of the configuration, and start the server anew",
    });
}

type Found = (
  path: string,
  draft: Pick<EffectiveFinding, "effective" | "why" | "fix"> & Partial<EffectiveFinding>,
) => void;

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Whether a setting of `path` holds for one of our paths, too. A setting of a path holds for all below it. */
const touches = (path: string, ours: readonly string[]): boolean => {
  const plain = path.replace(/[/*]+$/, "");
  return ours.some((one) => plain === "" || `${one}/`.startsWith(`${plain}/`) || `${plain}/`.startsWith(`${one}/`));
};

async function quotas(vault: VaultReader, looked: Looked, ours: readonly string[], found: Found): Promise<void> {
  for (const kind of ["rate-limit", "lease-count"])
    await every(vault, looked, `sys/quotas/${kind}`, `sys/quotas/${kind}`, (path, quota) => {
      if (!touches(String(quota.path ?? ""), ours)) return;
      const { rate, interval, max_leases: most } = quota;
      found(path, {
        severity: "warning",
        effective: `at most ${kind === "lease-count" ? `${String(most)} leases` : `${String(rate)} requests in ${String(interval)} s from one address`} ${quota.path ? `below ${String(quota.path)}` : "of all of Vault"}`,
        why: "it was made by hand: beyond it Vault refuses, so that pods get no login and leases are not renewed",
        fix: `see that it leaves room for all pods at once, and accept it; or vault delete ${path}`,
      });
    });
  const path = "sys/quotas/config";
  const config = await orDenied(looked, path, () => vault.get(path));
  for (const name of ["rate_limit_exempt_paths", "absolute_rate_limit_exempt_paths"])
    for (const exempt of strings(config?.[name]).filter((one) => touches(one, ours)))
      found(`${exempt} in ${name} of ${path}`, {
        severity: "warning",
        effective: `no quota counts requests below ${exempt}`,
        why: "it was made by hand: whoever tries logins there is not slowed down",
        fix: `take it out of ${name}, or accept it`,
      });
}

async function secondFactors(
  vault: VaultReader,
  looked: Looked,
  methods: readonly Mount[],
  found: Found,
): Promise<void> {
  const list = "identity/mfa/login-enforcement";
  await every(vault, looked, list, list, (path, fields) => {
    const { auth_method_types: types, auth_method_accessors: accessors } = fields;
    const hit = methods.filter(
      ({ type, fields: { accessor } }) =>
        strings(types).includes(type) || strings(accessors).includes(String(accessor)),
    );
    const somebody = strings(fields.identity_group_ids).length + strings(fields.identity_entity_ids).length > 0;
    if (hit.length === 0 && !somebody) return;
    found(path, {
      severity: hit.length > 0 ? "error" : "warning",
      who: hit.map((method) => `auth/${method.path}`),
      effective:
        hit.length > 0
          ? "a login there needs a second factor"
          : "logins of some entities or groups need a second factor",
      why: "it was made by hand: a pod has no second factor, so it gets no token",
      fix: `vault delete ${path}, or leave our auth methods and the entities of pods out of it`,
    });
  });
}

/** Kinds of plugin that say who gets in, or are given the password of Vault's login. */
const OVER_LOGINS = ["auth", "database"];

async function plugins(vault: VaultReader, looked: Looked, found: Found): Promise<void> {
  const path = "sys/plugins/catalog";
  const catalog = await orDenied(looked, path, () => vault.get(path));
  if (!catalog) return;
  if (!Array.isArray(catalog.detailed)) {
    looked.notChecked.push(`Vault: ${path}: which plugins are its own: it does not say`);
    return;
  }
  for (const { name, type, version, builtin } of catalog.detailed as readonly Fields[]) {
    if (builtin === true) continue;
    found(`${path}/${String(type)}/${String(name)}`, {
      severity: OVER_LOGINS.includes(String(type)) ? "error" : "warning",
      effective: `a plugin that is not Vault's own${version ? `, ${String(version)}` : ""}`,
      why: "somebody registered it: a mount that is made anew or tuned runs it, with what it is told; one that is called like one of Vault's own is taken in its place",
      fix: `see whose it is, and accept it; or vault plugin deregister ${String(type)} ${String(name)}`,
    });
  }
}

async function headers(vault: VaultReader, looked: Looked, found: Found): Promise<void> {
  const path = "sys/config/auditing/request-headers";
  const config = await orDenied(looked, path, () => vault.get(path));
  for (const [name, fields] of Object.entries((config?.headers ?? {}) as Fields)) {
    if ((fields as Fields | null)?.hmac === true || USUAL_HEADERS.includes(name.toLowerCase())) continue;
    found(`${path}/${name}`, {
      code: "audit-device",
      declared: "audit devices write hashes of secrets",
      effective: `the header ${name} of each request is written as it is`,
      why: "somebody told them to: a header may be a token",
      fix: `vault write ${path}/${name} hmac=true, or vault delete it`,
    });
  }
}

/** What needs several key holders, and what one of them may have begun: a root token, or new keys. */
async function begunByKeyHolders(vault: VaultReader, looked: Looked, found: Found): Promise<void> {
  const sealed = await orDenied(looked, "sys/seal-status", () => vault.get("sys/seal-status"));
  const making: readonly (readonly [path: string, what: string, cancel: string])[] = [
    ["sys/generate-root/attempt", "a root token is being made", "vault operator generate-root -cancel"],
    sealed?.recovery_seal === true
      ? [
          "sys/rekey-recovery-key/init",
          "the recovery keys are being changed",
          "vault operator rekey -target=recovery -cancel -nonce=…",
        ]
      : ["sys/rekey/init", "the keys that unseal it are being changed", "vault operator rekey -cancel -nonce=…"],
  ];
  for (const [path, what, cancel] of making) {
    const attempt = await orDenied(looked, path, () => vault.get(path));
    if (attempt?.started === undefined) looked.notChecked.push(`Vault: ${path}: whether ${what}: it does not say`);
    else if (attempt.started === true)
      found(path, {
        effective: `${what}: ${String(attempt.progress ?? 0)} of ${String(attempt.required ?? attempt.t ?? "?")} keys were given`,
        why: "somebody began it and has not ended it: whoever ends it may do everything",
        fix: `${cancel}, unless you know who does it`,
      });
  }
}
