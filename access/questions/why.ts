import { askAbout, ObjectQuestion } from "./coverage";
import { AccessGraph, DatabaseNode, formatObject } from "../model/graph";
import { Chain, Link, linksOf } from "../model/links";
import { EVERYONE, Unmentioned, unmentionedObject, unmentionedWorkload } from "./mentions";
import {
  AskedPrivilege,
  askedObject,
  askedWorkload,
  checkGraph,
  ObjectPattern,
  parsePrivilege,
  WorkloadPattern,
} from "./pattern";
import { Elsewhere, elsewhereOf, FoundRight, lookedUpOf, Reach, reachesOf, rightsNotKnown } from "./paths";

/** A path that answers the question, link by link. */
export interface WhyPath extends Reach {
  readonly links: readonly Link[];
}

/** In what the nearest path is not what was asked for. */
export type Difference = "privilege" | "column" | "object" | "schema" | "workload";

/** Something that is granted and comes near to what was asked for. */
export interface Near extends Reach {
  readonly differs: Difference;
}

/** The answer to `why`. */
export interface Why {
  readonly workload: WorkloadPattern;
  readonly privilege: AskedPrivilege;
  readonly object: ObjectPattern;
  /** Every way, widest first. Empty: it is not granted, as far as the graph goes. */
  readonly paths: readonly WhyPath[];
  /** Without paths: what comes nearest, which differs in one thing, or as little as there is. */
  readonly nearest: readonly Near[];
  readonly unmentioned: readonly Unmentioned[];
  readonly elsewhere: readonly Elsewhere[];
  /** Databases of the question of which it is not known what PUBLIC may do, and so each login, and the owners. */
  readonly rightsNotKnown: readonly DatabaseNode[];
  /** What PUBLIC and the owners could do of it when somebody looked, in databases that Leasehold did not make. */
  readonly lookedUp: readonly FoundRight[];
}

/**
 * Why a workload has a privilege on an object: every path to it, link by link, with the lines that made it. If it has none, what
 * comes nearest.
 *
 * @throws QuestionError when the question is malformed, or no such object has such a privilege
 * @throws Error when the graph has an edge without its identity or database
 */
export function why(
  graph: AccessGraph,
  workload: string | WorkloadPattern,
  privilege: string,
  object: string | ObjectPattern,
): Why {
  checkGraph(graph);
  const who = askedWorkload(workload);
  const question = askAbout(parsePrivilege(privilege), askedObject(object));
  const reaches = reachesOf(graph, question, who);
  const rank = ({ extent }: Reach): number => (extent === "whole" ? 0 : 1);
  return {
    workload: who,
    privilege: question.privilege,
    object: question.object,
    paths: [...reaches].sort((a, b) => rank(a) - rank(b)).map((reach) => ({ ...reach, links: linksOf(reach) })),
    nearest: reaches.length > 0 ? [] : nearestOf(graph, question, who),
    unmentioned: [...unmentionedWorkload(graph, who), ...unmentionedObject(graph, question.object)],
    elsewhere: elsewhereOf(graph, question.object, who),
    rightsNotKnown: rightsNotKnown(graph, question.object),
    lookedUp: lookedUpOf(graph, question),
  };
}

/**
 * The whole way in one line, with the lines that granted it:
 * `eu/shop/web -> auth/kubernetes-eu/role/shop.web -> policy … -> … -> SELECT on sales.wizard (main.ts:40)`.
 */
export function formatPath(path: Chain): string {
  const [, authRole, policy, databaseRole, lease, group] = linksOf(path);
  const lines = (path.grant?.grantedBy ?? [path.edge]).map(({ source, path: place }) => source ?? place);
  return [
    path.edge.identity,
    authRole.name,
    `policy ${policy.name}`,
    databaseRole.name,
    lease.name,
    `group ${group.name}`,
    `${formatPrivilege(path)} (${[...new Set(lines)].join(", ")})`,
  ].join(" -> ");
}

/** `SELECT on sales.wizard`, or `ALL on everything that shop_owner owns`. */
export function formatPrivilege({ grant, edge, database }: Chain): string {
  if (grant) return `${grant.privilege} on ${formatObject(grant.object)}`;
  return `ALL on everything that ${edge.actsAs ?? database.owner} owns`;
}

/** Gives up one part of the question after the other, until something is granted. */
function nearestOf(graph: AccessGraph, question: ObjectQuestion, who: WorkloadPattern): Near[] {
  const { column: _column, ...table } = question.object;
  const { name: _name, ...schema } = table;
  const { schema: _schema, ...database } = schema;
  const tries: readonly [Difference, () => Reach[]][] = [
    ["privilege", () => ask(graph, "ANY", question.object, who)],
    ["column", () => (question.object.column ? ask(graph, question.privilege, table, who) : [])],
    ["column", () => (question.object.column ? ask(graph, "ANY", table, who) : [])],
    ["object", () => (question.object.name ? ask(graph, question.privilege, schema, who) : [])],
    ["object", () => (question.object.name ? ask(graph, "ANY", schema, who) : [])],
    ["workload", () => ask(graph, question.privilege, question.object, EVERYONE)],
    ["schema", () => (question.object.schema ? ask(graph, "ANY", database, who) : [])],
  ];
  for (const [differs, attempt] of tries) {
    const found = attempt();
    if (found.length > 0) return found.map((reach) => ({ ...reach, differs }));
  }
  return [];
}

function ask(graph: AccessGraph, privilege: AskedPrivilege, object: ObjectPattern, who: WorkloadPattern): Reach[] {
  return reachesOf(graph, askAbout(privilege, object), who);
}
