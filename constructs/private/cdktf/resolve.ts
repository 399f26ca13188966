import { Token, Tokenization } from "cdktf";
import { mayBeToken, TOKEN_MARKER } from "../../../access/model/cdktf-tokens";

type Resolve = typeof Tokenization.resolve;
type Options = Parameters<Resolve>[1];

/**
 * While `work` runs, cdktf makes no context for values that hold no token: making them takes two thirds of the time of
 * a large synthesis. Whatever may be a token is given to cdktf as usual, so the result is the same to the byte. Where
 * cdktf would refuse something, it is asked for the whole again, and refuses it in its own words.
 */
export function resolvingQuickly<T>(work: () => T): T {
  const { resolve } = Tokenization;
  Tokenization.resolve = (value: unknown, options: Options): unknown => {
    try {
      return resolved(value, options, resolve, 0);
    } catch {
      return resolve(value, options) as unknown;
    }
  };
  try {
    return work();
  } finally {
    Tokenization.resolve = resolve;
  }
}

/** Beyond this cdktf takes a value for one that refers to itself. */
const DEPTH = 200;

function resolved(value: unknown, options: Options, resolve: Resolve, depth: number): unknown {
  // cdktf is asked for the whole again, and says which value it is.
  if (depth > DEPTH) throw new Error("nested too deep");
  switch (typeof value) {
    case "string":
      return isPlain(value) ? value : resolve(value, options);
    case "number":
      return mayBeToken(value) ? resolve(value, options) : value;
    case "object":
      break;
    default:
      return typeof value === "function" ? resolve(value, options) : value;
  }
  if (value === null || value instanceof Date) return value;
  if (Array.isArray(value)) {
    // A list that stands for a token is known by an element of it.
    if (value.some((entry) => (typeof entry === "string" && !isPlain(entry)) || isLowNumber(entry)))
      return resolve(value, options);
    return value.map((entry) => resolved(entry, options, resolve, depth + 1)).filter((entry) => entry !== undefined);
  }
  const keys = Object.keys(value);
  if (Tokenization.isResolvable(value) || "_children" in value || keys.some(mayNameToken))
    return resolve(value, options);
  const result: Record<string, unknown> = {};
  for (const key of keys) {
    const entry = resolved((value as Record<string, unknown>)[key], options, resolve, depth + 1);
    if (entry !== undefined) result[isPlain(key) ? key : (resolve(key, options) as string)] = entry;
  }
  return result;
}

function isLowNumber(value: unknown): boolean {
  return typeof value === "number" && mayBeToken(value);
}

/** Whether a text can hold no token: neither one by name, nor a number that stands for one. */
function isPlain(text: string): boolean {
  return !mayNameToken(text) && !/[-|\d.+]e[-|\d.eE+]/.test(text) && !RESERVED.has(text);
}

const mayNameToken = (text: string): boolean => text.includes(TOKEN_MARKER);

/** What cdktf refuses, since it stands for a value of a map. */
const RESERVED = new Set<string>([Token.STRING_MAP_TOKEN_VALUE, Token.ANY_MAP_TOKEN_VALUE]);
