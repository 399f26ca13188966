import type { Client } from "pg";
import type { Major } from "./world";

/** A statement that must not do what it says. `{name}` in it is the quoted role of that name, `{name!}` the bare value. */
export interface Attempt {
  readonly sql: string;
  /**
   * What PostgreSQL answers: 42501 is a missing privilege, and any other SQLSTATE than the expected one is a broken
   * statement. 01007 and 01006 are its warnings that nothing was granted, or revoked.
   */
  readonly code: string | ((major: Major) => string);
  /**
   * Whether a superuser can run it, in a transaction that is rolled back: what nobody can run proves nothing by its
   * refusal. False where it cannot be in a transaction, or would end more than itself.
   */
  readonly control: boolean;
  readonly only?: (major: Major) => boolean;
}

export const attempts = (code: Attempt["code"], ...statements: readonly string[]): Attempt[] =>
  statements.map((sql) => ({ sql, code, control: true }));
export const uncontrolled = (code: Attempt["code"], ...statements: readonly string[]): Attempt[] =>
  statements.map((sql) => ({ sql, code, control: false }));
export const since = (major: Major, some: readonly Attempt[]): Attempt[] =>
  some.map((attempt) => ({ ...attempt, only: (m) => m >= major }));
export const before = (major: Major, some: readonly Attempt[]): Attempt[] =>
  some.map((attempt) => ({ ...attempt, only: (m) => m < major }));

export function fill(sql: string, names: Readonly<Record<string, string | number>>): string {
  return sql.replace(/\{(\w+)(!?)\}/g, (_, name: string, bare: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`${sql}: there is no ${name}`);
    return bare ? String(value) : `"${String(value).replace(/"/g, '""')}"`;
  });
}

/** The SQLSTATE of the error, else of the first warning, else "ok". */
export async function answer(client: Client, sql: string): Promise<string> {
  let warning: string | undefined;
  const listen = (notice: { severity?: string; code?: string }): void => {
    if (notice.severity === "WARNING") warning ??= notice.code;
  };
  client.on("notice", listen);
  try {
    await client.query(sql);
    return warning ?? "ok";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    client.removeListener("notice", listen);
  }
}

/** Whether it runs, with a warning or without; else its SQLSTATE. */
export async function runs(client: Client, sql: string): Promise<string> {
  return client.query(sql).then(
    () => "runs",
    (error: { code?: string }) => String(error.code),
  );
}

/** Cluster and database as far as who may do what is concerned, and the tables' rows; one line per fact. */
export const FINGERPRINT = `
  SELECT string_agg(line, E'\\n' ORDER BY line) AS facts FROM (
    SELECT format('role %s %s %s %s %s', rolname, concat(rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
      rolreplication, rolbypassrls), rolconnlimit, rolvaliduntil, md5(rolpassword)) AS line FROM pg_authid
    UNION ALL SELECT format('member %s of %s by %s, admin %s', member::regrole, roleid::regrole, grantor::regrole, admin_option)
      FROM pg_auth_members
    UNION ALL SELECT format('setting %s %s %s', setdatabase, setrole::regrole, setconfig) FROM pg_db_role_setting
    UNION ALL SELECT format('database %s %s %s %s', datname, datdba::regrole, datacl, datconnlimit) FROM pg_database
    UNION ALL SELECT format('schema %s %s %s', nspname, nspowner::regrole, nspacl) FROM pg_namespace
      WHERE nspname !~ '^pg_(toast_)?temp'
    UNION ALL SELECT format('relation %s %s %s %s %s', oid::regclass, relowner::regrole, relacl, relrowsecurity, relhastriggers)
      FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
    UNION ALL SELECT format('column %s %s %s', attrelid::regclass, attname, attacl) FROM pg_attribute WHERE attacl IS NOT NULL
    UNION ALL SELECT format('function %s %s %s %s', oid::regprocedure, proowner::regrole,
      coalesce(proacl, acldefault('f', proowner)), md5(prosrc)) FROM pg_proc
    UNION ALL SELECT format('type %s %s %s', oid::regtype, typowner::regrole, typacl) FROM pg_type
    UNION ALL SELECT format('default %s %s %s %s', defaclrole::regrole, defaclnamespace, defaclobjtype, defaclacl)
      FROM pg_default_acl
    UNION ALL SELECT format('comment %s %s', objoid, description) FROM pg_shdescription
    UNION ALL SELECT format('large object %s %s %s', oid, lomowner::regrole, lomacl) FROM pg_largeobject_metadata
    UNION ALL SELECT format('operator %s', oid::regoperator) FROM pg_operator WHERE oid >= 16384
    UNION ALL SELECT format('cast %s %s', castsource::regtype, casttarget::regtype) FROM pg_cast WHERE oid >= 16384
    UNION ALL SELECT format('event trigger %s', evtname) FROM pg_event_trigger
    UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger
    UNION ALL SELECT format('policy %s', polname) FROM pg_policy
    UNION ALL SELECT format('extension %s', extname) FROM pg_extension
    UNION ALL SELECT format('wrapper %s', fdwname) FROM pg_foreign_data_wrapper
    UNION ALL SELECT format('publication %s', pubname) FROM pg_publication
    UNION ALL SELECT format('subscription %s', subname) FROM pg_subscription
    UNION ALL SELECT format('slot %s', slot_name) FROM pg_replication_slots
    UNION ALL SELECT format('prepared %s', gid) FROM pg_prepared_xacts
    UNION ALL SELECT format('rows %s', md5(string_agg(o::text, ',' ORDER BY id))) FROM sales.open AS o
    UNION ALL SELECT format('rows %s', md5(string_agg(o::text, ',' ORDER BY id))) FROM sales.orders AS o
    UNION ALL SELECT format('rows %s', md5(string_agg(s::text, ','))) FROM sales.secret AS s
    UNION ALL SELECT format('system %s %s', name, setting) FROM pg_file_settings
  ) AS facts`;
