/** Provider 5.6.0: resource_policy.go, resource_audit.go, resource_generic_endpoint.go. */
import { ArgumentTable, flag, text } from "../../model/arguments";
import { Json, JsonObject, Where, isObject } from "../../model/values";
import { Context, ReadBack, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { trim, vault } from "./client";
import { readBack } from "./reading";

async function writePolicy(config: JsonObject, context: Context) {
  const id = text(config, "name");
  await vault.write(context, `sys/policies/acl/${id}`, { policy: text(config, "policy") });
  return { id };
}

const policyTable: ArgumentTable = {
  name: {
    ...{ kind: "string", required: true, replaces: true, reads: "never" },
    use: "name of the policy; one that exists is overwritten",
  },
  policy: { kind: "string", required: true, use: "sent" },
};

export const policy = tableHandler({
  type: "vault_policy",
  table: policyTable,
  create: writePolicy,
  update: (config, _known, context) => writePolicy(config, context),
  // To the provider a policy that is gone is an empty one, so it is not made again but changed.
  refresh: async (known, context) =>
    readBack(known, (await vault.read(context, `sys/policies/acl/${known.id}`)) ?? {}, policyTable),
  destroy: (known, context) => vault.remove(context, `sys/policies/acl/${known.id}`),
});

const auditTable: ArgumentTable = {
  type: { kind: "string", required: true, use: "kind of device" },
  path: { kind: "string", reads: "never", use: "where; the type by default" },
  description: { kind: "string", use: "sent" },
  local: { kind: "bool", reads: "never", use: "sent" },
  options: { kind: "map", required: true, use: "sent" },
};

export const audit = tableHandler({
  type: "vault_audit",
  table: auditTable,
  async create(config, context) {
    const id = text(config, "path") || text(config, "type");
    await vault.write(context, `sys/audit/${id}`, {
      type: text(config, "type"),
      description: text(config, "description"),
      local: flag(config, "local"),
      options: config.options ?? {},
    });
    return { id, path: id };
  },
  async refresh(known, context) {
    const there = (await vault.read(context, "sys/audit"))?.[`${trim(known.id)}/`];
    return isObject(there) ? readBack(known, there, auditTable) : undefined;
  },
  destroy: (known, context) => vault.remove(context, `sys/audit/${known.id}`),
});

function parseData(config: JsonObject, where: Where): JsonObject {
  let parsed: Json = null;
  try {
    parsed = JSON.parse(text(config, "data_json")) as Json;
  } catch {
    // said below, without the text: it may hold a secret
  }
  if (!isObject(parsed)) throw where.at("data_json").error("not a JSON object");
  return parsed;
}

async function writeEndpoint(config: JsonObject, context: Context) {
  const path = text(config, "path");
  const data = parseData(config, context.where);
  await vault.write(context, path, data);
  context.made(path);
  if (!flag(config, "disable_read") && !(await vault.read(context, path)))
    throw context.where.error(`nothing can be read at ${path}: set disable_read for an endpoint that is only written`);
  const fields = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, context.digest(value)]));
  return { id: path, fields };
}

/** The state has a digest of each field that was written, and no text to compare. */
async function readEndpoint(known: Known, context: Context): Promise<ReadBack | undefined> {
  if (flag(known.arguments, "disable_read")) return { arguments: {} };
  const found = await vault.read(context, known.id);
  if (!found) return undefined;
  const written = isObject(known.attributes.fields) ? known.attributes.fields : {};
  const seen = Object.entries(found).filter(
    ([name]) => name in written || !flag(known.arguments, "ignore_absent_fields"),
  );
  const less = Object.keys(written).some((name) => !(name in found)) && !flag(known.arguments, "ignore_absent_fields");
  const same = !less && seen.every(([name, value]) => written[name] === context.digest(value));
  return { arguments: same ? {} : { data_json: context.digest(Object.fromEntries(seen)) } };
}

export const genericEndpoint = tableHandler({
  type: "vault_generic_endpoint",
  table: {
    path: { kind: "string", required: true, replaces: true, use: "where to write" },
    data_json: { kind: "string", required: true, sensitive: true, use: "sent" },
    disable_read: { kind: "bool", default: false, use: "true: the path is not read back" },
    disable_delete: { kind: "bool", default: false, use: "true: destroy deletes nothing" },
    ignore_absent_fields: { kind: "bool", default: false, use: "true: only fields that were written are read back" },
    write_fields: { kind: "refused", use: "would keep Vault's answer in the state" },
  },
  check: (config, where) => void parseData(config, where),
  create: writeEndpoint,
  update: (config, _known, context) => writeEndpoint(config, context),
  refresh: readEndpoint,
  async destroy(known, context) {
    if (known.arguments.disable_delete !== true) await vault.remove(context, known.id);
  },
});
