import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { sqlName } from "../effective/model";
import type { Leases, LiveLogin } from "./leases";

/** The server's clock, and Vault's, may differ by this much. */
const CLOCK_SECONDS = 60;

const SWEEP = "SELECT lease.sweep('100'), as Vault's login or the admin";

const STATES = {
  live: "live",
  expired: "expired, and still there",
  tombstone: "closed, and still there",
} as const;

/** What is wrong, without the database in which it is. */
type Judgement = Omit<EffectiveFinding, "database" | "privileges">;

/**
 * Logins and sessions that nobody answers for, and groups that are full. Pure.
 *
 * @param near The part of a group's most logins from which on it counts as nearly full, 0 to 1.
 */
export function judgeLeases(
  database: DatabaseNode,
  edges: readonly EdgeNode[],
  leases: Leases,
  near: number,
): EffectiveFinding[] {
  const byGroup = new Map(edges.map((edge) => [edge.groupRole, edge]));
  const judgements = [
    ...leases.unmarked.map(unmarkedLogin),
    ...leases.strays.map(loginOfAnotherDatabase),
    ...leases.logins.flatMap((login) =>
      judgeLogin(login, login.group === undefined ? undefined : byGroup.get(login.group)),
    ),
    ...sessionsWithoutRole(leases.ghosts),
    ...edges.flatMap((edge) => fullGroup(edge, leases.logins, near)),
  ];
  return judgements.map((judgement) => ({ database: keyOf(database), privileges: [], ...judgement }));
}

function unmarkedLogin(name: string): Judgement {
  return {
    code: "orphan-login",
    severity: "error",
    who: [name],
    object: { kind: "role", name },
    declared: "every login of this name is a lease",
    effective: "a role named like a lease that says of none",
    why: "it was made by hand, or its comment was changed: nothing will ever end it",
    fix: `see whose it is, then DROP ROLE ${sqlName(name)}`,
  };
}

function loginOfAnotherDatabase(name: string): Judgement {
  return {
    code: "lease-forged",
    severity: "error",
    who: [name],
    object: { kind: "role", name },
    declared: "a login of a lease is named like one, has an end, and its database is there",
    effective: "a role whose comment says that it is a lease of another database",
    why: "its comment was written by hand, or its database was dropped: nothing will ever end it",
    fix: `DROP ROLE ${sqlName(name)}`,
  };
}

/** @param edge Of its group. Absent where no identity has this group. */
function judgeLogin(login: LiveLogin, edge: EdgeNode | undefined): Judgement[] {
  return [
    ...(edge && login.state === "live" ? [] : [loginLeftBehind(login, edge)]),
    ...(edge && login.state === "live" && !endsInTime(login, edge) ? [loginWithoutEnd(login, edge)] : []),
    ...(login.sessions > 0 && login.state !== "live" ? [sessionsLeftBehind(login, edge)] : []),
    ...(edge ? changedLogin(login, edge) : []),
  ];
}

/** Whom a finding about a login names: its identity, where it has one. */
function whoOf(login: LiveLogin, edge: EdgeNode | undefined): string[] {
  return edge ? [edge.identity] : [login.name];
}

function loginLeftBehind(login: LiveLogin, edge: EdgeNode | undefined): Judgement {
  return {
    code: "orphan-login",
    severity: edge ? "warning" : "error",
    who: whoOf(login, edge),
    object: { kind: "role", name: login.name },
    declared: edge ? "a login goes when it ends" : "no identity has this group",
    effective: `${login.name} of group ${login.group ?? "?"} is ${STATES[login.state]}`,
    why: edge
      ? "Vault did not revoke it: it was down, or the lease was removed by force; or the drop failed"
      : "the identity was taken out of the program while the login was live, or it is another program's",
    fix: edge ? SWEEP : "end it: SELECT lease.revoke('…'), then take its lease out of Vault",
  };
}

/** False also where nothing makes it end. */
function endsInTime({ secondsLeft }: LiveLogin, { leaseMaxTtl }: EdgeNode): boolean {
  return secondsLeft !== undefined && secondsLeft <= leaseMaxTtl + CLOCK_SECONDS;
}

