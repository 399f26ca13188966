import { askAbout, Extent } from "./coverage";
import {
  AccessGraph,
  AccessObject,
  byCodeUnit,
  DatabaseNode,
  GrantNode,
  IdentityNode,
  objectKey,
} from "../model/graph";
import { Lifetime, lifetimeOf } from "../model/lifetime";
import { identitiesOf, Unmentioned, unmentionedObject, unmentionedWorkload } from "./mentions";
import { identityId } from "../model/names";
import {
  AccessPath,
  Elsewhere,
  elsewhereOf,
  FoundRight,
  lookedUpOf,
  pathsOf,
  Reach,
  reachesOf,
  rightsNotKnown,
} from "./paths";
import {
  AskedPrivilege,
  askedObject,
  askedWorkload,
  checkGraph,
  literalName,
  ObjectPattern,
  parseObject,
  parsePrivilege,
  WorkloadPattern,
} from "./pattern";
import type { Privilege } from "../model/privileges";

export { Extent } from "./coverage";
export { Link, LinkName, linksOf } from "../model/links";
export { Unmentioned } from "./mentions";
export { AccessPath, Elsewhere, FoundRight, Reach } from "./paths";
export {
  AskedPrivilege,
  formatPattern,
  formatWorkload,
  NamePattern,
  ObjectPattern,
  parseObject,
  parsePrivilege,
  parseWorkload,
  QuestionError,
  WorkloadPattern,
} from "./pattern";
export { Difference, formatPath, formatPrivilege, Near, Why, why, WhyPath } from "./why";

/** One privilege of a holder, by all of its paths. */
export interface HeldPrivilege {
  /** `ALL` of a session that acts as the owner role. */
  readonly privilege: Privilege | "ALL";
  /** `whole` when one of the paths covers all that was asked for. */
  readonly extent: Extent;
  /** What the grants name: with `part` the only things of what was asked for that the privilege is held on. Empty with `ALL`. */
  readonly objects: readonly AccessObject[];
  readonly paths: readonly Reach[];
}

/** Somebody who has what was asked for, in one database. */
export interface Holder extends Omit<AccessPath, "grant"> {
  /** `whole` when one of the privileges is held on all that was asked for. */
  readonly extent: Extent;
  readonly privileges: readonly HeldPrivilege[];
}

/** The answer to `who-can`. */
export interface WhoCan {
  readonly privilege: AskedPrivilege;
  readonly object: ObjectPattern;
  /** By identity and mount. Empty: nobody, as far as the graph goes; see the other three. */
  readonly holders: readonly Holder[];
  /** Parts of the question that the graph does not mention: a misspelt name is held by nobody, too. */
  readonly unmentioned: readonly Unmentioned[];
  readonly elsewhere: readonly Elsewhere[];
  /** Databases of the question of which it is not known what PUBLIC may do, and so each login, and the owners. */
  readonly rightsNotKnown: readonly DatabaseNode[];
  /** What PUBLIC and the owners could do of it when somebody looked, in databases that Leasehold did not make. */
  readonly lookedUp: readonly FoundRight[];
}

/**
 * Who has a privilege on an object, or, with `ANY`, one that reaches data of it.
 *
 * Whoever has it on some of what is asked for is among the holders, with the extent `part`. `whole` includes objects
 * that are made later. A session that acts as the owner role has every privilege on every object.
 *
 * @throws QuestionError when the question is malformed, or no such object has such a privilege
 * @throws Error when the graph has an edge without its identity or database
 */
export function whoCan(
  graph: AccessGraph,
  privilege: string,
  object: string | ObjectPattern,
  workload: string | WorkloadPattern = "*",
): WhoCan {
  checkGraph(graph);
  const question = askAbout(parsePrivilege(privilege), askedObject(object));
  const who = askedWorkload(workload);
  const reaches = reachesOf(graph, question, who);
  return {
    privilege: question.privilege,
    object: question.object,
    holders: groupBy(reaches, ({ edge }) => `${edge.identity}\n${edge.mountPath}`).map(holderOf),
    unmentioned: [...unmentionedWorkload(graph, who), ...unmentionedObject(graph, question.object)],
    elsewhere: elsewhereOf(graph, question.object, who),
    rightsNotKnown: rightsNotKnown(graph, question.object),
    lookedUp: lookedUpOf(graph, question),
  };
}

/** What was granted on one object, or on some columns of one table. */
export interface Holding {
  /** Without `column`: see `columns`. */
  readonly object: AccessObject;
  /** Columns of the object on which all the privileges are held. */
  readonly columns?: readonly string[];
  readonly privileges: readonly Privilege[];
  readonly paths: readonly AccessPath[];
}

