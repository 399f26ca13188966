import type { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { userLine } from "./source-line";

const LINES = Symbol.for("leasehold.lines");

/** The node of a construct, with what it keeps to itself. */
interface Inside {
  addChild(child: IConstruct, id: string): void;
  [LINES]?: Map<string, string>;
}

/**
 * Keeps the user's line of each construct that is made in this stack from now on: cdktf 0.21 keeps none, and who reads of a
 * resource of his own wants to know where it is. What stands deeper has the line of what it stands in.
 */
export function keepLines(stack: TerraformStack): void {
  const node = stack.node as unknown as Inside;
  if (node[LINES]) return;
  const lines = new Map<string, string>();
  Object.defineProperty(node, LINES, { value: lines });
  const own = stack.node.children.length === 0 ? userLine() : undefined;
  if (own !== undefined) lines.set(stack.node.path, own);
  const { addChild } = node;
  node.addChild = (child, id) => {
    addChild.call(node, child, id);
    // The backend that cdktf adds by itself has the line that asked for the synthesis.
    const line = id === "backend" ? undefined : userLine();
    if (line !== undefined) lines.set(`${stack.node.path}/${id}`, line);
  };
}

/** The lines that were kept in a stack, by construct path. */
export function linesOf(stack: TerraformStack): ReadonlyMap<string, string> {
  return (stack.node as unknown as Inside)[LINES] ?? new Map<string, string>();
}
