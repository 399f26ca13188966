type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Labels = Readonly<Record<string, string>>;

interface Image {
  readonly repository?: string;
  readonly tag?: string;
  readonly pullPolicy?: "Always" | "IfNotPresent" | "Never";
}

interface Resources {
  readonly requests?: Labels;
  readonly limits?: Labels;
}

interface Scheduling {
  /** YAML text or an object. The chart's default demands different nodes: one node holds one replica. */
  readonly affinity?: string | { readonly [key: string]: Json };
  readonly topologySpreadConstraints?: readonly Json[];
  readonly tolerations?: readonly Json[];
  readonly nodeSelector?: Labels;
  readonly priorityClassName?: string;
}

interface Storage {
  readonly enabled?: boolean;
  readonly size?: string;
  readonly mountPath?: string;
  readonly storageClass?: string | null;
  readonly accessMode?: string;
  readonly annotations?: Labels;
  readonly labels?: Labels;
}

/**
 * Values of the vault chart 0.34 (values.yaml). Typed because the chart's schema lets every misspelling pass.
 * Secrets do not belong here: values stand in Terraform's state and the chart's ConfigMap.
 */
export interface ChartValues {
  readonly global?: {
    readonly enabled?: boolean;
    readonly namespace?: string;
    readonly imagePullSecrets?: readonly Json[];
    readonly tlsDisable?: boolean;
    readonly externalVaultAddr?: string;
    readonly openshift?: boolean;
    readonly serverTelemetry?: { readonly prometheusOperator?: boolean };
  };
  readonly injector?: Scheduling & {
    readonly enabled?: boolean | "-";
    readonly replicas?: number;
    readonly port?: number;
    readonly leaderElector?: { readonly enabled?: boolean };
    readonly metrics?: { readonly enabled?: boolean };
    readonly image?: Image;
    readonly agentImage?: Pick<Image, "repository" | "tag">;
    readonly agentDefaults?: {
      readonly cpuLimit?: string;
      readonly cpuRequest?: string;
      readonly memLimit?: string;
      readonly memRequest?: string;
      readonly ephemeralLimit?: string;
      readonly ephemeralRequest?: string;
      readonly template?: "map" | "json";
      readonly templateConfig?: { readonly exitOnRetryFailure?: boolean; readonly staticSecretRenderInterval?: string };
    };
    readonly authPath?: string;
    readonly logLevel?: "trace" | "debug" | "info" | "warn" | "error";
    readonly logFormat?: "standard" | "json";
    readonly revokeOnShutdown?: boolean;
    readonly webhook?: {
      readonly failurePolicy?: "Fail" | "Ignore";
      readonly matchPolicy?: "Exact" | "Equivalent";
      readonly timeoutSeconds?: number;
      readonly namespaceSelector?: { readonly [key: string]: Json };
      readonly objectSelector?: string | { readonly [key: string]: Json };
      readonly annotations?: Labels;
    };
    readonly certs?: {
      readonly secretName?: string | null;
      readonly caBundle?: string;
      readonly certName?: string;
      readonly keyName?: string;
    };
    readonly securityContext?: {
      readonly pod?: { readonly [key: string]: Json };
      readonly container?: { readonly [key: string]: Json };
    };
    readonly resources?: Resources;
    readonly extraEnvironmentVars?: Labels;
    readonly annotations?: Labels;
    readonly extraLabels?: Labels;
    readonly hostNetwork?: boolean;
    readonly serviceAccount?: { readonly annotations?: Labels };
    readonly podDisruptionBudget?: { readonly maxUnavailable?: number; readonly minAvailable?: number };
  };
  readonly server?: Scheduling & {
    readonly enabled?: boolean | "-";
    readonly image?: Image;
    readonly updateStrategyType?: "OnDelete" | "RollingUpdate";
    readonly logLevel?: string;
    readonly logFormat?: string;
    readonly resources?: Resources;
    readonly authDelegator?: { readonly enabled?: boolean };
    readonly extraArgs?: string;
    readonly extraEnvironmentVars?: Labels;
    /** Environment from Secrets: where a seal's credentials belong. */
    readonly extraSecretEnvironmentVars?: readonly {
      readonly envName: string;
      readonly secretName: string;
      readonly secretKey: string;
    }[];
    readonly volumes?: readonly Json[];
    readonly volumeMounts?: readonly Json[];
    readonly terminationGracePeriodSeconds?: number;
    readonly networkPolicy?: {
      readonly enabled?: boolean;
      readonly ingress?: readonly Json[];
      readonly egress?: readonly Json[];
    };
    readonly dataStorage?: Storage;
    readonly auditStorage?: Storage;
    readonly dev?: { readonly enabled?: boolean };
    readonly standalone?: { readonly enabled?: boolean | "-"; readonly config?: string };
    /** Room for highly available modes: passed through as it is. */
    readonly ha?: { readonly [key: string]: Json };
    readonly serviceAccount?: { readonly create?: boolean; readonly name?: string; readonly annotations?: Labels };
    readonly annotations?: Labels;
    readonly extraLabels?: Labels;
    readonly statefulSet?: {
      readonly securityContext?: {
        readonly pod?: { readonly [key: string]: Json };
        readonly container?: { readonly [key: string]: Json };
      };
    };
  };
  readonly ui?: { readonly enabled?: boolean };
  readonly csi?: { readonly enabled?: boolean };
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
