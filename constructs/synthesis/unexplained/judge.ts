import { Block, record } from "./blocks";

/** Providers of the chain from ServiceAccount to table. */
const CHAIN = ["vault", "postgresql", "kubernetes", "helm"];

/**
 * Types of the chain, or of its helpers, that let nobody do what he could not do before:
 *
 * - a Service brings traffic to pods, which ask for a login all the same; whether a client checks whom it reached is the
 *   database's `sslMode`, and that is in the graph;
 * - autoscalers and disruption budgets say how many pods there are;
 * - `random_…` and `time_…` make values: where one ends up, its block is part of that block's digest.
 */
const HARMLESS =
  /^(kubernetes_service(_v1)?|kubernetes_horizontal_pod_autoscaler(_v\d\w*)?|kubernetes_pod_disruption_budget(_v\d\w*)?|(random|time)_\w+)$/;

/** Where the code of the providers comes from whose types are harmless. */
const HARMLESS_SOURCE = /^((registry\.(terraform\.io|opentofu\.org)\/)?hashicorp\/)?(random|time|kubernetes)$/;

/** What a type of another provider is called that could give access. Rather too much than too little is listed. */
const TELLING =
  /vault|postgres|kubernetes|kubectl|helm|sql|rds|database|iam|role|policy|secret|password|credential|token|key|auth|login|grant|access|user|account|identity|principal|member|permission/i;

/**
 * The same of one that could ask Vault, PostgreSQL or Kubernetes for anything, run commands, change what Terraform reads, or stand
 * between a pod and its servers.
 */
const REACHING =
  /http|curl|rest|api|graphql|external|shell|exec|command|script|ssh|remote|ansible|puppet|salt|nomad|docker|container|k8s|kustom|manifest|argo|flux|gitops|^local_|consul|boundary|teleport|proxy|bouncer|tunnel|dns|route53|record|firewall|security/i;

/** The provider that a block belongs to: by the first part of its type, unless it names another. */
export function providersOf(block: Block): readonly string[] {
  const own = block.block === "provider" ? block.type : block.type.split("_")[0];
  const { provider } = record(block.body);
  return typeof provider === "string" ? [own, provider.replace(/^\$\{/, "").split(/[.}]/)[0]] : [own];
}

/**
 * Whether somebody could be let in by a block that the graph does not know.
 *
 * @param source of its provider, if the stack names one
 */
export function bearsOnAccess(block: Block, source?: string): boolean {
  if (block.block === "module" || block.block === "stack") return true;
  const said = record(block.body);
  if (said !== block.body) return true;
  // Both run commands where Terraform runs, and there are the tokens of an administrator.
  if ("provisioner" in said || "connection" in said) return true;
  const known = source === undefined || HARMLESS_SOURCE.test(source);
  if (HARMLESS.test(block.type)) return !known;
  // A provider is code that runs with all that Terraform has: which ones there are is listed, whatever is counted of theirs.
  if (block.block === "provider") return !(known && /^(random|time)$/.test(block.type));
  const { type } = block;
  return providersOf(block).some((name) => CHAIN.includes(name)) || TELLING.test(type) || REACHING.test(type);
}
