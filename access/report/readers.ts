/** At most this many problems are named: a file with more of them is no report at all. */
const MOST_PROBLEMS = 10;

/** Where a reading is. Its pointer is made only when somebody is told of it: a large report has a million fields. */
export interface Where {
  /** The keys that lead to the value that is read; of the file itself none. */
  readonly keys: (string | number)[];
  readonly problems: string[];
  /** Whether all is copied. Else what stands as we write it is taken over: of a large report a copy costs more than all checks. */
  readonly copied?: boolean;
  /** Of a newer version: told what is not understood, and where. */
  readonly newer?: (pointer: string, part: unknown) => void;
}

/** Reads a value, and notes what is wrong with it. What it returns then is never used. */
export type Reader<T> = (value: unknown, where: Where) => T;

/** A reader for each field; those that may be absent come by themselves. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Reader<Exclude<T[K], undefined>> };

/** Notes what is wrong with a value. */
export function refuse(where: Where, value: unknown, expected: string): undefined {
  const { problems } = where;
  if (problems.length < MOST_PROBLEMS)
    problems.push(`${pointerOf(where) || "it"} is ${show(value)}, but should be ${expected}`);
  return undefined;
}

/** Reads a part of what is read. */
export function readPart<T>(read: Reader<T>, part: unknown, where: Where, key: string | number): T {
  where.keys.push(key);
  const value = read(part, where);
  where.keys.pop();
  return value;
}

function pointerOf({ keys }: Where): string {
  return keys.map((key) => `/${escaped(String(key).replace(/~/g, "~0").replace(/\//g, "~1"))}`).join("");
}

/** An object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of the file in a message: short, on one line, and without what a terminal would obey. */
export function show(value: unknown): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return "a list";
  if (isRecord(value)) return "an object";
  return escaped(JSON.stringify(typeof value === "string" ? value.slice(0, 60) : value));
}

function escaped(text: string): string {
  const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
  return text.slice(0, 400).replace(/[^\x20-\x7e]/g, (unit) => hex(unit.charCodeAt(0)));
}

export const text: Reader<string> = (value, where) =>
  typeof value === "string" ? value : (refuse(where, value, "text") as never);

export const flag: Reader<boolean> = (value, where) =>
  typeof value === "boolean" ? value : (refuse(where, value, "true or false") as never);

export function whole(least: number): Reader<number> {
  return (value, where) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least
      ? value
      : (refuse(where, value, `a whole number of at least ${least}`) as never);
}

export function oneOf<T extends string | number>(...allowed: readonly T[]): Reader<T> {
  const expected = allowed.map((one) => JSON.stringify(one)).join(" or ");
  return (value, where) => (allowed.includes(value as T) ? (value as T) : (refuse(where, value, expected) as never));
}

export const digest: Reader<string> = (value, where) =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
    ? value
    : (refuse(where, value, "64 hexadecimal digits in lower case") as never);

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, where) =>
    Array.isArray(value) ? entriesOf(item, value, where) : (refuse(where, value, "a list") as never);
}

function entriesOf<T>(item: Reader<T>, entries: readonly unknown[], where: Where): T[] {
  if (!where.newer) {
    const read = entries.map((entry, index) => readPart(item, entry, where, index));
    return !where.copied && read.every((entry, index) => entry === entries[index]) ? (entries as T[]) : read;
  }
  return entries.flatMap((entry, index) => readPart((part, here) => entryOf(item, part, here), entry, where, index));
}

/** An entry of a list of a newer version: one that is not understood is told as a whole, and left out. */
function entryOf<T>(item: Reader<T>, entry: unknown, where: Where): T[] {
  const newer = where.newer as NonNullable<Where["newer"]>;
  const problems: string[] = [];
  const inner: [string, unknown][] = [];
  const read = item(entry, { ...where, problems, newer: (...told) => inner.push(told) });
  if (problems.length > 0) {
    newer(pointerOf(where), entry);
    return [];
  }
  for (const told of inner) newer(...told);
  return [read];
}

/** @param optional may be absent @param fillers what stands in memory for those of them that are absent */
export function object<T extends object>(
  fields: Fields<T>,
  optional: readonly (keyof T & string)[] = [],
  fillers: Partial<T> = {},
): Reader<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const [known, mayBeAbsent] = [new Set<string>(names), new Set<string>(optional)];
  const unknown: Reader<undefined> = (value, where) =>
    where.newer
      ? void where.newer(pointerOf(where), value)
      : refuse(where, value, "absent: no such field is known; use the Leasehold that wrote the file");
  const mayBeMissed = names.map((name) => mayBeAbsent.has(name) && !Object.hasOwn(fillers, name));
  return (value, where) => {
    if (!isRecord(value)) return refuse(where, value, "an object") as never;
    const keys = Object.keys(value);
    if (!where.copied && standsAs(value, keys, names, mayBeMissed)) {
      let read = value;
      for (const name of keys) {
        const part = readPart(fields[name as keyof T], value[name], where, name);
        if (part === value[name]) continue;
        if (read === value) read = { ...value };
        read[name] = part;
      }
      return read as T;
    }
    // In memory, what is undefined is absent.
    for (const key of keys) if (!known.has(key) && value[key] !== undefined) readPart(unknown, value[key], where, key);
    const read: Partial<Record<keyof T, unknown>> = {};
    for (const name of names) {
      const part = Object.hasOwn(value, name) ? value[name] : undefined;
      if (part === undefined && mayBeAbsent.has(name)) {
        if (Object.hasOwn(fillers, name)) read[name] = fillers[name];
        continue;
      }
      read[name] = readPart(fields[name], part, where, name);
    }
    return read as T;
  };
}

/** Whether an object has the keys that are written, in their order. */
function standsAs(
  value: Record<string, unknown>,
  keys: readonly string[],
  names: readonly string[],
  mayBeMissed: readonly boolean[],
): boolean {
  let next = 0;
  for (const key of keys) {
    while (names[next] !== key) if (!mayBeMissed[next++]) return false;
    if (value[key] === undefined) return false;
    next++;
  }
  while (next < names.length) if (!mayBeMissed[next++]) return false;
  return true;
}
