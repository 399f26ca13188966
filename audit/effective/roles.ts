import { at, chain, Comparison } from "./comparison";
import type { EffectiveFinding } from "./finding";
import { sqlName } from "./model";

/** Memberships that the graph does not have, memberships that are missing, and attributes such as SUPERUSER. */
export function roles(comparison: Comparison): EffectiveFinding[] {
  const { declared, effective } = comparison;
  const self = declared.own.includes(effective.role) || declared.own.length === 0 ? effective.role : "its login";
  const behind = new Set(declared.memberships);
  // What the owner role itself is a member of comes with acting as it.
  const findings: EffectiveFinding[] = effective.memberships
    .filter(({ role }) => !behind.has(role))
    .map(({ role, path, inherited, settable, admin, attributes }) =>
      at(comparison, {
        code: "extra-membership",
        severity: "error",
        object: { kind: "membership", name: `${declared.who} in ${role}` },
        declared: `member of ${declared.memberships.join(", ") || "no role"}`,
        effective: `member of ${role}${attributes.length > 0 ? `, which has ${attributes.join(", ")}` : ""}`,
        why: `${chain(path)}; ${[inherited ? "its privileges count" : "its privileges do not count by themselves", ...(settable ? ["a session may SET ROLE to it"] : []), ...(admin ? ["and grant it on"] : [])].join(", ")}`,
        fix: `REVOKE ${sqlName(role)} FROM ${path.length > 2 ? sqlName(path[path.length - 2]) : "the login"}`,
      }),
    );
  for (const { role, path } of effective.memberships.filter(({ role, admin }) => admin && behind.has(role)))
    findings.push(
      at(comparison, {
        code: "grant-option",
        severity: "error",
        object: { kind: "membership", name: `${declared.who} in ${role}` },
        declared: `member of ${role}, and may not hand it on`,
        effective: `may grant ${role} to others`,
        why: `${chain(path)}, WITH ADMIN OPTION`,
        fix: `REVOKE ADMIN OPTION FOR ${sqlName(role)} FROM ${path.length > 2 ? sqlName(path[path.length - 2]) : "the login"}`,
      }),
    );
  const has = new Set(effective.memberships.map(({ role }) => role));
  for (const role of declared.memberships.filter((name) => !has.has(name) && name !== effective.role))
    findings.push(
      at(comparison, {
        code: "membership-missing",
        severity: "error",
        object: { kind: "membership", name: `${declared.who} in ${role}` },
        declared: `member of ${role}`,
        effective: "not a member",
        why: "the membership was taken away, or never made",
        fix: "apply the program again",
      }),
    );
  if (effective.attributes.length > 0)
    findings.push(
      at(comparison, {
        code: "role-attribute",
        severity: "error",
        object: { kind: "attribute", name: `${effective.attributes.join(", ")} of ${declared.who}` },
        declared: "a login or group without attributes",
        effective: `${self} has ${effective.attributes.join(", ")}`,
        why: "ALTER ROLE gave it",
        fix: `ALTER ROLE ${self === effective.role ? sqlName(self) : "…"} ${effective.attributes.map((attribute) => `NO${attribute}`).join(" ")}`,
      }),
    );
  return findings;
}
