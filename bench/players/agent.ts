import { join } from "node:path";
import { agentScript, everyFile } from "../../constructs/injection/agent-script";
import { type Exit, type ProcessOptions } from "../machine/process";

/** JSON as the injector writes it into VAULT_CONFIG. */
export type AgentConfig = Readonly<Record<string, unknown>>;

/** How the world of a container maps to this machine. */
export interface AgentMapping {
  /** Address of Vault in the configuration → its address here. */
  readonly vault: Readonly<Record<string, string>>;
  /** Mount path in the container → directory here. The longest that fits counts. */
  readonly paths: Readonly<Record<string, string>>;
  /** `host:port` here, for the agent's listener. */
  readonly listener: string;
  /**
   * Turns a template's command, which is written for the container, into one for this machine.
   * @default - a configuration with a command is refused
   */
  readonly command?: (command: string) => string;
}

type Rule = "same" | "text" | "path" | "vault" | "listener" | "command" | "contents";

/** Every key of an agent configuration that we know, and what happens to it. `.*` stands for any deeper key. */
const RULES: Readonly<Record<string, Rule>> = {
  pid_file: "path",
  exit_after_auth: "same",
  "vault.address": "vault",
  "vault.ca_cert": "path",
  "vault.ca_path": "path",
  "vault.client_cert": "path",
  "vault.client_key": "path",
  "vault.tls_skip_verify": "same",
  "vault.tls_server_name": "same",
  "auto_auth.method.config.token_path": "path",
  "auto_auth.method.*": "text",
  "auto_auth.sink[].config.path": "path",
  "auto_auth.sink[].*": "text",
  "template[].destination": "path",
  "template[].source": "path",
  "template[].command": "command",
  "template[].contents": "contents",
  "template[].*": "text",
  "template_config.*": "same",
  "listener[].address": "listener",
  "listener[].type": "same",
  "listener[].tls_disable": "same",
  "listener[].agent_api.*": "same",
  "cache.use_auto_auth_token": "same",
  "cache.persist.path": "path",
  "cache.persist.service_account_token_file": "path",
  "cache.persist.*": "text",
  "disable_idle_connections[]": "same",
  "disable_keep_alives[]": "same",
};

/** Where the agent's persistent cache reads the token that protects it, unless told (agentproxyshared/helpers.go). */
const DEFAULT_TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * What `Reload` has the agent run. No container of an app runs here, so there is no process to tell: only the command's
 * message is left.
 */
const RELOAD = /^timeout 10 .* \|\| (echo '[^']*')$/;

function ruleFor(key: string): Rule {
  for (let prefix = key; ; prefix = prefix.slice(0, prefix.lastIndexOf("."))) {
    const rule = prefix === key ? RULES[key] : RULES[`${prefix}.*`];
    if (rule) return rule;
    if (!prefix.includes(".")) break;
  }
  throw new Error(`agent configuration: no rule for the key ${key}; say in bench/agent.ts what happens to it`);
}

/**
 * Maps a path of the container to this machine.
 * @throws for a path under none of the mounts
 */
export function mapPath(path: string, paths: Readonly<Record<string, string>>): string {
  const mount = Object.keys(paths)
    .filter((candidate) => path === candidate || path.startsWith(`${candidate}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (mount === undefined || path.split("/").includes("..")) {
    throw new Error(`${path} lies under none of the container's mounts: ${Object.keys(paths).sort().join(", ")}`);
  }
  return join(paths[mount], path.slice(mount.length));
}

/**
 * Maps an address of Vault to this machine.
 * @throws for an address that the mapping does not name
 */
export function mapVault(address: string, vault: AgentMapping["vault"]): string {
  const here = vault[address];
  if (here === undefined) {
    throw new Error(`the agent would talk to Vault at ${address}; mapped are only: ${Object.keys(vault).join(", ")}`);
  }
  return here;
}

function rewriteLeaf(value: unknown, key: string, mapping: AgentMapping): unknown {
  const rule = ruleFor(key);
  if (rule === "same" || typeof value !== "string") return value;
  switch (rule) {
    case "path":
      return mapPath(value, mapping.paths);
    case "vault":
      return mapVault(value, mapping.vault);
    case "listener":
      return mapping.listener;
    case "command":
      if (!mapping.command && RELOAD.test(value)) return value.replace(RELOAD, "$1");
      if (!mapping.command) throw new Error(`${key}: a command runs on this machine; say how in mapping.command`);
      return mapping.command(value);
    case "contents":
      if (/\b(?:file|writeToFile)\s+["\x60]/.test(value)) {
        throw new Error(`${key}: a template that reads or writes files of the container by itself is not mapped`);
      }
      return value;
    case "text":
      if (value.startsWith("/")) throw new Error(`${key}: unexpected path ${value}`);
      return value;
  }
}

function rewrite(value: unknown, key: string, mapping: AgentMapping): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => rewrite(item, `${key}[]`, mapping));
  if (typeof value !== "object") return rewriteLeaf(value, key, mapping);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, rewrite(item, key === "" ? name : `${key}.${name}`, mapping)]),
  );
}

/**
 * The one place that says what changes when an agent's configuration for a container is used on this machine: file
 * paths by the container's mounts, Vault's address, the listener's port, commands. All else stays as the injector wrote
 * it.
 * @throws for a key, a path or an address that it does not know: nothing is ever guessed
 */
