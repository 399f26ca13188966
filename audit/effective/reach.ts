import { stateOf } from "./finding";
import type { BypassedTable, DefinerFunction, InheritedRows, Membership, OwnerRightsView, Queryable } from "./model";

/**
 * What no list of privileges shows: roles that a session may become, functions and views that work with another role's
 * rights, and policies that do not bind.
 */

interface MembershipRow {
  readonly role: string;
  readonly path: string[];
  readonly inherited: boolean;
  readonly settable: boolean;
  readonly admin: boolean;
  readonly attributes: string[];
}

/** SQL: the attributes of power of the row `r` of pg_roles, as an array. */
export const ATTRIBUTES = `array_remove(ARRAY[
  CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
  CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
  CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL)`;

/** Every role that this one is a member of, each with one shortest way to it. */
export async function readMemberships(client: Queryable, oid: number, version: number): Promise<Membership[]> {
  const settable = version >= 160000 ? "SET" : "MEMBER";
  const { rows } = await client.query<MembershipRow>(
    `WITH RECURSIVE way AS (
       SELECT m.roleid, ARRAY[m.member, m.roleid] AS path, m.admin_option FROM pg_auth_members AS m WHERE m.member = $1::oid
       UNION ALL
       SELECT m.roleid, w.path || m.roleid, m.admin_option FROM way AS w JOIN pg_auth_members AS m ON m.member = w.roleid
        WHERE NOT m.roleid = ANY (w.path))
     SELECT r.rolname::text AS role, ARRAY(SELECT pg_get_userbyid(o)::text FROM unnest(w.path) WITH ORDINALITY AS s(o, i) ORDER BY i) AS path,
            pg_has_role($1::oid, r.oid, 'USAGE') AS inherited, pg_has_role($1::oid, r.oid, '${settable}') AS settable,
            EXISTS (SELECT FROM way AS x WHERE x.roleid = r.oid AND x.admin_option) AS admin, ${ATTRIBUTES} AS attributes
       FROM (SELECT DISTINCT ON (roleid) * FROM way ORDER BY roleid, cardinality(path), path) AS w
       JOIN pg_roles AS r ON r.oid = w.roleid
      ORDER BY 1`,
    [oid],
  );
  return rows;
}

interface FunctionRow extends Omit<DefinerFunction, "trigger" | "state"> {
  readonly body: string;
  readonly trigger: string | null;
}

/** Bits of pg_trigger.tgtype (catalog/pg_trigger.h), and the privilege of who fires it. */
const EVENTS = "(4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE'), (32, 'TRUNCATE')";

/** SECURITY DEFINER functions that the role may call, or that a trigger runs on what the role may write. */
export async function readDefinerFunctions(client: Queryable, oid: number): Promise<DefinerFunction[]> {
  const { rows } = await client.query<FunctionRow>(
    `SELECT n.nspname::text AS schema, f.proname || '(' || oidvectortypes(f.proargtypes) || ')' AS name,
            r.rolname::text AS owner, r.rolsuper AS superuser, how.trigger,
            concat_ws(E'\\n', f.prosrc, f.probin, pg_get_function_sqlbody(f.oid), f.prolang, f.proconfig) AS body
       FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace JOIN pg_roles AS r ON r.oid = f.proowner
       CROSS JOIN LATERAL (
         SELECT NULL::text AS trigger WHERE f.prorettype <> 'trigger'::regtype AND f.prorettype <> 'event_trigger'::regtype
            AND has_schema_privilege($1::oid, n.oid, 'USAGE') AND has_function_privilege($1::oid, f.oid, 'EXECUTE')
         UNION
         SELECT tn.nspname || '.' || c.relname
           FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
          WHERE t.tgfoid = f.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
            AND EXISTS (SELECT FROM (VALUES ${EVENTS}) AS e(bit, privilege) WHERE t.tgtype & e.bit <> 0 AND
                  (has_table_privilege($1::oid, c.oid, e.privilege)
                   OR e.bit IN (4, 16) AND has_any_column_privilege($1::oid, c.oid, e.privilege)))) AS how
      WHERE f.prosecdef AND NOT pg_has_role($1::oid, f.proowner, 'USAGE')
      ORDER BY 1, 2, 5 NULLS FIRST`,
    [oid],
  );
  return rows.map(({ trigger, body, ...row }) => ({
    ...row,
    state: stateOf(row.owner, body),
    ...(trigger !== null && { trigger }),
  }));
}

/**
 * Views that read as their owner, over tables or columns that the role may not read itself.
 *
 * Through views inside of views too: what they name is taken from the rules that PostgreSQL keeps of them. A materialized view holds a copy,
 * whoever reads it.
 */
