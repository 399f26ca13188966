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
  const at = (path: string): Json | undefined =>
    path.split(".").reduce<Json | undefined>((of, part) => (isObject(of) ? of[part] : undefined), values);
  const on = (path: string, otherwise: boolean): boolean => {
    const value = at(path);
    return value === undefined || value === "-" ? otherwise : String(value) === "true";
  };
  for (const path of UNKNOWN)
    if (at(path) !== undefined && at(path) !== false)
      throw new Error(`the chart's value ${path} brings objects that are not known here`);
  const full = chartFullName(release);
  const namespace = String(at("global.namespace") ?? releaseNamespace);
  const account = String(at("server.serviceAccount.name") ?? full);
  const objects: ChartObject[] = [];
  const handedOn: HandedOn[] = [];
  const make = (group: string, plural: string, ...names: string[]): void =>
    names.forEach((name) => objects.push({ group, plural, name, namespace }));
  const makeWide = (group: string, plural: string, name: string): void => void objects.push({ group, plural, name });

  const makesAccount = on("server.serviceAccount.create", true);
  if (makesAccount) make("", "serviceaccounts", account);
  if (on("server.authDelegator.enabled", true) && (makesAccount || at("server.serviceAccount.name") !== undefined)) {
    makeWide(RBAC, "clusterrolebindings", `${full}-server-binding`);
    // The binding is to `system:auth-delegator`.
    handedOn.push(
      { group: "authentication.k8s.io", plural: "tokenreviews", verbs: ["create"] },
      { group: "authorization.k8s.io", plural: "subjectaccessreviews", verbs: ["create"] },
    );
  }
  const external = at("global.externalVaultAddr") !== undefined || at("injector.externalVaultAddr") !== undefined;
  if (on("server.networkPolicy.enabled", false)) make("networking.k8s.io", "networkpolicies", full);
  if (!external && on("server.enabled", true)) {
    const dev = on("server.dev.enabled", false);
    const ha = !dev && on("server.ha.enabled", false);
    make("apps", "statefulsets", full);
    make("", "services", `${full}-internal`);
    if (on("server.service.enabled", true)) make("", "services", full);
    if (on("ui.enabled", false)) make("", "services", `${full}-ui`);
    if (!dev) make("", "configmaps", `${full}-config`);
    if (ha) {
      make("", "services", `${full}-active`, `${full}-standby`);
      if (on("server.ha.disruptionBudget.enabled", true)) make("policy", "poddisruptionbudgets", full);
      make(RBAC, "roles", `${full}-discovery-role`);
      make(RBAC, "rolebindings", `${full}-discovery-rolebinding`);
      handedOn.push({ group: "", plural: "pods", verbs: ["get", "watch", "list", "update", "patch"], namespace });
    }
  }
  if (on("injector.enabled", true)) {
    const injector = `${full}-agent-injector`;
    make("", "serviceaccounts", injector);
    make("", "services", `${injector}-svc`);
    make("apps", "deployments", injector);
    makeWide(RBAC, "clusterroles", `${injector}-clusterrole`);
    makeWide(RBAC, "clusterrolebindings", `${injector}-binding`);
    makeWide("admissionregistration.k8s.io", "mutatingwebhookconfigurations", `${injector}-cfg`);
    const webhooks = { group: "admissionregistration.k8s.io", plural: "mutatingwebhookconfigurations" };
    handedOn.push({ ...webhooks, verbs: ["get", "list", "watch", "patch"] });
    if (isObject(at("injector.podDisruptionBudget"))) make("policy", "poddisruptionbudgets", injector);
    if (on("injector.leaderElector.enabled", true) && Number(at("injector.replicas") ?? 1) > 1) {
      make("", "secrets", "vault-injector-certs");
      make(RBAC, "roles", `${injector}-leader-elector-role`);
      make(RBAC, "rolebindings", `${injector}-leader-elector-binding`);
      const verbs = ["create", "get", "watch", "list", "update"];
      handedOn.push(
        { group: "", plural: "nodes", verbs: ["get"] },
        { group: "", plural: "secrets", verbs, namespace },
        { group: "", plural: "configmaps", verbs: [...verbs, "delete"], namespace },
        { group: "", plural: "pods", verbs: ["get", "patch", "delete"], namespace },
      );
    }
  }
  return { objects, handedOn };
}
