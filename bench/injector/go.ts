/**
 * The few habits of Go that can be seen in what the injector writes: how it reads words and numbers, and how it writes
 * JSON and Kubernetes quantities.
 */

/** What the injector itself would answer: it refuses the pod. */
export class InjectionRefused extends Error {
  public constructor(message: string) {
    super(message);
    this.name = "InjectionRefused";
  }
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["", "0", "f", "F", "FALSE", "false", "False"]);

/** As strconv.ParseBool, and nothing is false. @throws InjectionRefused */
export function parseBool(text: string, what: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new InjectionRefused(`${what}: cannot parse ${JSON.stringify(text)} as bool`);
}

/** A whole number; nothing is 0 unless `strict`. @throws InjectionRefused */
export function parseInteger(text: string, what: string, kind: "signed" | "strictly unsigned"): number {
  if (text === "" && kind === "signed") return 0;
  const fits = kind === "signed" ? /^[+-]?\d+$/ : /^\d+$/;
  if (!fits.test(text)) throw new InjectionRefused(`${what}: cannot parse ${JSON.stringify(text)} as a whole number`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`the model does not play ${what} with ${text}: too large`);
  return value;
}

/** A plain decimal number. @throws InjectionRefused */
export function parseFloating(text: string, what: string): number {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    throw new InjectionRefused(`${what}: cannot parse ${JSON.stringify(text)} as a number`);
  }
  return Number(text);
}

/** Passes a duration through, as time.ParseDuration would; nothing passes. @throws InjectionRefused */
export function checkDuration(text: string, what: string): string {
  if (text !== "" && !/^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) {
    throw new InjectionRefused(`error parsing ${what} as duration: ${JSON.stringify(text)}`);
  }
  return text;
}

/** JSON as Go's encoding/json writes it: `<`, `>`, `&` and the two line separators are escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Drops what Go's `omitempty` drops; the order of the fields stays. */
export function omitEmpty<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined &&
        value !== "" &&
        value !== false &&
        value !== 0 &&
        !(Array.isArray(value) && value.length === 0),
    ),
  ) as Partial<T>;
}

/** Go's maps have no order; its JSON sorts their keys. */
export function sortKeys<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const NANO = 10n ** 9n;

/** Takes out a factor as often as it fits; returns the rest and how often. */
function reduce(value: bigint, factor: bigint, most: number): [bigint, number] {
  let times = 0;
  while (value !== 0n && value % factor === 0n && times < most) {
    value /= factor;
    times += 1;
  }
  return [value, times];
}

/**
 * A Kubernetes quantity in its canonical form: "0.5" is "500m", "1024Mi" is "1Gi".
 * @throws InjectionRefused
 */
export function canonicalQuantity(text: string): string {
  const match = /^\+?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.exec(text);
  if (!match) throw new InjectionRefused(`quantity ${JSON.stringify(text)} cannot be parsed`);
  const [, number, suffix = ""] = match;
  const [whole, fraction = ""] = number.split(".");
  const binary = suffix.endsWith("i");
  const exponent = /^[eE][+-]?\d/.test(suffix);
  let numerator = BigInt(`${whole}${fraction}`) * NANO;
  let denominator = 10n ** BigInt(fraction.length);
  if (binary) {
    numerator *= 1024n ** BigInt(BINARY.indexOf(suffix));
  } else {
    const power = exponent ? Number(suffix.slice(1)) : (DECIMAL.indexOf(suffix) - 3) * 3;
    if (power >= 0) numerator *= 10n ** BigInt(power);
    else denominator *= 10n ** BigInt(-power);
  }
  // What is smaller than a billionth is rounded up.
  const nano = (numerator + denominator - 1n) / denominator;
  if (nano === 0n) return "0";
  if (binary && nano >= 1024n * NANO) {
    const [value, times] = reduce((nano + NANO - 1n) / NANO, 1024n, BINARY.length - 1);
    return `${value}${BINARY[times]}`;
  }
  const [value, times] = reduce(nano, 1000n, DECIMAL.length - 1);
  if (!exponent) return `${value}${DECIMAL[times]}`;
  return times === 3 ? `${value}` : `${value}e${(times - 3) * 3}`;
}
