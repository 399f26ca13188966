import { quoteLiteral } from "../../access/model/sql-quoting";
import { SHORT_LOCKS } from "../../constructs/postgres/init-sql";
import type { EffectiveKind } from "./model";

/**
 * One class of objects: where PostgreSQL keeps them, and which of its functions says who may do what with them.
 *
 * `from` selects `oid, schema, name, col, owner, acl, def, init, attnum`. `def` is the privileges of an object whose
 * list is NULL. `init` is what a new cluster gives PUBLIC on one of its own objects, which is not a finding.
 */
export interface ObjectClass {
  readonly kind: EffectiveKind;
  readonly privileges: readonly string[];
  readonly from: string;
  /** Catalog, for the extension that an object belongs to. */
  readonly catalog: string;
  /** Whether the subject, `$1`, has the privilege; `%` stands for ` WITH GRANT OPTION` or nothing. */
  readonly has: string;
}

/** OIDs below are given when a cluster is made (access/transam.h, FirstNormalObjectId). */
export const FIRST_NORMAL_OID = 16384;

const NOT_TEMPORARY = "n.nspname !~ '^pg_(toast_)?temp_'";

/** What a new cluster gives PUBLIC on an object of its own. An object that was made later has no such list. Needs `joinInitial` in FROM. */
const initial = (oid: string, def: string): string =>
  `CASE WHEN ${oid} < ${FIRST_NORMAL_OID} THEN coalesce(i.initprivs, ${def}) END`;

// A join, not a subquery: with a subquery PostgreSQL reads the whole list for each of its 3,400 functions, which takes
// a third of a second.
const joinInitial = (catalog: string, oid: string, sub = "0"): string =>
  `LEFT JOIN pg_init_privs AS i ON i.objoid = ${oid} AND i.classoid = '${catalog}'::regclass AND i.objsubid = ${sub} AND i.privtype = 'i'`;

// In every cluster PUBLIC may read the views of information_schema, and pg_init_privs does not say so.
const relation = (kinds: string, def: string): string => `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, NULL::name AS col, c.relowner AS owner, c.relacl AS acl,
         acldefault('${def}', c.relowner) AS def,
         CASE WHEN n.nspname = 'information_schema' AND c.oid < ${FIRST_NORMAL_OID} THEN ARRAY[makeaclitem(0, c.relowner, 'SELECT', false)]
              ELSE ${initial("c.oid", `acldefault('${def}', c.relowner)`)} END AS init, 0 AS attnum
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace ${joinInitial("pg_class", "c.oid")}
   WHERE c.relkind IN (${kinds}) AND (c.relkind <> 't' OR c.relacl IS NOT NULL) AND ${NOT_TEMPORARY}`;

/** Objects that are in no schema. The columns of their catalog begin with `prefix`; `letter` is what acldefault() calls them. */
const withoutSchema = (catalog: string, prefix: string, letter: string): string => `
  SELECT x.oid, NULL::name AS schema, x.${prefix}name AS name, NULL::name AS col, x.${prefix}owner AS owner, x.${prefix}acl AS acl,
         acldefault('${letter}', x.${prefix}owner) AS def, ${initial("x.oid", `acldefault('${letter}', x.${prefix}owner)`)} AS init, 0 AS attnum
    FROM ${catalog} AS x ${joinInitial(catalog, "x.oid")}`;

const DATABASE: ObjectClass = {
  kind: "database",
  privileges: ["CONNECT", "TEMPORARY", "CREATE"],
  catalog: "pg_database",
  has: "has_database_privilege($1::oid, o.oid, p.privilege || %)",
  // No list of a new cluster is left out here: that PUBLIC may connect is what is looked for.
  from: `SELECT x.oid, NULL::name AS schema, x.datname AS name, NULL::name AS col, x.datdba AS owner, x.datacl AS acl,
                acldefault('d', x.datdba) AS def, NULL::aclitem[] AS init, 0 AS attnum
           FROM pg_database AS x WHERE x.datallowconn`,
};

const SCHEMA: ObjectClass = {
  kind: "schema",
  privileges: ["USAGE", "CREATE"],
  catalog: "pg_namespace",
  has: "has_schema_privilege($1::oid, o.oid, p.privilege || %)",
  // Not from pg_init_privs: before 15 it lets PUBLIC create in `public`, and that is a finding.
  from: `SELECT n.oid, n.nspname AS schema, NULL::name AS name, NULL::name AS col, n.nspowner AS owner, n.nspacl AS acl,
                acldefault('n', n.nspowner) AS def,
                CASE WHEN n.nspname IN ('pg_catalog', 'information_schema', 'public') THEN ARRAY[makeaclitem(0, n.nspowner, 'USAGE', false)] END AS init,
                0 AS attnum
           FROM pg_namespace AS n WHERE ${NOT_TEMPORARY} AND (n.nspname <> 'pg_toast' OR n.nspacl IS NOT NULL)`,
};

const TABLE: ObjectClass = {
  kind: "table",
  privileges: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  catalog: "pg_class",
  has: "has_table_privilege($1::oid, o.oid, p.privilege || %)",
  // Of the TOAST tables (relkind t) only those that somebody granted something on.
  from: relation("'r', 'p', 'v', 'm', 'f', 't'", "r"),
};

