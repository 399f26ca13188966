/** An image in the chart's values. */
export interface ChartImage {
  /** Repository of the image. @default - the chart's */
  readonly repository?: string;
  /** Tag of the image. @default - the chart's */
  readonly tag?: string;
  /** When the kubelet pulls the image. @default - the chart's */
  readonly pullPolicy?: "Always" | "IfNotPresent" | "Never";
}

/** The repository and the tag of the agent's image. */
export interface ChartAgentImage {
  /** Repository of the image. @default - the chart's */
  readonly repository?: string;
  /** Tag of the image. @default - the chart's */
  readonly tag?: string;
}

/** What a pod of the chart asks for, and may use. */
export interface ChartResources {
  /** What the node must have free, by resource. @default - the chart's */
  readonly requests?: Record<string, string>;
  /** What it may use, by resource. @default - the chart's */
  readonly limits?: Record<string, string>;
}

/** Where pods of the chart run. */
export interface ChartScheduling {
  /** YAML text or an object. The chart's default demands different nodes: one node holds one replica. @default - the chart's */
  readonly affinity?: string | Record<string, unknown>;
  /** How the pods are spread. @default - the chart's */
  readonly topologySpreadConstraints?: Record<string, unknown>[];
  /** Taints that the pods may be scheduled beside. @default - the chart's */
  readonly tolerations?: Record<string, unknown>[];
  /** Labels that the node must have. @default - the chart's */
  readonly nodeSelector?: Record<string, string>;
  /** Class of the pods' priority. @default - the chart's */
  readonly priorityClassName?: string;
}

/** A volume of each of Vault's servers. */
export interface ChartStorage {
  /** Whether there is such a volume. @default - the chart's */
  readonly enabled?: boolean;
  /** Its size, as Kubernetes writes it. @default - the chart's */
  readonly size?: string;
  /** Path in the container. @default - the chart's */
  readonly mountPath?: string;
  /** Its class. @default - the cluster's default class */
  readonly storageClass?: string;
  /** How many nodes may use it, as Kubernetes has it. @default - the chart's */
  readonly accessMode?: string;
  /** Annotations of the claim. @default - the chart's */
  readonly annotations?: Record<string, string>;
  /** Labels of the claim. @default - the chart's */
  readonly labels?: Record<string, string>;
}

/** Something that is on or off. */
export interface ChartSwitch {
  /** Whether it is on. @default - the chart's */
  readonly enabled?: boolean;
}

/** Security contexts, as Kubernetes writes them. */
export interface ChartSecurityContext {
  /** That of the pod. @default - the chart's */
  readonly pod?: Record<string, unknown>;
  /** That of the containers. @default - the chart's */
  readonly container?: Record<string, unknown>;
}

/** Monitoring of Vault's servers. */
export interface ChartTelemetry {
  /** Whether objects of the Prometheus operator are made. @default - the chart's */
  readonly prometheusOperator?: boolean;
}

/** Values that the chart's server and injector share. */
export interface ChartGlobal {
  /** Whether anything is installed that does not say so itself. @default - the chart's */
  readonly enabled?: boolean;
  /** Namespace of all objects. @default - the chart's */
  readonly namespace?: string;
  /** Secrets by which images are pulled. @default - the chart's */
  readonly imagePullSecrets?: Record<string, unknown>[];
  /** Whether Vault is spoken to without TLS. @default - the chart's */
  readonly tlsDisable?: boolean;
  /** Address of a Vault that the chart does not install. @default - the chart's */
  readonly externalVaultAddr?: string;
  /** Whether the platform is OpenShift. @default - the chart's */
  readonly openshift?: boolean;
  /** Monitoring of the servers. @default - the chart's */
  readonly serverTelemetry?: ChartTelemetry;
}

/** How agents render templates unless a pod says otherwise. */
export interface ChartTemplateConfig {
  /** Whether an agent ends when it cannot render a template. @default - the chart's */
  readonly exitOnRetryFailure?: boolean;
  /** Time after which static secrets are read again, such as "5m". @default - the chart's */
  readonly staticSecretRenderInterval?: string;
}

/** What an injected agent gets unless a pod says otherwise. */
export interface ChartAgentDefaults {
  /** CPU that an agent may use, such as "500m". @default - the chart's */
  readonly cpuLimit?: string;
  /** CPU that an agent asks for, such as "50m". @default - the chart's */
  readonly cpuRequest?: string;
  /** Memory that an agent may use, such as "128Mi". @default - the chart's */
  readonly memLimit?: string;
  /** Memory that an agent asks for. @default - the chart's */
  readonly memRequest?: string;
  /** Disk that an agent may use, such as "128Mi". @default - the chart's */
  readonly ephemeralLimit?: string;
  /** Disk that an agent asks for. @default - the chart's */
  readonly ephemeralRequest?: string;
  /** Form of secrets without a template of their own. @default - the chart's */
  readonly template?: "map" | "json";
  /** How it renders templates. @default - the chart's */
  readonly templateConfig?: ChartTemplateConfig;
}

