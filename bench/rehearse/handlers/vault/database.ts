/**
 * Provider 5.6.0: resource_database_secrets_mount.go, resource_database_secret_backend_connection.go (shared writer) and
 * resource_database_secret_backend_role.go.
 */
import { ArgumentTable, flag, number, text, texts } from "../../model/arguments";
import { JsonObject, Where, isObject } from "../../model/values";
import { Context, ReadBack, changedKeys, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { trim, vault } from "./client";
import { createMount, mountAttributes, mountTable, updateMount } from "./mounts";

const enterprise = "Vault Enterprise only";
const postgresql: ArgumentTable = {
  name: { kind: "string", required: true, use: "name of the connection; a change replaces the whole mount" },
  plugin_name: { kind: "string", use: "sent; postgresql-database-plugin by default" },
  connection_url: { kind: "string", use: "sent" },
  username: { kind: "string", use: "always sent" },
  password: { kind: "string", sensitive: true, use: "sent on create and when changed" },
  password_wo: { kind: "string", writeOnly: true, use: "sent only when its version changes: never without one" },
  password_wo_version: { kind: "number", use: "when it changes, password_wo is sent" },
  username_template: { kind: "string", use: "sent" },
  disable_escaping: { kind: "bool", use: "always sent" },
  max_open_connections: { kind: "number", default: 2, use: "sent" },
  max_idle_connections: { kind: "number", use: "sent" },
  max_connection_lifetime: { kind: "number", use: "sent, in seconds" },
  tls_ca: { kind: "string", use: "sent" },
  tls_certificate: { kind: "string", use: "sent" },
  private_key: { kind: "string", sensitive: true, use: "sent" },
  password_authentication: { kind: "string", default: "password", oneOf: ["password", "scram-sha-256"], use: "sent" },
  verify_connection: { kind: "bool", default: true, use: "sent" },
  allowed_roles: { kind: "list", use: "sent, joined by commas" },
  self_managed: { kind: "refused", use: enterprise },
  auth_type: { kind: "refused", use: "Google Cloud only" },
  service_account_json: { kind: "refused", use: "Google Cloud only" },
  root_rotation_statements: {
    kind: "list",
    use: "read back, and never sent: provider 5.6.0 looks for it beside the block",
  },
  data: { kind: "refused", use: "keeps a password in the state in clear" },
  rotation_period: { kind: "refused", use: enterprise },
  rotation_schedule: { kind: "refused", use: enterprise },
  rotation_window: { kind: "refused", use: enterprise },
  disable_automated_rotation: { kind: "refused", use: enterprise },
};

const connections = (config: JsonObject): JsonObject[] =>
  Array.isArray(config.postgresql) ? config.postgresql.filter(isObject) : [];

function checkNames(config: JsonObject, where: Where): void {
  const names = connections(config).map((connection) => text(connection, "name"));
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index)
      throw where.at("postgresql").at(index).at("name").error(`${name} is there twice`);
  });
}

function connectionBody(connection: JsonObject, before: JsonObject | undefined): JsonObject {
  const data: JsonObject = {
    plugin_name: text(connection, "plugin_name") || "postgresql-database-plugin",
    username: text(connection, "username"),
    disable_escaping: flag(connection, "disable_escaping"),
    verify_connection: connection.verify_connection ?? true,
    allowed_roles: texts(connection, "allowed_roles").join(","),
    max_idle_connections: number(connection, "max_idle_connections") ?? 0,
    max_connection_lifetime: `${number(connection, "max_connection_lifetime") ?? 0}s`,
    username_template: text(connection, "username_template"),
  };
  for (const key of ["connection_url", "tls_ca", "tls_certificate", "private_key", "password_authentication"])
    if (text(connection, key)) data[key] = text(connection, key);
  if (number(connection, "max_open_connections")) data.max_open_connections = connection.max_open_connections ?? 0;
  // Vault never gives a password back, and an old one sent again would undo a rotation: only changes are sent.
  const version = connection.password_wo_version;
  const versionChanged = version !== undefined && version !== 0 && version !== before?.password_wo_version;
  if (text(connection, "password")) {
    if (!before || before.password !== connection.password) data.password = text(connection, "password");
  } else if (versionChanged && text(connection, "password_wo")) data.password = text(connection, "password_wo");
  return data;
}

