import {
  ADMIN_ATTRIBUTES,
  adminLockTimeout,
  adminSearchPath,
  adminSignals,
  ownDatabasesSql,
} from "../../access/model/admin-sql";
import { quoteLiteral } from "../../access/model/sql-quoting";

/**
 * What the official image runs once, as superuser, on an empty data folder: the admin that Terraform logs in as, and
 * the end of what PUBLIC and the superuser have by default.
 */
export function initSql(options: { readonly admin: string; readonly passwordFile: string }): string {
  const { admin } = options;
  return `-- Run once by the image, on an empty data folder.
-- The password is read here from the injected file: it is in no statement, so in no log.
DO $init$
BEGIN
  EXECUTE format(
    'CREATE ROLE %I ${ADMIN_ATTRIBUTES} PASSWORD %L',
    ${quoteLiteral(admin)},
    btrim(pg_read_file(${quoteLiteral(options.passwordFile)}), E' \\n')
  );
END
$init$;
-- Lease functions end the sessions of logins that are gone.
${adminSignals(admin)}
-- Terraform's provider writes operators and functions without a schema: those of a schema that a migration may write to
-- would run as the admin. And no session may make it wait for ever.
${adminSearchPath(admin)}
${adminLockTimeout(admin)}
${ownDatabasesSql(admin)}
-- From here on the superuser logs in only inside the pod, over the socket, as the server's own user (peer).
ALTER ROLE CURRENT_USER PASSWORD NULL;
`;
}

/** The event trigger that every database of a new server has, and its function. */
export const NO_RULES = "leasehold_no_rules";

/**
 * The body of its function. CREATE RULE waits for an exclusive lock on what it names before it asks who owns that: of a catalog which
 * logins are read from, everybody waits behind it, and nothing in PostgreSQL can end it. Who may create in no schema owns nothing that a rule
 * could be for.
 */
export const NO_RULES_BODY = `
BEGIN
  IF starts_with((SELECT shobj_description(r.oid, 'pg_authid') FROM pg_roles AS r WHERE r.rolname = session_user), '{"lease":1,')
    AND NOT EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'CREATE')) THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a lease that may create in no schema makes no rule';
  END IF;
END
`;

/**
 * What a superuser runs once in `template0`, from which the provider makes databases. The trigger counts as a part of plpgsql, so that no dump has it: its owner
 * could not restore it. On PostgreSQL 14 `public` there belongs to the superuser, and anybody may create in it; the admin could not take that
 * away. This makes it as it comes from 15 on.
 */
export function templateSql(majorVersion: number): string {
  return `${majorVersion < 15 ? "ALTER SCHEMA public OWNER TO pg_database_owner;\nREVOKE CREATE ON SCHEMA public FROM PUBLIC;\n" : ""}${NO_RULES_SQL}`;
}

/** For a database that is there already, too. */
export const NO_RULES_SQL = `CREATE FUNCTION pg_catalog.${NO_RULES}() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$${NO_RULES_BODY}$body$;
REVOKE EXECUTE ON FUNCTION pg_catalog.${NO_RULES}() FROM PUBLIC;
CREATE EVENT TRIGGER ${NO_RULES} ON ddl_command_start WHEN TAG IN ('CREATE RULE') EXECUTE FUNCTION pg_catalog.${NO_RULES}();
ALTER EXTENSION plpgsql ADD FUNCTION pg_catalog.${NO_RULES}();
ALTER EXTENSION plpgsql ADD EVENT TRIGGER ${NO_RULES};
`;

/** The same for psql, which the official image runs it with before `initSql`. */
export function templateScript(majorVersion: number): string {
  return `-- Run once by the image, on an empty data folder: what every database is made from.
ALTER DATABASE template0 ALLOW_CONNECTIONS true;
\\connect template0
${templateSql(majorVersion)}\\connect postgres
ALTER DATABASE template0 ALLOW_CONNECTIONS false;
`;
}
