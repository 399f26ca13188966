import { valueAt } from "../chart-values";
import { runsInjector } from "../charts";
import { JsonObject } from "../program";
import { Rule } from "../rule";

function wrong(values: JsonObject): string[] {
  const replicas = Number(valueAt(values, "injector.replicas") ?? 1);
  const budget = valueAt(values, "injector.podDisruptionBudget");
  const selector = valueAt(values, "injector.webhook.namespaceSelector");
  const affinity = valueAt(values, "injector.affinity");
  return [
    ...(valueAt(values, "injector.webhook.failurePolicy") === "Fail"
      ? []
      : ["while it is down, pods start without their logins and stay so: failurePolicy is not Fail"]),
    ...(selector === undefined || Object.keys(selector as object).length === 0
      ? ["its webhook has no namespaceSelector: with Fail it would stop every pod of the cluster"]
      : []),
    ...(replicas >= 2 ? [] : [`it runs ${replicas} time: while its node is drained no pod starts`]),
    ...(budget === undefined || Object.keys(budget as object).length === 0
      ? ["it has no PodDisruptionBudget: a drain may end all of its pods at once"]
      : []),
    ...(affinity === "" || affinity === null ? ["its pods may stand on one node: affinity is empty"] : []),
  ];
}

export const vaultChartInjector: Rule = {
  id: "vault-chart-injector",
  severity: "warning",
  title: "The injector fails closed, and is highly available",
  why: "A pod that came out without its agent has no login, and nobody makes it anew.",
  fix: "name the namespaces in `injectNamespaces`, and run two injectors; VaultServer sets the rest",
  references: ["Vault on Kubernetes: Agent injector, high availability (hashicorp/vault-k8s#40)"],
  productionOnly: true,
  check: ({ charts }) =>
    charts.filter(runsInjector).flatMap((chart) => wrong(chart.values).map((what) => ({ at: chart, what }))),
};
