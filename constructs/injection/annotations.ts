import { Duration } from "../../access/model/duration";
import type { Reload } from "./reload";

/** Prefix of the injector's annotations. */
export const PREFIX = "vault.hashicorp.com/";

type Yes = boolean;

/**
 * Every annotation of the Vault Agent injector 1.7 that a pod may have, typed (vault-k8s, agent-inject/agent/annotations.go). The
 * workload constructs set those on which Leasehold's promises rest; a value that is given here wins over theirs.
 */
export interface InjectorOptions {
  /** Containers that get the secrets. @default - all */
  readonly containers?: string[];
  /** Image of the agent. @default - the injector's */
  readonly agentImage?: string;
  /** ConfigMap with the agent's own configuration (config.hcl, config-init.hcl). @default - made by the injector */
  readonly agentConfigmap?: string;
  /** Fetch secrets in an init container before the app starts. @default true */
  readonly prePopulate?: Yes;
  /** Only the init container, no sidecar: nothing renews or revokes. For `agent: "init-and-sidecar"`. @default - true for Jobs */
  readonly prePopulateOnly?: Yes;
  /** Put the agent before the app's own init containers. @default true, so that they see the secrets */
  readonly initFirst?: Yes;
  /** Revoke the token, and with it all logins, by a hook when the pod ends. For `agent: "init-and-sidecar"`. @default true */
  readonly revokeOnShutdown?: Yes;
  /** Whole seconds before that revocation. For `agent: "init-and-sidecar"`. @default - the workload's drain time and 5 seconds */
  readonly revokeGrace?: Duration;
  /** Let the agent be ended by POST /agent/v1/quit. @default false */
  readonly enableQuit?: Yes;
  /** Give the app the agent's own Vault token as a file. @default false */
  readonly injectToken?: Yes;
  /** One process namespace for the pod. @default - as the pod says */
  readonly shareProcessNamespace?: Yes;
  /** End the agent when login fails. @default false: it tries again */
  readonly autoAuthExitOnError?: Yes;
  /** Share one login between init container and sidecar. For `agent: "init-and-sidecar"`. @default true */
  readonly cacheEnable?: Yes;
  /** Answer local processes with the agent's own token. @default "false": any process of the pod could read anything */
  readonly cacheUseAutoAuthToken?: "false" | "true" | "force";
  /** Port of the agent's listener. @default 8200 */
  readonly cacheListenerPort?: number;
  /** End the agent when the cache fails. @default false */
  readonly cacheExitOnError?: Yes;
  /** End the agent when a template fails for good. @default true */
  readonly templateExitOnRetryFailure?: Yes;
  /** How often secrets without a lease are read again. @default 5 minutes */
  readonly staticSecretRenderInterval?: Duration;
  /** Connections of the template engine to Vault. @default - no limit */
  readonly templateMaxConnectionsPerHost?: number;
  /** Part of a lease's time after which it is renewed, between 0 and 1. @default 0.9 for those without renewal */
  readonly templateLeaseRenewalThreshold?: number;
  /** CPU limit of the agent; "" for none. @default "500m" */
  readonly limitsCpu?: string;
  /** Memory limit of the agent; "" for none. @default "128Mi" */
  readonly limitsMemory?: string;
  /** Ephemeral storage limit of the agent. @default - none */
  readonly limitsEphemeralStorage?: string;
  /** CPU request of the agent. @default "25m" */
  readonly requestsCpu?: string;
  /** Memory request of the agent. @default "64Mi" */
  readonly requestsMemory?: string;
  /** Ephemeral storage request of the agent. @default - none */
  readonly requestsEphemeralStorage?: string;
  /** GOMAXPROCS of the agent. @default - Go's own */
  readonly goMaxProcs?: number;
  /** User id of the agent. @default 100 */
  readonly runAsUser?: number;
  /** Group id of the agent. @default 1000 */
  readonly runAsGroup?: number;
  /** Run as the user of the first container. @default false */
  readonly runAsSameUser?: Yes;
  /** Let the injector set the agent's security context. @default true */
  readonly setSecurityContext?: Yes;
  /** Address of Vault. @default - as the workload's Vault says */
  readonly service?: string;
  /** Vault Enterprise namespace. @default - none */
  readonly namespace?: string;
  /** HTTPS proxy to Vault. @default - none */
  readonly proxyAddress?: string;
  /** Secret with the TLS files of Vault, mounted at /vault/tls. @default - none */
  readonly tlsSecret?: string;
  /** Name expected in Vault's certificate. @default - the host of the address */
  readonly tlsServerName?: string;
  /** Path of the CA file in the agent. @default - the injector's VAULT_CACERT_BYTES */
  readonly caCert?: string;
  /** Path of a directory of CAs in the agent. @default - none */
  readonly caKey?: string;
  /** Path of a client certificate. @default - none */
  readonly clientCert?: string;
  /** Path of its key. @default - none */
  readonly clientKey?: string;
  /** Times that the agent repeats a request to Vault that failed. @default 2 */
  readonly clientMaxRetries?: number;
  /** Time limit of a request to Vault. @default 60 seconds */
  readonly clientTimeout?: Duration;
  /** Level of the agent's log. @default "info" */
  readonly logLevel?: "trace" | "debug" | "info" | "warn" | "error";
  /** Format of the agent's log. @default "standard" */
  readonly logFormat?: "standard" | "json";
  /** First pause between tries of login. @default 1 second */
  readonly authMinBackoff?: Duration;
  /** Longest pause between tries of login, and of templates. @default 10 seconds */
  readonly authMaxBackoff?: Duration;
  /** Secret mounted at /vault/custom in the agent. @default - none */
  readonly extraSecret?: string;
  /** Container whose volume mounts the agent gets too. @default - none */
  readonly copyVolumeMounts?: string;
  /** Projected volume with the ServiceAccount token. @default - the workload's own, with the cluster's audience */
  readonly serviceAccountTokenVolumeName?: string;
  /** Features ("auto-auth", "caching", "templating") that keep no idle connections. @default - none */
  readonly disableIdleConnections?: string[];
  /** Features that keep no connections alive. @default - none */
  readonly disableKeepAlives?: string[];
  /** JSON patch of the sidecar container. For `agent: "init-and-sidecar"`. @default - none */
  readonly jsonPatch?: string;
  /** JSON patch of the init container, which is the agent of a native sidecar; it comes after ours. @default - none */
  readonly initJsonPatch?: string;
  /** Keys of the agent's `telemetry` stanza, in dashes, with their values. @default - none */
  readonly telemetry?: Readonly<Record<string, string>>;
  /** Keys of the auth method's `config`, in dashes, with their values. @default - none */
  readonly authConfig?: Readonly<Record<string, string>>;
  /** Default of secrets without a template: "map" or "json". @default "map" */
  readonly defaultTemplate?: "map" | "json";
  /** Folder of the secrets' files. @default "/vault/secrets" */
  readonly secretVolumePath?: string;
}

