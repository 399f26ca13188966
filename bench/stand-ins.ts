import type { BenchOptions } from "./bench-options";
import type { Route } from "./players/credential-file";
import type { RehearsalCluster, RehearsalServers } from "./rehearse/model/contracts";
import type { EndpointMapping } from "./rehearse/viewpoints";
import type { KubernetesServer } from "./servers/kubernetes";
import type { PostgresServer } from "./servers/postgres";
import type { VaultServer } from "./servers/vault";

/** The servers of a bench, as they run. */
export interface Started {
  readonly vault: VaultServer;
  readonly kubernetes: KubernetesServer;
  /** The further clusters, by name. */
  readonly clusters: ReadonlyMap<string, KubernetesServer>;
  /** In the order of the options. */
  readonly servers: readonly PostgresServer[];
}

/** Which server of this machine stands for which address of the program. */
export class StandIns {
  /** Every address of Vault in the program, and where it is here. */
  readonly vault: Readonly<Record<string, string>>;
  private readonly byEndpoint: ReadonlyMap<string, PostgresServer>;

  constructor(
    private readonly options: BenchOptions,
    private readonly started: Started,
  ) {
    const { vault, servers } = started;
    const addresses = options.vaultAddresses ?? ["http://vault.vault.svc:8200"];
    this.vault = Object.fromEntries(addresses.map((from) => [from, vault.address]));
    this.byEndpoint = new Map(
      options.postgres.flatMap(({ endpoints }, index) =>
        endpoints.map((endpoint) => [endpoint, servers[index]] as const),
      ),
    );
  }

  /** @param endpoint Of the program, or of what was mapped already. @throws for one that nothing stands for */
  postgres(endpoint: string): PostgresServer {
    const server =
      this.byEndpoint.get(endpoint) ??
      this.started.servers.find((candidate) => endpoint === `${candidate.host}:${candidate.port}`);
    if (!server)
      throw new Error(
        `no PostgreSQL server of the bench stands in for ${endpoint}; it has ${[...this.byEndpoint.keys()].join(", ")}`,
      );
    return server;
  }

  /** @param name Of a further cluster. @throws for one that was not named */
  cluster(name: string): KubernetesServer {
    const { clusters } = this.started;
    const found = clusters.get(name);
    if (!found)
      throw new Error(`the bench has no cluster ${JSON.stringify(name)}; it has ${[...clusters.keys()].join(", ")}`);
    return found;
  }

  /** Where to connect for an address of a PostgreSQL server. */
  readonly route: Route = ({ host, port }) => {
    const server = this.postgres(`${host}:${port}`);
    const tls = this.options.postgres[this.started.servers.indexOf(server)]?.tls;
    return { host: server.host, port: server.port, ca: tls && (tls.ca ?? tls.certificate) };
  };

  /** Addresses and CAs of the program, and what they are here. */
  get mapping(): EndpointMapping[] {
    return [
      ...Object.entries(this.vault).map(([from, to]) => ({ from, to })),
      { from: "https://kubernetes.default.svc", to: this.started.kubernetes.server },
      ...(this.options.clusters ?? []).flatMap(({ name, address, ca, publicKey }) => {
        const { server, caPem, tokenKeys } = this.cluster(name);
        return [
          { from: address, to: server },
          { from: ca, to: caPem },
          { from: publicKey?.trim(), to: tokenKeys.publicKey.trim() },
        ].flatMap(({ from, to }) => (from === undefined ? [] : [{ from, to }]));
      }),
      ...[...this.byEndpoint].map(([from, server]) => ({ from, to: `${server.host}:${server.port}` })),
    ];
  }

  /** What a rehearsal applies to. */
  get rehearsal(): RehearsalServers {
    const { vault, kubernetes } = this.started;
    return {
      vault: { address: vault.address, token: vault.rootToken },
      kubernetes: asRehearsed(kubernetes),
      clusterOf: ({ config_context: context }) => {
        const named = this.options.clusters?.find((candidate) => candidate.context === context);
        return named && asRehearsed(this.cluster(named.name));
      },
      postgres: this.route,
    };
  }
}

function asRehearsed(server: KubernetesServer): RehearsalCluster {
  return server as unknown as RehearsalCluster;
}

/** The rehearsal hands back what it was given. */
export function serverOf(cluster: RehearsalCluster): KubernetesServer {
  return cluster as unknown as KubernetesServer;
}
