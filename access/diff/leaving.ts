import { AccessGraph, DeliveryNode, Provenance, WorkloadNode, workloadName } from "../model/graph";

/** A workload that a change takes away together with access that its pods use until they have ended. */
export interface LeavingWorkload extends Provenance {
  /** `Deployment eu/shop/web`. */
  readonly workload: string;
  /** The identity whose access goes: `cluster/namespace/serviceAccount`. */
  readonly identity: string;
  /** Seconds that its app has to end. Absent where pods end by themselves. */
  readonly drain?: number;
}

/**
 * The workloads of `before` that `after` does not have, with a login of an identity that loses access in the same
 * change. Access is in an earlier stack than the pods: one apply of both takes the access away while the pods are still
 * ending.
 *
 * @param losing identities that lose something
 */
export function leavingOf(before: AccessGraph, after: AccessGraph, losing: ReadonlySet<string>): LeavingWorkload[] {
  const key = (node: WorkloadNode): string => JSON.stringify([workloadName(node), node.identity]);
  const kept = new Set((after.workloads ?? []).map(key));
  const delivered = new Set(before.deliveries.map(ofWorkload));
  return (before.workloads ?? [])
    .filter((node) => losing.has(node.identity) && !kept.has(key(node)))
    .filter(({ path, identity }) => delivered.has(ofWorkload({ workload: path, identity })))
    .map((node) => {
      const { path, source, identity, drain } = node;
      return {
        ...{ path, ...(source !== undefined && { source }) },
        ...{ workload: workloadName(node), identity, ...(drain !== undefined && { drain }) },
      };
    });
}

function ofWorkload({ workload, identity }: Pick<DeliveryNode, "workload" | "identity">): string {
  return JSON.stringify([workload, identity]);
}
