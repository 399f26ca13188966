import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import { estateRoleName, vaultLoginName } from "../../access/model/names";
import { renderLeaseFunctions, renderRegistration } from "../../constructs/database/lease/lease-functions";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { Queryable, sqlName } from "../effective/model";
import { ATTRIBUTES } from "../effective/reach";

/** The prefix of every leased login's name, as `LEASE_PREFIX` of the constructs, which would load cdktf. */
export const PREFIX = "v-";

/** A login that says in its comment that it is a lease of this database. */
export interface LiveLogin {
  readonly name: string;
  /** Absent where the comment cannot be read. */
  readonly group?: string;
  readonly state: "live" | "expired" | "tombstone";
  readonly sessions: number;
  readonly attributes: readonly string[];
  readonly memberships: readonly string[];
  /** Lists of objects that name the login itself, and objects that it owns, in any database. */
  readonly dependents: number;
}

/** What there is of leases in a database. */
export interface Leases {
  readonly logins: readonly LiveLogin[];
  /** Named like leases, and saying nothing of being one. */
  readonly unmarked: readonly string[];
  /** Sessions whose role is gone, by the role's OID. */
  readonly ghosts: readonly string[];
  /** Bodies of the functions in the schema `lease`, by name. */
  readonly functions: ReadonlyMap<string, string>;
}

