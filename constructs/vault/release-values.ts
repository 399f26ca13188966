import { VAULT_VERSION } from "../../access/model/versions";
import type { ChartAgentImage, ChartValues } from "./chart-values";
import type { VaultMode } from "./vault-mode";

/** Resources of the injector. The chart sets none, and a node that is short of memory ends such pods first. */
const INJECTOR_RESOURCES = { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } };

/** What the Pod Security level `restricted` asks beyond the chart's own contexts, which these replace; and no container changes its image's files. */
const RESTRICTED = {
  pod: {
    ...{ runAsNonRoot: true, runAsUser: 100, runAsGroup: 1000, fsGroup: 1000 },
    seccompProfile: { type: "RuntimeDefault" },
  },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
};

/** The chart copies Vault's configuration there before it starts the server. */
const SCRATCH = {
  volumes: [{ name: "tmp", emptyDir: {} }],
  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
};

/** Labels that the chart gives the injectors. */
export function injectorLabels(release: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "vault-agent-injector",
    "app.kubernetes.io/instance": release,
    component: "webhook",
  };
}

/**
 * Injectors are put on different nodes where there are several. The chart demands different nodes: on a cluster of one
 * node the second would stay `Pending`, and the apply would wait for it.
 */
function apart(release: string): Record<string, unknown> {
  const podAffinityTerm = {
    labelSelector: { matchLabels: injectorLabels(release) },
    topologyKey: "kubernetes.io/hostname",
  };
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] },
  };
}

/** What of a server's options its release is made from. */
interface ReleaseOptions {
  readonly mode: VaultMode;
  readonly injectNamespaces?: readonly string[];
  readonly injectorReplicas?: number;
  readonly serverImageTag?: string;
  readonly agentImageTag?: string;
  readonly values?: ChartValues;
}

/** The values of a release of the chart: those of the mode, then Leasehold's own, then the user's, which win. */
export function releaseValues(name: string, given: ReleaseOptions): ChartValues {
  const injected = given.injectNamespaces;
  const image = (tag: string | undefined): ChartAgentImage => ({
    repository: "hashicorp/vault",
    tag: tag ?? VAULT_VERSION,
  });
  // OpenShift gives each namespace users of its own, and refuses a pod that names one.
  const contexts = given.values?.global?.openshift === true ? {} : { securityContext: RESTRICTED };
  const mode = given.mode.valuesOf(name);
  const servers = [mode.server, SCRATCH, given.values?.server];
  return mergeValues(
    mode,
    {
      ...(given.mode.name !== "external" && {
        server: { image: image(given.serverImageTag), statefulSet: contexts },
      }),
      injector: {
        enabled: true,
        replicas: given.injectorReplicas ?? (injected ? 2 : 1),
        revokeOnShutdown: true,
        agentImage: image(given.agentImageTag),
        resources: INJECTOR_RESOURCES,
        affinity: apart(name),
        ...contexts,
        ...(injected && {
          webhook: {
            failurePolicy: "Fail",
            namespaceSelector: {
              matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [...injected].sort() }],
            },
          },
          podDisruptionBudget: { maxUnavailable: 1 },
        }),
      },
      ui: { enabled: false },
    },
    withEncodedCa(given.values ?? {}),
    given.mode.name === "external"
      ? {}
      : {
          server: {
            volumes: joined("name", ...servers.map((server) => server?.volumes)),
            volumeMounts: joined("mountPath", ...servers.map((server) => server?.volumeMounts)),
          },
        },
  );
}

type Entries = readonly Readonly<Record<string, unknown>>[];

/** Entries of all lists; of two with the same name or path, the later one. A list that is no list is left for the checks. */
function joined(key: "name" | "mountPath", ...lists: readonly (Entries | undefined)[]): Record<string, unknown>[] {
  const entries = lists.flatMap((list) => (Array.isArray(list) ? (list as Entries) : []));
  return [...new Map(entries.map((entry) => [entry[key], entry])).values()];
}

/** The webhook's configuration has bytes there, which Kubernetes writes in base64; the chart passes on what it gets. */
function withEncodedCa(values: ChartValues): ChartValues {
  const { injector } = values;
  const caBundle = injector?.certs?.caBundle;
  if (typeof caBundle !== "string" || !caBundle.includes("-----BEGIN")) return values;
  return {
    ...values,
    injector: {
      ...injector,
      certs: { ...injector?.certs, caBundle: Buffer.from(caBundle).toString("base64") },
    },
  };
}

/** The PEM of a webhook's CA, which may be given in the chart's base64. @default - none */
export function webhookCaOf(values: ChartValues | undefined): string | undefined {
  const caBundle = values?.injector?.certs?.caBundle;
  return caBundle?.startsWith("LS0tLS1CRUdJTi") ? Buffer.from(caBundle, "base64").toString() : caBundle;
}

/** Later values win, object by object; lists are replaced whole. A release joins its volumes first. */
export function mergeValues(...all: readonly ChartValues[]): ChartValues {
  return all.reduce((merged, values) => merge(merged, values) as ChartValues, {});
}

function merge(a: unknown, b: unknown): unknown {
  if (!isObject(a) || !isObject(b)) return b === undefined ? a : b;
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().map((key) => [key, merge(a[key], b[key])]),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
