import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { EffectiveKind, EffectivePrivilege, Queryable, sqlName, sqlObject } from "../effective/model";
import { readPrivileges } from "../effective/privileges";
import { roleOid, serverVersion } from "../effective/read";
import type { OwnRoles } from "./own-roles";

/** Kinds that the program grants on to nobody. */
const NEVER_GRANTED: readonly EffectiveKind[] = [
  "language",
  "large object",
  "tablespace",
  "foreign-data wrapper",
  "foreign server",
  "parameter",
];

const OF_POSTGRESQL = new Set(["pg_catalog", "information_schema", "pg_toast"]);

/**
 * What the owner role and Terraform's login were granted beside the schemas of the database: PostgreSQL's own functions and catalogs, languages, parameters and
 * the like. What they may do in the database is what they are for. Groups, Vault's login and the estate are compared with the graph as a whole.
 */
export async function findOwnGrants(
  client: Queryable,
  database: DatabaseNode,
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  const version = await serverVersion(client);
  const { rows } = await client.query<{ role: string }>(
    "SELECT r.rolname::text AS role FROM pg_roles AS r WHERE r.rolname = ANY ($1::text[]) AND NOT r.rolsuper ORDER BY 1",
    [[...new Set([own.owner, ...own.admins])]],
  );
  const findings: EffectiveFinding[] = [];
  for (const { role } of rows) {
    const held = await readPrivileges(client, { oid: await roleOid(client, role), powers: [] }, version);
    findings.push(...held.filter((one) => isForeign(one, role)).map((one) => finding(database, role, one)));
  }
  return findings;
}

function isForeign({ object: { kind, schema }, via }: EffectivePrivilege, role: string): boolean {
  return (
    (NEVER_GRANTED.includes(kind) || (schema !== undefined && OF_POSTGRESQL.has(schema))) &&
    via.some((source) => source.kind === "role" && source.role === role)
  );
}

function finding(
  database: DatabaseNode,
  role: string,
  { object, privilege, grantable }: EffectivePrivilege,
): EffectiveFinding {
  const verb = object.kind === "column" ? `${privilege} (${sqlName(object.column as string)})` : privilege;
  return {
    code: "direct-privilege",
    severity: "error",
    database: keyOf(database),
    who: [role],
    object,
    privileges: [privilege],
    declared: "nothing: the program grants it nothing beside the schemas of the database",
    effective: `${privilege}${grantable ? ", which it may grant to others" : ""}`,
    why: "somebody granted it: whoever acts as the role, a migration or Terraform for one, has it",
    fix: `REVOKE ${verb} ON ${sqlObject(object)} FROM ${sqlName(role)}`,
  };
}
