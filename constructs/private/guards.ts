/**
 * Marks a class so that its instances are known across two copies of this package and in jest's module sandboxes,
 * where `instanceof` fails.
 */
export function mark<T extends object>(target: T, kind: string): T {
  return Object.defineProperty(target, symbolOf(kind), { value: true });
}

/** Whether the construct was marked as this kind. */
export function isMarked(target: object, kind: string): boolean {
  return symbolOf(kind) in target;
}

const symbols = new Map<string, symbol>();

/** The symbol of a kind, made once: every construct of a program is asked for each kind. */
function symbolOf(kind: string): symbol {
  const known = symbols.get(kind);
  if (known) return known;
  const made = Symbol.for(`leasehold.${kind}`);
  symbols.set(kind, made);
  return made;
}
