import { TerraformElement, TerraformStack, Tokenization } from "cdktf";
import { IConstruct } from "constructs";
import { BLOCK_FIELDS, insideOf, overridesOf } from "./cdktf/internals";
import { userLine } from "./source-line";

/**
 * Every element that Leasehold makes is marked here, right after it was made. The access report leaves out marked
 * elements that the graph explains, as long as they still say what their construct said. It lists everything else in
 * the program that could change access. An element without a mark counts as the user's own and is listed: a forgotten
 * mark shows too much, never too little.
 */

/**
 * How much of a block the access graph leaves open.
 *
 * - `explained`: nothing. All that it says follows from the graph and from settings that are listed elsewhere.
 * - `setting`: its own arguments, which are listed as the digest of the whole block.
 * - `partly`: what `open` returns, if anything. The rest follows from the graph, or does not bear on access.
 */
export type Openness =
  | { readonly kind: "explained" }
  | {
      readonly kind: "setting";
      /**
       * Arguments that follow from the graph, as paths in the block. They are left out of the digest, which each grant
       * would change otherwise.
       */
      readonly explained: readonly (readonly (string | number)[])[];
      /** What other blocks hold of this setting too: it is listed once here, and not for each of them. */
      readonly shared: () => unknown;
    }
  | { readonly kind: "partly"; readonly open: (facts: ProgramFacts) => Readonly<Record<string, unknown>> };

/** Facts that matter for many blocks and are looked up once. */
export interface ProgramFacts {
  /** How many Vault servers the program makes. With one, there is no doubt which one a workload talks to. */
  readonly vaultServers: number;
}

/** What Leasehold notes on an element that it makes. */
export interface Origin {
  readonly openness: Openness;
  /** The user's line that made it, where that is not known from the graph. */
  readonly source?: string;
  /** Whether it is certainly as it was made. Where this is false, `expected` decides. */
  untouched(): boolean;
  /** Terraform JSON of the element, unresolved, as if nobody had touched it since; `depends_on` is as it is now. */
  expected(): unknown;
}

const ORIGIN = Symbol.for("leasehold.origin");
const ALL = Symbol.for("leasehold.origin.all");
const OVERRIDES = Symbol.for("leasehold.origin.overrides");

/** The graph explains all that this block says. */
export function explained<T extends TerraformElement>(element: T): T {
  return note(element, { kind: "explained" });
}

/** Made by Leasehold of props that are not part of the graph. */
export function setting<T extends TerraformElement>(
  element: T,
  options: { readonly explained?: readonly (readonly (string | number)[])[]; readonly shared?: () => unknown } = {},
): T {
  const { explained: paths = [], shared = () => undefined } = options;
  return note(element, { kind: "setting", explained: paths, shared });
}

/** Explained by the graph but for what `open` returns; fields that are undefined or empty count as nothing. */
export function explainedBut<T extends TerraformElement>(
  element: T,
  open: (facts: ProgramFacts) => Readonly<Record<string, unknown>>,
): T {
  return note(element, { kind: "partly", open });
}

/** Leasehold itself took the element out of the tree: it does not count as missing. */
export function withdraw(element: TerraformElement): void {
  elementsOfOurs(element.node.root).delete(element);
}

/** The mark of an element, if Leasehold made it. */
export function originOf(element: TerraformElement): Origin | undefined {
  return (element as { [ORIGIN]?: Origin })[ORIGIN];
}

/** Everything that Leasehold made in this tree, also what somebody took out of it since. */
export function elementsOfOurs(root: IConstruct): Set<TerraformElement> {
  const holder = root as { [ALL]?: Set<TerraformElement> };
  if (!holder[ALL]) Object.defineProperty(root, ALL, { value: new Set<TerraformElement>() });
  return holder[ALL] as Set<TerraformElement>;
}

/** The overrides that a stack has now are our own. */
export function noteOverrides(stack: TerraformStack): void {
  Object.defineProperty(stack, OVERRIDES, { value: JSON.stringify(overridesOf(stack)) });
}

/** Whether a stack has no overrides but our own. */
export function overridesAreOurs(stack: TerraformStack): boolean {
  const ours = (stack as { [OVERRIDES]?: string })[OVERRIDES] ?? "{}";
  return JSON.stringify(overridesOf(stack)) === ours;
}

function note<T extends TerraformElement>(element: T, openness: Openness): T {
  const inside = insideOf(element);
  const { toTerraform, synthesizeAttributes } = inside;
  const attributes = copy(synthesizeAttributes?.call(element));
  const fields = new Map(BLOCK_FIELDS.map((field) => [field, copy(inside[field])]));
  const origin: Origin = {
    openness,
    source: openness.kind === "setting" ? userLine() : undefined,
    untouched: () =>
      inside.toTerraform === toTerraform &&
      inside.synthesizeAttributes === synthesizeAttributes &&
      BLOCK_FIELDS.every((field) => same(inside[field], fields.get(field))) &&
      same(synthesizeAttributes?.call(element), attributes),
    expected: () => {
      // The class itself makes the Terraform JSON, from the fields as they were: a rendering of our own could be wrong.
      const shadow = Object.create(element) as object;
      for (const [field, value] of fields) Object.defineProperty(shadow, field, { value: copy(value), writable: true });
      Object.defineProperty(shadow, "synthesizeAttributes", { value: () => copy(attributes) });
      return toTerraform.call(shadow);
    },
  };
  Object.defineProperty(element, ORIGIN, { value: origin });
  elementsOfOurs(element.node.root).add(element);
  return element;
}

/** Whether it is an object without a class: a list, a token and a construct are not. */
function plain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || Tokenization.isResolvable(value))
    return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A deep copy of lists and plain objects: a later change of the original does not change what was noted. */
export function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T;
  if (!plain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copy(entry)])) as T;
}

/** Equal before resolution: the same text, tokens included, and the same lazy values. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((entry, index) => same(entry, b[index]));
  if (!plain(a) || !plain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
