import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { Queryable } from "../effective/model";

/**
 * What lets data out, or runs code, without a privilege that any list of an object shows: the program makes none of it.
 *
 * Each row of a catalog that bears on this is one finding, with the statement that takes it away.
 */
const QUERIES: readonly { readonly what: string; readonly why: string; readonly sql: string }[] = [
  {
    what: "an event trigger",
    why: "its function runs whenever somebody changes the schema, a migration as the owner included",
    sql: `SELECT evtname::text AS name, 'DROP EVENT TRIGGER ' || quote_ident(evtname) AS fix FROM pg_event_trigger`,
  },
  {
    what: "a publication",
    why: "a login with REPLICATION reads every row of its tables, whatever it was granted",
    sql: `SELECT pubname::text AS name, 'DROP PUBLICATION ' || quote_ident(pubname) AS fix FROM pg_publication`,
  },
  {
    what: "a subscription",
    why: "it writes rows of another server as its owner",
    sql: `SELECT subname::text AS name, 'DROP SUBSCRIPTION ' || quote_ident(subname) AS fix FROM pg_subscription
           WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  },
  {
    what: "a replication slot",
    why: "its consumer reads every change of the database",
    sql: `SELECT slot_name::text AS name, 'SELECT pg_drop_replication_slot(' || quote_literal(slot_name) || ')' AS fix
            FROM pg_replication_slots WHERE database = current_database()`,
  },
  {
    what: "a login with REPLICATION",
    why: "it may copy the whole server, past every grant",
    sql: `SELECT rolname::text AS name, 'ALTER ROLE ' || quote_ident(rolname) || ' NOREPLICATION' AS fix
            FROM pg_roles WHERE rolreplication AND rolcanlogin AND NOT rolsuper`,
  },
  {
    what: "a rule",
    why: "it rewrites statements with the rights of the table's owner: it can copy what the reader may not read",
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ': ' || w.rulename AS name,
                 'DROP RULE ' || quote_ident(w.rulename) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS fix
            FROM pg_rewrite AS w JOIN pg_class AS c ON c.oid = w.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE w.rulename <> '_RETURN' AND c.oid >= 16384`,
  },
  {
    what: "a foreign server",
    why: "queries through it reach another server with a login of their own",
    sql: `SELECT srvname::text AS name, 'DROP SERVER ' || quote_ident(srvname) || ' CASCADE' AS fix FROM pg_foreign_server`,
  },
  {
    what: "a function of the schema lease that runs as somebody else",
    why: "its owner, its settings or how it runs are not those that Leasehold gave it",
    sql: `SELECT f.proname::text AS name, 'apply the program again after DROP FUNCTION lease.' || quote_ident(f.proname) AS fix
            FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
           WHERE n.nspname = 'lease' AND (f.proowner <> n.nspowner OR f.proconfig IS NOT NULL OR f.prosecdef = (f.proname = 'live' OR f.proname ~ '^group_[0-9a-f]{32}$'))`,
  },
  {
    what: "a lease without an end",
    why: "its comment says that it is a lease, and nothing makes it end",
    sql: `SELECT rolname::text AS name, 'DROP ROLE ' || quote_ident(rolname) AS fix FROM pg_roles
           WHERE rolcanlogin AND starts_with(shobj_description(oid, 'pg_authid'), '{"lease":')
             AND (rolvaliduntil IS NULL OR rolvaliduntil = 'infinity')`,
  },
];

export async function findPastTheGrants(client: Queryable, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const findings: EffectiveFinding[] = [];
  for (const { what, why, sql } of QUERIES) {
    const { rows } = await client.query<{ name: string; fix: string }>(`${sql} ORDER BY 1`);
    for (const { name, fix } of rows)
      findings.push({
        code: "past-the-grants",
        severity: "error",
        database: keyOf(database),
        who: [name],
        privileges: [],
        declared: "nothing: the program makes none",
        effective: what,
        why,
        fix: `accept it, or ${fix}`,
      });
  }
  return findings;
}
