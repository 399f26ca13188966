import { chartFullName } from "../../access/model/chart-names";
import { ChartNetworkPolicy, ChartValues } from "./chart-values";
import { haProblems, standaloneProblems } from "./mode-problems";
import { DNS_RULE, NetworkTarget } from "./network-target";
import { Seal } from "./seal";
import { checkedAddress } from "../private/addresses";
import { checkedOptions, checkedText } from "../private/options";

const TLS_FOLDER = "/vault/userconfig/tls";

/** A highly available Vault. */
export interface HaOptions {
  /**
   * Secret of type kubernetes.io/tls in Vault's namespace, with `ca.crt` beside `tls.crt` and `tls.key`. The certificate must
   * name `<release>-active.<namespace>.svc` for pods, `*.<release>-internal` for the servers among themselves, and the address
   * 127.0.0.1 for the command line inside the pod. A release whose name has no `vault` in it gets `-vault` behind it there.
   */
  readonly tlsSecret: string;
  /** What seals and unseals the servers. */
  readonly seal: Seal;
  /** Servers: an odd number of at least 3, so that one may be lost and a majority is left. @default 3 */
  readonly replicas?: number;
  /** Size of each server's volume. @default "10Gi" */
  readonly storage?: string;
  /** Size of each server's volume for audit files. @default "10Gi" */
  readonly auditStorage?: string;
  /** Class of both volumes. @default - the cluster's default class */
  readonly storageClass?: string;
  /** CPU that each server asks for. @default "500m" */
  readonly cpuRequest?: string;
  /** Memory that each server asks for, and may use at most. @default "1Gi" */
  readonly memory?: string;
  /**
   * Namespaces whose pods may connect to the servers. A NetworkPolicy refuses all others. Name those of the workloads, and that
   * of an ingress controller in front of Vault. A load balancer that connects from the node's address is refused as well.
   *
   * @default - whatever can reach the pods may
   */
  readonly allowFromNamespaces?: string[];
  /**
   * What the servers may connect to beside DNS and each other, by the same NetworkPolicy. Name the PostgreSQL servers, and the
   * API server: it reviews tokens, and the servers tell it who leads. Name also what the seal and your administrators' login
   * need. All else is refused.
   *
   * @default - they may connect to anything
   */
  readonly allowTo?: NetworkTarget[];
}

/** Options of one server with a volume. */
export interface StandaloneOptions {
  /** Secret of type kubernetes.io/tls, with `ca.crt`, in Vault's namespace. @default - no TLS */
  readonly tlsSecret?: string;
  /** Size of the volume. @default "10Gi" */
  readonly storage?: string;
  /** A `seal` stanza in HCL, without secrets: the chart keeps it in a ConfigMap. @default - Shamir's */
  readonly seal?: string;
}

/** Resources of a server in a sandbox. The chart sets none, and a node that is short of memory ends such pods first. */
const ONE_SERVER = { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } };

/** How Vault is run. */
export class VaultMode {
  /** In memory, unsealed, over HTTP, with a root token that everybody knows. For sandboxes: refused in production. */
  static dev(): VaultMode {
    return new VaultMode("dev", () => ({
      server: { dev: { enabled: true }, resources: ONE_SERVER },
      global: { tlsDisable: true },
    }));
  }
  /**
   * One server with a volume; initialise and unseal it once, by hand or by a seal of your own in `seal`. For sandboxes that
   * outlive a restart: refused in production, since the node of the one server is what every login waits for.
   */
  static standalone(given: StandaloneOptions = {}): VaultMode {
    const options = checkedOptions(undefined, "StandaloneOptions", given, "VaultMode.standalone");
    const { tlsSecret } = options;
    const config = [
      "ui = false",
      listener(tlsSecret !== undefined),
      `storage "file" {\n  path = "/vault/data"\n}`,
      TELEMETRY,
      ...(options.seal ? [options.seal] : []),
    ].join("\n");
    return new VaultMode(
      "standalone",
      () => ({
        global: { tlsDisable: tlsSecret === undefined },
        server: {
          standalone: { enabled: true, config },
          dataStorage: { enabled: true, size: options.storage ?? "10Gi" },
          auditStorage: { enabled: true },
          resources: ONE_SERVER,
          ...(tlsSecret && tlsVolume(tlsSecret)),
        },
      }),
      tlsSecret,
      undefined,
      standaloneProblems(options),
    );
  }
  /**
   * Three servers or more with integrated storage (Raft), each on a node of its own. They talk to each other over TLS
   * and elect a leader. Clients reach the leader through the chart's active Service.
   *
   * Initialise it once, on one server; the others join by themselves. A server that Shamir's seal closes must be unsealed
   * after each of its starts.
   */
  static ha(given: HaOptions): VaultMode {
    const options = checkedOptions(undefined, "HaOptions", given, "VaultMode.ha");
    const { tlsSecret, seal, replicas = 3, memory = "1Gi", storageClass } = options;
    const volume = (size: string | undefined): object => ({
      enabled: true,
      size: size ?? "10Gi",
      ...(storageClass !== undefined && { storageClass }),
    });
    return new VaultMode(
      "ha",
      (release) => ({
        global: { tlsDisable: false },
        server: {
          ha: {
            enabled: true,
            replicas,
            raft: { enabled: true, setNodeId: true, config: raftConfig(release, replicas, seal) },
            disruptionBudget: { enabled: true, maxUnavailable: 1 },
          },
          dataStorage: volume(options.storage),
          auditStorage: volume(options.auditStorage),
          resources: {
            requests: { cpu: options.cpuRequest ?? "500m", memory },
            limits: { memory },
          },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "topology.kubernetes.io/zone",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: {
                matchLabels: serverLabels(release),
              },
            },
          ],
          ...((options.allowFromNamespaces ?? options.allowTo) && { networkPolicy: networkPolicy(release, options) }),
          ...tlsVolume(tlsSecret),
        },
      }),
      tlsSecret,
      undefined,
      haProblems(options),
      options.allowFromNamespaces,
    );
  }
  /** Vault runs elsewhere; only the injector is installed. @param address As pods reach it. */
  static external(address: string): VaultMode {
    checkedAddress("the address of VaultMode.external", checkedText("address", "VaultMode.external", address));
    return new VaultMode(
      "external",
      () => ({
        global: { externalVaultAddr: address, tlsDisable: !address.startsWith("https:") },
        server: { enabled: false },
      }),
      undefined,
      address,
    );
  }
  private constructor(
    /** Which of the modes it is. */
    readonly name: "dev" | "standalone" | "ha" | "external",
    /** @internal Values of the chart for a release of this name. */ readonly valuesOf: (
      release: string,
    ) => ChartValues,
    /** @internal */ readonly tlsSecret?: string,
    /** @internal */ readonly address?: string,
    /** @internal What is wrong with the options, as messages. */ readonly problems: readonly string[] = [],
    /** @internal The only namespaces whose pods may connect. @default - all */ readonly letsIn?: readonly string[],
  ) {}

  /** @internal Name of the Service that leads to a server which can answer every request. */
  _serviceOf(release: string): string {
    const full = chartFullName(release);
    return this.name === "ha" ? `${full}-active` : full;
  }
}

