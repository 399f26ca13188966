/**
 * A value as a list in which every different part stands once, parts before what is made of them: `["a", [0, 0]]` holds a
 * list of two times "a". Access reports repeat themselves: places, clocks, the two sides of a diff. So this is a fraction
 * of their JSON, and equal parts of the report are one object when it is unpacked.
 *
 * An entry is a scalar, `[-1, …entries]` for a list, or `[shape, …entries]` for an object with the keys of `shapes[shape]`.
 */
export interface Packed {
  readonly shapes: readonly (readonly string[])[];
  readonly values: readonly PackedValue[];
}

export type PackedValue = string | number | boolean | null | readonly number[];

/** A part that was packed already, by its place: where it is used again, nothing else of it is needed. */
export class PackedPart {
  constructor(readonly place: number) {}
}

/** The keys of an object, one after the other. */
interface Shape {
  readonly keys: readonly string[];
  readonly longer: Map<string, Shape>;
  /** Absent while no object has these keys and no others. */
  place?: number;
}

/** Packs plain data, part by part: what is packed need not stay in memory. Keys whose value is undefined are left out, as in JSON. */
export class Packer {
  /** Each entry as it is written, in order, with its place. */
  readonly #places = new Map<string, number>();
  readonly #scalars = new Map<unknown, number>();
  readonly #noKeys: Shape = { keys: [], longer: new Map() };
  readonly #shapes: (readonly string[])[] = [];

  /** Packs values that will be parts of another one. */
  parts(values: readonly unknown[]): PackedPart[] {
    const seen = new Map<object, number>();
    return values.map((value) => new PackedPart(this.#put(value, seen)));
  }

  /** The JSON of a `Packed` that holds the value, whose parts may be packed already. */
  write(value: unknown): string {
    this.#put(value, new Map());
    return `{"shapes":${JSON.stringify(this.#shapes)},"values":[${[...this.#places.keys()].join()}]}`;
  }

  #put(part: unknown, seen: Map<object, number>): number {
    if (typeof part !== "object" || part === null) return this.#scalar(part);
    if (part instanceof PackedPart) return part.place;
    // What is shared in memory is looked at once.
    const known = seen.get(part);
    if (known !== undefined) return known;
    const entry = Array.isArray(part) ? this.#list(part, seen) : this.#object(part, seen);
    // As one piece of text: a text that grew keeps all pieces that it was made of.
    const place = this.#add(JSON.stringify(entry));
    seen.set(part, place);
    return place;
  }

  #scalar(part: unknown): number {
    const known = this.#scalars.get(part);
    if (known !== undefined) return known;
    const place = this.#add(JSON.stringify(part));
    this.#scalars.set(part, place);
    return place;
  }

  #add(entry: string): number {
    const known = this.#places.get(entry);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(entry, place);
    return place;
  }

  #list(part: readonly unknown[], seen: Map<object, number>): number[] {
    const entry = [-1];
    for (const value of part) entry.push(this.#put(value, seen));
    return entry;
  }

  #object(part: object, seen: Map<object, number>): number[] {
    let shape = this.#noKeys;
    const entry = [0];
    for (const key of Object.keys(part)) {
      const value = (part as Record<string, unknown>)[key];
      if (value === undefined) continue;
      entry.push(this.#put(value, seen));
      let longer = shape.longer.get(key);
      if (!longer) shape.longer.set(key, (longer = { keys: [...shape.keys, key], longer: new Map() }));
      shape = longer;
    }
    entry[0] = shape.place ??= this.#shapes.push(shape.keys) - 1;
    return entry;
  }
}
