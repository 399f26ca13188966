/** The chart that Leasehold writes itself: what it installs stands in its values, so the API server gets it here as from Helm. */
import { Json, JsonObject, Where, isObject } from "../model/values";
import { Context } from "../model/handler";

const API = "/apis/admissionregistration.k8s.io/v1";
const PLURALS: Readonly<Record<string, string>> = {
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
};

/** Objects of the values, by their paths. @throws for a kind that this chart does not install */
function objectsOf(values: readonly JsonObject[], where: Where): Map<string, JsonObject> {
  const objects = values.flatMap((one): Json[] => (Array.isArray(one.objects) ? one.objects : []));
  return new Map(
    objects.filter(isObject).map((manifest) => {
      const plural = PLURALS[String(manifest.kind)];
      const name = isObject(manifest.metadata) ? manifest.metadata.name : undefined;
      if (plural === undefined || typeof name !== "string")
        throw where.at("values").error(`an object of kind ${String(manifest.kind)} is not known to the rehearsal`);
      return [`${API}/${plural}/${name}`, manifest];
    }),
  );
}

/** The API server that the helm provider reaches, by the same arguments as a kubernetes provider. */
function clusterOf({ servers, provider }: Context): Context["servers"]["kubernetes"] {
  const [settings] = [provider.kubernetes].flat().filter((one) => isObject(one ?? null)) as JsonObject[];
  return servers.clusterOf?.(settings ?? {}) ?? servers.kubernetes;
}

/** Applies what the values say, and removes what earlier ones said beyond it. */
export async function installGuard(
  values: readonly JsonObject[],
  earlier: readonly JsonObject[],
  context: Context,
): Promise<void> {
  const objects = objectsOf(values, context.where);
  for (const [path, manifest] of objects)
    await clusterOf(context).request("PATCH", path, manifest, {
      contentType: "application/apply-patch+yaml",
      query: { fieldManager: "helm", force: "true", fieldValidation: "Strict" },
    });
  const gone = [...objectsOf(earlier, context.where).keys()].filter((path) => !objects.has(path));
  for (const path of gone) await clusterOf(context).request("DELETE", path);
}
