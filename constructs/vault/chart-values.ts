/** An image in the chart's values. */
export interface ChartImage {
  readonly repository?: string;
  readonly tag?: string;
  readonly pullPolicy?: "Always" | "IfNotPresent" | "Never";
}

/** The repository and the tag of the agent's image. */
export interface ChartAgentImage {
  readonly repository?: string;
  readonly tag?: string;
}

/** What a pod of the chart asks for, and may use. */
export interface ChartResources {
  readonly requests?: Record<string, string>;
  readonly limits?: Record<string, string>;
}

/** Where pods of the chart run. */
export interface ChartScheduling {
  /** YAML text or an object. The chart's default demands different nodes: one node holds one replica. */
  readonly affinity?: string | Record<string, unknown>;
  readonly topologySpreadConstraints?: Record<string, unknown>[];
  readonly tolerations?: Record<string, unknown>[];
  readonly nodeSelector?: Record<string, string>;
  readonly priorityClassName?: string;
}

/** A volume of each of Vault's servers. */
export interface ChartStorage {
  readonly enabled?: boolean;
  readonly size?: string;
  readonly mountPath?: string;
  /** @default - the cluster's default class */
  readonly storageClass?: string;
  readonly accessMode?: string;
  readonly annotations?: Record<string, string>;
  readonly labels?: Record<string, string>;
}

/** Something that is on or off. */
export interface ChartSwitch {
  readonly enabled?: boolean;
}

/** Security contexts, as Kubernetes writes them. */
export interface ChartSecurityContext {
  readonly pod?: Record<string, unknown>;
  readonly container?: Record<string, unknown>;
}

/** Monitoring of Vault's servers. */
export interface ChartTelemetry {
  readonly prometheusOperator?: boolean;
}

/** Values that the chart's server and injector share. */
export interface ChartGlobal {
  readonly enabled?: boolean;
  readonly namespace?: string;
  readonly imagePullSecrets?: Record<string, unknown>[];
  readonly tlsDisable?: boolean;
  readonly externalVaultAddr?: string;
  readonly openshift?: boolean;
  readonly serverTelemetry?: ChartTelemetry;
}

/** How agents render templates unless a pod says otherwise. */
export interface ChartTemplateConfig {
  readonly exitOnRetryFailure?: boolean;
  readonly staticSecretRenderInterval?: string;
}

/** What an injected agent gets unless a pod says otherwise. */
export interface ChartAgentDefaults {
  readonly cpuLimit?: string;
  readonly cpuRequest?: string;
  readonly memLimit?: string;
  readonly memRequest?: string;
  readonly ephemeralLimit?: string;
  readonly ephemeralRequest?: string;
  readonly template?: "map" | "json";
  readonly templateConfig?: ChartTemplateConfig;
}

/** The injector's webhook. */
export interface ChartWebhook {
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly matchPolicy?: "Exact" | "Equivalent";
  /** Seconds. */
  readonly timeoutSeconds?: number;
  readonly namespaceSelector?: Record<string, unknown>;
  /** YAML text or an object. */
  readonly objectSelector?: string | Record<string, unknown>;
  readonly annotations?: Record<string, string>;
}

/** The certificate that the injector's webhook shows. */
export interface ChartCerts {
  /** @default - the injector makes a certificate for itself */
  readonly secretName?: string;
  readonly caBundle?: string;
  readonly certName?: string;
  readonly keyName?: string;
}

/** A ServiceAccount of the chart. */
export interface ChartServiceAccount {
  readonly create?: boolean;
  readonly name?: string;
  readonly annotations?: Record<string, string>;
}

/** How many pods may be away at once. */
export interface ChartDisruptionBudget {
  readonly maxUnavailable?: number;
  readonly minAvailable?: number;
}

