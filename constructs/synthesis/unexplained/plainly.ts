import { TerraformElement, TerraformStack } from "cdktf";
import { isWriterOfCdktf, isWrittenByCdktf, overridesOf } from "../../private/cdktf/internals";
import { isMarked } from "../../private/guards";
import { EphemeralResource } from "../../private/terraform";
import { writerOf } from "../writing";

/** Ours that writes the block of its own element, and nothing else. */
const { toTerraform: WRITE_EPHEMERAL } = EphemeralResource.prototype;

/**
 * Whether the JSON of a stack is what its elements make, each by itself: no override of the stack reaches a block, and no
 * class of the user's writes what it likes. Then an element that nobody has touched needs no comparison with the JSON.
 */
export function writesPlainly(stack: TerraformStack, elements: readonly TerraformElement[]): boolean {
  return (
    Object.keys(overridesOf(stack)).every((key) => key === "terraform") &&
    isWrittenByCdktf(stack, writerOf(stack)) &&
    elements.every(
      (element) =>
        element.toTerraform === WRITE_EPHEMERAL ||
        isWriterOfCdktf(element.toTerraform) ||
        isMarked(element, "AccessCheck"),
    )
  );
}
