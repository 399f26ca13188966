import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  type AgentContainer,
  agentConfigOf,
  type AgentMapping,
  describeExit,
  destinationsOf,
  isNativeSidecar,
  mapPath,
  readPreStop,
  rewriteAgentConfig,
  scriptEnv,
  vaultProcess,
} from "./agent";
import { agentScript } from "../../constructs/injection/agent-script";
import { preparePod } from "../injector/model";
import { makeServerDir, type Scope, serverUser, withScope, writePrivateFile } from "../machine/lifecycle";
import {
  executableForServer,
  freePort,
  type ProcessOptions,
  runToEnd,
  ServerProcess,
  sleep,
  tail,
  waitFor,
} from "../machine/process";
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

interface VolumeSource {
  readonly serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
  readonly configMap?: { name: string; items?: readonly { key: string; path: string }[]; optional?: boolean };
  readonly secret?: { name: string; items?: readonly { key: string; path: string }[]; optional?: boolean };
  readonly downwardAPI?: { items?: readonly { path: string; fieldRef?: { fieldPath: string } }[] };
}

interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly projected?: { readonly sources: readonly VolumeSource[] };
  readonly configMap?: VolumeSource["configMap"];
  readonly secret?: { secretName: string; items?: readonly { key: string; path: string }[]; optional?: boolean };
  readonly downwardAPI?: VolumeSource["downwardAPI"];
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly Volume[];
  readonly containers: readonly AgentContainer[];
  readonly initContainers?: readonly AgentContainer[];
}

interface Known {
  readonly kubernetes: PodBench["kubernetes"];
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly spec: PodSpec;
}

/** Writes one source of a volume into its directory, as the kubelet would; tokens are not refreshed. */
async function writeSource(source: VolumeSource, dir: string, pod: Known): Promise<void> {
  const write = (path: string, content: string): void => {
    makeServerDir(dirname(join(dir, path)));
    writePrivateFile(join(dir, path), content);
  };
  if (source.serviceAccountToken) {
    const { path, audience, expirationSeconds } = source.serviceAccountToken;
    const token = await pod.kubernetes.tokenFor(pod.namespace, pod.spec.serviceAccountName, {
      boundPod: { name: pod.name, uid: pod.uid },
      ...(audience ? { audiences: [audience] } : {}),
      ...(expirationSeconds ? { ttlSeconds: expirationSeconds } : {}),
    });
    write(path, token);
  }
  for (const kind of ["configMap", "secret"] as const) {
    const from = source[kind];
    if (!from) continue;
    const resource = kind === "configMap" ? "configmaps" : "secrets";
    const object = await pod.kubernetes
      .request("GET", `/api/v1/namespaces/${pod.namespace}/${resource}/${from.name}`)
      .catch((error: unknown) => {
        if (from.optional && error instanceof KubernetesError && error.status === 404) return undefined;
        throw error;
      });
    const data = (object?.data ?? {}) as Record<string, string>;
    for (const { key, path } of from.items ?? Object.keys(data).map((name) => ({ key: name, path: name }))) {
      if (data[key] === undefined) continue;
      write(path, kind === "secret" ? Buffer.from(data[key], "base64").toString("utf8") : data[key]);
    }
  }
  for (const { path, fieldRef } of source.downwardAPI?.items ?? []) {
    const fields: Record<string, string> = { "metadata.namespace": pod.namespace, "metadata.name": pod.name };
    const value = fields[fieldRef?.fieldPath ?? ""];
    if (value === undefined) throw new Error(`downward API field ${fieldRef?.fieldPath} is not played`);
    write(path, value);
  }
}

/** Makes the pod's volumes; returns volume name → directory. A kind that it does not know is left out. */
async function makeVolumes(root: string, pod: Known): Promise<Map<string, string>> {
  const dirs = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    const { configMap, downwardAPI, emptyDir, projected, secret } = volume;
    const sources: VolumeSource[] = [...(projected?.sources ?? [])];
    if (configMap) sources.push({ configMap });
    if (downwardAPI) sources.push({ downwardAPI });
    if (secret) sources.push({ secret: { name: secret.secretName, items: secret.items, optional: secret.optional } });
    if (!emptyDir && sources.length === 0) continue;
    const dir = makeServerDir(join(root, volume.name));
    for (const source of sources) await writeSource(source, dir, pod);
    dirs.set(volume.name, dir);
  }
  return dirs;
}

