import type { Block, StackJson } from "./program";

/** Addresses that a block names: in depends_on, in lifecycle, in interpolations. */
export function referencesOf(block: Block): { readonly ordered: string[]; readonly all: string[] } {
  const dependsOn = (block.depends_on ?? []) as string[];
  const lifecycle = (block.lifecycle ?? {}) as { replace_triggered_by?: string[] };
  const triggers = (lifecycle.replace_triggered_by ?? []).map(resourceOf);
  const { depends_on: _d, lifecycle: _l, ...attributes } = block;
  const interpolated = strings(attributes).flatMap((text) =>
    [...text.matchAll(/(?<!\$)\$\{([^}]*)\}/g)].flatMap(([, expression]) =>
      [
        ...expression
          .replace(/"(?:[^"\\]|\\.)*"/g, "")
          .matchAll(/\b(ephemeral\.)?([a-z]+_[a-z0-9_]+)\.([A-Za-z0-9_-]+)/g),
      ].map(([, ephemeral = "", type, id]) => `${ephemeral}${type}.${id}`),
    ),
  );
  return { ordered: dependsOn, all: [...dependsOn, ...triggers, ...interpolated] };
}

/** What comes before what in one stack's apply. */
export class TerraformGraph {
  private readonly blocks: ReadonlyMap<string, Block>;
  private readonly reached = new Map<string, ReadonlySet<string>>();

  constructor(stack: StackJson) {
    const types = Object.keys((stack.json.ephemeral ?? {}) as object);
    const ephemerals = types.flatMap((type) =>
      Object.entries(stack.ephemerals(type)).map(([id, block]): [string, Block] => [`ephemeral.${type}.${id}`, block]),
    );
    this.blocks = new Map([...stack.all, ...ephemerals]);
  }

  get addresses(): string[] {
    return [...this.blocks.keys()];
  }

  /** References to what the stack does not hold. */
  get dangling(): string[] {
    return [...this.blocks].flatMap(([address, block]) =>
      referencesOf(block)
        .all.filter((target) => !this.blocks.has(target))
        .map((target) => `${address} -> ${target}`),
    );
  }

  /** Everything that is applied before this address. @throws on a cycle */
  before(address: string, path: readonly string[] = []): ReadonlySet<string> {
    const known = this.reached.get(address);
    if (known) return known;
    if (path.includes(address)) throw new Error(`cycle: ${[...path, address].join(" -> ")}`);
    const direct = referencesOf(this.blocks.get(address) as Block).all;
    const all = new Set(direct.flatMap((target) => [target, ...this.before(target, [...path, address])]));
    this.reached.set(address, all);
    return all;
  }

  ofType(...types: readonly string[]): string[] {
    return this.addresses.filter((address) => types.includes(address.split(".")[0]));
  }
}

/** Every string of a JSON value. */
export function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}

/** Every attribute of a JSON value with its path: `[path, value]`, for values that are not objects. */
export function leaves(value: unknown, path: readonly string[] = []): [path: readonly string[], value: unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

function resourceOf(address: string): string {
  return address.split(".").slice(0, 2).join(".");
}
