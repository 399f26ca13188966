/** A variable of a container's environment. */
export interface EnvVariable {
  /** Name of the variable. */
  readonly name: string;
  /** A plain text: it is in the plan and in the state. @default "" */
  readonly value?: string;
  /** A value that Kubernetes looks up. The access report lists it: it may be a secret of the cluster. @default - none */
  readonly valueFrom?: EnvLookup;
}

/** Where Kubernetes looks up the value of a variable: in one of these. */
export interface EnvLookup {
  /** A key of a Secret. @default - not there */
  readonly secretKeyRef?: KeyReference;
  /** A key of a ConfigMap. @default - not there */
  readonly configMapKeyRef?: KeyReference;
  /** A field of the pod. @default - not there */
  readonly fieldRef?: FieldReference;
}

/** A field of the pod itself. */
export interface FieldReference {
  /** As Kubernetes writes it: `metadata.name`, `status.podIP`. */
  readonly fieldPath: string;
}

/** One key of a Secret or a ConfigMap in the pod's namespace. */
export interface KeyReference {
  /** Name of the Secret or ConfigMap. */
  readonly name: string;
  /** The key in it. */
  readonly key: string;
  /** Let the pod start without it. @default false */
  readonly optional?: boolean;
}

/** All keys of a Secret or a ConfigMap as variables. The access report lists it. */
export interface EnvSource {
  /** The Secret. @default - none */
  readonly secretRef?: ObjectReference;
  /** The ConfigMap. @default - none */
  readonly configMapRef?: ObjectReference;
  /** Put before each name. @default - nothing */
  readonly prefix?: string;
}

/** A Secret or a ConfigMap in the pod's namespace. */
export interface ObjectReference {
  /** Its name. */
  readonly name: string;
  /** Let the pod start without it. @default false */
  readonly optional?: boolean;
}

/** A port on which a container listens. */
export interface ExposedPort {
  /** The TCP or UDP port. */
  readonly containerPort: number;
  /** By which probes and Services may name it. @default - none */
  readonly name?: string;
  /** The protocol. @default "TCP" */
  readonly protocol?: "TCP" | "UDP" | "SCTP";
}

/** Where a container sees a volume of the pod. */
export interface VolumeMount {
  /** Name of a volume of the pod. */
  readonly name: string;
  /** Path in the container. */
  readonly mountPath: string;
  /** Whether the container may only read it. @default false */
  readonly readOnly?: boolean;
  /** Path within the volume. @default - its root */
  readonly subPath?: string;
}

/** A request that must be answered by a status from 200 to 399. */
export interface HttpProbe {
  /** Number or name of a port. */
  readonly port: number | string;
  /** Path of the request. @default "/" */
  readonly path?: string;
  /** Whether the request goes over TLS. The certificate is not checked. @default "HTTP" */
  readonly scheme?: "HTTP" | "HTTPS";
}

/** A connection that must be accepted. */
export interface TcpProbe {
  /** Number or name of a port. */
  readonly port: number | string;
}

/** A call of gRPC's health service that must be answered by SERVING. */
export interface GrpcProbe {
  /** Number of the port. */
  readonly port: number;
  /** The service that is asked about. @default "" */
  readonly service?: string;
}

/** A command in the container that must end with 0. */
export interface CommandProbe {
  /** The command and its arguments; no shell reads them. */
  readonly command: string[];
}

/** How the kubelet asks a container how it is: by one of `httpGet`, `tcpSocket`, `grpc` and `exec`. Times are in seconds. */
export interface Probe {
  /** An HTTP request. @default - not asked */
  readonly httpGet?: HttpProbe;
  /** A TCP connection. @default - not asked */
  readonly tcpSocket?: TcpProbe;
  /** A call of gRPC's health service. @default - not asked */
  readonly grpc?: GrpcProbe;
  /** A command in the container. @default - not asked */
  readonly exec?: CommandProbe;
  /** Time before the first question. @default 0 */
  readonly initialDelaySeconds?: number;
  /** Time between two questions. @default 10 */
  readonly periodSeconds?: number;
  /** Time within which it must answer. @default 1 */
  readonly timeoutSeconds?: number;
  /** How many successes in a row count after a failure. @default 1 */
  readonly successThreshold?: number;
  /** How many failures in a row count. @default 3 */
  readonly failureThreshold?: number;
}

/** What a container is held to. What is left open is closed as the `restricted` level of Pod Security asks. */
export interface ContainerSecurity {
  /** Id of the user that it runs as. @default - the image's user, which must not be root */
  readonly runAsUser?: number;
  /** Id of the group that it runs as. @default - the image's group */
  readonly runAsGroup?: number;
  /** Whether the kubelet refuses to run it as root. @default true */
  readonly runAsNonRoot?: boolean;
  /** Whether the image's files cannot be changed. @default true; mount an empty folder where the app writes */
  readonly readOnlyRootFilesystem?: boolean;
  /** Whether a process may gain more rights than its parent has. @default false */
  readonly allowPrivilegeEscalation?: boolean;
  /** The access report lists it: a privileged container owns its node. @default false */
  readonly privileged?: boolean;
  /** Capabilities of Linux, beyond none. @default - all are dropped */
  readonly capabilities?: ContainerCapabilities;
}

