import { DatabaseNode, EdgeNode } from "../../access/model/graph";
import {
  creationStatements,
  renewStatements,
  revocationStatements,
  rollbackStatements,
} from "../../constructs/database/lease/lease-functions";
import { isTrialRole, trialOf, trialRole } from "../../access/model/ready";
import type { EffectiveFinding } from "../effective/finding";
import { VaultReader } from "./vault";
import { checkConnection, checkOtherConnections } from "./vault-connection";
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
  const findings = [
    ...(await checkConnection(vault, database)),
    ...(await checkOtherConnections(vault, database)),
    ...(await checkStaticRoles(vault, database)),
    ...(await checkOtherRoles(vault, database, edges)),
  ];
  for (const edge of edges)
    findings.push(...(await checkRole(vault, database, edge)), ...(await checkPolicy(vault, database, edge)));
  return findings;
}

async function checkOtherRoles(
  vault: VaultReader,
  database: DatabaseNode,
  edges: readonly EdgeNode[],
): Promise<EffectiveFinding[]> {
  const path = `${database.mountPath}/roles`;
  const known = new Set(edges.map(({ databaseRole }) => databaseRole));
  return (await vault.list(path))
    .filter((role) => !known.has(role))
    .map((role) =>
      finding(database, [role], {
        code: "database-role-unknown",
        object: { kind: "vault path", name: `${path}/${role}` },
        declared: "no such database role",
        effective: `${path}/${role} gives logins`,
        why: "it was made by hand, or is left of an identity that was taken out of the program",
        fix: `see who uses it, then vault delete ${path}/${role}`,
      }),
    );
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
