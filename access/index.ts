// Who can touch what, as plain data: the graph, its findings, questions about it, and the difference between two reports.
// Everything here is for programs in TypeScript and JavaScript; others read `access.json`, or call the command `leasehold`.
export { DatabaseKey, GrantedObject, GrantedPrivilege } from "./diff/granted-object";
export {
  AccessChange,
  AccessDiff,
  ClockChange,
  diffReports,
  grows,
  LeavingWorkload,
  LinkChange,
  Region,
  Side,
  UnclassifiedChange,
  Verdict,
} from "./diff/diff";
export { AccessFindingsError, Finding, FindingCode, formatFinding } from "./findings/finding";
export {
  AccessGraph,
  AccessObject,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  formatObject,
  GrantNode,
  IdentityNode,
  LookedUp,
  Provenance,
  WorkloadKind,
  WorkloadNode,
} from "./model/graph";
export { KnownRight, KnownRights } from "./model/known-rights";
export { Lifetime } from "./model/lifetime";
export {
  adminEntry,
  authRoleName,
  databaseRoleName,
  estateRoleName,
  groupRoleName,
  identityId,
  IdentityKey,
  IdentityKind,
  mountPath,
  policyName,
  schemaWideRoleName,
  vaultLoginEntry,
  vaultLoginName,
} from "./model/names";
export { GRANTABLE, ObjectKind, Privilege } from "./model/privileges";
export {
  AccessPath,
  AskedPrivilege,
  DatabaseAccessOf,
  Difference,
  Elsewhere,
  FoundRight,
  HeldPrivilege,
  Holder,
  Holding,
  IdentityAccess,
  NamePattern,
  Near,
  ObjectPattern,
  QuestionError,
  Reach,
  Unmentioned,
  whatCan,
  WhatCan,
  whoCan,
  WhoCan,
  why,
  Why,
  WhyPath,
  WorkloadPattern,
} from "./questions/query";
export { parseReport, ReportError } from "./report/parse-report";
export { AccessReport, NotJudged, UnclassifiedNode, UnclassifiedReason } from "./report/report";
