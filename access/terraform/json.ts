import { holdsCode } from "./expression";

/** JSON of Terraform, read without trust in its shape. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** An object, or an empty one in place of anything else. */
export function object(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** Terraform's JSON lets one block stand bare and several in a list. */
export function blocks(value: Json | undefined): JsonObject[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? (value as Json[]) : [value]).map(object);
}

/** The only block of its kind. */
export function first(value: Json | undefined): JsonObject {
  return blocks(value)[0] ?? {};
}

/** What stands at this path of blocks: `spec.template.spec`. */
export function within(body: JsonObject, path: string): JsonObject {
  return path.split(".").reduce((at, key) => first(at[key]), body);
}

/** The texts of a list. A single text counts as a list of one. */
export function texts(value: Json | undefined): string[] {
  return [value ?? []].flat().filter((entry): entry is string => typeof entry === "string");
}

export function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Terraform takes "true" for true. */
export function isTrue(value: Json | undefined): boolean {
  return value === true || value === "true";
}

export function isFalse(value: Json | undefined): boolean {
  return value === false || value === "false";
}

/** A text that is computed when Terraform runs: what it says is not known here. */
export function isComputed(value: unknown): boolean {
  return typeof value === "string" && holdsCode(value);
}
