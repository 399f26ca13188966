import type { KubernetesObject } from "../servers/kubernetes";
import { type InjectionRequest, ownAnnotations, PREFIX, readAnnotations } from "./annotations";
import type { TokenVolume } from "./config";
import { agentContainer, type Injection, injectedVolumes, secretMounts } from "./containers";
import type { InjectionSettings } from "./defaults";
import { InjectionRefused, parseBool } from "./go";
import type { Container, PodSpec, Volume, VolumeMount } from "./pod-spec";

const STATUS = `${PREFIX}agent-inject-status`;

function tokenPathOf(name: string, volumes: readonly Volume[] = []): string {
  const sources = volumes.find((volume) => volume.name === name)?.projected?.sources ?? [];
  const path = sources.map(({ serviceAccountToken }) => serviceAccountToken?.path).find((candidate) => candidate);
  if (!path) throw new InjectionRefused(`failed to find tokenPath for projected volume ${JSON.stringify(name)}`);
  return path;
}

/** Where the agent's login token is: the volume that is asked for, else the first mount that says "serviceaccount". */
function tokenVolumeOf(asked: string, { containers, volumes }: PodSpec): TokenVolume {
  const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts ?? []);
  if (asked === "") {
    const mount = mounts.find(({ mountPath }) => mountPath.includes("serviceaccount"));
    if (!mount) throw new InjectionRefused("failed to find service account volume mount");
    return { name: mount.name, mountPath: mount.mountPath, tokenPath: "token" };
  }
  const mount = mounts.find(({ name }) => name === asked);
  if (!mount && !volumes?.some(({ name }) => name === asked)) {
    throw new InjectionRefused(`failed to find service account volume ${JSON.stringify(asked)}`);
  }
  return {
    name: asked,
    mountPath: mount?.mountPath ?? "/var/run/secrets/vault.hashicorp.com/serviceaccount",
    tokenPath: tokenPathOf(asked, volumes),
  };
}

function validate({ authConfig, flag, shareProcessNamespace, text }: InjectionRequest, spec: PodSpec): void {
  const conditions: readonly (readonly [boolean, string])[] = [
    [text("agent-image") === "", "no Vault image found"],
    [
      shareProcessNamespace === true && spec.shareProcessNamespace === false,
      "shareProcessNamespace explicitly disabled on the pod, refusing to enable it",
    ],
  ];
  const withoutConfigMap: readonly (readonly [boolean, string])[] = [
    [text("auth-type") === "", "no Vault Auth Type found"],
    [text("auth-type") === "kubernetes" && text("role") === "" && !authConfig.role, "no Vault role found"],
    [text("auth-path") === "", "no Vault Auth Path found"],
    [text("service") === "", "no Vault address found"],
  ];
  for (const [wrong, message] of [...conditions, ...(text("agent-configmap") === "" ? withoutConfigMap : [])]) {
    if (wrong) throw new InjectionRefused(message);
  }
  if (!flag("agent-run-as-same-user")) return;
  const { runAsUser } = spec.containers[0].securityContext ?? {};
  if (runAsUser === undefined) throw new InjectionRefused("RunAsUser is nil for Container 0's SecurityContext");
  if (runAsUser === 0) throw new InjectionRefused("container not allowed to run as root");
}

const withMounts = (container: Container, mounts: readonly VolumeMount[]): Container => ({
  ...container,
  volumeMounts: [...(container.volumeMounts ?? []), ...mounts],
});

function initContainersOf(injection: Injection): readonly Container[] | undefined {
  const { request, spec } = injection;
  if (!request.flag("agent-pre-populate")) return spec.initContainers;
  const own = (spec.initContainers ?? []).map((container) => withMounts(container, secretMounts(request)));
  const agent = agentContainer(injection, true);
  // To be first, the injector takes the others away and writes them again, each with resources.
  if (request.flag("agent-init-first")) return [agent, ...own.map((each) => ({ resources: {}, ...each }))];
  return [...own, agent];
}

function injectSpec(injection: Injection): PodSpec {
  const { request, spec } = injection;
  const { flag, shareProcessNamespace } = request;
  const containers = spec.containers.map((container) =>
    request.containers.includes(container.name) ? withMounts(container, secretMounts(request)) : container,
  );
  if (!flag("agent-pre-populate-only")) containers.push(agentContainer(injection, false));
  const initContainers = initContainersOf(injection);
  return {
    ...spec,
    volumes: [...(spec.volumes ?? []), ...injectedVolumes(request)],
    containers,
    ...(initContainers ? { initContainers } : {}),
    // Without an init container the annotation does nothing.
    ...(flag("agent-pre-populate") && shareProcessNamespace !== undefined ? { shareProcessNamespace } : {}),
  };
}

/**
 * What the Vault Agent injector, vault-k8s 1.7.6, makes of a pod. Pure. Proved equal to it, byte for byte, by the
 * recordings in __tests__/bench/injector/golden.
 * @param pod as the webhook sees it: with the API server's defaults and the mount of its ServiceAccount token
 * @returns the injected pod; the same pod if it does not ask for injection, or was injected before
 * @throws InjectionRefused for what the injector refuses; Error, naming the annotation, for one that the injector does
 *   not know (it would ignore it without a word) and for what the model does not play
 */
export function injectAgent(pod: KubernetesObject, settings: InjectionSettings): KubernetesObject {
  const given = ownAnnotations(pod.metadata?.annotations);
  const wanted = parseBool(given.get("agent-inject") ?? "", `${PREFIX}agent-inject`);
  if (!wanted || given.get("agent-inject-status") === "injected") return pod;
  const { namespace = "" } = pod.metadata ?? {};
  if (namespace === "") throw new InjectionRefused("kubernetes namespace required");
  if (["kube-system", "kube-public"].includes(namespace)) {
    throw new InjectionRefused(`error with request namespace: cannot inject into system namespaces: ${namespace}`);
  }
  const spec = pod.spec as PodSpec;
  const request = readAnnotations(
    given,
    settings,
    spec.containers.map(({ name }) => name),
  );
  const token = tokenVolumeOf(request.text("agent-service-account-token-volume-name"), spec);
  validate(request, spec);
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, [STATUS]: "injected" } },
    spec: injectSpec({ request, settings, token, spec }),
  };
}
