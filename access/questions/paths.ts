import { Extent, extentOf, ObjectQuestion } from "./coverage";
import {
  AccessGraph,
  databaseId,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  GrantNode,
  IdentityNode,
  rightGrant,
  unknownRights,
} from "../model/graph";
import { Lifetime, lifetimeOf } from "../model/lifetime";
import { EVERYONE, identitiesOf } from "./mentions";
import type { KnownRight } from "../model/known-rights";
import { identityId } from "../model/names";
import { ReportError } from "../report/parse-report";
import { matchesDatabase, ObjectPattern, WorkloadPattern } from "./pattern";

/**
 * One privilege of one identity on one object, with the whole way to it: ServiceAccount, auth role, policy, database
 * role, lease function, group role, grant.
 */
export interface AccessPath {
  readonly identity: IdentityNode;
  readonly edge: EdgeNode;
  readonly database: DatabaseNode;
  /** Absent where the session acts as the owner role, which may do all that it owns. */
  readonly grant?: GrantNode;
  readonly lifetime: Lifetime;
  readonly deliveries: readonly DeliveryNode[];
}

/** A path that answers a question, and how much of it. */
export interface Reach extends AccessPath {
  readonly extent: Extent;
}

/** A database of the question whose logins another program grants and issues: who may do what in it, this graph does not say. */
export interface Elsewhere {
  readonly database: DatabaseNode;
  /** Workloads that get a login to it from this program: they may do something there. */
  readonly deliveries: readonly DeliveryNode[];
}

/** Every path that answers the question, in a fixed order. */
export function reachesOf(graph: AccessGraph, question: ObjectQuestion, who: WorkloadPattern): Reach[] {
  const asked = new Set(identitiesOf(graph, who).map(({ key }) => identityId(key)));
  return pathsOf(graph).flatMap((path) => {
    if (!asked.has(path.edge.identity) || !matchesDatabase(question.object, path.database)) return [];
    const extent = path.grant ? extentOf(path.grant, question) : "whole";
    return extent === undefined ? [] : [{ ...path, extent }];
  });
}

/** Every privilege of the graph with the way to it; for an edge that acts as the owner role, one more. */
export function pathsOf(graph: AccessGraph): AccessPath[] {
  const identities = new Map(identitiesOf(graph, EVERYONE).map((node) => [identityId(node.key), node]));
  const databases = new Map<string, DatabaseNode>();
  for (const node of graph.databases) {
    if (!node.external || !databases.has(node.mountPath)) databases.set(node.mountPath, node);
  }
  return graph.edges.flatMap((edge) => {
    const identity = identities.get(edge.identity);
    const database = databases.get(edge.mountPath);
    if (!identity || !database)
      throw new ReportError([
        `the graph has access of ${edge.identity} to ${edge.mountPath}, and no such ${identity ? "database" : "identity"}: it is not whole, make it anew`,
      ]);
    const common = {
      identity,
      edge,
      database,
      lifetime: lifetimeOf(identity, edge),
      deliveries: graph.deliveries.filter(
        (delivery) => delivery.identity === edge.identity && delivery.mountPath === edge.mountPath,
      ),
    };
    return [...(edge.actsAs === undefined ? [] : [common]), ...edge.grants.map((grant) => ({ ...common, grant }))];
  });
}

/** Databases of the question that another program grants on. */
export function elsewhereOf(graph: AccessGraph, object: ObjectPattern, who: WorkloadPattern): Elsewhere[] {
  const own = new Set(graph.databases.filter(({ external }) => !external).map(({ mountPath }) => mountPath));
  const asked = new Set(identitiesOf(graph, who).map(({ key }) => identityId(key)));
  const foreign = graph.databases.filter(({ mountPath }) => !own.has(mountPath));
  return [...new Map(foreign.map((database) => [database.mountPath, database])).values()]
    .filter((database) => matchesDatabase(object, database))
    .map((database) => ({
      database,
      deliveries: graph.deliveries.filter(
        ({ identity, mountPath }) => mountPath === database.mountPath && asked.has(identity),
      ),
    }));
}

/** Something that PUBLIC or an owner could do on the day on which it was looked up. */
export interface FoundRight {
  readonly database: DatabaseNode;
  readonly right: KnownRight;
  readonly lookedUp: string;
}

/** What was looked up that answers the question. Who may act as an owner may do everything with what that role owns. */
export function lookedUpOf(graph: AccessGraph, question: ObjectQuestion): FoundRight[] {
  const databases = new Map(graph.databases.map((node) => [databaseId(node), node]));
  return [...databases.values()]
    .filter((database) => matchesDatabase(question.object, database))
    .flatMap((database) => {
      const { lookedUp = "", rights = [] } = database.knownRights ?? {};
      return rights
        .filter((right) => right.kind === "role" || extentOf(rightGrant(right), question) !== undefined)
        .map((right) => ({ database, right, lookedUp }));
    });
}

/** Databases that the question is about, of which it is not known what PUBLIC and the owners may do. */
export function rightsNotKnown(graph: AccessGraph, object: ObjectPattern): DatabaseNode[] {
  return unknownRights(graph).filter((database) => matchesDatabase(object, database));
}
