import type { DatabaseKey } from "../../access/diff/granted-object";
import type { DatabaseNode } from "../../access/model/graph";
import type { Declared } from "./declared";
import type { EffectiveFinding } from "./finding";
import type { Catalog, EffectiveAccess, FuturePrivilege } from "./model";

/** One role to compare: what it should be able to do, and what it can. */
export interface Comparison {
  readonly database: DatabaseNode;
  readonly catalog: Catalog;
  readonly declared: Declared;
  readonly effective: EffectiveAccess;
  readonly future: readonly FuturePrivilege[];
}

/** A finding without what all findings of one comparison share. */
type Draft = Omit<EffectiveFinding, "database" | "who" | "privileges"> & { readonly privileges?: readonly string[] };

/** Makes a finding of a comparison. */
export function at({ database, declared }: Comparison, draft: Draft): EffectiveFinding {
  return { privileges: [], ...draft, database: keyOf(database), who: [declared.who] };
}

/** The database as findings name it. */
export function keyOf({ instance, database }: DatabaseNode): DatabaseKey {
  return { instance, database };
}

/** The path of memberships from the subject to a role. */
export function waysOf({ effective }: Comparison): (role: string) => readonly string[] {
  const ways = new Map(effective.memberships.map(({ role, path }) => [role, path]));
  return (role) => ways.get(role) ?? [effective.role, role];
}

/** A login's name is another one each time: findings of two logins of one identity are the same without it. */
export function chain(path: readonly string[]): string {
  return (path.length > 2 ? path.slice(1) : ["the login", path[1]]).join(" → ");
}
