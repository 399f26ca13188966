import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { Queryable, sqlName } from "../effective/model";
import { ATTRIBUTES } from "../effective/reach";
import { IS_LEASE_HERE } from "./own-roles";

/** The prefix of every leased login's name, as `LEASE_PREFIX` of the constructs, which would load cdktf. */
export const PREFIX = "v-";

/** A login that says in its comment that it is a lease of this database. */
export interface LiveLogin {
  readonly name: string;
  /** Absent where the comment cannot be read. */
  readonly group?: string;
  readonly state: "live" | "expired" | "tombstone";
  /** Seconds until it ends. Absent where nothing makes it end. */
  readonly secondsLeft?: number;
  readonly connectionLimit: number;
  readonly sessions: number;
  readonly attributes: readonly string[];
  readonly memberships: readonly string[];
  /** Roles that it may grant to others. */
  readonly grants: readonly string[];
  /** Lists and policies that name the login itself, and objects that it owns, in any database. */
  readonly dependents: number;
}

/** What there is of leases in a database. */
export interface Leases {
  readonly logins: readonly LiveLogin[];
  /** Named like leases, and saying nothing of being one. */
  readonly unmarked: readonly string[];
  /** Sessions whose role is gone, by the role's OID. */
  readonly ghosts: readonly string[];
  /** Logins that say they are leases of a database that the server does not have, or that has no such lease. */
  readonly strays: readonly string[];
}

