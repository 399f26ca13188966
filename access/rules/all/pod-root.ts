import { first, isTrue } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, nsa, podSecurity, Rule } from "../rule";

export const podRoot: Rule = {
  id: "pod-root",
  severity: "error",
  title: "No container runs as root",
  why: "Root in a container is one fault of the kernel away from root on the node.",
  fix: "set `run_as_non_root = true`, for the pod or for the container, and no run_as_user of 0",
  references: [
    cisKubernetes("5.2.7"),
    podSecurity("Restricted", "Running as Non-root"),
    nsa("Non-root containers and rootless container engines"),
  ],
  check: ({ pods }) =>
    pods.flatMap((pod) => {
      const whole = first(pod.spec.security_context);
      return pod.containers.flatMap((container) => {
        const own = first(container.security_context);
        const user = own.run_as_user ?? whole.run_as_user;
        if (String(user) === "0") return [{ at: pod, what: `container ${nameOf(container)} runs as user 0` }];
        return isTrue(own.run_as_non_root ?? whole.run_as_non_root)
          ? []
          : [{ at: pod, what: `container ${nameOf(container)} may run as root: run_as_non_root is not true` }];
      });
    }),
};
