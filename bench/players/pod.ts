import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentContainer, type AgentMapping, isNativeSidecar, mapPath } from "./agent";
import { type AgentGround, runInitAgent, type SidecarAgent, startNativeSidecar, startSidecar } from "./pod-agents";
import { makeVolumes, mountsOf, type PodSpec, readFiles } from "./pod-volumes";
import { preparePod } from "../injector/model";
import { type Scope, withScope } from "../machine/lifecycle";
import { freePort } from "../machine/process";
import { KubernetesError, type KubernetesObject, type KubernetesServer } from "../servers/kubernetes";
import { findTool } from "../machine/tools";

/** The servers that a played pod needs. */
export interface PodBench {
  /** The one that the injector was started for: the very object. */
  readonly kubernetes: Pick<KubernetesServer, "request" | "tokenFor">;
}

/** Which pod to play. */
export interface PodSettings {
  readonly namespace: string;
  /** A pod template in Kubernetes JSON: `spec.template` of a Deployment or Job. */
  readonly template: KubernetesObject;
  /** What is elsewhere on this machine; the mounts and the listener's port are mapped by playPod itself. */
  readonly mapping: Pick<AgentMapping, "vault" | "command">;
  /** Prefix of the generated name, as a ReplicaSet's. @default - the first container's name and a dash */
  readonly generateName?: string;
  /** Milliseconds for the init agent, or the native sidecar to write its files, and for the sidecar to log in. @default 60000 */
  readonly timeoutMs?: number;
  /**
   * The pod's own init containers, as the caller plays them: when the agent that runs before them has written its files, and
   * before the app starts. Without one that runs beside the app, its agent is started after them, as the app is.
   * @default - they end at once
   */
  readonly initContainers?: (files: () => Record<string, string>) => Promise<void>;
}

/** A pod whose injected containers run here; its own containers do not: the caller plays the app. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** The pod as the API server stored it, after admission. */
  readonly mutated: KubernetesObject;
  /** Directory that the containers see as /vault/secrets. */
  readonly secretsDir: string;
  /** `http://127.0.0.1:port` of the sidecar's listener; undefined without agent-cache-enable. */
  readonly agentAddress?: string;
  /** Log of the init agent that ends before the app starts; empty without one. */
  readonly initLog: string;
  /** Log of the sidecar agent, native or not, so far; empty without one. */
  readonly agentLog: string;
  /** Whether the sidecar agent runs. */
  readonly agentRunning: boolean;
  /** Every rendered file under /vault/secrets: relative name → content. */
  files(): Record<string, string>;
  /**
   * Content of one file.
   * @param name relative to /vault/secrets, or an absolute path in the first container
   * @throws if there is no such file
   */
  file(name: string): string;
  /**
   * Path on this machine of a path in the first container.
   * @throws for a path under none of its mounts
   */
  path(containerPath: string): string;
  /** The sidecar's Vault token; undefined without a sidecar (pre-populate-only) or before it has logged in. */
  agentToken(): string | undefined;
  /**
   * Ends the pod as the kubelet does: the injected preStop hook, SIGTERM to the agent, then the Pod object goes. A native
   * sidecar has no hook: it is sent SIGTERM when the app has ended, and revokes.
   * @param options.grace seconds that the hook sleeps before it revokes, or that the app took to end. @default - as annotated, or 0
   * @returns whether the token was revoked; false without agent-revoke-on-shutdown, and if the pod's
   *   termination grace period ended first
   */
  end(options?: { grace?: number }): Promise<{ revoked: boolean }>;
  /** Ends the pod as a crash does: SIGKILL, nothing is revoked; the Pod object goes. */
  kill(): Promise<void>;
}

async function createPod(bench: PodBench, settings: PodSettings, scope: Scope): Promise<KubernetesObject> {
  const { namespace, template } = settings;
  const containers = (template.spec as PodSpec).containers;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { name: _named, ...metadata } = template.metadata ?? {};
  const pod = await preparePod(bench.kubernetes, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, namespace, generateName: settings.generateName ?? `${containers[0].name}-` },
    spec: template.spec,
  });
  const created = await bench.kubernetes.request("POST", path, pod);
  scope.defer("delete the Pod object", async () => {
    try {
      await bench.kubernetes.request("DELETE", `${path}/${created.metadata?.name}`, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!(error instanceof KubernetesError && error.status === 404)) throw error;
    }
  });
  return created;
}

