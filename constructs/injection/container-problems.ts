import { posix } from "node:path";
import { metadataKeyProblem } from "../../access/model/rules";
import type { Container, ContainerSecurity, EnvSource, EnvVariable, VolumeMount } from "./container";
import { isCount, knownNow, objectName, plain, PodProblem, said, show } from "./pod-words";

/** Capabilities of Linux (capabilities(7), Linux 6.8), without `CAP_`, which the runtime adds. */
const CAPABILITIES = new Set(
  (
    "ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER " +
    "FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST " +
    "NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE " +
    "SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM"
  ).split(" "),
);

/** What a variable may look up of its pod (core/validation, validEnvDownwardAPIFieldPathExpressions). */
const FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

/** What the API server, the kubelet or the runtime would refuse of what a container is held to. */
export function securityProblems({ securityContext = {}, raw = {} }: Container, of: string): PodProblem[] {
  // What is in `raw` wins.
  if ("securityContext" in raw) return [];
  const { privileged, allowPrivilegeEscalation = false, runAsUser, runAsGroup, runAsNonRoot = true } = securityContext;
  return [
    ...said(
      `privileged true ${of}`,
      privileged === true && !allowPrivilegeEscalation
        ? "beside allowPrivilegeEscalation false, which Kubernetes refuses"
        : undefined,
      "give `allowPrivilegeEscalation: true` too, or leave `privileged` out",
    ),
    ...said(
      `runAsUser 0 ${of}`,
      runAsUser === 0 && runAsNonRoot
        ? "is root, and the kubelet starts no root while runAsNonRoot is true"
        : undefined,
      "give another user; for root also `runAsNonRoot: false`",
    ),
    ...Object.entries({ runAsUser, runAsGroup }).flatMap(([what, id]) =>
      said(
        `${what} ${id} ${of}`,
        id === undefined || isCount(id, 0) ? undefined : "is not an id",
        "give a whole number of at least 0",
      ),
    ),
    ...capabilityProblems(securityContext, of),
  ];
}

function capabilityProblems({ capabilities = {} }: ContainerSecurity, of: string): PodProblem[] {
  return [...(capabilities.add ?? []), ...(capabilities.drop ?? [])].flatMap((name) =>
    said(
      `capability ${show(name)} ${of}`,
      !plain(name) || CAPABILITIES.has(name) ? undefined : "is none that Linux has",
      `write it as Kubernetes has it, ${CAPABILITIES.has(name.replace(/^CAP_/i, "").toUpperCase()) ? show(name.replace(/^CAP_/i, "").toUpperCase()) : '"NET_BIND_SERVICE"'}`,
    ),
  );
}

/** Where the value of a variable comes from: a text, or one place where Kubernetes looks it up. */
export function lookupProblems({ name, value, valueFrom }: EnvVariable, of: string): PodProblem[] {
  if (valueFrom === undefined) return [];
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  const ways = Object.values(valueFrom).filter((way) => way !== undefined).length;
  const variable = `of the variable ${show(name)} ${of}`;
  return [
    ...said(
      `variable ${show(name)} ${of}`,
      value !== undefined && value !== ""
        ? "has a `value` and a `valueFrom`"
        : ways === 1
          ? undefined
          : `has ${ways === 0 ? "a `valueFrom` that looks nowhere" : `a \`valueFrom\` of ${ways} places`}`,
      "give it a `value`, or one of `secretKeyRef`, `configMapKeyRef` and `fieldRef`",
    ),
    ...objectName(`the Secret ${variable}`, secretKeyRef?.name),
    ...objectName(`the ConfigMap ${variable}`, configMapKeyRef?.name),
    ...[secretKeyRef?.key, configMapKeyRef?.key].flatMap((key) =>
      said(
        `the key ${show(key)} ${variable}`,
        key === undefined || !knownNow(key) || isKey(key)
          ? undefined
          : "is not one that a Secret or ConfigMap can have",
        "give a key of letters, digits, '-', '_' and '.'",
      ),
    ),
    ...said(
      `fieldPath ${show(fieldRef?.fieldPath)} ${variable}`,
      fieldRef === undefined || !knownNow(fieldRef.fieldPath) || isField(fieldRef.fieldPath)
        ? undefined
        : "is no field that a variable can have",
      `choose among ${FIELDS.join(", ")}, metadata.labels['…'] and metadata.annotations['…']`,
    ),
  ];
}

function isKey(key: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== "." && !key.startsWith("..");
}

function isField(path: string): boolean {
  const subscript = /^metadata\.(?:labels|annotations)\['(.*)'\]$/.exec(path)?.[1];
  return subscript === undefined ? FIELDS.includes(path) : metadataKeyProblem(subscript) === undefined;
}

/** What Kubernetes would refuse of Secrets and ConfigMaps whose keys become variables. */
export function sourceProblems({ envFrom = [] }: Container, of: string): PodProblem[] {
  return envFrom.flatMap(({ secretRef, configMapRef, prefix }: EnvSource) => [
    ...said(
      `an entry of envFrom ${of}`,
      [secretRef, configMapRef].filter((ref) => ref !== undefined).length === 1
        ? undefined
        : secretRef
          ? "has a `secretRef` and a `configMapRef`"
          : "names no Secret and no ConfigMap",
      "give it one of `secretRef` and `configMapRef`",
    ),
    ...objectName(`the Secret of envFrom ${of}`, secretRef?.name),
    ...objectName(`the ConfigMap of envFrom ${of}`, configMapRef?.name),
    ...said(
      `the prefix ${show(prefix)} of envFrom ${of}`,
      prefix === undefined || prefix === "" || !knownNow(prefix) || /^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(prefix)
        ? undefined
        : "is not made of letters, digits, '_', '-' and '.', or begins with a digit",
      "give such a prefix",
    ),
  ]);
}

/** The folder in which a container runs: the runtime refuses one that is not absolute when the pod starts. */
export function folderProblems({ workingDir }: Container, of: string): PodProblem[] {
  return said(
    `workingDir ${show(workingDir)} ${of}`,
    workingDir === undefined || !knownNow(workingDir) || workingDir.startsWith("/")
      ? undefined
      : "is not an absolute path",
    "give the whole path in the container",
  );
}

/** The path at which something is mounted, as the kernel reads it. */
export function mountedAt(path: string): string {
  return plain(path) ? posix.normalize(path).replace(/(?<=.)\/+$/, "") : path;
}

/** A part of a volume: Kubernetes lets nobody climb out of it. */
export function subPathProblems({ subPath, mountPath }: VolumeMount, of: string): PodProblem[] {
  return said(
    `subPath ${show(subPath)} of the mount at ${show(mountPath)} ${of}`,
    subPath === undefined || !knownNow(subPath)
      ? undefined
      : subPath.startsWith("/")
        ? "begins with '/': it is a path within the volume"
        : subPath.split("/").includes("..")
          ? "holds '..'"
          : undefined,
    "give the path from the volume's root",
  );
}
