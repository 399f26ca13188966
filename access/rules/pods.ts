import { blocks, first, Json, JsonObject, text, within } from "../terraform/json";
import type { Resource } from "./resource";

/** What runs as a pod: its spec as the kubernetes provider writes it, whoever made it. */
export interface Pod extends Resource {
  readonly namespace: string;
  readonly spec: JsonObject;
  readonly annotations: JsonObject;
  readonly labels: JsonObject;
  /** Containers, those that run before them included. */
  readonly containers: readonly JsonObject[];
}

const TEMPLATE: Readonly<Record<string, string>> = {
  kubernetes_deployment: "spec.template",
  kubernetes_stateful_set: "spec.template",
  kubernetes_daemonset: "spec.template",
  kubernetes_daemon_set: "spec.template",
  kubernetes_replica_set: "spec.template",
  kubernetes_replication_controller: "spec.template",
  kubernetes_pod_template: "template",
  kubernetes_job: "spec.template",
  kubernetes_cron_job: "spec.job_template.spec.template",
  kubernetes_pod: "",
};

/** Whether a resource of this type makes pods. */
export function isPodType(type: string): boolean {
  return Object.hasOwn(TEMPLATE, type);
}

export function podOf(resource: Resource): Pod | undefined {
  const { body } = resource;
  if (!isPodType(resource.type)) return undefined;
  const at = TEMPLATE[resource.type];
  const template = at === "" ? body : within(body, at);
  const spec = first(template.spec);
  return {
    ...resource,
    namespace: text(first(body.metadata).namespace) ?? "default",
    spec,
    annotations: first(first(template.metadata).annotations),
    labels: first(first(template.metadata).labels),
    containers: [...blocks(spec.init_container), ...blocks(spec.container)],
  };
}

/** Containers that somebody wrote: those that Vault's chart brings are as it needs them, and rules about the chart read its values. */
export function writtenContainers({ containers, ofChart }: Pod): JsonObject[] {
  return containers.filter(({ name }) => !ofChart?.includes(text(name) ?? ""));
}

/** What the provider calls otherwise than Kubernetes does, beside the underscores. */
const SINGULAR: Readonly<Record<string, string>> = {
  containers: "container",
  init_containers: "init_container",
  volumes: "volume",
  volume_mounts: "volume_mount",
  ports: "port",
  rules: "rule",
  subjects: "subject",
};

/** A manifest of Kubernetes in the provider's words, so that one rule reads both. */
export function asResource(value: JsonObject): JsonObject {
  return renamed(value) as JsonObject;
}

function renamed(value: Json): Json {
  if (Array.isArray(value)) return (value as Json[]).map(renamed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, entry]) => {
      const name = key.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);
      // Names of annotations, labels and data are the user's.
      if (/^(annotations|labels|match_labels|data|string_data|binary_data)$/.test(name)) return [name, entry ?? null];
      return [SINGULAR[name] ?? name, renamed(entry ?? null)];
    }),
  );
}

/** Name of a container, for a message. */
export function nameOf(container: JsonObject): string {
  return JSON.stringify(text(container.name) ?? "without a name");
}