/**
 * Plays a pod. It creates the pod through the API server, as a ReplicaSet would, so that admission acts on it:
 * ServiceAccount, Pod Security, the injector or its model. Then it runs the injected agents with the very configuration
 * that was written into the pod, mapped to this machine by `rewriteAgentConfig`. Resolves when the files are rendered
 * and the sidecar, if there is one, has logged in. The pod's own containers are not run.
 * @throws KubernetesError if admission refuses the pod; Error if it was not injected, if the init agent fails or is not
 *   done in time (with the end of its log), or if the configuration holds anything that cannot be mapped
 */
export async function playPod(bench: PodBench, settings: PodSettings): Promise<Pod> {
  const vault = await findTool("vault");
  return withScope("pod", async (scope) => {
    const mutated = await createPod(bench, settings, scope);
    const { name = "", uid = "", namespace = settings.namespace } = mutated.metadata ?? {};
    const spec = mutated.spec as PodSpec;
    const agents = agentsOf(name, spec);
    const dir = scope.tempDir("leasehold-pod-");
    const volumes = await makeVolumes(dir, { kubernetes: bench.kubernetes, namespace, name, uid, spec });
    const listener = `127.0.0.1:${await freePort()}`;
    const logs = new Logs(dir);
    const secretsDir = mapPath("/vault/secrets", mountsOf((agents.sidecar ?? agents.init) as AgentContainer, volumes));
    const initContainers = async (): Promise<void> => settings.initContainers?.(() => readFiles(secretsDir));
    const sidecar = await startAgents(agents, initContainers, logs, {
      scope,
      vault,
      pod: name,
      dir,
      timeoutMs: settings.timeoutMs ?? 60_000,
      graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
      mapping: (container) => ({ ...settings.mapping, paths: mountsOf(container, volumes), listener }),
    });
    const close = async (): Promise<void> => {
      logs.keep();
      await scope.close();
    };
    const appPaths = mountsOf(spec.containers[0], volumes);
    return {
      name,
      namespace,
      uid,
      mutated,
      secretsDir,
      ...(sidecar?.listens ? { agentAddress: `http://${listener}` } : {}),
      get initLog() {
        return logs.read("vault-agent-init");
      },
      get agentLog() {
        return logs.read("vault-agent");
      },
      get agentRunning() {
        return sidecar?.running ?? false;
      },
      files: () => readFiles(secretsDir),
      file: (file) => readFileSync(file.startsWith("/") ? mapPath(file, appPaths) : join(secretsDir, file), "utf8"),
      path: (containerPath) => mapPath(containerPath, appPaths),
      agentToken: () => sidecar?.token(),
      end: async ({ grace } = {}) => {
        const revoked = (await sidecar?.end(grace)) ?? false;
        await close();
        return { revoked };
      },
      kill: async () => {
        await sidecar?.kill();
        await close();
      },
    };
  });
}

/** The containers that the injector added. */
interface Injected {
  readonly init?: AgentContainer;
  readonly sidecar?: AgentContainer;
}

/** @throws for a pod that was not injected */
function agentsOf(pod: string, { containers, initContainers }: PodSpec): Injected {
  const init = initContainers?.find((container) => container.name === "vault-agent-init");
  const sidecar = containers.find((container) => container.name === "vault-agent");
  if (!init && !sidecar) throw new Error(`pod ${pod} was not injected: no container vault-agent-init or vault-agent`);
  return { init, sidecar };
}

/** Starts what the injector added, in the kubelet's order. @returns the agent beside the app, if there is one */
async function startAgents(
  { init, sidecar }: Injected,
  initContainers: () => Promise<void>,
  logs: Logs,
  ground: AgentGround,
): Promise<SidecarAgent | undefined> {
  if (init && isNativeSidecar(init)) {
    const agent = await startNativeSidecar(ground, init, logs.file("vault-agent"));
    await initContainers();
    return agent;
  }
  if (init) await runInitAgent(ground, init, logs.file("vault-agent-init"));
  await initContainers();
  return sidecar && startSidecar(ground, sidecar, logs.file("vault-agent"));
}

type LogName = "vault-agent" | "vault-agent-init";

/** The agents' logs, which can be read after the pod is gone too. */
class Logs {
  private readonly kept = new Map<LogName, string>();

  constructor(private readonly dir: string) {}

  file(name: LogName): string {
    return join(this.dir, `${name}.log`);
  }

  read(name: LogName): string {
    const file = this.file(name);
    return this.kept.get(name) ?? (existsSync(file) ? readFileSync(file, "utf8") : "");
  }

  /** Before their directory goes. */
  keep(): void {
    for (const name of ["vault-agent", "vault-agent-init"] as const) this.kept.set(name, this.read(name));
  }
}
