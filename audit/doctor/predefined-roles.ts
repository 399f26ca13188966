import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import { EffectiveFinding, stateOf } from "../effective/finding";
import type { Queryable } from "../effective/model";
import { serverVersion } from "../effective/read";

/** Each catalog with an owner or a list, and the name by which objects of it are described where that is another one. */
const CATALOGS: readonly (readonly [catalog: string, owner: string, list: string, names?: string])[] = [
  ["pg_class", "relowner", "relacl"],
  ["pg_namespace", "nspowner", "nspacl"],
  ["pg_proc", "proowner", "proacl"],
  ["pg_database", "datdba", "datacl"],
  ["pg_type", "typowner", "typacl"],
  ["pg_language", "lanowner", "lanacl"],
  ["pg_largeobject_metadata", "lomowner", "lomacl", "pg_largeobject"],
  ["pg_tablespace", "spcowner", "spcacl"],
  ["pg_foreign_data_wrapper", "fdwowner", "fdwacl"],
  ["pg_foreign_server", "srvowner", "srvacl"],
  ["pg_default_acl", "defaclrole", "defaclacl"],
  ["pg_parameter_acl", "NULL::oid", "paracl"],
  ...(
    [
      ["pg_operator", "oprowner"],
      ["pg_opclass", "opcowner"],
      ["pg_opfamily", "opfowner"],
      ["pg_collation", "collowner"],
      ["pg_conversion", "conowner"],
      ["pg_ts_config", "cfgowner"],
      ["pg_ts_dict", "dictowner"],
      ["pg_statistic_ext", "stxowner"],
      ["pg_extension", "extowner"],
    ] as const
  ).map(([catalog, owner]) => [catalog, owner, "NULL::aclitem[]"] as const),
];

/**
 * What PostgreSQL's own roles own or were granted, such as `pg_monitor`, beyond what a new server or an extension gives them. PostgreSQL writes down nowhere that an object
 * depends on one of these, so each list is read: whoever is a member has it.
 */
export async function findPredefined(client: Queryable, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const version = await serverVersion(client);
  const there = CATALOGS.filter(([catalog]) => catalog !== "pg_parameter_acl" || version >= 150000);
  const { rows } = await client.query<{ role: string; owns: boolean; what: string[]; members: string[] }>(
    `WITH mine AS (SELECT r.oid, r.rolname FROM pg_roles AS r WHERE r.oid < 16384 AND r.oid <> 10 AND r.rolname ~ '^pg_'),
     objects AS (
       ${there
         .map(
           ([catalog, owner, list, names = catalog]) =>
             `SELECT '${names}'::regclass::oid AS classid, x.oid AS objid, 0 AS sub, ${owner} AS owner, ${list} AS list FROM ${catalog} AS x${
               catalog === "pg_database" ? " WHERE x.datname = current_database()" : ""
             }`,
         )
         .join("\n       UNION ALL ")}
       UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, NULL, a.attacl FROM pg_attribute AS a WHERE a.attacl IS NOT NULL),
     named AS (
       SELECT m.oid, m.rolname, true AS owns, 'owner of ' || pg_describe_object(o.classid, o.objid, 0) AS what
         FROM objects AS o JOIN mine AS m ON m.oid = o.owner
        -- From PostgreSQL 15 on the schema public belongs to whoever owns the database.
        WHERE NOT (m.rolname = 'pg_database_owner' AND o.classid = 'pg_namespace'::regclass AND o.objid = 'public'::regnamespace)
       UNION ALL
       SELECT m.oid, m.rolname, false, e.privilege_type || CASE WHEN e.is_grantable THEN ' with grant option' ELSE '' END || ' on ' || pg_describe_object(o.classid, o.objid, o.sub)
         FROM objects AS o CROSS JOIN LATERAL aclexplode(o.list) AS e JOIN mine AS m ON m.oid = e.grantee
        WHERE o.list IS NOT NULL AND e.grantee IS DISTINCT FROM o.owner AND NOT EXISTS (
          SELECT FROM pg_init_privs AS i CROSS JOIN LATERAL aclexplode(i.initprivs) AS d
           WHERE i.classoid = o.classid AND i.objoid = o.objid AND i.objsubid = o.sub AND d.grantee = e.grantee AND d.privilege_type = e.privilege_type)
       UNION ALL
       SELECT m.oid, m.rolname, false, 'a policy names it: ' || pg_describe_object('pg_policy'::regclass, p.oid, 0) FROM pg_policy AS p JOIN mine AS m ON m.oid = ANY (p.polroles))
     SELECT n.rolname::text AS role, bool_or(n.owns) AS owns, array_agg(DISTINCT n.what ORDER BY n.what) AS what,
            ARRAY(SELECT DISTINCT r.rolname::text FROM pg_auth_members AS x JOIN pg_roles AS r ON r.oid = x.member WHERE x.roleid = n.oid ORDER BY 1) AS members
       FROM named AS n GROUP BY n.oid, n.rolname ORDER BY 1`,
  );
  return rows.map(({ role, owns, what, members }) => ({
    code: "stranger",
    severity: owns ? "error" : "warning",
    database: keyOf(database),
    who: [role],
    object: { kind: "role", name: role },
    state: stateOf(what),
    privileges: [],
    declared: "nothing: a role of PostgreSQL's own, to which the program grants nothing",
    effective: `${what.slice(0, 6).join(", ")}${what.length > 6 ? ` and ${what.length - 6} more` : ""}`,
    why: `it was granted or given by hand or in a migration${members.length > 0 ? `; members: ${members.join(", ")}` : ""}`,
    fix: `accept it, or REVOKE each from ${role} and ALTER … OWNER of what it owns: DROP OWNED BY refuses such a role`,
  }));
}
