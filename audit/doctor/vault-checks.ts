import { AccessGraph, byCodeUnit, DatabaseNode, EdgeNode, IdentityNode } from "../../access/model/graph";
import { identityId, vaultLoginName } from "../../access/model/names";
import {
  creationStatements,
  renewStatements,
  revocationStatements,
  rollbackStatements,
} from "../../constructs/database/lease/lease-functions";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import type { VaultReader } from "./vault";

type Fields = Readonly<Record<string, unknown>>;
type Draft = Pick<EffectiveFinding, "code" | "declared" | "effective" | "why" | "fix"> &
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
  const { mountPath } = database;
  const findings: EffectiveFinding[] = [];
  const config = await vault.get(`${mountPath}/config/postgresql`);
  const details = (config?.connection_details ?? {}) as Fields;
  const wanted: Fields = {
    allowed_roles: ["*"],
    username: vaultLoginName(database.database),
    password_authentication: "scram-sha-256",
  };
  const found: Fields = {
    allowed_roles: Array.isArray(config?.allowed_roles) ? [...config.allowed_roles].map(String).sort(byCodeUnit) : [],
    username: details.username,
    password_authentication: details.password_authentication,
  };
  for (const [name, value] of differing(wanted, found))
    findings.push(
      finding(database, [], {
        code: "connection-differs",
        declared: `${name} ${show(wanted[name])} of ${mountPath}/config/postgresql`,
        effective: config ? show(value) : "there is no such connection",
        why: BY_HAND,
        fix: APPLY,
      }),
    );
  const roles = await vault.list(`${mountPath}/roles`);
  for (const role of roles.filter((name) => !edges.some(({ databaseRole }) => databaseRole === name)))
    findings.push(
      finding(database, [role], {
        code: "database-role-unknown",
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
        declared: `database role ${path}`,
        effective: "none: no pod of the identity gets a login",
        why: "it was deleted, or the program was not applied",
        fix: "apply the program",
      }),
    ];
  const wanted: Fields = {
    db_name: "postgresql",
    default_ttl: edge.leaseTtl,
    max_ttl: edge.leaseMaxTtl,
    creation_statements: creationStatements(edge.groupRole),
    renew_statements: renewStatements,
    revocation_statements: revocationStatements,
    rollback_statements: rollbackStatements,
  };
  return differing(wanted, role).map(([name, value]) =>
    finding(database, [edge.identity], {
      code: "database-role-differs",
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
  };
}

function differing(wanted: Fields, found: Fields): [string, unknown][] {
  return Object.keys(wanted)
    .filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(found[name] ?? null))
    .map((name) => [name, found[name]]);
}

function show(value: unknown): string {
  return value === undefined || value === null ? "nothing" : JSON.stringify(value);
}
