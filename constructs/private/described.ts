import { Token } from "cdktf";
import { givenAs } from "../../access/model/given";

/** What a program of plain JavaScript, or one with `any` in it, gives where the types ask for something else. */
export function described(value: unknown): string {
  const isToken = typeof value === "object" && !Array.isArray(value) && Token.isUnresolved(value);
  return isToken ? "a token, whose value is known only when Terraform runs" : givenAs(value);
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
