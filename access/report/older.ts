import { namesOfDatabase } from "../model/graph";
import { schemaWideRoleName } from "../model/names";
import { isRecord, oneOf, refuse, type Where } from "./readers";
import { REPORT_SCHEMA, REPORT_VERSION } from "./report";

type Part = Record<string, unknown>;

/** A place of the file. */
const at = (problems: string[], ...keys: (string | number)[]): Where => ({ keys, problems });

/** A report of another minor version as the newest would have said it. What is wrong with it is noted where its own version says so. */
export function asNewest(value: Part, minor: number, problems: string[]): Part {
  const said = { ...value, version: REPORT_VERSION, $schema: REPORT_SCHEMA };
  const graph = minor === 0 ? graphOfVersion0(value, problems) : value.graph;
  if (!isRecord(graph)) return said;
  if (minor < 3) refuseLaterFields(graph, problems);
  return { ...said, graph: minor < 2 ? withNames(graph, problems) : graph };
}

/** An older report has nothing to say in a field that came later: a comparison would then trust what nobody wrote. */
function refuseLaterFields(graph: Part, problems: string[]): void {
  for (const [index, node] of partsOf(graph.workloads).entries())
    for (const key of ["starts", "demands"].filter((each) => Object.hasOwn(node, each)))
      refuse(at(problems, "graph", "workloads", index, key), node[key], "absent: it is said from 1.3 on");
}

/** In 1.0 the version is a number, the graph has a version too, and the schema is named by a path. */
function graphOfVersion0(value: Part, problems: string[]): unknown {
  oneOf("leasehold/schema/access-1.json")(value.$schema, at(problems, "$schema"));
  if (!isRecord(value.graph)) return value.graph;
  const { version, ...graph } = value.graph;
  oneOf(1)(version, at(problems, "graph", "version"));
  if ("workloads" in graph) refuse(at(problems, "graph", "workloads"), graph.workloads, "absent: 1.0 has none");
  return graph;
}

/** Adds the names that a report has from 1.2 on. Before, they followed from other names. An older report that has some of them is refused. */
function withNames(graph: Part, problems: string[]): Part {
  const databases = partsOf(graph.databases);
  const nameOf = (mountPath: unknown): unknown => databases.find((node) => node.mountPath === mountPath)?.database;
  const added = (list: "databases" | "edges", name: (node: Part) => Part): unknown =>
    Array.isArray(graph[list])
      ? graph[list].map((node: unknown, index) => {
          if (!isRecord(node)) return node;
          const names = name(node);
          for (const key of Object.keys(names).filter((each) => Object.hasOwn(node, each)))
            refuse(at(problems, "graph", list, index, key), node[key], "absent: it is said from 1.2 on");
          return { ...node, ...names };
        })
      : graph[list];
  return {
    ...graph,
    databases: added("databases", ({ database }) => namesOfDatabase(typeof database === "string" ? database : "")),
    edges: added("edges", ({ identity, mountPath }) => ({ schemaWideRole: wideRole(identity, nameOf(mountPath)) })),
  };
}

function wideRole(identity: unknown, database: unknown): string {
  const [cluster, namespace, serviceAccount] = typeof identity === "string" ? identity.split("/") : [];
  return serviceAccount === undefined || typeof database !== "string"
    ? ""
    : schemaWideRoleName({ cluster, namespace, serviceAccount }, database);
}

function partsOf(value: unknown): readonly Part[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
