/** A quoted identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}

/** A quoted string constant, whatever `standard_conforming_strings` says. */
export function quoteLiteral(value: string): string {
  return value.includes("\\") ? `E'${value.replace(/['\\]/g, "$&$&")}'` : `'${value.replace(/'/g, "''")}'`;
}

/**
 * What the official image runs once, as superuser, on an empty data folder: the admin that Terraform logs in as, and
 * the end of what PUBLIC and the superuser have by default.
 */
export function initSql(options: { readonly admin: string; readonly passwordFile: string }): string {
  const admin = quoteIdentifier(options.admin);
  return `-- Run once by the image, on an empty data folder.
-- The password is read here from the injected file: it is in no statement, so in no log.
DO $init$
BEGIN
  EXECUTE format(
    'CREATE ROLE %I LOGIN CREATEROLE CREATEDB PASSWORD %L',
    ${quoteLiteral(options.admin)},
    btrim(pg_read_file(${quoteLiteral(options.passwordFile)}), E' \\n')
  );
END
$init$;
-- Lease functions end the sessions of logins that are gone.
GRANT pg_signal_backend TO ${admin};
-- Terraform's provider writes operators and functions without a schema: those of a schema that a migration may write to
-- would run as the admin. And no session may make it wait for ever.
ALTER ROLE ${admin} SET search_path = pg_catalog;
ALTER ROLE ${admin} SET lock_timeout = '30s';
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO ${admin};
-- From here on the superuser logs in only inside the pod, over the socket, as the server's own user (peer).
ALTER ROLE CURRENT_USER PASSWORD NULL;
`;
}

/**
 * What is run before `initSql` on PostgreSQL 14: databases are made from `template0`, where `public` belongs to the superuser
 * and anybody may create in it. The admin could not take that away. This makes it as it comes from 15 on.
 */
export const PUBLIC_SCHEMA_SQL = `-- Run once by the image, on an empty data folder: the schema public as from PostgreSQL 15 on.
ALTER DATABASE template0 ALLOW_CONNECTIONS true;
\\connect template0
ALTER SCHEMA public OWNER TO pg_database_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
\\connect postgres
ALTER DATABASE template0 ALLOW_CONNECTIONS false;
`;