/** Mount path → directory, for one container. */
function mountsOf(container: AgentContainer, volumes: ReadonlyMap<string, string>): Record<string, string> {
  const paths: Record<string, string> = {};
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const dir = volumes.get(name);
    if (dir) paths[mountPath.replace(/\/+$/, "")] = subPath ? join(dir, subPath) : dir;
  }
  return paths;
}

function readFiles(dir: string): Record<string, string> {
  const found = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Object.fromEntries(found.sort().map((path) => [relative(dir, path), readFileSync(path, "utf8")]));
}

/** What the script of a native sidecar says at its end (constructs/injection/agent-script.ts). */
const REVOKED = "leasehold: the pod's login is revoked";
const NOT_REVOKED = "leasehold: not revoked";

/** Runs a native sidecar's script, with a program `vault` on its PATH that the servers' user can run. */
async function startScript(
  scope: Scope,
  vault: string,
  dir: string,
  options: Omit<ProcessOptions, "command" | "unprivileged">,
): Promise<ServerProcess> {
  const program = serverUser() ? executableForServer(vault, dir) : vault;
  const wrapper = join(makeServerDir(join(dir, "bin")), "vault");
  writePrivateFile(wrapper, `#!/bin/sh\nexec '${program ?? vault}' "$@"\n`);
  chmodSync(wrapper, 0o700);
  return ServerProcess.start(scope, { ...options, command: "/bin/sh", unprivileged: program !== undefined });
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
 * Plays a pod: creates it through the API server, as a ReplicaSet would, so that admission (ServiceAccount, Pod
 * Security, the injector or its model) acts on it; then runs the injected agents with the very configuration that was
 * written into it, mapped to this machine by `rewriteAgentConfig`. Resolves when the files are rendered and the sidecar, if
 * there is one, has logged in. The pod's own init containers and containers are not run.
 * @throws KubernetesError if admission refuses the pod; Error if it was not injected, if the init agent fails or is not
 *   done in time (with the end of its log), or if the configuration holds anything that cannot be mapped
 */
export async function playPod(bench: PodBench, settings: PodSettings): Promise<Pod> {
  const vault = await findTool("vault");
  const timeoutMs = settings.timeoutMs ?? 60_000;
  return withScope("pod", async (scope) => {
    const mutated = await createPod(bench, settings, scope);
    const { name = "", uid = "", namespace = settings.namespace } = mutated.metadata ?? {};
    const spec = mutated.spec as PodSpec;
    const init = spec.initContainers?.find((container) => container.name === "vault-agent-init");
    const sidecar = spec.containers.find((container) => container.name === "vault-agent");
    if (!init && !sidecar) {
      throw new Error(`pod ${name} was not injected: no container vault-agent-init or vault-agent`);
    }

    const dir = scope.tempDir("leasehold-pod-");
    const volumes = await makeVolumes(dir, { kubernetes: bench.kubernetes, namespace, name, uid, spec });
    const listener = `127.0.0.1:${await freePort()}`;
    const logs = { init: join(dir, "vault-agent-init.log"), agent: join(dir, "vault-agent.log") };

    const read = (container: AgentContainer) => {
      const mapping: AgentMapping = { ...settings.mapping, paths: mountsOf(container, volumes), listener };
      return {
        mapping,
        home: mapPath("/home/vault", mapping.paths),
        config: rewriteAgentConfig(agentConfigOf(container), mapping),
      };
    };
    const prepare = (container: AgentContainer) => {
      const found = read(container);
      const configFile = writePrivateFile(join(found.home, "config.json"), JSON.stringify(found.config));
      return { ...found, args: ["agent", `-config=${configFile}`] };
    };

    const native = init && isNativeSidecar(init) ? { container: init, ...read(init) } : undefined;
    if (init && !native) {
      const { home, args } = prepare(init);
      const exit = await runToEnd(scope, { ...vaultProcess(init, vault, home, args, logs.init), timeoutMs });
      if (exit.code !== 0) {
        throw new Error(`pod ${name}: vault-agent-init ${describeExit(exit)}\n${tail(logs.init)}`);
      }
    }

    let agent: ServerProcess | undefined;
    const prepared = sidecar && prepare(sidecar);
    const agentHome = (prepared ?? native)?.home;
    const agentToken = (): string | undefined => {
      const sink = agentHome && join(agentHome, ".vault-token");
      return sink && existsSync(sink) ? readFileSync(sink, "utf8").trim() || undefined : undefined;
    };
    if (native) {
      const { container, home, config } = native;
      const files = destinationsOf(config);
      agent = await startScript(scope, vault, dir, {
        name: container.name,
        args: ["-ec", agentScript(files, home)],
        env: scriptEnv(container, home, join(dir, "bin"), config),
        cwd: home,
        logFile: logs.agent,
      });
      // As the startup probe: the app's containers start when every file is there.
      await waitFor(async () => agentToken() && files.every((file) => existsSync(file)), {
        what: `the native sidecar of pod ${name} has written ${files.join(", ")}`,
        timeoutMs,
        process: agent,
      });
    }
    if (sidecar && prepared) {
      agent = await ServerProcess.start(scope, vaultProcess(sidecar, vault, prepared.home, prepared.args, logs.agent));
      await waitFor(async () => agentToken(), {
        what: `the sidecar agent of pod ${name} has logged in`,
        timeoutMs,
        process: agent,
      });
    }

    // A log must be readable after the pod is gone.
    const kept = new Map<string, string>();
    const readLog = (file: string): string => kept.get(file) ?? (existsSync(file) ? readFileSync(file, "utf8") : "");
    const close = async (): Promise<void> => {
      for (const file of Object.values(logs)) kept.set(file, readLog(file));
      await scope.close();
    };

    const runPreStop = async (grace?: number): Promise<boolean> => {
      const command = sidecar?.lifecycle?.preStop?.exec?.command;
      if (!command || !sidecar || !prepared || !agent?.running) return false;
      const hook = readPreStop(command, prepared.mapping);
      const seconds = grace ?? hook.graceSeconds;
      const limit = spec.terminationGracePeriodSeconds ?? 30;
      await sleep(Math.min(seconds, limit) * 1000);
      if (seconds >= limit) return false;
      const options = vaultProcess(sidecar, vault, prepared.home, hook.args, logs.agent);
      // The kubelet goes on when a hook fails or is not done in time, and so do we.
      const timeout = Math.max(1, limit - seconds) * 1000;
      const exit = await runToEnd(scope, { ...options, timeoutMs: timeout }).catch(() => ({ code: 1 }));
      return exit.code === 0;
    };

    const appPaths = mountsOf(spec.containers[0], volumes);
    const secretsDir = mapPath("/vault/secrets", mountsOf((sidecar ?? init) as AgentContainer, volumes));
    return {
      name,
      namespace,
      uid,
      mutated,
      secretsDir,
      ...(prepared?.config.listener ? { agentAddress: `http://${listener}` } : {}),
      get initLog() {
        return readLog(logs.init);
      },
      get agentLog() {
        return readLog(logs.agent);
      },
      get agentRunning() {
        return agent?.running ?? false;
      },
      files: () => readFiles(secretsDir),
      file: (file) => readFileSync(file.startsWith("/") ? mapPath(file, appPaths) : join(secretsDir, file), "utf8"),
      path: (containerPath) => mapPath(containerPath, appPaths),
      agentToken,
      end: async ({ grace } = {}) => {
        if (native && agent) {
          // The app has ended: the caller played it. What it left of the pod's time is the agent's.
          const limit = (spec.terminationGracePeriodSeconds ?? 30) - (grace ?? 0);
          const { code } = await agent.terminate(Math.max(0, limit) * 1000);
          const said = readLog(logs.agent);
          await close();
          return { revoked: code === 0 && said.includes(REVOKED) && !said.includes(NOT_REVOKED) };
        }
        const revoked = await runPreStop(grace);
        await agent?.stop();
        await close();
        return { revoked };
      },
      kill: async () => {
        await agent?.kill();
        await close();
      },
    };
  });
}
