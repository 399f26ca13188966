import type {
  NetworkPolicyV1SpecEgress,
  NetworkPolicyV1SpecEgressTo,
} from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { isIPv4, isIPv6 } from "node:net";
import { dnsLabelProblem } from "../../access/model/rules";
import { described } from "../private/described";
import { checkedText } from "../private/options";

/** Where pods may connect to: pods of a namespace, or addresses outside of the cluster. */
export class NetworkTarget {
  /**
   * The pods of a namespace.
   *
   * @param name The namespace.
   * @param ports TCP ports of the pods, which may be others than those of their Service.
   */
  static namespace(name: string, ports: number[]): NetworkTarget {
    checkedText("name", "NetworkTarget.namespace", name);
    const problem = dnsLabelProblem(name);
    return new NetworkTarget(
      { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } },
      ports,
      problem && `the namespace ${JSON.stringify(name)} of a NetworkTarget ${problem}`,
    );
  }
  /**
   * Addresses, such as those of the API server, a KMS, or a database outside of the cluster.
   *
   * @param range Addresses in CIDR notation: "10.0.0.1/32" for one.
   * @param ports TCP ports there.
   */
  static cidr(range: string, ports: number[]): NetworkTarget {
    checkedText("range", "NetworkTarget.cidr", range);
    return new NetworkTarget(
      { ipBlock: { cidr: range } },
      ports,
      isCidr(range) ? undefined : `${JSON.stringify(range)} of a NetworkTarget is not a range such as "10.0.0.0/8"`,
    );
  }

  private readonly ports: readonly number[];

  private constructor(
    private readonly peer: object,
    ports: readonly number[],
    /** @internal What is wrong with the peer. */ private readonly wrong: string | undefined,
  ) {
    // Without types it may be anything: that there are no ports is said below.
    this.ports = Array.isArray(ports) ? ports : [];
  }

  /** @internal What is wrong with it, as messages. */
  get _problems(): string[] {
    const { ports } = this;
    const bad = ports.filter((port) => !Number.isInteger(port) || port < 1 || port > 65535);
    return [
      ...(this.wrong === undefined ? [] : [this.wrong]),
      ...(ports.length === 0 ? ["a NetworkTarget has no ports"] : []),
      ...bad.map(
        (port) =>
          `port ${typeof port === "number" ? port : described(port)} of a NetworkTarget is not between 1 and 65535`,
      ),
    ];
  }

  /** @internal A rule of a NetworkPolicy, as Kubernetes writes it. */
  get _rule(): EgressRule {
    return { to: [this.peer], ports: this.ports.map((port) => ({ port, protocol: "TCP" })) };
  }
}

/** @internal */
export interface EgressRule {
  readonly to?: readonly object[];
  readonly ports: readonly { readonly port: number; readonly protocol: string }[];
}

/** @internal Names are looked up at whichever DNS server the cluster has; OpenShift's pods listen on 5353. */
export const DNS_RULE: EgressRule = {
  ports: [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ port, protocol }))),
};

/** @internal The server behind a URL: by its namespace, if it is a Service, else by its port alone. */
export function urlRule(url: string): EgressRule {
  const found = /^(https?):\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?(?:\/|$)/.exec(url);
  const [, scheme, host = "", written] = found ?? [];
  const port = written === undefined ? (scheme === "http" ? 80 : 443) : Number(written);
  const namespace = /^[^.]+\.([^.]+)\.svc(?:\.|$)/.exec(host)?.[1];
  return namespace === undefined
    ? { ports: [{ port, protocol: "TCP" }] }
    : NetworkTarget.namespace(namespace, [port])._rule;
}

/** @internal The same as the provider of Kubernetes takes it. */
export function egressOf(rules: readonly EgressRule[]): NetworkPolicyV1SpecEgress[] {
  return rules.map(({ to, ports }) => ({
    ...(to && { to: to as NetworkPolicyV1SpecEgressTo[] }),
    ports: ports.map(({ port, protocol }) => ({ port: String(port), protocol })),
  }));
}

function isCidr(range: string): boolean {
  const [address, bits, ...more] = range.split("/");
  if (more.length > 0 || !/^\d{1,3}$/.test(bits ?? "")) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}
