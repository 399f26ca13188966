import type { AccessChange } from "../../access/diff/diff";
import { atomicGrants } from "../../access/diff/atomic-grants";
import { DatabaseKey, enclosing, GrantedObject, grantedKey, GrantedPrivilege } from "../../access/diff/granted-object";
import type {
  AccessGraph,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  IdentityNode,
  Provenance,
} from "../../access/model/graph";
import { edgeKey } from "../../access/model/deliveries";
import { groupBy, listsBy } from "../../access/model/lists-by";
import { identityId } from "../../access/model/names";
import type { Region } from "../../access/diff/regions";

/** One privilege of somebody on one object, with the nodes of the way to it and with what the diff says about it. */
export interface ShownGrant {
  readonly who: string;
  readonly identity?: IdentityNode;
  readonly edge?: EdgeNode;
  readonly database?: DatabaseNode;
  /** `elsewhere` stands for all that a login of another program may do: only its delivery is known here. */
  readonly object: GrantedObject | { readonly kind: "elsewhere" };
  readonly verb: GrantedPrivilege;
  readonly by: readonly Provenance[];
  readonly deliveries: readonly DeliveryNode[];
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

/** Everything that the graph allows, and what it no longer allows that the base did. */
export function shownGrants(
  graph: AccessGraph,
  base: AccessGraph | undefined,
  changes: readonly AccessChange[],
): ShownGrant[] {
  const byPlace = listsBy(changes.keys(), (index) => placeKey(changes[index]));
  const about = (grant: Held, grew: boolean): readonly number[] =>
    changes.length === 0
      ? NONE
      : (byPlace.get(placeKey(grant)) ?? []).filter(
          (index) => (changes[index].verdict === "narrowed") !== grew && concerns(changes[index], grant),
        );

  const now = held(graph).map((grant) => ({
    ...grant,
    changes: about(grant, true),
    gone: false,
    group: grant.edge?.mountPath ?? "",
  }));
  if (!base || changes.length === 0) return now;
  const mounts = new Map(now.flatMap((grant) => (grant.edge ? [[placeKey(grant), grant.edge.mountPath]] : [])));
  const still = new Set(now.map(grantKey));
  const gone = held(base).flatMap((grant) => {
    const lost = about(grant, false);
    if (lost.length === 0 || still.has(grantKey(grant))) return [];
    return [{ ...grant, changes: lost, gone: true, group: mounts.get(placeKey(grant)) ?? grant.edge?.mountPath ?? "" }];
  });
  return [...now, ...gone].sort((a, b) => Number(a.gone) - Number(b.gone));
}

function placeKey({ who, database }: { readonly who: string; readonly database?: DatabaseKey }): string {
  return JSON.stringify([who, database?.instance ?? null, database?.database ?? null]);
}

function grantKey(grant: Held): string {
  return `${placeKey(grant)} ${grant.verb} ${grantedKey(grant.object as GrantedObject)}`;
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

/** What the graph allows, and the logins that are only delivered from here: another program grants them. */
function held(graph: AccessGraph): Held[] {
  // Left out: who runs as whom, which is in the list of changes and in `access.md`; and what PUBLIC and owners may do
  // in a database that Leasehold did not make, which is a list of its own.
  const ways = atomicGrants(graph).filter(
    ({ privilege, object, nodes }) =>
      privilege !== "RUN AS" && (object.kind === "wire" || nodes.database === undefined || nodes.edge !== undefined),
  );
  const granted = ways.map(({ who, object, privilege, grantedBy, nodes }) => ({
    ...nodes,
    who,
    object,
    verb: privilege,
    by: grantedBy,
  }));
  const edges = new Set(graph.edges.map(edgeKey));
  const elsewhere = groupBy(
    graph.deliveries.filter((delivery) => !edges.has(edgeKey(delivery))),
    edgeKey,
  );
  const identities = new Map(graph.identities.map((identity) => [identityId(identity.key), identity]));
  const databases = new Map(graph.databases.map((database) => [database.mountPath, database]));
  return [
    ...granted,
    ...elsewhere.map((deliveries): Held => {
      const { identity: who, mountPath } = deliveries[0];
      const way = { who, identity: identities.get(who), database: databases.get(mountPath), deliveries };
      return { ...way, verb: "LOGIN", object: { kind: "elsewhere" }, by: deliveries };
    }),
  ];
}