/** Reads them, by what anybody who may connect can read; after `beginReading`. */
export async function readLeases(client: Queryable): Promise<Leases> {
  const { rows: logins } = await client.query<Omit<LiveLogin, "group"> & { group: string | null }>(
    `WITH here AS (SELECT '{"lease":1,"database":' || to_json(current_database()::text)::text || ',"group":' AS marker)
     SELECT r.rolname::text AS name,
            substring(shobj_description(r.oid, 'pg_authid') FROM '"group":("(?:[^"\\\\]|\\\\.)*")') AS "group",
            CASE WHEN NOT r.rolcanlogin THEN 'tombstone' WHEN r.rolvaliduntil <= clock_timestamp() THEN 'expired' ELSE 'live' END AS state,
            (SELECT count(*)::int FROM pg_stat_activity AS a WHERE a.usesysid = r.oid) AS sessions,
            ${ATTRIBUTES} AS attributes,
            ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid WHERE m.member = r.oid) AS memberships,
            (SELECT count(*)::int FROM pg_shdepend AS d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
              AND d.deptype IN ('a', 'o') AND d.classid NOT IN ('pg_largeobject'::regclass, 'pg_auth_members'::regclass)) AS dependents
       FROM pg_roles AS r, here WHERE starts_with(shobj_description(r.oid, 'pg_authid'), here.marker)
      ORDER BY 1`,
  );
  const { rows: unmarked } = await client.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_roles AS r
      WHERE starts_with(r.rolname::text, $1) AND NOT coalesce(starts_with(shobj_description(r.oid, 'pg_authid'), '{"lease":'), false) ORDER BY 1`,
    [PREFIX],
  );
  const { rows: ghosts } = await client.query<{ oid: string }>(
    `SELECT DISTINCT a.usesysid::text AS oid FROM pg_stat_activity AS a
      WHERE a.datname = current_database() AND a.usesysid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.usesysid)`,
  );
  const { rows: functions } = await client.query<{ name: string; body: string }>(
    `SELECT f.proname::text AS name, f.prosrc AS body
       FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE n.nspname = 'lease'`,
  );
  return {
    logins: logins.map(({ group, ...login }) => ({ ...login, ...parsed(group) })),
    unmarked: unmarked.map(({ name }) => name),
    ghosts: ghosts.map(({ oid }) => oid),
    functions: new Map(functions.map(({ name, body }) => [name, body])),
  };
}

/** The group in a comment that somebody may have changed. */
function parsed(group: string | null): { readonly group?: string } {
  try {
    const value: unknown = JSON.parse(group ?? "null");
    return typeof value === "string" ? { group: value } : {};
  } catch {
    return {};
  }
}

/** Logins and sessions that nobody answers for, groups that are full, and functions that are not the program's. Pure. */
export function judgeLeases(
  database: DatabaseNode,
  edges: readonly EdgeNode[],
  leases: Leases,
  near: number,
): EffectiveFinding[] {
  const common = { database: keyOf(database), privileges: [] } as const;
  const byGroup = new Map(edges.map((edge) => [edge.groupRole, edge]));
  const findings: EffectiveFinding[] = [];
  for (const name of leases.unmarked)
    findings.push({
      ...common,
      code: "orphan-login",
      severity: "error",
      who: [name],
      declared: "every login of this name is a lease",
      effective: "a role named like a lease that says of none",
      why: "it was made by hand, or its comment was changed: nothing will ever end it",
      fix: `see whose it is, then DROP ROLE ${sqlName(name)}`,
    });
  for (const login of leases.logins) {
    const edge = login.group === undefined ? undefined : byGroup.get(login.group);
    const who = edge ? [edge.identity] : [login.name];
    if (!edge || login.state !== "live")
      findings.push({
        ...common,
        code: "orphan-login",
        severity: edge ? "warning" : "error",
        who,
        declared: edge ? "a login goes when it ends" : "no identity has this group",
        effective: `${login.name} of group ${login.group ?? "?"} is ${STATES[login.state]}`,
        why: edge
          ? "Vault did not revoke it: it was down, or the lease was removed by force; or the drop failed"
          : "the identity was taken out of the program while the login was live, or it is another program's",
        fix: edge
          ? "SELECT lease.sweep('100'), as Vault's login or the admin"
          : `end it: SELECT lease.revoke('…'), then take its lease out of Vault`,
      });
    if (login.sessions > 0 && login.state !== "live")
      findings.push({
        ...common,
        code: "session-without-lease",
        severity: "error",
        who,
        declared: "a session ends with its login",
        effective: `${login.sessions} open sessions of ${login.name}, which is ${STATES[login.state]}`,
        why: "PostgreSQL refuses new logins after VALID UNTIL and ends no session; Vault did not",
        fix: "SELECT lease.sweep('100'), as Vault's login or the admin",
      });
    const strange = login.memberships.filter((role) => role !== login.group);
    const lost = login.state === "live" && login.group !== undefined && !login.memberships.includes(login.group);
    if (edge && (strange.length > 0 || login.attributes.length > 0 || login.dependents > 0 || lost))
      findings.push({
        ...common,
        code: "login-differs",
        severity: "error",
        who,
        declared: `a member of ${edge.groupRole}, and nothing else`,
        effective: [
          ...(strange.length > 0 ? [`member of ${strange.join(", ")}`] : []),
          ...(login.attributes.length > 0 ? [`has ${login.attributes.join(", ")}`] : []),
          ...(login.dependents > 0 ? [`owns, or is itself granted on, ${login.dependents} objects`] : []),
          ...(lost ? [`no member of ${edge.groupRole}`] : []),
        ].join("; "),
        why: `${login.name} was changed after it was issued`,
        fix: "revoke its lease; the pod gets another login",
      });
  }
  if (leases.ghosts.length > 0)
    findings.push({
      ...common,
      code: "session-without-lease",
      severity: "error",
      who: leases.ghosts.map((oid) => `role ${oid}`),
      declared: "a session ends with its login",
      effective: `open sessions of ${leases.ghosts.length} roles that are gone`,
      why: "the role was dropped by hand while it was in use",
      fix: "SELECT lease.sweep('100'), as Vault's login or the admin",
    });
  for (const edge of edges) {
    const live = leases.logins.filter(({ group, state }) => group === edge.groupRole && state === "live").length;
    if (live < near * edge.maxLiveLeases) continue;
    findings.push({
      ...common,
      code: "group-near-cap",
      severity: live >= edge.maxLiveLeases ? "error" : "warning",
      who: [edge.identity],
      declared: `at most ${edge.maxLiveLeases} live logins`,
      effective: `${live} live logins`,
      why: "many pods, or pods that crash and start again faster than their logins end",
      fix: "look at the pods; or raise maxLiveLeases of the DatabaseAccess",
    });
  }
  return [...findings, ...functions(database, edges, leases)];
}

const STATES = {
  live: "live",
  expired: "expired, and still there",
  tombstone: "closed, and still there",
} as const;

/** Functions of their own hold each group and its limits as constants: another body is another promise. */
function functions(database: DatabaseNode, edges: readonly EdgeNode[], leases: Leases): EffectiveFinding[] {
  const expected = [
    ...renderLeaseFunctions({
      login: vaultLoginName(database.database),
      estate: estateRoleName(database.database),
      namePrefix: PREFIX,
    }),
    ...edges.map(({ groupRole, leaseMaxTtl, connectionLimit, maxLiveLeases, actsAs }) =>
      renderRegistration({ name: groupRole, maxTtlSeconds: leaseMaxTtl, connectionLimit, maxLiveLeases, actsAs }),
    ),
  ];
  const known = new Set(expected.map(({ name }) => name));
  const different = [
    ...expected
      .filter(({ name, body }) => leases.functions.get(name)?.trim() !== body.trim())
      .map(({ name }) => `${name} ${leases.functions.has(name) ? "differs" : "is missing"}`),
    ...[...leases.functions.keys()].filter((name) => !known.has(name as never)).map((name) => `${name} is not ours`),
  ];
  if (different.length === 0) return [];
  return [
    {
      code: "lease-functions-differ",
      severity: "error",
      database: keyOf(database),
      who: [],
      privileges: [],
      declared: "the functions of this program and this version of Leasehold",
      effective: `in schema lease: ${different.join(", ")}`,
      why: "they were changed by hand, or the last apply was of another program or of another version",
      fix: "apply the program again",
    },
  ];
}
