/** Provider 5.6.0: resource_jwt_auth_backend.go and _role.go, auth_token.go. What OpenID Connect in a browser needs is left out. */
import { ArgumentTable, flag, text } from "../../model/arguments";
import { JsonObject, isObject } from "../../model/values";
import { Context, changedKeys, ReadBack, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { given, readAuth, remount, tokenTable, withNetworks } from "./auth";
import { trim, vault } from "./client";
import { emptyFor, readBack } from "./reading";

const OIDC = { kind: "refused", use: "a login in a browser: not known to the rehearsal" } as const;
const configTable: ArgumentTable = {
  path: { kind: "string", default: "jwt", reads: "never", use: "where" },
  type: { kind: "string", default: "jwt", replaces: true, oneOf: ["jwt", "oidc"], use: "method to mount" },
  description: { kind: "string", reads: "never", use: "sent once: the provider does not change it" },
  local: { kind: "bool", default: false, replaces: true, use: "sent" },
  bound_issuer: { kind: "string", use: "sent" },
  jwt_validation_pubkeys: { kind: "list", use: "sent" },
  jwks_url: { kind: "string", use: "sent; Vault fetches the keys at once" },
  jwks_ca_pem: { kind: "string", use: "sent" },
  oidc_discovery_url: { kind: "string", use: "sent; Vault fetches the keys at once" },
  oidc_discovery_ca_pem: { kind: "string", use: "sent" },
  jwt_supported_algs: { kind: "list", use: "sent" },
  default_role: { kind: "string", use: "sent" },
  namespace_in_state: { kind: "bool", default: true, use: "sent" },
  jwks_pairs: OIDC,
  oidc_client_id: OIDC,
  oidc_client_secret: OIDC,
  oidc_response_mode: OIDC,
  oidc_response_types: OIDC,
  provider_config: OIDC,
  tune: { kind: "refused", use: "not known to the rehearsal" },
};
const CONFIG = Object.keys(configTable).filter((key) => !["path", "type", "description", "local"].includes(key));
/** One of these says which keys. */
const KEYS = ["jwt_validation_pubkeys", "jwks_url", "oidc_discovery_url"];

async function writeConfig(path: string, before: JsonObject, config: JsonObject, context: Context) {
  // The whole of it: Vault forgets what is not sent.
  const changed = changedKeys(before, config);
  const sent = CONFIG.filter((key) => config[key] !== undefined || changed.includes(key));
  const data = Object.fromEntries(sent.map((key) => [key, config[key] ?? emptyFor(configTable[key])]));
  await vault.write(context, `auth/${path}/config`, data);
  const mount = await vault.read(context, `sys/mounts/auth/${path}`);
  return { id: path, path, accessor: String(mount?.accessor) };
}

export const jwtBackend = tableHandler({
  type: "vault_jwt_auth_backend",
  table: configTable,
  check(config, where) {
    const said = KEYS.filter((key) => given(config[key]));
    if (said.length !== 1) throw where.error(`exactly one of ${KEYS.join(", ")} must be there, found ${said.length}`);
  },
  async create(config, context) {
    const path = text(config, "path");
    if (path !== trim(path)) throw context.where.at("path").error("must not begin or end with a slash");
    await vault.write(context, `sys/auth/${path}`, {
      type: text(config, "type"),
      description: text(config, "description"),
      local: flag(config, "local"),
    });
    context.made(path);
    return writeConfig(path, {}, config, context);
  },
  async update(config, known, context) {
    const path = text(config, "path");
    if (path !== known.id) await remount(`auth/${known.id}`, `auth/${path}`, context);
    return writeConfig(path, known.arguments, config, context);
  },
  refresh: (known, context) =>
    readAuth(known, context, configTable, async ({ type = "", local = false }) => {
      const config = await vault.read(context, `auth/${known.id}/config`);
      return config && { ...config, type, local };
    }),
  destroy: (known, context) => vault.remove(context, `sys/auth/${known.id}`),
});

const roleTable: ArgumentTable = {
  role_name: { kind: "string", required: true, replaces: true, reads: "never", use: "name of the role" },
  backend: { kind: "string", default: "jwt", replaces: true, reads: "never", use: "path of the auth method" },
  role_type: { kind: "string", replaces: true, reads: "computed", use: "sent; oidc by default" },
  user_claim: { kind: "string", required: true, use: "sent" },
  user_claim_json_pointer: { kind: "bool", default: false, use: "sent" },
  bound_audiences: { kind: "set", use: "sent, empty too" },
  bound_subject: { kind: "string", use: "sent" },
  bound_claims: { kind: "map", use: "sent, empty too; a text with commas is a list" },
  bound_claims_type: { kind: "string", reads: "computed", oneOf: ["string", "glob"], use: "sent" },
  disable_bound_claims_parsing: {
    ...{ kind: "bool", default: false, reads: "never" },
    use: "keeps a claim with commas one text",
  },
  clock_skew_leeway: { kind: "number", default: 0, use: "sent; Vault takes 0 for 60, and -1 for none" },
  expiration_leeway: { kind: "number", default: 0, use: "sent; Vault takes 0 for 150, and -1 for none" },
  not_before_leeway: { kind: "number", default: 0, use: "sent; Vault takes 0 for 150, and -1 for none" },
  claim_mappings: { kind: "map", use: "sent where it is there" },
  groups_claim: { kind: "string", use: "sent" },
  verbose_oidc_logging: { kind: "bool", default: false, use: "sent" },
  allowed_redirect_uris: OIDC,
  oidc_scopes: OIDC,
  max_age: OIDC,
  ...tokenTable,
};
const TOKEN = Object.keys(tokenTable);
const ROLE = Object.keys(roleTable).filter(
  (key) => !["role_name", "backend", "disable_bound_claims_parsing", "bound_claims", ...TOKEN].includes(key),
);

async function writeRole(before: JsonObject | undefined, config: JsonObject, context: Context) {
  const path = `auth/${trim(text(config, "backend"))}/role/${trim(text(config, "role_name"))}`;
  const changed = changedKeys(before ?? {}, config);
  const sent = [
    ...ROLE.filter((key) => config[key] !== undefined),
    ...TOKEN.filter((key) => (before ? changed.includes(key) : given(config[key]))),
  ];
  const claims = Object.entries((config.bound_claims ?? {}) as Record<string, string>).map(([claim, value]) => {
    const texts = flag(config, "disable_bound_claims_parsing") ? [value] : value.split(",");
    return [claim, texts.map((one) => one.trim())];
  });
  await vault.write(context, path, {
    bound_audiences: [],
    ...Object.fromEntries(sent.map((key) => [key, config[key] ?? emptyFor(roleTable[key])])),
    bound_claims: Object.fromEntries(claims) as JsonObject,
  });
  return { id: path };
}

export const jwtRole = tableHandler({
  type: "vault_jwt_auth_backend_role",
  table: roleTable,
  create: (config, context) => writeRole(undefined, config, context),
  update: (config, known, context) => writeRole(known.arguments, config, context),
  refresh: readRole,
  destroy: (known, context) => vault.remove(context, known.id),
});

/** jwtAuthBackendRoleRead: a claim of several values is read as one text. */
async function readRole(known: Known, context: Context): Promise<ReadBack | undefined> {
  const there = await vault.read(context, known.id);
  if (!there) return undefined;
  const claims = Object.entries(isObject(there.bound_claims) ? there.bound_claims : {});
  const bound_claims = Object.fromEntries(
    claims.map(([claim, value]) => [claim, Array.isArray(value) ? value.join(",") : value]),
  );
  return readBack(known, { ...withNetworks(there, known), bound_claims }, roleTable);
}
