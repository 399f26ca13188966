import { isComputed, Json, JsonObject, object, text } from "../terraform/json";
import { yamlDocuments } from "../terraform/yaml";
import { asResource } from "./pods";
import type { Resource } from "./resource";

/** Kubernetes objects that a resource of another kind holds, and why some of them cannot be read. */
export interface Held {
  /** In the words of the kubernetes provider, so that one rule reads both. */
  readonly objects: readonly Resource[];
  readonly why: readonly string[];
}

/** API groups that Kubernetes brings; what an object of another one makes is its operator's matter. */
const BUILT_IN =
  /^(apps|batch|autoscaling|policy|extensions|(rbac\.authorization|networking|storage|admissionregistration|apiextensions|apiregistration|certificates|coordination|discovery|events|flowcontrol\.apiserver|node|scheduling)(\.k8s\.io)?|apiregistration\.k8s\.io|events\.k8s\.io)$/;
/** What leads to a Service from outside, and is read as such: routes of a gateway, and of OpenShift. */
const ROUTES = /^(gateway\.networking\.k8s\.io|route\.openshift\.io)$/;
/** Operators whose objects make no pod, no right and no Service. */
const HARMLESS = /^(cert-manager\.io|monitoring\.coreos\.com|external-secrets\.io|secrets\.hashicorp\.com)$/;

/** Types whose only purpose is to bring manifests, whoever made the provider. */
const CARRIER = /manifest|^kubectl_|^kustomization_|^k8s_/;
/** These hold no manifest, or it is read another way. */
const OTHERWISE = /^(helm_|vault_|postgresql_|data\.|kubernetes_(?!manifest$))/;

/** Every object in the manifests of a resource: of the kubernetes provider, of others, in a file of a repository; as an object, JSON or YAML. */
export function heldBy(resource: Resource): Held {
  if (OTHERWISE.test(resource.type)) return { objects: [], why: [] };
  const found: { readonly object: JsonObject; readonly at: string }[] = [];
  const why: string[] = [];
  const look = (value: Json | undefined, at: string): void => {
    if (typeof value === "string" && /\bapiVersion\b/.test(value) && /\bkind\b/.test(value)) {
      const documents = yamlDocuments(value);
      if (documents === undefined)
        why.push(`its manifest in ${at} holds what is not read of YAML, or code of Terraform`);
      for (const one of documents ?? []) look(one, at);
    } else if (Array.isArray(value)) for (const one of value as Json[]) look(one, at);
    else if (isManifest(object(value), resource, at)) {
      const list = object(value).kind === "List" ? object(value).items : undefined;
      if (list !== undefined) look(list, at);
      else found.push({ object: object(value), at });
    } else
      for (const [key, one] of Object.entries(object(value)))
        if (key !== "//") look(one ?? null, at === "" ? key : `${at}.${key}`);
  };
  look(resource.body, "");
  if (found.length + why.length === 0 && CARRIER.test(resource.type))
    why.push("its manifest is computed when Terraform runs, or stands elsewhere");
  const objects = found.flatMap(({ object: one }) => {
    const strange = strangeness(one);
    if (strange !== undefined) why.push(strange);
    return strange !== undefined || isHarmless(one) ? [] : [derived(resource, one, found.length > 1)];
  });
  return { objects, why };
}

function isManifest(value: JsonObject, { type }: Resource, at: string): boolean {
  if (type === "kubernetes_manifest") return at === "manifest" && value.kind !== undefined;
  return typeof value.apiVersion === "string" && typeof value.kind === "string";
}

const groupOf = ({ apiVersion }: JsonObject): string => {
  const [group, version] = (text(apiVersion) ?? "").split("/");
  return (version as string | undefined) === undefined ? "" : group;
};

function isHarmless(one: JsonObject): boolean {
  return HARMLESS.test(groupOf(one));
}

/** Why an object is of a kind that no rule knows. */
function strangeness(one: JsonObject): string | undefined {
  if (isComputed(one.kind) || isComputed(one.apiVersion))
    return "the kind of its object is computed when Terraform runs";
  const group = groupOf(one);
  if (group === "" || [BUILT_IN, HARMLESS, ROUTES].some((known) => known.test(group))) return undefined;
  return `it is a ${text(one.kind) ?? "object"} of ${group}: what an operator makes of it is not read`;
}

function derived(resource: Resource, one: JsonObject, several: boolean): Resource {
  const kind = text(one.kind) ?? "";
  const name = text(object(one.metadata).name) ?? "";
  return {
    ...resource,
    address: several ? `${resource.address} (${kind} ${name})` : resource.address,
    type: `kubernetes_${kind.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()}`,
    body: { ...asResource(one), ...repetition(resource.body) },
  };
}

/** What decides how often a resource is there, and what runs beside it: true of whatever stands inside of it, too. */
export function repetition({ count, for_each: each, provisioner }: JsonObject): JsonObject {
  return {
    ...(count !== undefined && { count }),
    ...(each !== undefined && { for_each: each }),
    ...(provisioner !== undefined && { provisioner }),
  };
}