const COLUMN: ObjectClass = {
  kind: "column",
  privileges: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  catalog: "pg_class",
  // One that the table gives is listed with the table.
  has: "has_column_privilege($1::oid, o.oid, o.attnum, p.privilege || %) AND NOT has_table_privilege($1::oid, o.oid, p.privilege || %)",
  from: `SELECT c.oid, n.nspname AS schema, c.relname AS name, a.attname AS col, c.relowner AS owner, a.attacl AS acl,
                NULL::aclitem[] AS def, ${initial("c.oid", "NULL::aclitem[]")} AS init, a.attnum
           FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
           ${joinInitial("pg_class", "c.oid", "a.attnum")}
          WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND ${NOT_TEMPORARY}`,
};

const SEQUENCE: ObjectClass = {
  kind: "sequence",
  privileges: ["USAGE", "SELECT", "UPDATE"],
  catalog: "pg_class",
  has: "has_sequence_privilege($1::oid, o.oid, p.privilege || %)",
  from: relation("'S'", "s"),
};

const FUNCTION: ObjectClass = {
  kind: "function",
  privileges: ["EXECUTE"],
  catalog: "pg_proc",
  has: "has_function_privilege($1::oid, o.oid, p.privilege || %)",
  from: `SELECT f.oid, n.nspname AS schema, f.proname || '(' || oidvectortypes(f.proargtypes) || ')' AS name, NULL::name AS col,
                f.proowner AS owner, f.proacl AS acl, acldefault('f', f.proowner) AS def,
                ${initial("f.oid", "acldefault('f', f.proowner)")} AS init, 0 AS attnum
           FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace ${joinInitial("pg_proc", "f.oid")}
          WHERE ${NOT_TEMPORARY}
            -- Nobody can call it, and without EXECUTE for PUBLIC pg_upgrade fails. What it does is compared where event triggers are.
            AND NOT (n.nspname = 'pg_catalog' AND f.proname = ${quoteLiteral(SHORT_LOCKS)} AND f.prorettype = 'event_trigger'::regtype)`,
};

const TYPE: ObjectClass = {
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
};

const LANGUAGE: ObjectClass = {
  kind: "language",
  privileges: ["USAGE"],
  catalog: "pg_language",
  has: "has_language_privilege($1::oid, o.oid, p.privilege || %)",
  // Only superusers write functions in a language that is not trusted, whatever its list says.
  from: `${withoutSchema("pg_language", "lan", "l")} WHERE x.lanpltrusted`,
};

const LARGE_OBJECT: ObjectClass = {
  kind: "large object",
  privileges: ["SELECT", "UPDATE"],
  catalog: "pg_largeobject",
  // Before 18 no function says it, so the list does; the setting lo_compat_privileges would make it void.
  has: `(pg_has_role($1::oid, o.owner, 'USAGE') OR EXISTS (SELECT FROM aclexplode(coalesce(o.acl, o.def)) AS e
           WHERE e.privilege_type = p.privilege AND (% = '' OR e.is_grantable)
             AND (e.grantee = 0 OR pg_has_role($1::oid, e.grantee, 'USAGE'))))`,
  from: `SELECT x.oid, NULL::name AS schema, x.oid::text AS name, NULL::name AS col, x.lomowner AS owner, x.lomacl AS acl,
                acldefault('L', x.lomowner) AS def, NULL::aclitem[] AS init, 0 AS attnum FROM pg_largeobject_metadata AS x`,
};

const TABLESPACE: ObjectClass = {
  kind: "tablespace",
  privileges: ["CREATE"],
  catalog: "pg_tablespace",
  has: "has_tablespace_privilege($1::oid, o.oid, p.privilege || %)",
  from: withoutSchema("pg_tablespace", "spc", "t"),
};

const FOREIGN_DATA_WRAPPER: ObjectClass = {
  kind: "foreign-data wrapper",
  privileges: ["USAGE"],
  catalog: "pg_foreign_data_wrapper",
  has: "has_foreign_data_wrapper_privilege($1::oid, o.oid, p.privilege || %)",
  from: withoutSchema("pg_foreign_data_wrapper", "fdw", "F"),
};

const FOREIGN_SERVER: ObjectClass = {
  kind: "foreign server",
  privileges: ["USAGE"],
  catalog: "pg_foreign_server",
  has: "has_server_privilege($1::oid, o.oid, p.privilege || %)",
  from: withoutSchema("pg_foreign_server", "srv", "S"),
};

const PARAMETER: ObjectClass = {
  kind: "parameter",
  privileges: ["SET", "ALTER SYSTEM"],
  catalog: "pg_parameter_acl",
  has: "has_parameter_privilege($1::oid, o.name, p.privilege || %)",
  from: `SELECT x.oid, NULL::name AS schema, x.parname AS name, NULL::name AS col, 10::oid AS owner, x.paracl AS acl,
                NULL::aclitem[] AS def, NULL::aclitem[] AS init, 0 AS attnum FROM pg_parameter_acl AS x`,
};

/** The classes that a server of this version has. */
export function objectClasses(version: number): ObjectClass[] {
  const table = version >= 170000 ? { ...TABLE, privileges: [...TABLE.privileges, "MAINTAIN"] } : TABLE;
  return [
    ...[DATABASE, SCHEMA, table, COLUMN, SEQUENCE, FUNCTION, TYPE, LANGUAGE, LARGE_OBJECT, TABLESPACE],
    ...[FOREIGN_DATA_WRAPPER, FOREIGN_SERVER],
    ...(version < 150000 ? [] : [PARAMETER]),
  ];
}
