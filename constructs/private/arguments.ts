import { Token } from "cdktf";
import { IConstruct } from "constructs";
import { AccessFindingsError } from "../../access/findings/finding";
import { report } from "./findings";
import { described } from "./described";
import { userLine } from "./source-line";
import type { IGrantee, IWorkloadIdentity } from "../contracts/identity";

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