type Key = keyof InjectorOptions;

const KEYS: Readonly<Record<Exclude<Key, "telemetry" | "authConfig">, string>> = {
  containers: "agent-inject-containers",
  agentImage: "agent-image",
  agentConfigmap: "agent-configmap",
  prePopulate: "agent-pre-populate",
  prePopulateOnly: "agent-pre-populate-only",
  initFirst: "agent-init-first",
  revokeOnShutdown: "agent-revoke-on-shutdown",
  revokeGrace: "agent-revoke-grace",
  enableQuit: "agent-enable-quit",
  injectToken: "agent-inject-token",
  shareProcessNamespace: "agent-share-process-namespace",
  autoAuthExitOnError: "agent-auto-auth-exit-on-err",
  cacheEnable: "agent-cache-enable",
  cacheUseAutoAuthToken: "agent-cache-use-auto-auth-token",
  cacheListenerPort: "agent-cache-listener-port",
  cacheExitOnError: "agent-cache-exit-on-err",
  templateExitOnRetryFailure: "template-config-exit-on-retry-failure",
  staticSecretRenderInterval: "template-static-secret-render-interval",
  templateMaxConnectionsPerHost: "template-max-connections-per-host",
  templateLeaseRenewalThreshold: "template-lease-renewal-threshold",
  limitsCpu: "agent-limits-cpu",
  limitsMemory: "agent-limits-mem",
  limitsEphemeralStorage: "agent-limits-ephemeral",
  requestsCpu: "agent-requests-cpu",
  requestsMemory: "agent-requests-mem",
  requestsEphemeralStorage: "agent-requests-ephemeral",
  goMaxProcs: "go-max-procs",
  runAsUser: "agent-run-as-user",
  runAsGroup: "agent-run-as-group",
  runAsSameUser: "agent-run-as-same-user",
  setSecurityContext: "agent-set-security-context",
  service: "service",
  namespace: "namespace",
  proxyAddress: "proxy-address",
  tlsSecret: "tls-secret",
  tlsServerName: "tls-server-name",
  caCert: "ca-cert",
  caKey: "ca-key",
  clientCert: "client-cert",
  clientKey: "client-key",
  clientMaxRetries: "client-max-retries",
  clientTimeout: "client-timeout",
  logLevel: "log-level",
  logFormat: "log-format",
  authMinBackoff: "auth-min-backoff",
  authMaxBackoff: "auth-max-backoff",
  extraSecret: "agent-extra-secret",
  copyVolumeMounts: "agent-copy-volume-mounts",
  serviceAccountTokenVolumeName: "agent-service-account-token-volume-name",
  disableIdleConnections: "agent-disable-idle-connections",
  disableKeepAlives: "agent-disable-keep-alives",
  jsonPatch: "agent-json-patch",
  initJsonPatch: "agent-init-json-patch",
  defaultTemplate: "agent-inject-default-template",
  secretVolumePath: "secret-volume-path",
};

