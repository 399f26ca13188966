import { LEASE_PREFIX } from "./names";

/**
 * Issues a login for each registered group and undoes it: what refuses it here would refuse it in each pod, with the same words and
 * the same remedy. What passes by itself is no reason: a group that has all its leases, a lock, a name that is taken.
 *
 * As Vault's own login, so that no function is added for it. It reads the groups by the names of the functions that register
 * them, as `registration.sql` of the lease functions does: whether it may execute those functions nobody asks.
 */
const BLOCK = `
DECLARE
  v_group pg_catalog.text;
BEGIN
  FOR v_group IN
    SELECT r.rolname FROM pg_catalog.pg_roles AS r
     WHERE EXISTS (
       SELECT FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'lease'
          AND p.proname = ('group_' || pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
                pg_catalog.convert_to(r.rolname::pg_catalog.text, 'UTF8')), 'hex'), 32))::pg_catalog.name)
     ORDER BY r.rolname
  LOOP
    BEGIN
      PERFORM lease.issue(
        '${LEASE_PREFIX}apply-' || pg_catalog.pg_backend_pid()::pg_catalog.text,
        'SCRAM-SHA-256$4096:' || pg_catalog.repeat('A', 22) || '==$' || pg_catalog.repeat('A', 43) || '=:'
          || pg_catalog.repeat('A', 43) || '=',
        pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' + interval '30 seconds', 'YYYY-MM-DD HH24:MI:SS')
          || '+00',
        v_group);
      RAISE EXCEPTION USING ERRCODE = 'LH000', MESSAGE = 'lease: undone';
    EXCEPTION
      WHEN SQLSTATE 'LH000' OR configuration_limit_exceeded OR lock_not_available OR duplicate_object THEN
        NULL;
    END;
  END LOOP;
END`;

/** As an escape string without a semicolon: OpenBao splits what it runs at each one, also within a block. */
const READY = `DO E'${BLOCK.replaceAll("'", "''").replaceAll(";", "\\x3b")}'`;

/**
 * What Vault runs to rotate the password of its own login, in one transaction: nothing is rotated, and the apply ends, where a pod
 * could not get a login. The second is what Vault runs by itself.
 */
export const rotationStatements: readonly string[] = [READY, `ALTER ROLE "{{username}}" WITH PASSWORD '{{password}}'`];

/** Seconds between two tries of Vault's own: ten years. */
const NEVER_AGAIN = 10 * 365 * 86_400;

/** Name of the static role by which Vault tries it where it does not rotate its password: another one where it is to try again. */
export function trialRole(passwordVersion: number): string {
  return `leasehold-trial-${passwordVersion}`;
}

/** What `trialRole` is called, of any version. */
export function isTrialRole(name: string): boolean {
  return /^leasehold-trial-[0-9]+$/.test(name);
}

/**
 * A static role of Vault whose rotation changes no password: it only tries what `rotationStatements` try, when Vault makes the role. The
 * password that Vault notes for it opens nothing.
 */
export function trialOf(connection: string, login: string): Readonly<Record<string, unknown>> {
  return { db_name: connection, username: login, rotation_statements: [READY], rotation_period: NEVER_AGAIN };
}
