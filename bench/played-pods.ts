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
    settings: Pick<PodSettings, "timeoutMs"> = {},
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

/** Of a Deployment, a StatefulSet or a Job in Kubernetes JSON. */
export function workloadOf(manifest: unknown): Workload {
  const { metadata, spec } = manifest as {
    metadata: { namespace: string; name: string };
    spec: { template: KubernetesObject };
  };
  return { namespace: metadata.namespace, name: metadata.name, template: spec.template };
}

/** Plays the pod that starts a PostgreSQL server the first time. @throws for a StatefulSet that no server stands in for */
export function statefulSetHook(
  servers: readonly BenchPostgres[],
  standIns: StandIns,
  pods: PlayedPods,
): NonNullable<RehearsalHooks["onStatefulSet"]> {
  return async (manifest, where) => {
    const workload = workloadOf(manifest);
    const id = `${workload.namespace}/${workload.name}`;
    const server = servers.find(({ statefulSet }) => statefulSet === id);
    if (!server) throw new Error(`the bench has no server for StatefulSet ${id}: name it in \`postgres\``);
    const template = withClaims(workload.template, manifest);
    const pod = await pods.play(serverOf(where), { ...workload, template });
    await firstStart(standIns.postgres(server.endpoints[0]), pod);
  };
}

/** Plays the pod of a migration's Job, to its end. */
export function jobHook(standIns: StandIns, pods: PlayedPods): NonNullable<RehearsalHooks["onJob"]> {
  return async (manifest, where) => {
    const pod = await pods.play(serverOf(where), workloadOf(manifest));
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
