/** Provider 5.6.0: resource_mount.go, and the mount half of resource_database_secrets_mount.go. */
import { ArgumentTable, flag, number, text, texts } from "../../model/arguments";
import { JsonObject, isObject } from "../../model/values";
import { Context, ReadBack, changedKeys, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { remount } from "./auth";
import { vault } from "./client";
import { readBack } from "./reading";

const TTL = { reads: "computed", use: "sent; 0 when absent" } as const;
/** Arguments of every mount, `type` aside. */
export const mountTable: ArgumentTable = {
  path: { kind: "string", required: true, reads: "never", use: "where; a change moves the mount" },
  description: { kind: "string", use: "sent" },
  default_lease_ttl_seconds: { kind: "number", ...TTL, field: "default_lease_ttl" },
  max_lease_ttl_seconds: { kind: "number", ...TTL, field: "max_lease_ttl" },
  force_no_cache: { kind: "bool", reads: "computed", use: "sent on create only: it cannot be tuned" },
  audit_non_hmac_request_keys: { kind: "list", reads: "computed", use: "sent" },
  audit_non_hmac_response_keys: { kind: "list", reads: "computed", use: "sent" },
  listing_visibility: { kind: "string", use: "sent" },
  passthrough_request_headers: { kind: "list", use: "sent" },
  allowed_response_headers: { kind: "list", use: "sent" },
  plugin_version: { kind: "string", reads: "never", use: "sent" },
  options: { kind: "map", use: "sent" },
  seal_wrap: { kind: "bool", replaces: true, reads: "computed", use: "sent" },
  external_entropy_access: { kind: "refused", use: "Vault Enterprise only" },
  allowed_managed_keys: { kind: "refused", use: "Vault Enterprise only" },
  identity_token_key: { kind: "refused", use: "Vault Enterprise only" },
  delegated_auth_accessors: { kind: "list", use: "sent" },
  local: { kind: "bool", replaces: true, use: "sent" },
};

const TUNABLE = ["listing_visibility", "plugin_version"] as const;
const TUNABLE_LISTS = [
  "audit_non_hmac_request_keys",
  "audit_non_hmac_response_keys",
  "passthrough_request_headers",
  "allowed_response_headers",
  "delegated_auth_accessors",
] as const;

const ttls = (config: JsonObject): JsonObject => ({
  default_lease_ttl: `${number(config, "default_lease_ttl_seconds") ?? 0}s`,
  max_lease_ttl: `${number(config, "max_lease_ttl_seconds") ?? 0}s`,
});

export async function createMount(config: JsonObject, type: string, context: Context): Promise<string> {
  const path = text(config, "path");
  const tuned: JsonObject = { ...ttls(config), force_no_cache: flag(config, "force_no_cache") };
  for (const key of TUNABLE) if (text(config, key)) tuned[key] = text(config, key);
  for (const key of TUNABLE_LISTS) if (texts(config, key).length > 0) tuned[key] = texts(config, key);
  await vault.write(context, `sys/mounts/${path}`, {
    type,
    description: text(config, "description"),
    config: tuned,
    local: flag(config, "local"),
    options: config.options ?? {},
    seal_wrap: flag(config, "seal_wrap"),
  });
  context.made(path);
  return path;
}

export async function updateMount(config: JsonObject, known: Known, context: Context): Promise<string> {
  const path = text(config, "path");
  if (path !== known.id) await remount(known.id, path, context);
  const changed = changedKeys(known.arguments, config);
  const tuned: JsonObject = { ...ttls(config), options: config.options ?? {} };
  if (changed.includes("description")) tuned.description = text(config, "description");
  for (const key of TUNABLE) if (changed.includes(key)) tuned[key] = text(config, key);
  for (const key of TUNABLE_LISTS) if (changed.includes(key)) tuned[key] = texts(config, key);
  await vault.write(context, `sys/mounts/${path}/tune`, tuned);
  return path;
}

export async function mountAttributes(path: string, context: Context) {
  const mount = await vault.read(context, `sys/mounts/${path}`);
  if (!mount) throw context.where.error("the mount is not there after mounting");
  return { id: path, accessor: String(mount.accessor) };
}

/** readMount */
export async function readMount(known: Known, context: Context, table: ArgumentTable): Promise<ReadBack | undefined> {
  const there = await vault.mount(context, `sys/mounts/${known.id}`);
  if (!there) return undefined;
  const options = isObject(there.options) ? { ...there.options } : {};
  let type = text(there, "type");
  // Vault calls kv-v2 the version 2 of kv, and has a version where the program gave none.
  if (text(known.arguments, "type") === "kv-v2" && type === "kv" && options.version === "2") {
    type = "kv-v2";
    if (!isObject(known.arguments.options) || !known.arguments.options.version) delete options.version;
  }
  const config = isObject(there.config) ? there.config : {};
  const read = readBack(known, { ...there, ...config, type, options }, table);
  return { ...read, attributes: { accessor: text(there, "accessor") } };
}

const typedTable: ArgumentTable = {
  type: { kind: "string", required: true, replaces: true, use: "secrets engine to mount" },
  ...mountTable,
};

export const mount = tableHandler({
  type: "vault_mount",
  table: typedTable,
  async create(config, context) {
    return mountAttributes(await createMount(config, text(config, "type"), context), context);
  },
  async update(config, known, context) {
    return mountAttributes(await updateMount(config, known, context), context);
  },
  refresh: (known, context) => readMount(known, context, typedTable),
  destroy: (known, context) => vault.remove(context, `sys/mounts/${known.id}`),
});
