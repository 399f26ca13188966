import type { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { whenChildAdded } from "./cdktf/internals";
import { userLine } from "./source-line";

const LINES = Symbol.for("leasehold.lines");

/** A stack, with the lines of what is made in it. */
type Noted = TerraformStack & { readonly [LINES]?: Map<string, string> };

/**
 * Notes the user's line of each construct that is made in this stack from now on. cdktf 0.21 notes none, and a report
 * about a user's own resource must say where it is. A construct further inside has the line of the one that it is in.
 */
export function noteLines(stack: TerraformStack): void {
  if ((stack as Noted)[LINES]) return;
  const lines = new Map<string, string>();
  Object.defineProperty(stack, LINES, { value: lines });
  const own = stack.node.children.length === 0 ? userLine() : undefined;
  if (own !== undefined) lines.set(stack.node.path, own);
  whenChildAdded(stack, (id) => {
    // The backend that cdktf adds by itself has the line that asked for the synthesis.
    const line = id === "backend" ? undefined : userLine();
    if (line !== undefined) lines.set(`${stack.node.path}/${id}`, line);
  });
}

/** The lines that were noted in a stack, by construct path. */
export function linesOf(stack: TerraformStack): ReadonlyMap<string, string> {
  return (stack as Noted)[LINES] ?? new Map<string, string>();
}

/** The line of what is made directly in a stack, for it and all inside. @returns none where it was not noted */
export function lineIn(stack: TerraformStack, { node }: IConstruct): string | undefined {
  const [made] = node.path.slice(stack.node.path.length + 1).split("/");
  return linesOf(stack).get(`${stack.node.path}/${made}`);
}
