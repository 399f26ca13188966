import { valueAt } from "../chart-values";
import { Chart, runsServers, serverConfigOf } from "../charts";
import { hardening, Rule } from "../rule";

function wrong(chart: Chart): string[] {
  const { values } = chart;
  const { mode, clear, raft } = serverConfigOf(chart);
  if (mode === "none") return [];
  if (mode === "dev") return ["it runs in dev mode, in memory and behind a known root token"];
  const disabled = valueAt(values, "global.tlsDisable");
  const replicas = valueAt(values, "server.ha.replicas");
  return [
    ...(disabled === undefined || Boolean(disabled) || clear ? [IN_CLEAR] : []),
    ...(raft ? [] : ["its storage is not integrated storage: one server, and no snapshot"]),
    ...(mode === "ha" ? [] : ["it is one server: while its node is down nobody gets a login"]),
    ...(mode === "ha" && typeof replicas === "number" && replicas < 3
      ? [`server.ha.replicas is ${replicas}: when one is lost, no majority is left that may elect a leader`]
      : []),
  ];
}

const IN_CLEAR = "it is spoken to without TLS";

export const vaultChartMode: Rule = {
  id: "vault-chart-mode",
  severity: "error",
  title: "Vault runs highly available, with TLS, on integrated storage",
  why: "Every login waits for Vault, and every password passes through it.",
  fix: "use VaultMode.ha({ tlsSecret, seal }), or set the same values",
  references: [hardening("End-to-end TLS"), "Vault documentation: Integrated storage, reference architecture"],
  productionOnly: true,
  check: ({ charts }) =>
    charts.filter(runsServers).flatMap((chart) => wrong(chart).map((what) => ({ at: chart, what }))),
};
