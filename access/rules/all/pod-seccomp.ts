import { first, JsonObject, text } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, podSecurity, Rule } from "../rule";

const filtered = (context: JsonObject): boolean =>
  ["RuntimeDefault", "Localhost"].includes(text(first(context.seccomp_profile).type) ?? "");

export const podSeccomp: Rule = {
  id: "pod-seccomp",
  severity: "warning",
  title: "Pods have a seccomp profile",
  why: "Without one a container may make every system call. The injected agent sets none of its own, so that it needs the pod's.",
  fix: 'set seccomp_profile { type = "RuntimeDefault" } in the security_context of the pod',
  references: [cisKubernetes("5.7.2"), podSecurity("Restricted", "Seccomp")],
  check: ({ pods }) =>
    pods
      .filter((pod) => !filtered(first(pod.spec.security_context)))
      .flatMap((pod) => {
        const bare = pod.containers.filter((container) => !filtered(first(container.security_context)));
        // An agent that is injected is a container too, and has what the pod has.
        if (text(pod.annotations["vault.hashicorp.com/agent-inject"]) === "true")
          return [{ at: pod, what: "the pod has no seccomp profile, and so has its injected agent none" }];
        return bare.map((container) => ({ at: pod, what: `container ${nameOf(container)} has no seccomp profile` }));
      }),
};
