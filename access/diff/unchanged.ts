import { AccessGraph, DatabaseNode, workloadName } from "../model/graph";
import { identityId } from "../model/names";

/**
 * Two graphs without what both say alike of the same holder: nothing of that changed. Of a large program it is nearly all, and what is
 * compared privilege by privilege is the rest.
 */
export function withoutUnchanged(before: AccessGraph, after: AccessGraph): [AccessGraph, AccessGraph] {
  const [was, is] = [saidOf(before), saidOf(after)];
  const unchanged = new Set([...was].filter(([who, said]) => alike(said, is.get(who))).map(([who]) => who));
  const without = (graph: AccessGraph): AccessGraph => ({
    ...graph,
    identities: graph.identities.filter(({ key }) => !unchanged.has(identityId(key))),
    edges: graph.edges.filter(({ identity }) => !unchanged.has(identity)),
    ...(graph.workloads && { workloads: graph.workloads.filter((node) => !unchanged.has(workloadName(node))) }),
  });
  return [without(before), without(after)];
}

/** All that a graph says of each holder, in its order. An order of its own only means that more is compared. */
function saidOf({ identities, databases, edges, deliveries, workloads = [] }: AccessGraph): Map<string, unknown[]> {
  const byHolder = new Map<string, unknown[]>();
  const say = (who: string, ...said: readonly unknown[]): void => {
    const known = byHolder.get(who);
    if (known) known.push(...said);
    else byHolder.set(who, [...said]);
  };
  const byMount = new Map<string, DatabaseNode[]>();
  for (const node of databases) byMount.set(node.mountPath, [...(byMount.get(node.mountPath) ?? []), node]);
  for (const node of identities) say(identityId(node.key), node);
  for (const edge of edges) say(edge.identity, edge, byMount.get(edge.mountPath));
  for (const node of deliveries) say(node.identity, node);
  for (const node of workloads) say(workloadName(node), node);
  return byHolder;
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
