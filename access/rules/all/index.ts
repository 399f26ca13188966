import type { Rule } from "../rule";
import { connectionTls } from "./connection-tls";
import { databaseExposed } from "./database-exposed";
import { leaseLong } from "./lease-long";
import { namespaceDefault } from "./namespace-default";
import { namespacePodSecurity } from "./namespace-pod-security";
import { networkPolicy } from "./network-policy";
import { podCapabilities } from "./pod-capabilities";
import { podHost } from "./pod-host";
import { podImage } from "./pod-image";
import { podPrivileged } from "./pod-privileged";
import { podResources } from "./pod-resources";
import { podRoot } from "./pod-root";
import { podSeccomp } from "./pod-seccomp";
import { podServiceAccount } from "./pod-service-account";
import { podSharedProcesses } from "./pod-shared-processes";
import { podWritableRoot } from "./pod-writable-root";
import { postgresCreateRole } from "./postgres-create-role";
import { postgresGrantOption } from "./postgres-grant-option";
import { postgresLastingLogin } from "./postgres-lasting-login";
import { postgresPredefinedRole } from "./postgres-predefined-role";
import { postgresPublic } from "./postgres-public";
import { postgresSuperuser } from "./postgres-superuser";
import { rbacPods } from "./rbac-pods";
import { rbacTooMuch } from "./rbac-too-much";
import { secretInPlainText } from "./secret-in-plain-text";
import { stateBackend } from "./state-backend";
import { vaultAudit } from "./vault-audit";
import { vaultAuthRole } from "./vault-auth-role";
import { vaultChartImage } from "./vault-chart-image";
import { vaultChartInjector } from "./vault-chart-injector";
import { vaultChartMode } from "./vault-chart-mode";
import { vaultChartResources } from "./vault-chart-resources";
import { vaultPolicy } from "./vault-policy";
import { vaultRootToken } from "./vault-root-token";

/** Every rule, by id. A new one is a file beside this and a line here. */
export const RULES: readonly Rule[] = [
  connectionTls,
  databaseExposed,
  leaseLong,
  namespaceDefault,
  namespacePodSecurity,
  networkPolicy,
  podCapabilities,
  podHost,
  podImage,
  podPrivileged,
  podResources,
  podRoot,
  podSeccomp,
  podServiceAccount,
  podSharedProcesses,
  podWritableRoot,
  postgresCreateRole,
  postgresGrantOption,
  postgresLastingLogin,
  postgresPredefinedRole,
  postgresPublic,
  postgresSuperuser,
  rbacPods,
  rbacTooMuch,
  secretInPlainText,
  stateBackend,
  vaultAudit,
  vaultAuthRole,
  vaultChartImage,
  vaultChartInjector,
  vaultChartMode,
  vaultChartResources,
  vaultPolicy,
  vaultRootToken,
];
