import { AccessGraph, DatabaseNode, EdgeNode } from "../../access/model/graph";
import { identityId, LEASE_USERNAME_TEMPLATE } from "../../access/model/names";
import {
  creationStatements,
  renewStatements,
  revocationStatements,
  rollbackStatements,
} from "../../constructs/database/lease/lease-functions";
import { isTrialRole, rotationStatements, trialOf, trialRole } from "../../access/model/ready";
import type { EffectiveFinding } from "../effective/finding";
import { VaultReader } from "./vault";
import { APPLY, BY_HAND, differing, Fields, finding, show } from "./vault-fields";

/** Leases by database role, of one mount. */
export type LeaseCounts = ReadonlyMap<string, number>;

/** How many leases Vault holds of each role of a mount, of those too that the program does not have. */
export async function countLeases(vault: VaultReader, database: DatabaseNode): Promise<LeaseCounts> {
  const prefix = `sys/leases/lookup/${database.mountPath}/creds`;
  const counts = new Map<string, number>();
  for (const key of await vault.list(prefix)) {
    const role = key.replace(/\/$/, "");
    counts.set(role, (await vault.list(`${prefix}/${role}`)).length);
  }
  return counts;
}

/** The mount of a database: its connection, and a role for each edge and no other. */
export async function checkMount(
  vault: VaultReader,
  database: DatabaseNode,
  edges: readonly EdgeNode[],
): Promise<EffectiveFinding[]> {
  const { mountPath, connection } = database;
  const rotates = database.vaultPassword !== "kept";
  const findings: EffectiveFinding[] = [];
  const config = await vault.get(`${mountPath}/config/${connection}`);
  const { connection_details, ...rest } = config ?? {};
  const { connection_url: url, ...details } = (connection_details ?? {}) as Fields;
  const wanted: Fields = {
    allowed_roles: ["*"],
    username: database.vaultLogin,
    password_authentication: "scram-sha-256",
    username_template: LEASE_USERNAME_TEMPLATE,
    plugin_name: "postgresql-database-plugin",
    verify_connection: true,
    connection_url: connectionUrl(database),
    // With its own statements in their place Vault's rotation would try nothing, and others run as its login.
    ...(rotates && { root_credentials_rotate_statements: rotationStatements }),
  };
  const plain = typeof url === "string" && database.vaultAddress === undefined ? withoutHost(url) : url;
  const found: Fields = { ...rest, ...details, connection_url: plain };
  for (const [name, value] of differing(wanted, found, TUNABLE_CONNECTION))
    findings.push(
      finding(database, [], {
        code: "connection-differs",
        object: { kind: "vault path", name: `${name} of ${mountPath}/config/${connection}` },
        declared: `${name} ${show(wanted[name])} of ${mountPath}/config/${connection}`,
        effective: config ? show(value) : "there is no such connection",
        why: BY_HAND,
        fix: APPLY,
      }),
    );
  for (const other of (await vault.list(`${mountPath}/config`)).filter((name) => name !== connection))
    findings.push(
      finding(database, [other], {
        code: "connection-differs",
        object: { kind: "vault path", name: `${mountPath}/config/${other}` },
        declared: `one connection, ${connection}`,
        effective: `${mountPath}/config/${other} is another`,
        why: "it was made by hand: a database role that names it gives logins with its rights",
        fix: `vault delete ${mountPath}/config/${other}`,
      }),
    );
  findings.push(...(await checkStaticRoles(vault, database)));
  const roles = await vault.list(`${mountPath}/roles`);
  for (const role of roles.filter((name) => !edges.some(({ databaseRole }) => databaseRole === name)))
    findings.push(
      finding(database, [role], {
        code: "database-role-unknown",
        object: { kind: "vault path", name: `${mountPath}/roles/${role}` },
        declared: "no such database role",
        effective: `${mountPath}/roles/${role} gives logins`,
        why: "it was made by hand, or is left of an identity that was taken out of the program",
        fix: `see who uses it, then vault delete ${mountPath}/roles/${role}`,
      }),
    );
  for (const edge of edges)
    findings.push(...(await checkRole(vault, database, edge)), ...(await checkPolicy(vault, database, edge)));
  return findings;
}

