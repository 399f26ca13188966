import { chartFullName } from "../model/chart-names";
import { isTrue, Json, JsonObject, text } from "../terraform/json";
import { Chart, runsCsi, runsServers, showsUi } from "./charts";
import { valueAt } from "./chart-values";
import { asResource } from "./pods";
import type { Resource } from "./resource";

/** `vault.namespace` of the chart. */
export function namespaceOf({ values, body }: Chart): string | undefined {
  return text(valueAt(values, "global.namespace")) || text(body.namespace);
}

/** `vault.name` of the chart. */
function shortName(values: JsonObject): string {
  return text(valueAt(values, "nameOverride")) || "vault";
}

/** `vault.fullname` of the chart, of this release. */
export function fullNameOf({ values, body }: Chart): string {
  const given = text(valueAt(values, "fullnameOverride"));
  return given ? given.slice(0, 63).replace(/-$/, "") : chartFullName(text(body.name) ?? "vault", shortName(values));
}

/** Labels by which the chart's own Services find its pods. */
export function labelsOf(chart: Chart, { behind, component }: { behind: string; component?: string }): JsonObject {
  return {
    "app.kubernetes.io/name": `${shortName(chart.values)}${behind}`,
    "app.kubernetes.io/instance": chart.body.name,
    ...(component !== undefined && { component }),
  };
}

/** What leads to the servers: Services, an Ingress or a route, and a role that leads into every pod. */
export function reachedBy(chart: Chart): Resource[] {
  const { values } = chart;
  const named = (type: string, name: string, spec: Json): Resource => ({
    ...chart,
    type: `kubernetes_${type}`,
    body: { metadata: { name, namespace: namespaceOf(chart) }, spec },
  });
  const full = fullNameOf(chart);
  const openshift = Boolean(valueAt(values, "global.openshift"));
  const serves = runsServers(chart) && isTrue(valueAt(values, "server.service.enabled") ?? true);
  const port = valueAt(values, "server.service.port") ?? 8200;
  const service = (name: string, type: Json | undefined, ports: JsonObject[]): Resource =>
    named("service", name, {
      type: type || "ClusterIP",
      port: ports,
      selector: labelsOf(chart, { behind: "", component: "server" }),
    });
  const api = [
    { port, target_port: valueAt(values, "server.service.targetPort") ?? 8200 },
    { port: 8201, target_port: 8201 },
  ];
  const ha = isHa(values);
  const on = (path: string): boolean => isTrue(valueAt(values, path) ?? true);
  const others = ["active", "standby"].filter((one) => ha && on(`server.service.${one}.enabled`));
  const ui = {
    port: valueAt(values, "ui.externalPort") ?? 8200,
    target_port: valueAt(values, "ui.targetPort") ?? 8200,
  };
  const ways = (openshift ? ["route"] : ["ingress", "httproute"]).filter((way) =>
    Boolean(valueAt(values, `server.${way}.enabled`)),
  );
  return [
    ...(serves
      ? ["", ...others.map((one) => `-${one}`)].map((behind) =>
          service(`${full}${behind}`, valueAt(values, "server.service.type"), api),
        )
      : []),
    ...(showsUi(chart) ? [service(`${full}-ui`, valueAt(values, "ui.serviceType"), [ui])] : []),
    ...ways
      .filter((way) => (way === "route" ? runsServers(chart) : serves))
      .map((way) => {
        const to = { name: ha && on(`server.${way}.activeService`) ? `${full}-active` : full, port };
        return named(way, full, { backend_refs: [to] });
      }),
    // To mount a Secret as the pod that asks for it, the provider makes a token of its ServiceAccount.
    ...(runsCsi(chart)
      ? [
          {
            ...named("cluster_role", `${full}-csi-provider-clusterrole`, {}),
            body: {
              metadata: { name: `${full}-csi-provider-clusterrole` },
              rule: [{ verbs: ["create"], resources: ["serviceaccounts/token"] }],
            },
          },
        ]
      : []),
  ];
}

const isHa = (values: JsonObject): boolean =>
  !isTrue(valueAt(values, "server.dev.enabled")) && isTrue(valueAt(values, "server.ha.enabled"));

/** Whom the chart's NetworkPolicy lets in, in the provider's words; undefined where it makes none. The chart's own value lets in every namespace. */
export function letInBy({ values }: Chart): JsonObject | undefined {
  if (!isTrue(valueAt(values, "server.networkPolicy.enabled"))) return undefined;
  const said = valueAt(values, "server.networkPolicy.ingress");
  return { ingress: said === undefined ? [{ from: [{ namespace_selector: {} }] }] : asResource({ said }).said };
}
