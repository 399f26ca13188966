import { randomBytes } from "node:crypto";
import { byCodeUnit } from "../../access/model/graph";
import type { FuturePrivilege, Queryable, Via } from "./model";
import { readPrivileges } from "./privileges";
import { roleOid, serverVersion } from "./read";
import { quoteIdentifier } from "../../access/model/sql-quoting";

type FutureKind = FuturePrivilege["kind"];

/** What each role of `subjects` would have on objects made later. */
export type FutureAccess = ReadonlyMap<string, readonly FuturePrivilege[]>;

/** A probe that could not be made, and PostgreSQL's words. */
export interface NotProbed {
  readonly creator: string;
  readonly kind: FutureKind;
  readonly schema?: string;
  readonly because: string;
}

/**
 * Makes an object of each kind in each schema as each creator, looks at who may touch it, and takes it back. For throw-away servers: the client is
 * a superuser's, and the objects are there for the length of a transaction.
 */
export async function probeFuture(
  client: Queryable,
  creators: readonly string[],
  subjects: readonly string[],
): Promise<{ readonly future: FutureAccess; readonly notProbed: readonly NotProbed[] }> {
  const version = await serverVersion(client);
  const future = new Map<string, FuturePrivilege[]>(subjects.map((subject) => [subject, []]));
  const notProbed: NotProbed[] = [];
  const { rows: schemas } = await client.query<{ schema: string; creator: string }>(
    `SELECT n.nspname::text AS schema, c.creator FROM pg_catalog.pg_namespace AS n CROSS JOIN pg_catalog.unnest($1::text[]) AS c(creator)
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(c.creator::name, n.oid, 'CREATE')
      ORDER BY 1, 2`,
    [creators],
  );
  const probe = async (creator: string, kind: ProbeKind, schema?: string): Promise<void> => {
    const name = `leasehold_probe_${randomBytes(6).toString("hex")}`;
    await client.query("BEGIN");
    try {
      await client.query(`SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL ROLE ${quoteIdentifier(creator)}`);
      await client.query(CREATE[kind](quoteIdentifier(name), quoteIdentifier(schema ?? "")));
      await client.query("RESET ROLE");
      const { rows } = await client.query<{ oid: string }>(`SELECT oid::text FROM ${WHERE[kind]} = $1`, [name]);
      for (const subject of subjects) {
        const access = { oid: await roleOid(client, subject), powers: [] };
        const only = { kind, oids: rows.map(({ oid }) => Number(oid)) };
        for (const { privilege, via } of await readPrivileges(client, access, version, only))
          future.get(subject)?.push({ creator, kind, schema, privilege, via });
      }
    } catch (error) {
      notProbed.push({ creator, kind, schema, because: (error as Error).message });
    } finally {
      await client.query("ROLLBACK");
    }
  };
  for (const { creator, schema } of schemas)
    for (const kind of ["table", "sequence", "function"] as const) await probe(creator, kind, schema);
  for (const creator of creators) {
    const { rows } = await client.query<{ may: boolean }>(
      "SELECT pg_catalog.has_database_privilege($1::name, pg_catalog.current_database(), 'CREATE') AS may",
      [creator],
    );
    if (rows[0].may) await probe(creator, "schema");
  }
  return { future, notProbed };
}

/** Kinds that a probe makes; a large object has no schema, and its list is read. */
type ProbeKind = Exclude<FutureKind, "large object">;

const CREATE: Record<ProbeKind, (name: string, schema: string) => string> = {
  table: (name, schema) => `CREATE TABLE ${schema}.${name} (probe pg_catalog.int4)`,
  sequence: (name, schema) => `CREATE SEQUENCE ${schema}.${name}`,
  function: (name, schema) => `CREATE FUNCTION ${schema}.${name}() RETURNS pg_catalog.int4 LANGUAGE sql AS 'SELECT 1'`,
  schema: (name) => `CREATE SCHEMA ${name}`,
};

const WHERE: Record<ProbeKind, string> = {
  table: "pg_class WHERE relname",
  sequence: "pg_class WHERE relname",
  function: "pg_proc WHERE proname",
  schema: "pg_namespace WHERE nspname",
};

interface DefaultRow {
  readonly creator: string;
  readonly type: "r" | "S" | "f" | "n" | "L";
  readonly schema: string | null;
  readonly privilege: string;
  readonly public: boolean;
  readonly byDefault: boolean;
  readonly roles: string[];
}

