import { blocks, first, isComputed, JsonObject, text, texts } from "../program";
import type { Program } from "../program";
import type { Resource } from "../resource";
import { cisKubernetes, nsa, Rule } from "../rule";

/** What Kubernetes itself makes pods of. What operators make them of is not known. */
const MAKES_PODS = /^(pods|deployments|statefulsets|daemonsets|replicasets|replicationcontrollers|jobs|cronjobs|\*)$/;
/** `update` and `patch` as well: whoever changes the image of a pod that runs has its login. */
const MAKING = ["create", "update", "patch", "*"];

export const rbacPods: Rule = {
  id: "rbac-pods",
  severity: "error",
  title: "Nobody but a pipeline may make pods in a namespace whose ServiceAccounts have logins",
  why: "A pod names any ServiceAccount of its namespace, and gets its database login; whoever changes the image of one that runs has it, too.",
  fix: "give people verbs that read, or another namespace; the role of the pipeline that deploys these workloads is one to acknowledge",
  references: [cisKubernetes("5.1.4"), nsa("Authentication and authorization")],
  check: (program) => {
    const logins = new Set(program.graph.identities.map(({ key }) => key.namespace));
    return program.resources.flatMap((resource) => {
      const given = blocks(resource.body.rule).flatMap((rule) => making(rule) ?? []);
      if (given.length === 0) return [];
      const where = namespacesOf(resource, program, logins);
      return where.length === 0
        ? []
        : given.map((what) => ({ at: resource, what: `it gives ${what}, in ${where.join(", ")}` }));
    });
  },
};

function making(rule: JsonObject): string | undefined {
  const verbs = texts(rule.verbs).filter((verb) => MAKING.includes(verb));
  const kinds = texts(rule.resources).filter((kind) => MAKES_PODS.test(kind));
  return verbs.length > 0 && kinds.length > 0 ? `${verbs.join(", ")} on ${kinds.join(", ")}` : undefined;
}

/** Namespaces with logins in which a role may hold: its own, or those in which it is bound; every one, where no binding is known. */
function namespacesOf(role: Resource, { resources }: Program, logins: ReadonlySet<string>): string[] {
  if (role.type === "kubernetes_role") return [namespaceOf(role)].filter((namespace) => logins.has(namespace));
  if (role.type !== "kubernetes_cluster_role") return [];
  const name = text(first(role.body.metadata).name);
  const bindings = resources
    .filter(({ type }) => /^kubernetes_(cluster_)?role_binding$/.test(type))
    .filter(({ body }) => {
      const { name: bound, kind } = first(body.role_ref);
      return kind !== "Role" && (bound === name || isComputed(bound));
    });
  const everywhere = bindings.some((one) => one.type !== "kubernetes_role_binding" || isComputed(namespaceOf(one)));
  if (bindings.length === 0 || everywhere) return [...logins];
  return [...new Set(bindings.map(namespaceOf))].filter((namespace) => logins.has(namespace));
}

const namespaceOf = ({ body }: Resource): string => text(first(body.metadata).namespace) ?? "default";
