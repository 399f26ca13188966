/** At most this many problems are named: a file with more of them is no report at all. */
const MOST_PROBLEMS = 10;

/** The place of a value. Its pointer is made only when somebody is told of it: a large report has a million fields. */
export interface Where {
  /** The place that holds it, and its key there. Absent for the file itself. */
  readonly above?: Where;
  readonly key?: string | number;
  readonly problems: string[];
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

/** The place of a part. */
export function at(above: Where, key: string | number): Where {
  return { above, key, problems: above.problems, newer: above.newer };
}

function pointerOf({ above, key }: Where): string {
  if (!above) return "";
  return `${pointerOf(above)}/${escaped(String(key).replace(/~/g, "~0").replace(/\//g, "~1"))}`;
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
    Array.isArray(value)
      ? value.flatMap((entry, index) => entryOf(item, entry, at(where, index)))
      : (refuse(where, value, "a list") as never);
}

/** An entry of a list; of a newer version one that is not understood is told as a whole, and left out. */
function entryOf<T>(item: Reader<T>, entry: unknown, where: Where): T[] {
  const { newer } = where;
  if (!newer) return [item(entry, where)];
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
  return (value, where) => {
    if (!isRecord(value)) return refuse(where, value, "an object") as never;
    for (const key of Object.keys(value))
      if (!(names as readonly string[]).includes(key)) {
        const here = at(where, key);
        if (where.newer) where.newer(pointerOf(here), value[key]);
        else refuse(here, value[key], "absent: no such field is known; use the Leasehold that wrote the file");
      }
    const read: Partial<Record<keyof T, unknown>> = {};
    for (const name of names) {
      const present = Object.hasOwn(value, name);
      if (!present && optional.includes(name)) {
        if (Object.hasOwn(fillers, name)) read[name] = fillers[name];
        continue;
      }
      read[name] = fields[name](present ? value[name] : undefined, at(where, name));
    }
    return read as T;
  };
}
