import { Scope } from "./machine/lifecycle";
import { sleep } from "./machine/process";
import type { Bench } from "./bench";
import { KubernetesError, KubernetesObject } from "./servers/kubernetes";

type Kind = "statefulsets" | "deployments" | "jobs";

const PATHS: Readonly<Record<Kind, string>> = {
  statefulsets: "/apis/apps/v1",
  deployments: "/apis/apps/v1",
  jobs: "/apis/batch/v1",
};

interface Workload extends KubernetesObject {
  readonly metadata: { name: string; namespace: string; uid: string; generation?: number; deletionTimestamp?: string };
  readonly spec: { replicas?: number };
}

/**
 * Plays the controllers that a bare API server lacks, for the real Terraform, which waits for what they report. A
 * StatefulSet or Job is played as soon as it appears, and then its status says so. A Deployment is reported as rolled
 * out; its pods are played on demand. A new namespace gets its default ServiceAccount.
 *
 * A failure is kept in `failure`. The object then never becomes ready, and Terraform's own wait ends.
 */
export class Controllers {
  failure?: Error;
  private running = true;
  private readonly seen = new Set<string>();
  private readonly loop: Promise<void>;

  constructor(
    private readonly bench: Bench,
    scope: Scope,
  ) {
    this.loop = this.run();
    scope.defer("stop the controllers", () => this.stop());
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.loop;
  }

  private async run(): Promise<void> {
    while (this.running) {
      try {
        await this.namespaces();
        for (const kind of ["statefulsets", "jobs", "deployments"] as const) await this.workloads(kind);
      } catch (error) {
        this.failure ??= error as Error;
      }
      await sleep(300);
    }
  }

  private async namespaces(): Promise<void> {
    const list = await this.bench.kubernetes.request("GET", "/api/v1/namespaces");
    for (const namespace of list.items as Workload[]) {
      if (namespace.metadata.deletionTimestamp) await this.finalize(namespace);
      else if (this.once(namespace))
        await this.bench.hooks.onNamespace?.(namespace as never, this.bench.servers.kubernetes);
    }
  }

  /** A deleted namespace goes when its controller says that it is empty; what is in it goes with the API server's folder. */
  private async finalize(namespace: Workload): Promise<void> {
    const { name } = namespace.metadata;
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: [] } };
    await this.bench.kubernetes.request("PUT", `/api/v1/namespaces/${name}/finalize`, body).catch(ignoreMissing);
  }

  private async workloads(kind: Kind): Promise<void> {
    const list = await this.bench.kubernetes.request("GET", `${PATHS[kind]}/${kind}`);
    for (const workload of list.items as Workload[]) {
      if (workload.metadata.deletionTimestamp) {
        await this.release(kind, workload);
        continue;
      }
      if (!this.once(workload)) continue;
      const full = { ...workload, kind } as never;
      if (kind === "statefulsets") await this.bench.hooks.onStatefulSet?.(full, this.bench.servers.kubernetes);
      if (kind === "jobs") await this.bench.hooks.onJob?.(full, this.bench.servers.kubernetes);
      await this.report(kind, workload);
    }
  }

  /** A deleted workload waits until the garbage collector has removed its pods. There are none here, so it may go at once. */
  private async release(kind: Kind, { metadata }: Workload): Promise<void> {
    const path = `${PATHS[kind]}/namespaces/${metadata.namespace}/${kind}/${metadata.name}`;
    await this.bench.kubernetes
      .request("PATCH", path, { metadata: { finalizers: null } }, { contentType: "application/merge-patch+json" })
      .catch(ignoreMissing);
  }

  private once(object: Workload): boolean {
    const key = `${object.metadata.uid} ${object.metadata.generation ?? 0}`;
    if (this.seen.has(key)) return false;
    this.seen.add(key);
    return true;
  }

  private async report(kind: Kind, { metadata, spec }: Workload): Promise<void> {
    const replicas = spec.replicas ?? 1;
    const common = {
      observedGeneration: metadata.generation,
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      updatedReplicas: replicas,
    };
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const condition = (type: string): object => ({ type, status: "True", lastTransitionTime: now, lastProbeTime: now });
    const status = {
      statefulsets: { ...common, currentReplicas: replicas, currentRevision: "1", updateRevision: "1" },
      deployments: common,
      jobs: {
        startTime: now,
        completionTime: now,
        succeeded: 1,
        uncountedTerminatedPods: {},
        conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
      },
    }[kind];
    const path = `${PATHS[kind]}/namespaces/${metadata.namespace}/${kind}/${metadata.name}/status`;
    await this.bench.kubernetes
      .request("PATCH", path, { status }, { contentType: "application/merge-patch+json" })
      .catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof KubernetesError && error.status === 404)) throw error;
}
