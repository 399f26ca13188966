import { BROKEN_AGENT_VERSIONS } from "../../model/versions";
import { valueAt } from "../chart-values";
import { runsInjector, runsServers } from "../charts";
import { text } from "../program";
import { Rule } from "../rule";

export const vaultChartImage: Rule = {
  id: "vault-chart-image",
  severity: "warning",
  title: "Vault's servers and agents run a version that was chosen",
  why: "The chart's own default changes with the chart, and server and agent may differ by a major version.",
  fix: "leave `values` for these images out: VaultServer takes the version that Leasehold is tested with",
  references: ["Vault documentation: Helm chart, server.image and injector.agentImage", "Vault changelog: ipc_lock"],
  check: ({ charts }) =>
    charts.flatMap((chart) =>
      [
        ...(runsServers(chart) ? ["server.image"] : []),
        ...(runsInjector(chart) ? ["injector.agentImage"] : []),
      ].flatMap((part) => {
        const tag = text(valueAt(chart.values, `${part}.tag`));
        if (tag === undefined || tag === "" || tag === "latest")
          return [{ at: chart, what: `${part}.tag names no version` }];
        return part === "injector.agentImage" && BROKEN_AGENT_VERSIONS.includes(tag)
          ? [{ at: chart, what: `${part}.tag ${tag} cannot start without IPC_LOCK` }]
          : [];
      }),
    ),
};
