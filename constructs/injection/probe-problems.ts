import { Token } from "cdktf";
import { metadataKeyProblem } from "../../access/model/rules";
import type { Container, Probe } from "./container";
import { isCount, knownNow, plain, PodProblem, said, show } from "./pod-words";

/** Times and counts of a probe with the least that Kubernetes takes. */
const LEAST = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
} as const;

/** What Kubernetes would refuse of a container's probes. */
export function probeProblems(container: Container, of: string): PodProblem[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [livenessProbe, readinessProbe, startupProbe].flatMap((probe) =>
    probe === undefined
      ? []
      : [
          ...waysOf(probe, container, of),
          ...Object.entries(LEAST).flatMap(([field, least]) => {
            const value = probe[field as keyof typeof LEAST];
            const wrong = value !== undefined && !isCount(value, least);
            return said(
              `${field} ${value} of a probe ${of}`,
              wrong ? `is not a whole number of at least ${least}` : undefined,
              "give such a number",
            );
          }),
          ...said(
            `successThreshold ${probe.successThreshold} of a probe ${of}`,
            probe !== readinessProbe && (probe.successThreshold ?? 1) > 1
              ? "is more than 1, which only a readiness probe may ask"
              : undefined,
            "leave it out",
          ),
        ],
  );
}

function waysOf(probe: Probe, { ports = [], raw = {} }: Container, of: string): PodProblem[] {
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port;
  const ways = [probe.httpGet, probe.tcpSocket, probe.grpc, probe.exec].filter((way) => way !== undefined);
  const count: PodProblem[] =
    ways.length === 1
      ? said(
          `a probe ${of}`,
          probe.exec?.command.length === 0 ? "runs no command" : undefined,
          "give `exec.command` the program and its arguments",
        )
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

/** A port of a container. */
export function portProblem(port: number, of: string): PodProblem[] {
  if (Token.isUnresolved(port) || (Number.isInteger(port) && port >= 1 && port <= 65535)) return [];
  return [{ message: `port ${port} ${of} is not a number from 1 to 65535`, fix: "give such a number" }];
}

/** What a container asks of its node. */
export function resourceProblems({ resources }: Container, of: string): PodProblem[] {
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
  const higher = Object.entries(requests).flatMap(([resource, amount]) =>
    above(`${resource} ${of}`, amount, limits[resource]),
  );
  const strange = Object.keys({ ...requests, ...limits }).flatMap((resource) =>
    said(
      `the resource ${show(resource)} ${of}`,
      isResource(resource) ? undefined : "is none that a container can ask for",
      'name cpu, memory, ephemeral-storage, hugepages-…, or one of a device such as "nvidia.com/gpu"',
    ),
  );
  return [...wrong, ...higher, ...strange, ...shareProblems(requests, limits, of)];
}

/** A resource of Kubernetes' own, or one that a device plugin gives (core/validation, validateContainerResourceName). */
function isResource(name: string): boolean {
  if (!plain(name) || /^(cpu|memory|ephemeral-storage|hugepages-[a-zA-Z0-9]+)$/.test(name)) return true;
  return name.includes("/") && metadataKeyProblem(name) === undefined;
}

/** Amounts of which Kubernetes takes no share: bytes, and devices, of which what is asked for is also the limit. */
function shareProblems(
  requests: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, string>>,
  of: string,
): PodProblem[] {
  const bytes = [requests, limits].flatMap((amounts) =>
    ["memory", "ephemeral-storage"].flatMap((resource) => {
      const amount = amounts[resource];
      const size = amount === undefined || !plain(amount) ? undefined : amountOf(amount);
      return said(
        `${resource} ${show(amount)} ${of}`,
        size !== undefined && size < 1 ? `is ${size} bytes` : undefined,
        'write it like "128Mi": `m` is a thousandth',
      );
    }),
  );
  const devices = Object.entries(requests).flatMap(([resource, amount]) =>
    said(
      `${resource} ${of}`,
      resource.includes("/") && plain(amount) && limits[resource] !== amount
        ? `is requested as ${show(amount)}, and its limit is ${show(limits[resource]) ?? "not given"}`
        : undefined,
      "give a device the same in `requests` and `limits`",
    ),
  );
  return [...bytes, ...devices];
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

/** What is asked for above its limit. */
export function above(what: string, request: string | undefined, limit: string | undefined): PodProblem[] {
  const [least, most] = [request, limit].map((amount) =>
    amount === undefined || !plain(amount) ? undefined : amountOf(amount),
  );
  return said(
    `${what} is requested as ${show(request)}, above its limit ${show(limit)}`,
    least !== undefined && most !== undefined && least > most ? "" : undefined,
    "raise the limit, or ask for less",
  );
}

/** An amount that may be left out. */
export function quantity(what: string, amount: string | undefined): PodProblem[] {
  const wrong = amount !== undefined && knownNow(amount) && amountOf(amount) === undefined;
  return said(
    `${what} ${show(amount)}`,
    wrong ? "is not an amount" : undefined,
    'write it as Kubernetes has it: "500m", "256Mi"',
  );
}
