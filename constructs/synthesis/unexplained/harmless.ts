/**
 * Types that let nobody do what he could not do before. It is short on purpose: a type that is not here is listed and counts as
 * growth, whatever it is called. Whoever adds one says why nobody gets in by it, by any of its arguments.
 *
 * - `random_…` and `time_…` make values, and `terraform_data` and `null_resource` hold them: where one ends up, its block is part of
 *   that block's digest. With a provisioner they run commands, and are listed.
 * - Disruption budgets say how many pods of those that there are may end at once.
 *
 * Not on it, though they are common: a Service, which stands under the name that somebody's Vault or PostgreSQL is asked by, in front
 * of whatever pods it selects; and an autoscaler, which has more run as an identity than the graph says.
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
  kubernetes: ["kubernetes_pod_disruption_budget", "kubernetes_pod_disruption_budget_v1"],
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
export function isHarmless(type: string, source: string | undefined): boolean {
  const [provider] = type.split("_");
  return isKnown(provider, source) && HARMLESS[provider].includes(type);
}
