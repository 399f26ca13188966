import { first, text, texts } from "../program";
import { leadsTo, routedTo } from "../services";
import { hardening, nsa, Rule } from "../rule";

/** An Ingress, the routes of a gateway (HTTPRoute, TCPRoute, …) and OpenShift's, as the types that stand for them. */
const ROUTE = /^kubernetes_(ingress|(http|grpc|tls|tcp)?route)$/;

export const databaseExposed: Rule = {
  id: "database-exposed",
  severity: "error",
  title:
    "No database and no Vault is reached from outside of the cluster by a Service, an Ingress or a route of a gateway",
  why: "Behind a load balancer everybody who finds the address may try logins, and NetworkPolicies of pods do not see who it is.",
  fix: "use a Service of type ClusterIP and no route to it; who must reach it from outside comes by a port-forward, a bastion or a private load balancer that you acknowledge",
  references: [nsa("Network separation and hardening"), hardening("Firewall traffic")],
  check: (program) =>
    program.resources.flatMap((resource) => {
      const led = (by: string, to: readonly string[]): { at: typeof resource; what: string }[] =>
        to.length === 0 ? [] : [{ at: resource, what: `${by} leads to ${to.join(" and ")}` }];
      if (ROUTE.test(resource.type)) {
        const name = text(first(resource.body.metadata).name) ?? "without a name";
        return led(`the ${kindOf(resource.type)} ${name}`, routedTo(resource, program));
      }
      if (resource.type !== "kubernetes_service") return [];
      const spec = first(resource.body.spec);
      const outside = text(spec.type) ?? "ClusterIP";
      const addresses = texts(spec.external_ips).length > 0;
      return outside === "LoadBalancer" || outside === "NodePort" || addresses
        ? led(`a Service of type ${outside}${addresses ? " with external addresses" : ""}`, leadsTo(resource, program))
        : [];
    }),
};

function kindOf(type: string): string {
  const kind = type.replace("kubernetes_", "");
  if (kind === "ingress") return "Ingress";
  return kind === "route" ? "Route" : `${kind.replace("route", "").toUpperCase()}Route`;
}
