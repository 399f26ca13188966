import { byCodeUnit } from "./graph";
import type { UnclassifiedNode } from "./report";

/** Something that the model does not explain, and that was added, removed or changed. */
export interface UnclassifiedChange {
  readonly verdict: "unclassified";
  readonly change: "added" | "removed" | "changed";
  readonly before?: UnclassifiedNode;
  readonly after?: UnclassifiedNode;
}

/**
 * What differs in that which the model does not explain. Blocks that say the same are the same, whatever they are called
 * and wherever they stand; of the others, those with one address are one block that changed.
 */
export function unclassifiedChanges(
  before: readonly UnclassifiedNode[],
  after: readonly UnclassifiedNode[],
): UnclassifiedChange[] {
  const address = (node: UnclassifiedNode): string => JSON.stringify([node.stack, node.block, node.type, node.name]);
  const content = (node: UnclassifiedNode): string => JSON.stringify([node.block, node.type, node.reason, node.digest]);

  let [was, is] = [before, after];
  // First those that stayed where they were, so that of two equal blocks the one that moved is the one that is matched later.
  [was, is] = without(was, is, (node) => address(node) + content(node));
  [was, is] = without(was, is, content);

  const old = new Map(was.map((node) => [address(node), node]));
  const now = new Map(is.map((node) => [address(node), node]));
  return [...new Set([...old.keys(), ...now.keys()])].sort(byCodeUnit).map((key) => {
    const [b, a] = [old.get(key), now.get(key)];
    const change = b && a ? "changed" : b ? "removed" : "added";
    return { verdict: "unclassified", change, ...(b && { before: b }), ...(a && { after: a }) };
  });
}

/** Both lists without the pairs that have the same key. */
function without(
  before: readonly UnclassifiedNode[],
  after: readonly UnclassifiedNode[],
  key: (node: UnclassifiedNode) => string,
): [UnclassifiedNode[], UnclassifiedNode[]] {
  const count = (nodes: readonly UnclassifiedNode[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const node of nodes) counts.set(key(node), (counts.get(key(node)) ?? 0) + 1);
    return counts;
  };
  const [b, a] = [count(before), count(after)];
  const rest = (nodes: readonly UnclassifiedNode[], other: ReadonlyMap<string, number>): UnclassifiedNode[] => {
    const pairs = new Map(other);
    return nodes.filter((node) => {
      const left = pairs.get(key(node)) ?? 0;
      pairs.set(key(node), left - 1);
      return left <= 0;
    });
  };
  return [rest(before, a), rest(after, b)];
}
