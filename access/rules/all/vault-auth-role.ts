import { first, Resource, text, texts } from "../program";
import { hardening, Rule } from "../rule";

function wrong({ type, body }: Resource): string[] {
  if (type === "vault_kubernetes_auth_backend_role") {
    const wild = ["bound_service_account_names", "bound_service_account_namespaces"].filter((key) =>
      texts(body[key]).some((name) => name.includes("*")),
    );
    const selector = text(body.bound_service_account_namespace_selector) ?? "";
    return [
      ...(selector === ""
        ? []
        : [`bound_service_account_namespace_selector chooses namespaces by labels: whoever may label one may log in`]),
      ...wild.map((key) => `${key} is ${JSON.stringify(texts(body[key]))}: a pod that is made tomorrow may log in`),
      ...(text(body.audience) ? [] : ["it asks for no audience: every token of the cluster's ServiceAccount will do"]),
    ];
  }
  if (type === "vault_jwt_auth_backend_role") {
    const bound = [body.bound_subject, body.bound_claims].filter((value) => value !== undefined && value !== null);
    const claims = Object.values(first(body.bound_claims));
    return [
      ...(bound.length === 0 ? ["it is bound to no subject and no claim: whoever the issuer knows may log in"] : []),
      ...(claims.includes("*") ? ["one of its bound_claims is *"] : []),
      ...(texts(body.bound_audiences).length === 0 ? ["it is bound to no audience"] : []),
    ];
  }
  return [];
}

export const vaultAuthRole: Rule = {
  id: "vault-auth-role",
  severity: "error",
  title: "Auth roles of Vault are for one ServiceAccount or one pipeline, and ask for an audience",
  why: "An auth role decides who gets a login: with `*` in it, whoever may make a pod or start a pipeline has the role's logins.",
  fix: "name the ServiceAccount and its namespace, the claims of the pipeline, and an audience; WorkloadIdentity does it",
  references: [hardening("Apply least privilege"), "Vault documentation: Kubernetes auth method, role parameters"],
  check: ({ resources }) => resources.flatMap((role) => wrong(role).map((what) => ({ at: role, what }))),
};
