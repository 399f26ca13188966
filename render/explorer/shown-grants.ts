import type { AccessChange } from "../../access/diff/diff";
import { AtomicGrant, givings } from "../../access/diff/atomic-grants";
import { DatabaseKey, enclosing, GrantedObject, grantedKey, GrantedPrivilege } from "../../access/diff/granted-object";
import type { AccessGraph, Provenance } from "../../access/model/graph";
import { edgeKey } from "../../access/model/deliveries";
import { groupBy, listsBy } from "../../access/model/lists-by";
import { identityId } from "../../access/model/names";
import type { Region } from "../../access/diff/regions";

/** One privilege of somebody on one object, with the way to it and with what the diff says about it. */
export interface ShownGrant {
  readonly who: string;
  /** The way to it: what grants of one edge have in common is one object. */
  readonly nodes: AtomicGrant["nodes"];
  /** `elsewhere` stands for all that a login of another program may do: only its delivery is known here. */
  readonly object: GrantedObject | { readonly kind: "elsewhere" };
  readonly verb: GrantedPrivilege;
  readonly by: readonly Provenance[];
  /** Places in the diff's list of changes. */
  readonly changes: readonly number[];
  /** It was allowed, and is not any more. */
  readonly gone: boolean;
  /**
   * Grants of one group are shown together. It is the mount by which they are reached; for one that is gone, the mount
   * that there is now, if there is one.
   */
  readonly group: string;
}

type Held = Omit<ShownGrant, "changes" | "gone" | "group">;

/** Rows without changes share this list. */
const NONE: readonly number[] = [];

/** What somebody holds. Nothing is made of it before it is asked for: a large program has a hundred thousand grants. */
type Made<T> = () => readonly T[];

/** Everything that the graph allows, and what it no longer allows that the base did: of each holder. */
export function shownGrants(
  graph: AccessGraph,
  base: AccessGraph | undefined,
  changes: readonly AccessChange[],
): Map<string, Made<ShownGrant>> {
  const byPlace = listsBy(changes.keys(), (index) => placeKey(changes[index].who, changes[index].database));
  const changing = new Set(changes.map(({ who }) => who));
  const about = (grant: Held, grew: boolean): readonly number[] =>
    (byPlace.get(placeKey(grant.who, grant.nodes.database)) ?? []).filter(
      (index) => (changes[index].verdict === "narrowed") !== grew && concerns(changes[index], grant),
    );

  const now = heldBy(graph);
  const before = base && changes.length > 0 ? heldBy(base) : new Map<string, Made<Held>>();
  const holders = [...now.keys(), ...[...before.keys()].filter((who) => changing.has(who))];
  return new Map(
    holders.map((who) => {
      const changed = changing.has(who);
      const [is, was] = [now.get(who) ?? NOTHING, (changed && before.get(who)) || NOTHING];
      return [who, () => together(is(), was(), changed ? about : () => NONE)];
    }),
  );
}

const NOTHING: Made<Held> = () => [];

/** What one holder has, and then what is gone of what it had. */
function together(
  held: readonly Held[],
  before: readonly Held[],
  about: (grant: Held, grew: boolean) => readonly number[],
): ShownGrant[] {
  const now = held.map((grant) => shown(grant, about(grant, true), false, grant.nodes.edge?.mountPath ?? ""));
  if (before.length === 0) return now;
  const mounts = new Map(
    now.flatMap((grant) =>
      grant.nodes.edge ? [[placeKey(grant.who, grant.nodes.database), grant.nodes.edge.mountPath]] : [],
    ),
  );
  const still = new Set(now.map(grantKey));
  const gone = before.flatMap((grant) => {
    const lost = about(grant, false);
    if (lost.length === 0 || still.has(grantKey(grant))) return [];
    const { edge, database } = grant.nodes;
    return [shown(grant, lost, true, mounts.get(placeKey(grant.who, database)) ?? edge?.mountPath ?? "")];
  });
  return [...now, ...gone];
}

/** Written out: a key that follows a spread makes V8 give each object a class of its own. */
function shown(
  { who, nodes, object, verb, by }: Held,
  changes: readonly number[],
  gone: boolean,
  group: string,
): ShownGrant {
  return { who, nodes, object, verb, by, changes, gone, group };
}

function placeKey(who: string, database: DatabaseKey | undefined): string {
  return JSON.stringify([who, database?.instance ?? null, database?.database ?? null]);
}

function grantKey(grant: Held): string {
  return `${placeKey(grant.who, grant.nodes.database)} ${grant.verb} ${grantedKey(grant.object as GrantedObject)}`;
}

function concerns(change: AccessChange, { verb, object }: Held): boolean {
  if (object.kind === "elsewhere") return false;
  if (change.privileges.length === 0) return true;
  return change.privileges.includes(verb) && change.on.some((region) => isWithin(object, region));
}

function isWithin(object: GrantedObject, { object: outer, except }: Region): boolean {
  const around = new Set(enclosing(object).map(grantedKey));
  return around.has(grantedKey(outer)) && !except.some((left) => around.has(grantedKey(left)));
}

/** What the graph allows each holder, and the logins that are only delivered from here: another program grants them. */
function heldBy(graph: AccessGraph): Map<string, Made<Held>> {
  const edges = new Set(graph.edges.map(edgeKey));
  const elsewhere = groupBy(
    graph.deliveries.filter((delivery) => !edges.has(edgeKey(delivery))),
    edgeKey,
  );
  const identities = new Map(graph.identities.map((identity) => [identityId(identity.key), identity]));
  const databases = new Map(graph.databases.map((database) => [database.mountPath, database]));
  const all = [
    // Left out: who runs as whom, which is in the list of changes and in `access.md`.
    ...givings({ ...graph, workloads: [] }).map(({ who, grants }) => ({ who, held: () => heldOf(grants()) })),
    ...elsewhere.map((deliveries) => {
      const { identity: who, mountPath } = deliveries[0];
      const nodes = { identity: identities.get(who), database: databases.get(mountPath), deliveries };
      const held: Held = { who, nodes, verb: "LOGIN", object: { kind: "elsewhere" }, by: deliveries };
      return { who, held: () => [held] };
    }),
  ];
  return new Map(
    [...listsBy(all, ({ who }) => who)].map(([who, some]) => [who, () => some.flatMap(({ held }) => held())]),
  );
}

function heldOf(grants: readonly AtomicGrant[]): Held[] {
  // Left out: what PUBLIC and owners may do in a database that Leasehold did not make, which is a list of its own.
  return grants
    .filter(({ object, nodes }) => object.kind === "wire" || nodes.database === undefined || nodes.edge !== undefined)
    .map(({ who, object, privilege, grantedBy, nodes }) => ({ who, nodes, object, verb: privilege, by: grantedBy }));
}
