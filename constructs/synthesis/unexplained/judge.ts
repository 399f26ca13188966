import { bareAddress } from "../../../access/terraform/tokens";
import type { Block } from "./document";
import { record, runsCode } from "./json";
import { isHarmless, isHarmlessProvider } from "./harmless";

/** The provider that a block belongs to: by the first part of its type, unless it names another. */
export function providersOf(block: Block): readonly string[] {
  const own = block.block === "provider" ? block.type : block.type.split("_")[0];
  const { provider } = record(block.body);
  return typeof provider === "string" ? [own, bareAddress(provider).split(".")[0]] : [own];
}

/**
 * Whether somebody could be let in by a block that the graph does not know: unless its type is known to be harmless. A name says
 * nothing about what a type can do: a function that is called, a machine with a script at its start, a file in a repository and a
 * pipeline run code with somebody's rights.
 *
 * @param source of a provider, by its local name, if the stack names one
 */
export function bearsOnAccess(block: Block, source: (provider: string) => string | undefined): boolean {
  if (block.block === "module" || block.block === "stack") return true;
  const said = record(block.body);
  if (said !== block.body) return true;
  // Both run commands where Terraform runs, and there are the tokens of an administrator.
  if ("provisioner" in said || "connection" in said) return true;
  // An action does something when the resource is made, whatever the resource itself is.
  if (JSON.stringify(said.lifecycle ?? null).includes("action_trigger") || "dynamic" in said || runsCode(said))
    return true;
  // A provider is code that runs with all that Terraform has: which ones there are is listed.
  if (block.block === "provider") return !isHarmlessProvider(block.type, source(block.type));
  const [own, ...others] = providersOf(block);
  if (others.some((name) => name !== own)) return true;
  const makes = block.block === "resource" || (block.block === "ephemeral" && block.type === "random_password");
  return !makes || !isHarmless(block.type, source(own));
}

/**
 * Providers that Terraform resolves by itself, without a block: their code runs as that of any other.
 *
 * @param named those that the stack requires by name
 */
export function impliedProviders(
  blocks: readonly Block[],
  named: ReadonlyMap<string, string>,
  source: (provider: string) => string | undefined,
): string[] {
  const written = new Set(blocks.filter(({ block }) => block === "provider").map(({ type }) => type));
  const used = blocks
    .filter(({ block }) => block === "resource" || block === "data" || block === "ephemeral")
    .flatMap((block) => {
      const { provider } = record(block.body);
      // One that is named in a way that is not followed is the block's own matter, which is listed.
      return typeof provider === "string" ? providersOf(block).slice(1) : providersOf(block);
    });
  return [...new Set([...used, ...named.keys()])]
    .filter((name) => /^[A-Za-z_][\w-]*$/.test(name) && name !== "terraform")
    .filter((name) => !written.has(name) && !isHarmlessProvider(name, source(name)))
    .sort();
}
