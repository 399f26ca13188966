import { randomBytes } from "node:crypto";
import { templateSql } from "../constructs/postgres/init-sql";
import type { Progress } from "./machine/tools";
import { Scope, withScope } from "./machine/lifecycle";
import { playPod, Pod, PodSettings } from "./players/pod";
import { firstStart } from "./players/postgres-image";
import { runMigration } from "./players/migration";
import type { Route } from "./players/credential-file";
import type { EndpointMapping } from "./rehearse/viewpoints";
import type { HelmRelease, RehearsalCluster, RehearsalHooks, RehearsalServers } from "./rehearse/model/contracts";
import type { EmbeddedMajor } from "./servers/embedded-postgres";
import { startInjector } from "./injector/start";
import { KubernetesObject, KubernetesServer, startKubernetes } from "./servers/kubernetes";
import { PostgresServer, startPostgres } from "./servers/postgres";
import { startVault, VaultOptions, VaultServer } from "./servers/vault";

/** A PostgreSQL server of the program, and how the bench stands in for it. */
export interface BenchPostgres {
  /** Every `host:port` under which the program knows it. */
  readonly endpoints: readonly string[];
  /** @default 18 */
  readonly major?: EmbeddedMajor;
  /** Lines for its postgresql.conf. @default - none but the bench's own */
  readonly settings?: Readonly<Record<string, string>>;
  /** `namespace/name` of the StatefulSet that the program makes for it. @default - it is external */
  readonly statefulSet?: string;
  /** For an external server: the admin that Terraform uses, made by the bench, its password put into KV as an operator would. */
  readonly admin?: { readonly username: string; readonly mount: string; readonly path: string };
}

/** A further cluster of the program, with an API server of its own. */
export interface BenchCluster {
  /** Name of its KubernetesAuth. */
  readonly name: string;
  /** The kubeconfig's context by which the program's providers reach it. */
  readonly context: string;
  /** The API server as Vault reaches it, and the CA that the program gives for it. */
  readonly address: string;
  readonly ca: string;
  /** Audience for which the API server itself takes tokens. */
  readonly audience: string;
  /** Namespaces that exist there before the program is applied. */
  readonly namespaces: readonly string[];
}

export interface BenchOptions {
  readonly postgres: readonly BenchPostgres[];
  /** Clusters beside the one that Vault runs in. @default - none */
  readonly clusters?: readonly BenchCluster[];
  /** Every address under which the program knows Vault. @default ["http://vault.vault.svc:8200"] */
  readonly vaultAddresses?: readonly string[];
  /** Where Vault keeps its data: only "file" and "raft" survive a `kill()` and `restart()` of it. @default "inmem" */
  readonly vaultStorage?: VaultOptions["storage"];
  readonly onProgress?: Progress;
}

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
   * Plays a pod of a Deployment that was applied.
   * @param options.timeoutMs Milliseconds for its init agent, and for its sidecar to log in. @default 60000
   * @param options.cluster Name of one of the further clusters. @default - the one that Vault runs in
   */
  play(namespace: string, deployment: string, options?: PlayOptions): Promise<Pod>;
  close(): Promise<void>;
}

/** How a pod is played, and where. */
export type PlayOptions = Pick<PodSettings, "timeoutMs"> & { readonly cluster?: string };

