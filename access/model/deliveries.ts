import type { DeliveryNode, EdgeNode } from "./graph";
import { listsBy } from "./lists-by";

/** What tells an edge from others: whose access to which database it is. A delivery names the same two. */
export function edgeKey({ identity, mountPath }: Pick<EdgeNode | DeliveryNode, "identity" | "mountPath">): string {
  return JSON.stringify([identity, mountPath]);
}

/** The deliveries of each edge, by its `edgeKey`. */
export function deliveriesByEdge(deliveries: readonly DeliveryNode[]): ReadonlyMap<string, readonly DeliveryNode[]> {
  return listsBy(deliveries, edgeKey);
}
