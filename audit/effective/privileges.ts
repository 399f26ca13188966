import { quoteLiteral } from "../../access/model/sql-quoting";
import { SHORT_LOCKS } from "../../constructs/postgres/init-sql";
import type { EffectiveKind, EffectivePrivilege, Queryable, Via } from "./model";

/**
 * One sort of object: where PostgreSQL keeps it, and which function says who may do what with it.
 *
 * `from` selects `oid, schema, name, col, owner, acl, def, init, attnum`. `def` is the privileges of an object whose
 * list is NULL. `init` is what a new cluster gives PUBLIC on one of its own objects, which is not a finding.
 */
interface ObjectClass {
  readonly kind: EffectiveKind;
  readonly privileges: readonly string[];
  readonly from: string;
  /** Catalog, for the extension that an object belongs to. */
  readonly catalog: string;
  /** Whether the subject, `$1`, has the privilege; `%` stands for ` WITH GRANT OPTION` or nothing. */
  readonly has: string;
}

/** OIDs below are given when a cluster is made (access/transam.h, FirstNormalObjectId). */
const FIRST_NORMAL_OID = 16384;

const NOT_TEMPORARY = "n.nspname !~ '^pg_(toast_)?temp_'";

/** What a new cluster gives PUBLIC on an object of its own, with `initially` joined; nothing is ignored on an object that came later. */
const initial = (oid: string, def: string): string =>
  `CASE WHEN ${oid} < ${FIRST_NORMAL_OID} THEN coalesce(i.initprivs, ${def}) END`;

// Joined, and not a subquery for each object: with one, PostgreSQL reads the whole list for each of its 3,400
// functions, which takes a third of a second.
const initially = (catalog: string, oid: string, sub = "0"): string =>
  `LEFT JOIN pg_init_privs AS i ON i.objoid = ${oid} AND i.classoid = '${catalog}'::regclass AND i.objsubid = ${sub} AND i.privtype = 'i'`;

// The views of information_schema are open to PUBLIC in every cluster, and pg_init_privs does not say so.
const relation = (kinds: string, def: string): string => `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, NULL::name AS col, c.relowner AS owner, c.relacl AS acl,
         acldefault('${def}', c.relowner) AS def,
         CASE WHEN n.nspname = 'information_schema' AND c.oid < ${FIRST_NORMAL_OID} THEN ARRAY[makeaclitem(0, c.relowner, 'SELECT', false)]
              ELSE ${initial("c.oid", `acldefault('${def}', c.relowner)`)} END AS init, 0 AS attnum
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace ${initially("pg_class", "c.oid")}
   WHERE c.relkind IN (${kinds}) AND (c.relkind <> 't' OR c.relacl IS NOT NULL) AND ${NOT_TEMPORARY}`;

const plain = (
  catalog: string,
  prefix: string,
  letter: string,
  owner = `${prefix}owner`,
  acl = `${prefix}acl`,
): string => `
  SELECT x.oid, NULL::name AS schema, x.${prefix}name AS name, NULL::name AS col, x.${owner} AS owner, x.${acl} AS acl,
         acldefault('${letter}', x.${owner}) AS def, ${initial("x.oid", `acldefault('${letter}', x.${owner})`)} AS init, 0 AS attnum
    FROM ${catalog} AS x ${initially(catalog, "x.oid")}`;

