import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { Queryable, sqlName } from "../effective/model";

/**
 * Roles that the program does not know, and that may do something in the database: the other half of "who may touch it".
 *
 * Left out: the CONNECT of the login that asks, superusers, owners of what they own, PostgreSQL's own roles, and leases. What PUBLIC may do is found with every identity.
 */
export async function findStrangers(
  client: Queryable,
  database: DatabaseNode,
  known: readonly string[],
): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ role: string; what: string[]; members: string[] }>(
    `WITH lists AS (
       SELECT 'database' AS what, datdba AS owner, datacl AS acl FROM pg_database WHERE datname = current_database()
       UNION ALL SELECT 'schema ' || nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
       UNION ALL SELECT n.nspname || '.' || c.relname, c.relowner, c.relacl FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       UNION ALL SELECT n.nspname || '.' || c.relname || '(' || a.attname || ')', c.relowner, a.attacl
         FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid >= 16384
       UNION ALL SELECT 'function ' || n.nspname || '.' || f.proname, f.proowner, f.proacl FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
        WHERE f.oid >= 16384
       UNION ALL SELECT 'objects to come', a.defaclrole, a.defaclacl FROM pg_default_acl AS a)
     SELECT r.rolname::text AS role, array_agg(DISTINCT e.privilege_type || ' on ' || l.what ORDER BY e.privilege_type || ' on ' || l.what) AS what,
            ARRAY(SELECT m.rolname::text FROM pg_auth_members AS x JOIN pg_roles AS m ON m.oid = x.member WHERE x.roleid = r.oid ORDER BY 1) AS members
       FROM lists AS l CROSS JOIN LATERAL aclexplode(l.acl) AS e JOIN pg_roles AS r ON r.oid = e.grantee
      WHERE e.grantee <> l.owner AND NOT (r.rolname = session_user AND l.what = 'database' AND e.privilege_type = 'CONNECT') AND NOT r.rolsuper AND r.rolname !~ '^pg_' AND r.rolname <> ALL ($1::text[])
        AND NOT coalesce(starts_with(shobj_description(r.oid, 'pg_authid'), '{"lease":'), false)
      GROUP BY r.oid, r.rolname ORDER BY 1`,
    [known],
  );
  return rows.map(({ role, what, members }) => ({
    code: "stranger",
    severity: "warning",
    database: keyOf(database),
    who: [role],
    privileges: [],
    declared: "nothing: the program does not name the role",
    effective: `${what.slice(0, 6).join(", ")}${what.length > 6 ? ` and ${what.length - 6} more` : ""}`,
    why: `it was granted by a migration or by hand${members.length > 0 ? `; members: ${members.join(", ")}` : ""}`,
    fix: `accept it, or DROP OWNED BY ${sqlName(role)} as somebody who knows what it is for`,
  }));
}
