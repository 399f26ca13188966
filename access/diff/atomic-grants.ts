import {
  AccessGraph,
  AccessObject,
  byCodeUnit,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  IdentityNode,
  Provenance,
  rightGrant,
  WorkloadNode,
  workloadName,
} from "../model/graph";
import type { KnownRight, RightVerb } from "../model/known-rights";
import { Lifetime, lifetimeOf } from "../model/lifetime";
import { identityId } from "../model/names";

/**
 * The access graph as a set: who holds which privilege on what, for how long and by which path. Whatever compares or asks
 * does it over this set, never over text, so that two statements that grant the same are the same.
 */

/**
 * An object of the graph, or one of those that no GRANT names: `vault`, to log in to; `policy`, one of the user's own that
 * the identity's token holds; `owner`, the role that sessions act as and that may do all that it owns; `wire`, the network
 * between pods and the database; `identity`, a ServiceAccount as which a workload's pods run.
 */
export type GrantedObject =
  | AccessObject
  | { readonly kind: "vault" }
  | { readonly kind: "policy"; readonly name: string }
  | { readonly kind: "owner"; readonly name: string }
  | { readonly kind: "wire" }
  | { readonly kind: "identity"; readonly name: string };

/**
 * A PostgreSQL privilege, or a word for what no GRANT names: LOGIN to Vault, HOLD a policy, ACT AS the owner role, READ
 * IN TRANSIT what an unencrypted connection carries, IMPERSONATE a server whose certificate nobody checks, RUN AS an
 * identity.
 */
export type GrantedPrivilege = RightVerb | "LOGIN" | "HOLD" | "READ IN TRANSIT" | "IMPERSONATE" | "RUN AS";

/** Who stands between a pod and a database. */
export const NETWORK = "the network";

/** Who has what was looked up in a database that Leasehold did not make. A login is no workload, and is told apart by the word before it. */
function rightHolder({ who }: KnownRight): string {
  return who === "PUBLIC" ? who : `login ${who}`;
}

