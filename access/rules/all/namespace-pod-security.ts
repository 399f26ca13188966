import { first, text } from "../program";
import { cisKubernetes, nsa, Rule } from "../rule";

const ENFORCE = "pod-security.kubernetes.io/enforce";

export const namespacePodSecurity: Rule = {
  id: "namespace-pod-security",
  severity: "warning",
  title: "Namespaces enforce a Pod Security level",
  why: "Without one, whoever may make a pod in the namespace may make a privileged one, which reads the logins of the others.",
  fix: `label the namespace ${ENFORCE} = "restricted", or "baseline" where it cannot be`,
  references: [cisKubernetes("5.2.1"), nsa("Pod security enforcement")],
  check: ({ resources }) =>
    resources.flatMap((resource) => {
      const { type, body } = resource;
      const metadata = first(body.metadata);
      const name = text(metadata.name) ?? "";
      // A patch of the labels that a namespace has.
      const patch = type === "kubernetes_labels" && text(body.kind) === "Namespace";
      if (type !== "kubernetes_namespace" && !patch) return [];
      const level = text(first(patch ? body.labels : metadata.labels)[ENFORCE]);
      if (level === "restricted" || level === "baseline" || (patch && level === undefined)) return [];
      return [{ at: resource, what: `namespace ${name} enforces ${level ?? "no level"}` }];
    }),
};
