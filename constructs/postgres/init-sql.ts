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
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO ${admin};
-- From here on the superuser logs in only inside the pod, over the socket.
ALTER ROLE CURRENT_USER PASSWORD NULL;
`;
}
