import type { BypassedTable, DefinerFunction, Membership, OwnerRightsView, Queryable } from "./model";

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

interface FunctionRow extends Omit<DefinerFunction, "trigger"> {
  readonly trigger: string | null;
}

/** Bits of pg_trigger.tgtype (catalog/pg_trigger.h), and the privilege of who fires it. */
const EVENTS = "(4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE'), (32, 'TRUNCATE')";

/** SECURITY DEFINER functions that the role may call, or that a trigger runs on what the role may write. */
export async function readDefinerFunctions(client: Queryable, oid: number): Promise<DefinerFunction[]> {
  const { rows } = await client.query<FunctionRow>(
    `SELECT n.nspname::text AS schema, f.proname || '(' || oidvectortypes(f.proargtypes) || ')' AS name,
            r.rolname::text AS owner, r.rolsuper AS superuser, how.trigger
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
      WHERE f.prosecdef AND f.oid >= 16384 AND NOT pg_has_role($1::oid, f.proowner, 'USAGE')
      ORDER BY 1, 2, 5 NULLS FIRST`,
    [oid],
  );
  return rows.map(({ trigger, ...row }) => ({ ...row, ...(trigger !== null && { trigger }) }));
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
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class AND w.ev_type = '1' AND d.refobjid >= 16384),
     reached AS (
       SELECT c.oid AS top, s.rel, s.attnum
         FROM pg_class AS c JOIN named AS s ON s.view = c.oid
        WHERE c.relkind IN ('v', 'm') AND c.oid >= 16384
          AND NOT coalesce((SELECT o.option_value::bool FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'security_invoker'), false)
          AND (has_any_column_privilege($1::oid, c.oid, 'SELECT, INSERT, UPDATE') OR has_table_privilege($1::oid, c.oid, 'DELETE'))
          AND has_schema_privilege($1::oid, c.relnamespace, 'USAGE')
          AND NOT pg_has_role($1::oid, c.relowner, 'USAGE')
       UNION
       SELECT r.top, s.rel, s.attnum FROM reached AS r JOIN named AS s ON s.view = r.rel),
     forbidden AS (
       SELECT r.top, tn.nspname || '.' || t.relname AS rel, a.attname
         FROM reached AS r JOIN pg_class AS t ON t.oid = r.rel JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
         LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = r.attnum AND r.attnum <> 0
        WHERE t.relkind IN ('r', 'p', 'f', 'm') AND NOT has_table_privilege($1::oid, t.oid, 'SELECT')
          AND (a.attnum IS NULL AND NOT has_any_column_privilege($1::oid, t.oid, 'SELECT')
               OR a.attnum IS NOT NULL AND NOT has_column_privilege($1::oid, t.oid, a.attnum, 'SELECT')))
     SELECT n.nspname::text AS schema, c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner, c.relkind = 'm' AS materialized,
            array_agg(x.rel || coalesce('(' || x.columns || ')', '') ORDER BY x.rel)::text[] AS reads
       FROM (SELECT f.top, f.rel, string_agg(DISTINCT f.attname, ', ') AS columns FROM forbidden AS f GROUP BY f.top, f.rel) AS x
       JOIN pg_class AS c ON c.oid = x.top JOIN pg_namespace AS n ON n.oid = c.relnamespace
      GROUP BY 1, 2, 3, 4 ORDER BY 1, 2`,
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