async function writeConnections(config: JsonObject, root: string, known: Known | undefined, context: Context) {
  const before = known ? connections(known.arguments) : [];
  for (const [index, connection] of connections(config).entries()) {
    const name = text(connection, "name");
    await vault.write(context, `${trim(root)}/config/${name}`, connectionBody(connection, before[index]));
  }
  return { ...(await mountAttributes(root, context)), engine_count: connections(config).length };
}

/** The lists of a connection that the provider reads back, by Vault's name for them. */
const READ_BACK = { allowed_roles: "allowed_roles", root_rotation_statements: "root_credentials_rotate_statements" };

async function readConnections(known: Known, context: Context): Promise<ReadBack> {
  const found: JsonObject[] = [];
  for (const connection of connections(known.arguments)) {
    const there = await vault.read(context, `${trim(known.id)}/config/${text(connection, "name")}`);
    if (!there) continue;
    const read: JsonObject = { ...connection };
    for (const [argument, field] of Object.entries(READ_BACK)) {
      if (texts(there, field).length > 0) read[argument] = texts(there, field);
      else delete read[argument];
    }
    found.push(read);
  }
  return { arguments: { postgresql: found } };
}

export const databaseSecretsMount = tableHandler({
  type: "vault_database_secrets_mount",
  table: {
    ...mountTable,
    postgresql: { kind: "blocks", of: postgresql, use: "one connection each, written to <path>/config/<name>" },
  },
  check: checkNames,
  replacedBy(before, after) {
    const [old, now] = [connections(before), connections(after)];
    if (now.length < old.length) return ["engine_count"];
    const renamed = old.findIndex((connection, index) => connection.name !== now[index]?.name);
    return renamed < 0 ? [] : [`postgresql[${renamed}].name`];
  },
  async create(config, context) {
    const root = await createMount(config, "database", context);
    return writeConnections(config, root, undefined, context);
  },
  async update(config, known, context) {
    return writeConnections(config, await updateMount(config, known, context), known, context);
  },
  refresh: readConnections,
  destroy: (known, context) => vault.remove(context, `sys/mounts/${known.id}`),
});

const ROLE_FIELDS = [
  "default_ttl",
  "max_ttl",
  "creation_statements",
  "revocation_statements",
  "rollback_statements",
  "renew_statements",
  "credential_config",
  "credential_type",
] as const;
const ROLE_EMPTY: Partial<Record<(typeof ROLE_FIELDS)[number], JsonObject[string]>> = {
  default_ttl: 0,
  max_ttl: 0,
  credential_config: {},
  credential_type: "",
};

async function writeRole(config: JsonObject, before: JsonObject, context: Context) {
  const path = `${trim(text(config, "backend"))}/roles/${trim(text(config, "name"))}`;
  const data: JsonObject = {
    db_name: text(config, "db_name"),
    creation_statements: texts(config, "creation_statements"),
  };
  const changed = changedKeys(before, config);
  for (const key of ROLE_FIELDS) if (changed.includes(key)) data[key] = config[key] ?? ROLE_EMPTY[key] ?? [];
  await vault.write(context, path, data);
  return { id: path };
}

export const databaseRole = tableHandler({
  type: "vault_database_secret_backend_role",
  table: {
    name: { kind: "string", required: true, replaces: true, use: "name of the role" },
    backend: { kind: "string", required: true, replaces: true, use: "path of the database engine" },
    db_name: { kind: "string", required: true, replaces: true, use: "connection" },
    default_ttl: { kind: "number", use: "sent when changed" },
    max_ttl: { kind: "number", use: "sent when changed" },
    creation_statements: { kind: "list", required: true, use: "always sent" },
    revocation_statements: { kind: "list", use: "sent when changed" },
    rollback_statements: { kind: "list", use: "sent when changed" },
    renew_statements: { kind: "list", use: "sent when changed" },
    credential_type: { kind: "string", use: "sent when changed" },
    credential_config: { kind: "map", use: "sent when changed" },
  },
  create: (config, context) => writeRole(config, {}, context),
  update: (config, known, context) => writeRole(config, known.arguments, context),
  destroy: (known, context) => vault.remove(context, known.id),
});