/** A browser that was here once does not come without TLS: HashiCorp's production hardening asks for it. */
const HSTS = [
  "custom_response_headers {",
  '  default = { "Strict-Transport-Security" = ["max-age=31536000; includeSubDomains"] }',
  "}",
];

function listener(tls: boolean): string {
  const lines = tls
    ? [`tls_cert_file = "${TLS_FOLDER}/tls.crt"`, `tls_key_file = "${TLS_FOLDER}/tls.key"`, ...HSTS]
    : ["tls_disable = 1"];
  return [
    'listener "tcp" {',
    ...['address = "[::]:8200"', 'cluster_address = "[::]:8201"', ...lines].map((line) => `  ${line}`),
    "}",
  ].join("\n");
}

/** The configuration of every server: each joins whichever of the others is there. */
function raftConfig(release: string, replicas: number, seal: Seal): string {
  const full = chartFullName(release);
  const joins = Array.from({ length: replicas }, (_, index) => {
    const host = `${full}-${index}.${full}-internal`;
    return [
      "  retry_join {",
      `    leader_api_addr = "https://${host}:8200"`,
      `    leader_ca_cert_file = "${TLS_FOLDER}/ca.crt"`,
      `    leader_tls_servername = "${host}"`,
      "  }",
    ].join("\n");
  });
  return [
    "ui = false",
    // Beside Raft, Vault 1.20 and newer demand that this is written out: locked memory and the memory-mapped database
    // do not go together.
    "disable_mlock = true",
    listener(true),
    ['storage "raft" {', '  path = "/vault/data"', ...joins, "}"].join("\n"),
    'service_registration "kubernetes" {}',
    TELEMETRY,
    ...(seal.toHcl() === "" ? [] : [seal.toHcl()]),
  ].join("\n");
}

/** Without it `sys/metrics` answers Prometheus with an error. Whoever reads it needs a token that may read this path. */
const TELEMETRY = ["telemetry {", '  prometheus_retention_time = "24h"', "  disable_hostname = true", "}"].join("\n");

/** Labels that the chart gives the servers. */
function serverLabels(release: string): Record<string, string> {
  return { "app.kubernetes.io/name": "vault", "app.kubernetes.io/instance": release, component: "server" };
}

/** Clients reach the API, and the servers each other: port 8201 carries Raft. */
function networkPolicy(release: string, { allowFromNamespaces, allowTo }: HaOptions): ChartNetworkPolicy {
  const port = (number: number): { port: number; protocol: string } => ({ port: number, protocol: "TCP" });
  const key = "kubernetes.io/metadata.name";
  const servers = { podSelector: { matchLabels: serverLabels(release) } };
  const between = [port(8200), port(8201)];
  return {
    enabled: true,
    // Without namespaces, whoever reaches the pods may: as without the policy.
    ingress: allowFromNamespaces
      ? [
          {
            from: [
              {
                namespaceSelector: {
                  matchExpressions: [{ key, operator: "In", values: [...allowFromNamespaces].sort() }],
                },
              },
            ],
            ports: [port(8200)],
          },
          { from: [servers], ports: between },
        ]
      : [{ ports: between }],
    ...(allowTo && {
      egress: [DNS_RULE, { to: [servers], ports: between }, ...allowTo.map(({ _rule }) => _rule)].map((rule) => ({
        ...rule,
      })),
    }),
  };
}

function tlsVolume(tlsSecret: string): object {
  return {
    // The command line inside the pod verifies the server by it. The chart's readiness probe does not verify.
    extraEnvironmentVars: { VAULT_CACERT: `${TLS_FOLDER}/ca.crt` },
    volumes: [{ name: "tls", secret: { secretName: tlsSecret, defaultMode: 0o440 } }],
    volumeMounts: [{ name: "tls", mountPath: TLS_FOLDER, readOnly: true }],
  };
}
