import { request } from "node:https";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyJsonPatch, type PatchOperation } from "../../../bench/injector/json-patch";
import { startWebhook, type Webhook } from "../../../bench/injector/webhook";
import { injectorEnv } from "../../../bench/injector/start";
import { type KubernetesObject, startKubernetes } from "../../../bench/servers/kubernetes";
import { lookForInjector } from "../../../bench/machine/tools";
import { CASES, type InjectionCase, podOf } from "./cases";

/** One file of golden/. */
export interface Recording {
  readonly recordedWith: "vault-k8s 1.7.6";
  /** The injector's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What was sent to the API server. */
  readonly sent: object;
  /** What the API server (Kubernetes 1.34) made of it, and sends to a webhook. */
  readonly pod: KubernetesObject;
  /** What the injector made of that. */
  readonly injected?: KubernetesObject;
  /** Why it refused. */
  readonly refused?: string;
}

export const GOLDEN = join(__dirname, "golden");
const VAULT = "http://vault.vault.svc:8200";

export const environmentOf = (each: InjectionCase): Record<string, string> =>
  injectorEnv({ vaultAddress: VAULT, env: each.env });

interface Review {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly message?: string };
}

function review(webhook: Webhook, pod: KubernetesObject): Promise<Review> {
  const body = JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "1",
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      namespace: pod.metadata?.namespace,
      operation: "CREATE",
      object: pod,
    },
  });
  return new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      ca: webhook.caPem,
      agent: false,
      headers: { "Content-Type": "application/json" },
    };
    const call = request(webhook.url, options, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve((JSON.parse(text) as { response: Review }).response));
    });
    call.on("error", reject);
    call.end(body);
  });
}

/** The random part of names, made the same. */
function normalise(pod: KubernetesObject): KubernetesObject {
  const text = JSON.stringify(pod).replace(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-xxxxx");
  const { metadata, spec } = JSON.parse(text) as KubernetesObject;
  const { annotations, generateName, namespace } = metadata ?? {};
  return { apiVersion: "v1", kind: "Pod", metadata: { generateName, namespace, annotations }, spec };
}

/** Whether the templates came in the order of their annotations; the injector takes them in any. */
function inOrder(injected: KubernetesObject, each: InjectionCase): boolean {
  const names = Object.keys(each.annotations)
    .map((key) => /^agent-inject-(?:secret|template-file|template)-(.+)$/.exec(key)?.[1])
    .filter((name): name is string => name !== undefined && name !== "empty");
  const wanted = [...new Set(names)].sort();
  const marks = wanted.map((name) => each.annotations[`agent-inject-file-${name}`] ?? name);
  const { containers, initContainers = [] } = injected.spec as {
    containers: Agent[];
    initContainers?: Agent[];
  };
  type Agent = { name: string; env?: { name: string; value?: string }[] };
  for (const { env } of [...containers, ...initContainers].filter(({ name }) => name.startsWith("vault-agent"))) {
    const config = env?.find(({ name }) => name === "VAULT_CONFIG")?.value;
    if (config === undefined) continue;
    const { template = [] } = JSON.parse(Buffer.from(config, "base64").toString()) as {
      template?: { destination: string }[];
    };
    const last = (path: string): string => path.replace(/\/+$/, "").split("/").pop()?.toLowerCase() ?? "";
    if (template.some(({ destination }, index) => last(destination) !== last(marks[index]))) return false;
  }
  return true;
}

async function recordCase(webhook: Webhook, each: InjectionCase, pod: KubernetesObject): Promise<Recording> {
  const common = { recordedWith: "vault-k8s 1.7.6", env: environmentOf(each), sent: podOf(each), pod } as const;
  for (let tries = 0; tries < 20_000; tries += 1) {
    const { allowed, patch, status } = await review(webhook, pod);
    if (!allowed) return { ...common, refused: status?.message };
    const operations = patch ? (JSON.parse(Buffer.from(patch, "base64").toString()) as PatchOperation[]) : [];
    const injected = applyJsonPatch(pod, operations);
    if (inOrder(injected, each)) return { ...common, injected };
  }
  throw new Error(`${each.name}: the templates never came in order`);
}

/**
 * Writes golden/ anew, with a real API server and the real injector.
 * @throws if this machine has no vault-k8s
 */
export async function record(onProgress: (line: string) => void): Promise<void> {
  const command = lookForInjector();
  if (command === undefined) throw new Error("recording needs vault-k8s 1.7.6: LEASEHOLD_VAULT_K8S, or on PATH");
  const kubernetes = await startKubernetes({ onProgress });
  try {
    await kubernetes.ensureNamespace("shop");
    await kubernetes.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace: "shop" } });
    for (const each of CASES) {
      const query = { dryRun: "All" };
      const pod = await kubernetes.request("POST", "/api/v1/namespaces/shop/pods", podOf(each), { query });
      const webhook = await startWebhook(kubernetes, command, environmentOf(each));
      try {
        const recording = await recordCase(webhook, each, normalise(pod));
        writeFileSync(join(GOLDEN, `${each.name}.json`), `${JSON.stringify(recording, undefined, 2)}\n`);
        onProgress(`recorded ${each.name}`);
      } finally {
        await webhook.stop();
      }
    }
  } finally {
    await kubernetes.stop();
  }
}
