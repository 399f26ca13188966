import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { Queryable, sqlName } from "../effective/model";
import { IS_LEASE_HERE, OwnRoles } from "./own-roles";

/** Predefined roles that reach data, files or programs of the server past every list (PostgreSQL manual, 22.5). The others count, too, but warn. */
const OVER_DATA = new Set([
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_maintain",
  "pg_execute_server_program",
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_create_subscription",
]);

/**
 * Who could act as one of our roles, as a superuser, or with a power that no grant bounds. Counted are attributes, and
 * memberships at any depth with whatever options. Also: what our own roles are members of.
 *
 * A lease of this database is a member of its group; what else it has is found with the leases. The cluster's first superuser is not a finding:
 * every server has one.
 */
export async function findMembers(
  client: Queryable,
  database: DatabaseNode,
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  return [
    ...(await members(client, database, own)),
    ...(await memberships(client, database, own)),
    ...(await attributes(client, database, own)),
  ];
}

async function members(client: Queryable, database: DatabaseNode, own: OwnRoles): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{
    role: string;
    root: string;
    direct: string[];
    login: boolean;
    power: boolean;
    fix: string;
  }>(
    // From each root down to its members. It stops at another root, whose members are found from there.
    `WITH RECURSIVE roots AS (
       SELECT r.oid, r.rolname, r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls AS power FROM pg_roles AS r
        WHERE r.rolname = ANY ($1::text[]) OR r.oid < 16384 AND r.rolname ~ '^pg_'
           OR (r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls) AND NOT ${IS_LEASE_HERE}),
     way AS (
       SELECT m.member, m.roleid AS root, m.roleid AS direct FROM pg_auth_members AS m JOIN roots AS o ON o.oid = m.roleid
       UNION
       SELECT m.member, w.root, m.roleid FROM way AS w JOIN pg_auth_members AS m ON m.roleid = w.member
        WHERE NOT EXISTS (SELECT FROM roots AS o WHERE o.oid = w.member))
     SELECT r.rolname::text AS role, o.rolname::text AS root, r.rolcanlogin AS login, o.power,
            array_agg(DISTINCT pg_get_userbyid(w.direct)::text) AS direct,
            string_agg(DISTINCT format('REVOKE %I FROM %I GRANTED BY %I', pg_get_userbyid(w.direct), r.rolname, pg_get_userbyid(m.grantor)), '; ') AS fix
       FROM way AS w JOIN pg_roles AS r ON r.oid = w.member JOIN roots AS o ON o.oid = w.root
       JOIN pg_auth_members AS m ON m.member = w.member AND m.roleid = w.direct
      WHERE NOT r.rolsuper AND NOT r.rolname = ANY ($1::text[]) AND NOT ${IS_LEASE_HERE}
        -- Those that a new server has.
        AND NOT (r.oid < 16384 AND r.rolname = 'pg_monitor' AND o.oid < 16384 AND o.rolname IN ('pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables'))
      GROUP BY r.oid, r.rolname, r.rolcanlogin, o.rolname, o.power ORDER BY 1, 2`,
    [own.all],
  );
  return rows.map(({ role, root, direct, login, power, fix }) => ({
    code: "unknown-member",
    severity: power || own.all.includes(root) || OVER_DATA.has(root) ? "error" : "warning",
    database: keyOf(database),
    who: [role],
    object: { kind: "membership", name: `${role} in ${root}` },
    privileges: [],
    declared: "nothing: the program does not name the role",
    effective: `${login ? "a login that" : "a role that"} is a member of ${root}${direct.includes(root) ? "" : `, through ${direct.join(", ")}`}`,
    why: `somebody granted it ${direct.join(", ")}: who has this role acts with the rights of all that it reaches`,
    fix,
  }));
}

/**
 * What our own roles are members of. The groups, Vault's login and the estate role are compared with the graph; see
 * `effective/roles.ts`.
 */
