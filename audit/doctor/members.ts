import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { Queryable, sqlName } from "../effective/model";

/** The roles of a program in one database, by what each may be. */
export interface OwnRoles {
  /** Group roles, schema-wide roles, the owner role and the role that leftovers go to: nobody logs in as them. */
  readonly passive: readonly string[];
  /** Vault's own login. */
  readonly login: string;
  /** Terraform's logins: owners of the database and of the schema `lease`. */
  readonly admins: readonly string[];
}

/** Predefined roles that reach data, files or programs of the server past every list (PostgreSQL manual, 22.5). */
const POWERS = [
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_maintain",
  "pg_execute_server_program",
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_create_subscription",
];

/**
 * Who could act as one of our roles: members at any depth, whatever options their membership has, and attributes that our
 * roles should not have. A lease of this database may be a member of its group.
 *
 * Not looked for: superusers, since nothing binds them, and predefined roles that our own roles were granted. Who owns the
 * database or the schema `lease` is taken for an admin of Terraform: the graph does not name it.
 */
export async function findMembers(
  client: Queryable,
  database: DatabaseNode,
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  return [...(await members(client, database, own)), ...(await attributes(client, database, own))];
}

async function members(client: Queryable, database: DatabaseNode, own: OwnRoles): Promise<EffectiveFinding[]> {
  const ours = [...own.passive, own.login, ...own.admins];
  const { rows } = await client.query<{ role: string; reaches: string[]; direct: string[]; login: boolean }>(
    `WITH RECURSIVE here AS (SELECT '{"lease":1,"database":' || to_json(current_database()::text)::text || ',"group":' AS marker),
       way AS (
         SELECT m.member, m.roleid AS root, ARRAY[m.member, m.roleid] AS path FROM pg_auth_members AS m
           JOIN pg_roles AS r ON r.oid = m.roleid WHERE r.rolname = ANY ($1::text[]) OR r.rolname = ANY ($2::text[])
         UNION ALL
         SELECT m.member, w.root, m.member || w.path FROM way AS w JOIN pg_auth_members AS m ON m.roleid = w.member
          WHERE NOT m.member = ANY (w.path) AND cardinality(w.path) < 20)
     SELECT r.rolname::text AS role, r.rolcanlogin AS login,
            array_agg(DISTINCT root.rolname::text ORDER BY root.rolname::text) AS reaches,
            array_agg(DISTINCT direct.rolname::text ORDER BY direct.rolname::text) AS direct
       FROM way AS w JOIN pg_roles AS r ON r.oid = w.member JOIN pg_roles AS root ON root.oid = w.root
       JOIN pg_roles AS direct ON direct.oid = w.path[2] CROSS JOIN here
      WHERE NOT r.rolsuper AND NOT r.rolname = ANY ($1::text[]) AND r.rolname !~ '^pg_'
        AND NOT coalesce(starts_with(shobj_description(r.oid, 'pg_authid'), here.marker), false)
      GROUP BY r.oid, r.rolname, r.rolcanlogin ORDER BY 1`,
    [ours, POWERS],
  );
  return rows.map(({ role, reaches, direct, login }) => ({
    code: "unknown-member",
    severity: reaches.some((name) => ours.includes(name)) ? "error" : "warning",
    database: keyOf(database),
    who: [role],
    privileges: [],
    declared: "nothing: the program does not name the role",
    effective: `${login ? "a login that" : "a role that"} is a member of ${reaches.join(", ")}`,
    why: `somebody granted it ${direct.join(", ")}: who has this role acts with the rights of all that it reaches`,
    fix: direct.map((name) => `REVOKE ${sqlName(name)} FROM ${sqlName(role)}`).join("; "),
  }));
}

async function attributes(client: Queryable, database: DatabaseNode, own: OwnRoles): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ role: string; has: string[] }>(
    `SELECT r.rolname::text AS role, array_remove(ARRAY[
              CASE WHEN r.rolcanlogin AND r.rolname = ANY ($1::text[]) THEN 'LOGIN' END,
              CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
              CASE WHEN r.rolcreaterole AND NOT r.rolname = ANY ($2::text[]) THEN 'CREATEROLE' END,
              CASE WHEN r.rolcreatedb AND NOT r.rolname = ANY ($2::text[]) THEN 'CREATEDB' END,
              CASE WHEN r.rolreplication THEN 'REPLICATION' END,
              CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL) AS has
       FROM pg_roles AS r
      WHERE r.rolname = ANY ($1::text[]) OR r.rolname = ANY ($2::text[]) OR r.rolname = $3 ORDER BY 1`,
    [own.passive, own.admins, own.login],
  );
  return rows
    .filter(({ has }) => has.length > 0)
    .map(({ role, has }) => ({
      code: "own-role-attribute",
      severity: "error",
      database: keyOf(database),
      who: [role],
      privileges: [],
      declared: own.passive.includes(role) ? "a role that nobody logs in as" : "a login without these attributes",
      effective: `${role} has ${has.join(", ")}`,
      why: "ALTER ROLE gave it: every member, and whoever logs in as it, has what it gives",
      fix: `ALTER ROLE ${sqlName(role)} ${has.map((attribute) => `NO${attribute}`).join(" ")}`,
    }));
}
