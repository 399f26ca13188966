import { type BenchOptions } from "./bench-options";
import { startInjector } from "./injector/start";
import { Scope, withScope } from "./machine/lifecycle";
import { Operator, reviewer } from "./operator";
import { jobHook, PlayedPods, statefulSetHook, workloadNamed } from "./played-pods";
import type { Route } from "./players/credential-file";
import type { Pod, PodSettings } from "./players/pod";
import type { HelmRelease, RehearsalHooks, RehearsalServers } from "./rehearse/model/contracts";
import type { EndpointMapping } from "./rehearse/viewpoints";
import { KubernetesObject, KubernetesServer, startKubernetes } from "./servers/kubernetes";
import { PostgresServer, startPostgres } from "./servers/postgres";
import { startVault, VaultServer } from "./servers/vault";
import { StandIns, type Started, serverOf } from "./stand-ins";

/** Vault, PostgreSQL and a Kubernetes API server on this machine, standing in for those of a program. */
export interface Bench {
  readonly vault: VaultServer;
  readonly kubernetes: KubernetesServer;
  /** One of the further clusters. @throws for one that was not named */
  cluster(name: string): KubernetesServer;
  /** What injects the agents: the real injector where its binary is found, else the model of it. */
  readonly injector: string;
  /** The server behind one of the program's endpoints, or at this `host:port` of the bench. @throws for an endpoint that was not named */
  postgres(endpoint: string): PostgresServer;
  readonly route: Route;
  /** Addresses of the program and what they are here: for `mapEndpoints`. */
  readonly mapping: EndpointMapping[];
  readonly servers: RehearsalServers;
  readonly hooks: Pick<RehearsalHooks, "onHelmRelease" | "onNamespace" | "onStatefulSet" | "onJob">;
  /** What a Vault in the cluster would read from its own pod. */
  readonly vaultPod: { readonly caPem: string; readonly reviewerJwt: string };
  /** Helm releases that the program asked for; no chart is installed here. */
  readonly releases: readonly HelmRelease[];
  /** Puts the admin passwords of external servers into KV, where the mount exists. Call it after each stack. */
  operate(): Promise<string[]>;
  /**
   * Plays a pod of a workload that was applied, of whatever kind.
   * @param options.timeoutMs Milliseconds for its init agent, and for its sidecar to log in. @default 60000
   * @param options.cluster Name of one of the further clusters. @default - the one that Vault runs in
   */
  play(namespace: string, workload: string, options?: PlayOptions): Promise<Pod>;
  close(): Promise<void>;
}

/** How a pod is played, and where. */
export type PlayOptions = Pick<PodSettings, "timeoutMs" | "initContainers"> & { readonly cluster?: string };

/** Starts everything, at once where possible. @throws with the cause when a server does not come up; nothing is left */
export async function startBench(options: BenchOptions): Promise<Bench> {
  return withScope("bench", async (scope) => {
    const [vault, kubernetes, ...servers] = await all(scope, [
      startVault({ storage: options.vaultStorage, onProgress: options.onProgress }),
      startKubernetes({ onProgress: options.onProgress }),
      ...options.postgres.map(({ major, settings, tls }) => startPostgres({ major, settings, tls })),
    ] as const);
    const injector = await startInjector({ kubernetes, vaultAddress: vault.address, onProgress: options.onProgress });
    scope.defer("stop the injector", () => injector.stop());
    const clusters = new Map<string, KubernetesServer>();
    for (const { name, audience, issuer, namespaces } of options.clusters ?? []) {
      const audiences = audience === undefined ? [] : [audience];
      const settings = { audiences, issuer, onProgress: options.onProgress };
      const [other] = await all(scope, [startKubernetes(settings)] as const);
      const there = await startInjector({ kubernetes: other, vaultAddress: vault.address });
      scope.defer("stop the injector of another cluster", () => there.stop());
      for (const namespace of namespaces) await other.ensureNamespace(namespace);
      clusters.set(name, other);
    }
    const started = { vault, kubernetes, clusters, servers: servers as PostgresServer[] };
    return compose(scope, options, started, injector.kind);
  });
}

async function all<T extends readonly Promise<{ stop(): Promise<void> }>[]>(
  scope: Scope,
  starts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(starts);
  for (const result of settled)
    if (result.status === "fulfilled") scope.defer("stop a server", () => result.value.stop());
  const failed = settled.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

/** What the parts of a bench know of each other, from the servers up. */
async function compose(scope: Scope, options: BenchOptions, started: Started, injector: string): Promise<Bench> {
  const { vault, kubernetes } = started;
  const standIns = new StandIns(options, started);
  // A credential of the bench's own may name Vault by its address here.
  const pods = new PlayedPods({ ...standIns.vault, [vault.address]: vault.address });
  const operator = new Operator(options.postgres, vault, standIns);
  const reviewerJwt = await reviewer(kubernetes);
  scope.defer("end the pods", () => pods.killAll());
  const releases: HelmRelease[] = [];
  return {
    vault,
    kubernetes,
    injector,
    releases,
    cluster: (name) => standIns.cluster(name),
    postgres: (endpoint) => standIns.postgres(endpoint),
    route: standIns.route,
    mapping: standIns.mapping,
    servers: standIns.rehearsal,
    vaultPod: { caPem: kubernetes.caPem, reviewerJwt },
    hooks: {
      onHelmRelease: async (release) => void releases.push(release),
      onNamespace: async (manifest, where) => {
        const { name } = (manifest as unknown as KubernetesObject).metadata as { name: string };
        await serverOf(where).ensureNamespace(name);
      },
      onStatefulSet: statefulSetHook(options.postgres, standIns, pods),
      onJob: jobHook(standIns, pods),
    },
    operate: () => operator.operate(),
    play: async (namespace, workload, { cluster, ...settings } = {}) => {
      const where = cluster === undefined ? kubernetes : standIns.cluster(cluster);
      return pods.play(where, await workloadNamed(where, namespace, workload), settings);
    },
    close: () => scope.close(),
  };
}
