import { cisKubernetes, Rule } from "../rule";

export const namespaceDefault: Rule = {
  id: "namespace-default",
  severity: "warning",
  title: "Nothing runs in the namespace `default`",
  why: "Whatever names no namespace lands there, beside the pod that has a login.",
  fix: "give it a namespace of its own",
  references: [cisKubernetes("5.7.4")],
  check: ({ pods }) =>
    pods
      .filter(({ namespace }) => namespace === "default")
      .map((pod) => ({ at: pod, what: `${pod.address} runs in the namespace default` })),
};
