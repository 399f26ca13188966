import { LEASE_PREFIX } from "../../access/model/names";
import { Queryable } from "../effective/model";
import { ATTRIBUTES } from "../effective/reach";
import { IS_LEASE_HERE } from "./own-roles";

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
    [LEASE_PREFIX],
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
    [LEASE_PREFIX],
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