/** The injector. */
export interface ChartInjector extends ChartScheduling {
  readonly enabled?: boolean | "-";
  readonly replicas?: number;
  readonly port?: number;
  readonly leaderElector?: ChartSwitch;
  readonly metrics?: ChartSwitch;
  readonly image?: ChartImage;
  readonly agentImage?: ChartAgentImage;
  readonly agentDefaults?: ChartAgentDefaults;
  readonly authPath?: string;
  readonly logLevel?: "trace" | "debug" | "info" | "warn" | "error";
  readonly logFormat?: "standard" | "json";
  readonly revokeOnShutdown?: boolean;
  readonly webhook?: ChartWebhook;
  readonly certs?: ChartCerts;
  readonly securityContext?: ChartSecurityContext;
  readonly resources?: ChartResources;
  readonly extraEnvironmentVars?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly extraLabels?: Record<string, string>;
  readonly hostNetwork?: boolean;
  readonly serviceAccount?: ChartServiceAccount;
  readonly podDisruptionBudget?: ChartDisruptionBudget;
}

/** One variable from a Secret. */
export interface ChartSecretVariable {
  readonly envName: string;
  readonly secretName: string;
  readonly secretKey: string;
}

/** Who may talk to Vault's servers, and to whom they may. */
export interface ChartNetworkPolicy {
  readonly enabled?: boolean;
  readonly ingress?: Record<string, unknown>[];
  readonly egress?: Record<string, unknown>[];
}

/** One server without Raft. */
export interface ChartStandalone {
  readonly enabled?: boolean | "-";
  /** Vault's configuration, HCL. */
  readonly config?: string;
}

/** The StatefulSet of Vault's servers. */
export interface ChartStatefulSet {
  readonly securityContext?: ChartSecurityContext;
}

/** Vault's servers. */
export interface ChartServer extends ChartScheduling {
  readonly enabled?: boolean | "-";
  readonly image?: ChartImage;
  readonly updateStrategyType?: "OnDelete" | "RollingUpdate";
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly resources?: ChartResources;
  readonly authDelegator?: ChartSwitch;
  readonly extraArgs?: string;
  readonly extraEnvironmentVars?: Record<string, string>;
  /** Environment from Secrets: where a seal's credentials belong. */
  readonly extraSecretEnvironmentVars?: ChartSecretVariable[];
  readonly volumes?: Record<string, unknown>[];
  readonly volumeMounts?: Record<string, unknown>[];
  /** Seconds. */
  readonly terminationGracePeriodSeconds?: number;
  readonly networkPolicy?: ChartNetworkPolicy;
  readonly dataStorage?: ChartStorage;
  readonly auditStorage?: ChartStorage;
  readonly dev?: ChartSwitch;
  readonly standalone?: ChartStandalone;
  /** Room for highly available modes: passed through as it is. */
  readonly ha?: Record<string, unknown>;
  readonly serviceAccount?: ChartServiceAccount;
  readonly annotations?: Record<string, string>;
  readonly extraLabels?: Record<string, string>;
  readonly statefulSet?: ChartStatefulSet;
}

/**
 * Values of the vault chart 0.34 (values.yaml). Typed because the chart's schema lets every misspelling pass.
 * Secrets do not belong here: values stand in Terraform's state and the chart's ConfigMap.
 *
 * Every value that is left out is the chart's default, or what `VaultMode` says.
 */
export interface ChartValues {
  readonly global?: ChartGlobal;
  readonly injector?: ChartInjector;
  readonly server?: ChartServer;
  readonly ui?: ChartSwitch;
  readonly csi?: ChartSwitch;
}

/** Later values win, object by object; lists are replaced whole. */
export function mergeValues(...all: readonly ChartValues[]): ChartValues {
  return all.reduce((merged, values) => merge(merged, values) as ChartValues, {});
}

function merge(a: unknown, b: unknown): unknown {
  if (!isObject(a) || !isObject(b)) return b === undefined ? a : b;
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().map((key) => [key, merge(a[key], b[key])]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
