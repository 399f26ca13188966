/**
 * Tables of arguments: what a resource type takes, what kind of value, and what the provider does with it. A handler knows
 * the arguments in its table and no others.
 */
import { Json, JsonObject, Where, asBlocks, digest, isObject, kindOf } from "./values";

interface Common {
  /** What becomes of the argument; a table without this would only be a list of names. */
  use: string;
  required?: boolean;
  /** The provider replaces the object when this changes (ForceNew). */
  replaces?: boolean;
  /** Never kept in state; only here may an ephemeral value go. */
  writeOnly?: boolean;
  /** Kept in state as a salted digest. */
  sensitive?: boolean;
  /**
   * How a refresh takes it, of the kinds that are read by table. By default it is as the server says. "computed": that is no change
   * where the program says nothing. "where sent": it stays as it was where
   * the server's answer lacks it. "never": it stays as it was, as it is not read.
   */
  reads?: "computed" | "where sent" | "never";
  /** The server's name for it, where that is another. */
  field?: string;
}

export type Argument = Common &
  (
    | { kind: "string"; default?: string; oneOf?: readonly string[] }
    | { kind: "number"; default?: number }
    | { kind: "bool"; default?: boolean }
    | { kind: "list" | "set" | "map" }
    | { kind: "json" }
    | { kind: "blocks"; of: ArgumentTable; most?: number }
    /** Terraform knows it, the rehearsal deliberately does not: `use` says why. */
    | { kind: "refused" }
  );

export type ArgumentTable = Readonly<Record<string, Argument>>;

/** Checks arguments against their table, fills defaults, and gives sets an order. Absent arguments stay absent. */
export function readArguments(raw: JsonObject, table: ArgumentTable, where: Where): JsonObject {
  const config: JsonObject = {};
  checkNames(raw, table, where);
  for (const [key, argument] of Object.entries(table)) {
    const value = raw[key];
    const given = value !== undefined && value !== null;
    if (!given && argument.required) throw where.at(key).error("required argument is missing");
    if (given) config[key] = readArgument(value, argument, where.at(key));
    else if ("default" in argument && argument.default !== undefined) config[key] = argument.default;
  }
  return config;
}

/** Refuses unknown argument names, here and in nested blocks; values may still be unevaluated. */
export function checkNames(raw: JsonObject, table: ArgumentTable, where: Where): void {
  for (const [key, value] of Object.entries(raw)) {
    const argument = Object.hasOwn(table, key) ? table[key] : undefined;
    if (!argument) throw where.at(key).error("argument not known to the rehearsal");
    if (argument.kind !== "blocks" || typeof value !== "object") continue;
    asBlocks(value, where.at(key)).forEach((block, index) => checkNames(block, argument.of, where.at(key).at(index)));
  }
}

function readArgument(value: Json, argument: Argument, where: Where): Json {
  const wrong = () => where.error(`expected ${argument.kind}, found ${kindOf(value)}`);
  switch (argument.kind) {
    case "refused":
      throw where.error(argument.use);
    case "json":
      return value;
    case "string": {
      if (typeof value === "object") throw wrong();
      const text = String(value);
      if (argument.oneOf && !argument.oneOf.includes(text))
        throw where.error(`expected one of ${argument.oneOf.join(", ")}`);
      return text;
    }
    case "number": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      if (typeof number !== "number" || Number.isNaN(number)) throw wrong();
      return number;
    }
    case "bool":
      if (value === true || value === "true") return true;
      if (value === false || value === "false") return false;
      throw wrong();
    case "list":
    case "set": {
      if (!Array.isArray(value)) throw wrong();
      const texts = value.map((entry, index) => {
        if (typeof entry === "object") throw where.at(index).error(`expected a string, found ${kindOf(entry)}`);
        return String(entry);
      });
      return argument.kind === "set" ? [...new Set(texts)].sort() : texts;
    }
    case "map":
      if (!isObject(value)) throw wrong();
      return Object.fromEntries(
        Object.entries(value).map(([key, entry]) => {
          if (typeof entry === "object") throw where.at(key).error(`expected a string, found ${kindOf(entry)}`);
          return [key, String(entry)];
        }),
      );
    case "blocks": {
      const blocks = asBlocks(value, where);
      if (argument.most !== undefined && blocks.length > argument.most)
        throw where.error(`at most ${argument.most} of these`);
      return blocks.map((block, index) => readArguments(block, argument.of, where.at(index)));
    }
  }
}

/** What the state may keep: no write-only values, digests of sensitive ones. */
export function rememberArguments(config: JsonObject, table: ArgumentTable, salt: string): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(config)) {
    const argument = table[key];
    if (!argument || argument.writeOnly) continue;
    if (argument.sensitive) kept[key] = digest(salt, value);
    else if (argument.kind === "blocks" && Array.isArray(value))
      kept[key] = value.map((block) => (isObject(block) ? rememberArguments(block, argument.of, salt) : block));
    else kept[key] = value;
  }
  return kept;
}

/** Every value of a sensitive or write-only argument, to keep them out of messages. */
export function secretsIn(config: JsonObject, table: ArgumentTable): Json[] {
  return Object.entries(config).flatMap(([key, value]): Json[] => {
    const argument = table[key];
    if (!argument) return [];
    if (argument.sensitive || argument.writeOnly) return [value];
    if (argument.kind === "blocks" && Array.isArray(value))
      return value.flatMap((block) => (isObject(block) ? secretsIn(block, argument.of) : []));
    return [];
  });
}

/** Whether an ephemeral value may stand at this path of arguments. */
export function takesEphemeral(path: readonly (string | number)[], table: ArgumentTable): boolean {
  const [key, ...rest] = path;
  const argument = table[String(key)];
  if (!argument) return true; // unknown: the table's own error is clearer
  if (argument.writeOnly) return true;
  if (argument.kind !== "blocks") return false;
  return takesEphemeral(typeof rest[0] === "number" ? rest.slice(1) : rest, argument.of);
}

export const text = (config: JsonObject, key: string): string => {
  const value = config[key];
  return typeof value === "string" ? value : "";
};
export const flag = (config: JsonObject, key: string): boolean => config[key] === true;
export const texts = (config: JsonObject, key: string): string[] => {
  const value = config[key];
  return Array.isArray(value) ? value.map(String) : [];
};
export const number = (config: JsonObject, key: string): number | undefined => {
  const value = config[key];
  return typeof value === "number" ? value : undefined;
};
