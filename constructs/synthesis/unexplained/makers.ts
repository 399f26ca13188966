import { TerraformDataSource, TerraformElement, TerraformProvider, TerraformResource, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { listsBy } from "../../../access/model/lists-by";
import { elementTypeOf } from "../../private/cdktf/internals";
import { notedPods } from "../../private/noted-pods";
import type { Block } from "./document";

/** The elements of a stack in the order in which cdktf writes them, those of a stack inside of it left out. */
export function elementsOf(scope: IConstruct, into: TerraformElement[] = []): TerraformElement[] {
  if (TerraformElement.isTerraformElement(scope)) into.push(scope);
  for (const child of scope.node.children) if (!TerraformStack.isStack(child)) elementsOf(child, into);
  return into;
}

/** What tells a block from the others of its stack. */
export type BlockKey = Pick<Block, "block" | "type" | "name">;

/** Kind, type and name of the block that an element makes; of a provider block, whose name may be absent, its number. */
export function keyOf(element: TerraformElement, numbers: Map<string, number>): BlockKey | undefined {
  const { friendlyUniqueId: name } = element;
  if (TerraformResource.isTerraformResource(element))
    return { block: "resource", type: element.terraformResourceType, name };
  if (TerraformDataSource.isTerraformDataSource(element))
    return { block: "data", type: element.terraformResourceType, name };
  if (TerraformProvider.isTerraformProvider(element)) {
    const type = element.terraformResourceType;
    const number = numbers.get(type) ?? 0;
    numbers.set(type, number + 1);
    return { block: "provider", type, name: String(number) };
  }
  const [kind, type] = elementTypeOf(element).split(".");
  if (kind === "module") return { block: "module", type: "", name };
  return kind === "ephemeral" && type ? { block: "ephemeral", type, name } : undefined;
}

/** A key as text. */
export const idOf = ({ block, type, name }: BlockKey): string =>
  JSON.stringify([block, block === "module" ? "" : type, name]);

/** The elements that make each block, by `idOf`: more than one where constructs were given one name. */
export function makersOf(elements: readonly TerraformElement[]): Map<string, TerraformElement[]> {
  const numbers = new Map<string, number>();
  const keys = new Map(elements.map((element) => [element, keyOf(element, numbers)]));
  const written = elements.filter((element) => keys.get(element));
  return listsBy(written, (element) => idOf(keys.get(element) as BlockKey));
}

/** The line of the graph's node that an element belongs to: of the nearest scope that the graph says something of. */
export function sourceOf(element: TerraformElement): string | undefined {
  for (const scope of [...element.node.scopes].reverse()) {
    const pods = notedPods(scope);
    if (pods) return pods.deliveries[0]?.source;
    const { _graphNode } = scope as { _graphNode?(): { readonly source?: string } };
    if (_graphNode) return _graphNode.call(scope).source;
  }
  return undefined;
}
