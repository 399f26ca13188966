import type { TerraformStack } from "cdktf";
import { replaceStackMethods, type StackMethods } from "../private/cdktf/internals";
import { changesOf } from "../private/changes";
import { resolvingQuickly } from "../private/cdktf/resolve";
import { forgetVerdict } from "./verdict";

/**
 * Key of two notes: on a stack, what is remembered of its JSON; on the function that makes that JSON, the stack's own
 * function that it replaces.
 */
const WRITING = Symbol.for("leasehold.writing");

type Writer = StackMethods["toTerraform"];
type Ours = Writer & { readonly [WRITING]?: Writer };
interface Writing {
  /** The JSON that the stack made last, as a text that nobody can change, and how often the program had been changed then. */
  last?: { readonly text: string; readonly changes: number };
}
type Watched = TerraformStack & { readonly [WRITING]?: Writing };

/**
 * Has a stack resolve its JSON quickly, and remembers the last one: the report needs it, and making it again costs as
 * much as the writing itself. It is set up once for each stack. Where a program puts a function of its own in place of
 * ours, that one is called as usual.
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
        // The stack has made its JSON before: this is another synthesis.
        if (writing.last) forgetVerdict(stack);
        writing.last = undefined;
        return resolvingQuickly(() => prepareStack.call(stack));
      },
      toTerraform: Object.defineProperty(write, WRITING, { value: toTerraform }),
    };
  });
}

/** The function of a stack that makes its JSON, where ours was put in front of it. */
export function writerOf(stack: TerraformStack): unknown {
  const { toTerraform } = stack as unknown as { readonly toTerraform: Ours };
  return toTerraform[WRITING] ?? toTerraform;
}

/** What a stack said last. @returns undefined where it has said nothing yet, and where the program has changed since */
export function saidLast(stack: TerraformStack): string | undefined {
  const last = (stack as Watched)[WRITING]?.last;
  return last?.changes === changesOf(stack) ? last.text : undefined;
}
