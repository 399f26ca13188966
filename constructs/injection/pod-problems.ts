import { Token } from "cdktf";
import { imageProblem } from "../../access/model/addresses";
import { dnsLabelProblem } from "../../access/model/rules";
import { TOKEN_VOLUME } from "./agent-mode";
import type { Container, Volume } from "./container";
import {
  folderProblems,
  lookupProblems,
  mountedAt,
  securityProblems,
  sourceProblems,
  subPathProblems,
} from "./container-problems";
import { knownNow, objectName, plain, PodProblem, said, show } from "./pod-words";
import { portProblem, probeProblems, quantity, resourceProblems } from "./probe-problems";
import { CA_FOLDER, CA_VOLUME } from "./ca-files";

/** What a pod is made of, as the program says it. */
export interface PodParts {
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
  /** Volumes that come from elsewhere: claims of a StatefulSet. */
  readonly claims: readonly string[];
  /** Volumes of `rawPodSpec` are not looked at, so a mount may name any. */
  readonly open: boolean;
  /** Folder of the secrets' files. */
  readonly secretsFolder: string;
}

/** Volumes that Leasehold and the injector add. Who mounts one of them is told by the access report, and not refused. */
const ADDED_VOLUMES = [TOKEN_VOLUME, CA_VOLUME, "vault-secrets", "vault-config", "home-init", "home-sidecar"];

/** Containers that the injector adds. */
const AGENTS = ["vault-agent", "vault-agent-init"];

/**
 * What Kubernetes would refuse when the apply makes the pod, or when a controller makes it, which no apply shows.
 * Tokens and what is in `raw` are not known here.
 */
export function podProblems({ containers, volumes, claims, open, secretsFolder }: PodParts): PodProblem[] {
  const known = new Set([...volumes.map(({ name }) => name), ...claims, ...ADDED_VOLUMES]);
  // Every container of the pod has a file system there already.
  const taken = [mountedAt(secretsFolder), CA_FOLDER];
  const anyVolume = open || volumes.some(({ name }) => Token.isUnresolved(name));
  return [
    ...twice(
      "container",
      containers.map(({ name }) => name),
      "give each container of the pod a name of its own",
    ),
    ...twice(
      "volume",
      [...volumes.map(({ name }) => name), ...claims],
      "give each volume of the pod a name of its own",
    ),
    ...[...volumes.map(({ name }) => name), ...claims]
      .filter((name) => ADDED_VOLUMES.includes(name))
      .map((name) => ({
        message: `volume ${show(name)} has the name of one that Leasehold or the injector adds`,
        fix: "give the volume another name",
      })),
    ...volumes.flatMap(volumeProblems),
    ...containers.flatMap((container) => containerProblems(container, anyVolume ? undefined : known, taken)),
  ];
}

function volumeProblems({ name, raw, ...sources }: Volume): PodProblem[] {
  const given = Object.entries(sources).flatMap(([source, value]) => (value === undefined ? [] : [source]));
  const of = `of the volume ${show(name)}`;
  return [
    ...said(
      `volume ${show(name)}`,
      given.length === 0 && raw === undefined ? "has no source" : undefined,
      "give it one of `emptyDir`, `configMap`, `secret`, `persistentVolumeClaim`, `hostPath` and `raw`",
    ),
    ...objectName(`the Secret ${of}`, sources.secret?.secretName),
    ...objectName(`the ConfigMap ${of}`, sources.configMap?.name),
    ...objectName(`the claim ${of}`, sources.persistentVolumeClaim?.claimName),
    ...quantity(`sizeLimit ${of}`, sources.emptyDir?.sizeLimit),
    ...[sources.secret?.defaultMode, sources.configMap?.defaultMode].flatMap((mode) =>
      said(
        `defaultMode ${show(mode)} ${of}`,
        mode === undefined || !knownNow(mode) || /^0[0-7]{1,3}$/.test(mode) ? undefined : "is not an octal mode",
        'write it like "0440"',
      ),
    ),
    ...hostFolderProblems(sources.hostPath, of),
    ...labelled("volume", name),
    ...(given.length > 1
      ? [
          {
            message: `volume ${show(name)} is ${given.join(" and ")}`,
            fix: "give the volume one source",
          },
        ]
      : []),
  ];
}

/** Kinds of what is on the node (core/validation, supportedHostPathTypes). */
const HOST_TYPES = [
  "",
  "DirectoryOrCreate",
  "Directory",
  "FileOrCreate",
  "File",
  "Socket",
  "CharDevice",
  "BlockDevice",
];

