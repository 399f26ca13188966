/** Kubernetes objects: converted by table, then sent by server-side apply. */
import type { RehearsalCluster } from "../../model/contracts";
import { Json, JsonObject, Where, canonical, isObject } from "../../model/values";
import { Attributes, Context, ResourceHandler } from "../../model/handler";
import { checkFields, convert } from "./fields";
import { KINDS, Kind } from "./kinds";

const MANAGER = "rehearsal";

const own = (kind: Kind, raw: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(raw).filter(([key]) => key !== "timeouts" && !Object.hasOwn(kind.switches, key)));

const idOf = (kind: Kind, manifest: JsonObject): string =>
  kind.namespaced ? `${namespaceOf(manifest)}/${nameOf(manifest)}` : nameOf(manifest);

/** The object as it is sent. */
export function manifestOf(kind: Kind, raw: JsonObject, where: Where): JsonObject {
  const manifest: JsonObject = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...convert(own(kind, raw), kind.fields, where),
  };
  if (!nameOf(manifest)) throw where.at("metadata").at("name").error("required argument is missing");
  return manifest;
}

const metadataOf = (manifest: JsonObject): JsonObject => (isObject(manifest.metadata) ? manifest.metadata : {});
const nameOf = (manifest: JsonObject): string => String(metadataOf(manifest).name ?? "");
const namespaceOf = (manifest: JsonObject): string => String(metadataOf(manifest).namespace ?? "");

function pathOf(kind: Kind, manifest: JsonObject): string {
  const group = kind.apiVersion.includes("/") ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const namespace = kind.namespaced ? `/namespaces/${encodeURIComponent(namespaceOf(manifest))}` : "";
  return `${group}${namespace}/${kind.plural}/${encodeURIComponent(nameOf(manifest))}`;
}

const at = (value: Json | undefined, path: string): Json =>
  path.split(".").reduce<Json>((current, key) => (isObject(current) ? (current[key] ?? null) : null), value ?? null);

/** The API server that the resource's provider reaches. */
function clusterOf({ servers, provider }: Context): RehearsalCluster {
  return servers.clusterOf?.(provider) ?? servers.kubernetes;
}

async function get(path: string, context: Context): Promise<JsonObject | undefined> {
  try {
    return (await clusterOf(context).request("GET", path)) as JsonObject;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return status === 404 || (status === undefined && error instanceof Error && /\b404\b|NotFound/.test(error.message));
}

async function apply(kind: Kind, config: JsonObject, context: Context, played = true): Promise<Attributes> {
  const manifest = isObject(config.manifest) ? config.manifest : {};
  const answer = (await clusterOf(context).request("PATCH", pathOf(kind, manifest), manifest, {
    contentType: "application/apply-patch+yaml",
    query: { fieldManager: MANAGER, force: "true", fieldValidation: "Strict" },
  })) as JsonObject;
  const id = idOf(kind, manifest);
  context.made(id);
  if (played) await play(kind, config, manifest, context);
  const { uid, ...metadata } = { uid: metadataOf(answer).uid ?? "", ...metadataOf(manifest) };
  return { id, metadata: [{ ...metadata, uid }] };
}

/** What controllers would do: there are none, so the caller does it or the report says that nobody did. */
async function play(kind: Kind, config: JsonObject, manifest: JsonObject, context: Context): Promise<void> {
  const { hooks, note, where } = context;
  const cluster = clusterOf(context);
  if (kind.kind === "Job") {
    if (hooks.onJob) await hooks.onJob(manifest, cluster);
    else if (config.wait_for_completion === true)
      throw where.at("wait_for_completion").error("a Job needs the onJob hook: nothing else completes it");
    else note("nobody ran this Job");
  }
  if (kind.kind === "Namespace") await hooks.onNamespace?.(manifest, cluster);
  if (
    kind.kind === "StatefulSet" &&
    config.wait_for_rollout === true &&
    at(manifest, "spec.updateStrategy.type") === "OnDelete"
  )
    throw where
      .at("wait_for_rollout")
      .error("the provider cannot wait: rollout status is only available for RollingUpdate strategy type");
  const roll =
    kind.kind === "StatefulSet" ? hooks.onStatefulSet : kind.kind === "Deployment" ? hooks.onDeployment : undefined;
  if (roll) await roll(manifest, cluster);
  else if (config.wait_for_rollout === true) note("no rollout was waited for");
  if (at(manifest, "spec.type") === "LoadBalancer" && config.wait_for_load_balancer === true)
    note("no load balancer was waited for");
}

async function remove(kind: Kind, manifest: JsonObject, context: Context): Promise<void> {
  const path = pathOf(kind, manifest);
  try {
    await clusterOf(context).request("DELETE", path, undefined, {
      query: { propagationPolicy: "Background" },
    });
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  // A caller that plays the controller of namespaces has no other to wait for.
  const patience = context.hooks.onNamespace ? 0 : 10;
  for (let tries = 0; tries < 100; tries++) {
    const left = await get(path, context);
    if (!left) return;
    if (kind.kind === "Namespace" && tries === patience) await finalize(path, left, context);
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw context.where.error("still exists 10 s after it was deleted");
}

/** A namespace goes when its controller has emptied it. Where none runs, the rehearsal says so and lets it go. */
async function finalize(path: string, namespace: JsonObject, context: Context): Promise<void> {
  context.note("no controller emptied the namespace: it was finalized as it is");
  await clusterOf(context).request("PUT", `${path}/finalize`, { ...namespace, spec: { finalizers: [] } });
}

function handlerOf(kind: Kind): ResourceHandler {
  return {
    type: kind.type,
    checkNames: (raw, where) => checkFields(own(kind, raw), kind.fields, where),
    read(raw, where) {
      const switches = Object.entries(kind.switches).map(([key, fallback]) => {
        const value = raw[key] ?? fallback;
        if (typeof value !== "boolean") throw where.at(key).error("expected bool");
        return [key, value] as const;
      });
      return { ...Object.fromEntries(switches), manifest: manifestOf(kind, raw, where) };
    },
    remember: (config) => config,
    secrets: () => [],
    takesEphemeral: () => false,
    replacedBy(before, after) {
      const paths = ["metadata.name", "metadata.namespace", ...kind.replaces];
      return paths.filter((path) => canonical(at(before.manifest, path)) !== canonical(at(after.manifest, path)));
    },
    async create(config, context) {
      const manifest = isObject(config.manifest) ? config.manifest : {};
      // server-side apply would adopt it; the provider's POST is refused
      if (await get(pathOf(kind, manifest), context)) throw context.where.error("already exists in the cluster");
      return apply(kind, config, context);
    },
    update: (config, _known, context) => apply(kind, config, context),
    async adopt(config, id, context) {
      const manifest = isObject(config.manifest) ? config.manifest : {};
      if (id !== idOf(kind, manifest)) throw context.where.error(`is not what ${JSON.stringify(id)} names`);
      if (!(await get(pathOf(kind, manifest), context))) throw context.where.error("does not exist in the cluster");
      // The provider waits for what it creates, and for a changed rollout; what is adopted as it was runs no second time.
      return apply(kind, config, context, false);
    },
    // The provider compares every field with the program; here an object that is gone is all that is noticed.
    async refresh({ arguments: { manifest } }, context) {
      return (await get(pathOf(kind, isObject(manifest) ? manifest : {}), context)) ? { arguments: {} } : undefined;
    },
    destroy: (known, context) =>
      remove(kind, isObject(known.arguments.manifest) ? known.arguments.manifest : {}, context),
  };
}

export const KUBERNETES: ResourceHandler[] = KINDS.map(handlerOf);