/** The injector's webhook. */
export interface ChartWebhook {
  /** Whether pods are refused while the injector is down. @default - the chart's */
  readonly failurePolicy?: "Fail" | "Ignore";
  /** Whether other versions of an object are looked at, too. @default - the chart's */
  readonly matchPolicy?: "Exact" | "Equivalent";
  /** Seconds. @default - the chart's */
  readonly timeoutSeconds?: number;
  /** Labels of the namespaces whose pods it looks at. @default - the chart's */
  readonly namespaceSelector?: Record<string, unknown>;
  /** YAML text or an object. @default - the chart's */
  readonly objectSelector?: string | Record<string, unknown>;
  /** Annotations of the webhook's configuration. @default - the chart's */
  readonly annotations?: Record<string, string>;
}

/** The certificate that the injector's webhook shows. */
export interface ChartCerts {
  /** Secret with certificate and key. @default - the injector makes a certificate for itself */
  readonly secretName?: string;
  /** CA of the certificate: PEM, or the base64 of it that the chart asks for. @default - none: the API server does not know the certificate */
  readonly caBundle?: string;
  /** Key of the certificate in the Secret. @default - the chart's */
  readonly certName?: string;
  /** Key of the private key in the Secret. @default - the chart's */
  readonly keyName?: string;
}

/** A ServiceAccount of the chart. */
export interface ChartServiceAccount {
  /** Whether the chart makes it. @default - the chart's */
  readonly create?: boolean;
  /** Its name. @default - the chart's */
  readonly name?: string;
  /** Its annotations, such as those of workload identity. @default - the chart's */
  readonly annotations?: Record<string, string>;
}

/** How many pods may be away at once. */
export interface ChartDisruptionBudget {
  /** How many pods may be away. @default - the chart's */
  readonly maxUnavailable?: number;
  /** How many pods must be there. @default - the chart's */
  readonly minAvailable?: number;
}

/** The injector. */
export interface ChartInjector extends ChartScheduling {
  /** Whether the injector is installed; "-" leaves it to `global.enabled`. @default - the chart's */
  readonly enabled?: boolean | "-";
  /** How many injectors run. @default - the chart's */
  readonly replicas?: number;
  /** Port of the webhook. @default - the chart's */
  readonly port?: number;
  /** Whether several injectors elect one that renews their certificate. @default - the chart's */
  readonly leaderElector?: ChartSwitch;
  /** Whether the injector shows metrics. @default - the chart's */
  readonly metrics?: ChartSwitch;
  /** Image of the injector. @default - the chart's */
  readonly image?: ChartImage;
  /** Image of the agents. @default - the chart's */
  readonly agentImage?: ChartAgentImage;
  /** What an agent gets unless its pod says otherwise. @default - the chart's */
  readonly agentDefaults?: ChartAgentDefaults;
  /** Auth mount of agents whose pod names none. @default - the chart's */
  readonly authPath?: string;
  /** How much the injector says. @default - the chart's */
  readonly logLevel?: "trace" | "debug" | "info" | "warn" | "error";
  /** Format of the injector's log. @default - the chart's */
  readonly logFormat?: "standard" | "json";
  /** Whether agents revoke their token when they end, unless their pod says otherwise. @default - the chart's */
  readonly revokeOnShutdown?: boolean;
  /** Which pods it looks at, and what happens while it is down. @default - the chart's */
  readonly webhook?: ChartWebhook;
  /** The webhook's certificate. @default - the chart's */
  readonly certs?: ChartCerts;
  /** Security contexts of the injector. @default - the chart's */
  readonly securityContext?: ChartSecurityContext;
  /** What an injector asks for, and may use. @default - the chart's */
  readonly resources?: ChartResources;
  /** Further variables of the injector's environment. @default - the chart's */
  readonly extraEnvironmentVars?: Record<string, string>;
  /** Annotations of the injector's pods. @default - the chart's */
  readonly annotations?: Record<string, string>;
  /** Further labels of the injector's pods. @default - the chart's */
  readonly extraLabels?: Record<string, string>;
  /** Whether the injector uses the node's network. @default - the chart's */
  readonly hostNetwork?: boolean;
  /** ServiceAccount of the injector. @default - the chart's */
  readonly serviceAccount?: ChartServiceAccount;
  /** How many injectors may be away at once. @default - the chart's */
  readonly podDisruptionBudget?: ChartDisruptionBudget;
}

