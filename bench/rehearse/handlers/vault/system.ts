/** Provider 5.6.0: resource_policy.go, resource_audit.go, resource_generic_endpoint.go. */
import { flag, text } from "../../model/arguments";
import { Json, JsonObject, Where, isObject } from "../../model/values";
import { Context, tableHandler } from "../../model/handler";
import { vault } from "./client";

async function writePolicy(config: JsonObject, context: Context) {
  const id = text(config, "name");
  await vault.write(context, `sys/policies/acl/${id}`, { policy: text(config, "policy") });
  return { id };
}

export const policy = tableHandler({
  type: "vault_policy",
  table: {
    name: { kind: "string", required: true, replaces: true, use: "name of the policy; one that exists is overwritten" },
    policy: { kind: "string", required: true, use: "sent" },
  },
  create: writePolicy,
  update: (config, _known, context) => writePolicy(config, context),
  destroy: (known, context) => vault.remove(context, `sys/policies/acl/${known.id}`),
});

export const audit = tableHandler({
  type: "vault_audit",
  table: {
    type: { kind: "string", required: true, use: "kind of device" },
    path: { kind: "string", use: "where; the type by default" },
    description: { kind: "string", use: "sent" },
    local: { kind: "bool", use: "sent" },
    options: { kind: "map", required: true, use: "sent" },
  },
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
  await vault.write(context, path, parseData(config, context.where));
  context.made(path);
  if (!flag(config, "disable_read") && !(await vault.read(context, path)))
    throw context.where.error(`nothing can be read at ${path}: set disable_read for an endpoint that is only written`);
  return { id: path };
}

export const genericEndpoint = tableHandler({
  type: "vault_generic_endpoint",
  table: {
    path: { kind: "string", required: true, replaces: true, use: "where to write" },
    data_json: { kind: "string", required: true, sensitive: true, use: "sent" },
    disable_read: { kind: "bool", default: false, use: "true: the path is not read back" },
    disable_delete: { kind: "bool", default: false, use: "true: destroy deletes nothing" },
    ignore_absent_fields: { kind: "bool", default: false, use: "ignored: drift is not looked for" },
    write_fields: { kind: "refused", use: "would keep Vault's answer in the state" },
  },
  check: (config, where) => void parseData(config, where),
  create: writeEndpoint,
  update: (config, _known, context) => writeEndpoint(config, context),
  async destroy(known, context) {
    if (known.arguments.disable_delete !== true) await vault.remove(context, known.id);
  },
});
