import { type AccessGraph, type DemandNode, type WorkloadNode, workloadName } from "../model/graph";
import type { AccessReport } from "../report/report";

/** Two graphs as far as both reports say something about workloads. */
export interface Comparable {
  readonly before: AccessGraph;
  readonly after: AccessGraph;
  /** Workloads of which an older base does not say who comes in by them: whether that changed cannot be told. */
  readonly unsaid: readonly WorkloadNode[];
}

/** Fields of a workload that later reports have. What is deployed here has containers, what another tool deploys has demands. */
const LATER = ["containers", "demands", "placement", "starts"] as const;

/**
 * The graphs of two reports. A base of an older version says less of a workload: what it leaves unsaid is no change, and whoever
 * may come in by it is named. Where the base says what the owner of a workload must write and the head is silent, that is shown as a change.
 */
export function comparableWorkloads(before: AccessReport, after: AccessReport): Comparable {
  const older = before.readFrom !== undefined;
  const was = withWorkloads(before.graph, after.graph, older);
  const is = withWorkloads(after.graph, was, false);
  const were = new Map((was.workloads ?? []).map((node) => [keyOf(node), node]));
  const unsaid: WorkloadNode[] = [];
  const workloads = is.workloads?.map((node): WorkloadNode => {
    const old = were.get(keyOf(node));
    if (!old) return node;
    if (old.demands && !node.demands && !node.containers) return { ...node, demands: [NOT_SAID] };
    if (!older) return node;
    if (old.containers || old.demands) return old.starts === undefined ? without(node, ["starts"]) : node;
    // Nobody can tell who came in.
    if (node.containers || node.demands) unsaid.push(node);
    return without(node, LATER);
  });
  return { before: was, after: { ...is, ...(workloads && { workloads }) }, unsaid };
}

function without(node: WorkloadNode, fields: readonly (typeof LATER)[number][]): WorkloadNode {
  return { ...node, ...Object.fromEntries(fields.map((field) => [field, undefined])) };
}

const NOT_SAID: DemandNode = { name: "not said", says: "0".repeat(64), opens: true };

const keyOf = (node: WorkloadNode): string => JSON.stringify([workloadName(node), node.identity]);

/**
 * The workloads of a report that was written before they were part of it: those with a credential are found again by their construct. All others
 * count as new, since nobody can tell whether they were there. @param bare without what such a report did not say of them
 */
function withWorkloads(graph: AccessGraph, other: AccessGraph, bare: boolean): AccessGraph {
  if (graph.workloads) return graph;
  const known = new Set(graph.deliveries.map(({ workload, identity }) => JSON.stringify([workload, identity])));
  const workloads = (other.workloads ?? [])
    .filter(({ path, identity }) => known.has(JSON.stringify([path, identity])))
    .map((node) => (bare ? without(node, LATER) : node));
  return { ...graph, workloads };
}
