import type { EdgeNode } from "../../access/model/graph";
import type { Queryable } from "../effective/model";

/** What PostgreSQL says of the role that Terraform logs in as. */
export interface AdminRow {
  readonly version: number;
  readonly found: boolean;
  readonly superuser: boolean;
  readonly createrole: boolean;
  readonly signals: boolean;
  readonly pinned: boolean;
}

/** A schema, or something in it, and who owns it. */
export interface Owned {
  /** As ALTER has it. */
  readonly kind: string;
  /** Quoted. */
  readonly name: string;
  readonly owner: string;
  readonly superuser: boolean;
}

/** Who owns the schemas that are granted in, and what is in them. pg_database_owner is who owns the database. */
export async function ownedIn(client: Queryable, database: string, edges: readonly EdgeNode[]): Promise<Owned[]> {
  const schemas = [
    ...new Set(edges.flatMap(({ grants }) => grants.flatMap(({ object }) => object.schema ?? []))),
  ].sort();
  const { rows } = await client.query<Owned>(
    `SELECT owned.kind, owned.name, r.rolname AS owner, r.rolsuper AS superuser
       FROM (
         SELECT 'SCHEMA' AS kind, quote_ident(nspname) AS name,
                CASE WHEN nspowner = (SELECT oid FROM pg_roles WHERE rolname = 'pg_database_owner')
                     THEN (SELECT datdba FROM pg_database WHERE datname = $2) ELSE nspowner END AS owner
           FROM pg_namespace WHERE nspname = ANY ($1::text[])
         UNION ALL
         SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relowner
           FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            -- The sequence of a column goes with its table.
            AND NOT EXISTS (SELECT FROM pg_depend AS x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype IN ('a', 'i') AND c.relkind = 'S')
         UNION ALL
         SELECT 'ROUTINE', f.oid::regprocedure::text, f.proowner
           FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
          WHERE n.nspname = ANY ($1::text[])
            AND NOT EXISTS (SELECT FROM pg_depend AS x WHERE x.classid = 'pg_proc'::regclass AND x.objid = f.oid AND x.deptype = 'e')
       ) AS owned (kind, name, owner) JOIN pg_roles AS r ON r.oid = owned.owner ORDER BY 1, 2`,
    [schemas, database],
  );
  return rows;
}

/** Who owns the database, and what the admin may do with it. */
export interface Hold {
  readonly owner: string;
  /** Acts as the owner, as a member. */
  readonly acts: boolean;
  /** May make itself a member of the owner. */
  readonly admin: boolean;
  /** May grant on the database by an option of its own. */
  readonly option: boolean;
  /** Statements that take away what it granted by it. */
  readonly given: readonly string[];
}

export async function holdOn(client: Queryable, database: string, admin: string): Promise<Hold> {
  return one(
    client,
    `SELECT o.rolname AS owner, o.oid <> a.oid AND pg_has_role(a.oid, o.oid, 'USAGE') AS acts,
            EXISTS (SELECT FROM pg_auth_members AS m WHERE m.roleid = o.oid AND m.member = a.oid AND m.admin_option) AS admin,
            o.oid <> a.oid AND EXISTS (SELECT FROM aclexplode(d.datacl) AS x WHERE x.grantee = a.oid AND x.is_grantable) AS option,
            ARRAY(SELECT format('REVOKE %s ON DATABASE %I FROM %s;', x.privilege_type, d.datname,
                                CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
                    FROM aclexplode(d.datacl) AS x WHERE x.grantor = a.oid AND o.oid <> a.oid ORDER BY 1) AS given
       FROM pg_database AS d JOIN pg_roles AS o ON o.oid = d.datdba, pg_roles AS a
      WHERE d.datname = $1 AND a.rolname = $2`,
    [database, admin],
  );
}

export async function adminOf(client: Queryable, admin: string): Promise<AdminRow> {
  return one<AdminRow>(
    client,
    `SELECT current_setting('server_version_num')::int AS version, r.oid IS NOT NULL AS found,
            coalesce(r.rolsuper, false) AS superuser, coalesce(r.rolcreaterole, false) AS createrole,
            coalesce(r.rolconfig @> ARRAY['search_path=pg_catalog'], false) AS pinned,
            coalesce(pg_has_role(r.oid, 'pg_signal_backend', 'USAGE'), false) AS signals
       FROM (SELECT 1) AS x LEFT JOIN pg_roles AS r ON r.rolname = $1`,
    [admin],
  );
}

/** The only row of a query. */
export async function one<T extends object>(client: Queryable, sql: string, values: unknown[]): Promise<T> {
  return (await client.query<T>(sql, values)).rows[0];
}