/** Annotations that this package sets itself or leaves to the pod. */
const FURTHER = [
  "agent-inject",
  "agent-inject-status",
  "agent-request-namespace",
  "role",
  "auth-type",
  "auth-path",
  "tls-skip-verify",
  "preserve-secret-case",
];

/** Beginnings of annotations that go on with the name of a secret, or with a key. */
const FAMILIES = [
  "agent-inject-secret-",
  "agent-inject-template-",
  "agent-inject-template-file-",
  "agent-inject-file-",
  "agent-inject-perms-",
  "agent-inject-command-",
  "agent-template-left-delim-",
  "agent-template-right-delim-",
  "error-on-missing-key-",
  "secret-volume-path-",
  "preserve-secret-case-",
  "auth-config-",
  "agent-telemetry-",
];

/** Those of these annotations that have the injector's prefix, and that it does not know. */
export function unknownAnnotations(keys: readonly string[]): string[] {
  const known = [...Object.values(KEYS), ...FURTHER];
  return keys.filter((key) => {
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
    return name !== undefined && !known.includes(name) && !FAMILIES.some((family) => name.startsWith(family));
  });
}

/** Per secret: what is read, how it is rendered, where it lands. */
export interface InjectedSecret {
  /** Last part of its annotations' keys: lower-case letters, digits, `-`, `_`, `.`, at most 41. */
  readonly name: string;
  /** Path in Vault. */
  readonly path: string;
  /** The template that Vault's agent fills in. */
  readonly template: string;
  /** File name. @default - the name */
  readonly file?: string;
  /** Octal mode of the file, such as "0440". @default "0644" */
  readonly perms?: string;
  /** How the app learns of a new file. @default - not at all: the app reads the file when it needs it */
  readonly reload?: Reload;
}

/** The annotations of these options and secrets. Pure; values that hold tokens pass through. */
export function renderAnnotations(
  options: InjectorOptions,
  secrets: readonly InjectedSecret[],
): Record<string, string> {
  const annotations: Record<string, string> = { [`${PREFIX}agent-inject`]: "true" };
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (option === "telemetry" || option === "authConfig") {
      const group = option === "telemetry" ? "agent-telemetry" : "auth-config";
      for (const [key, text] of Object.entries(value as Record<string, string>))
        annotations[`${PREFIX}${group}-${key}`] = text;
      continue;
    }
    // One that nobody knows is told by the check of the options.
    if (!Object.hasOwn(KEYS, option)) continue;
    annotations[`${PREFIX}${KEYS[option as keyof typeof KEYS]}`] = render(option as Key, value as InjectorOptions[Key]);
  }
  for (const secret of secrets) {
    annotations[`${PREFIX}agent-inject-secret-${secret.name}`] = secret.path;
    annotations[`${PREFIX}agent-inject-template-${secret.name}`] = secret.template;
    // Without it a missing key renders as the text "<no value>", and the app logs in with that.
    annotations[`${PREFIX}error-on-missing-key-${secret.name}`] = "true";
    if (secret.file !== undefined) annotations[`${PREFIX}agent-inject-file-${secret.name}`] = secret.file;
    if (secret.perms !== undefined) annotations[`${PREFIX}agent-inject-perms-${secret.name}`] = secret.perms;
    const command = secret.reload?._command;
    if (command !== undefined) annotations[`${PREFIX}agent-inject-command-${secret.name}`] = command;
  }
  return annotations;
}

function render(option: Key, value: InjectorOptions[Key]): string {
  // The injector reads the grace as a plain number of seconds, other durations in Go's form.
  if (value instanceof Duration) return option === "revokeGrace" ? String(value.toSeconds()) : value.toString();
  if (Array.isArray(value)) return value.join(",");
  return String(value);
}

/** Keys longer than Kubernetes allows (63 characters after the prefix). */
export function longKeys(annotations: Readonly<Record<string, string>>): string[] {
  return Object.keys(annotations).filter((key) => key.slice(key.lastIndexOf("/") + 1).length > 63);
}