function hostFolderProblems(folder: Volume["hostPath"], of: string): PodProblem[] {
  if (folder === undefined) return [];
  const { path, type = "" } = folder;
  return [
    ...said(
      `the path ${show(path)} ${of}`,
      !knownNow(path) || !path.split("/").includes("..") ? undefined : "holds '..'",
      "give the whole path on the node",
    ),
    ...said(
      `the type ${show(type)} ${of}`,
      !knownNow(type) || HOST_TYPES.includes(type) ? undefined : "is none that Kubernetes has",
      `choose among ${HOST_TYPES.slice(1).join(", ")}, or leave it out`,
    ),
  ];
}

function containerProblems(
  container: Container,
  volumes: ReadonlySet<string> | undefined,
  taken: readonly string[],
): PodProblem[] {
  const { name, image } = container;
  const of = `of the container ${show(name)}`;
  return [
    ...labelled("container", name),
    ...problem(
      AGENTS.includes(name),
      `a container has the name ${show(name)}, which the Vault agent's has`,
      "give the container another name: the injector would add a second one of that name, and Kubernetes refuses the pod",
    ),
    ...problem(
      plain(image) && imageProblem(image) !== undefined,
      `image ${show(image)} ${of} ${imageProblem(image)}`,
      "name an image, with a tag or a digest",
    ),
    ...securityProblems(container, of),
    ...folderProblems(container, of),
    ...variableProblems(container, of),
    ...sourceProblems(container, of),
    ...portProblems(container, of),
    ...probeProblems(container, of),
    ...mountProblems(container, of, volumes, taken),
    ...resourceProblems(container, of),
  ];
}

function problem(wrong: boolean, message: string, fix: string): PodProblem[] {
  return wrong ? [{ message, fix }] : [];
}

function variableProblems({ env = [] }: Container, of: string): PodProblem[] {
  return [
    ...env.flatMap(({ name }) =>
      problem(
        plain(name) && !/^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(name),
        `variable ${show(name)} ${of} is not made of letters, digits, '_', '-' and '.', or begins with a digit`,
        "give the variable such a name",
      ),
    ),
    ...twice(
      `variable ${of}`,
      env.map(({ name }) => name),
      "give it one value: Kubernetes would take the last one",
    ),
    ...env.flatMap((variable) => lookupProblems(variable, of)),
  ];
}

function portProblems({ ports = [] }: Container, of: string): PodProblem[] {
  return [
    ...twice(
      `port ${of}`,
      ports.flatMap(({ name }) => name ?? []),
      "give each port a name of its own",
    ),
    ...ports.flatMap(({ containerPort, name }) => [
      ...portProblem(containerPort, of),
      ...problem(
        name !== undefined && plain(name) && !portName(name),
        `port name ${show(name)} ${of} is not made of at most 15 lower-case letters, digits and single '-' between them, with a letter`,
        "give the port such a name",
      ),
    ]),
  ];
}

/** @param taken paths at which something else is mounted already */
function mountProblems(
  { volumeMounts = [] }: Container,
  of: string,
  volumes: ReadonlySet<string> | undefined,
  taken: readonly string[],
): PodProblem[] {
  return [
    ...twice(
      `mount ${of} at`,
      volumeMounts.map(({ mountPath }) => mountedAt(mountPath)),
      "mount one of them elsewhere",
    ),
    ...volumeMounts.flatMap((mount) => subPathProblems(mount, of)),
    ...volumeMounts.flatMap(({ name, mountPath }) => [
      ...problem(
        volumes !== undefined && plain(name) && !volumes.has(name),
        `the mount at ${show(mountPath)} ${of} names a volume that the pod does not have: ${show(name)}`,
        "add it to `volumes` of the pod, or correct the name",
      ),
      ...problem(
        taken.includes(mountedAt(mountPath)),
        `the mount at ${show(mountPath)} ${of} hides what the agent writes or the CA of the server, and Kubernetes refuses two mounts at one path`,
        "mount it elsewhere",
      ),
      ...problem(
        plain(mountPath) && !/^\/[^:]*$/.test(mountPath),
        `the mount path ${show(mountPath)} ${of} is not an absolute path without ':'`,
        "give the whole path in the container",
      ),
      ...problem(
        mountedAt(mountPath) === "/",
        `the mount at ${show(mountPath)} ${of} would take the place of the image's whole file system`,
        "mount the volume at a folder of its own",
      ),
    ]),
  ];
}

function portName(name: string): boolean {
  return /^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 15;
}

function labelled(what: string, name: string): PodProblem[] {
  const problem = plain(name) ? dnsLabelProblem(name) : undefined;
  return problem === undefined
    ? []
    : [{ message: `${what} ${show(name)} ${problem}`, fix: `give the ${what} such a name` }];
}

function twice(what: string, names: readonly string[], fix: string): PodProblem[] {
  const double = new Set(names.filter((name, index) => plain(name) && names.indexOf(name) !== index));
  return [...double].map((name) => ({ message: `${what} ${show(name)} is there more than once`, fix }));
}
