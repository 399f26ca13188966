/** Which block comes after which inside a stack. The same program always gives the same order. */
import { referencesOf, type Path } from "../../access/terraform/expression";
import { parseTemplate } from "./expressions";
import { Block, Stack } from "./program";
import { Json, Where } from "./model/values";

export interface Plan {
  order: Block[];
  /** Address → addresses that it needs, direct ones only. */
  needs: Map<string, string[]>;
}

export function planStack(stack: Stack): Plan {
  const needs = new Map<string, string[]>();
  for (const block of stack.blocks.values()) {
    const where = new Where(stack.name, block.address);
    const paths = [...referencesIn(block.arguments, where), ...block.dependsOn, ...block.lifecycle.replaceTriggeredBy];
    const addresses = new Set(paths.map((path) => addressOf(path, stack, where)));
    if (block.provider) {
      // Terraform makes an empty configuration for a provider nobody configured; the servers here are given anyhow.
      if (stack.blocks.has(block.provider)) addresses.add(block.provider);
      else if (block.provider.split(".").length > 2)
        throw where.at("provider").error(`${block.provider} is not declared in this stack`);
    }
    needs.set(block.address, [...addresses].sort());
  }
  return { order: topological(stack, needs), needs };
}

/** These addresses and all that they need, however far behind. */
export function neededBy(addresses: readonly string[], plan: Plan): Set<string> {
  const found = new Set(addresses);
  // A set that grows while it is walked is walked to its end.
  for (const address of found) for (const next of plan.needs.get(address) ?? []) found.add(next);
  return found;
}

/** The block a reference points to; an error if the stack has no such block. */
export function addressOf(path: Path, stack: Stack, where: Where): string {
  const [first, second, third] = path;
  const address =
    first === "ephemeral" ? `ephemeral.${String(second)}.${String(third)}` : `${String(first)}.${String(second)}`;
  if (["data", "module", "local", "path", "each", "count", "self", "terraform"].includes(String(first)))
    throw where.error(`${String(first)}.* references are not known to the rehearsal`);
  if (!stack.blocks.has(address)) throw where.error(`${address} is not declared in this stack`);
  return address;
}

export function referencesIn(value: Json, where: Where): Path[] {
  if (typeof value === "string") return referencesOf(parseTemplate(value, where));
  if (Array.isArray(value)) return value.flatMap((entry, index) => referencesIn(entry, where.at(index)));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, entry]) => [
      ...referencesOf(parseTemplate(key, where)),
      ...referencesIn(entry, where.at(key)),
    ]);
  return [];
}

/**
 * Ephemeral values and providers come as early as they can. Terraform opens those that wait for nothing while it plans,
 * so a secret that does not exist yet fails then and not later.
 */
const RANK: Record<Block["kind"], number> = { variable: 0, ephemeral: 1, provider: 2, resource: 3, output: 4 };

function topological(stack: Stack, needs: Map<string, string[]>): Block[] {
  const waiting = new Map([...needs].map(([address, list]) => [address, new Set(list)]));
  const order: Block[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting]
      .filter(([, open]) => open.size === 0)
      .map(([address]) => stack.blocks.get(address))
      .filter((block): block is Block => block !== undefined)
      .sort((a, b) => RANK[a.kind] - RANK[b.kind] || (a.address < b.address ? -1 : 1));
    const next = ready[0];
    if (!next) throw new Where(stack.name, "plan").error(`cycle: ${cycleIn(waiting).join(" → ")}`);
    waiting.delete(next.address);
    waiting.forEach((open) => open.delete(next.address));
    order.push(next);
  }
  return order;
}

function cycleIn(waiting: Map<string, Set<string>>): string[] {
  const path: string[] = [];
  let at = [...waiting.keys()].sort()[0] ?? "";
  while (!path.includes(at)) {
    path.push(at);
    at = [...(waiting.get(at) ?? [])].sort()[0] ?? "";
  }
  return [...path.slice(path.indexOf(at)), at];
}
