import { SHORT_LOCKS_BODY, SHORT_LOCKS_TRIGGERS } from "../../constructs/postgres/init-sql";
import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import { EffectiveFinding, stateOf } from "../effective/finding";
import type { Queryable } from "../effective/model";
import { quoteLiteral } from "../../access/model/sql-quoting";
import type { CatalogQuery } from "./catalog-query";
import { SUPERUSER_MADE } from "./superuser-made";

/** What lets data out without a privilege that any list of an object shows, and what should bind and does not. */
const LEAKS: readonly CatalogQuery[] = [
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
    // Of every database of the server: roles and memberships are of all of them, and so are their locks.
    sql: `SELECT gid || CASE WHEN database = current_database() THEN '' ELSE ' in database ' || database END AS name,
                 'ROLLBACK PREPARED ' || quote_literal(gid) || CASE WHEN database = current_database() THEN '' ELSE ' in database ' || quote_ident(database) END AS fix,
                 concat_ws(' ', owner, prepared) AS terms
            FROM pg_prepared_xacts`,
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
    what: "a policy of row-level security of a table where it is switched off",
    why: "its policies bind nobody: whoever was granted the table sees or writes every row",
    kind: "row policy",
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ': ' || p.polname AS name,
                 format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY', n.nspname, c.relname) AS fix, 'off' AS terms
            FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE NOT c.relrowsecurity`,
  },
  {
    what: "a trigger that is switched off",
    why: "what it refuses or writes down of a change, it does not",
    kind: "trigger",
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ': ' || t.tgname AS name,
                 format('ALTER TABLE %I.%I ENABLE TRIGGER %I', n.nspname, c.relname, t.tgname) AS fix, t.tgenabled::text AS terms
            FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE NOT t.tgisinternal AND t.tgenabled IN ('D', 'R')`,
  },
  {
    what: "a tablespace",
    why: "what lies in it is in another folder of the server: who may read that folder reads it, whatever he was granted",
    kind: "tablespace",
    sql: `SELECT s.spcname::text AS name, 'ALTER TABLE … SET TABLESPACE pg_default, for each table in ' || quote_ident(s.spcname) AS fix, concat_ws(' ', s.spcowner, s.spcoptions) AS terms
            FROM pg_tablespace AS s WHERE s.oid >= 16384
             AND (EXISTS (SELECT FROM pg_class AS c WHERE c.reltablespace = s.oid)
                  OR EXISTS (SELECT FROM pg_database AS b WHERE b.datname = current_database() AND b.dattablespace = s.oid))`,
  },
];

/** What lets data out, or runs code, without a privilege that any list of an object shows: the program makes none of it. */
export async function findPastTheGrants(client: Queryable, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const findings: EffectiveFinding[] = [];
  for (const { what, why, kind, sql } of [...LEAKS, ...SUPERUSER_MADE]) {
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
