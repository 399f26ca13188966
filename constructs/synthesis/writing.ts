import type { TerraformStack } from "cdktf";
import { replaceStackMethods, type StackMethods } from "../private/cdktf/internals";
import { changesOf } from "../private/changes";
import { resolvingQuickly } from "../private/cdktf/resolve";
import { forgetVerdict } from "./verdict";

/** On a stack whose JSON we look after, and on the function that makes it: what it stands for. */
const WRITING = Symbol.for("leasehold.writing");

type Writer = StackMethods["toTerraform"];
type Ours = Writer & { readonly [WRITING]?: Writer };
interface Writing {
  /** The JSON that the stack made last, as a text that nobody can change, and how often the program had been changed then. */
  last?: { readonly text: string; readonly changes: number };
}
type Watched = TerraformStack & { readonly [WRITING]?: Writing };

/**
 * Has a stack resolve what it says quickly, and remembers what it said last: the report needs it, and to ask once more costs as much
 * as the writing itself. Of any stack it is said once; whoever puts a function of his own in the place of ours has it called as ever.
 */
export function watchWriting(stack: TerraformStack): void {
  if (WRITING in stack) return;
  const writing: Writing = {};
  Object.defineProperty(stack, WRITING, { value: writing });
  replaceStackMethods(stack, ({ prepareStack, toTerraform }) => {
    const write = function (this: TerraformStack): unknown {
      const document = resolvingQuickly(() => toTerraform.call(this));
      writing.last = { text: JSON.stringify(document), changes: changesOf(stack) };
      return document;
    };
    return {
      prepareStack: () => {
        // It has said something before: this is another synthesis.
        if (writing.last) forgetVerdict(stack);
        writing.last = undefined;
        return resolvingQuickly(() => prepareStack.call(stack));
      },
      toTerraform: Object.defineProperty(write, WRITING, { value: toTerraform }),
    };
  });
}

/** The function of a stack that makes its JSON, where ours stands before it. */
export function writerOf(stack: TerraformStack): unknown {
  const { toTerraform } = stack as unknown as { readonly toTerraform: Ours };
  return toTerraform[WRITING] ?? toTerraform;
}

/** What a stack said last. @returns undefined where it has said nothing yet, and where the program has changed since */
export function saidLast(stack: TerraformStack): string | undefined {
  const last = (stack as Watched)[WRITING]?.last;
  return last?.changes === changesOf(stack) ? last.text : undefined;
}
