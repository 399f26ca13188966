import { isFalse, text } from "../program";
import { cisKubernetes, nsa, Rule } from "../rule";

export const podServiceAccount: Rule = {
  id: "pod-service-account",
  severity: "warning",
  title: "Pods run as a ServiceAccount of their own, and mount its token only where Vault needs it",
  why: "Access goes to a ServiceAccount: whatever runs as `default` shares what it may, and a token that is mounted by default opens the Kubernetes API.",
  fix: "name a service_account_name, and set `automount_service_account_token = false`; Leasehold projects a token for Vault alone",
  references: [cisKubernetes("5.1.5, 5.1.6"), nsa("Protecting Pod service account tokens")],
  check: ({ pods }) =>
    pods.flatMap((pod) => {
      // Vault asks the API server who a pod is, and its injector watches: both need the token of their own account.
      if (pod.ofChart !== undefined) return [];
      const account = text(pod.spec.service_account_name) ?? "default";
      return [
        ...(account === "default" ? [{ at: pod, what: "the pod runs as the ServiceAccount `default`" }] : []),
        ...(isFalse(pod.spec.automount_service_account_token)
          ? []
          : [{ at: pod, what: "the token of its ServiceAccount is mounted into every container" }]),
      ];
    }),
};
