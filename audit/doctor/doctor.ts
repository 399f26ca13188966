import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import type { AccessReport } from "../../access/report/report";
import { keyOf } from "../effective/comparison";
import { compareDatabase } from "../effective/database";
import { EffectiveFinding, mergeFindings, stateOf } from "../effective/finding";
import { readCreators, readFuture } from "../effective/future";
import type { Queryable } from "../effective/model";
import { beginReading, endReading, readEffective } from "../effective/read";
import { ConnectionSettings, connectReadOnly } from "./connection";
import { judgeLeases } from "./judge-leases";
import { Leases, readLeases } from "./leases";
import { findBackdoors, outOfReach } from "./backdoors";
import { ownRolesOf } from "./own-roles";
import type { Looked } from "./looked";
import type { VaultReader } from "./vault";
import { checkAuthConfigs, checkAuthRoles } from "./vault-auth";
import { outOfReport } from "./vault-connection";
import { checkMount, countLeases, LeaseCounts } from "./vault-secrets-mount";
import { findHolders, HOLDER_PATHS } from "./vault-holders";
import { quoteIdentifier } from "../../access/model/sql-quoting";

export interface DoctorOptions {
  readonly report: AccessReport;
  /** @default - Vault is left out, and the result says so */
  readonly vault?: VaultReader;
  /** By database, or `instance/database`. Those that are not here are left out, and the result says so. */
  readonly connections: ReadonlyMap<string, ConnectionSettings>;
  /** Part of `maxLiveLeases` from which a group is near its cap. @default 0.8 */
  readonly near?: number;
}

export interface DoctorResult {
  readonly version: 1;
  /** What was looked at, in sentences. */
  readonly checked: readonly string[];
  readonly findings: readonly EffectiveFinding[];
  readonly notChecked: readonly string[];
}

/**
 * Compares the graph with systems that are in use. Reads only: GET and LIST of Vault, and read-only transactions.
 *
 * @throws when something cannot be read: a report with holes would look like a clean one
 */
export async function doctor(options: DoctorOptions): Promise<DoctorResult> {
  const { report, vault } = options;
  const own = report.graph.databases.filter(({ external }) => !external);
  if (own.length === 0)
    throw new Error("the report has no database whose access the program grants: nothing to look at");
  checkNames(options.connections, own);
  const result: Gathered = { checked: [], findings: [], notChecked: [] };
  for (const database of own) await lookAt(database, own, options, result);
  if (vault)
    for (const looked of [
      await checkAuthConfigs(vault, report.graph, own),
      await findHolders(vault, report.graph, own),
    ]) {
      result.findings.push(...looked.findings);
      result.notChecked.push(...looked.notChecked);
    }
  else result.notChecked.push("Vault: VAULT_ADDR is not set, so no policy, auth method, entity or token of it");
  for (const { database, mountPath } of report.graph.databases.filter(({ external }) => external))
    result.notChecked.push(`${database} at ${mountPath}: another program's`);
  return {
    version: 1,
    checked: result.checked,
    findings: mergeFindings(result.findings),
    notChecked: result.notChecked,
  };
}

interface Gathered extends Looked {
  readonly checked: string[];
}

/** @throws for a name that is not a database of the report: nothing would be compared with it */
function checkNames(connections: DoctorOptions["connections"], own: readonly DatabaseNode[]): void {
  const names = new Set(own.flatMap(({ instance, database }) => [database, `${instance}/${database}`]));
  for (const name of connections.keys())
    if (!names.has(name))
      throw new Error(`${JSON.stringify(name)} is not a database of the report: it has ${[...names].join(", ")}`);
}

