/** The chart that a stack writes beside its JSON: Helm installs the objects of its values, and nothing else. */
export const GUARD_CHART = "./leasehold-injection-guard";

/** Label of a namespace whose pods must come out injected, whatever `injectNamespaces` names; its value is `required`. */
export const INJECTION_LABEL = "leasehold/injection";

/** What Go reads as true, which is how the injector reads its annotations. */
const TRUE = "['1', 't', 'T', 'true', 'TRUE', 'True']";

/** CEL: whether an annotation of the injector says true. */
function annotationIsTrue(name: string): string {
  const key = `'vault.hashicorp.com/${name}'`;
  const annotations = "object.metadata.annotations";
  return `has(${annotations}) && ${key} in ${annotations} && ${annotations}[${key}] in ${TRUE}`;
}

/** CEL: whether a list of containers has one of this name. */
function contains(field: string, name: string): string {
  return `has(object.spec.${field}) && object.spec.${field}.exists(c, c.name == '${name}')`;
}

/** Where the injection is demanded. */
export interface GuardSettings {
  /** Namespace of Vault's release. */
  readonly namespace: string;
  /** Name of Vault's release. */
  readonly release: string;
  /** Namespaces whose pods the injector looks at. @default - only those with the label */
  readonly injected?: readonly string[];
}

/** An object of the Kubernetes API. */
export interface GuardObject {
  readonly apiVersion: "admissionregistration.k8s.io/v1";
  readonly kind: "ValidatingAdmissionPolicy" | "ValidatingAdmissionPolicyBinding";
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

/**
 * A policy that refuses a pod which asks for an agent and came out without one, and its bindings.
 *
 * The API server asks it after all webhooks. It looks only at pods that ask, so it can stop neither the injector nor Vault from
 * starting.
 */
export function guardObjects({ namespace, release, injected = [] }: GuardSettings): GuardObject[] {
  const name = `${release}-injection.${namespace}.leasehold`;
  const agent = [
    contains("containers", "vault-agent"),
    // A native sidecar is an init container that stays.
    contains("initContainers", "vault-agent"),
    // The agent of a pod that asks for one that ends before its containers start.
    `(${annotationIsTrue("agent-pre-populate-only")}) && ${contains("initContainers", "vault-agent-init")}`,
  ];
  const policy: GuardObject = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
      matchConditions: [{ name: "asks-for-injection", expression: annotationIsTrue("agent-inject") }],
      validations: [
        {
          expression: agent.map((one) => `(${one})`).join(" || "),
          message:
            `the pod asks for Vault's agent and has none: the injector of release ${release} in namespace ${namespace} was down, ` +
            "or does not look at this namespace (injectNamespaces)",
          reason: "Forbidden",
        },
      ],
    },
  };
  const binding = (what: string, namespaceSelector: object): GuardObject => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: `${what}.${name}` },
    spec: { policyName: name, validationActions: ["Deny"], matchResources: { namespaceSelector } },
  });
  const names = { key: "kubernetes.io/metadata.name", operator: "In", values: [...injected].sort() };
  return [
    policy,
    binding("labelled", { matchLabels: { [INJECTION_LABEL]: "required" } }),
    ...(injected.length > 0 ? [binding("named", { matchExpressions: [names] })] : []),
  ];
}
