import {
  AccessGraph,
  byCodeUnit,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  IdentityNode,
  Provenance,
  WorkloadNode,
  workloadName,
} from "../model/graph";
import type { KnownRight, RightVerb } from "../model/known-rights";
import { deliveriesByEdge, edgeKey } from "../model/deliveries";
import { Lifetime, lifetimeOf } from "../model/lifetime";
import { identityId } from "../model/names";
import { DatabaseKey, GrantedObject, GrantedPrivilege, rightObject } from "./granted-object";
import { databasePath, edgePath, identityPath, inNamespace, Path } from "./path";

/**
 * The access graph as a set: who holds which privilege on what, for how long and by which path. Whatever compares or asks
 * does it over this set, never over text, so that two statements that grant the same are the same.
 */

/** Who stands between a pod and a database. */
export const NETWORK = "the network";

/** Who has what was looked up in a database that Leasehold did not make. A login is no workload, and is told apart by the word before it. */
function rightHolder({ who }: KnownRight): string {
  return who === "PUBLIC" ? who : `login ${who}`;
}

/** One privilege that somebody holds on an object and on all that is in it. */
export interface AtomicGrant {
  /** `cluster/namespace/serviceAccount`; `NETWORK`; a workload, as `workloadName` has it; `PUBLIC`; `login <name>`. */
  readonly who: string;
  readonly database?: DatabaseKey;
  readonly privilege: GrantedPrivilege;
  readonly object: GrantedObject;
  readonly lifetime: Lifetime;
  /** The names of the links that lead there, and the limits on the way. */
  readonly path: Path;
  readonly grantedBy: readonly Provenance[];
  /** With RUN AS: who comes in so. More of it is growth: see `comersOf`. */
  readonly comers?: readonly string[];
  /** What of the graph the way leads through. */
  readonly nodes: {
    readonly identity?: IdentityNode;
    readonly edge?: EdgeNode;
    readonly database?: DatabaseNode;
    readonly deliveries: readonly DeliveryNode[];
  };
}

/** What a node of the graph gives to whom. The grants are made when they are asked for: of a large program there are too many for one time. */
export interface Giving {
  readonly who: string;
  readonly grants: () => readonly AtomicGrant[];
}

/** Everything that the graph allows. */
export function atomicGrants(graph: AccessGraph): AtomicGrant[] {
  return givings(graph).flatMap(({ grants }) => grants());
}

/** The same, not made yet. */
export function givings(graph: AccessGraph): Giving[] {
  const identities = new Map(ownLast(graph.identities).map((identity) => [identityId(identity.key), identity]));
  const databases = new Map(ownLast(graph.databases).map((database) => [database.mountPath, database]));
  const deliveries = deliveriesByEdge(graph.deliveries);
  return [
    ...graph.identities
      .filter(({ external }) => !external)
      .map((identity) => ({ who: identityId(identity.key), grants: () => ofToken(identity) })),
    ...graph.edges.map((edge) => ({
      who: edge.identity,
      grants: () =>
        ofEdge(edge, {
          identity: identities.get(edge.identity),
          database: databases.get(edge.mountPath),
          deliveries: deliveries.get(edgeKey(edge)) ?? [],
        }),
    })),
    ...graph.databases.flatMap((node) => [
      { who: NETWORK, grants: () => ofNetwork(node) },
      ...(node.knownRights?.rights ?? []).map((right) => ({
        who: rightHolder(right),
        grants: () => [ofRight(right, node)],
      })),
    ]),
    ...(graph.workloads ?? []).map((workload) => ({ who: workloadName(workload), grants: () => runsAs(workload) })),
  ];
}

/** Those of this program last: a node that is declared here says more than one that is only named here, and wins. */
function ownLast<T extends { readonly external: boolean }>(nodes: readonly T[]): T[] {
  return [...nodes.filter(({ external }) => external), ...nodes.filter(({ external }) => !external)];
}

/** What the Vault token of an identity may do, whatever it is granted. */
function ofToken(identity: IdentityNode): AtomicGrant[] {
  const who = identityId(identity.key);
  const lifetime = lifetimeOf(identity);
  const path = identityPath(identity);
  const grantedBy = [placeOf(identity)];
  const nodes = { identity, deliveries: [] };
  const held = (privilege: GrantedPrivilege, object: GrantedObject): AtomicGrant => {
    return { who, privilege, object, lifetime, path, grantedBy, nodes };
  };
  return [held("LOGIN", { kind: "vault" }), ...identity.policies.map((name) => held("HOLD", { kind: "policy", name }))];
}

