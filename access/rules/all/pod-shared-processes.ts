import { isTrue, JsonObject, text } from "../program";
import type { Pod } from "../pods";
import { nsa, Rule } from "../rule";

/** Vault or its agent, written into the pod rather than injected. */
const VAULT = /(^|\/)(vault|vault-enterprise|openbao|bao)([:@]|$)/;

export const podSharedProcesses: Rule = {
  id: "pod-shared-processes",
  severity: "warning",
  title: "No container sees the processes of Vault or of its agent",
  why: "Containers that share their processes reach each other's files by /proc, and as the same user each other's memory: the agent's token, the logins that are for one container, the keys of a Vault server.",
  fix: "leave share_process_namespace out; have the agent tell the app by Reload.httpPost. A signal of the agent needs it: acknowledge it where you know every container of the pod",
  references: [
    "Kubernetes documentation: Share Process Namespace between Containers in a Pod",
    nsa("Pod security enforcement"),
  ],
  check: ({ pods }) => pods.flatMap((pod) => found(pod).map((what) => ({ at: pod, what }))),
};

function found(pod: Pod): string[] {
  const injected = isTrue(pod.annotations["vault.hashicorp.com/agent-inject"]);
  const asked = isTrue(pod.annotations["vault.hashicorp.com/agent-share-process-namespace"]);
  const beside = injected ? "the injected agent" : vaultIn(pod);
  if (beside === undefined || !(isTrue(pod.spec.share_process_namespace) || (injected && asked))) return [];
  return [`the containers of the pod see the processes of ${beside}`];
}

function vaultIn({ containers, ofChart }: Pod): string | undefined {
  const runs = ({ name, image }: JsonObject): boolean =>
    ofChart?.includes(text(name) ?? "") === true || VAULT.test(text(image) ?? "");
  const one = containers.find(runs);
  return one === undefined ? undefined : `container ${JSON.stringify(text(one.name) ?? "without a name")}`;
}
