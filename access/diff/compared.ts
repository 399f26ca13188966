import { AtomicGrant, atomicGrants } from "./atomic-grants";
import { DatabaseKey, enclosing, GrantedObject, grantedKey, GrantedPrivilege } from "./granted-object";
import { Path } from "./path";
import { AccessGraph, byCodeUnit, Provenance } from "../model/graph";
import { Lifetime, longest } from "../model/lifetime";
import { listsBy } from "../model/lists-by";

/**
 * One privilege of one identity in one database, over the objects that either of two graphs names.
 *
 * Each object is one part: itself without the objects in it that are named too. A table whose column is named is a part without that
 * column. The parts do not overlap, and together they are all that is granted. So what is compared part by part is compared whole.
 */
export interface ComparedPrivilege {
  readonly who: string;
  readonly database?: DatabaseKey;
  readonly privilege: GrantedPrivilege;
  readonly parts: readonly ComparedPart[];
}

/** One part, and how it is held before and after. At least one of the two is there. */
export interface ComparedPart {
  readonly object: GrantedObject;
  readonly before?: Held;
  readonly after?: Held;
}

/** How something is held, by all the ways together. */
export interface Held {
  readonly lifetime: Lifetime;
  readonly paths: readonly Path[];
  readonly grantedBy: readonly Provenance[];
  /** What decides who gets in, or how far the access reaches, and is not a name in the graph: see `scopesOf`. */
  readonly scopes: readonly string[];
  /** All the ways. */
  readonly ways: readonly AtomicGrant[];
}

/** The privileges that either graph has, in a fixed order. */
export function comparedPrivileges(before: AccessGraph, after: AccessGraph): ComparedPrivilege[] {
  const entries = new Map<string, { first: AtomicGrant; before: AtomicGrant[]; after: AtomicGrant[] }>();
  for (const side of ["before", "after"] as const) {
    for (const holding of atomicGrants(side === "before" ? before : after)) {
      const { who, database, privilege } = holding;
      const key = JSON.stringify([who, database?.instance ?? null, database?.database ?? null, privilege]);
      const entry = entries.get(key) ?? { first: holding, before: [], after: [] };
      entry[side].push(holding);
      entries.set(key, entry);
    }
  }
  return [...entries.keys()].sort(byCodeUnit).map((key) => {
    const {
      first,
      before: old,
      after: now,
    } = entries.get(key) as { first: AtomicGrant; before: AtomicGrant[]; after: AtomicGrant[] };
    const objects = new Map([...old, ...now].map(({ object }) => [grantedKey(object), object]));
    const [was, is] = [byObject(old), byObject(now)];
    return {
      who: first.who,
      ...(first.database && { database: first.database }),
      privilege: first.privilege,
      parts: [...objects.keys()].sort(byCodeUnit).map((name) => {
        const object = objects.get(name) as GrantedObject;
        const [before, after] = [heldAt(was, object), heldAt(is, object)];
        return { object, ...(before && { before }), ...(after && { after }) };
      }),
    };
  });
}

function byObject(holdings: readonly AtomicGrant[]): Map<string, AtomicGrant[]> {
  return listsBy(holdings, ({ object }) => grantedKey(object));
}

/** How a part is held: through its object itself and through whatever encloses it. */
function heldAt(holdings: ReadonlyMap<string, readonly AtomicGrant[]>, object: GrantedObject): Held | undefined {
  const ways = enclosing(object).flatMap((outer) => holdings.get(grantedKey(outer)) ?? []);
  if (ways.length === 0) return undefined;
  // Nearly everything is held in one way.
  if (ways.length === 1) {
    const [{ lifetime, path, grantedBy }] = ways;
    return { lifetime, paths: [path], grantedBy: unique(grantedBy), scopes: scopesOf(ways[0]), ways };
  }
  return {
    lifetime: ways.map(({ lifetime }) => lifetime).reduce(longest),
    paths: unique(ways.map(({ path }) => path)),
    grantedBy: unique(ways.flatMap(({ grantedBy }) => grantedBy)),
    scopes: [...new Set(ways.flatMap(scopesOf))].sort(byCodeUnit),
    ways,
  };
}

/**
 * Two grants may have the same names in the graph and still allow different things. Their scopes tell them apart. A
 * login to Vault depends on the auth method and the audience: another auth method may belong to another cluster,
 * whatever it is called here. Where Vault asks no API server, it also depends on the keys by which Vault knows the
 * cluster's tokens: each key lets somebody in. A grant on objects to come depends on the owner role: it covers what
 * that role makes. Of a workload its scopes say who comes in by it. For all other grants the
 * names are enough.
 */
function scopesOf({ privilege, object, path, comers }: AtomicGrant): string[] {
  if (comers) return [...comers].sort(byCodeUnit);
  if (privilege === "LOGIN") {
    const method = [path["auth method"], path.audience];
    const keys = path["token keys"] ?? [];
    return keys.length === 0
      ? [JSON.stringify(method)]
      : keys.map((key) => JSON.stringify([...method, key])).sort(byCodeUnit);
  }
  const toCome =
    object.kind !== "schema" && object.kind !== "database" && "schema" in object && object.name === undefined;
  return [toCome ? JSON.stringify([path.owner]) : WHOLE];
}

/** The scope of a grant that holds whoever owns the object. It includes every other scope. */
export const WHOLE = "";

/** Without doubles, in a fixed order. */
export function unique<T>(items: readonly T[]): T[] {
  // Ways through one edge share what stands there.
  const distinct = [...new Set(items)];
  if (distinct.length <= 1) return distinct;
  const map = new Map(distinct.map((item) => [JSON.stringify(item), item]));
  return [...map.keys()].sort(byCodeUnit).map((key) => map.get(key) as T);
}
