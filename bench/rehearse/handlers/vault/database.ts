/**
 * Provider 5.6.0: resource_database_secrets_mount.go, resource_database_secret_backend_connection.go (shared writer) and
 * resource_database_secret_backend_role.go.
 */
import { ArgumentTable, flag, number, text, texts } from "../../model/arguments";
import { JsonObject, Where, isObject } from "../../model/values";
import { Context, ReadBack, changedKeys, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { trim, vault } from "./client";
import { createMount, mountAttributes, mountTable, readMount, updateMount } from "./mounts";
import { readBack, readBlock, secondsOf } from "./reading";

const enterprise = "Vault Enterprise only";
const postgresql: ArgumentTable = {
  name: { kind: "string", required: true, use: "name of the connection; a change replaces the whole mount" },
  plugin_name: { kind: "string", reads: "computed", use: "sent; postgresql-database-plugin by default" },
  connection_url: { kind: "string", reads: "never", use: "sent; the provider keeps what was given" },
  username: { kind: "string", use: "always sent" },
  password: { kind: "string", sensitive: true, use: "sent on create and when changed" },
  password_wo: { kind: "string", writeOnly: true, use: "sent only when its version changes: never without one" },
  password_wo_version: { kind: "number", reads: "never", use: "when it changes, password_wo is sent" },
  username_template: { kind: "string", use: "sent" },
  disable_escaping: { kind: "bool", use: "always sent" },
  max_open_connections: { kind: "number", default: 2, use: "sent" },
  max_idle_connections: { kind: "number", use: "sent" },
  max_connection_lifetime: { kind: "number", use: "sent, in seconds" },
  tls_ca: { kind: "string", use: "sent" },
  tls_certificate: { kind: "string", use: "sent" },
  private_key: { kind: "string", sensitive: true, use: "sent" },
  password_authentication: { kind: "string", default: "password", oneOf: ["password", "scram-sha-256"], use: "sent" },
  verify_connection: { kind: "bool", default: true, reads: "never", use: "sent" },
  allowed_roles: { kind: "list", use: "sent, joined by commas" },
  self_managed: { kind: "refused", use: enterprise },
  auth_type: { kind: "refused", use: "Google Cloud only" },
  service_account_json: { kind: "refused", use: "Google Cloud only" },
  root_rotation_statements: {
    ...{ kind: "list", field: "root_credentials_rotate_statements" },
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

/** One that is named anew, at its place, replaces the mount. Then each name that is not as it was is told. */
function renamed(old: JsonObject[], now: JsonObject[]): string[] {
  if (!now.some(({ name }, index) => old[index] && old[index].name !== name)) return [];
  const places = Array.from({ length: Math.max(old.length, now.length) }, (_, index) => index);
  return places.filter((at) => old[at]?.name !== now[at]?.name).map((at) => `postgresql[${at}].name`);
}

/**
 * databaseSecretsMountRead: connections by name, each compared with the one at its place in the program. What Vault never tells stays
 * as it was at that place. Where no connection is left, the provider keeps them all.
 */
async function readDatabaseMount(known: Known, context: Context): Promise<ReadBack | undefined> {
  const mount = await readMount(known, context, mountTable);
  if (!mount) return undefined;
  const found: JsonObject[] = [];
  for (const name of await vault.list(context, `${trim(known.id)}/config`)) {
    const there = await vault.read(context, `${trim(known.id)}/config/${name}`);
    if (!there) continue;
    const details = isObject(there.connection_details) ? there.connection_details : {};
    const lifetime = secondsOf(details.max_connection_lifetime);
    const given = connections(known.arguments)[found.length] ?? {};
    found.push(readBlock(given, { ...there, ...details, name, max_connection_lifetime: lifetime }, postgresql));
  }
  return { ...mount, arguments: { ...mount.arguments, ...(found.length > 0 ? { postgresql: found } : {}) } };
}

export const databaseSecretsMount = tableHandler({
  type: "vault_database_secrets_mount",
  table: {
    ...mountTable,
    postgresql: { kind: "blocks", of: postgresql, use: "one connection each, written to <path>/config/<name>" },
  },
  check: checkNames,
  replacedBy: (before, after, made) => [
    ...(connections(after).length < (made ? (number(made, "engine_count") ?? 0) : 0) ? ["engine_count"] : []),
    ...renamed(connections(before), connections(after)),
  ],
  async create(config, context) {
    const root = await createMount(config, "database", context);
    return writeConnections(config, root, undefined, context);
  },
  async update(config, known, context) {
    return writeConnections(config, await updateMount(config, known, context), known, context);
  },
  refresh: readDatabaseMount,
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

const roleTable: ArgumentTable = {
  name: { kind: "string", required: true, replaces: true, reads: "never", use: "name of the role" },
  backend: { kind: "string", required: true, replaces: true, reads: "never", use: "path of the database engine" },
  db_name: { kind: "string", required: true, replaces: true, use: "connection" },
  default_ttl: { kind: "number", use: "sent when changed" },
  max_ttl: { kind: "number", use: "sent when changed" },
  creation_statements: { kind: "list", required: true, use: "always sent" },
  revocation_statements: { kind: "list", use: "sent when changed" },
  rollback_statements: { kind: "list", use: "sent when changed" },
  renew_statements: { kind: "list", use: "sent when changed" },
  credential_type: { kind: "string", reads: "computed", use: "sent when changed" },
  credential_config: { kind: "map", use: "sent when changed" },
};

export const databaseRole = tableHandler({
  type: "vault_database_secret_backend_role",
  table: roleTable,
  create: (config, context) => writeRole(config, {}, context),
  update: (config, known, context) => writeRole(config, known.arguments, context),
  async refresh(known, context) {
    const there = await vault.read(context, known.id);
    return there && readBack(known, there, roleTable);
  },
  destroy: (known, context) => vault.remove(context, known.id),
});
