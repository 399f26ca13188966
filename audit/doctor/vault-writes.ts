import { otherName, ruleFor } from "../../access/rules/policy-match";
import type { PolicyRule } from "../../access/rules/policy-text";

/** Writes below `sys/` that give nobody anything: they tell the token of itself, wrap what it sends, or end what was given. Every other one is found. */
export const HARMLESS_WRITES: readonly string[] = [
  "capabilities",
  "capabilities-accessor",
  "capabilities-self",
  "control-group/request",
  "leases/lookup",
  "leases/renew",
  "leases/renew/*",
  "leases/revoke",
  "leases/revoke/*",
  "leases/revoke-prefix/*",
  "renew",
  "renew/*",
  "revoke",
  "revoke/*",
  "revoke-prefix/*",
  "tools/*",
  "wrapping/*",
];

const WRITES = ["create", "update", "patch", "delete"];

const isHarmless = (path: string): boolean =>
  HARMLESS_WRITES.some((one) =>
    one.endsWith("*") ? path.startsWith(`sys/${one.slice(0, -1)}`) : path === `sys/${one}`,
  );

/** The part of a rule's path that is below `sys/`. */
function belowSystem(pattern: string): string | undefined {
  const path = pattern.replace(/^\//, "").replace(/^(\+|\{\{.*?\}\})\//, "sys/");
  if (path.startsWith("sys/")) return path;
  return path.endsWith("*") && "sys/".startsWith(path.slice(0, -1)) ? "sys/*" : undefined;
}

/** What the rules of a policy let write of Vault itself: mounts, plugins, keys, quotas, audit devices and whatever a later version has below `sys/`. */
export function writesToSystem(rules: readonly PolicyRule[]): string[] {
  const other = otherName(rules);
  return rules
    .filter(({ capabilities }) => capabilities.some((capability) => WRITES.includes(capability)))
    .flatMap((rule) => {
      const path = belowSystem(rule.path);
      if (path === undefined || isHarmless(path)) return [];
      // Another rule may say something else of all that this one matches there.
      return ruleFor(rules, path.replace(/\{\{.*?\}\}|\+|\*$/g, other)) === rule ? [path] : [];
    });
}
