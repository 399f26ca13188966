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
  const said = valueAt(values, `${part}.enabled`) ?? unless;
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
