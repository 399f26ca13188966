import { AccessGraph, DatabaseNode, EdgeNode, IdentityNode } from "../../access/model/graph";
import { identityId, LEASE_USERNAME_TEMPLATE } from "../../access/model/names";
import {
  creationStatements,
  renewStatements,
  revocationStatements,
  rollbackStatements,
} from "../../constructs/database/lease/lease-functions";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { VaultDenied, VaultReader } from "./vault";

type Fields = Readonly<Record<string, unknown>>;
type Draft = Pick<EffectiveFinding, "code" | "object" | "declared" | "effective" | "why" | "fix"> &
  Partial<Pick<EffectiveFinding, "severity">>;

const APPLY = "apply the program again, after you know who changed it";
const BY_HAND = "it was changed by hand, or the last apply was of another program";

function finding(database: DatabaseNode, who: readonly string[], draft: Draft): EffectiveFinding {
  return { severity: "error", privileges: [], database: keyOf(database), who, ...draft };
}

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
  for (const kind of ["static-roles"])
    for (const role of await vault.list(`${mountPath}/${kind}`))
      findings.push(
        finding(database, [role], {
          code: "database-role-unknown",
          object: { kind: "vault path", name: `${mountPath}/${kind}/${role}` },
          declared: "no such role",
          effective: `${mountPath}/${kind}/${role} gives the password of a login that does not end`,
          why: "it was made by hand: the program makes none",
          fix: `see who uses it, then vault delete ${mountPath}/${kind}/${role}`,
        }),
      );
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

/** The auth roles of the identities that have an edge in this database, and are this program's. */
export async function checkAuthRoles(
  vault: VaultReader,
  graph: AccessGraph,
  database: DatabaseNode,
): Promise<EffectiveFinding[]> {
  const findings: EffectiveFinding[] = [];
  for (const identity of graph.identities.filter(({ external }) => !external)) {
    const id = identityId(identity.key);
    if (!graph.edges.some((edge) => edge.identity === id && edge.mountPath === database.mountPath)) continue;
    const path = `auth/${identity.authPath}/role/${identity.authRole}`;
    const role = await vault.get(path);
    const wanted = authRole(graph, identity, id);
    const found = Object.fromEntries(
      Object.entries(role ?? {}).map(([name, value]) => [name, Array.isArray(value) ? [...value].sort() : value]),
    );
    for (const [name, value] of differing(wanted, found))
      findings.push(
        finding(database, [id], {
          code: "auth-role-differs",
          object: { kind: "vault path", name: `${name} of ${path}` },
          declared: `${name} ${show(wanted[name])} of ${path}`,
          effective: role ? show(value) : "there is no such role",
          why: BY_HAND,
          fix: APPLY,
        }),
      );
  }
  return findings;
}

function authRole(graph: AccessGraph, identity: IdentityNode, id: string): Fields {
  const policies = graph.edges.filter((edge) => edge.identity === id).map(({ policy }) => policy);
  return {
    bound_service_account_names: [identity.key.serviceAccount],
    bound_service_account_namespaces: [identity.key.namespace],
    audience: identity.audience,
    token_ttl: identity.tokenTtl,
    token_max_ttl: identity.tokenMaxTtl,
    token_policies: [...new Set([...identity.policies, ...policies])].sort(),
    alias_name_source: "serviceaccount_uid",
    token_type: "default",
  };
}

/**
 * Fields that differ, those too that the program does not set: Vault answers with every field that it has, so that one of a later version
 * counts unless it is empty. What Vault does not answer with is empty.
 */
function differing(wanted: Fields, found: Fields, ignored: readonly string[] = []): [string, unknown][] {
  const text = (value: unknown): string =>
    value === undefined || value === null || value === "" || value === 0 || value === false || isEmpty(value)
      ? "nothing"
      : JSON.stringify(value);
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
    .filter((name) => !ignored.includes(name) && text(wanted[name]) !== text(found[name]))
    .map((name) => [name, found[name]]);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** What the report does not say of a connection, and what lets nobody in: how many connections Vault keeps, and the CA of the server. */
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

/** What the report does not say of the Vault's part of a database, with what Vault says: in sentences, for who knows. */
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

/** The configuration of the auth methods: what would let somebody else than the cluster say who a pod is. */
export async function checkAuthConfigs(
  vault: VaultReader,
  graph: AccessGraph,
  databases: readonly DatabaseNode[],
): Promise<{ findings: EffectiveFinding[]; notChecked: string[] }> {
  const findings: EffectiveFinding[] = [];
  const notChecked: string[] = [];
  const first = new Map<string, DatabaseNode>();
  const hosts = new Map(graph.identities.map(({ authPath, authHost }) => [authPath, authHost]));
  for (const database of databases)
    for (const { identity } of graph.edges.filter(({ mountPath }) => mountPath === database.mountPath))
      for (const { key, authPath } of graph.identities)
        if (identityId(key) === identity && !first.has(authPath)) first.set(authPath, database);
  for (const [authPath, database] of first) {
    const path = `auth/${authPath}/config`;
    let config: Fields | undefined;
    try {
      config = await vault.get(path);
    } catch (error) {
      if (!(error instanceof VaultDenied)) throw error;
      notChecked.push(
        `${path}: the token may not read it; \`leasehold doctor --needs\` prints the policy that suffices`,
      );
      continue;
    }
    const { kubernetes_host: host, kubernetes_ca_cert: ca, disable_local_ca_jwt: own, ...rest } = config ?? {};
    const wanted = hosts.get(authPath);
    notChecked.push(
      `${path}: ${wanted === undefined ? `whether ${String(host)}, which says who a pod is, is the cluster's API server` : `what ${String(host)}, which says who a pod is, leads to`}${ca ? ", and the CA that it gives" : ""}${own === true ? "; pods review their own tokens" : ""}`,
    );
    const declared: Fields = wanted === undefined ? {} : { kubernetes_host: wanted };
    for (const [name, value] of differing(declared, wanted === undefined ? rest : { ...rest, kubernetes_host: host }))
      findings.push(
        finding(database, [authPath], {
          code: "auth-config-differs",
          object: { kind: "vault path", name: `${name} of ${path}` },
          declared: `${name} ${show(declared[name])} of ${path}`,
          effective: config ? show(value) : "there is no configuration",
          why: `${BY_HAND}: keys, a reviewer or an issuer of somebody else's say who a pod is`,
          fix: APPLY,
        }),
      );
  }
  return { findings, notChecked };
}

function show(value: unknown): string {
  return value === undefined || value === null ? "nothing" : JSON.stringify(value);
}
