import { runsServers } from "../charts";
import { hardening, Rule } from "../rule";

export const vaultAudit: Rule = {
  id: "vault-audit",
  severity: "error",
  title: "A Vault of the program writes an audit log, to two places",
  why: "Without one nobody knows who read which login. Vault refuses requests when its only audit device cannot write: with one, a full disk stops every login.",
  fix: "set `vault.auditFile` of the environment, which makes two devices, or make two vault_audit",
  references: [
    hardening("Enable audit device logs"),
    "CIS Kubernetes Benchmark 1.8: 3.2.1 (the same of the API server)",
  ],
  productionOnly: true,
  check: ({ resources, charts }) => {
    const devices = resources.filter(({ type }) => type === "vault_audit").length;
    if (devices >= 2) return [];
    return charts.filter(runsServers).map((chart) => ({
      at: chart,
      what: devices === 0 ? "Vault has no audit device" : "Vault has one audit device only",
    }));
  },
};
