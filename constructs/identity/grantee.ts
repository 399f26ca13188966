import { IConstruct } from "constructs";
import type { IGrantee, IWorkloadIdentity } from "../contracts/identity";
import { required } from "../private/arguments";
import { described } from "../private/described";
import { report } from "../private/findings";
import { IDENTITY_FIX } from "../private/options";

/** The identity of who is granted something or runs as somebody. @returns undefined for what is none, which is a finding */
export function identityOf(scope: IConstruct, what: string, value: IGrantee): IWorkloadIdentity | undefined {
  const identity = (value as Partial<IGrantee> | undefined | null)?.grantee as Partial<IWorkloadIdentity> | undefined;
  if (typeof identity?.key === "object") return identity as IWorkloadIdentity;
  report(scope, { code: "argument", message: `${what} is ${described(value)}, not an identity`, fix: IDENTITY_FIX });
  return undefined;
}

/** As `identityOf`, where nothing can be made without. @throws AccessFindingsError */
export function requiredIdentity(scope: IConstruct, what: string, value: IGrantee): IWorkloadIdentity {
  return required(scope, what, value, (given) => given.grantee?.key !== undefined, "identity", IDENTITY_FIX).grantee;
}