/** One database, and its mount in Vault. */
async function lookAt(
  database: DatabaseNode,
  own: readonly DatabaseNode[],
  options: DoctorOptions,
  { checked, findings, notChecked }: Gathered,
): Promise<void> {
  const { report, vault } = options;
  const edges = report.graph.edges.filter(({ mountPath }) => mountPath === database.mountPath);
  const { instance, database: name, mountPath } = database;
  const settings = connectionOf(database, own, options.connections);
  const before = vault && (await countLeases(vault, database));
  if (settings) {
    const seen = await lookIntoPostgres(settings, database, edges, own, options, before);
    findings.push(...seen.findings);
    notChecked.push(...seen.notChecked);
    checked.push(...seen.checked);
  } else
    notChecked.push(
      `database ${name} on ${instance}: no --database says how to reach it, so no grant, login or session`,
    );
  if (vault) {
    findings.push(
      ...(await checkMount(vault, database, edges)),
      ...(await checkAuthRoles(vault, report.graph, database)),
    );
    notChecked.push(...(await outOfReport(vault, report.graph, database)));
    checked.push(`mount ${mountPath}: connection, ${edges.length} database roles, policies and auth roles`);
  } else notChecked.push(`mount ${mountPath}: VAULT_ADDR is not set, so no database role, policy, auth role or lease`);
  if (vault && !settings) notChecked.push(`leases of ${mountPath}: nothing to compare them with`);
}

function connectionOf(
  { instance, database }: DatabaseNode,
  own: readonly DatabaseNode[],
  connections: DoctorOptions["connections"],
): ConnectionSettings | undefined {
  // A name that two servers have does not say which one is meant.
  const unique = own.filter((other) => other.database === database).length === 1;
  return connections.get(`${instance}/${database}`) ?? (unique ? connections.get(database) : undefined);
}

/** @param before Vault's leases, counted before this; they are counted again after it */
async function lookIntoPostgres(
  settings: ConnectionSettings,
  database: DatabaseNode,
  edges: readonly EdgeNode[],
  own: readonly DatabaseNode[],
  { vault, near = 0.8 }: DoctorOptions,
  before: LeaseCounts | undefined,
): Promise<Gathered> {
  const client = await connectReadOnly(settings);
  try {
    await beginReading(client);
    const ofAccess = await checkDatabase(client, database, edges);
    const notChecked = await outOfReach(client, database, own, vault !== undefined);
    const leases = await readLeases(client);
    await endReading(client);
    const ofLeases = judgeLeases(database, edges, leases, near);
    const after = vault && (await countLeases(vault, database));
    const ofBoth = before && after ? compareWithVault(database, edges, leases, before, after) : [];
    return {
      checked: [`database ${database.database}: ${edges.length} identities, ${leases.logins.length} logins of leases`],
      findings: [...ofAccess, ...ofLeases, ...ofBoth],
      notChecked,
    };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * All that a session in the database finds, except for leases: what each group can do, as `leasehold prove` compares
 * it, and who else can do something.
 *
 * @internal For tests
 */
export async function checkDatabase(
  client: Queryable,
  database: DatabaseNode,
  edges: readonly EdgeNode[],
): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ name: string }>("SELECT rolname::text AS name FROM pg_roles");
  const there = new Set(rows.map(({ name }) => name));
  const ownRoles = [database.vaultLogin, database.estateRole];
  const missing: [string, string][] = [
    ...edges.map(({ identity, groupRole }): [string, string] => [identity, groupRole]),
    ...[...ownRoles, database.owner].map((role): [string, string] => [role, role]),
  ];
  const findings = missing
    .filter(([, role]) => !there.has(role))
    .map(([who, role]): EffectiveFinding => ({
      code: "group-missing",
      severity: "error",
      database: keyOf(database),
      who: [who],
      object: { kind: "role", name: role },
      privileges: [],
      declared: `role ${role}`,
      effective: "there is no such role",
      why: "it was dropped, or the program was not applied",
      fix: "apply the program",
    }));
  const subjects = edges
    .filter(({ groupRole }) => there.has(groupRole))
    .map((edge) => ({ role: edge.groupRole, edge }));
  const { ordinary, superusers } = await readCreators(client, database.owner);
  const compared = await compareDatabase({
    ...{ client, database, subjects },
    read: ({ role }) => readEffective(client, role),
    future: await readFuture(
      client,
      [...ordinary, ...superusers],
      subjects.map(({ role }) => role),
    ),
    absent: new Set(ownRoles.filter((role) => !there.has(role))),
  });
  return [
    ...findings,
    ...compared.findings,
    ...(await findBackdoors(client, database, edges, ownRolesOf(database, edges))),
  ];
}

/**
 * Leases of Vault and logins of PostgreSQL, by number: a request that only reads does not tell which login a lease is
 * for. Vault is read before and after PostgreSQL, so that what is issued or revoked meanwhile does not count as a
 * difference.
 */
