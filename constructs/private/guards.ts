import { IConstruct } from "constructs";

/**
 * Marks a class so that its instances are known across two copies of this package and in jest's module sandboxes,
 * where `instanceof` fails.
 */
export function mark(target: object, kind: string): void {
  Object.defineProperty(target, Symbol.for(`leasehold.${kind}`), { value: true });
}

/** Whether the construct was marked as this kind. */
export function isMarked(construct: IConstruct, kind: string): boolean {
  return Symbol.for(`leasehold.${kind}`) in construct;
}
