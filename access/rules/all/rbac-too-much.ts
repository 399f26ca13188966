import { blocks, first, JsonObject, text, texts } from "../program";
import { cisKubernetes, nsa, Rule } from "../rule";

/** With these one gets what one was not given. */
const VERBS = ["escalate", "bind", "impersonate"];

/** Subresources that lead into a pod or make its token; `*` before the slash is every resource that has it. */
const INTO = /^(pods|\*)\/(exec|attach|ephemeralcontainers)$|^(serviceaccounts|\*)\/token$|^(nodes|\*)\/proxy$/;

/** Who is everybody, or as good as that. */
const EVERYBODY = /^system:(authenticated|unauthenticated|serviceaccounts|anonymous)$/;

function tooMuch(rule: JsonObject): string | undefined {
  const [verbs, resources] = [texts(rule.verbs), texts(rule.resources)];
  const found = verbs.find((verb) => VERBS.includes(verb));
  if (verbs.includes("*") && resources.includes("*")) return "every verb on every resource";
  if (verbs.includes("*")) return `every verb on ${resources.join(", ")}`;
  if (resources.includes("*")) return `${verbs.join(", ")} on every resource`;
  if (found !== undefined) return `${found} on ${resources.join(", ")}`;
  const named = texts(rule.resource_names).length > 0;
  if (resources.includes("secrets") && !named && verbs.some((verb) => ["get", "list", "watch"].includes(verb)))
    return `${verbs.join(", ")} on every Secret`;
  const into = resources.find((name) => INTO.test(name));
  return into !== undefined && verbs.some((verb) => ["create", "update", "patch", "get"].includes(verb))
    ? `${verbs.join(", ")} on ${into}`
    : undefined;
}

export const rbacTooMuch: Rule = {
  id: "rbac-too-much",
  severity: "error",
  title: "Kubernetes roles name verbs and resources, and lead into no other pod",
  why: "Who may exec into a pod, make tokens of its ServiceAccount or read every Secret has its database login as well.",
  fix: "name the verbs and resources; name Secrets by resource_names",
  references: [cisKubernetes("5.1.1, 5.1.2, 5.1.3, 5.1.8"), nsa("Authentication and authorization")],
  check: ({ resources }) =>
    resources.flatMap((resource) => {
      if (/^kubernetes_(cluster_)?role_binding$/.test(resource.type)) {
        const role = text(first(resource.body.role_ref).name) ?? "";
        const everybody = blocks(resource.body.subject)
          .map(({ name }) => text(name) ?? "")
          .filter((name) => EVERYBODY.test(name));
        return [
          ...(role === "cluster-admin" ? [{ at: resource, what: "it binds cluster-admin" }] : []),
          ...everybody.map((name) => ({ at: resource, what: `it binds ${role} to ${name}` })),
        ];
      }
      if (!/^kubernetes_(cluster_)?role$/.test(resource.type)) return [];
      const found = blocks(resource.body.rule).flatMap((rule) => tooMuch(rule) ?? []);
      return found.map((what) => ({ at: resource, what: `it gives ${what}` }));
    }),
};