function compareWithVault(
  database: DatabaseNode,
  edges: readonly EdgeNode[],
  { logins }: Leases,
  before: LeaseCounts,
  after: LeaseCounts,
): EffectiveFinding[] {
  const findings: EffectiveFinding[] = [];
  const common = { severity: "error", database: keyOf(database), privileges: [] } as const;
  const one = (who: string, role: string, live: number): void => {
    const [least, most] = [before.get(role) ?? 0, after.get(role) ?? 0].sort((a, b) => a - b);
    const counted = `${live} live logins, ${least === most ? least : `${least} to ${most}`} leases in Vault`;
    if (live > most)
      findings.push({
        ...common,
        code: "role-without-lease",
        who: [who],
        object: { kind: "vault path", name: `${database.mountPath}/creds/${role}` },
        // As many as were looked at, and not those that come later.
        state: stateOf(live - most),
        declared: "each login ends with its lease",
        effective: counted,
        why: "Vault forgot leases (revoke -force, a restored backup, a mount that was made anew), or somebody else called lease.issue",
        fix: "they end at VALID UNTIL; to end one now, SELECT lease.revoke('…') as the admin",
      });
    if (least > live)
      findings.push({
        ...common,
        code: "lease-without-role",
        who: [who],
        object: { kind: "vault path", name: `${database.mountPath}/creds/${role}` },
        state: stateOf(least - live),
        declared: "each lease has its login",
        effective: counted,
        why: "the login was dropped or closed by hand, or has expired: a pod may hold one that does not work",
        fix: `vault lease revoke -prefix ${database.mountPath}/creds/${role}, and roll the pods out`,
      });
  };
  for (const edge of edges)
    one(
      edge.identity,
      edge.databaseRole,
      logins.filter(({ group, state }) => group === edge.groupRole && state === "live").length,
    );
  for (const role of new Set([...before.keys(), ...after.keys()]))
    if (!edges.some(({ databaseRole }) => databaseRole === role)) one(role, role, 0);
  return findings;
}

/** The least that `doctor` needs: a policy for its token, and what makes its login. */
export function needs(report: AccessReport): { readonly policy: string; readonly sql: string } {
  const own = report.graph.databases.filter(({ external }) => !external);
  const rule = (path: string, capabilities: readonly string[]): string =>
    `path ${JSON.stringify(path)} { capabilities = ${JSON.stringify(capabilities)} }`;
  const edges = report.graph.edges.filter(({ mountPath }) => own.some((database) => database.mountPath === mountPath));
  const identities = report.graph.identities.filter(
    ({ key, external }) => !external && edges.some(({ identity }) => identity === identityId(key)),
  );
  const rules = [
    ...own.flatMap(({ mountPath, connection, vaultPassword }) => [
      rule(`${mountPath}/config/${connection}`, ["read"]),
      rule(`${mountPath}/config`, ["list"]),
      rule(`${mountPath}/static-roles`, ["list"]),
      ...(vaultPassword === "kept" ? [rule(`${mountPath}/static-roles/*`, ["read"])] : []),
      rule(`${mountPath}/roles`, ["list"]),
      rule(`${mountPath}/roles/*`, ["read"]),
      // Vault wants sudo of whoever lists leases; they are identifiers, and no secret is in one.
      rule(`sys/leases/lookup/${mountPath}/creds`, ["list", "sudo"]),
      rule(`sys/leases/lookup/${mountPath}/creds/*`, ["list", "sudo"]),
    ]),
    ...edges.map(({ policy }) => rule(`sys/policies/acl/${policy}`, ["read"])),
    ...identities.flatMap(({ authPath, authRole }) => [
      rule(`auth/${authPath}/role/${authRole}`, ["read"]),
      rule(`auth/${authPath}/config`, ["read"]),
    ]),
    // Who else gets in: names and policies, no secret.
    ...HOLDER_PATHS.map(([path, capabilities]) => rule(path, capabilities)),
  ];
  return {
    policy: `${[...new Set(rules)].join("\n")}\n`,
    sql: `-- Once per server; choose the password with \\password.
CREATE ROLE leasehold_doctor LOGIN CONNECTION LIMIT 2;
${own.map(({ database }) => `GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO leasehold_doctor;`).join("\n")}
`,
  };
}
