import { Json, Where, isObject } from "./model/values";

type TerraformFunction = (args: Json[], where: Where) => Json;

/** Terraform's own functions; one that is not here is refused by name. */
export const FUNCTIONS: Record<string, TerraformFunction> = Object.assign(Object.create(null) as object, {
  jsonencode: one((value) => jsonencode(value)),
  jsondecode: one((value, where) => {
    try {
      return JSON.parse(text(value, where)) as Json;
    } catch {
      throw where.error("not JSON");
    }
  }),
  tostring: one((value, where) => (value === null ? null : text(value, where))),
  tonumber: one((value, where) => {
    const number = typeof value === "number" ? value : Number(text(value, where).trim() || NaN);
    if (!Number.isFinite(number)) throw where.error("not a number");
    return number;
  }),
  base64encode: one((value, where) => Buffer.from(text(value, where), "utf8").toString("base64")),
  base64decode: one((value, where) => Buffer.from(text(value, where), "base64").toString("utf8")),
  nonsensitive: one((value) => value),
  sensitive: one((value) => value),
});

function one(apply: (value: Json, where: Where) => Json): TerraformFunction {
  return (args, where) => {
    const [value] = args;
    if (args.length !== 1 || value === undefined) throw where.error(`takes one argument, has ${args.length}`);
    return apply(value, where);
  };
}

function text(value: Json, where: Where): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw where.error("takes a string, number or boolean");
}

/** Go's encoder sorts keys and writes <, >, & and the two line separators as escapes: so does Terraform. */
function jsonencode(value: Json): string {
  return JSON.stringify(sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  );
}
