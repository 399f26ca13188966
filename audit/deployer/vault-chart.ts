import { chartFullName } from "../../access/model/chart-names";
import { isObject, Json, JsonObject } from "../../bench/rehearse/model/values";

/** An object that Helm installs, or rights that an object of it hands on. */
export interface ChartObjects {
  /** By group of the API, plural name, and name; cluster-wide ones have no namespace. */
  readonly objects: readonly ChartObject[];
  /** What its Roles allow: nobody may make a Role that allows more than he may do himself. */
  readonly handedOn: readonly HandedOn[];
}

export interface ChartObject {
  readonly group: string;
  readonly plural: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface HandedOn {
  readonly group: string;
  readonly plural: string;
  readonly verbs: readonly string[];
  readonly namespace?: string;
}

/** The version of the chart whose templates were read. */
export const KNOWN_CHART = "0.34.1";

const RBAC = "rbac.authorization.k8s.io";

/** Values that bring objects which are not known here. */
const UNKNOWN = [
  ...["csi.enabled", "global.openshift", "global.psp.enable", "global.serverTelemetry.prometheusOperator"],
  ...["serverTelemetry.serviceMonitor.enabled", "serverTelemetry.prometheusRules.enabled", "server.ingress.enabled"],
  ...["server.route.enabled", "server.httproute.enabled", "server.serviceAccount.createSecret", "server.serviceCA"],
  ...["nameOverride", "fullnameOverride", "global.enabled"],
];

/**
 * The objects of Vault's chart 0.34.1 for values of ours, read from its templates.
 * @throws for values that bring more than that
 */
export function vaultChartObjects(release: string, releaseNamespace: string, values: JsonObject): ChartObjects {
  const chart = new Chart(values, chartFullName(release), releaseNamespace);
  for (const path of UNKNOWN)
    if (chart.at(path) !== undefined && chart.at(path) !== false)
      throw new Error(`the chart's value ${path} brings objects that are not known here`);
  const parts = [accountObjects(chart), serverObjects(chart), injectorObjects(chart)];
  return {
    objects: parts.flatMap(({ objects }) => objects),
    handedOn: parts.flatMap(({ handedOn }) => handedOn),
  };
}

/** The values, read as the templates read them. */
class Chart {
  public readonly namespace: string;

  public constructor(
    private readonly values: JsonObject,
    /** What the names of its objects begin with. */
    public readonly full: string,
    releaseNamespace: string,
  ) {
    this.namespace = String(this.at("global.namespace") ?? releaseNamespace);
  }

  public at(path: string): Json | undefined {
    return path.split(".").reduce<Json | undefined>((of, part) => (isObject(of) ? of[part] : undefined), this.values);
  }

  public on(path: string, otherwise: boolean): boolean {
    const value = this.at(path);
    return value === undefined || value === "-" ? otherwise : String(value) === "true";
  }

