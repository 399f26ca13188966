export { AccessChange, AccessDiff, diffReports, grows, UnclassifiedChange, Verdict } from "../access/diff/diff";
export { Duration } from "../access/model/duration";
export { AccessFindingsError, Finding, FindingCode, formatFinding } from "../access/findings/finding";
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
} from "../access/model/graph";
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
} from "../access/model/names";
export { parseReport, ReportError } from "../access/report/parse-report";
export { QuestionError, whatCan, WhatCan, whoCan, WhoCan, why, Why } from "../access/questions/query";
export { GRANTABLE, ObjectKind, Privilege } from "../access/model/privileges";
export { AccessReport, NotJudged, UnclassifiedNode, UnclassifiedReason } from "../access/report/report";
export { accessGraphOf, findingsOf } from "./synthesis/check";
export { GUARDRAILS_CONTEXT } from "./synthesis/guardrails";
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
} from "./vault/vault-policy";
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
export { InjectedCronJob, InjectedCronJobProps } from "./workloads/injected-cron-job";
export { InjectedDaemonSet, InjectedDaemonSetProps } from "./workloads/injected-daemon-set";
export { DeploymentStrategy, InjectedDeployment, InjectedDeploymentProps } from "./workloads/injected-deployment";
export { InjectedJob, InjectedJobProps, JobRunProps } from "./workloads/injected-job";
export { InjectedStatefulSet, InjectedStatefulSetProps, VolumeClaim } from "./workloads/injected-stateful-set";
export { InjectedWorkload, InjectedWorkloadProps, LongRunningProps } from "./workloads/injected-workload";
export {
  Container,
  ContainerPort,
  ContainerSecurity,
  EnvSource,
  EnvVariable,
  KeyReference,
  Probe,
  Raw,
  Toleration,
  Volume,
  VolumeMount,
} from "./injection/container";
export { InjectedPodProps } from "./injection/pod";
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
export { PostgresInstanceAttributes, PostgresInstance, PostgresInstanceProps } from "./postgres/postgres-instance";
export { EphemeralResource } from "./private/terraform";
export { accessReportOf } from "./synthesis/report";
export { BootstrapKv, BootstrapKvProps } from "./vault/bootstrap-kv";
export { BootstrapPassword, BootstrapPasswordProps } from "./vault/bootstrap-password";
export { ChartValues } from "./vault/chart-values";
export { IVault } from "./vault/endpoint";
export { AwsKmsSeal, AzureKeyVaultSeal, GcpCkmsSeal, OciKmsSeal, Seal, TransitSeal } from "./vault/seal";
export { HaOptions, VaultMode } from "./vault/vault-mode";
export { CHART, VaultServer, VaultServerProps } from "./vault/vault-server";
