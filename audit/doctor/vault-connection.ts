import { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { identityId, LEASE_USERNAME_TEMPLATE } from "../../access/model/names";
import { rotationStatements } from "../../access/model/ready";
import type { EffectiveFinding } from "../effective/finding";
import { VaultReader } from "./vault";
import { APPLY, BY_HAND, differing, Fields, finding, show } from "./vault-fields";

/** The connection of a mount, compared with the program. */
export async function checkConnection(vault: VaultReader, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const path = `${database.mountPath}/config/${database.connection}`;
  const config = await vault.get(path);
  const { connection_details, ...rest } = config ?? {};
  const { connection_url: url, ...details } = (connection_details ?? {}) as Fields;
  const plain = typeof url === "string" && database.vaultAddress === undefined ? withoutHost(url) : url;
  const { verify_connection, ...kept } = wantedConnection(database);
  // OpenBao does what it says and does not keep it.
  const wanted: Fields = config && !("verify_connection" in config) ? kept : { ...kept, verify_connection };
  const found: Fields = { ...rest, ...details, connection_url: plain };
  return differing(wanted, found, TUNABLE_CONNECTION).map(([name, value]) =>
    finding(database, [], {
      code: "connection-differs",
      object: { kind: "vault path", name: `${name} of ${path}` },
      declared: `${name} ${show(wanted[name])} of ${path}`,
      effective: config ? show(value) : "there is no such connection",
      why: BY_HAND,
      fix: APPLY,
    }),
  );
}

/** Connections of the mount that the program does not have. */
export async function checkOtherConnections(vault: VaultReader, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const { mountPath, connection } = database;
  return (await vault.list(`${mountPath}/config`))
    .filter((name) => name !== connection)
    .map((other) =>
      finding(database, [other], {
        code: "connection-differs",
        object: { kind: "vault path", name: `${mountPath}/config/${other}` },
        declared: `one connection, ${connection}`,
        effective: `${mountPath}/config/${other} is another`,
        why: "it was made by hand: a database role that names it gives logins with its rights",
        fix: `vault delete ${mountPath}/config/${other}`,
      }),
    );
}

function wantedConnection(database: DatabaseNode): Fields {
  return {
    allowed_roles: ["*"],
    username: database.vaultLogin,
    password_authentication: "scram-sha-256",
    username_template: LEASE_USERNAME_TEMPLATE,
    plugin_name: "postgresql-database-plugin",
    verify_connection: true,
    connection_url: connectionUrl(database),
    // With its own statements in their place Vault's rotation would try nothing, and others run as its login.
    ...(database.vaultPassword !== "kept" && { root_credentials_rotate_statements: rotationStatements }),
  };
}

/** Fields that the report does not hold and that let nobody in: how many connections Vault keeps, and the CA of the server. */
const TUNABLE_CONNECTION = [
  "max_open_connections",
  "max_idle_connections",
  "max_connection_lifetime",
  "tls_ca",
  "tls_ca_cert",
  "backend",
];

/** The connection's URL; without its host where the report does not say it. */
function connectionUrl({ database, sslMode, vaultAddress = "…" }: DatabaseNode): string {
  return `postgresql://{{username}}:{{password}}@${vaultAddress}/${encodeURIComponent(database)}?sslmode=${sslMode}&target_session_attrs=read-write&application_name=vault`;
}

const HOST = /^(postgresql:\/\/\{\{username\}\}:\{\{password\}\}@)([A-Za-z0-9.\-[\]:]+)(\/)/;

function withoutHost(url: string): string {
  return url.replace(HOST, "$1…$3");
}

/** What the report does not say about a database's connection, with what Vault says: sentences for somebody who knows the servers. */
export async function outOfReport(vault: VaultReader, graph: AccessGraph, database: DatabaseNode): Promise<string[]> {
  const details = ((await vault.get(`${database.mountPath}/config/${database.connection}`))?.connection_details ??
    {}) as Fields;
  const host = HOST.exec(String(details.connection_url))?.[2] ?? "no host that is understood";
  const external = graph.edges
    .filter(({ mountPath }) => mountPath === database.mountPath)
    .flatMap(({ identity }) => graph.identities.filter((one) => one.external && identityId(one.key) === identity))
    .map(({ authPath, authRole }) => `auth/${authPath}/role/${authRole}`);
  return [
    database.vaultAddress === undefined
      ? `mount ${database.mountPath}: whether ${host}, to which its connection sends the password of Vault's login, is the server of ${database.database}, and its CA`
      : `mount ${database.mountPath}: the CA by which its connection knows ${database.vaultAddress}, and what that name leads to`,
    ...(external.length > 0 ? [`${[...new Set(external)].join(", ")}: another program's auth roles`] : []),
  ];
}
