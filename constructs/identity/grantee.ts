import { IConstruct } from "constructs";
import type { IGrantee, IWorkloadIdentity } from "../contracts/identity";
import { required } from "../private/arguments";
import { described } from "../private/described";
import { report } from "../private/findings";
import { isOfAnother, STRANGER_FIX } from "../private/option-problems";
import { IDENTITY_FIX } from "../private/option-words";

/** The identity of who is granted something or runs as somebody. @returns undefined for what is none, which is a finding */
export function identityOf(scope: IConstruct, what: string, value: IGrantee): IWorkloadIdentity | undefined {
  const identity = (value as Partial<IGrantee> | undefined | null)?.grantee as Partial<IWorkloadIdentity> | undefined;
  if (typeof identity?.key === "object") {
    return isStranger(scope, what, identity as IWorkloadIdentity) ? undefined : (identity as IWorkloadIdentity);
  }
  report(scope, { code: "argument", message: `${what} is ${described(value)}, not an identity`, fix: IDENTITY_FIX });
  return undefined;
}

/** As `identityOf`, where nothing can be made without. @throws AccessFindingsError */
export function requiredIdentity(scope: IConstruct, what: string, value: IGrantee): IWorkloadIdentity {
  const holds = (given: IGrantee): boolean => given.grantee?.key !== undefined;
  const { grantee } = required(scope, what, value, holds, "identity", IDENTITY_FIX);
  isStranger(scope, what, grantee);
  return grantee;
}

/** Whether it is made in another App, which is a finding: its auth role would never get the policy of what it is granted here. */
function isStranger(scope: IConstruct, what: string, identity: IWorkloadIdentity): boolean {
  const stranger = isOfAnother(scope.node.root, identity);
  if (stranger)
    report(scope, {
      code: "argument",
      message: `${what} names ${identity.node.path} of another App`,
      fix: STRANGER_FIX,
    });
  return stranger;
}