/** One variable from a Secret. */
export interface ChartSecretVariable {
  /** Name of the variable. */
  readonly envName: string;
  /** Name of the Secret. */
  readonly secretName: string;
  /** Key in the Secret. */
  readonly secretKey: string;
}

/** Who may talk to Vault's servers, and to whom they may. */
export interface ChartNetworkPolicy {
  /** Whether there is a NetworkPolicy. @default - the chart's */
  readonly enabled?: boolean;
  /** Rules of who may reach them. @default - the chart's */
  readonly ingress?: Record<string, unknown>[];
  /** Rules of what they may reach. @default - the chart's */
  readonly egress?: Record<string, unknown>[];
}

/** One server without Raft. */
export interface ChartStandalone {
  /** Whether it is on; "-" leaves it to the chart. @default - the chart's */
  readonly enabled?: boolean | "-";
  /** Vault's configuration, HCL. @default - the chart's */
  readonly config?: string;
}

/** The StatefulSet of Vault's servers. */
export interface ChartStatefulSet {
  /** Security contexts of the servers. @default - the chart's */
  readonly securityContext?: ChartSecurityContext;
}

/** Vault's servers. */
export interface ChartServer extends ChartScheduling {
  /** Whether servers are installed; "-" leaves it to `global.enabled`. @default - the chart's */
  readonly enabled?: boolean | "-";
  /** Image of the servers. @default - the chart's */
  readonly image?: ChartImage;
  /** When a changed server is started anew. @default - the chart's */
  readonly updateStrategyType?: "OnDelete" | "RollingUpdate";
  /** How much the servers say. @default - the chart's */
  readonly logLevel?: string;
  /** Format of the servers' log. @default - the chart's */
  readonly logFormat?: string;
  /** What a server asks for, and may use. @default - the chart's */
  readonly resources?: ChartResources;
  /** Whether Vault's ServiceAccount may review tokens. @default - the chart's */
  readonly authDelegator?: ChartSwitch;
  /** Further arguments of the server's command. @default - the chart's */
  readonly extraArgs?: string;
  /** Further variables of the servers' environment. @default - the chart's */
  readonly extraEnvironmentVars?: Record<string, string>;
  /** Environment from Secrets: where a seal's credentials belong. @default - the chart's */
  readonly extraSecretEnvironmentVars?: ChartSecretVariable[];
  /** Further volumes of the servers, beside those of `VaultMode` and an empty one for `/tmp`. @default - none */
  readonly volumes?: Record<string, unknown>[];
  /** Where the servers see further volumes. @default - nowhere */
  readonly volumeMounts?: Record<string, unknown>[];
  /** Seconds. @default - the chart's */
  readonly terminationGracePeriodSeconds?: number;
  /** The servers' NetworkPolicy. @default - the chart's */
  readonly networkPolicy?: ChartNetworkPolicy;
  /** The volume for data. @default - the chart's */
  readonly dataStorage?: ChartStorage;
  /** The volume for audit files. @default - the chart's */
  readonly auditStorage?: ChartStorage;
  /** Whether it runs in memory, for sandboxes. @default - the chart's */
  readonly dev?: ChartSwitch;
  /** One server without Raft. @default - the chart's */
  readonly standalone?: ChartStandalone;
  /** Room for highly available modes: passed through as it is. @default - the chart's */
  readonly ha?: Record<string, unknown>;
  /** ServiceAccount of the servers. @default - the chart's */
  readonly serviceAccount?: ChartServiceAccount;
  /** Annotations of the servers' pods. @default - the chart's */
  readonly annotations?: Record<string, string>;
  /** Further labels of the servers' pods. @default - the chart's */
  readonly extraLabels?: Record<string, string>;
  /** The servers' StatefulSet. @default - the chart's */
  readonly statefulSet?: ChartStatefulSet;
}

/**
 * Values of the vault chart 0.34 (values.yaml). Typed because the chart's schema lets every misspelling pass.
 * Secrets do not belong here: values stand in Terraform's state and the chart's ConfigMap.
 *
 * Every value that is left out is the chart's default, or what `VaultMode` says.
 */
export interface ChartValues {
  /** What server and injector share. @default - the chart's */
  readonly global?: ChartGlobal;
  /** The injector. @default - the chart's */
  readonly injector?: ChartInjector;
  /** Vault's servers. @default - the chart's */
  readonly server?: ChartServer;
  /** The user interface's Service. @default - the chart's */
  readonly ui?: ChartSwitch;
  /** The CSI provider. @default - the chart's */
  readonly csi?: ChartSwitch;
}
