import { IConstruct } from "constructs";
import type { DeliveryNode, WorkloadNode } from "../../access/model/graph";

/**
 * What the access graph says of a construct whose pods run as an identity. `podDemands` of constructs/injection/demands.ts notes it on
 * the construct. What stands in constructs/synthesis reads it: the graph, the order of stacks, the check of clusters, and what the graph
 * does not explain.
 */
export interface NotedPods {
  /** The files in which logins arrive. */
  readonly deliveries: readonly DeliveryNode[];
  /** The workload. Made when it is asked for: what it demands may be known only when the program is whole. */
  workload(): WorkloadNode;
}

/** Kept on the construct: another copy of this package may read it. */
const PODS = Symbol.for("leasehold.pods");

/** Notes what the graph says of these pods. */
export function notePods(construct: IConstruct, pods: NotedPods): void {
  Object.defineProperty(construct, PODS, { value: pods });
}

/** What was noted. @returns undefined for a construct that makes no such pods */
export function notedPods(construct: IConstruct): NotedPods | undefined {
  return (construct as IConstruct & { readonly [PODS]?: NotedPods })[PODS];
}
