import { mayHoldCode } from "../../../access/terraform/expression";

/** An object as it is, one in a list of one, else nothing: Terraform's JSON allows both ways to write a block. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return typeof only === "object" && only !== null && !Array.isArray(only) ? (only as Record<string, unknown>) : {};
}

/** Names and what stands under them, of an object or of each in a list. What is neither is kept under no name: nothing is lost. */
export function members(value: unknown): [string, unknown][] {
  if (value === undefined) return [];
  return [value].flat().flatMap((entry): [string, unknown][] => {
    if (typeof entry !== "object" || entry === null) return [["", entry]];
    return Object.entries(entry as object).filter(([name]) => name !== "//");
  });
}

/** What a block says, without comments and order. */
export function body(said: unknown): unknown {
  const only: unknown = Array.isArray(said) && said.length === 1 ? said[0] : said;
  if (typeof only !== "object" || only === null || Array.isArray(only)) return only;
  const { "//": _comment, depends_on: _order, ...rest } = only as Record<string, unknown>;
  return rest;
}

/** Whether an expression in it calls a function of a provider, such as `provider::acme::run()`: that is code of its own, wherever it is called. */
export function runsCode(said: unknown): boolean {
  const text = JSON.stringify(said) ?? "";
  return text.includes("::") && mayHoldCode(text);
}
