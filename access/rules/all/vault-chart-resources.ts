import { valueAt } from "../chart-values";
import { runsCsi, runsInjector, runsServers } from "../charts";
import { nsa, Rule } from "../rule";

export const vaultChartResources: Rule = {
  id: "vault-chart-resources",
  severity: "warning",
  title: "Vault's servers and its injector say what CPU and memory they need",
  why: "The chart sets none: a node that is short of memory ends Vault among the first, and with it every new login.",
  fix: "set `server.resources` and `injector.resources` in the chart's values; VaultMode.ha sets the server's",
  references: [nsa("Resource policies"), "Vault documentation: Helm chart, production deployment checklist"],
  productionOnly: true,
  check: ({ charts }) =>
    charts.flatMap((chart) =>
      [
        ...(runsServers(chart) ? ["server"] : []),
        ...(runsInjector(chart) ? ["injector"] : []),
        ...(runsCsi(chart) ? ["csi"] : []),
      ]
        .filter((part) =>
          ["requests.cpu", "requests.memory", "limits.memory"].some(
            (path) => valueAt(chart.values, `${part}.resources.${path}`) === undefined,
          ),
        )
        .map((part) => ({
          at: chart,
          what: `${part}.resources lacks a request of cpu or memory, or a limit of memory`,
        })),
    ),
};
