import { Token } from "cdktf";
import { IConstruct } from "constructs";
import { AccessFindingsError } from "../../access/findings/finding";
import { Duration } from "../../access/model/duration";
import { report } from "./findings";
import { userLine } from "./source-line";
import type { IGrantee, IWorkloadIdentity, LeaseTimes } from "../contracts/identity";

/** What a program of plain JavaScript, or one with `any` in it, gives where the types ask for something else. */
export function described(value: unknown): string {
  if (typeof value === "string") return `${JSON.stringify(value)}, a string`;
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return `${value}, a ${typeof value}`;
  if (Array.isArray(value)) return "a list";
  if (Token.isUnresolved(value)) return "a token, whose value is known only when Terraform runs";
  if (typeof value === "function") return "a function";
  const kind = (value as object).constructor?.name;
  return kind === undefined || kind === "Object" ? "a plain object" : `an object of the class ${kind}`;
}

/** Says which of these values is none of the words that its prop takes. One that is left out is no finding. */
export function checkWords(
  scope: IConstruct,
  words: Readonly<Record<string, readonly [value: unknown, allowed: readonly string[]]>>,
): void {
  for (const [name, [value, allowed]] of Object.entries(words))
    if (value !== undefined && !allowed.includes(value as string))
      report(scope, {
        code: "argument",
        message: `\`${name}\` is ${described(value)}, and none of the words that it takes`,
        fix: `write ${allowed.map((word) => JSON.stringify(word)).join(" or ")}`,
      });
}

/** The duration, if it is one. What is none is a finding, and counts as left out. */
export function durationOf(scope: IConstruct, name: string, value: Duration | undefined): Duration | undefined {
  if (value === undefined || value === null || value instanceof Duration) return value ?? undefined;
  report(scope, {
    code: "argument",
    message: `\`${name}\` is ${described(value)}, and no Duration`,
    fix: `write ${written(value)}`,
  });
  return undefined;
}

/** The times of a lease, each of them a duration or left out. */
export function leaseTimesOf(scope: IConstruct, lease: LeaseTimes | undefined): LeaseTimes {
  if (lease !== undefined && lease !== null && typeof lease !== "object")
    report(scope, {
      code: "argument",
      message: `\`lease\` is ${described(lease)}, and no object`,
      fix: `write { maxTtl: ${written(lease)} }`,
    });
  return {
    ttl: durationOf(scope, "lease.ttl", lease?.ttl),
    maxTtl: durationOf(scope, "lease.maxTtl", lease?.maxTtl),
  };
}

/** The duration that somebody meant by a text such as "15m" or by a number of seconds, as code. */
function written(value: unknown): string {
  const [, amount, unit] = /^([1-9][0-9]{0,8})\s*(s|m|h|d)?$/.exec(String(value).trim()) ?? [];
  const method = { s: "seconds", m: "minutes", h: "hours", d: "days" }[unit ?? "s"];
  return amount === undefined ? "it as Duration.minutes(15)" : `Duration.${method}(${amount})`;
}

/** The identity of who is granted something or runs as somebody. @returns undefined for what is none, which is a finding */
export function identityOf(scope: IConstruct, what: string, value: IGrantee): IWorkloadIdentity | undefined {
  const identity = (value as Partial<IGrantee> | undefined | null)?.grantee as Partial<IWorkloadIdentity> | undefined;
  if (typeof identity?.key === "object") return identity as IWorkloadIdentity;
  report(scope, { code: "argument", message: `${what} is ${described(value)}, and no identity`, fix: IDENTITY_FIX });
  return undefined;
}

const IDENTITY_FIX =
  "give the WorkloadIdentity itself, or what runs as it: names alone do not say which cluster and namespace";

/** As `identityOf`, where nothing can be made without. @throws AccessFindingsError */
export function requiredIdentity(scope: IConstruct, what: string, value: IGrantee): IWorkloadIdentity {
  return required(scope, what, value, (given) => given.grantee?.key !== undefined, "identity", IDENTITY_FIX).grantee;
}

/**
 * A prop without which nothing can be made.
 *
 * @param holds Whether it is what the type says; not asked of what is no object.
 * @throws AccessFindingsError at once: what follows would only fail in other places
 */
export function required<T extends object>(
  scope: IConstruct,
  what: string,
  value: T,
  holds: (value: T) => boolean,
  kind: string,
  fix: string,
): T {
  if (typeof value === "object" && value !== null && !Token.isUnresolved(value) && holds(value)) return value;
  const line = userLine();
  throw new AccessFindingsError([
    {
      code: "argument",
      severity: "error",
      message: `${what} is ${described(value)}, and no ${kind}`,
      fix,
      path: scope.node.path,
      sources: line === undefined ? [] : [line],
    },
  ]);
}
