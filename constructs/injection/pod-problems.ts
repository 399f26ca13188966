import { Token } from "cdktf";
import { dnsLabelProblem } from "../../access/model/rules";
import { TOKEN_VOLUME } from "./agent-mode";
import type { Container, Probe, Volume } from "./container";
import { CA_FOLDER, CA_VOLUME } from "./ca-files";

/** Something that the API server would refuse of a pod, or the kubelet never start. */
export interface PodProblem {
  readonly message: string;
  readonly fix: string;
}

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

/**
 * What Kubernetes would refuse when the apply makes the pod, or when a controller makes it, which no apply shows.
 * Tokens and what is in `raw` are not known here.
 */
export function podProblems({ containers, volumes, claims, open, secretsFolder }: PodParts): PodProblem[] {
  const known = new Set([...volumes.map(({ name }) => name), ...claims, ...ADDED_VOLUMES]);
  // Every container of the pod has a file system there already.
  const taken = [secretsFolder.replace(/\/+$/, ""), CA_FOLDER];
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
    ...volumes.flatMap(volumeProblems),
    ...containers.flatMap((container) => containerProblems(container, anyVolume ? undefined : known, taken)),
  ];
}

function volumeProblems({ name, raw: _raw, ...sources }: Volume): PodProblem[] {
  const given = Object.entries(sources).flatMap(([source, value]) => (value === undefined ? [] : [source]));
  return [
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

function containerProblems(
  container: Container,
  volumes: ReadonlySet<string> | undefined,
  taken: readonly string[],
): PodProblem[] {
  const { name, image, env = [], ports = [], volumeMounts = [] } = container;
  const of = `of the container ${show(name)}`;
  const problem = (wrong: boolean, message: string, fix: string): PodProblem[] => (wrong ? [{ message, fix }] : []);
  return [
    ...labelled("container", name),
    ...problem(
      (plain(image) && image.trim() !== image) || image === "",
      `image ${show(image)} ${of} is empty, or has spaces around it`,
      "name an image, with a tag or a digest",
    ),
    ...env.flatMap((variable) =>
      problem(
        plain(variable.name) && !/^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(variable.name),
        `variable ${show(variable.name)} ${of} is not made of letters, digits, '_', '-' and '.', or begins with a digit`,
        "give the variable such a name",
      ),
    ),
    ...twice(
      `port ${of}`,
      ports.flatMap((port) => port.name ?? []),
      "give each port a name of its own",
    ),
    ...ports.flatMap((port) => [
      ...portProblem(port.containerPort, of),
      ...problem(
        port.name !== undefined && plain(port.name) && !portName(port.name),
        `port name ${show(port.name)} ${of} is not made of at most 15 lower-case letters, digits and single '-' between them, with a letter`,
        "give the port such a name",
      ),
    ]),
    ...[container.livenessProbe, container.readinessProbe, container.startupProbe].flatMap((probe) =>
      probeProblems(probe, container, of),
    ),
    ...twice(
      `mount ${of} at`,
      volumeMounts.map(({ mountPath }) => mountPath.replace(/(?<=.)\/+$/, "")),
      "mount one of them elsewhere",
    ),
    ...volumeMounts.flatMap((mount) => [
      ...problem(
        volumes !== undefined && plain(mount.name) && !volumes.has(mount.name),
        `the mount at ${show(mount.mountPath)} ${of} names a volume that the pod does not have: ${show(mount.name)}`,
        "add it to `volumes` of the pod, or correct the name",
      ),
      ...problem(
        taken.includes(mount.mountPath.replace(/\/+$/, "")),
        `the mount at ${show(mount.mountPath)} ${of} hides what the agent writes or the CA of the server, and Kubernetes refuses two mounts at one path`,
        "mount it elsewhere",
      ),
      ...problem(
        plain(mount.mountPath) && !/^\/[^:]*$/.test(mount.mountPath),
        `the mount path ${show(mount.mountPath)} ${of} is not an absolute path without ':'`,
        "give the whole path in the container",
      ),
    ]),
    ...resourceProblems(container, of),
  ];
}

function probeProblems(probe: Probe | undefined, { ports = [], raw = {} }: Container, of: string): PodProblem[] {
  if (!probe) return [];
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port;
  const ways = [probe.httpGet, probe.tcpSocket, probe.grpc, probe.exec].filter((way) => way !== undefined);
  const count: PodProblem[] =
    ways.length === 1
      ? []
      : [
          {
            message: `a probe ${of} has ${ways.length === 0 ? "nothing that it asks" : `${ways.length} ways to ask`}`,
            fix: "give it one of `httpGet`, `tcpSocket`, `grpc` and `exec`",
          },
        ];
  if (typeof port === "number") return [...count, ...portProblem(port, of)];
  if (port === undefined || !plain(port) || "port" in raw || ports.some(({ name }) => name === port)) return count;
  if (/^\d+$/.test(port)) return [...count, ...portProblem(Number(port), of)];
  return [
    ...count,
    {
      message: `a probe ${of} asks the port ${show(port)}, and no port of this container has that name`,
      fix: "name the port in `ports`, or give its number",
    },
  ];
}

function portProblem(port: number, of: string): PodProblem[] {
  if (Token.isUnresolved(port) || (Number.isInteger(port) && port >= 1 && port <= 65535)) return [];
  return [{ message: `port ${port} ${of} is not a number from 1 to 65535`, fix: "give such a number" }];
}

function resourceProblems({ resources }: Container, of: string): PodProblem[] {
  const { requests = {}, limits = {} } = resources ?? {};
  const wrong = Object.entries({ requests, limits }).flatMap(([what, amounts]) =>
    Object.entries(amounts).flatMap(([resource, amount]) =>
      plain(amount) && amountOf(amount) === undefined
        ? [
            {
              message: `${what} ${of} ask ${show(amount)} of ${resource}, which is not an amount`,
              fix: 'write it as Kubernetes has it: "500m", "256Mi"',
            },
          ]
        : [],
    ),
  );
  const above = Object.entries(requests).flatMap(([resource, amount]) => {
    const [least, most] = [amountOf(amount), amountOf(limits[resource] ?? "")];
    return least !== undefined && most !== undefined && least > most
      ? [
          {
            message: `${resource} ${of} is requested as ${show(amount)}, above its limit ${show(limits[resource])}`,
            fix: "raise the limit, or ask for less",
          },
        ]
      : [];
  });
  return [...wrong, ...above];
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** An amount as Kubernetes writes it (`resource.Quantity`), in its unit. */
function amountOf(text: string): number | undefined {
  const [, number, exponent, unit = ""] =
    /^\+?(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Number(number + (exponent ?? "")) * UNITS[unit];
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

function plain(text: string): boolean {
  return !Token.isUnresolved(text);
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