/** A database, whatever mount it is reached through. */
export interface DatabaseKey {
  readonly instance: string;
  readonly database: string;
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

/** What is on the way from a ServiceAccount to an object, in the order of the chain: names of links, and limits. */
export const LINKS = [
  "auth method",
  "auth role",
  "audience",
  "token keys",
  "auth role is made",
  "policy",
  "mount",
  "database role",
  "connection",
  "Vault's login",
  "group role",
  "schema-wide role",
  "acts as",
  "owner",
  "estate role",
  "connections of a login",
  "live leases",
  "delivered to",
  "pods",
  "starts",
  "demands",
  "runs",
  "runs on",
] as const;

export type PathLink = (typeof LINKS)[number];

/** What stands at each link. Two paths are the same when all links are. */
export type Path = Readonly<Partial<Record<PathLink, readonly string[]>>>;

/** Everything that the graph allows. */
export function atomicGrants(graph: AccessGraph): AtomicGrant[] {
  // An identity that is declared here says more than one that is only named here.
  const declared = <T extends { readonly external: boolean }>(nodes: readonly T[]): T[] => [
    ...nodes.filter(({ external }) => external),
    ...nodes.filter(({ external }) => !external),
  ];
  const identities = new Map(declared(graph.identities).map((identity) => [identityId(identity.key), identity]));
  const databases = new Map(declared(graph.databases).map((database) => [database.mountPath, database]));
  const delivered = new Map<string, DeliveryNode[]>();
  for (const delivery of graph.deliveries) {
    const key = JSON.stringify([delivery.identity, delivery.mountPath]);
    const known = delivered.get(key);
    if (known) known.push(delivery);
    else delivered.set(key, [delivery]);
  }
  const grants: AtomicGrant[] = [];

  for (const identity of graph.identities.filter(({ external }) => !external)) {
    const who = identityId(identity.key);
    const token = {
      who,
      lifetime: lifetimeOf(identity),
      path: identityPath(identity),
      grantedBy: [placeOf(identity)],
      nodes: { identity, deliveries: [] },
    };
    grants.push({ ...token, privilege: "LOGIN", object: { kind: "vault" } });
    for (const name of identity.policies)
      grants.push({ ...token, privilege: "HOLD", object: { kind: "policy", name } });
  }

  for (const edge of graph.edges) {
    const identity = identities.get(edge.identity);
    const node = databases.get(edge.mountPath);
    const deliveries = delivered.get(JSON.stringify([edge.identity, edge.mountPath])) ?? [];
    const held = {
      nodes: { ...(identity && { identity }), edge, ...(node && { database: node }), deliveries },
      who: edge.identity,
      database: { instance: node?.instance ?? "", database: node?.database ?? edge.mountPath },
      lifetime: lifetimeOf(identity ?? { external: true, tokenTtl: 0, tokenMaxTtl: 0 }, edge),
      path: {
        ...(identity ? identityPath(identity) : {}),
        ...edgePath(edge),
        ...(node && { mount: [inNamespace(node, node.mountPath)] }),
        ...(node ? databasePath(node) : {}),
        "delivered to": deliveries.map(({ workload, file }) => `${workload}: ${file}`).sort(byCodeUnit),
      },
    };
    for (const { privilege, object, grantedBy } of edge.grants) grants.push({ ...held, privilege, object, grantedBy });
    if (edge.actsAs !== undefined)
      grants.push({
        ...held,
        privilege: "ACT AS",
        object: { kind: "owner", name: edge.actsAs },
        grantedBy: [placeOf(edge)],
      });
  }

  for (const node of graph.databases) {
    const wire = {
      who: NETWORK,
      database: { instance: node.instance, database: node.database },
      object: { kind: "wire" },
      lifetime: {},
      path: {},
      grantedBy: [placeOf(node)],
      nodes: { database: node, deliveries: [] },
    } as const;
    // libpq's documentation of sslmode: below `require` nothing is promised, below `verify-full` not who answers.
    if (!["require", "verify-ca", "verify-full"].includes(node.sslMode))
      grants.push({ ...wire, privilege: "READ IN TRANSIT" });
    if (node.sslMode !== "verify-full") grants.push({ ...wire, privilege: "IMPERSONATE" });
    for (const right of node.knownRights?.rights ?? [])
      grants.push({
        ...wire,
        who: rightHolder(right),
        privilege: right.privilege as RightVerb,
        object: rightObject(right),
      });
  }
  for (const workload of graph.workloads ?? []) grants.push(...runsAs(workload));
  return grants;
}

/** What a right is on, as the graph has it. */
export function rightObject(right: KnownRight): GrantedObject {
  return right.kind === "role" ? { kind: "owner", name: right.name ?? "" } : rightGrant(right).object;
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

/** A path in Vault, as people tell those of different namespaces apart. */
function inNamespace({ vaultNamespace }: { readonly vaultNamespace?: string }, path: string): string {
  return vaultNamespace === undefined ? path : `${path} in namespace ${vaultNamespace}`;
}

function identityPath(identity: IdentityNode): Path {
  return {
    "auth method": [inNamespace(identity, identity.authPath)],
    "auth role": [identity.authRole],
    audience: [identity.audience],
    "token keys": tokenKeys(identity),
    "auth role is made": [identity.external ? "elsewhere" : "here"],
  };
}

/** By what Vault knows that a token is the cluster's: each key of its issuer. None where it asks the API server. */
function tokenKeys({ tokenIssuer, issuerKeys = ["of another program"] }: IdentityNode): string[] {
  return tokenIssuer === undefined ? [] : issuerKeys.map((key) => `${tokenIssuer}: ${key}`);
}

function databasePath(node: DatabaseNode): Path {
  return {
    connection: [node.connection],
    "Vault's login": [node.vaultLogin],
    owner: [node.owner],
    "estate role": [node.estateRole],
  };
}

function edgePath(edge: EdgeNode): Path {
  return {
    policy: [edge.policy],
    mount: [edge.mountPath],
    "database role": [edge.databaseRole],
    "group role": [edge.groupRole],
    "schema-wide role": [edge.schemaWideRole],
    "acts as": edge.actsAs === undefined ? [] : [edge.actsAs],
    "connections of a login": [String(edge.connectionLimit)],
    "live leases": [String(edge.maxLiveLeases)],
  };
}

/** A stable key of an object, whatever characters its names hold. */
export function grantedKey(object: GrantedObject): string {
  const { kind, schema, name, column } = object as AccessObject;
  return JSON.stringify([kind, schema ?? null, name ?? null, column ?? null]);
}

/**
 * The objects that hold this one, itself first: a column is in its table, a table in all tables of its schema, those to come
 * included. Objects of the same privilege are in each other or apart, so they form a tree.
 */
export function enclosing(object: GrantedObject): GrantedObject[] {
  switch (object.kind) {
    case "column": {
      const { schema, name } = object;
      return [object, { kind: "table", schema, name }, { kind: "table", schema }];
    }
    case "table":
    case "sequence":
    case "function":
      return object.name === undefined ? [object] : [object, { kind: object.kind, schema: object.schema }];
    default:
      return [object];
  }
}
