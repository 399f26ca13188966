import type { Catalog, CatalogFunction, CatalogRelation, EffectiveAccess, Queryable } from "./model";
import { readPrivileges } from "./privileges";
import {
  ATTRIBUTES,
  readBypassed,
  readDefinerFunctions,
  readInheritedRows,
  readMemberships,
  readOwnerRightsViews,
} from "./reach";

/** Predefined roles that give privileges which no list of an object shows (PostgreSQL manual, 22.5). */
const POWERS = ["pg_read_all_data", "pg_write_all_data", "pg_maintain", "pg_database_owner"];

/**
 * Sets a session up for reading: no name is looked up where a migration may have planted another one, nothing is written.
 *
 * A snapshot of the whole, so that what is read fits together while somebody else changes it.
 */
export async function beginReading(client: Queryable): Promise<number> {
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  await client.query("SET LOCAL search_path = pg_catalog, pg_temp");
  return serverVersion(client);
}

/** Ends what `beginReading` began. */
export async function endReading(client: Queryable): Promise<void> {
  await client.query("ROLLBACK");
}

/** `180001`. */
export async function serverVersion(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT pg_catalog.current_setting('server_version_num')::int AS version",
  );
  return rows[0].version;
}

/** A role's OID. @throws when there is no such role */
export async function roleOid(client: Queryable, role: string): Promise<number> {
  const { rows } = await client.query<{ oid: string }>("SELECT oid::text FROM pg_catalog.pg_roles WHERE rolname = $1", [
    role,
  ]);
  if (rows.length === 0) throw new Error(`there is no role ${JSON.stringify(role)}`);
  return Number(rows[0].oid);
}

/**
 * Everything that a role can do in the database of this connection, after `beginReading`.
 *
 * @throws when there is no such role
 */
export async function readEffective(client: Queryable, role: string): Promise<EffectiveAccess> {
  const version = await serverVersion(client);
  const oid = await roleOid(client, role);
  const { rows } = await client.query<{ attributes: string[] }>(
    `SELECT ${ATTRIBUTES} AS attributes FROM pg_roles AS r WHERE r.oid = $1::oid`,
    [oid],
  );
  const { attributes } = rows[0];
  const memberships = await readMemberships(client, oid, version);
  const inherited = memberships.filter((membership) => membership.inherited).map((membership) => membership.role);
  const powers = attributes.includes("SUPERUSER") ? ["SUPERUSER"] : inherited.filter((name) => POWERS.includes(name));
  return {
    role,
    attributes,
    memberships,
    privileges: await readPrivileges(client, { oid, powers }, version),
    definerFunctions: await readDefinerFunctions(client, oid),
    views: await readOwnerRightsViews(client, oid),
    inherited: await readInheritedRows(client, oid),
    bypassed: await readBypassed(client, oid),
  };
}

/** What there is to grant on, after `beginReading`. */
export async function readCatalog(client: Queryable): Promise<Catalog> {
  const { rows: names } = await client.query<{ database: string }>("SELECT current_database()::text AS database");
  const { rows: schemas } = await client.query<{ schema: string; owner: string }>(
    `SELECT nspname::text AS schema, pg_get_userbyid(nspowner)::text AS owner FROM pg_namespace
      WHERE nspname !~ '^pg_(toast|temp_|toast_temp_)' ORDER BY 1`,
  );
  const { rows: relations } = await client.query<CatalogRelation>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name, CASE WHEN c.relkind = 'S' THEN 'sequence' ELSE 'table' END AS kind,
            pg_get_userbyid(c.relowner)::text AS owner,
            ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   ORDER BY a.attnum) AS columns
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
      ORDER BY 1, 2`,
  );
  const { rows: functions } = await client.query<CatalogFunction>(
    `SELECT n.nspname::text AS schema, f.proname::text AS name, oidvectortypes(f.proargtypes) AS args, f.prokind = 'p' AS procedure,
            pg_get_userbyid(f.proowner)::text AS owner
       FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
      ORDER BY 1, 2, 3`,
  );
  return {
    database: names[0].database,
    schemas: new Map(schemas.map(({ schema, owner }) => [schema, owner])),
    relations,
    functions,
  };
}
