import { quoteIdentifier } from "./sql-quoting";

/** What the admin is that Terraform logs in as: no superuser. It makes roles, databases where there are none yet, and owns the lease functions. */
export const ADMIN_ATTRIBUTES = "LOGIN CREATEROLE CREATEDB";

/** Lease functions end the sessions of logins that are gone. */
export function adminSignals(admin: string): string {
  return `GRANT pg_signal_backend TO ${quoteIdentifier(admin)};`;
}

/**
 * Terraform's provider writes operators and functions without a schema: those of a schema that a migration may write to would run as
 * the admin.
 */
export function adminSearchPath(admin: string): string {
  return `ALTER ROLE ${quoteIdentifier(admin)} SET search_path = pg_catalog;`;
}

/** No session may make the admin wait for ever. */
export function adminLockTimeout(admin: string): string {
  return `ALTER ROLE ${quoteIdentifier(admin)} SET lock_timeout = '30s';`;
}

/** In the databases that every server has, nobody but the admin and superusers has a business. */
export function ownDatabasesSql(admin: string): string {
  return `REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO ${quoteIdentifier(admin)};`;
}
