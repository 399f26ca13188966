import { SHORT_LOCKS, SHORT_LOCKS_BODY, SHORT_LOCKS_TRIGGERS } from "../../constructs/postgres/init-sql";
import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import { EffectiveFinding, stateOf } from "../effective/finding";
import type { EffectiveKind, Queryable } from "../effective/model";
import { quoteLiteral } from "../../access/model/sql-quoting";

/**
 * What lets data out, or runs code, without a privilege that any list of an object shows: the program makes none of it.
 *
 * Each such row of a catalog is one finding, with the statement that takes it away. `terms` is what it does: an
 * acceptance covers only that.
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
    sql: `SELECT t.evtname::text AS name,
                 coalesce((SELECT format('ALTER EXTENSION %I DROP EVENT TRIGGER %I; ', x.extname, t.evtname)
                   FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid
                  WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'e'), '')
                   || 'DROP EVENT TRIGGER ' || quote_ident(t.evtname) AS fix,
                 concat_ws(' ', t.evtevent, t.evtenabled, t.evttags, t.evtowner, f.oid, f.proowner, f.prosecdef, f.prosrc) AS terms
            FROM pg_event_trigger AS t JOIN pg_proc AS f ON f.oid = t.evtfoid JOIN pg_language AS l ON l.oid = f.prolang
           -- Not those that every database of a server of ours has, as they were made.
           WHERE NOT ((t.evtname::text, t.evtevent::text) IN (${Object.entries(SHORT_LOCKS_TRIGGERS)
             .map((pair) => `(${pair.map(quoteLiteral).join(", ")})`)
             .join(", ")}) AND t.evtenabled = 'O' AND t.evttags IS NULL
                  AND t.evtowner = 10 AND f.pronamespace = 'pg_catalog'::regnamespace AND f.proowner = 10 AND NOT f.prosecdef AND l.lanname = 'plpgsql'
                  AND f.proconfig = ARRAY['search_path=pg_catalog, pg_temp'] AND f.prosrc = ${quoteLiteral(SHORT_LOCKS_BODY)})`,
  },
  {
    what: "a publication",
    why: "a login with REPLICATION reads every row of its tables, whatever it was granted",
    kind: "publication",
    // The list of a publication for all tables grows by itself. All else that it says is in its row, whatever the
    // version.
    sql: `SELECT p.pubname::text AS name, 'DROP PUBLICATION ' || quote_ident(p.pubname) AS fix,
                 concat_ws(' ', to_jsonb(p), (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.schemaname, t.tablename) FROM pg_publication_tables AS t
                                               WHERE t.pubname = p.pubname AND NOT p.puballtables)) AS terms
            FROM pg_publication AS p`,
  },
  {
    what: "a subscription",
    why: "it writes rows of another server as its owner",
    kind: "subscription",
    sql: `SELECT subname::text AS name, 'DROP SUBSCRIPTION ' || quote_ident(subname) AS fix,
                 concat_ws(' ', subowner, subenabled, subslotname, subpublications) AS terms FROM pg_subscription
           WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  },
  {
    what: "a replication slot",
    why: "its consumer reads every change of the database, or of the whole server",
    kind: "replication slot",
    sql: `SELECT slot_name::text AS name, 'SELECT pg_drop_replication_slot(' || quote_literal(slot_name) || ')' AS fix,
                 concat_ws(' ', slot_type, plugin, database) AS terms
            FROM pg_replication_slots WHERE database = current_database() OR database IS NULL`,
  },
  {
    what: "a prepared transaction",
    why: "what it did is seen by nobody until it is committed: it may make a role or a grant then",
    kind: "prepared transaction",
    sql: `SELECT gid AS name, 'ROLLBACK PREPARED ' || quote_literal(gid) AS fix, concat_ws(' ', owner, prepared) AS terms
            FROM pg_prepared_xacts WHERE database = current_database()`,
  },
  {
    what: "a rule",
    why: "it rewrites statements with the rights of the table's owner: it can copy what the reader may not read",
    kind: "rule",
    // Found by what it does, not by its name.
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ': ' || w.rulename AS name,
                 'DROP RULE ' || quote_ident(w.rulename) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS fix,
                 concat_ws(' ', w.ev_enabled, pg_get_ruledef(w.oid)) AS terms
            FROM pg_rewrite AS w JOIN pg_class AS c ON c.oid = w.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE w.ev_type <> '1' AND w.oid >= 16384`,
  },
  {
    what: "a foreign server",
    why: "queries through it reach another server with a login of their own",
    kind: "foreign server",
    sql: `SELECT s.srvname::text AS name, 'DROP SERVER ' || quote_ident(s.srvname) || ' CASCADE' AS fix,
                 concat_ws(' ', s.srvfdw, s.srvoptions, (SELECT array_agg(m.usename ORDER BY m.usename) FROM pg_user_mappings AS m WHERE m.srvid = s.oid)) AS terms
            FROM pg_foreign_server AS s`,
  },
  {
    what: "a database that may be copied",
    why: "whoever has CREATEDB may make a copy of a template, and owns what is in it",
    kind: "database",
    sql: `SELECT datname::text AS name, 'ALTER DATABASE ' || quote_ident(datname) || ' IS_TEMPLATE false' AS fix, '' AS terms
            FROM pg_database WHERE datname = current_database() AND datistemplate`,
  },
  {
    what: "a cast that somebody made",
    why: "its function runs in statements that do not name it",
    kind: "cast",
    sql: `SELECT format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) AS name,
                 format('DROP CAST (%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)) AS fix,
                 concat_ws(' ', c.castcontext, c.castmethod, f.oid, f.proowner, f.prosrc) AS terms
            FROM pg_cast AS c LEFT JOIN pg_proc AS f ON f.oid = c.castfunc WHERE c.oid >= 16384 AND NOT EXISTS (
              SELECT FROM pg_depend AS d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'e')`,
  },
  {
    what: "a conversion that somebody made",
    why: "its function runs on all text of a session whose client has another encoding",
    kind: "conversion",
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.conname) AS name,
                 'DROP CONVERSION ' || quote_ident(n.nspname) || '.' || quote_ident(c.conname) AS fix,
                 concat_ws(' ', c.conforencoding, c.contoencoding, c.condefault, f.oid, f.proowner, f.prosrc) AS terms
            FROM pg_conversion AS c JOIN pg_namespace AS n ON n.oid = c.connamespace JOIN pg_proc AS f ON f.oid = c.conproc WHERE c.oid >= 16384`,
  },
  {
    what: "a function that is said to leak nothing",
    why: "PostgreSQL runs it before the policies of row-level security and before the conditions of views: it is shown rows that are not the reader's",
    kind: "function",
    sql: `SELECT f.oid::regprocedure::text AS name, 'ALTER FUNCTION ' || f.oid::regprocedure || ' NOT LEAKPROOF' AS fix,
                 concat_ws(' ', f.proowner, f.prosrc, pg_get_function_sqlbody(f.oid)) AS terms
            FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE f.proleakproof AND f.oid >= 16384 AND n.nspname <> 'lease'
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')`,
  },
  {
    what: "a function of PostgreSQL's own that was replaced, or runs with a superuser's rights",
    why: "everybody calls it, the lease functions and Terraform too; a new server has no such function",
    kind: "function",
    sql: `SELECT f.oid::regprocedure::text AS name,
                 CASE WHEN f.prosecdef THEN 'ALTER FUNCTION ' || f.oid::regprocedure || ' SECURITY INVOKER'
                      WHEN f.proconfig IS NOT NULL THEN 'ALTER FUNCTION ' || f.oid::regprocedure || ' RESET ALL'
                      ELSE 'make the database anew from a dump: ' || f.oid::regprocedure || ' is written in ' || l.lanname END AS fix,
                 concat_ws(' ', f.prosecdef, f.proconfig, f.prosrc) AS terms
            FROM pg_proc AS f JOIN pg_language AS l ON l.oid = f.prolang
           WHERE f.oid < 16384 AND (f.prosecdef OR f.proconfig IS NOT NULL OR f.proowner <> 10 OR l.lanname NOT IN ('internal', 'c', 'sql'))`,
  },
  {
    what: "a language that everybody may write functions in",
    why: "what is written in it may reach files and memory of the server; only sql and those of an extension are meant for everybody",
    kind: "language",
    sql: `SELECT l.lanname::text AS name, CASE WHEN l.oid < 16384 THEN 'UPDATE pg_language SET lanpltrusted = false WHERE lanname = ' || quote_literal(l.lanname)
                      ELSE 'DROP LANGUAGE ' || quote_ident(l.lanname) END AS fix,
                 concat_ws(' ', l.lanplcallfoid, l.laninline, l.lanvalidator) AS terms
            FROM pg_language AS l WHERE l.lanpltrusted AND l.lanname <> 'sql'
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_language'::regclass AND d.objid = l.oid AND d.deptype = 'e')`,
  },
  {
    what: "an object that somebody made part of the extension plpgsql",
    why: "every database has that extension; what belongs to one is taken for what its authors wrote, and no dump has it",
    kind: "object",
    // Its own are two functions of a library, one validator there, and its language; after pg_upgrade they have numbers like those of anybody's objects.
    sql: `SELECT pg_describe_object(d.classid, d.objid, 0) AS name,
                 (SELECT format('ALTER EXTENSION plpgsql DROP %s %s', upper(i.type), i.identity) FROM pg_identify_object(d.classid, d.objid, 0) AS i) AS fix,
                 (SELECT concat_ws(' ', f.proowner, f.prosecdef, f.proleakproof, f.prosrc) FROM pg_proc AS f WHERE f.oid = d.objid AND d.classid = 'pg_proc'::regclass) AS terms
            FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid AND x.extname = 'plpgsql'
           WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
             AND NOT (d.classid = 'pg_proc'::regclass AND EXISTS (SELECT FROM pg_proc AS f WHERE f.oid = d.objid AND f.pronamespace = 'pg_catalog'::regnamespace
                        AND (f.probin = '$libdir/plpgsql' OR f.proname = ${quoteLiteral(SHORT_LOCKS)})))
             AND NOT (d.classid = 'pg_language'::regclass AND EXISTS (SELECT FROM pg_language AS l WHERE l.oid = d.objid AND l.lanname = 'plpgsql'))
             -- Each event trigger is looked at by itself.
             AND d.classid <> 'pg_event_trigger'::regclass`,
  },
  {
    what: "an operator that somebody made",
    why: "its function runs in statements that do not name it, of whoever looks names up in its schema, too: Terraform's provider, where its search_path is not set",
    kind: "object",
    sql: `SELECT pg_describe_object('pg_operator'::regclass, o.oid, 0) AS name,
                 (SELECT 'DROP OPERATOR ' || i.identity FROM pg_identify_object('pg_operator'::regclass, o.oid, 0) AS i) AS fix,
                 concat_ws(' ', f.oid, f.proowner, f.prosecdef, f.prosrc, pg_get_function_sqlbody(f.oid)) AS terms
            FROM pg_operator AS o JOIN pg_proc AS f ON f.oid = o.oprcode
           WHERE o.oid >= 16384 AND o.oprnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e')`,
  },
  {
    what: "a policy of row-level security that lets every row through",
    why: "permissive policies are added to each other: whoever it is for sees or writes every row, whatever the others say",
    kind: "row policy",
    // Only the condition `true` is found. What other conditions do is named among what doctor cannot see.
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ': ' || p.polname AS name,
                 'DROP POLICY ' || quote_ident(p.polname) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS fix,
                 concat_ws(' ', p.polcmd, p.polroles, pg_get_expr(p.polwithcheck, p.polrelid)) AS terms
            FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relrowsecurity AND p.polpermissive AND (pg_get_expr(p.polqual, p.polrelid) = 'true' OR p.polqual IS NULL AND pg_get_expr(p.polwithcheck, p.polrelid) = 'true')`,
  },
  {
    what: "an object in a schema of PostgreSQL's own",
    why: "its name is found before every other, by the lease functions and by Terraform, too",
    kind: "object",
    sql: `SELECT pg_describe_object(o.classid, o.oid, 0) AS name,
                 (SELECT format('DROP %s %s', upper(i.type), i.identity) FROM pg_identify_object(o.classid, o.oid, 0) AS i) AS fix,
                 (SELECT concat_ws(' ', f.proowner, f.prosecdef, f.prosrc) FROM pg_proc AS f WHERE f.oid = o.oid AND o.classid = 'pg_proc'::regclass) AS terms
            FROM (SELECT 'pg_proc'::regclass AS classid, oid, pronamespace AS nsp FROM pg_proc
                  UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
                  UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
                  UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_class WHERE relkind NOT IN ('i', 'I')
                  UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type WHERE typrelid = 0 AND typelem = 0) AS o
           WHERE o.oid >= 16384 AND o.nsp IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')`,
  },
];

export async function findPastTheGrants(client: Queryable, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const findings: EffectiveFinding[] = [];
  for (const { what, why, kind, sql } of QUERIES) {
    const { rows } = await client.query<{ name: string; fix: string; terms: string | null }>(`${sql} ORDER BY 1`);
    for (const { name, fix, terms } of rows)
      findings.push({
        code: "past-the-grants",
        severity: "error",
        database: keyOf(database),
        who: [],
        object: { kind, name },
        state: stateOf(terms ?? ""),
        privileges: [],
        declared: "nothing: the program makes none",
        effective: what,
        why,
        fix: `accept it, or ${fix}`,
      });
  }
  return findings;
}
