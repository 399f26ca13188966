/** Provider 5.6.0: resource_auth_backend.go, resource_kubernetes_auth_backend_config.go and _role.go, auth_token.go. */
import { Argument, ArgumentTable, flag, text, texts } from "../../model/arguments";
import { JsonObject } from "../../model/values";
import { Context, ReadBack, changedKeys, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { trim, vault } from "./client";
import { emptyFor, readBack } from "./reading";

const backendTable: ArgumentTable = {
  type: { kind: "string", required: true, replaces: true, use: "method to mount" },
  path: { kind: "string", reads: "never", use: "where; the type by default" },
  description: { kind: "string", use: "sent" },
  local: { kind: "bool", replaces: true, use: "sent" },
  tune: { kind: "refused", use: "not known to the rehearsal" },
  identity_token_key: { kind: "refused", use: "Vault Enterprise only" },
};

export const authBackend = tableHandler({
  type: "vault_auth_backend",
  table: backendTable,
  async create(config, context) {
    const path = text(config, "path") || text(config, "type");
    if (path !== trim(path)) throw context.where.at("path").error("must not begin or end with a slash");
    await vault.write(context, `sys/auth/${path}`, {
      type: text(config, "type"),
      description: text(config, "description"),
      local: flag(config, "local"),
    });
    context.made(path);
    return readBackend(path, context);
  },
  async update(config, known, context) {
    const path = text(config, "path") || text(config, "type");
    if (path !== known.id) await remount(`auth/${known.id}`, `auth/${path}`, context);
    await vault.write(context, `sys/mounts/auth/${path}/tune`, { description: text(config, "description") });
    return readBackend(path, context);
  },
  refresh: (known, context) => readAuth(known, context, backendTable),
  destroy: (known, context) => vault.remove(context, `sys/auth/${known.id}`),
});

async function readBackend(path: string, context: Context) {
  const mount = await vault.read(context, `sys/mounts/auth/${path}`);
  if (!mount) throw context.where.error("the auth method is not there after mounting");
  return { id: path, path, accessor: String(mount.accessor) };
}

/** authBackendRead. How the method is tuned is read and computed: without `tune`, which is refused here, it is no change. */
export async function readAuth(
  known: Known,
  context: Context,
  table: ArgumentTable,
  more: (mount: JsonObject) => Promise<JsonObject | undefined> = (mount) => Promise.resolve(mount),
): Promise<ReadBack | undefined> {
  const mount = await vault.mount(context, `sys/mounts/auth/${known.id}`);
  const found = mount && (await more(mount));
  if (!mount || !found) return undefined;
  await vault.read(context, `sys/mounts/auth/${known.id}/tune`);
  return { ...readBack(known, found, table), attributes: { accessor: text(mount, "accessor") } };
}

export async function remount(from: string, to: string, context: Context): Promise<void> {
  const answer = await vault.write(context, "sys/remount", { from, to });
  for (let tries = 0; tries < 100; tries++) {
    const state = await vault.read(context, `sys/remount/status/${String(answer?.migration_id)}`);
    const info = JSON.stringify(state ?? {});
    if (info.includes('"success"')) return;
    if (info.includes('"failure"')) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw context.where.at("path").error(`Vault did not move ${from} to ${to}`);
}

const configTable: ArgumentTable = {
  backend: { kind: "string", default: "kubernetes", replaces: true, reads: "never", use: "path of the auth method" },
  kubernetes_host: { kind: "string", required: true, use: "sent" },
  kubernetes_ca_cert: { kind: "string", reads: "computed", use: "sent; else the pod's own CA, played by vaultPod" },
  token_reviewer_jwt: { kind: "string", sensitive: true, use: "sent; else the pod's own token, played by vaultPod" },
  pem_keys: { kind: "list", use: "sent, joined by commas" },
  issuer: { kind: "string", use: "sent" },
  disable_iss_validation: { kind: "bool", reads: "computed", use: "sent; false when absent on create" },
  disable_local_ca_jwt: { kind: "bool", reads: "computed", use: "sent; true means nothing is played" },
  use_annotations_as_alias_metadata: { kind: "bool", reads: "computed", use: "sent; false when absent" },
};

/** kubernetesAuthBackendConfigRead, with what its plan adds: a CA that nobody gave is taken away where Vault reads its own. */
async function readConfig(known: Known, context: Context): Promise<ReadBack | undefined> {
  const there = await vault.read(context, known.id);
  if (!there) return undefined;
  const played = context.options.vaultPod?.caPem;
  const ca = there.kubernetes_ca_cert === played ? "" : text(there, "kubernetes_ca_cert");
  const read = readBack(known, { ...there, kubernetes_ca_cert: ca }, configTable);
  const own = flag(known.arguments, "disable_local_ca_jwt") || flag(there, "disable_local_ca_jwt");
  if (ca !== "" && known.arguments.kubernetes_ca_cert === undefined && !own) read.arguments.kubernetes_ca_cert = ca;
  return read;
}

async function writeConfig(config: JsonObject, context: Context, created: boolean) {
  const path = `auth/${trim(text(config, "backend"))}/config`;
  const data: JsonObject = { kubernetes_host: text(config, "kubernetes_host") };
  for (const key of ["kubernetes_ca_cert", "token_reviewer_jwt", "issuer"] as const)
    if (text(config, key)) data[key] = text(config, key);
  if (Array.isArray(config.pem_keys)) data.pem_keys = config.pem_keys.join(",");
  if (created || config.disable_iss_validation !== undefined)
    data.disable_iss_validation = flag(config, "disable_iss_validation");
  if (flag(config, "disable_local_ca_jwt")) data.disable_local_ca_jwt = true;
  data.use_annotations_as_alias_metadata = flag(config, "use_annotations_as_alias_metadata");
  // A Vault in a pod reads both from its disk where neither is given; the bench's Vault has no such disk.
  const { vaultPod } = context.options;
  const local = !flag(config, "disable_local_ca_jwt");
  if (vaultPod && local) {
    data.kubernetes_ca_cert ??= vaultPod.caPem;
    data.token_reviewer_jwt ??= vaultPod.reviewerJwt;
  }
  await vault.write(context, path, data);
  return { id: path };
}

export const kubernetesConfig = tableHandler({
  type: "vault_kubernetes_auth_backend_config",
  table: configTable,
  create: (config, context) => writeConfig(config, context, true),
  update: (config, _known, context) => writeConfig(config, context, false),
  refresh: readConfig,
  // the provider deletes nothing: the configuration goes with the auth method
  destroy: () => Promise.resolve(),
});

const token = (kind: "number" | "string" | "bool" | "set" | "map"): Argument => ({ kind, use: "sent" });
/** What a role of any method says of the tokens that it gives. */
export const tokenTable: ArgumentTable = {
  alias_metadata: token("map"),
  token_ttl: token("number"),
  token_max_ttl: token("number"),
  token_explicit_max_ttl: token("number"),
  token_period: token("number"),
  token_num_uses: token("number"),
  token_policies: token("set"),
  token_bound_cidrs: token("set"),
  token_no_default_policy: token("bool"),
  token_type: {
    kind: "string",
    default: "default",
    oneOf: ["", "default", "service", "batch", "default-service", "default-batch"],
    use: "sent",
  },
};
const roleTable: ArgumentTable = {
  role_name: { kind: "string", required: true, replaces: true, reads: "never", use: "name of the role" },
  backend: { kind: "string", default: "kubernetes", replaces: true, reads: "never", use: "path of the auth method" },
  bound_service_account_names: { kind: "set", required: true, use: "sent" },
  bound_service_account_namespaces: { kind: "set", use: "sent" },
  bound_service_account_namespace_selector: { kind: "string", use: "always sent, empty too" },
  audience: { kind: "string", reads: "where sent", use: "sent; Vault leaves it out where it is empty" },
  alias_name_source: { kind: "string", reads: "computed", use: "sent" },
  ...tokenTable,
};
const ROLE_LISTS = ["bound_service_account_names", "bound_service_account_namespaces"];
const ROLE_OPTIONS = Object.keys(roleTable).filter(
  (key) => !["role_name", "backend", "bound_service_account_namespace_selector", ...ROLE_LISTS].includes(key),
);

/** Whether an argument is there and not empty, as the provider asks. */
export const given = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "" && value !== 0 && value !== false;

export const kubernetesRole = tableHandler({
  type: "vault_kubernetes_auth_backend_role",
  table: roleTable,
  async create(config, context) {
    const data = roleLists(config);
    for (const key of ROLE_OPTIONS) if (given(config[key])) data[key] = config[key] ?? null;
    return writeRole(config, data, context);
  },
  async update(config, known, context) {
    const data = roleLists(config);
    const changed = changedKeys(known.arguments, config).filter((key) => ROLE_OPTIONS.includes(key));
    for (const key of changed) data[key] = config[key] ?? emptyFor(roleTable[key]);
    return writeRole(config, data, context);
  },
  async refresh(known, context) {
    const there = await vault.read(context, known.id);
    return there && readBack(known, withNetworks(there, known), roleTable);
  },
  destroy: (known, context) => vault.remove(context, known.id),
});

/** handleCIDRField: Vault keeps one address without the length of its network; it is compared with it, unless it was given without. */
export function withNetworks(there: JsonObject, known: Known): JsonObject {
  const given = texts(known.arguments, "token_bound_cidrs");
  const whole = (address: string): string => `${address}/${address.includes(":") ? 128 : 32}`;
  const networks = texts(there, "token_bound_cidrs").map((found) =>
    given.includes(found) || found.includes("/") ? found : whole(found),
  );
  return { ...there, token_bound_cidrs: networks };
}

function roleLists(config: JsonObject): JsonObject {
  const data: JsonObject = {};
  for (const key of ROLE_LISTS) if (given(config[key])) data[key] = config[key] ?? null;
  data.bound_service_account_namespace_selector = text(config, "bound_service_account_namespace_selector");
  return data;
}

async function writeRole(config: JsonObject, data: JsonObject, context: Context) {
  const path = `auth/${trim(text(config, "backend"))}/role/${trim(text(config, "role_name"))}`;
  await vault.write(context, path, data);
  return { id: path };
}
