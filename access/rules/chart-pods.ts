import { blocks, isComputed, isTrue, Json, JsonObject, object, text } from "../terraform/json";
import { Chart, runsCsi, runsInjector, runsServers, serverConfigOf } from "./charts";
import { labelsOf, namespaceOf, reachedBy } from "./chart-services";
import { valueAt, yamlAt } from "./chart-values";
import { asResource } from "./pods";
import type { Resource, Unseen } from "./resource";

/** The pods, Services and routes of Vault's chart, as its templates (0.34.1) make them of the values. */
export interface Installed {
  readonly resources: readonly Resource[];
  readonly unseen: readonly Unseen[];
}

export function installedBy(chart: Chart): Installed {
  const { values } = chart;
  const reached = reachedBy(chart);
  const unread = (why: string): Unseen => ({
    path: chart.path,
    ...(chart.source !== undefined && { source: chart.source }),
    why: `chart ${JSON.stringify(text(chart.body.chart) ?? "")}: ${why}`,
  });
  if (valueAt(values, "global.openshift"))
    return {
      resources: reached,
      unseen: [unread("on OpenShift its security context constraints decide what its pods may, and are not read")],
    };
  const parts = [
    ...(runsServers(chart) && serverConfigOf(chart).mode !== "none" ? [serverOf(values)] : []),
    ...(runsInjector(chart) ? [injectorOf(values)] : []),
    ...(runsCsi(chart) ? [csiOf(values)] : []),
  ];
  const resources = parts.map(({ kind, spec, own, annotations, label }) => ({
    ...chart,
    type: `kubernetes_${kind}`,
    body: asResource({
      metadata: { namespace: namespaceOf(chart) },
      spec: { template: { metadata: { annotations, labels: labelsOf(chart, label) }, spec } },
    }),
    ofChart: own,
  }));
  const strange = parts
    .flatMap(({ unread: all }) => all)
    .map((path) => unread(`${path} is not read: it is a template`));
  return { resources: [...resources, ...reached], unseen: strange };
}

interface Part {
  readonly kind: "stateful_set" | "deployment" | "daemon_set";
  readonly spec: JsonObject;
  readonly annotations: Json;
  /** Containers that the chart brings, and not the values. */
  readonly own: readonly string[];
  /** What its pods are called, behind the chart's own name. */
  readonly label: { readonly behind: string; readonly component?: string };
  readonly unread: readonly string[];
}

/** A security context: that of the values, unless it is empty, as Helm asks. */
function contextAt(values: JsonObject, path: string, unless: JsonObject, unread: string[]): JsonObject {
  const said = yamlAt(values, path);
  if (said === undefined) unread.push(path);
  return Object.keys(object(said)).length > 0 ? object(said) : unless;
}

/** As a template asks with `if`: any text is true, "false" as well. What is computed stays so. */
const isSaid = (value: Json | undefined): Json => (isComputed(value) ? (value ?? null) : Boolean(value));

const nonRoot = (values: JsonObject, part: string): JsonObject => ({
  runAsNonRoot: true,
  runAsUser: valueAt(values, `${part}.uid`) || 100,
  runAsGroup: valueAt(values, `${part}.gid`) || 1000,
});

function serverOf(values: JsonObject): Part {
  const unread: string[] = [];
  const at = "server.statefulSet.securityContext";
  const vault = {
    name: "vault",
    securityContext: contextAt(values, `${at}.container`, { allowPrivilegeEscalation: false }, unread),
    ports: [8200, 8201, 8202]
      .map((containerPort): JsonObject => ({ containerPort }))
      .concat(blocks(valueAt(values, "server.extraPorts"))),
  };
  const spec = {
    hostNetwork: valueAt(values, "server.hostNetwork") ?? false,
    shareProcessNamespace: isSaid(valueAt(values, "server.shareProcessNamespace")),
    securityContext: contextAt(values, `${at}.pod`, nonRoot(values, "server"), unread),
    volumes: blocks(valueAt(values, "server.volumes")),
    initContainers: blocks(valueAt(values, "server.extraInitContainers")),
    containers: [vault, ...blocks(valueAt(values, "server.extraContainers"))],
  };
  return {
    kind: "stateful_set",
    spec,
    annotations: yamlAt(values, "server.annotations") ?? {},
    own: ["vault"],
    label: { behind: "", component: "server" },
    unread,
  };
}

function injectorOf(values: JsonObject): Part {
  const unread: string[] = [];
  const at = "injector.securityContext";
  const dropping = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const injector = {
    name: "sidecar-injector",
    ...imageAt(values, "injector.image", "hashicorp/vault-k8s"),
    securityContext: contextAt(values, `${at}.container`, dropping, unread),
  };
  const spec = {
    hostNetwork: valueAt(values, "injector.hostNetwork") ?? false,
    securityContext: contextAt(values, `${at}.pod`, nonRoot(values, "injector"), unread),
    containers: [injector],
  };
  return {
    kind: "deployment",
    spec,
    annotations: {},
    own: [injector.name],
    label: { behind: "-agent-injector", component: "webhook" },
    unread,
  };
}

function csiOf(values: JsonObject): Part {
  const unread: string[] = [];
  const at = "csi.daemonSet.securityContext";
  const agent = {
    name: "vault-agent",
    ...imageAt(values, "csi.agent.image", "hashicorp/vault"),
    securityContext: agentContext(values, unread),
    ports: [{ containerPort: 8200 }],
  };
  const provider = {
    name: "vault-csi-provider",
    ...imageAt(values, "csi.image", "hashicorp/vault-csi-provider"),
    securityContext: contextAt(values, `${at}.container`, {}, unread),
  };
  const folder = valueAt(values, "csi.daemonSet.providersDir") ?? "/var/run/secrets-store-csi-providers";
  const spec = {
    hostNetwork: valueAt(values, "csi.hostNetwork") ?? false,
    securityContext: contextAt(values, `${at}.pod`, {}, unread),
    volumes: [{ name: "providervol", hostPath: { path: folder } }, ...blocks(valueAt(values, "csi.volumes"))],
    containers: [provider, ...(isTrue(valueAt(values, "csi.agent.enabled") ?? true) ? [agent] : [])],
  };
  return {
    kind: "daemon_set",
    spec,
    annotations: {},
    own: [provider.name, agent.name],
    label: { behind: "-csi-provider" },
    unread,
  };
}

/** The chart has a context for this container, which Helm merges with what is said; `null` takes it away. */
function agentContext(values: JsonObject, unread: string[]): JsonObject {
  const path = "csi.agent.securityContext.container";
  const said = valueAt(values, path);
  if (said === null || typeof said === "string") return contextAt(values, path, {}, unread);
  const merged = Object.entries({ ...AGENT_CONTEXT, ...object(said) }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged);
}

const AGENT_CONTEXT: JsonObject = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 100,
  runAsGroup: 1000,
};

/** An image where the values choose its tag; the chart's own is one that its version fixes. */
function imageAt(values: JsonObject, path: string, unless: string): JsonObject {
  const tag = valueAt(values, `${path}.tag`);
  const repository = text(valueAt(values, `${path}.repository`)) ?? unless;
  return tag === undefined || tag === null ? {} : { image: `${repository}:${text(tag) ?? JSON.stringify(tag)}` };
}
