import { blocks, first, isFalse, isTrue } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, nsa, podSecurity, Rule } from "../rule";

export const podPrivileged: Rule = {
  id: "pod-privileged",
  severity: "error",
  title: "No container is privileged or may become it",
  why: "A privileged container is root on its node: it reads the logins of every pod there, and the node's own.",
  fix: "leave `privileged` out and set `allow_privilege_escalation = false`",
  references: [
    cisKubernetes("5.2.2, 5.2.6"),
    podSecurity("Baseline", "Privileged Containers"),
    podSecurity("Restricted", "Privilege Escalation"),
    nsa("Pod security enforcement"),
  ],
  check: ({ pods }) =>
    pods.flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const security = first(container.security_context);
        const added = blocks(security.capabilities).flatMap(({ add }) => [add ?? []].flat());
        if (isTrue(security.privileged)) return [{ at: pod, what: `container ${nameOf(container)} is privileged` }];
        if (added.includes("SYS_ADMIN") || added.includes("ALL"))
          return [
            {
              at: pod,
              what: `container ${nameOf(container)} has the capability ${added.includes("ALL") ? "ALL" : "SYS_ADMIN"}`,
            },
          ];
        return isFalse(security.allow_privilege_escalation)
          ? []
          : [{ at: pod, what: `container ${nameOf(container)} does not set allow_privilege_escalation to false` }];
      }),
    ),
};
