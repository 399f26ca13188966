import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { EffectiveKind, Queryable } from "../effective/model";

/**
 * What lets data out, or runs code, without a privilege that any list of an object shows: the program makes none of it.
 *
 * Each row of a catalog that bears on this is one finding, with the statement that takes it away.
 */
const QUERIES: readonly {
  readonly what: string;
  readonly why: string;
  readonly kind: EffectiveKind;
  readonly sql: string;
}[] = [
  {
    what: "an event trigger",
    why: "its function runs whenever somebody changes the schema, a migration as the owner included",
    kind: "event trigger",
    sql: `SELECT evtname::text AS name, 'DROP EVENT TRIGGER ' || quote_ident(evtname) AS fix FROM pg_event_trigger`,
  },
  {
    what: "a publication",
    why: "a login with REPLICATION reads every row of its tables, whatever it was granted",
    kind: "publication",
    sql: `SELECT pubname::text AS name, 'DROP PUBLICATION ' || quote_ident(pubname) AS fix FROM pg_publication`,
  },
  {
    what: "a subscription",
    why: "it writes rows of another server as its owner",
    kind: "subscription",
    sql: `SELECT subname::text AS name, 'DROP SUBSCRIPTION ' || quote_ident(subname) AS fix FROM pg_subscription
           WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  },
  {
    what: "a replication slot",
    why: "its consumer reads every change of the database, or of the whole server",
    kind: "replication slot",
    sql: `SELECT slot_name::text AS name, 'SELECT pg_drop_replication_slot(' || quote_literal(slot_name) || ')' AS fix
            FROM pg_replication_slots WHERE database = current_database() OR database IS NULL`,
  },
  {
    what: "a rule",
    why: "it rewrites statements with the rights of the table's owner: it can copy what the reader may not read",
    kind: "rule",
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ': ' || w.rulename AS name,
                 'DROP RULE ' || quote_ident(w.rulename) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS fix
            FROM pg_rewrite AS w JOIN pg_class AS c ON c.oid = w.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE w.rulename <> '_RETURN' AND c.oid >= 16384`,
  },
  {
    what: "a foreign server",
    why: "queries through it reach another server with a login of their own",
    kind: "foreign server",
    sql: `SELECT srvname::text AS name, 'DROP SERVER ' || quote_ident(srvname) || ' CASCADE' AS fix FROM pg_foreign_server`,
  },
  {
    what: "a database that may be copied",
    why: "whoever has CREATEDB may make a copy of a template, and owns what is in it",
    kind: "database",
    sql: `SELECT datname::text AS name, 'ALTER DATABASE ' || quote_ident(datname) || ' IS_TEMPLATE false' AS fix
            FROM pg_database WHERE datname = current_database() AND datistemplate`,
  },
  {
    what: "a cast that somebody made",
    why: "its function runs in statements that do not name it",
    kind: "cast",
    sql: `SELECT format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) AS name,
                 format('DROP CAST (%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)) AS fix
            FROM pg_cast AS c WHERE c.oid >= 16384 AND NOT EXISTS (
              SELECT FROM pg_depend AS d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e')`,
  },
  {
    what: "an object in a schema of PostgreSQL's own",
    why: "its name is found before every other, by the lease functions and by Terraform, too",
    kind: "object",
    sql: `SELECT pg_describe_object(o.classid, o.oid, 0) AS name,
                 (SELECT format('DROP %s %s', upper(i.type), i.identity) FROM pg_identify_object(o.classid, o.oid, 0) AS i) AS fix
            FROM (SELECT 'pg_proc'::regclass AS classid, oid, pronamespace AS nsp FROM pg_proc
                  UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
                  UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_class
                  UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type WHERE typrelid = 0 AND typelem = 0) AS o
           WHERE o.oid >= 16384 AND o.nsp IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')`,
  },
];

export async function findPastTheGrants(client: Queryable, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const findings: EffectiveFinding[] = [];
  for (const { what, why, kind, sql } of QUERIES) {
    const { rows } = await client.query<{ name: string; fix: string }>(`${sql} ORDER BY 1`);
    for (const { name, fix } of rows)
      findings.push({
        code: "past-the-grants",
        severity: "error",
        database: keyOf(database),
        who: [],
        object: { kind, name },
        privileges: [],
        declared: "nothing: the program makes none",
        effective: what,
        why,
        fix: `accept it, or ${fix}`,
      });
  }
  return findings;
}