function classes(version: number): ObjectClass[] {
  const table = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
  return [
    {
      kind: "database",
      privileges: ["CONNECT", "TEMPORARY", "CREATE"],
      catalog: "pg_database",
      has: "has_database_privilege($1::oid, o.oid, p.privilege || %)",
      // Nothing of a cluster's own databases is ignored: PUBLIC reaching them is what is looked for.
      from: `SELECT x.oid, NULL::name AS schema, x.datname AS name, NULL::name AS col, x.datdba AS owner, x.datacl AS acl,
                    acldefault('d', x.datdba) AS def, NULL::aclitem[] AS init, 0 AS attnum
               FROM pg_database AS x WHERE x.datallowconn`,
    },
    {
      kind: "schema",
      privileges: ["USAGE", "CREATE"],
      catalog: "pg_namespace",
      has: "has_schema_privilege($1::oid, o.oid, p.privilege || %)",
      // Before 15 a new cluster lets PUBLIC create in `public`; that is not ignored, so it is not taken from pg_init_privs.
      from: `SELECT n.oid, n.nspname AS schema, NULL::name AS name, NULL::name AS col, n.nspowner AS owner, n.nspacl AS acl,
                    acldefault('n', n.nspowner) AS def,
                    CASE WHEN n.nspname IN ('pg_catalog', 'information_schema', 'public') THEN ARRAY[makeaclitem(0, n.nspowner, 'USAGE', false)] END AS init,
                    0 AS attnum
               FROM pg_namespace AS n WHERE ${NOT_TEMPORARY} AND (n.nspname <> 'pg_toast' OR n.nspacl IS NOT NULL)`,
    },
    {
      kind: "table",
      privileges: version >= 170000 ? [...table, "MAINTAIN"] : table,
      catalog: "pg_class",
      has: "has_table_privilege($1::oid, o.oid, p.privilege || %)",
      // Of the tables behind long values only those with a list of their own: nobody needs one.
      from: relation("'r', 'p', 'v', 'm', 'f', 't'", "r"),
    },
    {
      kind: "column",
      privileges: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
      catalog: "pg_class",
      // One that the table gives is listed with the table.
      has: "has_column_privilege($1::oid, o.oid, o.attnum, p.privilege || %) AND NOT has_table_privilege($1::oid, o.oid, p.privilege || %)",
      from: `SELECT c.oid, n.nspname AS schema, c.relname AS name, a.attname AS col, c.relowner AS owner, a.attacl AS acl,
                    NULL::aclitem[] AS def, ${initial("c.oid", "NULL::aclitem[]")} AS init, a.attnum
               FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
               ${initially("pg_class", "c.oid", "a.attnum")}
              WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND ${NOT_TEMPORARY}`,
    },
    {
      kind: "sequence",
      privileges: ["USAGE", "SELECT", "UPDATE"],
      catalog: "pg_class",
      has: "has_sequence_privilege($1::oid, o.oid, p.privilege || %)",
      from: relation("'S'", "s"),
    },
    {
      kind: "function",
      privileges: ["EXECUTE"],
      catalog: "pg_proc",
      has: "has_function_privilege($1::oid, o.oid, p.privilege || %)",
      from: `SELECT f.oid, n.nspname AS schema, f.proname || '(' || oidvectortypes(f.proargtypes) || ')' AS name, NULL::name AS col,
                    f.proowner AS owner, f.proacl AS acl, acldefault('f', f.proowner) AS def,
                    ${initial("f.oid", "acldefault('f', f.proowner)")} AS init, 0 AS attnum
               FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace ${initially("pg_proc", "f.oid")}
              WHERE ${NOT_TEMPORARY}
                -- Nobody can call it, and without EXECUTE for PUBLIC pg_upgrade fails. What it does is compared where event triggers are.
                AND NOT (n.nspname = 'pg_catalog' AND f.proname = ${quoteLiteral(SHORT_LOCKS)} AND f.prorettype = 'event_trigger'::regtype)`,
    },
    {
      kind: "type",
      privileges: ["USAGE"],
      catalog: "pg_type",
      has: "has_type_privilege($1::oid, o.oid, p.privilege || %)",
      // Everybody may use every type: it reaches no data. Rows of tables and arrays have no list of their own.
      from: `SELECT t.oid, n.nspname AS schema, t.typname AS name, NULL::name AS col, t.typowner AS owner, t.typacl AS acl,
                    acldefault('T', t.typowner) AS def, acldefault('T', t.typowner) AS init, 0 AS attnum
               FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
              WHERE t.typelem = 0 AND ${NOT_TEMPORARY} AND t.oid >= ${FIRST_NORMAL_OID}
                AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind <> 'c')`,
    },
    {
      kind: "language",
      privileges: ["USAGE"],
      catalog: "pg_language",
      has: "has_language_privilege($1::oid, o.oid, p.privilege || %)",
      // Only superusers write functions in a language that is not trusted, whatever its list says.
      from: `${plain("pg_language", "lan", "l")} WHERE x.lanpltrusted`,
    },
    {
      kind: "large object",
      privileges: ["SELECT", "UPDATE"],
      catalog: "pg_largeobject",
      // Before 18 no function says it, so the list does; the setting lo_compat_privileges would make it void.
      has: `(pg_has_role($1::oid, o.owner, 'USAGE') OR EXISTS (SELECT FROM aclexplode(coalesce(o.acl, o.def)) AS e
               WHERE e.privilege_type = p.privilege AND (% = '' OR e.is_grantable)
                 AND (e.grantee = 0 OR pg_has_role($1::oid, e.grantee, 'USAGE'))))`,
      from: `SELECT x.oid, NULL::name AS schema, x.oid::text AS name, NULL::name AS col, x.lomowner AS owner, x.lomacl AS acl,
                    acldefault('L', x.lomowner) AS def, NULL::aclitem[] AS init, 0 AS attnum FROM pg_largeobject_metadata AS x`,
    },
    {
      kind: "tablespace",
      privileges: ["CREATE"],
      catalog: "pg_tablespace",
      has: "has_tablespace_privilege($1::oid, o.oid, p.privilege || %)",
      from: plain("pg_tablespace", "spc", "t"),
    },
    {
      kind: "foreign-data wrapper",
      privileges: ["USAGE"],
      catalog: "pg_foreign_data_wrapper",
      has: "has_foreign_data_wrapper_privilege($1::oid, o.oid, p.privilege || %)",
      from: plain("pg_foreign_data_wrapper", "fdw", "F"),
    },
    {
      kind: "foreign server",
      privileges: ["USAGE"],
      catalog: "pg_foreign_server",
      has: "has_server_privilege($1::oid, o.oid, p.privilege || %)",
      from: plain("pg_foreign_server", "srv", "S"),
    },
    ...(version < 150000
      ? []
      : [
          {
            kind: "parameter" as const,
            privileges: ["SET", "ALTER SYSTEM"],
            catalog: "pg_parameter_acl",
            has: "has_parameter_privilege($1::oid, o.name, p.privilege || %)",
            from: `SELECT x.oid, NULL::name AS schema, x.parname AS name, NULL::name AS col, 10::oid AS owner, x.paracl AS acl,
                          NULL::aclitem[] AS def, NULL::aclitem[] AS init, 0 AS attnum FROM pg_parameter_acl AS x`,
          },
        ]),
  ];
}

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
  for (const sort of classes(version)) {
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
