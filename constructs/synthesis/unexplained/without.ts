import type { Block } from "./document";
import { body, record } from "./json";

/** A body without the arguments at these paths. */
export function without(said: unknown, paths: readonly (readonly (string | number)[])[]): unknown {
  return paths.reduce<unknown>((rest, [head, ...tail]) => {
    if (head === undefined || typeof rest !== "object" || rest === null) return rest;
    const entries = Object.entries(rest).flatMap(([key, value]) =>
      key !== String(head) ? [[key, value]] : tail.length === 0 ? [] : [[key, without(value, [tail])]],
    );
    return Object.fromEntries(entries) as unknown;
  }, said);
}

/** A value without fields that are undefined, empty lists or empty objects; undefined when nothing is left. */
export function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, entry]) => [key, withoutNothing(entry)] as const)
    .filter(([, entry]) => entry !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** cdktf writes a provider's source where all of its kind share it: one element does not speak for it. */
export function withoutSource({ block }: Block, said: Block): unknown {
  if (block !== "provider") return body(said.body);
  const { source: _source, ...rest } = record(said.body);
  return [said.name, rest];
}
