import { ExternalPod, externalPodName } from "../access/model/external-pod";
import { yaml } from "./yaml";

/** The forms in which the owner of a workload can be given what its pods need. */
export const POD_FORMATS = ["helm", "kustomize", "yaml", "json"] as const;
export type PodFormat = (typeof POD_FORMATS)[number];

/** At the level `restricted` of Pod Security, which the injected agent passes, too. */
const POD_SECURITY = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };

/** What its owner must write into the pod of a workload, and what must be so beside it. */
export function renderExternalPod(pod: ExternalPod, format: PodFormat): string {
  if (format === "json") return `${JSON.stringify(pod, undefined, 2)}\n`;
  const comment = notes(pod, format)
    .map((line) => `# ${line}\n`)
    .join("");
  // A strategic merge patch of kustomize is a part of the object, too.
  const data = format === "helm" ? helmValues(pod) : podTemplate(pod);
  return `${comment}${yaml(data)}`;
}

function notes(pod: ExternalPod, format: Exclude<PodFormat, "json">): string[] {
  const { kind, namespace, serviceAccountName, makesServiceAccount, volumeMounts } = pod;
  const account = `ServiceAccount ${namespace}/${serviceAccountName}`;
  return [
    `For ${kind} ${externalPodName(pod)}. Nothing here is secret.`,
    {
      helm: "Values, by the names that `helm create` gives them: look up what your chart calls them.",
      kustomize: "A patch: name the file under `patches` of your kustomization.yaml.",
      yaml: "A part of the object: merge it into your manifest.",
    }[format],
    makesServiceAccount
      ? `The program makes ${account}: nothing else may make it.`
      : `${account} is yours to make: the program does not.`,
    `The namespace must be one that the injector serves.`,
    ...(volumeMounts.length > 0
      ? [
          format === "helm"
            ? "Every container that connects to a database needs the volumeMounts."
            : "Put your container's name in place of CONTAINER: it needs the file with the database's CA.",
        ]
      : []),
  ];
}

function helmValues(pod: ExternalPod): object {
  return {
    podAnnotations: pod.annotations,
    serviceAccount: { create: false, name: pod.serviceAccountName },
    automountServiceAccountToken: false,
    podSecurityContext: POD_SECURITY,
    ...grace(pod),
    volumes: pod.volumes,
    ...(pod.volumeMounts.length > 0 && { volumeMounts: pod.volumeMounts }),
  };
}

function podTemplate(pod: ExternalPod): object {
  const template = {
    metadata: { annotations: pod.annotations },
    spec: {
      serviceAccountName: pod.serviceAccountName,
      automountServiceAccountToken: false,
      securityContext: POD_SECURITY,
      ...grace(pod),
      volumes: pod.volumes,
      ...(pod.volumeMounts.length > 0 && { containers: [{ name: "CONTAINER", volumeMounts: pod.volumeMounts }] }),
    },
  };
  return {
    apiVersion: pod.kind === "Job" || pod.kind === "CronJob" ? "batch/v1" : "apps/v1",
    kind: pod.kind,
    metadata: { name: pod.name, namespace: pod.namespace },
    spec: pod.kind === "CronJob" ? { jobTemplate: { spec: { template } } } : { template },
  };
}

function grace({ terminationGracePeriodSeconds: seconds }: ExternalPod): object {
  return seconds === undefined ? {} : { terminationGracePeriodSeconds: seconds };
}
