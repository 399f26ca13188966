import { dnsLabelProblem } from "../../access/model/rules";
import { yaml } from "../../render/yaml";
import type { DeployerRoles } from "./kubernetes";

const RBAC = "rbac.authorization.k8s.io";

/** Who gets the rights, as a binding has it. */
export interface Subject {
  readonly kind: "User" | "Group" | "ServiceAccount";
  readonly name: string;
  readonly apiGroup?: string;
  readonly namespace?: string;
}

/** @throws for a text that names nobody */
export function subjectOf(text: string): Subject {
  const wrong = new Error(
    `--to ${JSON.stringify(text)} is not user:<name>, group:<name> or serviceaccount:<namespace>/<name>`,
  );
  const [, kind, name] = /^(user|group|serviceaccount):([^\p{Cc}\s]+)$/u.exec(text) ?? [];
  if (kind === undefined) throw wrong;
  if (kind !== "serviceaccount") return { kind: kind === "user" ? "User" : "Group", name, apiGroup: RBAC };
  const [namespace, account, ...more] = name.split("/");
  if (
    more.length > 0 ||
    account === undefined ||
    dnsLabelProblem(namespace) ||
    !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(account)
  )
    throw wrong;
  return { kind: "ServiceAccount", name: account, namespace };
}

/** The objects: a ClusterRole, a Role for each namespace, and a binding of each. @throws for a name that Kubernetes refuses */
export function roleObjects({ cluster, namespaces }: DeployerRoles, name: string, subject: Subject): object[] {
  const problem = dnsLabelProblem(name);
  if (problem) throw new Error(`--name ${JSON.stringify(name)} ${problem}`);
  const pair = (kind: "Role" | "ClusterRole", rules: readonly object[], namespace?: string): object[] => {
    const head = { apiVersion: `${RBAC}/v1`, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
    const roleRef = { apiGroup: RBAC, kind, name };
    return [
      { ...head, rules },
      { ...head, kind: `${kind}Binding`, roleRef, subjects: [subject] },
    ];
  };
  return [
    ...(cluster.length > 0 ? pair("ClusterRole", cluster) : []),
    ...[...namespaces].flatMap(([namespace, rules]) => pair("Role", rules, namespace)),
  ];
}

/** The same as YAML, for `kubectl apply -f -`. */
export function renderRoles(roles: DeployerRoles, name: string, subject: Subject): string {
  return roleObjects(roles, name, subject)
    .map((object) => `---\n${yaml(object)}`)
    .join("");
}
