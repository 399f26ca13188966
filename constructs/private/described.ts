import { Token } from "cdktf";

/** What a program of plain JavaScript, or one with `any` in it, gives where the types ask for something else. */
export function described(value: unknown): string {
  if (typeof value === "string") return `${JSON.stringify(value)}, a string`;
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return `${value}, a ${typeof value}`;
  if (Array.isArray(value)) return "a list";
  if (Token.isUnresolved(value)) return "a token, whose value is known only when Terraform runs";
  if (typeof value === "function") return "a function";
  const kind = (value as object).constructor?.name;
  return kind === undefined || kind === "Object" ? "a plain object" : `an object of the class ${kind}`;
}

/** `an identity`, `a list`. */
export function withArticle(kind: string): string {
  return `${/^[aeio]/i.test(kind) ? "an" : "a"} ${kind}`;
}

/** The duration that somebody meant by a text such as "15m" or by a number of seconds, as code. */
export function writtenDuration(value: unknown): string {
  const [, amount, unit] = /^([1-9][0-9]{0,8})\s*(s|m|h|d)?$/.exec(String(value).trim()) ?? [];
  const method = { s: "seconds", m: "minutes", h: "hours", d: "days" }[unit ?? "s"];
  return amount === undefined ? "it as Duration.minutes(15)" : `Duration.${method}(${amount})`;
}
