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

/** Values that are packed at once. */
interface Batch {
  /** Where its first entry stands. */
  readonly start: number;
  readonly entries: string[];
  /** Its lists and objects that are made of something that it was the first to hold. */
  readonly places: Map<string, number>;
  /** What is shared in memory is looked at once. */
  readonly seen: Map<object, number>;
}

/**
 * Packs plain data, part by part: what is packed need not stay in memory. Keys whose value is undefined are left out, as in JSON.
 *
 * A list or object that is made of something new cannot stand in an earlier batch, so it is looked for in its own only. If it comes again
 * later, it stands twice: a large report has hundreds of thousands that do not, and a map of them takes longer than all else.
 */
export class Packer {
  readonly #scalars = new Map<unknown, number>();
  /** Lists and objects that were made of what earlier batches hold. */
  readonly #places = new Map<string, number>();
  readonly #noKeys: Shape = { keys: [], longer: new Map() };
  readonly #shapes: (readonly string[])[] = [];
  /** The entries of each batch, as they are written. */
  readonly #batches: string[] = [];
  #length = 0;

  /** Packs values that will be parts of another one. */
  parts(values: readonly unknown[]): PackedPart[] {
    const batch: Batch = { start: this.#length, entries: [], places: new Map(), seen: new Map() };
    const parts = values.map((value) => new PackedPart(this.#put(value, batch)));
    if (batch.entries.length > 0) this.#batches.push(batch.entries.join());
    return parts;
  }

  /** The JSON of a `Packed` that holds the value, whose parts may be packed already. */
  write(value: unknown): string {
    this.parts([value]);
    return `{"shapes":${JSON.stringify(this.#shapes)},"values":[${this.#batches.join()}]}`;
  }

  #put(part: unknown, batch: Batch): number {
    if (typeof part !== "object" || part === null) return this.#scalar(part, batch);
    if (part instanceof PackedPart) return part.place;
    const known = batch.seen.get(part);
    if (known !== undefined) return known;
    const entry = Array.isArray(part) ? this.#list(part, batch) : this.#object(part, batch);
    const places = entry.some((place, index) => index > 0 && place >= batch.start) ? batch.places : this.#places;
    const place = this.#placed(JSON.stringify(entry), places, batch);
    batch.seen.set(part, place);
    return place;
  }

  #scalar(part: unknown, batch: Batch): number {
    const known = this.#scalars.get(part);
    if (known !== undefined) return known;
    const place = this.#add(JSON.stringify(part), batch);
    this.#scalars.set(part, place);
    return place;
  }

  #placed(entry: string, places: Map<string, number>, batch: Batch): number {
    const known = places.get(entry);
    if (known !== undefined) return known;
    const place = this.#add(entry, batch);
    places.set(entry, place);
    return place;
  }

  #add(entry: string, batch: Batch): number {
    batch.entries.push(entry);
    return this.#length++;
  }

  #list(part: readonly unknown[], batch: Batch): number[] {
    const entry = [-1];
    for (const value of part) entry.push(this.#put(value, batch));
    return entry;
  }

  #object(part: object, batch: Batch): number[] {
    let shape = this.#noKeys;
    const entry = [0];
    for (const key of Object.keys(part)) {
      const value = (part as Record<string, unknown>)[key];
      if (value === undefined) continue;
      entry.push(this.#put(value, batch));
      let longer = shape.longer.get(key);
      if (!longer) shape.longer.set(key, (longer = { keys: [...shape.keys, key], longer: new Map() }));
      shape = longer;
    }
    entry[0] = shape.place ??= this.#shapes.push(shape.keys) - 1;
    return entry;
  }
}
