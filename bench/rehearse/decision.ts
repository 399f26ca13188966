import type { Block, Stack } from "./program";
import { addressOf } from "./plan";
import type { Action } from "./model/contracts";
import { changedKeys, ResourceHandler } from "./model/handler";
import type { ResourceState } from "./model/state";
import { canonical, JsonObject, Where } from "./model/values";

/** Resources that an apply changed, as they were and as they are. */
export type Changed = Map<string, { readonly before: JsonObject; readonly after: JsonObject }>;

/** What of `replace_triggered_by` was changed by this apply. */
export function firedTriggers(block: Block, stack: Stack, changed: Changed): string[] {
  const where = new Where(stack.name, block.address);
  const fired = block.lifecycle.replaceTriggeredBy.filter((path) => {
    const change = changed.get(addressOf(path, stack, where));
    if (!change || path.length <= 2) return change !== undefined;
    const attribute = String(path[2]);
    return canonical(change.before[attribute] ?? null) !== canonical(change.after[attribute] ?? null);
  });
  return fired.map((path) => path.join("."));
}

/** What a block is compared with. */
interface Compared {
  readonly known?: ResourceState;
  /** Its arguments as the state keeps them. */
  readonly after: JsonObject;
  readonly imported: boolean;
  readonly triggers: readonly string[];
}

/** What an apply does to a block; of a replacement and an update, why. */
export function decision(
  handler: ResourceHandler,
  { known, after, imported, triggers }: Compared,
): { readonly action: Action; readonly reasons?: string[] } {
  if (!known) return { action: imported ? "adopt" : "create" };
  const replacing = handler.replacedBy(known.arguments, after, known.attributes);
  const because = [...replacing, ...triggers, ...(known.tainted ? ["tainted"] : [])];
  if (because.length > 0) return { action: "replace", reasons: because };
  const different = changedKeys(known.arguments, after);
  return different.length > 0 ? { action: "update", reasons: different } : { action: "unchanged" };
}
