import type { DatabaseNode, EdgeNode } from "../../access/model/graph";

/** The roles that the graph explains in one database, by what each may be. Nothing here is learned from the live system. */
export interface OwnRoles {
  readonly groups: readonly string[];
  /** Roles that hold grants on whole schemas, also of identities that another program declares. */
  readonly wide: readonly string[];
  readonly owner: string;
  /** The estate role: it gets what ended logins owned. */
  readonly estate: string;
  /** Vault's own login. */
  readonly login: string;
  /** Terraform's login. None where the report does not say it. */
  readonly admins: readonly string[];
  /** All of them. */
  readonly all: readonly string[];
  /** Those that nobody logs in as. */
  readonly passive: readonly string[];
}

export function ownRolesOf(database: DatabaseNode, edges: readonly EdgeNode[]): OwnRoles {
  const groups = edges.map(({ groupRole }) => groupRole);
  const wide = edges.map(({ schemaWideRole }) => schemaWideRole);
  const { estateRole: estate, vaultLogin: login } = database;
  const admins = database.admin === undefined ? [] : [database.admin];
  const passive = [...groups, ...wide, estate, database.owner].filter((role) => !admins.includes(role));
  return { groups, wide, owner: database.owner, estate, login, admins, passive, all: [...passive, login, ...admins] };
}

/** SQL: the role `r` says that it is a lease of this database. Its comment can be forged: `leases.ts` judges those that say so. */
export const IS_LEASE_HERE = `coalesce(starts_with(shobj_description(r.oid, 'pg_authid'),
  '{"lease":1,"database":' || to_json(current_database()::text)::text || ',"group":'), false)`;
