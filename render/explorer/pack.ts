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

/** Packs plain data; keys whose value is undefined are left out, as in JSON. */
export function pack(value: unknown): Packed {
  const shapes = new Map<string, number>();
  const values: PackedValue[] = [];
  const places = new Map<unknown, number>();
  const lists = new Map<string, number>();

  const add = (part: PackedValue): number => values.push(part) - 1;
  const list = (entry: readonly number[]): number => {
    const key = entry.join();
    const known = lists.get(key);
    if (known !== undefined) return known;
    const place = add(entry);
    lists.set(key, place);
    return place;
  };
  const put = (part: unknown): number => {
    const known = places.get(part);
    if (known !== undefined) return known;
    const place = fresh(part);
    // By identity for objects: what is shared in memory is looked at once.
    places.set(part, place);
    return place;
  };
  const fresh = (part: unknown): number => {
    if (Array.isArray(part)) return list([-1, ...part.map(put)]);
    if (typeof part !== "object" || part === null) return add(part as PackedValue);
    let keys = "";
    const entry = [0];
    for (const [key, value] of Object.entries(part)) {
      if (value === undefined) continue;
      keys += `${JSON.stringify(key)},`;
      entry.push(put(value));
    }
    let shape = shapes.get(keys);
    if (shape === undefined) shapes.set(keys, (shape = shapes.size));
    entry[0] = shape;
    return list(entry);
  };
  put(value);
  return { shapes: [...shapes.keys()].map((shape) => JSON.parse(`[${shape.slice(0, -1)}]`) as string[]), values };
}
