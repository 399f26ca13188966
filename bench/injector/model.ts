import { KubernetesError, type KubernetesObject, type KubernetesServer } from "../servers/kubernetes";
import type { InjectionSettings } from "./defaults";
import { InjectionRefused } from "./go";
import { injectAgent } from "./inject";

type Requester = Pick<KubernetesServer, "request">;

/** As the webhook is registered with an API server, so is the model, for the pods that go through preparePod. */
const models = new WeakMap<Requester, InjectionSettings>();

/**
 * Registers the model in place of the injector's webhook.
 * @returns takes it off again
 */
export function registerModel(kubernetes: Requester, settings: InjectionSettings): () => void {
  models.set(kubernetes, settings);
  return () => {
    if (models.get(kubernetes) === settings) models.delete(kubernetes);
  };
}

/**
 * The pod as a webhook would see it: the API server fills in its defaults and the mount of the ServiceAccount token, and
 * refuses what it would refuse; nothing is stored.
 */
async function admitted(kubernetes: Requester, path: string, pod: KubernetesObject): Promise<KubernetesObject> {
  const { metadata: seen, spec } = await kubernetes.request("POST", path, pod, { query: { dryRun: "All" } });
  const { annotations, labels } = seen ?? {};
  const metadata = { ...pod.metadata, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

/**
 * The pod to send to the API server for one that is to be created: the injected one, if the model is registered there;
 * else the same, since then it is for the webhooks to act on it.
 * @throws KubernetesError if the pod is refused, by the API server or by the injector; Error for an annotation that the
 *   model does not play
 */
export async function preparePod(kubernetes: Requester, pod: KubernetesObject): Promise<KubernetesObject> {
  const settings = models.get(kubernetes);
  if (!settings) return pod;
  const path = `/api/v1/namespaces/${pod.metadata?.namespace}/pods`;
  const seen = await admitted(kubernetes, path, pod);
  try {
    return injectAgent(seen, settings);
  } catch (error) {
    if (!(error instanceof InjectionRefused)) throw error;
    // As the API server says it for the webhook.
    const detail = `admission webhook "vault.hashicorp.com" denied the request: ${error.message}`;
    throw new KubernetesError(`POST ${path}`, 400, "", detail);
  }
}
