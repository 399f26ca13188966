import { KubernetesError, type KubernetesObject, type KubernetesServer } from "../servers/kubernetes";
import type { InjectionSettings } from "./defaults";
import { InjectionRefused } from "./go";
import { injectAgent } from "./inject";

type Requester = Pick<KubernetesServer, "request">;

/** The model is registered with an API server, as the webhook would be. It sees the pods that go through `preparePod`. */
const models = new WeakMap<Requester, InjectionSettings>();

/**
 * Registers the model in place of the injector's webhook.
 * @returns a function that takes it away again
 */
export function registerModel(kubernetes: Requester, settings: InjectionSettings): () => void {
  models.set(kubernetes, settings);
  return () => {
    if (models.get(kubernetes) === settings) models.delete(kubernetes);
  };
}

/** The annotation by which a pod asks for an agent. */
const ASKS = "vault.hashicorp.com/agent-inject";

/**
 * The pod as a webhook would see it. The API server fills in its defaults and the mount of the ServiceAccount token,
 * refuses what it would refuse, and stores nothing.
 *
 * Here the pod does not ask for an agent yet. Leasehold's guard, a policy, would refuse a pod that asks and has none; a
 * real webhook runs before such policies.
 */
async function admitted(kubernetes: Requester, path: string, pod: KubernetesObject): Promise<KubernetesObject> {
  const { [ASKS]: asks, ...others } = pod.metadata?.annotations ?? {};
  const asked = { ...pod, metadata: { ...pod.metadata, annotations: others } };
  const { metadata: seen, spec } = await kubernetes.request("POST", path, asked, { query: { dryRun: "All" } });
  const { labels } = seen ?? {};
  const annotations = { ...(asks === undefined ? {} : { [ASKS]: asks }), ...seen?.annotations };
  const metadata = { ...pod.metadata, ...(labels ? { labels } : {}), annotations };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

/**
 * The pod to send to the API server: the injected one, if the model is registered there. Else it is the pod as given,
 * and the webhooks act on it.
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
