import { VAULT_VERSION } from "../../access/model/versions";
import { injectionSettings } from "./defaults";
import { registerModel } from "./model";
import { INJECTOR_NAMESPACE, startWebhook } from "./webhook";
import { lookForInjector, type Progress } from "../machine/tools";
import type { KubernetesServer } from "../servers/kubernetes";

/** How to start the injector. */
export interface InjectorSettings {
  readonly kubernetes: KubernetesServer;
  /** Address of Vault that the injector writes into pods without a `service` annotation. */
  readonly vaultAddress: string;
  /** Image of the injected containers; nothing pulls it here. @default - the Vault that the bench runs */
  readonly agentImage?: string;
  /** More settings, merged over those of the chart: `AGENT_INJECT_...`. @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /** Asks for one of the two. @default - the real one where it is found, else the model */
  readonly kind?: InjectorServer["kind"];
  /** Gets a line that says which injector it is. @default - silent */
  readonly onProgress?: Progress;
}

/** The injector: the real one where this machine has it, else a model that was recorded equal to it. */
export interface InjectorServer {
  /** Which of the two; 1.7.6 is the version that the bench is written for. */
  readonly kind: "vault-k8s 1.7.6" | "model";
  /** The webhook's URL; undefined with the model, which has no server. */
  readonly url?: string;
  /** The injector's own log; undefined with the model. */
  readonly logFile?: string;
  /** Takes it off the API server: later pods stay as they are. */
  stop(): Promise<void>;
}

/** The injector's environment as the vault chart 0.34.1 sets it. */
export function injectorEnv(
  settings: Pick<InjectorSettings, "vaultAddress" | "agentImage" | "env">,
): Record<string, string> {
  return {
    AGENT_INJECT_VAULT_ADDR: settings.vaultAddress,
    AGENT_INJECT_VAULT_IMAGE: settings.agentImage ?? `hashicorp/vault:${VAULT_VERSION}`,
    // From here on the chart's defaults.
    AGENT_INJECT_VAULT_AUTH_PATH: "auth/kubernetes",
    AGENT_INJECT_LOG_LEVEL: "info",
    AGENT_INJECT_LOG_FORMAT: "standard",
    AGENT_INJECT_REVOKE_ON_SHUTDOWN: "false",
    AGENT_INJECT_CPU_REQUEST: "250m",
    AGENT_INJECT_CPU_LIMIT: "500m",
    AGENT_INJECT_MEM_REQUEST: "64Mi",
    AGENT_INJECT_MEM_LIMIT: "128Mi",
    AGENT_INJECT_DEFAULT_TEMPLATE: "map",
    AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE: "true",
    ...settings.env,
  };
}

/**
 * Starts the Vault Agent injector. Where this machine has vault-k8s (`LEASEHOLD_VAULT_K8S`, or on PATH), it runs and is
 * registered with the API server. That needs Linux with `unshare`, as root or with user namespaces, and the npm package
 * selfsigned. Elsewhere the model in bench/injector takes its place, for the pods that playPod creates through the same
 * `kubernetes`. It is no webhook, but gives the same injected pod before the same admission.
 * @throws if `LEASEHOLD_VAULT_K8S` names no executable file, the asked kind is not there, or vault-k8s does not come up within 30 seconds
 */
export async function startInjector(settings: InjectorSettings): Promise<InjectorServer> {
  const { kubernetes, onProgress = () => undefined } = settings;
  const env = injectorEnv(settings);
  const command = settings.kind === "model" ? undefined : lookForInjector();
  if (settings.kind === "vault-k8s 1.7.6" && command === undefined) {
    throw new Error("vault-k8s: not found. Put vault-k8s 1.7.6 on PATH, or set LEASEHOLD_VAULT_K8S to its path");
  }
  if (command !== undefined) {
    onProgress(`injector: ${command}`);
    const { url, logFile, stop } = await startWebhook(kubernetes, command, env);
    return { kind: "vault-k8s 1.7.6", url, logFile, stop };
  }
  onProgress("injector: the model of vault-k8s 1.7.6");
  // The real injector runs in this namespace. It is made for both, so that callers can count on it.
  await kubernetes.ensureNamespace(INJECTOR_NAMESPACE);
  const unregister = registerModel(kubernetes, injectionSettings(env));
  return { kind: "model", stop: async () => unregister() };
}
