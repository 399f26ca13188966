import type { WorkloadKind } from "./graph";

/**
 * What the owner of a workload must write into its pod, so that the pod gets its logins: as Kubernetes has it, without a secret.
 * Synthesis writes it for each workload that another tool deploys.
 */
export interface ExternalPod {
  /** Path of the construct. */
  readonly path: string;
  readonly kind: WorkloadKind;
  readonly cluster: string;
  readonly namespace: string;
  /** Name of the object in Kubernetes. */
  readonly name: string;
  readonly serviceAccountName: string;
  /** Whether this program makes the ServiceAccount. Else its owner must. */
  readonly makesServiceAccount: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** Seconds. @default - Kubernetes' own: 30 */
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes: readonly object[];
  /** For every container that connects to a database. */
  readonly volumeMounts: readonly object[];
}

/** Version of the file with them. A reader refuses a newer one. */
export const EXTERNAL_PODS_VERSION = 1;

/** Name of the file, in the folder of a synthesis. */
export const EXTERNAL_PODS_FILE = "workloads.json";

/** `eu/shop/web`: as a workload is asked for. */
export function externalPodName({ cluster, namespace, name }: ExternalPod): string {
  return `${cluster}/${namespace}/${name}`;
}

/** @throws Error for a text that is no such file */
export function parseExternalPods(text: string): ExternalPod[] {
  const value = JSON.parse(text) as { version?: unknown; workloads?: unknown } | null;
  if (value?.version !== EXTERNAL_PODS_VERSION || !Array.isArray(value.workloads))
    throw new Error(
      `it is of version ${JSON.stringify(value?.version)}, and this Leasehold reads ${EXTERNAL_PODS_VERSION}`,
    );
  return value.workloads as ExternalPod[];
}

export function formatExternalPods(pods: readonly ExternalPod[]): string {
  return `${JSON.stringify({ version: EXTERNAL_PODS_VERSION, workloads: pods }, undefined, 2)}\n`;
}
