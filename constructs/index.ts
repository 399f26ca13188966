export { AccessChange, AccessDiff, diffReports, grows, UnclassifiedChange, Verdict } from "./access/diff";
export { Duration } from "./access/duration";
export { AccessFindingsError, Finding, FindingCode, formatFinding } from "./access/finding";
export {
  AccessGraph,
  AccessObject,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  formatObject,
  GrantNode,
  IdentityNode,
  Provenance,
} from "./access/graph";
export {
  adminEntry,
  authRoleName,
  databaseRoleName,
  estateRoleName,
  groupRoleName,
  identityId,
  IdentityKey,
  mountPath,
  policyName,
  schemaWideRoleName,
  vaultLoginEntry,
  vaultLoginName,
} from "./access/names";
export { parseReport, ReportError } from "./access/parse-report";
export { QuestionError, whatCan, WhatCan, whoCan, WhoCan, why, Why } from "./access/query";
export { GRANTABLE, ObjectKind, Privilege } from "./access/privileges";
export { AccessReport, NotJudged, UnclassifiedNode, UnclassifiedReason } from "./access/report";
export { accessGraphOf, findingsOf, GUARDRAILS_CONTEXT } from "./check";
export { AccessEdge, AccessOptions } from "./database/access-edge";
export {
  DatabaseAccess,
  DatabaseAccessAttributes,
  DatabaseAccessProps,
  IDatabaseAccess,
  LeaseLimits,
} from "./database/database-access";
export { DatabaseMigration, DatabaseMigrationProps, Migrations } from "./database/database-migration";
export { LeaseInstallation } from "./database/lease-installation";
export {
  AllTablesRef,
  ColumnGrants,
  ColumnsRef,
  FunctionRef,
  GrantResult,
  SchemaRef,
  SequenceRef,
  TableGrants,
  TableOptions,
  TableRef,
} from "./database/refs";
export { SecretsMount } from "./database/secrets-mount";
export {
  IKubernetesAuth,
  KubernetesAuth,
  KubernetesAuthAttributes,
  KubernetesAuthProps,
} from "./identity/kubernetes-auth";
export {
  Capability,
  IVaultPolicy,
  operatorRules,
  renderPolicy,
  VaultPath,
  VaultPolicy,
  VaultPolicyProps,
  VaultPolicyRule,
} from "./identity/vault-policy";
export {
  IGrantee,
  IWorkloadIdentity,
  LeaseTimes,
  ServiceAccountAttributes,
  WorkloadIdentity,
  WorkloadIdentityProps,
} from "./identity/workload-identity";
export { InjectedSecret, InjectorOptions } from "./injection/annotations";
export { Credential, CredentialOptions } from "./injection/credential";
export { InjectedDeployment, InjectedDeploymentProps } from "./injection/injected-deployment";
export { Container, InjectedPodProps } from "./injection/pod";
export {
  Address,
  AdminCredential,
  DEFAULT_ADMIN,
  DEFAULT_KV_MOUNT,
  IPostgresInstance,
  PostgresEndpoint,
  SslMode,
} from "./postgres/endpoint";
export {
  IPostgresDatabase,
  PostgresDatabase,
  PostgresDatabaseAttributes,
  PostgresDatabaseProps,
} from "./postgres/postgres-database";
export { ExternalPostgresAttributes, PostgresInstance, PostgresInstanceProps } from "./postgres/postgres-instance";
export { EphemeralResource } from "./private/terraform";
export { accessReportOf } from "./report";
export { BootstrapKv, BootstrapKvProps } from "./vault/bootstrap-kv";
export { BootstrapPassword, BootstrapPasswordProps } from "./vault/bootstrap-password";
export { ChartValues } from "./vault/chart-values";
export { IVault } from "./vault/endpoint";
export { CHART, VaultMode, VaultServer, VaultServerProps } from "./vault/vault-server";
