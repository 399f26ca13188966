import { randomBytes } from "crypto";
import { JsonObject } from "./values";

/** What is known of an object made earlier: no secrets. */
export interface Known {
  id: string;
  arguments: JsonObject;
  attributes: JsonObject;
}

export interface ResourceState extends Known {
  address: string;
  type: string;
  provider: string;
  /** Addresses of all resources that have to outlive this one. */
  dependencies: string[];
  /** Half made: the next apply replaces it. */
  tainted: boolean;
}

/** What an apply leaves behind. Holds no secrets: versions of write-only values, digests of sensitive ones. */
export interface RehearsalState {
  salt: string;
  stacks: Record<string, Record<string, ResourceState>>;
}

export const emptyState = (): RehearsalState => ({ salt: randomBytes(16).toString("hex"), stacks: {} });

/** What a reference to a resource sees. */
export const visible = (entry: ResourceState): JsonObject => ({
  ...entry.arguments,
  ...entry.attributes,
  id: entry.id,
});

/** Dependents before what they depend on; among equals the later name first, so that runs repeat. */
export function destroyOrder(entries: ResourceState[]): ResourceState[] {
  const left = new Map(entries.map((entry) => [entry.address, entry]));
  const order: ResourceState[] = [];
  while (left.size > 0) {
    const held = new Set([...left.values()].flatMap((entry) => entry.dependencies));
    const free = [...left.keys()].filter((address) => !held.has(address)).sort();
    // a cycle cannot come from a plan; if a foreign state holds one, any order is as good as another
    const next = left.get(free.at(-1) ?? [...left.keys()][0] ?? "");
    if (!next) break;
    left.delete(next.address);
    order.push(next);
  }
  return order;
}
