import type { AccessChange } from "../../constructs/access/diff";
import {
  DatabaseKey,
  enclosing,
  GrantedObject,
  grantedKey,
  HeldPrivilege,
  NETWORK,
} from "../../constructs/access/atoms";
import type {
  AccessGraph,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  IdentityNode,
  Provenance,
} from "../../constructs/access/graph";
import { identityId } from "../../constructs/access/names";
import type { Region } from "../../constructs/access/regions";

/** One privilege of somebody on one object, with the nodes of the way to it and with what the diff says about it. */
export interface Atom {
  readonly who: string;
  readonly identity?: IdentityNode;
  readonly edge?: EdgeNode;
  readonly database?: DatabaseNode;
  /** `elsewhere` is what a login may do that another program issues: only its delivery is known here. */
  readonly object: GrantedObject | { readonly kind: "elsewhere" };
  readonly verb: HeldPrivilege;
  readonly by: readonly Provenance[];
  readonly deliveries: readonly DeliveryNode[];
  /** Places in the diff's list of changes. */
  readonly changes: readonly number[];
  /** It was allowed, and is not any more. */
  readonly gone: boolean;
  /** What is shown together: the mount by which it is reached; for what is gone the mount that there is now, if there is one. */
  readonly group: string;
}

type Held = Omit<Atom, "changes" | "gone" | "group">;

/** Rows without changes share it. */
const NONE: readonly number[] = [];

/** Everything that the graph allows, and what it no longer allows that the base did. */
export function atomsOf(graph: AccessGraph, base: AccessGraph | undefined, changes: readonly AccessChange[]): Atom[] {
  const byPlace = new Map<string, number[]>();
  for (const [index, change] of changes.entries()) {
    const key = placeKey(change);
    byPlace.set(key, [...(byPlace.get(key) ?? []), index]);
  }
  const about = (atom: Held, grew: boolean): readonly number[] =>
    changes.length === 0
      ? NONE
      : (byPlace.get(placeKey(atom)) ?? []).filter(
          (index) => (changes[index].verdict === "narrowed") !== grew && concerns(changes[index], atom),
        );

  const now = held(graph).map((atom) => ({
    ...atom,
    changes: about(atom, true),
    gone: false,
    group: atom.edge?.mountPath ?? "",
  }));
  if (!base || changes.length === 0) return now;
  const mounts = new Map(now.flatMap((atom) => (atom.edge ? [[placeKey(atom), atom.edge.mountPath]] : [])));
  const still = new Set(now.map(atomKey));
  const gone = held(base).flatMap((atom) => {
    const lost = about(atom, false);
    if (lost.length === 0 || still.has(atomKey(atom))) return [];
    return [{ ...atom, changes: lost, gone: true, group: mounts.get(placeKey(atom)) ?? atom.edge?.mountPath ?? "" }];
  });
  return [...now, ...gone].sort((a, b) => Number(a.gone) - Number(b.gone));
}

function placeKey({ who, database }: { readonly who: string; readonly database?: DatabaseKey }): string {
  return JSON.stringify([who, database?.instance ?? null, database?.database ?? null]);
}

function atomKey(atom: Held): string {
  return `${placeKey(atom)} ${atom.verb} ${grantedKey(atom.object as GrantedObject)}`;
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

function held(graph: AccessGraph): Held[] {
  const identities = new Map(graph.identities.map((identity) => [identityId(identity.key), identity]));
  const databases = new Map(graph.databases.map((database) => [database.mountPath, database]));
  const delivered = new Map<string, DeliveryNode[]>();
  for (const delivery of graph.deliveries) {
    const key = JSON.stringify([delivery.identity, delivery.mountPath]);
    delivered.set(key, [...(delivered.get(key) ?? []), delivery]);
  }
  const atoms: Held[] = [];

  for (const identity of graph.identities.filter(({ external }) => !external)) {
    const login = { who: identityId(identity.key), identity, by: [identity], deliveries: [] };
    atoms.push({ ...login, verb: "LOGIN", object: { kind: "vault" } });
    for (const name of identity.policies) atoms.push({ ...login, verb: "HOLD", object: { kind: "policy", name } });
  }

  const granted = new Set<string>();
  for (const edge of graph.edges) {
    const key = JSON.stringify([edge.identity, edge.mountPath]);
    granted.add(key);
    const way = {
      who: edge.identity,
      identity: identities.get(edge.identity),
      edge,
      database: databases.get(edge.mountPath),
      deliveries: delivered.get(key) ?? [],
    };
    for (const { object, privilege, grantedBy } of edge.grants)
      atoms.push({ ...way, verb: privilege, object, by: grantedBy });
    if (edge.actsAs !== undefined)
      atoms.push({ ...way, verb: "ACT AS", object: { kind: "owner", name: edge.actsAs }, by: [edge] });
  }

  for (const [key, deliveries] of delivered) {
    if (granted.has(key)) continue;
    const { identity: who, mountPath } = deliveries[0];
    const way = { who, identity: identities.get(who), database: databases.get(mountPath), deliveries };
    atoms.push({ ...way, verb: "LOGIN", object: { kind: "elsewhere" }, by: deliveries });
  }

  for (const database of graph.databases) {
    const wire = { who: NETWORK, database, object: { kind: "wire" } as const, by: [database], deliveries: [] };
    // The same rule as the diff's: below `require` nothing is promised, below `verify-full` not who answers.
    if (!["require", "verify-ca", "verify-full"].includes(database.sslMode))
      atoms.push({ ...wire, verb: "READ IN TRANSIT" });
    if (database.sslMode !== "verify-full") atoms.push({ ...wire, verb: "IMPERSONATE" });
  }
  return atoms;
}
