/**
 * Provider blocks: every argument is known or refused. The rehearsal's connections say where each server is. Only the
 * postgresql provider's login is taken from the block, because what that login may do is part of the rehearsal.
 */
import { ArgumentTable, readArguments, secretsIn } from "./model/arguments";
import { JsonObject, Secrets, Where } from "./model/values";

/** The versions whose sources the handlers follow: those that the prebuilt bindings pin. */
export const VERSIONS: Readonly<Record<string, string>> = {
  vault: "5.6.0",
  kubernetes: "2.38.0",
  helm: "3.1.1",
  postgresql: "1.26.0",
  random: "3.7.2",
};

const elsewhere = "ignored: the rehearsal has its own connection";
const cluster: ArgumentTable = {
  host: { kind: "string", use: elsewhere },
  config_path: { kind: "string", use: elsewhere },
  config_paths: { kind: "list", use: elsewhere },
  config_context: { kind: "string", use: elsewhere },
  config_context_cluster: { kind: "string", use: elsewhere },
  config_context_auth_info: { kind: "string", use: elsewhere },
  cluster_ca_certificate: { kind: "string", use: elsewhere },
  client_certificate: { kind: "string", use: elsewhere },
  client_key: { kind: "string", use: elsewhere, sensitive: true },
  token: { kind: "string", use: elsewhere, sensitive: true },
  insecure: { kind: "bool", use: elsewhere },
  tls_server_name: { kind: "string", use: elsewhere },
  proxy_url: { kind: "string", use: elsewhere },
  exec: { kind: "json", use: elsewhere },
};

const PROVIDERS: Record<string, ArgumentTable> = {
  vault: {
    address: { kind: "string", use: elsewhere },
    token: { kind: "refused", use: "a token in the program ends up in its JSON: leave it to VAULT_TOKEN" },
    add_address_to_env: { kind: "string", use: elsewhere },
    ca_cert_file: { kind: "string", use: elsewhere },
    ca_cert_dir: { kind: "string", use: elsewhere },
    tls_server_name: { kind: "string", use: elsewhere },
    skip_tls_verify: { kind: "bool", use: elsewhere },
    skip_child_token: { kind: "bool", use: "ignored: the rehearsal's token is used as it is" },
    token_name: { kind: "string", use: "ignored: no child token is made" },
    max_lease_ttl_seconds: { kind: "number", use: "ignored: no child token is made" },
    max_retries: { kind: "number", use: "ignored: nothing is retried" },
    max_retries_ccc: { kind: "number", use: "ignored: nothing is retried" },
    skip_get_vault_version: { kind: "refused", use: "turns off every version gate, so TLS arguments are dropped" },
  },
  kubernetes: {
    ...cluster,
    ignore_annotations: { kind: "list", use: "ignored: drift is not looked for" },
    ignore_labels: { kind: "list", use: "ignored: drift is not looked for" },
  },
  helm: {
    kubernetes: { kind: "blocks", of: cluster, most: 1, use: elsewhere },
    repository_cache: { kind: "string", use: "ignored: releases go to the caller" },
    repository_config_path: { kind: "string", use: "ignored: releases go to the caller" },
    registry_config_path: { kind: "string", use: "ignored: releases go to the caller" },
    helm_driver: { kind: "string", use: "ignored: releases go to the caller" },
    debug: { kind: "bool", use: "ignored" },
  },
  postgresql: {
    scheme: { kind: "string", default: "postgres", oneOf: ["postgres"], use: "plain connections only" },
    host: { kind: "string", required: true, use: "where to connect, through servers.postgres()" },
    port: { kind: "number", default: 5432, use: "where to connect, through servers.postgres()" },
    database: { kind: "string", default: "postgres", use: "database for roles and for what names none" },
    username: { kind: "string", required: true, use: "login" },
    database_username: { kind: "string", use: "role to own what is reassigned, where it differs from the login" },
    password: { kind: "string", required: true, sensitive: true, use: "password of the login" },
    superuser: { kind: "bool", default: true, use: "with false no password is read back; none is here" },
    sslmode: {
      kind: "string",
      default: "require",
      oneOf: ["disable", "require", "verify-ca", "verify-full"],
      use: "TLS to the server",
    },
    sslrootcert: { kind: "string", use: "file with the CA" },
    connect_timeout: { kind: "number", default: 180, use: "seconds to wait for a connection" },
    max_connections: {
      kind: "number",
      default: 20,
      use: "the rehearsal always has one; with 1, databases with an owner are refused",
    },
    expected_version: { kind: "string", use: "ignored: the server is asked" },
  },
  random: {},
};

export function checkProvider(type: string, raw: JsonObject, where: Where, secrets: Secrets): JsonObject {
  const table = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined;
  if (!table) throw where.error("provider not known to the rehearsal");
  secretsIn(raw, table).forEach((secret) => secrets.add(secret));
  const config = readArguments(raw, table, where);
  secretsIn(config, table).forEach((secret) => secrets.add(secret));
  return config;
}
