import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import { EffectiveFinding, stateOf } from "../effective/finding";
import { Queryable, sqlName } from "../effective/model";
import { serverVersion } from "../effective/read";
import { IS_LEASE_HERE, OwnRoles } from "./own-roles";

/** Where each kind of object keeps its list, and the catalog that pg_shdepend names it by where that is another one. */
const LISTS: readonly (readonly [catalog: string, list: string, names?: string])[] = [
  ["pg_namespace", "nspacl"],
  ["pg_proc", "proacl"],
  ["pg_database", "datacl"],
  ["pg_default_acl", "defaclacl"],
  ["pg_type", "typacl"],
  ["pg_language", "lanacl"],
  ["pg_largeobject_metadata", "lomacl", "pg_largeobject"],
  ["pg_tablespace", "spcacl"],
  ["pg_foreign_data_wrapper", "fdwacl"],
  ["pg_foreign_server", "srvacl"],
  ["pg_parameter_acl", "paracl"],
];

/**
 * Roles that the program does not know, and that own something in the database or were granted something: the other half of "who may touch it".
 *
 * The objects that name a role come from pg_shdepend, which has every kind of object, also those of later versions.
 * Left out: the CONNECT of the login that asks; superusers; leases of this database, which are judged elsewhere; and
 * the entries by which PostgreSQL 14 keeps its own roles from being dropped. What PUBLIC may do is found with every
 * identity.
 */
export async function findStrangers(
  client: Queryable,
  database: DatabaseNode,
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  const version = await serverVersion(client);
  const { rows } = await client.query<{
    role: string;
    owns: boolean;
    what: string[];
    terms: string[];
    members: string[];
  }>(
    `WITH named AS (
       SELECT r.oid, r.rolname, d.deptype = 'o' AS owns, d.classid, d.objid,
              CASE d.deptype WHEN 'o' THEN 'owner of ' WHEN 'r' THEN 'a policy names it: ' WHEN 't' THEN 'owner of ' ELSE
                coalesce((SELECT string_agg(DISTINCT e.privilege_type || CASE WHEN e.is_grantable THEN ' with grant option' ELSE '' END, ', ')
                            FROM aclexplode(acl.list) AS e WHERE e.grantee = r.oid), 'something granted') || ' on ' END
                || pg_describe_object(d.classid, d.objid, d.objsubid) AS what, acl.list,
                CASE d.deptype WHEN 'r' THEN (SELECT concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
                                                FROM pg_policy AS p WHERE p.oid = d.objid) END AS terms
         FROM pg_shdepend AS d JOIN pg_roles AS r ON r.oid = d.refobjid
         CROSS JOIN LATERAL (SELECT CASE d.classid
             WHEN 'pg_class'::regclass THEN CASE WHEN d.objsubid = 0 THEN (SELECT c.relacl FROM pg_class AS c WHERE c.oid = d.objid)
               ELSE (SELECT a.attacl FROM pg_attribute AS a WHERE a.attrelid = d.objid AND a.attnum = d.objsubid) END
             ${LISTS.filter(([catalog]) => catalog !== "pg_parameter_acl" || version >= 150000)
               .map(
                 ([catalog, list, names = catalog]) =>
                   `WHEN '${names}'::regclass THEN (SELECT x.${list} FROM ${catalog} AS x WHERE x.oid = d.objid)`,
               )
               .join("\n             ")} END AS list) AS acl
        WHERE d.refclassid = 'pg_authid'::regclass AND d.classid <> 'pg_auth_members'::regclass AND d.deptype <> 'p'
          AND (d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
               OR d.dbid = 0 AND (d.classid <> 'pg_database'::regclass OR d.objid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())))
          AND NOT r.rolsuper AND r.rolname <> ALL ($1::text[]) AND NOT ${IS_LEASE_HERE})
     SELECT n.rolname::text AS role, bool_or(n.owns) AS owns, array_agg(DISTINCT n.what ORDER BY n.what) AS what, array_agg(DISTINCT n.terms ORDER BY n.terms) AS terms,
            ARRAY(SELECT DISTINCT m.rolname::text FROM pg_auth_members AS x JOIN pg_roles AS m ON m.oid = x.member WHERE x.roleid = n.oid ORDER BY 1) AS members
       FROM named AS n
      WHERE NOT (n.rolname = session_user AND n.classid = 'pg_database'::regclass AND NOT n.owns
                 AND NOT EXISTS (SELECT FROM aclexplode(n.list) AS e WHERE e.grantee = n.oid AND e.privilege_type <> 'CONNECT'))
      GROUP BY n.oid, n.rolname ORDER BY 1`,
    [own.all],
  );
  return rows.map(({ role, owns, what, terms, members }) => ({
    code: "stranger",
    // An owner may grant on, and its functions and triggers run for others.
    severity: owns ? "error" : "warning",
    database: keyOf(database),
    who: [role],
    object: { kind: "role", name: role },
    state: stateOf(what, terms),
    privileges: [],
    declared: "nothing: the program does not name the role",
    effective: `${what.slice(0, 6).join(", ")}${what.length > 6 ? ` and ${what.length - 6} more` : ""}`,
    why: `it was granted, made or given by a migration or by hand${members.length > 0 ? `; members: ${members.join(", ")}` : ""}`,
    fix: `accept it, or ${owns ? reassigned(database, role, what) : ""}DROP OWNED BY ${sqlName(role)}, as a superuser who knows what it is for`,
  }));
}

/** What a stranger owns may be a function that runs as its owner: it goes to a role without rights. The database itself is the admin's. */
function reassigned(database: DatabaseNode, role: string, what: readonly string[]): string {
  const back = what.includes(`owner of database ${database.database}`)
    ? `ALTER DATABASE ${sqlName(database.database)} OWNER TO ${sqlName(database.admin ?? database.owner)}; `
    : "";
  return `${back}REASSIGN OWNED BY ${sqlName(role)} TO ${sqlName(database.estateRole)}; `;
}
