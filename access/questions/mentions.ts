import type { AccessGraph, AccessObject, DatabaseNode, EdgeNode } from "../model/graph";
import { identityId } from "../model/names";
import { nearNames } from "./near";
import {
  formatWorkload,
  matchesDatabase,
  matchesName,
  matchesWorkload,
  NamePattern,
  ObjectPattern,
  parseWorkload,
  WorkloadPattern,
} from "./pattern";

/**
 * A part of a question that fits nothing in the graph: perhaps misspelt, perhaps just never granted on. The graph knows every
 * identity and database of the program, but of schemas, tables and columns only those that a
 * grant names or includes.
 */
export interface Unmentioned {
  readonly part: "workload" | "database" | "schema" | "name" | "column";
  /** The part as it was asked for. */
  readonly asked: string;
  /** Names of the graph that are spelt nearly so. */
  readonly near: readonly string[];
}

/** `*`. */
export const EVERYONE: WorkloadPattern = parseWorkload("*");

/** The identities of a graph that are asked for. One that is declared here comes before the same one named from elsewhere. */
export function identitiesOf(graph: AccessGraph, pattern: WorkloadPattern): AccessGraph["identities"] {
  const found = new Map<string, AccessGraph["identities"][number]>();
  for (const identity of graph.identities) {
    if (!matchesWorkload(pattern, identity.key)) continue;
    const before = found.get(identityId(identity.key));
    if (!before || (before.external && !identity.external)) found.set(identityId(identity.key), identity);
  }
  return [...found.values()];
}

/** That the graph knows nobody of the kind, or nothing. */
export function unmentionedWorkload(graph: AccessGraph, pattern: WorkloadPattern): Unmentioned[] {
  if (identitiesOf(graph, pattern).length > 0) return [];
  const asked = formatWorkload(pattern);
  const short = asked.split("/").length < 3;
  const known = graph.identities.map(({ key }) => (short ? `${key.namespace}/${key.serviceAccount}` : identityId(key)));
  return [{ part: "workload", asked, near: nearNames(asked, known) }];
}

/** The first part of the object, from the left, that fits nothing that the graph mentions. */
export function unmentionedObject(graph: AccessGraph, pattern: ObjectPattern): Unmentioned[] {
  const databases = graph.databases.filter((database) => matchesDatabase(pattern, database));
  if (databases.length === 0) {
    const asked = [...(pattern.instance ? [shown(pattern.instance)] : []), shown(pattern.database)].join("/");
    return [{ part: "database", asked, near: nearNames(asked, graph.databases.map(nameOf(pattern))) }];
  }
  const mounts = new Set(databases.map(({ mountPath }) => mountPath));
  let objects = graph.edges.filter((edge) => mounts.has(edge.mountPath)).flatMap(objectsOf);
  for (const part of ["schema", "name", "column"] as const) {
    const asked = pattern[part];
    if (asked === undefined) return [];
    // What is granted on all of a schema, or on a whole table, mentions all that is in it.
    if (objects.some((object) => object[part] === undefined && holds(object, part))) return [];
    const known = objects.flatMap((object) => object[part] ?? []);
    objects = objects.filter((object) => matchesPart(asked, part, object[part]));
    if (objects.length === 0) return [{ part, asked: shown(asked), near: nearNames(asked.text, known) }];
  }
  return [];
}

function objectsOf(edge: EdgeNode): AccessObject[] {
  return edge.grants.map(({ object }) => object);
}

function holds({ kind }: AccessObject, part: "schema" | "name" | "column"): boolean {
  return part === "column" ? kind === "table" : part === "name" && kind !== "schema" && kind !== "database";
}

function matchesPart(asked: NamePattern, part: "schema" | "name" | "column", name: string | undefined): boolean {
  if (name === undefined) return false;
  return matchesName(asked, name) || (part === "name" && matchesName(asked, name.replace(/\([^()]*\)$/, "")));
}

function nameOf(pattern: ObjectPattern): (database: DatabaseNode) => string {
  return ({ instance, database }) => (pattern.instance ? `${instance}/${database}` : database);
}

function shown({ text, open }: NamePattern): string {
  return open ? `${text}*` : text;
}