/** What an identity may do in one database. */
export interface DatabaseAccessOf extends Omit<AccessPath, "grant"> {
  /** It acts as this role, which may do all that it owns. */
  readonly actsAs?: string;
  /** CONNECT and USAGE, without which nothing works, included. */
  readonly holdings: readonly Holding[];
}

/** What an identity may do. */
export interface IdentityAccess {
  readonly identity: IdentityNode;
  /** Of its token; the times of logins are those of the databases. */
  readonly lifetime: Lifetime;
  /** Other policies of its token: shown, not interpreted. */
  readonly policies: readonly string[];
  readonly databases: readonly DatabaseAccessOf[];
  readonly elsewhere: readonly Elsewhere[];
}

/** The answer to `what-can`. */
export interface WhatCan {
  readonly workload: WorkloadPattern;
  readonly identities: readonly IdentityAccess[];
  /** The workload, when the graph does not know it. */
  readonly unmentioned: readonly Unmentioned[];
}

/**
 * What each identity of the pattern may do, by database.
 *
 * @throws QuestionError when the pattern is malformed
 * @throws Error when the graph has an edge without its identity or database
 */
export function whatCan(graph: AccessGraph, workload: string | WorkloadPattern): WhatCan {
  checkGraph(graph);
  const who = askedWorkload(workload);
  const paths = pathsOf(graph);
  return {
    workload: who,
    identities: identitiesOf(graph, who).map((identity) => ({
      identity,
      lifetime: lifetimeOf(identity),
      policies: identity.policies,
      databases: groupBy(
        paths.filter(({ edge }) => edge.identity === identityId(identity.key)),
        ({ edge }) => edge.mountPath,
      ).map(accessOf),
      elsewhere: elsewhereOf(graph, EVERYTHING, exactly(identity)).filter(({ deliveries }) => deliveries.length > 0),
    })),
    unmentioned: unmentionedWorkload(graph, who),
  };
}

const EVERYTHING = parseObject("*");

function exactly({ key }: IdentityNode): WorkloadPattern {
  return {
    cluster: literalName(key.cluster),
    namespace: literalName(key.namespace),
    serviceAccount: literalName(key.serviceAccount),
  };
}

function holderOf(reaches: readonly Reach[]): Holder {
  const { identity, edge, database, lifetime, deliveries } = reaches[0];
  const privileges = groupBy(reaches, ({ grant }) => grant?.privilege ?? "ALL").map((paths): HeldPrivilege => {
    const objects = new Map(paths.flatMap(({ grant }) => (grant ? [[objectKey(grant.object), grant.object]] : [])));
    return {
      privilege: paths[0].grant?.privilege ?? "ALL",
      extent: widest(paths),
      objects: [...objects.values()],
      paths,
    };
  });
  return { identity, edge, database, lifetime, deliveries, extent: widest(reaches), privileges };
}

function widest(reaches: readonly Reach[]): Extent {
  return reaches.some(({ extent }) => extent === "whole") ? "whole" : "part";
}

function accessOf(paths: readonly AccessPath[]): DatabaseAccessOf {
  const { identity, edge, database, lifetime, deliveries } = paths[0];
  const objects = groupBy(
    paths.filter(({ grant }) => grant !== undefined),
    ({ grant }) => objectKey((grant as GrantNode).object),
  ).map(holdingOf);
  return {
    identity,
    edge,
    database,
    lifetime,
    deliveries,
    ...(edge.actsAs !== undefined && { actsAs: edge.actsAs }),
    holdings: groupBy(objects, ({ object, columns, privileges }) =>
      JSON.stringify([objectKey(object), columns ? privileges : null]),
    ).map(joinColumns),
  };
}

function holdingOf(paths: readonly AccessPath[]): Holding {
  const { column, ...object } = (paths[0].grant as GrantNode).object;
  const privileges = [...new Set(paths.map(({ grant }) => (grant as GrantNode).privilege))].sort(byCodeUnit);
  return { object, ...(column !== undefined && { columns: [column] }), privileges, paths };
}

/** Columns of one table with the same privileges, as one holding. */
function joinColumns(holdings: readonly Holding[]): Holding {
  const [first] = holdings;
  if (first.columns === undefined) return first;
  return {
    ...first,
    columns: holdings.flatMap(({ columns }) => columns ?? []),
    paths: holdings.flatMap(({ paths }) => paths),
  };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
