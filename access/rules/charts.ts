import { GUARD_CHART } from "../model/injection-guard";
import { isTrue, JsonObject, text } from "../terraform/json";
import { computedValues, valueAt, valuesOf } from "./chart-values";
import type { Resource, Unseen } from "./resource";

/** A Helm release, with the values that are given to its chart. */
export interface Chart extends Resource {
  readonly values: JsonObject;
}

/** Helm releases: those of Vault's chart whose values can be read, all others, and what cannot be read. */
export interface Charts {
  readonly read: readonly Chart[];
  /** Their values are looked through for secrets, and for nothing else. */
  readonly others: readonly Chart[];
  readonly unseen: readonly Unseen[];
}

export function chartsOf(resources: readonly Resource[]): Charts {
  const read: Chart[] = [];
  const others: Chart[] = [];
  const unseen: Unseen[] = [];
  for (const release of resources.filter(({ type }) => type === "helm_release")) {
    const { path, source } = release;
    const skip = (why: string): number => unseen.push({ path, ...(source !== undefined && { source }), why });
    const chart = text(release.body.chart) ?? "";
    const name = `chart ${JSON.stringify(chart)}`;
    // Ours: it installs the policy in its values, of which no rule asks anything.
    if (chart === GUARD_CHART) continue;
    const { values, why } = valuesOf(release);
    if (release.body.postrender !== undefined) skip(`${name}: postrender changes what it installs, and is not read`);
    if (!/(^|\/)vault(-[\d.]+\.tgz)?\/?$/.test(chart)) {
      skip(`${name}: what it installs is not read`);
      others.push({ ...release, values });
      continue;
    }
    for (const one of why) skip(`${name}: ${one}, so its values are not read`);
    const computed = computedValues(values);
    if (computed.length > 0) skip(`${name}: ${computed.join(", ")} of its values: computed when Terraform runs`);
    if (why.length === 0) read.push({ ...release, values });
    else others.push({ ...release, values });
  }
  return { read, others, unseen };
}

/** Whether a part of the chart is on, as its templates ask: "-" leaves it to `global.enabled`. */
function isOn(values: JsonObject, part: string, unless: "-" | false): boolean {
  // `null` takes the chart's own value away, and with it the part.
  const value = valueAt(values, `${part}.enabled`);
  const said = value === undefined ? unless : value;
  return said === "-" ? isTrue(valueAt(values, "global.enabled") ?? true) : isTrue(said);
}

/** Whether this release runs servers of Vault, and not the injector alone. */
export function runsServers({ values }: Chart): boolean {
  const external = ["global.externalVaultAddr", "injector.externalVaultAddr"].some((path) => valueAt(values, path));
  return isOn(values, "server", "-") && !external;
}

/** Whether this release runs the injector. */
export function runsInjector({ values }: Chart): boolean {
  return isOn(values, "injector", "-");
}

/** Whether this release runs a provider for volumes of secrets on every node. */
export function runsCsi({ values }: Chart): boolean {
  return isOn(values, "csi", false);
}

/** Whether this release makes a Service for the UI. */
export function showsUi(chart: Chart): boolean {
  return runsServers(chart) && isOn(chart.values, "ui", false);
}

/** What the chart's own configuration of a server says; the values may give another. */
const DEFAULT_CONFIG = { standalone: "file", ha: "consul", raft: "raft" } as const;

/** How the servers of a release are configured, as the template `vault.config` chooses it. */
export interface ServerConfig {
  readonly mode: "dev" | "ha" | "standalone" | "none";
  /** The listener speaks without TLS. */
  readonly clear: boolean;
  /** Its storage is integrated storage. */
  readonly raft: boolean;
}

export function serverConfigOf({ values }: Chart): ServerConfig {
  const mode = modeOf(values);
  if (mode === "dev" || mode === "none") return { mode, clear: true, raft: false };
  const raft = Boolean(valueAt(values, "server.ha.raft.enabled"));
  const said = text(valueAt(values, raft ? "server.ha.raft.config" : `server.${mode}.config`));
  if (said === undefined) return { mode, clear: true, raft: DEFAULT_CONFIG[raft ? "raft" : mode] === "raft" };
  const config = said.replace(/^\s*(#|\/\/).*$/gm, "");
  return {
    mode,
    // In HCL or JSON.
    clear: /"?tls_disable"?\s*[=:]\s*"?(true|1)\b/i.test(config),
    raft: /"?(storage|backend)"?\s*[:=]?\s*[{[\s]*"?raft"?/.test(config),
  };
}

/** `vault.mode` of the chart. */
function modeOf(values: JsonObject): ServerConfig["mode"] {
  if (isTrue(valueAt(values, "server.dev.enabled"))) return "dev";
  if (isTrue(valueAt(values, "server.ha.enabled"))) return "ha";
  const standalone = valueAt(values, "server.standalone.enabled") ?? "-";
  return isTrue(standalone) || standalone === "-" ? "standalone" : "none";
}