function loginWithoutEnd({ name, secondsLeft }: LiveLogin, edge: EdgeNode): Judgement {
  return {
    code: "lease-forged",
    severity: "error",
    who: [name],
    object: { kind: "role", name },
    declared: `no lease of ${edge.groupRole} lives longer than ${edge.leaseMaxTtl}s`,
    effective:
      secondsLeft === undefined
        ? "a login that says it is a lease, and that has no end"
        : `a login that says it is a lease, and that lives ${Math.round(secondsLeft / 3600)} hours more`,
    why: "lease.issue and lease.renew give no such end: it was made or changed by hand",
    fix: `DROP ROLE ${sqlName(name)}`,
  };
}

function sessionsLeftBehind(login: LiveLogin, edge: EdgeNode | undefined): Judgement {
  return {
    code: "session-without-lease",
    severity: "error",
    who: whoOf(login, edge),
    object: { kind: "role", name: login.name },
    declared: "a session ends with its login",
    effective: `${login.sessions} open sessions of ${login.name}, which is ${STATES[login.state]}`,
    why: "PostgreSQL refuses new logins after VALID UNTIL and ends no session; Vault did not",
    fix: SWEEP,
  };
}

/** What somebody changed of a login after it was issued. */
function changedLogin(login: LiveLogin, edge: EdgeNode): Judgement[] {
  const { attributes, connectionLimit, dependents, grants, group, memberships, name, state } = login;
  const others = memberships.filter((role) => role !== group);
  const lost = state === "live" && group !== undefined && !memberships.includes(group);
  const differences = [
    ...(others.length > 0 ? [`member of ${others.join(", ")}`] : []),
    ...(grants.length > 0 ? [`may grant ${grants.join(", ")} to others`] : []),
    ...(attributes.length > 0 ? [`has ${attributes.join(", ")}`] : []),
    ...(dependents > 0 ? [`owns, or is itself granted on, ${dependents} objects`] : []),
    ...(state === "tombstone" || connectionLimit === edge.connectionLimit
      ? []
      : [`may open ${connectionLimit} connections, and not ${edge.connectionLimit}`]),
    ...(lost ? [`no member of ${edge.groupRole}`] : []),
  ];
  if (differences.length === 0) return [];
  return [
    {
      code: "login-differs",
      severity: "error",
      who: whoOf(login, edge),
      object: { kind: "role", name },
      declared: `a member of ${edge.groupRole}, and nothing else`,
      effective: differences.join("; "),
      why: `${name} was changed after it was issued`,
      fix: "revoke its lease; the pod gets another login",
    },
  ];
}

/** @param oids Of roles that are gone while their sessions are open. */
function sessionsWithoutRole(oids: readonly string[]): Judgement[] {
  if (oids.length === 0) return [];
  return [
    {
      code: "session-without-lease",
      severity: "error",
      who: oids.map((oid) => `role ${oid}`),
      object: { kind: "role", name: `${oids.join(", ")}, by number` },
      declared: "a session ends with its login",
      effective: `open sessions of ${oids.length} roles that are gone`,
      why: "the role was dropped by hand while it was in use",
      fix: SWEEP,
    },
  ];
}

function fullGroup(edge: EdgeNode, logins: readonly LiveLogin[], near: number): Judgement[] {
  const live = logins.filter(({ group, state }) => group === edge.groupRole && state === "live").length;
  if (live < near * edge.maxLiveLeases) return [];
  return [
    {
      code: "group-near-cap",
      severity: live >= edge.maxLiveLeases ? "error" : "warning",
      who: [edge.identity],
      object: { kind: "role", name: edge.groupRole },
      declared: `at most ${edge.maxLiveLeases} live logins`,
      effective: `${live} live logins`,
      why: "many pods, or pods that crash and start again faster than their logins end",
      fix: "look at the pods; or raise maxLiveLeases of the DatabaseAccess",
    },
  ];
}