export function rewriteAgentConfig(config: AgentConfig, mapping: AgentMapping): AgentConfig {
  const result = rewrite(config, "", mapping) as Record<string, unknown>;
  const persist = (result.cache as { persist?: Record<string, unknown> } | undefined)?.persist;
  if (persist && persist.service_account_token_file === undefined) {
    // The default is a path of the container too. Where the pod does not mount it, the agent must miss it here as well.
    try {
      persist.service_account_token_file = mapPath(DEFAULT_TOKEN_FILE, mapping.paths);
    } catch {
      persist.service_account_token_file = `/nonexistent${DEFAULT_TOKEN_FILE}`;
    }
  }
  return result;
}

/** The injected preStop hook, taken apart. */
export interface PreStop {
  /** Seconds it sleeps before it revokes. */
  readonly graceSeconds: number;
  /** Arguments for `vault`, mapped to this machine. */
  readonly args: readonly string[];
}

/**
 * Reads the preStop hook that the injector writes for agent-revoke-on-shutdown.
 * @throws for any other hook, and for a flag that it does not know
 */
export function readPreStop(command: readonly string[], mapping: AgentMapping): PreStop {
  const match = /^\/bin\/sleep (\d+) && \/bin\/vault token revoke (.+)$/.exec(command[2] ?? "");
  if (command.length !== 3 || command[0] !== "/bin/sh" || command[1] !== "-c" || !match) {
    throw new Error(`unknown preStop hook: ${JSON.stringify(command)}`);
  }
  const flags = match[2].split(" ").map((flag) => {
    const [, name, value] = /^(-[a-z-]+)(?:=(.*))?$/.exec(flag) ?? [];
    if (name === "-self") return flag;
    if (name === "-address" && value) return `-address=${mapVault(value, mapping.vault)}`;
    if ((name === "-ca-cert" || name === "-client-cert" || name === "-client-key") && value) {
      return `${name}=${mapPath(value, mapping.paths)}`;
    }
    throw new Error(`unknown flag in the preStop hook: ${flag}`);
  });
  return { graceSeconds: Number(match[1]), args: ["token", "revoke", ...flags] };
}

/** A container that runs an agent, as the injector made it. */
export interface AgentContainer {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  /** "Always" on an init container: a native sidecar. */
  readonly restartPolicy?: string;
  readonly startupProbe?: { readonly exec?: { readonly command: readonly string[] } };
  readonly lifecycle?: { readonly preStop?: { readonly exec?: { readonly command: readonly string[] } } };
}

/** What the injector runs: the configuration from VAULT_CONFIG, decoded into the home directory. */
const INJECTED_COMMAND =
  "echo ${VAULT_CONFIG?} | base64 -d > /home/vault/config.json && vault agent -config=/home/vault/config.json";

/** Whether the kubelet starts it before the app and ends it after. */
export function isNativeSidecar({ restartPolicy }: AgentContainer): boolean {
  return restartPolicy === "Always";
}

/**
 * Decodes the configuration of an injected container.
 * @throws if the container runs neither what the injector writes, without agent-configmap and JSON patches, nor, as a native
 *   sidecar, what Leasehold patches in, with the files that the injector has it write
 */
export function agentConfigOf(container: AgentContainer): AgentConfig {
  const encoded = container.env?.find(({ name }) => name === "VAULT_CONFIG")?.value;
  const config = encoded && (JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as AgentConfig);
  const refuse = (what: string): never => {
    throw new Error(`${container.name} does not ${what}: ${container.args?.join(" ")}`);
  };
  if (!config || container.args?.length !== 1) return refuse("run the agent as the injector writes it");
  if (!isNativeSidecar(container))
    return container.args[0] === INJECTED_COMMAND ? config : refuse("run the agent as the injector writes it");
  const files = destinationsOf(config);
  if (container.args[0] !== agentScript(files)) return refuse("run Leasehold's script for a native sidecar");
  if (container.startupProbe?.exec?.command.join(" ") !== `/bin/sh -c ${everyFile(files)}`)
    return refuse("hold the app back until its files are there");
  return config;
}

/** Every file that the agent writes, in the order of their names. */
export function destinationsOf(config: AgentConfig): string[] {
  const templates = (config.template ?? []) as readonly { readonly destination: string }[];
  return templates.map(({ destination }) => destination).sort();
}

/** The environment of an injected container here: its plain values, and HOME as in the agent's image. */
export function agentEnv(container: AgentContainer, home: string): Record<string, string> {
  const env: Record<string, string> = { HOME: home, TMPDIR: home };
  for (const { name, value } of container.env ?? []) {
    if (value !== undefined && name !== "VAULT_CONFIG") env[name] = value;
  }
  return env;
}

/** The environment of a native sidecar's script here: the configuration is for this machine, and `vault` is in `bin`. */
export function scriptEnv(
  container: AgentContainer,
  home: string,
  bin: string,
  config: AgentConfig,
): Record<string, string> {
  return {
    ...agentEnv(container, home),
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    VAULT_CONFIG: Buffer.from(JSON.stringify(config)).toString("base64"),
  };
}

/** Options to run `vault` for a container; shared by init agent, sidecar and hook. */
export function vaultProcess(
  container: AgentContainer,
  vault: string,
  home: string,
  args: readonly string[],
  logFile: string,
): ProcessOptions {
  return { name: container.name, command: vault, args, env: agentEnv(container, home), cwd: home, logFile };
}

/** How an exit reads in an error. */
export function describeExit({ code, signal }: Exit): string {
  return signal ? `was ended by ${signal}` : `exited with ${code}`;
}