/** Capabilities of Linux, as Kubernetes writes them: `NET_BIND_SERVICE`. */
export interface ContainerCapabilities {
  /** The access report lists it. @default - none */
  readonly add?: string[];
  /** Those that are taken away. @default - none beyond what the platform drops */
  readonly drop?: string[];
}

/** Quantities as Kubernetes writes them, by resource: `{ cpu: "50m", memory: "64Mi" }`. */
export interface ContainerResources {
  /** What the node must have free. @default - none */
  readonly requests?: Record<string, string>;
  /** What the container may use. @default - none */
  readonly limits?: Record<string, string>;
}

/** A container of a pod. A security context that it leaves open is closed. */
export interface Container {
  /** A DNS label, unlike those of the pod's other containers. */
  readonly name: string;
  /** The image, with a tag or a digest. */
  readonly image: string;
  /** When the kubelet pulls the image. @default - Kubernetes' own: "Always" for the tag `latest`, else "IfNotPresent" */
  readonly imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** The command, in place of the image's entry point. @default - the image's entry point */
  readonly command?: string[];
  /** Arguments of the command. @default - the image's */
  readonly args?: string[];
  /** Folder in which the command runs. @default - the image's */
  readonly workingDir?: string;
  /** Variables of its environment. @default - none */
  readonly env?: EnvVariable[];
  /** Secrets and ConfigMaps whose keys become variables. @default - none */
  readonly envFrom?: EnvSource[];
  /** Ports on which it listens. @default - none */
  readonly ports?: ExposedPort[];
  /** Quantities as Kubernetes writes them, by resource: `{ requests: { cpu: "50m" } }`. @default - none */
  readonly resources?: ContainerResources;
  /** Restarts the container when it fails. @default - none */
  readonly livenessProbe?: Probe;
  /** Takes the pod out of its Services while it fails. @default - none */
  readonly readinessProbe?: Probe;
  /** Holds the other probes back until it has passed once. @default - none */
  readonly startupProbe?: Probe;
  /** Volumes of the pod that it sees, and where. @default - none */
  readonly volumeMounts?: VolumeMount[];
  /** What it is held to. @default - closed */
  readonly securityContext?: ContainerSecurity;
  /**
   * Further arguments of the block of Terraform's Kubernetes provider, in camel case. They win over the fields above. The access
   * report lists them, and no version of Leasehold checks them.
   *
   * @default - none
   */
  readonly raw?: Record<string, unknown>;
}

/** A folder that begins empty and ends with the pod. */
export interface EmptyFolder {
  /** "Memory" is a tmpfs, which counts as the containers' memory. @default "" (the node's disk) */
  readonly medium?: "" | "Memory";
  /** A quantity as Kubernetes writes it. @default - no limit */
  readonly sizeLimit?: string;
}

/** The keys of a ConfigMap as files. */
export interface ConfigMapFiles extends ObjectReference {
  /** An octal mode. @default "0644" */
  readonly defaultMode?: string;
}

/** The keys of a Secret as files. */
export interface SecretFiles {
  /** Name of the Secret. */
  readonly secretName: string;
  /** Let the pod start without it. @default false */
  readonly optional?: boolean;
  /** An octal mode. @default "0644" */
  readonly defaultMode?: string;
}

/** A PersistentVolumeClaim of the pod's namespace. */
export interface ClaimedVolume {
  /** Name of the claim. */
  readonly claimName: string;
  /** Whether the pod may only read it. @default false */
  readonly readOnly?: boolean;
}

/** A file or folder of the node: whoever mounts one may read what belongs to other pods. */
export interface HostFolder {
  /** Its path on the node. */
  readonly path: string;
  /** As Kubernetes has it, such as "Directory". @default - not checked */
  readonly type?: string;
}

/** A volume of a pod. But for an empty folder the access report lists it: what is in it comes from elsewhere. */
export interface Volume {
  /** By which containers mount it. */
  readonly name: string;
  /** A folder that begins empty and ends with the pod. @default - not that */
  readonly emptyDir?: EmptyFolder;
  /** The keys of a ConfigMap as files. @default - not that */
  readonly configMap?: ConfigMapFiles;
  /** The keys of a Secret as files. @default - not that */
  readonly secret?: SecretFiles;
  /** A PersistentVolumeClaim. @default - not that */
  readonly persistentVolumeClaim?: ClaimedVolume;
  /** A file or folder of the node. The access report lists it. @default - not that */
  readonly hostPath?: HostFolder;
  /** Arguments of the block as the Kubernetes provider has it, in camel case: `{ csi: { … } }`. @default - none */
  readonly raw?: Record<string, unknown>;
}

/** A taint that the pod may be scheduled beside. */
export interface Toleration {
  /** Key of the taint. @default - every taint, with operator "Exists" */
  readonly key?: string;
  /** How the taint's value is compared. @default "Equal" */
  readonly operator?: "Equal" | "Exists";
  /** Value of the taint. @default - "" */
  readonly value?: string;
  /** Effect of the taint. @default - every effect */
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