const TYPES: Record<DefaultRow["type"], FutureKind> = {
  r: "table",
  S: "sequence",
  f: "function",
  n: "schema",
  L: "large object",
};

/**
 * The same without making anything, for servers that are in use. It reads the default privileges: PostgreSQL's own
 * default, or what replaced it for the whole database, and what a schema adds. Call it after `beginReading`.
 *
 * For objects of a superuser only what ALTER DEFAULT PRIVILEGES gave counts. A superuser may make everything
 * everywhere, and PostgreSQL's own default is not reported.
 */
export async function readFuture(
  client: Queryable,
  creators: readonly string[],
  subjects: readonly string[],
): Promise<FutureAccess> {
  const future = new Map<string, readonly FuturePrivilege[]>();
  for (const subject of subjects) {
    const { rows } = await client.query<DefaultRow>(
      `WITH made AS (
         SELECT r.oid AS creator, r.rolsuper AS super, r.rolname::text AS name, t.type, n.oid AS nsp, n.nspname::text AS schema
           FROM pg_roles AS r CROSS JOIN unnest(ARRAY['r', 'S', 'f']::"char"[]) AS t(type)
           JOIN pg_namespace AS n ON n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(r.oid, n.oid, 'CREATE')
          WHERE r.rolname = ANY ($2::text[])
         UNION ALL
         SELECT r.oid, r.rolsuper, r.rolname::text, t.type, 0::oid, NULL FROM pg_roles AS r CROSS JOIN unnest(ARRAY['n', 'L']::"char"[]) AS t(type)
          WHERE r.rolname = ANY ($2::text[]) AND CASE t.type WHEN 'n' THEN has_database_privilege(r.oid, current_database(), 'CREATE')
                ELSE current_setting('server_version_num')::int >= 180000 END),
       lists AS (
         SELECT m.*, g.defaclacl IS NULL AS by_default,
                coalesce(g.defaclacl, CASE WHEN NOT m.super THEN acldefault(CASE m.type WHEN 'S' THEN 's' ELSE m.type END, m.creator) END, '{}')
                  || coalesce(s.defaclacl, '{}') AS acl
           FROM made AS m
           LEFT JOIN pg_default_acl AS g ON g.defaclrole = m.creator AND g.defaclnamespace = 0 AND g.defaclobjtype = m.type
           LEFT JOIN pg_default_acl AS s ON s.defaclrole = m.creator AND s.defaclnamespace = m.nsp AND m.nsp <> 0 AND s.defaclobjtype = m.type)
       SELECT l.name AS creator, l.type::text AS type, l.schema, e.privilege_type AS privilege, bool_or(e.grantee = 0) AS public,
              bool_and(l.by_default) AS "byDefault",
              coalesce(array_agg(DISTINCT pg_get_userbyid(e.grantee)::text) FILTER (WHERE e.grantee <> 0), '{}') AS roles
         FROM lists AS l CROSS JOIN LATERAL aclexplode(nullif(l.acl, '{}')) AS e
        WHERE e.grantee <> l.creator AND (e.grantee = 0 OR pg_has_role($1::name, e.grantee, 'USAGE'))
           OR NOT l.super AND pg_has_role($1::name, l.creator, 'USAGE')
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
      [subject, creators],
    );
    future.set(
      subject,
      rows.map((row) => ({
        creator: row.creator,
        kind: TYPES[row.type],
        ...(row.schema !== null && { schema: row.schema }),
        privilege: row.privilege,
        via: [
          ...(row.public ? [{ kind: "public", byDefault: row.byDefault } as const] : []),
          ...row.roles.map((role): Via => (role === row.creator ? { kind: "owner", role } : { kind: "role", role })),
        ],
      })),
    );
  }
  return future;
}

/** Who makes objects with privileges on them from the start: all whose ALTER DEFAULT PRIVILEGES are kept, and the owner role. */
export async function readCreators(
  client: Queryable,
  owner: string,
): Promise<{ readonly ordinary: readonly string[]; readonly superusers: readonly string[] }> {
  const { rows } = await client.query<{ creator: string; super: boolean }>(
    `SELECT DISTINCT r.rolname::text AS creator, r.rolsuper AS super
       FROM pg_catalog.pg_default_acl AS a JOIN pg_catalog.pg_roles AS r ON r.oid = a.defaclrole`,
  );
  const of = (superuser: boolean): string[] => rows.filter((row) => row.super === superuser).map((row) => row.creator);
  return { ordinary: [...new Set([owner, ...of(false)])].sort(byCodeUnit), superusers: of(true).sort(byCodeUnit) };
}
