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
export function initSql(options: {
  readonly admin: string;
  readonly passwordFile: string;
  /** The server has a certificate, and takes no connection without TLS. @default false */
  readonly onlyTls?: boolean;
}): string {
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
${options.onlyTls === true ? ONLY_TLS_SQL : ""}`;
}

/** The image has written its pg_hba.conf by then, which takes passwords without TLS as well; the server reads it at its next start. */
export const ONLY_TLS_SQL = `-- Nobody connects over the network without TLS.
DO $hba$
BEGIN
  EXECUTE format(
    'COPY (SELECT unnest(ARRAY[''local all all peer'', ''hostssl all all all scram-sha-256''])) TO %L',
    current_setting('hba_file')
  );
END
$hba$;
`;

/** The function of the two event triggers that every database of a new server has, and what each is called and waits for. */
export const SHORT_LOCKS = "leasehold_short_locks";
export const SHORT_LOCKS_TRIGGERS = {
  [SHORT_LOCKS]: "ddl_command_start",
  [`${SHORT_LOCKS}_end`]: "ddl_command_end",
} as const;

/**
 * The body of its function. PostgreSQL waits for some exclusive locks before it asks who owns the object: everybody waits behind
 * whoever waits, and where logins are read from, nothing in PostgreSQL can end that. A lease that may create in no schema owns no
 * table but temporary ones. So in a statement that changes objects it waits for no lock longer than 50 ms, whatever it has set:
 * none of its own code runs between this function and the lock. A temporary partitioned table is refused: PostgreSQL runs its
 * bounds, which may set the limit anew, and locks a partition after that. The limit is undone at the end of the statement, and by
 * an error. A query that makes a table may wait for what it reads, and locks nothing else.
 */
export const SHORT_LOCKS_BODY = `
BEGIN
  IF TG_TAG IN ('CREATE TABLE AS', 'SELECT INTO')
    OR starts_with((SELECT shobj_description(r.oid, 'pg_authid') FROM pg_roles AS r WHERE r.rolname = session_user), '{"lease":1,') IS NOT TRUE
    OR EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'CREATE')) THEN
    RETURN;
  END IF;
  IF TG_EVENT = 'ddl_command_start' THEN
    IF TG_TAG IN ('CREATE RULE', 'ALTER INDEX', 'ALTER MATERIALIZED VIEW') THEN
      RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('a lease that may create in no schema may not run %s: others would wait for it', TG_TAG);
    END IF;
    PERFORM set_config('leasehold.lock_timeout', current_setting('lock_timeout'), true)
      WHERE coalesce(current_setting('leasehold.lock_timeout', true), '') = '';
    PERFORM set_config('lock_timeout', '50ms', true);
  ELSE
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() AS c JOIN pg_class AS t ON t.oid = c.objid AND c.classid = 'pg_class'::regclass WHERE t.relkind = 'p') THEN
      RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'a lease that may create in no schema makes no partitioned table: others would wait for it';
    END IF;
    PERFORM set_config('lock_timeout', current_setting('leasehold.lock_timeout'), true), set_config('leasehold.lock_timeout', '', true)
      WHERE coalesce(current_setting('leasehold.lock_timeout', true), '') <> '';
  END IF;
END
`;

/**
 * What a superuser runs once in `template0`, from which the provider makes databases. The triggers count as a part of plpgsql, so that no dump has them: its owner
 * could not restore them. On PostgreSQL 14 `public` there belongs to the superuser, and anybody may create in it; the admin could not take that
 * away. This makes it as it comes from 15 on.
 */
export function templateSql(majorVersion: number): string {
  return `${majorVersion < 15 ? "ALTER SCHEMA public OWNER TO pg_database_owner;\nREVOKE CREATE ON SCHEMA public FROM PUBLIC;\n" : ""}${SHORT_LOCKS_SQL}`;
}

/**
 * For a database that is there already, too. PUBLIC keeps EXECUTE of the function, which nobody can call but as an event trigger: of a part of an extension pg_upgrade
 * writes what was granted and revoked, and not the function, and then fails.
 */
export const SHORT_LOCKS_SQL = `CREATE FUNCTION pg_catalog.${SHORT_LOCKS}() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$${SHORT_LOCKS_BODY}$body$;
ALTER EXTENSION plpgsql ADD FUNCTION pg_catalog.${SHORT_LOCKS}();
${Object.entries(SHORT_LOCKS_TRIGGERS)
  .map(
    ([name, event]) => `CREATE EVENT TRIGGER ${name} ON ${event} EXECUTE FUNCTION pg_catalog.${SHORT_LOCKS}();
ALTER EXTENSION plpgsql ADD EVENT TRIGGER ${name};
`,
  )
  .join("")}`;

/** The same for psql, which the official image runs it with before `initSql`. */
export function templateScript(majorVersion: number): string {
  return `-- Run once by the image, on an empty data folder: what every database is made from.
ALTER DATABASE template0 ALLOW_CONNECTIONS true;
\\connect template0
${templateSql(majorVersion)}\\connect postgres
ALTER DATABASE template0 ALLOW_CONNECTIONS false;
`;
}
