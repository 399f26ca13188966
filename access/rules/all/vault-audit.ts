import { runsServers } from "../charts";
import { first, isTrue } from "../program";
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
    const raw = resources
      .filter(({ type, body }) => type === "vault_audit" && isTrue(first(body.options).log_raw))
      .map((device) => ({ at: device, what: "it logs secrets in clear: log_raw is true" }));
    if (devices >= 2) return raw;
    const few = charts.filter(runsServers).map((chart) => ({
      at: chart,
      what: devices === 0 ? "Vault has no audit device" : "Vault has one audit device only",
    }));
    return [...raw, ...few];
  },
};
