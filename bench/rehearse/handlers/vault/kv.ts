/** Provider 5.6.0: resource_kv_secret_v2.go and internal/vault/secrets/ephemeral/kv_secret_v2.go. */
import { ArgumentTable, flag, number, text } from "../../model/arguments";
import { Json, JsonObject, Where, isObject } from "../../model/values";
import { Context, EphemeralHandler, ReadBack, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { VaultError, vault } from "./client";
import { readBlock, secondsOf } from "./reading";

const metadataTable: ArgumentTable = {
  max_versions: { kind: "number", use: "sent" },
  cas_required: { kind: "bool", use: "sent" },
  delete_version_after: { kind: "number", use: "sent, in seconds" },
  data: { kind: "map", use: "sent as custom_metadata", field: "custom_metadata" },
};
/** Of the entry, the provider reads no more than whether it is there, and its metadata. */
const table: ArgumentTable = {
  mount: { kind: "string", required: true, replaces: true, use: "path of the KV v2 engine" },
  name: { kind: "string", required: true, replaces: true, use: "path of the entry" },
  data_json: { kind: "string", sensitive: true, use: "sent on every write" },
  data_json_wo: { kind: "string", writeOnly: true, use: "sent on create and when its version changes" },
  data_json_wo_version: { kind: "number", use: "when it changes, data_json_wo is sent" },
  cas: { kind: "number", use: "sent beside the data, where Vault does not look: only options.cas has an effect" },
  options: { kind: "map", use: "sent" },
  disable_read: { kind: "bool", default: false, use: "true: the entry is not read back" },
  delete_all_versions: { kind: "bool", default: false, use: "true: destroy deletes the metadata and all versions" },
  custom_metadata: {
    kind: "blocks",
    most: 1,
    use: "written to the entry's metadata; not read back where the program gives none",
    of: metadataTable,
  },
};

/** kvSecretV2Read. An entry whose versions were deleted is still there. */
async function readEntry(known: Known, context: Context): Promise<ReadBack | undefined> {
  const [given] = Array.isArray(known.arguments.custom_metadata) ? known.arguments.custom_metadata : [];
  if (flag(known.arguments, "disable_read")) return { arguments: {} };
  if (!(await vault.read(context, known.id))) return undefined;
  const path = `${text(known.arguments, "mount")}/metadata/${text(known.arguments, "name")}`;
  const metadata = (await vault.read(context, path)) ?? {};
  if (!isObject(given)) return { arguments: {} };
  const found = { ...metadata, delete_version_after: secondsOf(metadata.delete_version_after) };
  return { arguments: { custom_metadata: [readBlock(given, found, metadataTable)] } };
}

function check(config: JsonObject, where: Where): void {
  if (config.data_json !== undefined && config.data_json_wo !== undefined)
    throw where.at("data_json_wo").error("conflicts with data_json");
  if (config.data_json_wo_version !== undefined && config.data_json_wo === undefined)
    throw where.at("data_json_wo_version").error("needs data_json_wo");
  if (config.data_json === undefined && config.data_json_wo === undefined)
    throw where.error("neither data_json nor data_json_wo is set");
}

function parseData(document: string, where: Where): JsonObject {
  let parsed: Json = null;
  try {
    parsed = JSON.parse(document) as Json;
  } catch {
    // said below, without the text: it holds the secret
  }
  if (!isObject(parsed)) throw where.error("not a JSON object");
  return parsed;
}

async function writeEntry(config: JsonObject, context: Context, versionChanged: boolean) {
  const { where } = context;
  const path = `${text(config, "mount")}/data/${text(config, "name")}`;
  let data: JsonObject;
  if (text(config, "data_json")) data = parseData(text(config, "data_json"), where.at("data_json"));
  else if (versionChanged) data = parseData(text(config, "data_json_wo"), where.at("data_json_wo"));
  else
    throw where
      .at("data_json_wo_version")
      .error("another argument changed and this one did not: the provider then fails on empty JSON");
  context.secrets.add(data);
  await writeWhenReady(context, path, { data, cas: number(config, "cas") ?? 0, options: config.options ?? {} });
  context.made(path);
  const [metadata] = Array.isArray(config.custom_metadata) ? config.custom_metadata : [];
  if (isObject(metadata)) await writeMetadata(config, metadata, context);
  if (!flag(config, "disable_read") && !(await vault.read(context, path)))
    throw where.error("the entry is not there after writing");
  return { id: path, path };
}

async function writeMetadata(config: JsonObject, metadata: JsonObject, context: Context): Promise<void> {
  const sent: JsonObject = {};
  if (metadata.max_versions) sent.max_versions = metadata.max_versions;
  if (metadata.cas_required) sent.cas_required = metadata.cas_required;
  if (metadata.delete_version_after) sent.delete_version_after = metadata.delete_version_after;
  if (isObject(metadata.data) && Object.keys(metadata.data).length > 0) sent.custom_metadata = metadata.data;
  await vault.write(context, `${text(config, "mount")}/metadata/${text(config, "name")}`, sent);
}

/** A KV v2 engine just mounted answers 400 while it upgrades itself; the provider tries again, and so does this. */
async function writeWhenReady(context: Context, path: string, body: JsonObject): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await vault.write(context, path, body);
      return;
    } catch (error) {
      const upgrading = error instanceof VaultError && error.status === 400 && /upgrading/i.test(error.message);
      if (!upgrading || tries >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

export const kvSecretV2 = tableHandler({
  type: "vault_kv_secret_v2",
  table,
  check,
  create: (config, context) => writeEntry(config, context, true),
  update: (config, known, context) =>
    writeEntry(config, context, known.arguments.data_json_wo_version !== config.data_json_wo_version),
  refresh: readEntry,
  async destroy(known, context) {
    const base = known.arguments.delete_all_versions === true ? "metadata" : "data";
    await vault.remove(context, `${text(known.arguments, "mount")}/${base}/${text(known.arguments, "name")}`);
  },
});

export const kvSecretV2Ephemeral: EphemeralHandler = {
  type: "vault_kv_secret_v2",
  table: {
    mount: { kind: "string", required: true, use: "path of the KV v2 engine" },
    mount_id: { kind: "string", use: "only makes it wait for the mount" },
    name: { kind: "string", required: true, use: "path of the entry" },
    version: { kind: "number", use: "version to read; the latest by default" },
  },
  async open(config, context) {
    const version = number(config, "version");
    const path = `${text(config, "mount")}/data/${text(config, "name")}`;
    const answer = await vault.read(context, path, version === undefined ? "" : `?version=${version}`);
    const held = answer?.data;
    if (!isObject(held)) throw context.where.error(`${path} holds nothing`);
    context.secrets.add(held);
    const data = Object.fromEntries(
      Object.entries(held).map(([key, value]) => {
        if (typeof value !== "string" && typeof value !== "number")
          throw context.where.at("data").at(key).error("the provider reads strings only");
        return [key, String(value)];
      }),
    );
    return { ...config, data, data_json: JSON.stringify(data) };
  },
};