export async function readOwnerRightsViews(client: Queryable, oid: number): Promise<OwnerRightsView[]> {
  const { rows } = await client.query<OwnerRightsView>(
    `WITH RECURSIVE named AS (
       SELECT DISTINCT w.ev_class AS view, d.refobjid AS rel, d.refobjsubid AS attnum
         FROM pg_rewrite AS w JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class AND w.ev_type = '1' AND w.ev_class >= 16384
       UNION
       -- PostgreSQL keeps no dependency on its own catalogs.
       SELECT w.ev_class, m[1]::oid, 0 FROM pg_rewrite AS w CROSS JOIN LATERAL regexp_matches(w.ev_action::text, ':relid (\\d{1,5}) ', 'g') AS m
        WHERE w.ev_type = '1' AND w.ev_class >= 16384 AND m[1]::int BETWEEN 1 AND 16383),
     reached AS (
       -- By whose rights: 10, the first superuser, stands for a copy, which is there whoever may read what it is of.
       SELECT c.oid AS top, s.rel, s.attnum, CASE c.relkind WHEN 'm' THEN 10::oid ELSE c.relowner END AS reader
         FROM pg_class AS c JOIN named AS s ON s.view = c.oid
        WHERE c.relkind IN ('v', 'm') AND c.oid >= 16384
          AND NOT coalesce((SELECT o.option_value::bool FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'security_invoker'), false)
          AND (has_any_column_privilege($1::oid, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege($1::oid, c.oid, 'DELETE'))
          AND has_schema_privilege($1::oid, c.relnamespace, 'USAGE')
          AND NOT pg_has_role($1::oid, c.relowner, 'USAGE')
       UNION
       SELECT r.top, s.rel, s.attnum,
              CASE WHEN c.relkind = 'm' THEN 10::oid
                   WHEN coalesce((SELECT o.option_value::bool FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'security_invoker'), false)
                   THEN r.reader ELSE c.relowner END
         FROM reached AS r JOIN named AS s ON s.view = r.rel JOIN pg_class AS c ON c.oid = r.rel),
     forbidden AS (
       SELECT r.top, tn.nspname || '.' || t.relname AS rel, a.attname
         FROM reached AS r JOIN pg_class AS t ON t.oid = r.rel JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
         LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = r.attnum AND r.attnum <> 0
        -- A view of PostgreSQL's own is taken as what it shows: those that show too much are closed to PUBLIC.
        WHERE (t.relkind IN ('r', 'p', 'f', 'm', 't') OR t.oid < 16384) AND NOT has_table_privilege($1::oid, t.oid, 'SELECT')
          -- A catalog that the reader may not read either shows nothing, and nobody grants it by the way.
          AND (t.oid >= 16384 OR has_any_column_privilege(r.reader, t.oid, 'SELECT'))
          AND (a.attnum IS NULL AND NOT has_any_column_privilege($1::oid, t.oid, 'SELECT')
               OR a.attnum IS NOT NULL AND NOT has_column_privilege($1::oid, t.oid, a.attnum, 'SELECT'))
       UNION
       SELECT r.top, tn.nspname || '.' || t.relname || ' past its policies', NULL
         FROM reached AS r JOIN pg_class AS t ON t.oid = r.rel JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
         JOIN pg_class AS c ON c.oid = r.top JOIN pg_roles AS o ON o.oid = c.relowner JOIN pg_roles AS s ON s.oid = $1::oid
        WHERE t.relrowsecurity AND (o.rolsuper OR o.rolbypassrls OR NOT t.relforcerowsecurity AND pg_has_role(o.oid, t.relowner, 'USAGE'))
          AND NOT (s.rolsuper OR s.rolbypassrls OR NOT t.relforcerowsecurity AND pg_has_role(s.oid, t.relowner, 'USAGE')))
     SELECT n.nspname::text AS schema, c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner, c.relkind = 'm' AS materialized, pg_get_viewdef(c.oid) AS definition,
            array_agg(x.rel || coalesce('(' || x.columns || ')', '') ORDER BY x.rel)::text[] AS reads
       FROM (SELECT f.top, f.rel, string_agg(DISTINCT f.attname, ', ') AS columns FROM forbidden AS f GROUP BY f.top, f.rel) AS x
       JOIN pg_class AS c ON c.oid = x.top JOIN pg_namespace AS n ON n.oid = c.relnamespace
      GROUP BY c.oid, 1, 2, 3, 4 ORDER BY 1, 2`,
    [oid],
  );
  return rows;
}

/** Tables whose rows the role reads through a table above, and may not read themselves: PostgreSQL asks for a privilege on the upper one only. */
export async function readInheritedRows(client: Queryable, oid: number): Promise<InheritedRows[]> {
  const { rows } = await client.query<InheritedRows>(
    // A partition beside its table, of the same owner, is what partitions are for.
    `WITH RECURSIVE below AS (
       SELECT i.inhparent AS top, i.inhrelid AS rel FROM pg_inherits AS i
       UNION SELECT b.top, i.inhrelid FROM below AS b JOIN pg_inherits AS i ON i.inhparent = b.rel)
     SELECT pn.nspname::text AS schema, p.relname::text AS name,
            array_agg(DISTINCT cn.nspname || '.' || c.relname || ' of ' || pg_get_userbyid(c.relowner)) AS tables
       FROM below AS b JOIN pg_class AS p ON p.oid = b.top JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
       JOIN pg_class AS c ON c.oid = b.rel JOIN pg_namespace AS cn ON cn.oid = c.relnamespace
      WHERE p.relkind IN ('r', 'p', 'f') AND NOT (c.relispartition AND c.relowner = p.relowner AND c.relnamespace = p.relnamespace)
        AND has_any_column_privilege($1::oid, p.oid, 'SELECT') AND has_schema_privilege($1::oid, pn.oid, 'USAGE')
        AND NOT has_any_column_privilege($1::oid, c.oid, 'SELECT')
      GROUP BY 1, 2 ORDER BY 1, 2`,
    [oid],
  );
  return rows;
}

/** Tables with row-level security that the role may touch, and whose policies do not bind it. */
export async function readBypassed(client: Queryable, oid: number): Promise<BypassedTable[]> {
  const { rows } = await client.query<BypassedTable>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name, CASE WHEN r.rolbypassrls OR r.rolsuper THEN 'attribute' ELSE 'owner' END AS because
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_roles AS r ON r.oid = $1::oid
      WHERE c.relrowsecurity AND has_any_column_privilege($1::oid, c.oid, 'SELECT, INSERT, UPDATE')
        AND (r.rolbypassrls OR r.rolsuper OR NOT c.relforcerowsecurity AND pg_has_role($1::oid, c.relowner, 'USAGE'))
      ORDER BY 1, 2`,
    [oid],
  );
  return rows;
}
