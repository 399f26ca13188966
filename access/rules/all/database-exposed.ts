import { blocks, first, text, texts } from "../program";
import { hardening, nsa, Rule } from "../rule";

const PORTS: Readonly<Record<string, string>> = {
  "5432": "PostgreSQL",
  "6432": "a pooler of PostgreSQL",
  "8200": "Vault",
  "8201": "Vault's cluster port",
};

export const databaseExposed: Rule = {
  id: "database-exposed",
  severity: "error",
  title: "No database and no Vault is reached from outside of the cluster by a Service",
  why: "Behind a load balancer everybody who finds the address may try logins, and NetworkPolicies of pods do not see who it is.",
  fix: "use a Service of type ClusterIP; who must reach it from outside comes by a port-forward, a bastion or a private load balancer that you acknowledge",
  references: [nsa("Network separation and hardening"), hardening("Firewall traffic")],
  check: ({ resources }) =>
    resources
      .filter(({ type }) => type === "kubernetes_service")
      .flatMap((service) => {
        const spec = first(service.body.spec);
        const outside = text(spec.type) ?? "ClusterIP";
        const addresses = texts(spec.external_ips);
        const open = outside === "LoadBalancer" || outside === "NodePort" || addresses.length > 0;
        if (!open) return [];
        return blocks(spec.port).flatMap(({ port, target_port: target }) => {
          const what =
            PORTS[String(port)] ??
            PORTS[String(target)] ??
            (/^(postgres|postgresql|pg)$/.test(String(target)) ? PORTS["5432"] : undefined);
          return what === undefined
            ? []
            : [
                {
                  at: service,
                  what: `a Service of type ${outside}${addresses.length > 0 ? " with external addresses" : ""} leads to ${what}`,
                },
              ];
        });
      }),
};
