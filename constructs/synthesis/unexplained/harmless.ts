import { record } from "./blocks";

/**
 * Types that let nobody do what he could not do before. It is short on purpose: a type that is not here is listed and counts as
 * growth, whatever it is called. Whoever adds one says why nobody gets in by it, by any of its arguments.
 *
 * - `random_…` and `time_…` make values, and `terraform_data` and `null_resource` hold them: where one ends up, its block is part of
 *   that block's digest. With a provisioner they run commands, and are listed.
 * - Autoscalers and disruption budgets say how many pods there are.
 * - A Service that is reached from inside of the cluster only brings traffic to pods that ask for a login all the same; whether a
 *   client checks whom it reached is the database's `sslMode`, and that is in the graph.
 */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  random: [
    "random_bytes",
    "random_id",
    "random_integer",
    "random_password",
    "random_pet",
    "random_shuffle",
    "random_string",
    "random_uuid",
  ],
  time: ["time_offset", "time_rotating", "time_sleep", "time_static"],
  null: ["null_resource"],
  terraform: ["terraform_data"],
  kubernetes: [
    "kubernetes_horizontal_pod_autoscaler",
    "kubernetes_horizontal_pod_autoscaler_v1",
    "kubernetes_horizontal_pod_autoscaler_v2",
    "kubernetes_pod_disruption_budget",
    "kubernetes_pod_disruption_budget_v1",
    "kubernetes_service",
    "kubernetes_service_v1",
  ],
};

/** Providers whose code only makes values: a block or an implied one of them is not listed either. */
const VALUES = ["random", "time", "null", "terraform"];

/** Whether a provider of this local name is HashiCorp's of the same name. @param source what the stack names, if anything */
function isKnown(name: string, source: string | undefined): boolean {
  if (!Object.hasOwn(HARMLESS, name)) return false;
  // Terraform takes one of this name from there by itself.
  if (source === undefined) return true;
  if (name === "terraform") return source === "terraform.io/builtin/terraform";
  return source.replace(/^registry\.(terraform\.io|opentofu\.org)\//, "").replace(/^hashicorp\//, "") === name;
}

/** Whether a provider runs nothing but the making of values. @param source what the stack names, if anything */
export function isHarmlessProvider(name: string, source: string | undefined): boolean {
  return VALUES.includes(name) && isKnown(name, source);
}

/** Whether a resource lets nobody in. @param source what the stack names for a provider of its type, if anything */
export function isHarmless(type: string, body: Readonly<Record<string, unknown>>, source: string | undefined): boolean {
  const [provider] = type.split("_");
  if (!isKnown(provider, source) || !HARMLESS[provider].includes(type)) return false;
  return !type.startsWith("kubernetes_service") || isInternal(body);
}

const SERVICE = ["metadata", "spec", "provider", "count", "for_each", "timeouts", "wait_for_load_balancer"];
const SPEC = ["selector", "port", "type", "cluster_ip", "session_affinity", "publish_not_ready_addresses"];
const PORT = ["name", "port", "target_port", "protocol", "app_protocol"];

/** Whether a Service has addresses of the cluster only. What is not plainly so, such as a `dynamic` block, is not. */
function isInternal(body: Readonly<Record<string, unknown>>): boolean {
  const only = (said: object, names: readonly string[]): boolean =>
    Object.entries(said).every(([name, value]) => value === undefined || names.includes(name));
  const spec = record(body.spec);
  // Controllers make load balancers, names and tunnels of annotations.
  const { annotations = {} } = record(body.metadata);
  return (
    only(body, SERVICE) &&
    only(spec, SPEC) &&
    Object.keys(record(annotations)).length === 0 &&
    typeof annotations === "object" &&
    (spec.type === undefined || spec.type === "ClusterIP") &&
    (spec.cluster_ip === undefined || spec.cluster_ip === "None") &&
    [spec.port ?? []].flat().every((port) => only(record(port), PORT) && record(port) === port)
  );
}
