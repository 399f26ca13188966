import {
  CloudBackend,
  ISynthesisSession,
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
import type { IConstruct } from "constructs";

/**
 * All that Leasehold reads or replaces in cdktf and constructs although they do not promise it. Each has its reason,
 * and a test in `__tests__/constructs/private/cdktf/` that fails when cdktf changes it. Two more are elsewhere: how
 * tokens are resolved is in `resolve.ts` beside it, and how they look is in `access/model/cdktf-tokens.ts`, where names
 * are checked without cdktf.
 */

/**
 * What `addOverride` of a stack or an element has gathered. An override may change any block, and the access report must know whether
 * there is one; cdktf offers no way to ask.
 */
export function overridesOf(element: TerraformElement | TerraformStack): Record<string, unknown> {
  return (element as unknown as { readonly rawOverrides: Record<string, unknown> }).rawOverrides;
}

/**
 * Fields of an element, beside its attributes, that end in its block: Terraform's meta-arguments, overrides, and the moves and
 * imports of cdktf. A change of one of them changes what the block says. `dependsOn` is left out: we append to it ourselves, and
 * order grants nothing.
 */
export const BLOCK_FIELDS = [
  "terraformResourceType",
  "terraformProviderSource",
  "attributes",
  "rawOverrides",
  "count",
  "provider",
  "lifecycle",
  "forEach",
  "provisioners",
  "connection",
  "_hasMoved",
  "_movedByTarget",
  "_movedById",
  "_imported",
] as const;

/** An element with those fields, and with the two methods that make its JSON. */
export interface ElementInside {
  synthesizeAttributes?(): Record<string, unknown>;
  toTerraform(): unknown;
  readonly [field: string]: unknown;
}

/** The fields of an element that cdktf hides. */
export function insideOf(element: TerraformElement): ElementInside {
  return element as unknown as ElementInside;
}

/** What an element was made as: `module`, or `ephemeral.random_password`. Resources, data sources and providers say it in another way. */
export function elementTypeOf(element: TerraformElement): string {
  return String((element as unknown as { readonly _elementType?: string })._elementType);
}

/** Classes of cdktf that write the JSON of their own element, and of no other. A user's class may write what it likes. */
const WRITERS: ReadonlySet<unknown> = new Set(
  [
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
    TerraformVariable,
  ].map((known) => (known.prototype as unknown as ElementInside).toTerraform),
);

/** Whether a method is one of cdktf's that write an element. */
export function isWriterOfCdktf(toTerraform: unknown): boolean {
  return WRITERS.has(toTerraform);
}

/** As cdktf has it when this is loaded. */
const WRITE_STACK = (TerraformStack.prototype as { toTerraform(): unknown }).toTerraform;

/** Whether this method writes the JSON of a stack as cdktf does, and the stack is written to disk as cdktf does. */
export function isWrittenByCdktf(stack: TerraformStack, toTerraform: unknown): boolean {
  return toTerraform === WRITE_STACK && stack.synthesizer.constructor.name === "StackSynthesizer";
}

/** Has a function called when cdktf writes the stack of a construct: the only place from which a file can be put beside its JSON. */
export function whenSynthesized(construct: IConstruct, onSynthesize: (session: ISynthesisSession) => void): void {
  Object.defineProperty(construct, Symbol.for("cdktf/customSynthesis"), { value: { onSynthesize } });
}

/** Has a function called when the manifest, which cdktf writes last, was written: then every stack is there and every validation passed. */
export function afterManifest(manifest: ISynthesisSession["manifest"], work: () => void): void {
  const { writeToFile } = manifest;
  const replaced = (): void => {
    writeToFile.call(manifest);
    work();
  };
  Object.defineProperty(manifest, "writeToFile", { value: replaced, configurable: true });
}

type Method = (this: TerraformStack) => unknown;

/** The two methods that cdktf calls of a stack when it synthesizes, in this order. */
export interface StackMethods {
  readonly prepareStack: Method;
  readonly toTerraform: Method;
}

/**
 * Replaces both methods of one stack. cdktf has no hook around them. Nothing else knows what a stack said, and when it
 * was asked again.
 */
export function replaceStackMethods(stack: TerraformStack, replaced: (original: StackMethods) => StackMethods): void {
  const { prepareStack, toTerraform } = stack as unknown as StackMethods;
  const method = (value: Method): PropertyDescriptor => ({ value, writable: true, configurable: true });
  const { prepareStack: prepare, toTerraform: write } = replaced({ prepareStack, toTerraform });
  Object.defineProperties(stack, { prepareStack: method(prepare), toTerraform: method(write) });
}

/** Has a function called for each construct that is made directly in this one from now on. constructs 10 offers no such event. */
export function whenChildAdded(construct: IConstruct, added: (id: string) => void): void {
  const node = construct.node as unknown as { addChild(child: IConstruct, id: string): void };
  const { addChild } = node;
  node.addChild = (child, id) => {
    addChild.call(node, child, id);
    added(id);
  };
}
