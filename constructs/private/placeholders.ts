import { IConstruct } from "constructs";
import { placeholderProblem } from "../../access/model/rules";
import { report } from "./findings";

const TOLD = Symbol.for("leasehold.placeholders");

/**
 * Notes hosts that are still those of an example. Only production is refused for them: a sandbox, or a test of who may touch what,
 * reaches nobody.
 *
 * @param places What it is the host of, and the host, the address with its scheme, or the image.
 */
export function reportPlaceholders(
  scope: IConstruct,
  ...places: readonly (readonly [string, string | undefined])[]
): void {
  const { root } = scope.node as { root: IConstruct & { [TOLD]?: Set<string> } };
  if (!root[TOLD]) Object.defineProperty(root, TOLD, { value: new Set<string>() });
  for (const [what, place] of places) {
    const problem = typeof place === "string" ? placeholderProblem(hostOf(place)) : undefined;
    // The six stacks of an environment have the same host: one finding is enough to find the line.
    if (!problem || root[TOLD]?.has(`${what} ${place}`)) continue;
    root[TOLD]?.add(`${what} ${place}`);
    report(scope, {
      code: "placeholder",
      message: `${what} ${JSON.stringify(place)} ${problem}`,
      fix: "put your own, or choose the sandbox environment",
      inProduction: true,
    });
  }
}

/** The host of an address, of a registry's image, or itself. */
function hostOf(place: string): string {
  return place.replace(/^[a-z]+:\/\//, "").replace(/[:/].*$/s, "");
}
