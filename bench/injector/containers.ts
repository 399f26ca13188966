import type { InjectionRequest } from "./annotations";
import { agentConfig, CACHE_FOLDER, HOME, TOKEN_FILE, type TokenVolume } from "./config";
import type { InjectionSettings } from "./defaults";
import { canonicalQuantity, InjectionRefused, parseInteger } from "./go";
import { applyJsonPatch, type PatchOperation } from "./json-patch";
import type { Container, PodSpec, Volume, VolumeMount } from "./pod-spec";

/** What both agents are made from. */
export interface Injection {
  readonly request: InjectionRequest;
  readonly settings: InjectionSettings;
  readonly token: TokenVolume;
  readonly spec: PodSpec;
}

const CONFIG_FOLDER = "/vault/configs";

const memory = (name: string): Volume => ({ name, emptyDir: { medium: "Memory" } });
const readOnly = (name: string, mountPath: string): VolumeMount => ({ name, readOnly: true, mountPath });

/** Folders of secrets other than the common one, each of which gets a volume. */
function customFolders({ secrets, text }: InjectionRequest): string[] {
  return [...new Set(secrets.map(({ folder }) => folder))].filter((folder) => folder !== text("secret-volume-path"));
}

/** The volumes that injection adds, in order. */
export function injectedVolumes(request: InjectionRequest): Volume[] {
  const { flag, text } = request;
  const volumes: Volume[] = [];
  if (flag("agent-pre-populate")) volumes.push(memory("home-init"));
  if (!flag("agent-pre-populate-only")) volumes.push(memory("home-sidecar"));
  volumes.push(memory("vault-secrets"));
  customFolders(request).forEach((_, index) => volumes.push(memory(`vault-secrets-custom-${index}`)));
  if (text("agent-configmap") !== "") {
    volumes.push({ name: "vault-config", configMap: { name: text("agent-configmap") } });
  }
  if (text("agent-extra-secret") !== "") {
    volumes.push({ name: "extra-secrets", secret: { secretName: text("agent-extra-secret") } });
  }
  if (text("tls-secret") !== "") {
    volumes.push({ name: "vault-tls-secrets", secret: { secretName: text("tls-secret") } });
  }
  if (request.cachePersisted) volumes.push(memory("vault-agent-cache"));
  return volumes;
}

/** What the app's containers get mounted. */
export function secretMounts(request: InjectionRequest): VolumeMount[] {
  return [
    { name: "vault-secrets", mountPath: request.text("secret-volume-path") },
    ...customFolders(request).map((mountPath, index) => ({ name: `vault-secrets-custom-${index}`, mountPath })),
  ];
}

function copiedMounts({ request, spec }: Injection): VolumeMount[] {
  const from = request.text("agent-copy-volume-mounts");
  if (from === "") return [];
  return [...spec.containers, ...(spec.initContainers ?? [])]
    .filter(({ name }) => name === from)
    .flatMap(({ volumeMounts }) => volumeMounts ?? [])
    .filter(({ mountPath }) => !mountPath.toLowerCase().includes("serviceaccount"));
}

function agentMounts(injection: Injection, init: boolean): VolumeMount[] {
  const { request, token } = injection;
  const { text } = request;
  const serviceAccount = readOnly(token.name, token.mountPath);
  const mounts = init
    ? [{ name: "home-init", mountPath: HOME }, serviceAccount]
    : [serviceAccount, { name: "home-sidecar", mountPath: HOME }];
  mounts.push(...secretMounts(request));
  if (text("agent-extra-secret") !== "") mounts.push(readOnly("extra-secrets", "/vault/custom"));
  mounts.push(...copiedMounts(injection));
  if (text("agent-configmap") !== "") mounts.push(readOnly("vault-config", CONFIG_FOLDER));
  if (text("tls-secret") !== "") mounts.push(readOnly("vault-tls-secrets", "/vault/tls"));
  if (request.cachePersisted) mounts.push({ name: "vault-agent-cache", mountPath: CACHE_FOLDER });
  return mounts;
}

function decodeIfBase64(text: string): string {
  const bare = text.replace(/[\r\n]/g, "");
  const encoded = bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
  return encoded ? Buffer.from(bare, "base64").toString("utf8") : text;
}

