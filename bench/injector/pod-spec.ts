/** The parts of a pod that injection reads; everything else passes through untouched. */
export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

export interface Container {
  readonly name: string;
  readonly volumeMounts?: readonly VolumeMount[];
  readonly securityContext?: { readonly runAsUser?: number };
  readonly [field: string]: unknown;
}

export interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources?: readonly { readonly serviceAccountToken?: { readonly path?: string } }[];
  };
  readonly [field: string]: unknown;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly shareProcessNamespace?: boolean;
  readonly [field: string]: unknown;
}
