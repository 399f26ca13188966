import { type AccessGraph, type DemandNode, type WorkloadNode, workloadName } from "../model/graph";

/**
 * A report that was written before workloads were part of it names those with a credential only. They are found again by their
 * construct; all others count as new, since nobody can tell whether they were there. What they run, and what their owners must
 * write, is compared where the base says it.
 */
export function withWorkloads(before: AccessGraph, after: AccessGraph): [AccessGraph, AccessGraph] {
  const named = ({ deliveries }: AccessGraph): Set<string> =>
    new Set(deliveries.map(({ workload, identity }) => JSON.stringify([workload, identity])));
  const filled = (graph: AccessGraph, other: AccessGraph): AccessGraph => {
    if (graph.workloads) return graph;
    const known = named(graph);
    const workloads = other.workloads?.filter(({ path, identity }) => known.has(JSON.stringify([path, identity])));
    return { ...graph, workloads: workloads ?? [] };
  };
  const was = filled(before, after);
  return [was, asFarAsSaid(filled(after, before), was)];
}

const NOT_SAID: DemandNode = { name: "not said", says: "0".repeat(64), opens: true };

/**
 * Without what a base does not say that was written before it could be said. In a report that says it of one workload, another of
 * which it does not is deployed by another tool. Where the base says it and the head does not, the head is shown to be silent.
 */
function asFarAsSaid(after: AccessGraph, before: AccessGraph): AccessGraph {
  const key = (node: WorkloadNode): string => JSON.stringify([workloadName(node), node.identity]);
  const were = new Map((before.workloads ?? []).map((node) => [key(node), node]));
  const old = (field: "containers" | "demands"): boolean =>
    [...were.values()].every((node) => node[field] === undefined);
  const noContainers = old("containers") && old("demands");
  const workloads = after.workloads?.map((node): WorkloadNode => {
    const was = were.get(key(node));
    if (!was) return node;
    const { containers, demands } = node;
    if (demands === undefined && was.demands !== undefined && containers === undefined)
      return { ...node, demands: [NOT_SAID] };
    return {
      ...node,
      ...(noContainers && { containers: undefined }),
      ...(demands !== undefined &&
        was.demands === undefined &&
        was.containers === undefined && { demands: demands.map(({ name, says }) => ({ name, says })) }),
    };
  });
  return { ...after, ...(workloads && { workloads }) };
}
