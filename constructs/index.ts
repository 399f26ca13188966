export * from "../access";
export { AccessObject } from "../access/model/graph";
export { KnownRight, KnownRights } from "../access/model/known-rights";
export { DEFAULT_ADMIN, IdentityKey, IdentityKind } from "../access/model/names";
export { Privilege } from "../access/model/privileges";
export { Duration } from "../access/model/duration";
export { accessGraphOf, findingsOf } from "./synthesis/check";
export { GUARDRAILS_CONTEXT } from "./synthesis/guardrails";
export { AccessEdge, AccessOptions, LeaseSeconds } from "./database/access-edge";
export { DatabaseAccess } from "./database/database-access";
export {
  DatabaseAccessAttributes,
  DatabaseAccessProps,
  EffectiveLimits,
  LeaseLimits,
  OperatorPolicyOptions,
} from "./database/database-access-props";
export {
  ContainerMigrationOptions,
  DatabaseMigration,
  DatabaseMigrationProps,
  FolderMigrationOptions,
  Migrations,
} from "./workloads/database-migration";
export { LeaseInstallation } from "./database/lease-installation";
export { DatabaseGrants, DatabaseRef } from "./database/database-ref";
export { FunctionGrants, FunctionRef } from "./database/function-ref";
export { GrantResult, Ref } from "./database/ref";
export { SchemaRef } from "./database/schema-ref";
export { SequenceGrants, SequenceRef } from "./database/sequence-ref";
export { AllTablesRef, ColumnGrants, ColumnsRef, TableGrants, TableOptions, TableRef } from "./database/table-ref";
export { SecretsMount } from "./database/secrets-mount";
export { KubernetesAuth, KubernetesAuthAttributes, KubernetesAuthProps } from "./identity/kubernetes-auth";
export {
  Capability,
  operatorRules,
  renderPolicy,
  VaultPath,
  VaultPolicy,
  VaultPolicyProps,
  VaultPolicyRule,
} from "./vault/vault-policy";
export { ServiceAccountAttributes, WorkloadIdentity, WorkloadIdentityProps } from "./identity/workload-identity";
export { InjectedSecret, InjectorOptions } from "./injection/annotations";
export {
  Credential,
  CredentialOptions,
  CredentialProblem,
  DotenvOptions,
  SqlalchemyOptions,
} from "./injection/credential";
export { HttpReload, Reload, ReloadedProcess, SignalReload } from "./injection/reload";
export { ExternalWorkload, ExternalWorkloadProps } from "./workloads/external-workload";
export { InjectedCronJob, InjectedCronJobProps } from "./workloads/injected-cron-job";
export { InjectedDaemonSet, InjectedDaemonSetProps } from "./workloads/injected-daemon-set";
export { DeploymentStrategy, InjectedDeployment, InjectedDeploymentProps } from "./workloads/injected-deployment";
export { InjectedJob, InjectedJobProps, JobRunProps } from "./workloads/injected-job";
export { InjectedStatefulSet, InjectedStatefulSetProps } from "./workloads/injected-stateful-set";
export { VolumeClaim } from "./workloads/volume-claims";
export { InjectedWorkload, InjectedWorkloadProps, LongRunningProps } from "./workloads/injected-workload";
export {
  ClaimedVolume,
  CommandProbe,
  ConfigMapFiles,
  Container,
  ContainerCapabilities,
  ContainerResources,
  ContainerSecurity,
  EmptyFolder,
  EnvLookup,
  EnvSource,
  EnvVariable,
  ExposedPort,
  FieldReference,
  GrpcProbe,
  HostFolder,
  HttpProbe,
  KeyReference,
  ObjectReference,
  Probe,
  SecretFiles,
  TcpProbe,
  Toleration,
  Volume,
  VolumeMount,
} from "./injection/container";
export { CredentialedPodProps } from "./injection/pod-props";
export { InjectedPodProps } from "./injection/pod";
export {
  Address,
  AdminCredential,
  AdminCredentialOptions,
  DEFAULT_KV_MOUNT,
  IPostgresInstance,
  PostgresEndpoint,
  SslMode,
} from "./contracts/postgres";
export {
  IPostgresDatabase,
  PostgresDatabase,
  PostgresDatabaseAttributes,
  PostgresDatabaseProps,
} from "./postgres/postgres-database";
export { PostgresInstance } from "./postgres/postgres-instance";
export { PostgresInstanceAttributes, PostgresInstanceProps } from "./postgres/postgres-instance-props";
export { EphemeralResource } from "./private/terraform";
export { AcknowledgementProps, Findings } from "./synthesis/findings";
export { accessReportOf } from "./synthesis/report";
export { BootstrapKv, BootstrapKvProps } from "./vault/bootstrap-kv";
export { BootstrapPassword, BootstrapPasswordProps } from "./vault/bootstrap-password";
export {
  ChartAgentDefaults,
  ChartAgentImage,
  ChartCerts,
  ChartDisruptionBudget,
  ChartGlobal,
  ChartImage,
  ChartInjector,
  ChartNetworkPolicy,
  ChartResources,
  ChartScheduling,
  ChartSecretVariable,
  ChartSecurityContext,
  ChartServer,
  ChartServiceAccount,
  ChartStandalone,
  ChartStatefulSet,
  ChartStorage,
  ChartSwitch,
  ChartTelemetry,
  ChartTemplateConfig,
  ChartValues,
  ChartWebhook,
} from "./vault/chart-values";
export { Vault, VaultAttributes } from "./vault/endpoint";
export { NetworkTarget } from "./vault/network-target";
export { AwsKmsSeal, AzureKeyVaultSeal, GcpCkmsSeal, OciKmsSeal, Seal, TransitSeal } from "./vault/seal";
export { HaOptions, StandaloneOptions, VaultMode } from "./vault/vault-mode";
export { CHART, VaultServer, VaultServerOptions, VaultServerProps } from "./vault/vault-server";

export { IDatabaseAccess } from "./contracts/database";
export { IKubernetesAuth, AgentMode } from "./contracts/cluster";
export { IVaultPolicy, IVault } from "./contracts/vault";
export { IGrantee, IIdentityAccess, IWorkloadIdentity, LeaseTimes } from "./contracts/identity";
