import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";

/** What Vault answers of a path. */
export type Fields = Readonly<Record<string, unknown>>;
type Draft = Pick<EffectiveFinding, "code" | "object" | "declared" | "effective" | "why" | "fix"> &
  Partial<Pick<EffectiveFinding, "severity">>;

export const APPLY = "apply the program again, after you know who changed it";
export const BY_HAND = "it was changed by hand, or the last apply was of another program";

/** A finding of a database. */
export function finding(database: DatabaseNode, who: readonly string[], draft: Draft): EffectiveFinding {
  return { severity: "error", privileges: [], database: keyOf(database), who, ...draft };
}

/**
 * Fields that differ, also those that the program does not set. Vault answers with every field that it has, so a field
 * of a later version counts unless it is empty. A field that is not in the answer counts as empty.
 */
export function differing(wanted: Fields, found: Fields, ignored: readonly string[] = []): [string, unknown][] {
  const text = (value: unknown): string =>
    value === undefined || value === null || value === "" || value === 0 || value === false || isEmpty(value)
      ? "nothing"
      : JSON.stringify(value);
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
    .filter((name) => !ignored.includes(name) && text(wanted[name]) !== text(found[name]))
    .map((name) => [name, found[name]]);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** A value as a finding prints it. */
export function show(value: unknown): string {
  return value === undefined || value === null ? "nothing" : JSON.stringify(value);
}
