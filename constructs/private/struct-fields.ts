import type { Shape } from "./shape";
import { STRUCTS } from "./shapes";

/** A property of a struct. */
export type Field = readonly [name: string, shape: Shape, optional: boolean];
const FIELDS = new Map<string, readonly Field[]>();

/** Every property of a struct: its name, its shape, and whether it may be left out. */
export function fieldsOf(struct: string): readonly Field[] {
  const known = FIELDS.get(struct) ?? readFields(struct);
  FIELDS.set(struct, known);
  return known;
}

function readFields(struct: string): Field[] {
  const { extends: bases = [], fields } = STRUCTS[struct];
  const own = Object.entries(fields).map(([name, shape]) => [plainName(name), shape, name.endsWith("?")] as const);
  const names = new Set(own.map(([name]) => name));
  return [...own, ...bases.flatMap(fieldsOf).filter(([name]) => !names.has(name))];
}

/** The name of a property, without the `?` of what may be left out. */
export function plainName(name: string): string {
  return name.replace(/\?$/, "");
}