/** Static roles: none, or the one by which Vault tries a login where it does not rotate its own password. */
async function checkStaticRoles(vault: VaultReader, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const path = `${database.mountPath}/static-roles`;
  const roles = await vault.list(path);
  const trials = database.vaultPassword === "kept" ? roles.filter(isTrialRole).slice(-1) : [];
  const strange = roles
    .filter((role) => !trials.includes(role))
    .map((role) =>
      finding(database, [role], {
        code: "database-role-unknown",
        object: { kind: "vault path", name: `${path}/${role}` },
        declared: "no such role",
        effective: `${path}/${role} gives the password of a login that does not end`,
        why: "it was made by hand: the program makes none",
        fix: `see who uses it, then vault delete ${path}/${role}`,
      }),
    );
  if (database.vaultPassword === "kept" && trials.length === 0)
    return [
      ...strange,
      finding(database, [], {
        code: "database-role-missing",
        severity: "warning",
        object: { kind: "vault path", name: path },
        declared: `the role ${trialRole(1)} of ${path}, or that of a later \`passwordVersion\``,
        effective: "none: no apply has tried whether a login can be issued",
        why: "it was deleted, or the program was applied before there was one",
        fix: "apply the program: it makes the role, and ends with what PostgreSQL says where a login is refused",
      }),
    ];
  const wanted: Fields = { ...trialOf(database.connection, database.vaultLogin), credential_type: "password" };
  const differences = await Promise.all(
    trials.map(async (role) =>
      differing(wanted, (await vault.get(`${path}/${role}`)) ?? {}, NOT_OF_TRIAL).map(([name, value]) =>
        finding(database, [], {
          code: "database-role-differs",
          object: { kind: "vault path", name: `${name} of ${path}/${role}` },
          declared: `${name} ${show(wanted[name])} of ${path}/${role}`,
          effective: show(value),
          why: BY_HAND,
          fix: `vault delete ${path}/${role}, and ${APPLY}`,
        }),
      ),
    ),
  );
  return [...strange, ...differences.flat()];
}

/** When Vault made it. */
const NOT_OF_TRIAL = ["last_vault_rotation", "ttl", "next_vault_rotation"];

async function checkRole(vault: VaultReader, database: DatabaseNode, edge: EdgeNode): Promise<EffectiveFinding[]> {
  const path = `${database.mountPath}/roles/${edge.databaseRole}`;
  const role = await vault.get(path);
  if (!role)
    return [
      finding(database, [edge.identity], {
        code: "database-role-missing",
        object: { kind: "vault path", name: path },
        declared: `database role ${path}`,
        effective: "none: no pod of the identity gets a login",
        why: "it was deleted, or the program was not applied",
        fix: "apply the program",
      }),
    ];
  const wanted: Fields = {
    db_name: database.connection,
    default_ttl: edge.leaseTtl,
    max_ttl: edge.leaseMaxTtl,
    creation_statements: creationStatements(edge.groupRole),
    renew_statements: renewStatements,
    revocation_statements: revocationStatements,
    rollback_statements: rollbackStatements,
    credential_type: "password",
  };
  return differing(wanted, role).map(([name, value]) =>
    finding(database, [edge.identity], {
      code: "database-role-differs",
      object: { kind: "vault path", name: `${name} of ${path}` },
      declared: `${name} ${show(wanted[name])} of ${path}`,
      effective: show(value),
      why: BY_HAND,
      fix: APPLY,
    }),
  );
}

/** The policy lets read one path, and nothing else. */
async function checkPolicy(vault: VaultReader, database: DatabaseNode, edge: EdgeNode): Promise<EffectiveFinding[]> {
  const path = `${database.mountPath}/creds/${edge.databaseRole}`;
  const policy = await vault.get(`sys/policies/acl/${edge.policy}`);
  const text = typeof policy?.policy === "string" ? policy.policy.replace(/^\s*#.*$/gm, "") : "";
  const rule = `path ${JSON.stringify(path)} { capabilities = ["read"] }`;
  const same = (one: string): string => one.replace(/[\s,]+/g, "");
  if (same(text) === same(rule)) return [];
  return [
    finding(database, [edge.identity], {
      code: "policy-differs",
      object: { kind: "vault path", name: `sys/policies/acl/${edge.policy}` },
      declared: `policy ${edge.policy}: ${rule}`,
      effective: policy ? "another text" : "there is no such policy",
      why: BY_HAND,
      fix: APPLY,
    }),
  ];
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
