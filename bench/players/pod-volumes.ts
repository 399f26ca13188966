import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { AgentContainer } from "./agent";
import { makeServerDir, writePrivateFile } from "../machine/lifecycle";
import { KubernetesError, type KubernetesServer } from "../servers/kubernetes";

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

/** What of a pod's `spec` is played. */
export interface PodSpec {
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly Volume[];
  readonly containers: readonly AgentContainer[];
  readonly initContainers?: readonly AgentContainer[];
}

/** A pod of which the volumes are made. */
interface Known {
  readonly kubernetes: Pick<KubernetesServer, "request" | "tokenFor">;
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
export async function makeVolumes(root: string, pod: Known): Promise<Map<string, string>> {
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
export function mountsOf(container: AgentContainer, volumes: ReadonlyMap<string, string>): Record<string, string> {
  const paths: Record<string, string> = {};
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const dir = volumes.get(name);
    if (dir) paths[mountPath.replace(/\/+$/, "")] = subPath ? join(dir, subPath) : dir;
  }
  return paths;
}

/** Every file below a directory: relative name → content. A file that goes meanwhile is left out: an agent writes beside a file, and renames. */
export function readFiles(dir: string): Record<string, string> {
  const found = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return Object.fromEntries(
    found.sort().flatMap((path) => {
      try {
        return [[relative(dir, path), readFileSync(path, "utf8")]];
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      }
    }),
  );
}
