import { GUARD_CHART } from "../model/injection-guard";
import { unescaped } from "../terraform/expression";
import { JsonObject, Json, object, text, texts } from "../terraform/json";
import type { Resource, Unseen } from "./resource";

/** A release of Vault's chart, with the values that are given to it. */
export interface Chart extends Resource {
  /** Merged as Helm does: the last wins. */
  readonly values: JsonObject;
}

/** Releases of Vault's chart whose values can be read, and why the others cannot. */
export function chartsOf(resources: readonly Resource[]): { readonly read: Chart[]; readonly unseen: Unseen[] } {
  const read: Chart[] = [];
  const unseen: Unseen[] = [];
  for (const release of resources.filter(({ type }) => type === "helm_release")) {
    const { path, source } = release;
    const skip = (why: string): number => unseen.push({ path, ...(source !== undefined && { source }), why });
    const chart = text(release.body.chart) ?? "";
    // This chart is Leasehold's own: it installs only the policy in its values, and no rule asks about that.
    if (chart === GUARD_CHART) continue;
    if (!/(^|\/)vault(-[\d.]+\.tgz)?\/?$/.test(chart)) {
      skip(`chart ${JSON.stringify(chart)}: what it installs is not read`);
      continue;
    }
    try {
      const values = texts(release.body.values).map((one) => JSON.parse(unescaped(one)) as Json);
      read.push({ ...release, values: values.reduce<JsonObject>((all, one) => merged(all, object(one)), {}) });
    } catch {
      skip(`chart ${JSON.stringify(chart)}: its values are not JSON, so they are not read`);
    }
  }
  return { read, unseen };
}

function merged(a: JsonObject, b: JsonObject): JsonObject {
  const plain = (value: Json | undefined): boolean =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [
      key,
      plain(a[key]) && plain(b[key]) ? merged(object(a[key]), object(b[key])) : b[key] === undefined ? a[key] : b[key],
    ]),
  );
}

/** What stands at a path of values; undefined where nothing does. */
export function valueAt(values: JsonObject, path: string): Json | undefined {
  return path.split(".").reduce<Json | undefined>((at, key) => object(at)[key], values);
}

/** Whether this release runs servers of Vault, and not the injector alone. */
export function runsServers({ values }: Chart): boolean {
  return valueAt(values, "server.enabled") !== false && valueAt(values, "global.externalVaultAddr") === undefined;
}

/** Whether this release runs the injector. */
export function runsInjector({ values }: Chart): boolean {
  return valueAt(values, "injector.enabled") !== false;
}
