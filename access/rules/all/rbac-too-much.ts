import { blocks, first, JsonObject, text, texts } from "../program";
import { cisKubernetes, nsa, Rule } from "../rule";

/** With these one gets what one was not given. */
const VERBS = ["escalate", "bind", "impersonate"];

/** Subresources that lead into a pod or make its token; `*` before the slash is every resource that has it. */
const INTO =
  /^(pods|\*)\/(exec|attach|ephemeralcontainers|portforward)$|^(serviceaccounts|\*)\/token$|^(nodes|\*)\/proxy$/;

/** Whoever writes these changes every pod as it is made, sees every object, signs certificates of other users, or mounts folders of a node. */
const WRITES =
  /^(mutatingwebhookconfigurations|validatingwebhookconfigurations|mutatingadmissionpolic(ies|ybindings)|certificatesigningrequests\/approval|signers|persistentvolumes)$/;

/** Roles that Kubernetes brings, with which one reads every Secret, enters every pod, or is a part of the cluster. */
const BUILT_IN = /^(cluster-admin|admin|edit|system:(aggregate-to-(admin|edit)|node|controller:.+|kube-.+))$/;

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
  if (into !== undefined && verbs.some((verb) => ["create", "update", "patch", "get"].includes(verb)))
    return `${verbs.join(", ")} on ${into}`;
  const written = resources.find((name) => WRITES.test(name));
  return written !== undefined && verbs.some((verb) => /^(create|update|patch|sign|approve)$/.test(verb))
    ? `${verbs.join(", ")} on ${written}`
    : undefined;
}

export const rbacTooMuch: Rule = {
  id: "rbac-too-much",
  severity: "error",
  title: "Kubernetes roles name verbs and resources, and lead into no other pod",
  why: "Who may exec into a pod, debug it, make tokens of its ServiceAccount, impersonate it, change pods as they are made or read every Secret has its database login as well.",
  fix: "name the verbs and resources; name Secrets by resource_names; bind a role of your own instead of admin or edit",
  references: [cisKubernetes("5.1.1, 5.1.2, 5.1.3, 5.1.8 to 5.1.13"), nsa("Authentication and authorization")],
  check: ({ resources }) =>
    resources.flatMap((resource) => {
      if (/^kubernetes_(cluster_)?role_binding$/.test(resource.type)) {
        const { kind, name } = first(resource.body.role_ref);
        const role = text(name) ?? "";
        const everybody = blocks(resource.body.subject)
          .map(({ name }) => text(name) ?? "")
          .filter((name) => EVERYBODY.test(name));
        return [
          // A Role of that name is the user's own.
          ...(kind !== "Role" && BUILT_IN.test(role) ? [{ at: resource, what: `it binds ${role}` }] : []),
          ...everybody.map((name) => ({ at: resource, what: `it binds ${role} to ${name}` })),
        ];
      }
      if (!/^kubernetes_(cluster_)?role$/.test(resource.type)) return [];
      const found = blocks(resource.body.rule).flatMap((rule) => tooMuch(rule) ?? []);
      return found.map((what) => ({ at: resource, what: `it gives ${what}` }));
    }),
};
