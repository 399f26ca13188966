import type { BenchPostgres } from "./bench-options";
import { runMigration } from "./players/migration";
import { playPod, type Pod, type PodSettings } from "./players/pod";
import { firstStart } from "./players/postgres-image";
import type { RehearsalHooks } from "./rehearse/model/contracts";
import type { KubernetesObject, KubernetesServer } from "./servers/kubernetes";
import { serverOf, type StandIns } from "./stand-ins";

/** The pods of a program that are played now. */
export class PlayedPods {
  private readonly pods = new Set<Pod>();

  /** @param vault Addresses of Vault in the pods' templates, and where it is here. */
  constructor(private readonly vault: Readonly<Record<string, string>>) {}

  /** Plays a pod until somebody ends it, or `killAll`. */
  async play(
    kubernetes: KubernetesServer,
    { namespace, name, template }: Workload,
    settings: Pick<PodSettings, "timeoutMs" | "initContainers"> = {},
  ): Promise<Pod> {
    const pod = await playPod(
      { kubernetes },
      { ...settings, namespace, template, generateName: `${name}-`, mapping: { vault: this.vault } },
    );
    this.pods.add(pod);
    // A view of the pod whose end is known here; its getters keep working through the prototype.
    const end: Pod["end"] = (ended) => (this.pods.delete(pod), pod.end(ended));
    const kill: Pod["kill"] = () => (this.pods.delete(pod), pod.kill());
    return Object.create(pod, { end: { value: end }, kill: { value: kill } }) as Pod;
  }

  async killAll(): Promise<void> {
    for (const pod of this.pods) await pod.kill();
  }
}

/** What makes pods, and their template. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly template: KubernetesObject;
}

/** Of a workload in Kubernetes JSON. */
export function workloadOf(manifest: unknown): Workload {
  const { metadata, spec } = manifest as {
    metadata: { namespace: string; name: string };
    spec: Template & { jobTemplate?: { spec: Template } };
  };
  const { template } = spec.jobTemplate?.spec ?? spec;
  return { namespace: metadata.namespace, name: metadata.name, template: withClaims(template, manifest) };
}

interface Template {
  readonly template: KubernetesObject;
}

/** The paths under which the kinds of workloads are. */
const KINDS = [
  ...["deployments", "statefulsets", "daemonsets"].map((kind) => ["apps/v1", kind]),
  ...["jobs", "cronjobs"].map((kind) => ["batch/v1", kind]),
];

/** The workload of this name, whatever its kind. @throws unless there is exactly one */
export async function workloadNamed(cluster: KubernetesServer, namespace: string, name: string): Promise<Workload> {
  const found: { kind: string; manifest: KubernetesObject }[] = [];
  for (const [group, kind] of KINDS) {
    const { items } = await cluster.request("GET", `/apis/${group}/namespaces/${namespace}/${kind}`);
    const all = items as { metadata: { name: string } }[];
    found.push(...all.filter(({ metadata }) => metadata.name === name).map((manifest) => ({ kind, manifest })));
  }
  if (found.length === 1) return workloadOf(found[0].manifest);
  throw new Error(
    found.length === 0
      ? `there is no workload ${namespace}/${name} in the cluster: name one that the program makes and that was applied`
      : `${namespace}/${name} is the name of several workloads: ${found.map(({ kind }) => kind).join(", ")}`,
  );
}

/** Plays the pod that starts a PostgreSQL server the first time. @throws for a PostgreSQL server that no server here stands in for */
export function statefulSetHook(
  servers: readonly BenchPostgres[],
  standIns: StandIns,
  pods: PlayedPods,
): NonNullable<RehearsalHooks["onStatefulSet"]> {
  return async (manifest, where) => {
    const workload = workloadOf(manifest);
    const id = `${workload.namespace}/${workload.name}`;
    const server = servers.find(({ statefulSet }) => statefulSet === id);
    // The pods of an app are played when somebody acts as it.
    if (!server && !mounts(workload.template, "/docker-entrypoint-initdb.d")) return;
    if (!server) throw new Error(`the bench has no server for StatefulSet ${id}: name it in \`postgres\``);
    const pod = await pods.play(serverOf(where), workload);
    await firstStart(standIns.postgres(server.endpoints[0]), pod);
  };
}

/** Plays the pod of a migration by files, to its end. The containers of other Jobs are not run, as those of no app are. */
export function jobHook(standIns: StandIns, pods: PlayedPods): NonNullable<RehearsalHooks["onJob"]> {
  return async (manifest, where) => {
    const workload = workloadOf(manifest);
    if (!mounts(workload.template, "/migrations")) return;
    const pod = await pods.play(serverOf(where), workload);
    try {
      await runMigration(pod, standIns.route);
    } finally {
      await pod.end({ grace: 0 });
    }
  };
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

/** Whether a container of the pod has a volume there. */
function mounts({ spec }: KubernetesObject, path: string): boolean {
  const { containers } = spec as { containers: { volumeMounts?: { mountPath: string }[] }[] };
  return containers.some(({ volumeMounts = [] }) => volumeMounts.some(({ mountPath }) => mountPath === path));
}
