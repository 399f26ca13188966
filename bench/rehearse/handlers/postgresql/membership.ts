/** helpers.go: the memberships that a login which is not a superuser gives itself for the length of a transaction. */
import { Session, exists, single } from "./connection";
import { identifier } from "./sql";

async function isSuperuser(session: Session, role: string): Promise<boolean> {
  const sql = "SELECT rolsuper::text FROM pg_roles WHERE rolname = $1";
  return (await single(session, sql, [role], `could not check if role ${role} is superuser`)) === "true";
}

async function isMember(session: Session, role: string, member: string): Promise<boolean> {
  const setOption = await exists(
    session,
    "SELECT 1 FROM information_schema.columns WHERE table_name = 'pg_auth_members' AND column_name = 'set_option'",
    [],
  );
  const sql = "SELECT 1 FROM pg_auth_members WHERE pg_get_userbyid(roleid) = $1 AND pg_get_userbyid(member) = $2";
  return exists(session, setOption ? `${sql} AND set_option` : sql, [role, member]);
}

/** @returns whether it was needed */
export async function grantMembership(session: Session, role: string, member: string): Promise<boolean> {
  if (role === member || (await isMember(session, role, member))) return false;
  await session.run(`GRANT ${identifier(role)} TO ${identifier(member)}`);
  return true;
}

/** @returns whether it was needed */
export async function revokeMembership(session: Session, role: string, member: string): Promise<boolean> {
  if (role === member || !(await isMember(session, role, member))) return false;
  await session.run(`REVOKE ${identifier(role)} FROM ${identifier(member)}`);
  return true;
}

/** withRolesGranted */
export async function withRoles(session: Session, roles: string[], work: () => Promise<void>): Promise<void> {
  if (roles.length === 0) return work();
  const me = await single(session, "SELECT CURRENT_USER", [], "there is no current user");
  if (await isSuperuser(session, me)) return work();
  const granted: string[] = [];
  const revoked: string[] = [];
  for (const role of roles) {
    if (await isSuperuser(session, role)) continue;
    if (await revokeMembership(session, me, role)) revoked.push(role);
    if (await grantMembership(session, role, me)) granted.push(role);
  }
  await work();
  for (const role of granted) await revokeMembership(session, role, me);
  for (const role of revoked) {
    if (await exists(session, "SELECT 1 FROM pg_roles WHERE rolname = $1", [role]))
      await grantMembership(session, me, role);
  }
}

/** pgLockRole */
export async function lockRole(session: Session, role: string): Promise<void> {
  await session.run("SET statement_timeout = 0");
  await session.run("SELECT pg_advisory_xact_lock(oid::bigint) FROM pg_roles WHERE rolname = $1", [role]);
  const members =
    "SELECT pg_advisory_xact_lock(member::bigint) FROM pg_auth_members JOIN pg_roles ON roleid = pg_roles.oid";
  await session.run(`${members} WHERE rolname = $1`, [role]);
}

export const databaseOwner = (session: Session, database: string): Promise<string> =>
  single(
    session,
    "SELECT rolname FROM pg_database JOIN pg_roles ON datdba = pg_roles.oid WHERE datname = coalesce(nullif($1, ''), current_database())",
    [database],
    `could not find database ${database}`,
  );
