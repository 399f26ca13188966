import type { KnownRight, KnownRights } from "../../access/model/known-rights";
import type { Queryable } from "../effective/model";

export interface RightsOptions {
  readonly database: string;
  /** The login that Terraform uses: the report names it already. */
  readonly admin: string;
  /** Group roles of the program: what their members may do is in the graph. */
  readonly groups: readonly string[];
}

/** Schemas that come with the server, and the one that Leasehold makes. */
const OWN_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'lease')";

/** The privileges that PUBLIC has: those that were granted, or PostgreSQL's own where nothing was. */
const PUBLIC_RIGHTS = `
  SELECT held.kind, held.schema, held.name, held."column", acl.privilege_type AS privilege
    FROM (
      SELECT 'database' AS kind, NULL::text AS schema, NULL::text AS name, NULL::text AS "column", coalesce(datacl, acldefault('d', datdba)) AS acl
        FROM pg_database WHERE datname = current_database()
      UNION ALL
      SELECT 'schema', n.nspname, NULL, NULL, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace AS n WHERE ${OWN_SCHEMA}
      UNION ALL
      SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname, NULL, c.relacl
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OWN_SCHEMA}
      UNION ALL
      SELECT 'column', n.nspname, c.relname, a.attname, a.attacl
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE NOT a.attisdropped AND ${OWN_SCHEMA}
      UNION ALL
      SELECT 'function', n.nspname, f.proname || '(' || oidvectortypes(f.proargtypes) || ')', NULL, coalesce(f.proacl, acldefault('f', f.proowner))
        FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE ${OWN_SCHEMA}
    ) AS held CROSS JOIN aclexplode(held.acl) AS acl WHERE acl.grantee = 0`;

/** Logins that are an owner, or a member of one at any depth. A superuser may do everything everywhere, and is not listed. */
const OWNERS = `
  WITH RECURSIVE owned (owner) AS (
      SELECT datdba FROM pg_database WHERE datname = current_database()
      UNION SELECT n.nspowner FROM pg_namespace AS n WHERE ${OWN_SCHEMA}
      UNION SELECT c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE ${OWN_SCHEMA}
      UNION SELECT f.proowner FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE ${OWN_SCHEMA}),
    acting (owner, role) AS (
      SELECT owner, owner FROM owned
      UNION
      SELECT a.owner, m.member FROM acting AS a JOIN pg_auth_members AS m ON m.roleid = a.role JOIN pg_roles AS r ON r.oid = m.member
       WHERE r.rolname <> ALL ($2::text[]))
  SELECT r.rolname AS who, o.rolname AS name
    FROM acting AS a JOIN pg_roles AS r ON r.oid = a.role JOIN pg_roles AS o ON o.oid = a.owner
   WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT o.rolsuper AND r.rolname <> $1`;

/**
 * What PUBLIC and the owners may do in a database, as data that the program can be given. Reads catalogs only, after the session was
 * set up for reading.
 *
 * @param day on which it is looked up: `2026-05-01`
 */
export async function lookUpRights(client: Queryable, options: RightsOptions, day: string): Promise<KnownRights> {
  const ofPublic = await client.query<Partial<Record<"schema" | "name" | "column", string | null>> & KnownRow>(
    PUBLIC_RIGHTS,
  );
  const ofOwners = await client.query<{ who: string; name: string }>(OWNERS, [options.admin, options.groups]);
  const rights = [
    ...ofPublic.rows.map(({ kind, privilege, schema, name, column }): KnownRight => ({
      who: "PUBLIC",
      privilege,
      kind,
      ...(schema !== null && { schema }),
      ...(name !== null && { name }),
      ...(column !== null && { column }),
    })),
    ...ofOwners.rows.map(({ who, name }): KnownRight => ({ who, privilege: "ACT AS", kind: "role", name })),
  ];
  const line = (right: KnownRight): string => JSON.stringify(right);
  return {
    version: 1,
    database: options.database,
    lookedUp: day,
    rights: [...new Map(rights.map((right) => [line(right), right])).keys()]
      .sort()
      .map((text) => JSON.parse(text) as KnownRight),
  };
}

interface KnownRow {
  readonly kind: string;
  readonly privilege: string;
}
