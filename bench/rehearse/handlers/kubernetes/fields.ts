/** How one snake_case block of the provider becomes one object of the Kubernetes API. */
import { Json, JsonObject, Where, asBlocks, isObject, kindOf } from "../../model/values";

/** Octal file modes arrive as text and leave as numbers; ports may be numbers or names. */
type Scalar = "text" | "int" | "bool" | "portOrName" | "octal" | "texts" | "map";

export type Field =
  | { as: Scalar; to?: string; default?: Json }
  | { as: "one" | "many"; of: () => FieldTable; to?: string; default?: undefined };

export type FieldTable = Readonly<Record<string, Field>>;

type Options = { to?: string; default?: Json };
const scalar =
  (as: Scalar) =>
  (to?: string, fallback?: Json): Field => ({ as, ...options(to, fallback) });
const options = (to?: string, fallback?: Json): Options => ({
  ...(to ? { to } : {}),
  ...(fallback === undefined ? {} : { default: fallback }),
});

/** Field makers: `to` is the API's name where it is not the camelCase of the argument's. */
export const text = scalar("text");
export const int = scalar("int");
export const bool = scalar("bool");
export const portOrName = scalar("portOrName");
export const octal = scalar("octal");
export const texts = scalar("texts");
export const map = scalar("map");
export const one = (of: FieldTable | (() => FieldTable), to?: string): Field => ({
  as: "one",
  of: typeof of === "function" ? of : () => of,
  ...(to ? { to } : {}),
});
export const many = (of: FieldTable | (() => FieldTable), to?: string): Field => ({
  as: "many",
  of: typeof of === "function" ? of : () => of,
  ...(to ? { to } : {}),
});

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Refuses argument names that are not in the table; values may still hold expressions. */
export function checkFields(raw: JsonObject, table: FieldTable, where: Where): void {
  for (const [name, value] of Object.entries(raw)) {
    const field = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!field) throw where.at(name).error("argument not known to the rehearsal");
    if ((field.as !== "one" && field.as !== "many") || typeof value === "string") continue;
    const blocks = asBlocks(value, where.at(name));
    blocks.forEach((block, index) => checkFields(block, field.of(), where.at(name).at(index)));
  }
}

/** Converts one block. Empty texts and lists are left out, as the provider's Go structs leave them out. */
export function convert(raw: JsonObject, table: FieldTable, where: Where): JsonObject {
  checkFields(raw, table, where);
  const object: JsonObject = {};
  for (const [name, field] of Object.entries(table)) {
    const value = raw[name] ?? field.default;
    if (value === undefined || value === null) continue;
    const converted = convertField(value, field, where.at(name));
    if (converted !== undefined) object[field.to ?? camel(name)] = converted;
  }
  return object;
}

function convertField(value: Json, field: Field, where: Where): Json | undefined {
  if (field.as === "one" || field.as === "many") {
    const blocks = asBlocks(value, where);
    if (blocks.length === 0) return undefined;
    if (field.as === "many") return blocks.map((block, index) => convert(block, field.of(), where.at(index)));
    const [only, second] = blocks;
    if (!only || second) throw where.error("at most one of these");
    return convert(only, field.of(), where);
  }
  const wrong = () => where.error(`expected ${field.as}, found ${kindOf(value)}`);
  switch (field.as) {
    case "text":
      if (typeof value === "object") throw wrong();
      return value === "" ? undefined : String(value);
    case "int":
    case "octal": {
      if (value === "") return undefined;
      const written = typeof value === "number" || typeof value === "string" ? String(value) : "";
      const pattern = field.as === "octal" ? /^0?[0-7]{3,4}$/ : /^-?\d+$/;
      if (!pattern.test(written)) throw wrong();
      return parseInt(written, field.as === "octal" ? 8 : 10);
    }
    case "bool":
      if (value === true || value === "true") return true;
      if (value === false || value === "false") return false;
      throw wrong();
    case "portOrName":
      if (value === "") return undefined;
      if (typeof value !== "number" && typeof value !== "string") throw wrong();
      return /^\d+$/.test(String(value)) ? Number(value) : value;
    case "texts": {
      if (!Array.isArray(value)) throw wrong();
      const list = value.map((entry) => {
        if (typeof entry === "object") throw wrong();
        return String(entry);
      });
      return list.length === 0 ? undefined : list;
    }
    case "map": {
      if (!isObject(value)) throw wrong();
      const entries = Object.entries(value).map(([key, entry]) => {
        if (typeof entry === "object") throw where.at(key).error(`expected text, found ${kindOf(entry)}`);
        return [key, String(entry)] as const;
      });
      return entries.length === 0 ? undefined : Object.fromEntries(entries);
    }
  }
}