/** Starts everything, at once where possible. @throws with the cause when a server does not come up; nothing is left */
export async function startBench(options: BenchOptions): Promise<Bench> {
  return withScope("bench", async (scope) => {
    const [vault, kubernetes, ...servers] = await all(scope, [
      startVault({ storage: options.vaultStorage, onProgress: options.onProgress }),
      startKubernetes({ onProgress: options.onProgress }),
      ...options.postgres.map(({ major, settings }) => startPostgres({ major, settings })),
    ] as const);
    const injector = await startInjector({ kubernetes, vaultAddress: vault.address, onProgress: options.onProgress });
    scope.defer("stop the injector", () => injector.stop());
    const clusters = new Map<string, KubernetesServer>();
    for (const { name, audience, namespaces } of options.clusters ?? []) {
      const settings = { audiences: [audience], onProgress: options.onProgress };
      const [other] = await all(scope, [startKubernetes(settings)] as const);
      const there = await startInjector({ kubernetes: other, vaultAddress: vault.address });
      scope.defer("stop the injector of another cluster", () => there.stop());
      for (const namespace of namespaces) await other.ensureNamespace(namespace);
      clusters.set(name, other);
    }
    return compose(scope, options, {
      vault,
      kubernetes,
      clusters,
      servers: servers as PostgresServer[],
      injector: injector.kind,
    });
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

interface Started {
  readonly vault: VaultServer;
  readonly kubernetes: KubernetesServer;
  readonly clusters: ReadonlyMap<string, KubernetesServer>;
  readonly servers: readonly PostgresServer[];
  readonly injector: string;
}

async function compose(
  scope: Scope,
  options: BenchOptions,
  { vault, kubernetes, clusters, servers, injector }: Started,
): Promise<Bench> {
  const byEndpoint = new Map(
    options.postgres.flatMap(({ endpoints }, index) =>
      endpoints.map((endpoint) => [endpoint, servers[index]] as const),
    ),
  );
  const postgres = (endpoint: string): PostgresServer => {
    // An address may come from the program, or from what was mapped already.
    const server =
      byEndpoint.get(endpoint) ?? servers.find((candidate) => endpoint === `${candidate.host}:${candidate.port}`);
    if (!server)
      throw new Error(
        `no PostgreSQL server of the bench stands in for ${endpoint}; it has ${[...byEndpoint.keys()].join(", ")}`,
      );
    return server;
  };
  const route: Route = ({ host, port }) => {
    const server = postgres(`${host}:${port}`);
    return { host: server.host, port: server.port };
  };
  const vaultAddresses = options.vaultAddresses ?? ["http://vault.vault.svc:8200"];
  const reviewerJwt = await reviewer(kubernetes);
  const pods = new Set<Pod>();
  scope.defer("end the pods", async () => {
    for (const pod of pods) await pod.kill();
  });
  const cluster = (name: string): KubernetesServer => {
    const found = clusters.get(name);
    if (!found)
      throw new Error(`the bench has no cluster ${JSON.stringify(name)}; it has ${[...clusters.keys()].join(", ")}`);
    return found;
  };
  const play = async (
    where: KubernetesServer,
    namespace: string,
    template: KubernetesObject,
    name: string,
    settings: Pick<PodSettings, "timeoutMs"> = {},
  ): Promise<Pod> => {
    const pod = await playPod(
      { kubernetes: where },
      {
        ...settings,
        namespace,
        template,
        generateName: `${name}-`,
        mapping: { vault: Object.fromEntries([...vaultAddresses, vault.address].map((from) => [from, vault.address])) },
      },
    );
    pods.add(pod);
    return pod;
  };
  const pending = new Set(options.postgres.filter((server) => server.admin));
  const releases: HelmRelease[] = [];
  const spec = (manifest: unknown): { metadata: { namespace: string; name: string }; template: KubernetesObject } => {
    const object = manifest as { metadata: { namespace: string; name: string }; spec: { template: KubernetesObject } };
    return { metadata: object.metadata, template: object.spec.template };
  };

  return {
    vault,
    kubernetes,
    cluster,
    injector,
    postgres,
    route,
    mapping: [
      ...vaultAddresses.map((from) => ({ from, to: vault.address })),
      { from: "https://kubernetes.default.svc", to: kubernetes.server },
      ...(options.clusters ?? []).flatMap(({ name, address, ca }) => [
        { from: address, to: cluster(name).server },
        { from: ca, to: cluster(name).caPem },
      ]),
      ...[...byEndpoint].map(([from, server]) => ({ from, to: `${server.host}:${server.port}` })),
    ],
    servers: {
      vault: { address: vault.address, token: vault.rootToken },
      kubernetes: kubernetes as unknown as RehearsalCluster,
      clusterOf: ({ config_context: context }) => {
        const named = options.clusters?.find((candidate) => candidate.context === context);
        return named && (cluster(named.name) as unknown as RehearsalCluster);
      },
      postgres: route,
    },
    vaultPod: { caPem: kubernetes.caPem, reviewerJwt },
    releases,
    hooks: {
      onHelmRelease: async (release) => void releases.push(release),
      onNamespace: async (manifest, where) => {
        const { name } = (manifest as unknown as KubernetesObject).metadata as { name: string };
        await serverOf(where).ensureNamespace(name);
      },
      onStatefulSet: async (manifest, where) => {
        const { metadata, template } = spec(manifest);
        const stand = options.postgres.find(
          ({ statefulSet }) => statefulSet === `${metadata.namespace}/${metadata.name}`,
        );
        if (!stand)
          throw new Error(
            `the bench has no server for StatefulSet ${metadata.namespace}/${metadata.name}: name it in \`postgres\``,
          );
        const pod = await play(serverOf(where), metadata.namespace, withClaims(template, manifest), metadata.name);
        await firstStart(postgres(stand.endpoints[0]), pod);
      },
      onJob: async (manifest, where) => {
        const { metadata, template } = spec(manifest);
        const pod = await play(serverOf(where), metadata.namespace, template, metadata.name);
        try {
          await runMigration(pod, route);
        } finally {
          pods.delete(pod);
          await pod.end({ grace: 0 });
        }
      },
    },
    operate: async () => {
      const done: string[] = [];
      const mounts = await vault.request("GET", "sys/mounts");
      for (const stand of pending) {
        const { username, mount, path } = stand.admin as NonNullable<BenchPostgres["admin"]>;
        if (!(`${mount}/` in ((mounts.data ?? mounts) as object))) continue;
        const password = randomBytes(24).toString("base64url");
        const server = postgres(stand.endpoints[0]);
        await server.asSuperuser("postgres", adminSql(username, password));
        await prepareTemplate(server);
        await vault.request("POST", `${mount}/data/${path}`, { data: { username, password } });
        pending.delete(stand);
        done.push(`${mount}/${path}`);
      }
      return done;
    },
    play: async (namespace, deployment, { cluster: name, ...settings } = {}) => {
      const where = name === undefined ? kubernetes : cluster(name);
      const object = await where.request("GET", `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`);
      const pod = await play(where, namespace, spec(object).template, deployment, settings);
      // A view of the pod whose end is known here; its getters keep working through the prototype.
      const end: Pod["end"] = (ended) => (pods.delete(pod), pod.end(ended));
      const kill: Pod["kill"] = () => (pods.delete(pod), pod.kill());
      return Object.create(pod, { end: { value: end }, kill: { value: kill } }) as Pod;
    },
    close: () => scope.close(),
  };
}

/** The rehearsal hands back what it was given. */
function serverOf(cluster: RehearsalCluster): KubernetesServer {
  return cluster as unknown as KubernetesServer;
}

/** The template with the volumes that the StatefulSet's controller adds for its claims; here they hold nothing. */
function withClaims(template: KubernetesObject, manifest: unknown): KubernetesObject {
  const claims =
    (manifest as { spec: { volumeClaimTemplates?: { metadata: { name: string } }[] } }).spec.volumeClaimTemplates ?? [];
  const spec = template.spec as { volumes?: object[] };
  return {
    ...template,
    spec: {
      ...spec,
      volumes: [...(spec.volumes ?? []), ...claims.map(({ metadata }) => ({ name: metadata.name, emptyDir: {} }))],
    },
  };
}

/** Namespace and ServiceAccount of the bench's own: the program makes those of Vault. */
const REVIEWER = "leasehold-bench";

/** The token that Vault's own ServiceAccount reviews others with, as the chart's authDelegator sets it up. */
async function reviewer(kubernetes: KubernetesServer): Promise<string> {
  await kubernetes.ensureNamespace(REVIEWER);
  await kubernetes.apply({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: REVIEWER, namespace: REVIEWER },
  });
  await kubernetes.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: REVIEWER },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
    subjects: [{ kind: "ServiceAccount", name: REVIEWER, namespace: REVIEWER }],
  } as unknown as KubernetesObject);
  return kubernetes.tokenFor(REVIEWER, REVIEWER);
}

/** What a server that Leasehold makes does at its first start, and the owner of an external one should: see docs/security.md. */
async function prepareTemplate(server: PostgresServer): Promise<void> {
  await server.asSuperuser("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS true");
  await server.asSuperuser("template0", templateSql(server.major));
  await server.asSuperuser("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS false");
}

/** What the owner of an external server does once: an admin that is not a superuser, and nothing for PUBLIC. */
function adminSql(username: string, password: string): string {
  const name = `"${username.replace(/"/g, '""')}"`;
  return `CREATE ROLE ${name} LOGIN CREATEROLE CREATEDB PASSWORD '${password}';
    GRANT pg_signal_backend TO ${name};
    ALTER ROLE ${name} SET search_path = pg_catalog;
    ALTER ROLE ${name} SET lock_timeout = '30s';
    REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
    GRANT CONNECT ON DATABASE postgres TO ${name};`;
}
