import { valueAt } from "../chart-values";
import { runsServers } from "../charts";
import { isTrue, JsonObject, text } from "../program";
import { hardening, Rule } from "../rule";

function wrong(values: JsonObject): string[] {
  const config = ["server.standalone.config", "server.ha.config", "server.ha.raft.config"]
    .map((path) => text(valueAt(values, path)) ?? "")
    .join("\n");
  const ha = isTrue(valueAt(values, "server.ha.enabled"));
  return [
    ...(isTrue(valueAt(values, "server.dev.enabled"))
      ? ["it runs in dev mode, in memory and behind a known root token"]
      : []),
    ...(valueAt(values, "global.tlsDisable") !== false || /tls_disable\s*=\s*("?true"?|"?1"?)/.test(config)
      ? ["it is spoken to without TLS"]
      : []),
    ...(/storage\s+"(file|inmem)"/.test(config)
      ? ["its storage is not integrated storage: one server, and no snapshot"]
      : []),
    ...(ha || isTrue(valueAt(values, "server.dev.enabled"))
      ? []
      : ["it is one server: while its node is down nobody gets a login"]),
  ];
}

export const vaultChartMode: Rule = {
  id: "vault-chart-mode",
  severity: "error",
  title: "Vault runs highly available, with TLS, on integrated storage",
  why: "Every login waits for Vault, and every password passes through it.",
  fix: "use VaultMode.ha({ tlsSecret, seal }), or set the same values",
  references: [hardening("End-to-end TLS"), "Vault documentation: Integrated storage, reference architecture"],
  productionOnly: true,
  check: ({ charts }) =>
    charts.filter(runsServers).flatMap((chart) => wrong(chart.values).map((what) => ({ at: chart, what }))),
};
