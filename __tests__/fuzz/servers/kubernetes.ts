import { KINDS } from "../../../bench/rehearse/handlers/kubernetes/kinds";
import { isObject, Json } from "../../../bench/rehearse/model/values";
import { KubernetesObject, KubernetesServer } from "../../../bench/servers/kubernetes";
import { differs, Reading } from "../judges/terraform";

/** A dry run of every object, which refuses unknown and doubled fields: admitted, with the very names and annotations. */
export async function tryOnKubernetes(kubernetes: KubernetesServer, reading: Reading): Promise<string[]> {
  const problems: string[] = [];
  for (const { type, manifest } of reading.blocks) {
    if (!manifest) continue;
    const { plural, apiVersion, namespaced } = KINDS.find((kind) => kind.type === type) as (typeof KINDS)[number];
    const { metadata } = manifest as { metadata: { name: string; namespace: string } };
    if (namespaced) await kubernetes.ensureNamespace(metadata.namespace);
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const place = namespaced ? `/namespaces/${metadata.namespace}` : "";
    // As the provider makes it, in JSON: server-side apply reads YAML, which folds some characters of quoted text.
    const answer = await kubernetes.request("POST", `${group}${place}/${plural}`, manifest, {
      query: { dryRun: "All", fieldManager: "fuzz", fieldValidation: "Strict" },
    });
    const asked = manifest as unknown as KubernetesObject;
    for (const path of [["metadata"], ["spec", "template", "metadata"], ["data"]])
      problems.push(...within(`${type} ${path.join(".")}`, at(answer, path), at(asked, path)));
  }
  return problems;
}

function at(object: unknown, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) => (isObject(value) ? value[key] : undefined),
    object as Json | undefined,
  );
}

/** The server adds fields; what was asked for is there as it was asked for. */
function within(what: string, found: Json | undefined, asked: Json | undefined): string[] {
  if (!isObject(asked)) return asked === undefined ? [] : differs(what, found, asked);
  return Object.entries(asked).flatMap(([key, value]) =>
    within(`${what}.${key}`, isObject(found) ? found[key] : undefined, value),
  );
}
