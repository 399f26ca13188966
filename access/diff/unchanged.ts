import { AccessGraph, DatabaseNode, workloadName } from "../model/graph";
import { listsBy } from "../model/lists-by";
import { identityId } from "../model/names";

/**
 * Two graphs without what both say alike of the same holder: nothing of that changed. Of a large program it is nearly all, and what is
 * compared privilege by privilege is the rest.
 */
export function withoutUnchanged(before: AccessGraph, after: AccessGraph): [AccessGraph, AccessGraph] {
  const mounts = changed(listsBy(before.databases, mountOf), listsBy(after.databases, mountOf));
  const [was, is] = [saidOf(before, mounts), saidOf(after, mounts)];
  const holders = changed(was, is);
  const without = (graph: AccessGraph): AccessGraph => ({
    ...graph,
    identities: graph.identities.filter(({ key }) => holders.has(identityId(key))),
    edges: graph.edges.filter(({ identity }) => holders.has(identity)),
    ...(graph.workloads && { workloads: graph.workloads.filter((node) => holders.has(workloadName(node))) }),
  });
  return [without(before), without(after)];
}

/** All that a graph says of each holder, in its order. An order of its own only means that more is compared. */
function saidOf(graph: AccessGraph, mounts: ReadonlySet<string>): Map<string, unknown[]> {
  const { identities, edges, deliveries, workloads = [] } = graph;
  const said: (readonly [string, unknown])[] = [
    ...identities.map((node) => [identityId(node.key), node] as const),
    ...edges.map((edge) => [edge.identity, edge] as const),
    ...deliveries.map((node) => [node.identity, node] as const),
    ...workloads.map((node) => [workloadName(node), node] as const),
    // A symbol is like no other.
    ...edges.filter(({ mountPath }) => mounts.has(mountPath)).map((edge) => [edge.identity, Symbol()] as const),
  ];
  return listsBy(said, ([who]) => who);
}

function mountOf({ mountPath }: DatabaseNode): string {
  return mountPath;
}

/** The keys of which the two do not say the same. */
function changed(was: ReadonlyMap<string, unknown>, is: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...was.keys(), ...is.keys()].filter((key) => !alike(was.get(key), is.get(key))));
}

/** Where a statement stands is no part of what it allows. */
const PLACES: ReadonlySet<string> = new Set(["path", "source", "grantedBy"]);

/** Whether two parts say the same. Nothing is copied: of a large program there are millions. */
function alike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [ours, theirs] = [a as Record<string, unknown>, b as Record<string, unknown>];
  // What only the other has counts as well; what is undefined is absent.
  for (const key in theirs) if (ours[key] === undefined && theirs[key] !== undefined && !PLACES.has(key)) return false;
  for (const key in ours) if (!PLACES.has(key) && !alike(ours[key], theirs[key])) return false;
  return true;
}
