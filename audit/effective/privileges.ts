import type { EffectiveKind, EffectivePrivilege, Queryable, Via } from "./model";
import { FIRST_NORMAL_OID, ObjectClass, objectClasses } from "./object-classes";

/** A statement with the subject's OID as `$1`, the privileges as `$2` and, to look at some objects only, their OIDs as `$3`. */
function statement({ catalog, from, has }: ObjectClass): string {
  const held = has.replace(/%/g, "''");
  const grantable = has.replace(/%/g, "' WITH GRANT OPTION'");
  return `
    SELECT o.schema::text, o.name::text, o.col::text, pg_get_userbyid(o.owner)::text AS owner, p.privilege,
           EXISTS (SELECT FROM aclexplode(o.def) AS e WHERE e.grantee = 0 AND e.privilege_type = p.privilege) AS usually,
           pg_has_role($1::oid, o.owner, 'USAGE') AS owns, coalesce((${grantable}), false) AS grantable,
           ARRAY(SELECT DISTINCT e.grantee FROM aclexplode(coalesce(o.acl, o.def)) AS e
                  WHERE e.privilege_type = p.privilege AND e.grantee <> o.owner
                    AND (e.grantee = 0 OR pg_has_role($1::oid, e.grantee, 'USAGE')))::text[] AS grantees,
           ARRAY(SELECT DISTINCT pg_get_userbyid(e.grantee)::text FROM aclexplode(coalesce(o.acl, o.def)) AS e
                  WHERE e.privilege_type = p.privilege AND e.grantee <> 0 AND e.grantee <> o.owner
                    AND pg_has_role($1::oid, e.grantee, 'USAGE')) AS roles,
           EXISTS (SELECT FROM aclexplode(o.init) AS e WHERE e.grantee = 0 AND e.privilege_type = p.privilege) AS usual,
           (SELECT x.extname::text FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid
             WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.objsubid = 0 AND d.deptype = 'e' LIMIT 1) AS extension
      FROM (${from}) AS o CROSS JOIN unnest($2::text[]) AS p(privilege)
     WHERE ($3::oid[] IS NULL OR o.oid = ANY ($3::oid[])) AND (${held})
       -- Of a cluster's own objects, only what was changed since it was made.
       AND NOT (o.init IS NOT NULL AND o.oid < ${FIRST_NORMAL_OID} AND coalesce(o.acl, o.def) IS NOT DISTINCT FROM o.init
                AND NOT pg_has_role($1::oid, o.owner, 'USAGE'))`;
}

interface Row {
  readonly schema: string | null;
  readonly name: string | null;
  readonly col: string | null;
  readonly owner: string;
  readonly privilege: string;
  /** PostgreSQL gives it to PUBLIC when such an object is made. */
  readonly usually: boolean;
  readonly owns: boolean;
  readonly grantable: boolean;
  readonly grantees: readonly string[];
  readonly roles: readonly string[];
  readonly usual: boolean;
  readonly extension: string | null;
}

/** To look at some objects only, by their OIDs. */
export interface Only {
  readonly kind: EffectiveKind;
  readonly oids: readonly number[];
}

/**
 * Every privilege that a role has in the database, by PostgreSQL's own functions, and what gives it.
 *
 * Left out: what a new cluster lets PUBLIC do with its own objects, and USAGE of types and of the schema `public`; see docs/prove.md.
 */
export async function readPrivileges(
  client: Queryable,
  subject: { readonly oid: number; readonly powers: readonly string[] },
  version: number,
  only?: Only,
): Promise<EffectivePrivilege[]> {
  const found: EffectivePrivilege[] = [];
  for (const sort of objectClasses(version)) {
    if (only && only.kind !== sort.kind) continue;
    const { rows } = await client.query<Row>(statement(sort), [subject.oid, sort.privileges, only?.oids ?? null]);
    for (const row of rows) {
      const via = viaOf(row, subject.powers);
      if (via.length === 0) continue;
      const { privilege, owner, extension } = row;
      found.push({
        object: {
          kind: sort.kind,
          ...(row.schema !== null && { schema: row.schema }),
          ...(row.name !== null && { name: row.name }),
          ...(row.col !== null && { column: row.col }),
        },
        privilege,
        via,
        owner,
        grantable: row.grantable && !row.owns,
        ...(extension !== null && { extension }),
      });
    }
  }
  return found;
}

function viaOf(row: Row, powers: readonly string[]): Via[] {
  const via: Via[] = [
    ...(row.grantees.includes("0") && !row.usual ? [{ kind: "public", byDefault: row.usually } as const] : []),
    ...row.roles.map((role) => ({ kind: "role", role }) as const),
    ...(row.owns && !powers.includes("SUPERUSER") ? [{ kind: "owner", role: row.owner } as const] : []),
  ];
  // What a new cluster gives everybody needs no other reason.
  return via.length > 0 || row.usual || row.grantees.includes("0") ? via : [{ kind: "power", roles: powers }];
}
