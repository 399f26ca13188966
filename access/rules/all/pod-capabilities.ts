import { blocks, first, texts } from "../program";
import { nameOf } from "../pods";
import { cisKubernetes, podSecurity, Rule } from "../rule";

export const podCapabilities: Rule = {
  id: "pod-capabilities",
  severity: "warning",
  title: "Containers drop every capability",
  why: "With NET_RAW, which containers have unless they drop it, a pod can forge packets of its neighbours.",
  fix: 'drop "ALL" in the container\'s security_context, and add NET_BIND_SERVICE at most',
  references: [cisKubernetes("5.2.8, 5.2.9, 5.2.10"), podSecurity("Restricted", "Capabilities")],
  check: ({ pods }) =>
    pods.flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const said = blocks(first(container.security_context).capabilities);
        const [dropped, added] = (["drop", "add"] as const).map((key) => said.flatMap((one) => texts(one[key])));
        const strange = added.filter((name) => name !== "NET_BIND_SERVICE");
        return [
          ...(dropped.includes("ALL") ? [] : [{ at: pod, what: `container ${nameOf(container)} does not drop ALL` }]),
          ...(strange.length > 0
            ? [{ at: pod, what: `container ${nameOf(container)} adds ${strange.join(", ")}` }]
            : []),
        ];
      }),
    ),
};