/** What an identity may do in a database. */
function ofEdge(edge: EdgeNode, around: Omit<AtomicGrant["nodes"], "edge">): AtomicGrant[] {
  const { identity, database: node, deliveries } = around;
  const nodes = { identity, edge, database: node, deliveries };
  const who = edge.identity;
  const database = { instance: node?.instance ?? "", database: node?.database ?? edge.mountPath };
  const lifetime = lifetimeOf(identity ?? { external: true, tokenTtl: 0, tokenMaxTtl: 0 }, edge);
  const path: Path = Object.assign(identity ? identityPath(identity) : {}, edgePath(edge), node && mountOf(node), {
    "delivered to": deliveries.map(({ workload, file }) => `${workload}: ${file}`).sort(byCodeUnit),
  });
  // Written out: a key that follows a spread makes V8 give each object a class of its own, and there are a hundred thousand.
  const held = (privilege: GrantedPrivilege, object: GrantedObject, grantedBy: readonly Provenance[]): AtomicGrant => ({
    who,
    database,
    privilege,
    object,
    lifetime,
    path,
    grantedBy,
    nodes,
  });
  const grants = edge.grants.map(({ privilege, object, grantedBy }) => held(privilege, object, grantedBy));
  if (edge.actsAs !== undefined) grants.push(held("ACT AS", { kind: "owner", name: edge.actsAs }, [placeOf(edge)]));
  return grants;
}

function mountOf(node: DatabaseNode): Path {
  return { mount: [inNamespace(node, node.mountPath)], ...databasePath(node) };
}

/** What the network may do between pods and a database. */
function ofNetwork(node: DatabaseNode): AtomicGrant[] {
  const wire = { ...withoutIdentity(node), who: NETWORK, object: { kind: "wire" } } as const;
  // libpq's documentation of sslmode: below `require` nothing is promised, below `verify-full` not who answers.
  const readable = !["require", "verify-ca", "verify-full"].includes(node.sslMode);
  return [
    ...(readable ? [{ ...wire, privilege: "READ IN TRANSIT" } as const] : []),
    ...(node.sslMode === "verify-full" ? [] : [{ ...wire, privilege: "IMPERSONATE" } as const]),
  ];
}

/** A right that was looked up in a database. */
function ofRight(right: KnownRight, node: DatabaseNode): AtomicGrant {
  return {
    ...withoutIdentity(node),
    who: rightHolder(right),
    privilege: right.privilege as RightVerb,
    object: rightObject(right),
  };
}

/** What somebody holds in a database by no login that Vault issues. */
function withoutIdentity(node: DatabaseNode): Omit<AtomicGrant, "who" | "privilege" | "object"> {
  return {
    database: { instance: node.instance, database: node.database },
    lifetime: {},
    path: {},
    grantedBy: [placeOf(node)],
    nodes: { database: node, deliveries: [] },
  };
}

/**
 * Whoever runs as an identity may do all that it may: that is access of its own, with or without a credential. Each container is
 * a way to it: all of a pod see its logins.
 */
function runsAs(workload: WorkloadNode): AtomicGrant[] {
  const { containers = [], placement, pods, starts, demands = [] } = workload;
  const held = {
    who: workloadName(workload),
    privilege: "RUN AS",
    object: { kind: "identity", name: workload.identity },
    lifetime: {},
    grantedBy: [placeOf(workload)],
    nodes: { deliveries: [] },
  } as const;
  const path: Path = {
    pods: [pods === 0 ? "stopped" : "running"],
    starts: starts === undefined ? [] : [starts],
    demands: demands.map(({ name, says }) => `${name} ${says.slice(0, 12)}`),
    "runs on": placement === undefined ? [] : [placement.slice(0, 12)],
  };
  if (containers.length === 0) return [{ ...held, path, comers: comersOf(workload, [UNKNOWN_PROGRAM]) }];
  return containers.map(({ name, image = UNKNOWN_IMAGE, runs, init }) => ({
    ...held,
    path: { ...path, runs: [[...(init ? ["before all:"] : []), name, image, runs.slice(0, 12)].join(" ")] },
    comers: comersOf(workload, [JSON.stringify([repositoryOf(image), init ?? false])]),
  }));
}

/**
 * Who comes in by a workload: its programs, whatever version of them, with what its owner must write into the pods beyond what the graph
 * explains. A workload without pods lets in less than one that runs: somebody may start it, and nobody has yet.
 */
function comersOf({ pods, demands = [] }: WorkloadNode, programs: readonly string[]): string[] {
  return [
    ...programs,
    ...demands.filter(({ opens }) => opens).map(({ name, says }) => JSON.stringify(["demand", name, says])),
    ...(pods === 0 ? [] : ["running"]),
  ];
}

const UNKNOWN_PROGRAM = "unknown";

const UNKNOWN_IMAGE = "(image known at apply)";

/** Whose program an image is: the same repository at another tag or digest is another version of it. */
function repositoryOf(image: string): string {
  return image.replace(/@[^/]*$/, "").replace(/:[^/:]*$/, "");
}

export function placeOf({ path, source }: Provenance): Provenance {
  return source === undefined ? { path } : { path, source };
}
