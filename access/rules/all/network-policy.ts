import { blocks, first, Json, JsonObject, text, texts } from "../program";
import { cisKubernetes, hardening, nsa, Rule } from "../rule";
import { letInBy } from "../chart-services";
import { runsServers } from "../charts";

export const networkPolicy: Rule = {
  id: "network-policy",
  severity: "warning",
  title: "A NetworkPolicy says who may connect to databases and to Vault",
  why: "Without one every pod of the cluster may try logins.",
  fix: "give `allowFromNamespaces` to the PostgresInstance and to VaultMode.ha, or make a NetworkPolicy in the namespace",
  references: [cisKubernetes("5.3.2"), nsa("Network policies"), hardening("Firewall traffic")],
  productionOnly: true,
  check: ({ resources, pods, charts }) => {
    const covered = new Set(
      resources
        .filter(({ type, body }) => type === "kubernetes_network_policy" && saysWho(first(body.spec)))
        .map(({ body }) => text(first(body.metadata).namespace) ?? "default"),
    );
    return [
      ...pods
        .filter(({ containers }) => containers.some(listens))
        .filter(({ namespace }) => !covered.has(namespace))
        .map((pod) => ({
          at: pod,
          what: `no NetworkPolicy says who may connect to the database in namespace ${pod.namespace}`,
        })),
      ...charts
        .filter((chart) => runsServers(chart) && !saysWho(letInBy(chart)))
        .map((chart) => ({ at: chart, what: "no NetworkPolicy says who may connect to Vault" })),
    ];
  },
};

/** One that lets in everybody, or is about outgoing connections alone, says nothing of who may connect. */
function saysWho(spec: JsonObject | undefined): boolean {
  if (spec === undefined) return false;
  const types = texts(spec.policy_types);
  return (
    (types.length === 0 || types.includes("Ingress")) &&
    blocks(spec.ingress).every(({ from }) => blocks(from).length > 0 && !blocks(from).some(isEverybody))
  );
}

/** Every namespace, or every address. */
function isEverybody(peer: JsonObject): boolean {
  const every = ({ match_labels: labels, match_expressions: all }: JsonObject): boolean =>
    Object.keys(first(labels)).length + blocks(all).length === 0;
  return (
    /^(0\.0\.0\.0|::)\/0$/.test(text(first(peer.ip_block).cidr) ?? "") ||
    (isThere(peer.namespace_selector) && every(first(peer.namespace_selector)) && !isThere(peer.pod_selector))
  );
}

const isThere = (value: Json | undefined): boolean => value !== undefined && value !== null;

const listens = (container: JsonObject): boolean =>
  blocks(container.port).some(({ container_port: port }) => port === 5432 || port === "5432");
