export { AccessStack, AccessStackProps } from "./access-stack";
export { ClusterAccess, Environment } from "./environment";
export { LeaseholdStack, LeaseholdStackProps, REQUIRED_TERRAFORM } from "./leasehold-stack";
export { PlatformStack, PlatformStackProps } from "./platform-stack";
export { DatabasesStack, DatabasesStackProps, PostgresStack } from "./postgres-stack";
export { VaultConfigStack } from "./vault-config-stack";
export { WorkloadsStack } from "./workloads-stack";