/** Reads them, by what anybody who may connect can read; after `beginReading`. */
export async function readLeases(client: Queryable): Promise<Leases> {
  const { rows: logins } = await client.query<
    Omit<LiveLogin, "group" | "secondsLeft"> & { group: string | null; secondsLeft: number | null }
  >(
    `SELECT r.rolname::text AS name,
            substring(shobj_description(r.oid, 'pg_authid') FROM '"group":("(?:[^"\\\\]|\\\\.)*")') AS "group",
            CASE WHEN NOT r.rolcanlogin THEN 'tombstone' WHEN r.rolvaliduntil <= clock_timestamp() THEN 'expired' ELSE 'live' END AS state,
            CASE WHEN isfinite(r.rolvaliduntil) THEN extract(epoch FROM r.rolvaliduntil - clock_timestamp())::float8 END AS "secondsLeft",
            r.rolconnlimit AS "connectionLimit",
            (SELECT count(*)::int FROM pg_stat_activity AS a WHERE a.usesysid = r.oid) AS sessions,
            ${ATTRIBUTES} AS attributes,
            ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid WHERE m.member = r.oid) AS memberships,
            ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid WHERE m.member = r.oid AND m.admin_option) AS grants,
            (SELECT count(*)::int FROM pg_shdepend AS d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
              AND d.deptype IN ('a', 'o', 'r', 'i') AND d.classid NOT IN ('pg_largeobject'::regclass, 'pg_auth_members'::regclass)) AS dependents
       FROM pg_roles AS r WHERE ${IS_LEASE_HERE}
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
  const { rows: strays } = await client.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_roles AS r
      WHERE starts_with(shobj_description(r.oid, 'pg_authid'), '{"lease":') AND NOT ${IS_LEASE_HERE}
        AND NOT EXISTS (SELECT FROM pg_database AS b
              WHERE starts_with(shobj_description(r.oid, 'pg_authid'), '{"lease":1,"database":' || to_json(b.datname::text)::text || ',"group":')
                AND isfinite(r.rolvaliduntil) AND starts_with(r.rolname::text, $1)) ORDER BY 1`,
    [PREFIX],
  );
  return {
    logins: logins.map(({ group, secondsLeft, ...login }) => ({
      ...login,
      ...(secondsLeft !== null && { secondsLeft }),
      ...parsed(group),
    })),
    unmarked: unmarked.map(({ name }) => name),
    ghosts: ghosts.map(({ oid }) => oid),
    strays: strays.map(({ name }) => name),
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

/** The server's clock, and Vault's, may differ by this much. */
const CLOCK_SECONDS = 60;

/** Logins and sessions that nobody answers for, and groups that are full. Pure. */
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
      object: { kind: "role", name },
      declared: "every login of this name is a lease",
      effective: "a role named like a lease that says of none",
      why: "it was made by hand, or its comment was changed: nothing will ever end it",
      fix: `see whose it is, then DROP ROLE ${sqlName(name)}`,
    });
  for (const name of leases.strays)
    findings.push({
      ...common,
      code: "lease-forged",
      severity: "error",
      who: [name],
      object: { kind: "role", name },
      declared: "a login of a lease is named like one, has an end, and its database is there",
      effective: "a role whose comment says that it is a lease of another database",
      why: "its comment was written by hand, or its database was dropped: nothing will ever end it",
      fix: `DROP ROLE ${sqlName(name)}`,
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
        object: { kind: "role", name: login.name },
        declared: edge ? "a login goes when it ends" : "no identity has this group",
        effective: `${login.name} of group ${login.group ?? "?"} is ${STATES[login.state]}`,
        why: edge
          ? "Vault did not revoke it: it was down, or the lease was removed by force; or the drop failed"
          : "the identity was taken out of the program while the login was live, or it is another program's",
        fix: edge
          ? "SELECT lease.sweep('100'), as Vault's login or the admin"
          : `end it: SELECT lease.revoke('…'), then take its lease out of Vault`,
      });
    if (login.state === "live" && edge && !(Number(login.secondsLeft) <= edge.leaseMaxTtl + CLOCK_SECONDS))
      findings.push({
        ...common,
        code: "lease-forged",
        severity: "error",
        who: [login.name],
        object: { kind: "role", name: login.name },
        declared: `no lease of ${edge.groupRole} lives longer than ${edge.leaseMaxTtl}s`,
        effective:
          login.secondsLeft === undefined
            ? "a login that says it is a lease, and that has no end"
            : `a login that says it is a lease, and that lives ${Math.round(login.secondsLeft / 3600)} hours more`,
        why: "lease.issue and lease.renew give no such end: it was made or changed by hand",
        fix: `DROP ROLE ${sqlName(login.name)}`,
      });
    if (login.sessions > 0 && login.state !== "live")
      findings.push({
        ...common,
        code: "session-without-lease",
        severity: "error",
        who,
        object: { kind: "role", name: login.name },
        declared: "a session ends with its login",
        effective: `${login.sessions} open sessions of ${login.name}, which is ${STATES[login.state]}`,
        why: "PostgreSQL refuses new logins after VALID UNTIL and ends no session; Vault did not",
        fix: "SELECT lease.sweep('100'), as Vault's login or the admin",
      });
    const strange = login.memberships.filter((role) => role !== login.group);
    const lost = login.state === "live" && login.group !== undefined && !login.memberships.includes(login.group);
    const limited = login.state === "tombstone" || login.connectionLimit === edge?.connectionLimit;
    if (
      edge &&
      (strange.length > 0 ||
        login.attributes.length > 0 ||
        login.dependents > 0 ||
        login.grants.length > 0 ||
        lost ||
        !limited)
    )
      findings.push({
        ...common,
        code: "login-differs",
        severity: "error",
        who,
        object: { kind: "role", name: login.name },
        declared: `a member of ${edge.groupRole}, and nothing else`,
        effective: [
          ...(strange.length > 0 ? [`member of ${strange.join(", ")}`] : []),
          ...(login.grants.length > 0 ? [`may grant ${login.grants.join(", ")} to others`] : []),
          ...(login.attributes.length > 0 ? [`has ${login.attributes.join(", ")}`] : []),
          ...(login.dependents > 0 ? [`owns, or is itself granted on, ${login.dependents} objects`] : []),
          ...(limited ? [] : [`may open ${login.connectionLimit} connections, and not ${edge.connectionLimit}`]),
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
      object: { kind: "role", name: `${leases.ghosts.join(", ")}, by number` },
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
      object: { kind: "role", name: edge.groupRole },
      declared: `at most ${edge.maxLiveLeases} live logins`,
      effective: `${live} live logins`,
      why: "many pods, or pods that crash and start again faster than their logins end",
      fix: "look at the pods; or raise maxLiveLeases of the DatabaseAccess",
    });
  }
  return findings;
}

const STATES = {
  live: "live",
  expired: "expired, and still there",
  tombstone: "closed, and still there",
} as const;