function envOf({ request, settings, token }: Injection, init: boolean): object[] {
  const { flag, text } = request;
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const env: object[] = [
    field("NAMESPACE", "metadata.namespace"),
    field("HOST_IP", "status.hostIP"),
    field("POD_IP", "status.podIP"),
  ];
  const add = (name: string, value: string): void => {
    if (value !== "") env.push({ name, value });
  };
  add("GOMAXPROCS", text("go-max-procs"));
  add("VAULT_CLIENT_TIMEOUT", text("client-timeout"));
  add("VAULT_MAX_RETRIES", text("client-max-retries"));
  add("VAULT_LOG_LEVEL", text("log-level"));
  add("VAULT_LOG_FORMAT", text("log-format"));
  add("HTTPS_PROXY", text("proxy-address"));
  if (text("agent-configmap") === "") {
    add("VAULT_CONFIG", Buffer.from(agentConfig(request, token, init)).toString("base64"));
  } else {
    add("VAULT_ADDR", text("service"));
    add("VAULT_CACERT", text("ca-cert"));
    add("VAULT_CAPATH", text("ca-key"));
    add("VAULT_CLIENT_CERT", text("client-cert"));
    add("VAULT_CLIENT_KEY", text("client-key"));
    add("VAULT_SKIP_VERIFY", String(flag("tls-skip-verify")));
    add("VAULT_TLS_SERVER_NAME", text("tls-server-name"));
  }
  add("VAULT_CACERT_BYTES", decodeIfBase64(settings.caCertBytes ?? ""));
  return env;
}

function resourcesOf({ text }: InjectionRequest): object {
  const amounts = (kind: "limits" | "requests"): object => {
    const given: [string, string][] = [
      ["cpu", text(`agent-${kind}-cpu`)],
      ["ephemeral-storage", text(`agent-${kind}-ephemeral`)],
      ["memory", text(`agent-${kind}-mem`)],
    ];
    const asked = given.filter(([, amount]) => amount !== "");
    if (asked.length === 0) return {};
    return { [kind]: Object.fromEntries(asked.map(([resource, amount]) => [resource, canonicalQuantity(amount)])) };
  };
  return { ...amounts("limits"), ...amounts("requests") };
}

function securityContextOf({ request, spec }: Injection): object {
  const id = (annotation: string): number =>
    parseInteger(request.text(annotation), `vault.hashicorp.com/${annotation}`, "signed");
  // That it is set was looked at before.
  const same = request.flag("agent-run-as-same-user") ? spec.containers[0].securityContext?.runAsUser : undefined;
  const runAsUser = same ?? id("agent-run-as-user");
  const runAsGroup = id("agent-run-as-group");
  return {
    capabilities: { drop: ["ALL"] },
    runAsUser,
    runAsGroup,
    runAsNonRoot: runAsUser !== 0 && runAsGroup !== 0,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
  };
}

function preStopOf({ flag, revokeGrace, text }: InjectionRequest): object {
  if (!flag("agent-revoke-on-shutdown")) return {};
  const flags = [`-address=${text("service")}`];
  for (const name of ["ca-cert", "client-cert", "client-key"]) {
    if (text(name) !== "") flags.push(`-${name}=${text(name)}`);
  }
  const script = `/bin/sleep ${revokeGrace} && /bin/vault token revoke ${flags.join(" ")} -self`;
  return { preStop: { exec: { command: ["/bin/sh", "-c", script] } } };
}

function patched(container: Container, patch: string): Container {
  if (patch === "") return container;
  let operations: unknown;
  try {
    operations = JSON.parse(patch);
  } catch (error) {
    throw new InjectionRefused(`error parsing JSON patch: ${(error as Error).message}`);
  }
  if (!Array.isArray(operations)) throw new InjectionRefused("error parsing JSON patch: not a list");
  // The injector writes resources whether there are any or not.
  return { resources: {}, ...applyJsonPatch(container, operations as PatchOperation[]) };
}

/** The agent's container: the one that ends when the files are rendered (`init`), or the one beside the app. */
export function agentContainer(injection: Injection, init: boolean): Container {
  const { request } = injection;
  const { text } = request;
  const script =
    text("agent-configmap") === ""
      ? `echo \${VAULT_CONFIG?} | base64 -d > ${HOME}/config.json && vault agent -config=${HOME}/config.json`
      : `touch ${TOKEN_FILE} && vault agent -config=${CONFIG_FOLDER}/${init ? "config-init.hcl" : "config.hcl"}`;
  const container: Container = {
    name: init ? "vault-agent-init" : "vault-agent",
    image: text("agent-image"),
    command: ["/bin/sh", "-ec"],
    args: [script],
    env: envOf(injection, init),
    resources: resourcesOf(request),
    volumeMounts: agentMounts(injection, init),
    ...(init ? {} : { lifecycle: preStopOf(request) }),
    ...(request.setSecurityContext ? { securityContext: securityContextOf(injection) } : {}),
  };
  return patched(container, text(init ? "agent-init-json-patch" : "agent-json-patch"));
}
