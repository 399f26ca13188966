import {
  DatabaseKey,
  enclosing,
  GrantedObject,
  grantedKey,
  GrantedPrivilege,
  AtomicGrant,
  atomicGrants,
  Path,
} from "./atoms";
import { AccessGraph, byCodeUnit, Provenance } from "../model/graph";
import { Lifetime, longest } from "../model/lifetime";

/**
 * One privilege of one identity in one database, over the objects that either of two graphs names.
 *
 * Each object stands for its rest: itself without the objects in it that are named too. The rests do not overlap and
 * together they are all that is granted, so what holds of each of them, before and after, is the whole truth.
 */
export interface Track {
  readonly who: string;
  readonly database?: DatabaseKey;
  readonly privilege: GrantedPrivilege;
  readonly cells: readonly Cell[];
}

/** The rest of one object, and how it is held before and after. At least one of them is there. */
export interface Cell {
  readonly object: GrantedObject;
  readonly before?: Held;
  readonly after?: Held;
}

/** How something is held, by all the ways together. */
export interface Held {
  readonly lifetime: Lifetime;
  readonly paths: readonly Path[];
  readonly grantedBy: readonly Provenance[];
  /** What else says who comes in, or how far it reaches, beside names of ours: see `scopeOf`. */
  readonly scopes: readonly string[];
  /** All the ways. */
  readonly ways: readonly AtomicGrant[];
}

/** The tracks of two graphs, in a fixed order. */
export function cellsOf(before: AccessGraph, after: AccessGraph): Track[] {
  const tracks = new Map<string, { first: AtomicGrant; before: AtomicGrant[]; after: AtomicGrant[] }>();
  for (const side of ["before", "after"] as const) {
    for (const holding of atomicGrants(side === "before" ? before : after)) {
      const { who, database, privilege } = holding;
      const key = JSON.stringify([who, database?.instance ?? null, database?.database ?? null, privilege]);
      const track = tracks.get(key) ?? { first: holding, before: [], after: [] };
      track[side].push(holding);
      tracks.set(key, track);
    }
  }
  return [...tracks.keys()].sort(byCodeUnit).map((key) => {
    const {
      first,
      before: old,
      after: now,
    } = tracks.get(key) as { first: AtomicGrant; before: AtomicGrant[]; after: AtomicGrant[] };
    const objects = new Map([...old, ...now].map(({ object }) => [grantedKey(object), object]));
    const [was, is] = [byObject(old), byObject(now)];
    return {
      who: first.who,
      ...(first.database && { database: first.database }),
      privilege: first.privilege,
      cells: [...objects.keys()].sort(byCodeUnit).map((name) => {
        const object = objects.get(name) as GrantedObject;
        const [before, after] = [heldAt(was, object), heldAt(is, object)];
        return { object, ...(before && { before }), ...(after && { after }) };
      }),
    };
  });
}

function byObject(holdings: readonly AtomicGrant[]): Map<string, AtomicGrant[]> {
  const map = new Map<string, AtomicGrant[]>();
  for (const holding of holdings) {
    const key = grantedKey(holding.object);
    const known = map.get(key);
    // Added to in place: a report of a stranger may repeat one grant a hundred thousand times.
    if (known) known.push(holding);
    else map.set(key, [holding]);
  }
  return map;
}

/** How the rest of an object is held: through itself and through whatever encloses it. */
function heldAt(holdings: ReadonlyMap<string, readonly AtomicGrant[]>, object: GrantedObject): Held | undefined {
  const ways = enclosing(object).flatMap((outer) => holdings.get(grantedKey(outer)) ?? []);
  if (ways.length === 0) return undefined;
  // Nearly everything is held in one way.
  if (ways.length === 1) {
    const [{ lifetime, path, grantedBy }] = ways;
    return { lifetime, paths: [path], grantedBy: unique(grantedBy), scopes: [scopeOf(ways[0])], ways };
  }
  return {
    lifetime: ways.map(({ lifetime }) => lifetime).reduce(longest),
    paths: unique(ways.map(({ path }) => path)),
    grantedBy: unique(ways.flatMap(({ grantedBy }) => grantedBy)),
    scopes: [...new Set(ways.map(scopeOf))].sort(byCodeUnit),
    ways,
  };
}

/**
 * Two holdings that the names in the graph make equal are not, when these differ. Who may log in is a ServiceAccount of the
 * cluster behind the auth method, with a token for the audience, whatever the cluster is called here. What is granted on objects to
 * come is granted on those of one owner role. Who runs as an identity is a program, which has versions. Everything else is the same
 * whoever made it.
 */
function scopeOf({ privilege, object, path, program }: AtomicGrant): string {
  if (program !== undefined) return program;
  if (privilege === "LOGIN") return JSON.stringify([path["auth method"], path.audience]);
  const toCome =
    object.kind !== "schema" && object.kind !== "database" && "schema" in object && object.name === undefined;
  return toCome ? JSON.stringify([path.owner]) : WHOLE;
}

/** The scope of what is granted whoever owns it: all others are in it. */
export const WHOLE = "";

/** Without doubles, in a fixed order. */
export function unique<T>(items: readonly T[]): T[] {
  if (items.length <= 1) return [...items];
  const map = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...map.keys()].sort(byCodeUnit).map((key) => map.get(key) as T);
}
