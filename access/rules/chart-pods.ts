import { blocks, isComputed, isTrue, Json, JsonObject, object, text } from "../terraform/json";
import { Chart, runsCsi, runsInjector, runsServers, showsUi } from "./charts";
import { valueAt, yamlAt } from "./chart-values";
import { asResource } from "./pods";
import type { Resource, Unseen } from "./resource";

/** The pods and Services of Vault's chart, as its templates (0.34.1) make them of the values. */
export interface Installed {
  readonly resources: readonly Resource[];
  readonly unseen: readonly Unseen[];
}

export function installedBy(chart: Chart): Installed {
  const { values } = chart;
  const services = servicesOf(chart);
  const unread = (why: string): Unseen => ({
    path: chart.path,
    ...(chart.source !== undefined && { source: chart.source }),
    why: `chart ${JSON.stringify(text(chart.body.chart) ?? "")}: ${why}`,
  });
  const ways = ["ingress", "route", "httproute"].filter((way) => isTrue(valueAt(values, `server.${way}.enabled`)));
  const unseen = runsServers(chart)
    ? ways.map((way) => unread(`server.${way} leads to Vault from outside; who may come that way is not read`))
    : [];
  if (valueAt(values, "global.openshift"))
    return {
      resources: services,
      unseen: [
        ...unseen,
        unread("on OpenShift its security context constraints decide what its pods may, and are not read"),
      ],
    };
  const parts = [
    ...(runsServers(chart) ? [serverOf(values)] : []),
    ...(runsInjector(chart) ? [injectorOf(values)] : []),
    ...(runsCsi(chart) ? [csiOf(values)] : []),
  ];
  const resources = parts.map(({ kind, spec, own, annotations }) => ({
    ...chart,
    type: `kubernetes_${kind}`,
    body: asResource({
      metadata: { namespace: chart.body.namespace },
      spec: { template: { metadata: { annotations }, spec } },
    }),
    ofChart: own,
  }));
  const strange = parts
    .flatMap(({ unread: all }) => all)
    .map((path) => unread(`${path} is not read: it is a template`));
  return { resources: [...resources, ...services], unseen: [...unseen, ...strange] };
}

interface Part {
  readonly kind: "stateful_set" | "deployment" | "daemon_set";
  readonly spec: JsonObject;
  readonly annotations: Json;
  /** Containers that the chart brings, and not the values. */
  readonly own: readonly string[];
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
    ports: blocks(valueAt(values, "server.extraPorts")),
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
  return { kind: "deployment", spec, annotations: {}, own: [injector.name], unread };
}

function csiOf(values: JsonObject): Part {
  const unread: string[] = [];
  const at = "csi.daemonSet.securityContext";
  const agent = {
    name: "vault-agent",
    ...imageAt(values, "csi.agent.image", "hashicorp/vault"),
    securityContext: contextAt(values, "csi.agent.securityContext.container", {}, unread),
  };
  const provider = {
    name: "vault-csi-provider",
    ...imageAt(values, "csi.image", "hashicorp/vault-csi-provider"),
    securityContext: contextAt(values, `${at}.container`, {}, unread),
  };
  const folder = valueAt(values, "csi.daemonSet.providersDir") ?? "/etc/kubernetes/secrets-store-csi-providers";
  const spec = {
    hostNetwork: valueAt(values, "csi.hostNetwork") ?? false,
    securityContext: contextAt(values, `${at}.pod`, {}, unread),
    volumes: [{ name: "providervol", hostPath: { path: folder } }, ...blocks(valueAt(values, "csi.volumes"))],
    containers: [provider, ...(isTrue(valueAt(values, "csi.agent.enabled") ?? true) ? [agent] : [])],
  };
  return { kind: "daemon_set", spec, annotations: {}, own: [provider.name, agent.name], unread };
}

/** An image where the values choose its tag; the chart's own is one that its version fixes. */
function imageAt(values: JsonObject, path: string, unless: string): JsonObject {
  const tag = valueAt(values, `${path}.tag`);
  const repository = text(valueAt(values, `${path}.repository`)) ?? unless;
  return tag === undefined || tag === null ? {} : { image: `${repository}:${text(tag) ?? JSON.stringify(tag)}` };
}

function servicesOf(chart: Chart): Resource[] {
  const { values } = chart;
  const of = (type: Json | undefined, port: Json | undefined): Resource => ({
    ...chart,
    type: "kubernetes_service",
    body: { spec: { type: type ?? "ClusterIP", port: [{ port: port ?? 8200, target_port: 8200 }] } },
  });
  return [
    ...(runsServers(chart) ? [of(valueAt(values, "server.service.type"), valueAt(values, "server.service.port"))] : []),
    ...(showsUi(chart) ? [of(valueAt(values, "ui.serviceType"), valueAt(values, "ui.externalPort"))] : []),
  ];
}