  public objects(group: string, plural: string, ...names: string[]): ChartObject[] {
    return names.map((name) => ({ group, plural, name, namespace: this.namespace }));
  }
}

const clusterWide = (group: string, plural: string, name: string): ChartObject => ({ group, plural, name });

/** The server's ServiceAccount, and its right to review tokens. */
function accountObjects(chart: Chart): ChartObjects {
  const name = chart.at("server.serviceAccount.name");
  const makesAccount = chart.on("server.serviceAccount.create", true);
  const account = makesAccount ? chart.objects("", "serviceaccounts", String(name ?? chart.full)) : [];
  const reviews = chart.on("server.authDelegator.enabled", true) && (makesAccount || name !== undefined);
  if (!reviews) return { objects: account, handedOn: [] };
  return {
    objects: [...account, clusterWide(RBAC, "clusterrolebindings", `${chart.full}-server-binding`)],
    // The binding is to `system:auth-delegator`.
    handedOn: [
      { group: "authentication.k8s.io", plural: "tokenreviews", verbs: ["create"] },
      { group: "authorization.k8s.io", plural: "subjectaccessreviews", verbs: ["create"] },
    ],
  };
}

function serverObjects(chart: Chart): ChartObjects {
  const { full, namespace } = chart;
  const policies = chart.on("server.networkPolicy.enabled", false)
    ? chart.objects("networking.k8s.io", "networkpolicies", full)
    : [];
  const elsewhere =
    chart.at("global.externalVaultAddr") !== undefined || chart.at("injector.externalVaultAddr") !== undefined;
  if (elsewhere || !chart.on("server.enabled", true)) return { objects: policies, handedOn: [] };
  const dev = chart.on("server.dev.enabled", false);
  const services = [
    `${full}-internal`,
    ...(chart.on("server.service.enabled", true) ? [full] : []),
    ...(chart.on("ui.enabled", false) ? [`${full}-ui`] : []),
  ];
  const server = [
    ...policies,
    ...chart.objects("apps", "statefulsets", full),
    ...chart.objects("", "services", ...services),
    ...(dev ? [] : chart.objects("", "configmaps", `${full}-config`)),
  ];
  if (dev || !chart.on("server.ha.enabled", false)) return { objects: server, handedOn: [] };
  return {
    objects: [
      ...server,
      ...chart.objects("", "services", `${full}-active`, `${full}-standby`),
      ...(chart.on("server.ha.disruptionBudget.enabled", true)
        ? chart.objects("policy", "poddisruptionbudgets", full)
        : []),
      ...chart.objects(RBAC, "roles", `${full}-discovery-role`),
      ...chart.objects(RBAC, "rolebindings", `${full}-discovery-rolebinding`),
    ],
    handedOn: [{ group: "", plural: "pods", verbs: ["get", "watch", "list", "update", "patch"], namespace }],
  };
}

function injectorObjects(chart: Chart): ChartObjects {
  if (!chart.on("injector.enabled", true)) return { objects: [], handedOn: [] };
  const injector = `${chart.full}-agent-injector`;
  const webhooks = { group: "admissionregistration.k8s.io", plural: "mutatingwebhookconfigurations" };
  const leader = leaderObjects(chart, injector);
  return {
    objects: [
      ...chart.objects("", "serviceaccounts", injector),
      ...chart.objects("", "services", `${injector}-svc`),
      ...chart.objects("apps", "deployments", injector),
      clusterWide(RBAC, "clusterroles", `${injector}-clusterrole`),
      clusterWide(RBAC, "clusterrolebindings", `${injector}-binding`),
      clusterWide(webhooks.group, webhooks.plural, `${injector}-cfg`),
      ...(isObject(chart.at("injector.podDisruptionBudget"))
        ? chart.objects("policy", "poddisruptionbudgets", injector)
        : []),
      ...leader.objects,
    ],
    handedOn: [{ ...webhooks, verbs: ["get", "list", "watch", "patch"] }, ...leader.handedOn],
  };
}

/** Several injectors choose a leader among them. */
function leaderObjects(chart: Chart, injector: string): ChartObjects {
  const { namespace } = chart;
  const several = Number(chart.at("injector.replicas") ?? 1) > 1;
  if (!several || !chart.on("injector.leaderElector.enabled", true)) return { objects: [], handedOn: [] };
  const verbs = ["create", "get", "watch", "list", "update"];
  return {
    objects: [
      ...chart.objects("", "secrets", "vault-injector-certs"),
      ...chart.objects(RBAC, "roles", `${injector}-leader-elector-role`),
      ...chart.objects(RBAC, "rolebindings", `${injector}-leader-elector-binding`),
    ],
    handedOn: [
      { group: "", plural: "nodes", verbs: ["get"] },
      { group: "", plural: "secrets", verbs, namespace },
      { group: "", plural: "configmaps", verbs: [...verbs, "delete"], namespace },
      { group: "", plural: "pods", verbs: ["get", "patch", "delete"], namespace },
    ],
  };
}
