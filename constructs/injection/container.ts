/** A variable of a container's environment. */
export interface EnvVariable {
  readonly name: string;
  /** A plain text: it is in the plan and in the state. @default "" */
  readonly value?: string;
  /** A value that Kubernetes looks up. The access report lists it: it may be a secret of the cluster. @default - none */
  readonly valueFrom?: {
    readonly secretKeyRef?: KeyReference;
    readonly configMapKeyRef?: KeyReference;
    readonly fieldRef?: { readonly fieldPath: string };
  };
}

/** One key of a Secret or a ConfigMap in the pod's namespace. */
export interface KeyReference {
  readonly name: string;
  readonly key: string;
  /** Let the pod start without it. @default false */
  readonly optional?: boolean;
}

/** All keys of a Secret or a ConfigMap as variables. The access report lists it. */
export interface EnvSource {
  readonly secretRef?: { readonly name: string; readonly optional?: boolean };
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean };
  /** Put before each name. @default - nothing */
  readonly prefix?: string;
}

export interface ContainerPort {
  readonly containerPort: number;
  /** By which probes and Services may name it. @default - none */
  readonly name?: string;
  /** @default "TCP" */
  readonly protocol?: "TCP" | "UDP" | "SCTP";
}

export interface VolumeMount {
  /** Name of a volume of the pod. */
  readonly name: string;
  readonly mountPath: string;
  /** @default false */
  readonly readOnly?: boolean;
  /** Path within the volume. @default - its root */
  readonly subPath?: string;
}

/** How the kubelet asks a container how it is: by one of `httpGet`, `tcpSocket`, `grpc` and `exec`. Times are in seconds. */
export interface Probe {
  readonly httpGet?: {
    /** Number or name of a port. */
    readonly port: number | string;
    /** @default "/" */
    readonly path?: string;
    /** @default "HTTP" */
    readonly scheme?: "HTTP" | "HTTPS";
  };
  readonly tcpSocket?: { readonly port: number | string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly exec?: { readonly command: readonly string[] };
  /** @default 0 */
  readonly initialDelaySeconds?: number;
  /** @default 10 */
  readonly periodSeconds?: number;
  /** @default 1 */
  readonly timeoutSeconds?: number;
  /** @default 1 */
  readonly successThreshold?: number;
  /** @default 3 */
  readonly failureThreshold?: number;
}

/** What a container is held to. What is left open is closed as the `restricted` level of Pod Security asks. */
export interface ContainerSecurity {
  /** @default - the image's user, which must not be root */
  readonly runAsUser?: number;
  /** @default - the image's group */
  readonly runAsGroup?: number;
  /** @default true */
  readonly runAsNonRoot?: boolean;
  /** @default true; mount an empty folder where the app writes */
  readonly readOnlyRootFilesystem?: boolean;
  /** @default false */
  readonly allowPrivilegeEscalation?: boolean;
  /** The access report lists it: a privileged container owns its node. @default false */
  readonly privileged?: boolean;
  /** @default - all are dropped */
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

/** A container of a pod. A security context that it leaves open is closed. */
export interface Container {
  /** A DNS label, unlike those of the pod's other containers. */
  readonly name: string;
  readonly image: string;
  /** @default - Kubernetes' own: "Always" for the tag `latest`, else "IfNotPresent" */
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** @default - the image's entry point */
  readonly command?: readonly string[];
  /** @default - the image's */
  readonly args?: readonly string[];
  /** @default - the image's */
  readonly workingDir?: string;
  /** @default - none */
  readonly env?: readonly EnvVariable[];
  /** @default - none */
  readonly envFrom?: readonly EnvSource[];
  /** @default - none */
  readonly ports?: readonly ContainerPort[];
  /** Quantities as Kubernetes writes them, by resource: `{ requests: { cpu: "50m" } }`. @default - none */
  readonly resources?: {
    readonly requests?: { readonly [resource: string]: string };
    readonly limits?: { readonly [resource: string]: string };
  };
  /** Restarts the container when it fails. @default - none */
  readonly livenessProbe?: Probe;
  /** Takes the pod out of its Services while it fails. @default - none */
  readonly readinessProbe?: Probe;
  /** Holds the other probes back until it has passed once. @default - none */
  readonly startupProbe?: Probe;
  /** @default - none */
  readonly volumeMounts?: readonly VolumeMount[];
  /** @default - closed */
  readonly securityContext?: ContainerSecurity;
  /**
   * Arguments of the block as the Kubernetes provider for Terraform has it, in camel case, for what is not named here; they
   * win over the above. The access report lists them, and no version of Leasehold checks them.
   *
   * @default - none
   */
  readonly raw?: Raw;
}

/** Arguments as the Kubernetes provider has them, in camel case. */
export interface Raw {
  readonly [argument: string]: unknown;
}

/** A volume of a pod. But for an empty folder the access report lists it: what is in it comes from elsewhere. */
export interface Volume {
  readonly name: string;
  /** A folder that begins empty and ends with the pod. */
  readonly emptyDir?: { readonly medium?: "" | "Memory"; readonly sizeLimit?: string };
  readonly configMap?: { readonly name: string; readonly optional?: boolean; readonly defaultMode?: string };
  readonly secret?: { readonly secretName: string; readonly optional?: boolean; readonly defaultMode?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  /** Arguments of the block as the Kubernetes provider has it, in camel case: `{ csi: { … } }`. @default - none */
  readonly raw?: Raw;
}

/** A taint that the pod may be scheduled beside. */
export interface Toleration {
  /** @default - every taint, with operator "Exists" */
  readonly key?: string;
  /** @default "Equal" */
  readonly operator?: "Equal" | "Exists";
  readonly value?: string;
  /** @default - every effect */
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** @internal The block of a container as the provider has it. What its type does not know goes through as it is. */
export function containerBlock(container: Container): Record<string, unknown> & { readonly name: string } {
  const { ports, volumeMounts, livenessProbe, readinessProbe, startupProbe, securityContext, raw, ...same } = container;
  return {
    ...same,
    ...(ports && { port: ports }),
    ...(volumeMounts && { volumeMount: volumeMounts }),
    ...(livenessProbe && { livenessProbe: probeBlock(livenessProbe) }),
    ...(readinessProbe && { readinessProbe: probeBlock(readinessProbe) }),
    ...(startupProbe && { startupProbe: probeBlock(startupProbe) }),
    ...(securityContext && { securityContext: withTextIds(securityContext) }),
    ...raw,
  };
}

/** @internal The block of a volume as the provider has it. */
export function volumeBlock({ raw, ...volume }: Volume): Record<string, unknown> {
  return { ...volume, ...raw };
}

/** The provider reads user and group ids as text. */
function withTextIds({ runAsUser, runAsGroup, ...others }: ContainerSecurity): object {
  return {
    ...others,
    ...(runAsUser !== undefined && { runAsUser: String(runAsUser) }),
    ...(runAsGroup !== undefined && { runAsGroup: String(runAsGroup) }),
  };
}

/** The provider reads ports as text, and has lists where Kubernetes has one. */
function probeBlock({ httpGet, tcpSocket, grpc, ...others }: Probe): object {
  return {
    ...others,
    ...(httpGet && { httpGet: { ...httpGet, port: String(httpGet.port) } }),
    ...(tcpSocket && { tcpSocket: [{ port: String(tcpSocket.port) }] }),
    ...(grpc && { grpc: [grpc] }),
  };
}