async function memberships(client: Queryable, database: DatabaseNode, own: OwnRoles): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ role: string; reaches: string; power: boolean; fix: string }>(
    // The admin is a member of every role that it makes (from PostgreSQL 16 on): of those, only what has power counts.
    `WITH RECURSIVE way AS (
       SELECT m.member AS top, m.roleid, m.member, m.grantor FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member
        WHERE r.rolname = ANY ($1::text[]) OR r.rolname = ANY ($2::text[])
       UNION
       SELECT w.top, m.roleid, m.member, m.grantor FROM way AS w JOIN pg_auth_members AS m ON m.member = w.roleid JOIN pg_roles AS r ON r.oid = w.roleid
        WHERE NOT r.rolname = ANY ($3::text[]) AND NOT ${IS_LEASE_HERE} AND NOT (r.oid < 16384 AND r.rolname ~ '^pg_'))
     SELECT t.rolname::text AS role, r.rolname::text AS reaches, r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls AS power,
            string_agg(DISTINCT format('REVOKE %I FROM %I GRANTED BY %I', r.rolname, pg_get_userbyid(w.member), pg_get_userbyid(w.grantor)), '; ') AS fix
       FROM way AS w JOIN pg_roles AS t ON t.oid = w.top JOIN pg_roles AS r ON r.oid = w.roleid
      WHERE NOT ${IS_LEASE_HERE} AND (t.rolname = ANY ($1::text[]) OR
              NOT r.rolname = ANY ($3::text[]) AND r.rolname <> 'pg_signal_backend' AND
              (r.oid < 16384 AND r.rolname ~ '^pg_' OR r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls))
      GROUP BY 1, 2, 3 ORDER BY 1, 2`,
    [[...own.wide, own.owner].filter((role) => !own.admins.includes(role)), own.admins, own.all],
  );
  return rows.map(({ role, reaches, fix }) => ({
    code: "extra-membership",
    severity: "error",
    database: keyOf(database),
    who: [role],
    object: { kind: "membership", name: `${role} in ${reaches}` },
    privileges: [],
    declared: own.admins.includes(role)
      ? "member of the roles that it makes, and of pg_signal_backend"
      : "member of no role",
    effective: `member of ${reaches}`,
    why: "somebody granted it: whoever acts as the role, a migration or Terraform for one, has what it gives",
    fix,
  }));
}

async function attributes(client: Queryable, database: DatabaseNode, own: OwnRoles): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ role: string; login: boolean; predefined: boolean; has: string[] }>(
    `SELECT r.rolname::text AS role, r.rolcanlogin AS login, r.oid < 16384 AS predefined, array_remove(ARRAY[
              CASE WHEN r.rolcanlogin AND (r.rolname = ANY ($1::text[]) OR r.oid < 16384) THEN 'LOGIN' END,
              CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
              CASE WHEN r.rolcreaterole AND NOT r.rolname = ANY ($2::text[]) THEN 'CREATEROLE' END,
              CASE WHEN r.rolcreatedb AND NOT r.rolname = ANY ($2::text[]) THEN 'CREATEDB' END,
              CASE WHEN r.rolreplication THEN 'REPLICATION' END,
              CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL) AS has
       FROM pg_roles AS r WHERE r.oid <> 10 AND NOT ${IS_LEASE_HERE} ORDER BY 1`,
    [own.passive, own.admins],
  );
  return rows.flatMap(({ role, login, predefined, has }) =>
    has.map((attribute): EffectiveFinding => {
      const ours = own.all.includes(role);
      return {
        code: ours ? "own-role-attribute" : "unknown-power",
        severity: ours || (login && attribute !== "CREATEDB") ? "error" : "warning",
        database: keyOf(database),
        who: [role],
        object: { kind: "attribute", name: `${attribute} of ${role}` },
        privileges: [],
        declared: predefined
          ? "a role of PostgreSQL's own, which nobody logs in as and which has no attribute"
          : !ours
            ? "nothing: the program does not name the role"
            : own.passive.includes(role)
              ? "a role that nobody logs in as"
              : "a login without these attributes",
        effective: `${role} has ${attribute}`,
        why: ours
          ? "ALTER ROLE gave it: every member, and whoever logs in as it, has what it gives"
          : `${POWERS[attribute]}, whatever it was granted`,
        fix: predefined
          ? // ALTER ROLE refuses a reserved name, so it was written into the catalog, and is taken out of it.
            `UPDATE pg_authid SET ${COLUMNS[attribute]} = false WHERE rolname = '${role}'`
          : `ALTER ROLE ${sqlName(role)} NO${attribute}`,
      };
    }),
  );
}

const COLUMNS: Readonly<Record<string, string>> = {
  LOGIN: "rolcanlogin",
  SUPERUSER: "rolsuper",
  CREATEROLE: "rolcreaterole",
  CREATEDB: "rolcreatedb",
  REPLICATION: "rolreplication",
  BYPASSRLS: "rolbypassrls",
};

const POWERS: Readonly<Record<string, string>> = {
  LOGIN: "who logs in as it has what PostgreSQL's own role gives",
  SUPERUSER: "who logs in as it may do everything",
  CREATEROLE: "who logs in as it may make roles and, before PostgreSQL 16, make itself a member of ours",
  CREATEDB: "who logs in as it may make databases, and copy those that are templates",
  REPLICATION: "who logs in as it may copy the whole server",
  BYPASSRLS: "no policy of row-level security binds it",
};
