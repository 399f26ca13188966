import { IConstruct } from "constructs";

/** Context key that says which guardrails are in force: `sandbox` or `production`. */
export const GUARDRAILS_CONTEXT = "leasehold:guardrails";

/**
 * Whether something that is fit for a sandbox only is refused here.
 *
 * A program is held to production until it asks for a sandbox: whoever forgets the switch gets the strict rules. One
 * stage that says production holds the whole program to it, whatever another one says.
 */
export function heldToProduction(construct: IConstruct): boolean {
  const { root } = construct.node;
  const said = [root, ...root.node.children, construct].map((scope): unknown =>
    scope.node.tryGetContext(GUARDRAILS_CONTEXT),
  );
  return said.includes("production") || !said.includes("sandbox");
}
