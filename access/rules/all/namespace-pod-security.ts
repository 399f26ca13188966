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
    resources
      .filter(({ type }) => type === "kubernetes_namespace")
      .flatMap((namespace) => {
        const metadata = first(namespace.body.metadata);
        const level = text(first(metadata.labels)[ENFORCE]);
        if (level === "restricted" || level === "baseline") return [];
        const name = text(metadata.name) ?? "";
        return [{ at: namespace, what: `namespace ${name} enforces ${level ?? "no level"}` }];
      }),
};
