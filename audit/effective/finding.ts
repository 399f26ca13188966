import type { DatabaseKey } from "../../access/diff/granted-object";
import { byCodeUnit } from "../../access/model/graph";
import { sha256 } from "../../access/model/digest";
import { EffectiveKind, formatLive, LiveObject, liveKey, Via } from "./model";

/** What `leasehold prove` and `leasehold doctor` can find about privileges; documented in docs/prove.md. Stable: a code is never given another meaning. */
export const EFFECTIVE_CODES = [
  "public-privilege",
  "direct-privilege",
  "inherited-privilege",
  "owner-privilege",
  "power-privilege",
  "grant-option",
  "default-privilege",
  "default-privilege-missing",
  "extra-membership",
  "membership-missing",
  "role-attribute",
  "definer-function",
  "owner-rights-view",
  "inherited-rows",
  "row-security-bypass",
  "object-missing",
  "object-ambiguous",
  "privilege-missing",
  "object-owner",
  "login-refused",
  "block-failed",
  "block-not-applied",
  "not-probed",
] as const;

export type EffectiveCode = (typeof EFFECTIVE_CODES)[number];

/** What `leasehold doctor` finds in systems that are in use, and prove where a migration made it; documented in docs/doctor.md. Stable, too. */
export const LIVE_CODES = [
  "orphan-login",
  "role-without-lease",
  "lease-without-role",
  "session-without-lease",
  "group-near-cap",
  "group-missing",
  "login-differs",
  "lease-functions-differ",
  "stranger",
  "unknown-member",
  "own-role-attribute",
  "unknown-power",
  "unknown-setting",
  "lease-forged",
  "past-the-grants",
  "database-role-missing",
  "database-role-unknown",
  "database-role-differs",
  "connection-differs",
  "auth-role-differs",
  "policy-differs",
  "policy-holder",
  "policy-reaches",
  "auth-config-differs",
  "mount-differs",
  "audit-device",
  "vault-setting",
] as const;

export type LiveCode = (typeof LIVE_CODES)[number];

/** Every code, in the order in which findings are shown. */
export const CODES: readonly (EffectiveCode | LiveCode)[] = [...EFFECTIVE_CODES, ...LIVE_CODES];

/** A difference between what is declared and what is effective. */
export interface EffectiveFinding {
  readonly code: EffectiveCode | LiveCode;
  /** `error`: somebody may do what was not granted, or may not do what was. `warning`: to be looked at. */
  readonly severity: "error" | "warning";
  readonly database: DatabaseKey;
  /** Identities, or roles of our own; those for whom the same holds stand together. */
  readonly who: readonly string[];
  /** Absent where no object is concerned. */
  readonly object?: LiveObject;
  /** Digest of what can be done, where object and privileges do not say it: of all that a role was granted, of a function's body. */
  readonly state?: string;
  readonly privileges: readonly string[];
  /** What the graph says, in words. */
  readonly declared: string;
  /** What PostgreSQL says, in words. */
  readonly effective: string;
  /** Where it comes from. */
  readonly why: string;
  readonly fix: string;
}

/** One finding per cause: those of several identities in one, in a fixed order. */
export function mergeFindings(findings: readonly EffectiveFinding[]): EffectiveFinding[] {
  const merged = new Map<string, EffectiveFinding>();
  for (const finding of findings) {
    const key = JSON.stringify({ ...finding, who: null });
    const who = [...new Set([...(merged.get(key)?.who ?? []), ...finding.who])].sort(byCodeUnit);
    merged.set(key, { ...finding, who });
  }
  const order = (finding: EffectiveFinding): string =>
    JSON.stringify([
      finding.severity,
      finding.database.instance,
      finding.database.database,
      String(CODES.indexOf(finding.code)).padStart(2, "0"),
      finding.object ? liveKey(finding.object) : "",
      finding.who,
      finding.privileges,
    ]);
  return [...merged.values()]
    .map((finding) => ({ finding, key: order(finding) }))
    .sort((a, b) => byCodeUnit(a.key, b.key))
    .map(({ finding }) => finding);
}

/** Kinds of object with more than one privilege: which privileges they are is part of what a finding is about. */
const SEVERAL: readonly EffectiveKind[] = ["database", "table", "column", "sequence", "large object", "parameter"];

/**
 * What a finding is about, for `--accept` and for people: `sales.wizard: DELETE`, `role etl #0123456789abcdef`.
 *
 * It changes as soon as more can be done, so an acceptance does not cover what came later.
 */
export function subjectOf({ object, privileges, state }: EffectiveFinding): string {
  if (!object) return "";
  const held = SEVERAL.includes(object.kind) && privileges.length > 0 ? `: ${[...privileges].sort().join(", ")}` : "";
  return `${formatLive(object)}${held}${state === undefined ? "" : ` #${state}`}`;
}

/** A short digest of what somebody can do, where a name does not say it. Too long to be met by another text on purpose. */
export function stateOf(...parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 16);
}

/** Where a privilege comes from, as a clause. @param waysOf the path of memberships to a role */
export function explain(via: readonly Via[], waysOf: (role: string) => readonly string[], hasOwnList: boolean): string {
  const one = (source: Via): string => {
    if (source.kind === "public")
      return source.byDefault
        ? "through PUBLIC, to which PostgreSQL gives it when such an object is made"
        : `through PUBLIC${hasOwnList ? ", to which it is granted" : ""}`;
    if (source.kind === "power")
      return `by ${source.roles.join(", ") || "a role of power"}, whatever the object's own list says`;
    const path = waysOf(source.role);
    const as = path.length > 2 ? ` (${path.slice(1).join(" → ")})` : "";
    return source.kind === "owner" ? `as owner, role ${source.role}${as}` : `granted to role ${source.role}${as}`;
  };
  return via.map(one).join("; and ");
}
