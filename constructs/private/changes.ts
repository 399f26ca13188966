import { IConstruct } from "constructs";

/**
 * How often a program changed something that bears on access. The count is on the root of the tree, so that another
 * copy of this package counts there as well.
 */
const COUNT = Symbol.for("leasehold.changes");
type Counted = IConstruct & { [COUNT]?: number };

/** Says that what bears on access was changed: what was found out before may no longer hold. */
export function noteChange(construct: IConstruct): void {
  const root = construct.node.root as Counted;
  Object.defineProperty(root, COUNT, { value: (root[COUNT] ?? 0) + 1, configurable: true });
}

/** How often that was said in the tree of a construct. */
export function changesOf(construct: IConstruct): number {
  return (construct.node.root as Counted)[COUNT] ?? 0;
}
