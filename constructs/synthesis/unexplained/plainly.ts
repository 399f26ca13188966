import {
  CloudBackend,
  TerraformBackend,
  TerraformDataSource,
  TerraformElement,
  TerraformLocal,
  TerraformModule,
  TerraformOutput,
  TerraformProvider,
  TerraformRemoteState,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import { isMarked } from "../../private/guards";
import { overridesOf } from "../../private/kept";
import { EphemeralResource } from "../../private/terraform";
import { writerOf } from "../writing";

/** Classes that write Terraform JSON of their own element, and of no other. */
const WRITERS = new Set(
  [
    CloudBackend,
    EphemeralResource,
    TerraformBackend,
    TerraformDataSource,
    TerraformElement,
    TerraformLocal,
    TerraformModule,
    TerraformOutput,
    TerraformProvider,
    TerraformRemoteState,
    TerraformResource,
    TerraformVariable,
  ].map((known) => (known.prototype as unknown as { toTerraform(): unknown }).toTerraform),
);

/** As cdktf has it when this is loaded. */
const WRITE_STACK = (TerraformStack.prototype as { toTerraform(): unknown }).toTerraform;

/**
 * Whether the JSON of a stack is what its elements make, each by itself: no override of the stack reaches a block, and no
 * class of the user's writes what it likes. Then an element that nobody has touched needs no comparison with the JSON.
 */
export function writesPlainly(stack: TerraformStack, elements: readonly TerraformElement[]): boolean {
  return (
    Object.keys(overridesOf(stack)).every((key) => key === "terraform") &&
    writerOf(stack) === WRITE_STACK &&
    stack.synthesizer.constructor.name === "StackSynthesizer" &&
    elements.every((element) => WRITERS.has(element.toTerraform) || isMarked(element, "AccessCheck"))
  );
}
