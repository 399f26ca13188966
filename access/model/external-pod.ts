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

/** @throws Error for a text that is not such a file */
export function parseExternalPods(text: string): ExternalPod[] {
  const value = JSON.parse(text) as { version?: unknown; workloads?: unknown } | null;
  if (value?.version !== EXTERNAL_PODS_VERSION || !Array.isArray(value.workloads))
    throw new Error(
      `it is of version ${JSON.stringify(value?.version)}, and this Leasehold reads ${EXTERNAL_PODS_VERSION}`,
    );
  return value.workloads.map((workload: unknown, index) => {
    const wrong = problemOf(workload);
    if (wrong) throw new Error(`its workload ${index + 1} has ${wrong}`);
    return workload as ExternalPod;
  });
}

const KINDS: readonly unknown[] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"] satisfies WorkloadKind[];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string";
const isObjects = (value: unknown): boolean => Array.isArray(value) && value.every(isObject);

/** What each field must be: the file may have been written by another version, or by hand. */
const FIELDS: Readonly<Record<keyof ExternalPod, (value: unknown) => boolean>> = {
  path: isText,
  kind: (value) => KINDS.includes(value),
  cluster: isText,
  namespace: isText,
  name: isText,
  serviceAccountName: isText,
  makesServiceAccount: (value) => typeof value === "boolean",
  annotations: (value) => isObject(value) && Object.values(value).every(isText),
  terminationGracePeriodSeconds: (value) => value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0),
  volumes: isObjects,
  volumeMounts: isObjects,
};

function problemOf(workload: unknown): string | undefined {
  if (!isObject(workload)) return "no fields";
  const unknown = Object.keys(workload).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknown !== undefined) return `a field ${JSON.stringify(unknown)}, which is not known`;
  const wrong = Object.entries(FIELDS).find(([field, holds]) => !holds(workload[field]));
  return wrong && `a value of \`${wrong[0]}\` that is not valid: ${JSON.stringify(workload[wrong[0]])}`;
}

export function formatExternalPods(pods: readonly ExternalPod[]): string {
  return `${JSON.stringify({ version: EXTERNAL_PODS_VERSION, workloads: pods }, undefined, 2)}\n`;
}
