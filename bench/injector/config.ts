import { posix } from "node:path";
import type { InjectionRequest, SecretRequest } from "./annotations";
import { goJson, omitEmpty, sortKeys } from "./go";

/** The token that the agent logs in with, as the containers see it. */
export interface TokenVolume {
  readonly name: string;
  readonly mountPath: string;
  readonly tokenPath: string;
}

export const HOME = "/home/vault";
export const CACHE_FOLDER = "/vault/agent-cache";
export const TOKEN_FILE = `${HOME}/.vault-token`;

/** Keys of the telemetry stanza, in the order in which the injector writes them. */
const TELEMETRY: readonly (readonly [key: string, type: "text" | "whole" | "flag" | "texts"])[] = [
  ["usage_gauge_period", "text"],
  ["maximum_gauge_cardinality", "whole"],
  ["disable_hostname", "flag"],
  ["enable_hostname_label", "flag"],
  ["lease_metrics_epsilon", "text"],
  ["num_lease_metrics_buckets", "whole"],
  ["add_lease_metrics_namespace_labels", "flag"],
  ["filter_default", "flag"],
  ["prefix_filter", "texts"],
  ["statsite_address", "text"],
  ["statsd_address", "text"],
  ["circonus_api_token", "text"],
  ["circonus_api_app", "text"],
  ["circonus_api_url", "text"],
  ["circonus_submission_interval", "text"],
  ["circonus_submission_url", "text"],
  ["circonus_check_id", "text"],
  ["circonus_check_force_metric_activation", "flag"],
  ["circonus_check_instance_id", "text"],
  ["circonus_check_search_tag", "text"],
  ["circonus_check_display_name", "text"],
  ["circonus_check_tags", "text"],
  ["circonus_broker_id", "text"],
  ["circonus_broker_select_tag", "text"],
  ["dogstatsd_addr", "text"],
  ["dogstatsd_tags", "texts"],
  ["prometheus_retention_time", "text"],
  ["stackdriver_project_id", "text"],
  ["stackdriver_location", "text"],
  ["stackdriver_namespace", "text"],
  ["stackdriver_debug_logs", "flag"],
];

function fits(value: unknown, type: (typeof TELEMETRY)[number][1]): boolean {
  switch (type) {
    case "text":
      return typeof value === "string";
    case "whole":
      return Number.isSafeInteger(value);
    case "flag":
      return typeof value === "boolean";
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** One value of the wrong type, and the injector leaves out the whole stanza without a word. */
function telemetryOf(given: InjectionRequest["telemetry"]): object | undefined {
  for (const key of Object.keys(given)) {
    if (!TELEMETRY.some(([known]) => known === key)) {
      throw new Error(`the model does not play vault.hashicorp.com/agent-telemetry-${key.replaceAll("_", "-")}`);
    }
  }
  if (Object.keys(given).length === 0) return undefined;
  const stanza: Record<string, unknown> = {};
  for (const [key, type] of TELEMETRY) {
    if (given[key] === undefined) continue;
    const value = json(given[key]);
    if (value === null) continue;
    if (!fits(value, type)) return undefined;
    stanza[key] = value;
  }
  return omitEmpty(stanza);
}

function contentsOf(secret: SecretRequest, defaultTemplate: string): string {
  if (secret.templateFile !== "" || secret.template !== "") return secret.template;
  const body =
    defaultTemplate === "json" ? "{{ .Data | toJSON }}\n" : "{{ range $k, $v := .Data }}{{ $k }}: {{ $v }}\n{{ end }}";
  return `{{ with secret "${secret.path}" }}${body}{{ end }}`;
}

function templatesOf(request: InjectionRequest): object[] {
  return request.secrets.map((secret) => ({
    destination: secret.destination,
    ...omitEmpty({
      contents: contentsOf(secret, request.text("agent-inject-default-template").toLowerCase()),
      left_delimiter: secret.leftDelimiter,
      right_delimiter: secret.rightDelimiter,
      command: secret.command,
      source: secret.templateFile,
      perms: secret.perms,
      error_on_missing_key: secret.errorOnMissingKey,
    }),
  }));
}

function autoAuthOf(request: InjectionRequest, token: TokenVolume): object {
  const { flag, text } = request;
  const config = {
    token_path: posix.join(token.mountPath, token.tokenPath),
    ...request.authConfig,
    ...(text("role") === "" ? {} : { role: text("role") }),
  };
  const sinks = [TOKEN_FILE];
  if (flag("agent-inject-token")) sinks.push(posix.join(text("secret-volume-path"), "token"));
  return {
    method: {
      type: text("auth-type"),
      ...omitEmpty({
        mount_path: text("auth-path"),
        min_backoff: text("auth-min-backoff"),
        max_backoff: text("auth-max-backoff"),
        namespace: text("namespace"),
        config: sortKeys(config),
        exit_on_err: flag("agent-auto-auth-exit-on-err"),
      }),
    },
    sink: sinks.map((path) => ({ type: "file", config: { path } })),
  };
}

/** Listener and cache belong together, except that the way to end the agent needs a listener too. */
function cacheOf(request: InjectionRequest, init: boolean): { listener?: object[]; cache?: object } {
  const { flag, text } = request;
  const useToken = omitEmpty({ use_auto_auth_token: text("agent-cache-use-auto-auth-token") });
  const sidecarOnly = flag("agent-cache-enable") && !flag("agent-pre-populate-only") && !init;
  const cached = request.cachePersisted || sidecarOnly;
  const quit = flag("agent-enable-quit");
  if (!cached && !quit) return {};
  const persist = {
    type: "kubernetes",
    path: CACHE_FOLDER,
    ...omitEmpty({ exit_on_err: flag("agent-cache-exit-on-err") }),
  };
  return {
    listener: [
      {
        type: "tcp",
        address: `127.0.0.1:${text("agent-cache-listener-port")}`,
        tls_disable: true,
        ...(quit ? { agent_api: { enable_quit: true } } : {}),
      },
    ],
    cache: cached ? { ...useToken, ...(request.cachePersisted ? { persist } : {}) } : {},
  };
}

function listOf(text: string): string[] {
  return text === "" ? [] : text.split(",");
}

/** The configuration of one agent, byte for byte as the injector writes it. */
export function agentConfig(request: InjectionRequest, token: TokenVolume, init: boolean): string {
  const { flag, text } = request;
  const { listener, cache } = cacheOf(request, init);
  return goJson({
    auto_auth: autoAuthOf(request, token),
    exit_after_auth: init,
    pid_file: `${HOME}/.pid`,
    vault: {
      address: text("service"),
      ...omitEmpty({
        ca_cert: text("ca-cert"),
        ca_path: text("ca-key"),
        tls_skip_verify: flag("tls-skip-verify"),
        client_cert: text("client-cert"),
        client_key: text("client-key"),
        tls_server_name: text("tls-server-name"),
      }),
    },
    ...omitEmpty({ template: templatesOf(request), listener, cache }),
    template_config: {
      exit_on_retry_failure: flag("template-config-exit-on-retry-failure"),
      ...omitEmpty({
        static_secret_render_interval: text("template-static-secret-render-interval"),
        max_connections_per_host: request.maxConnectionsPerHost,
        lease_renewal_threshold: request.leaseRenewalThreshold,
      }),
    },
    ...omitEmpty({
      disable_idle_connections: listOf(text("agent-disable-idle-connections")),
      disable_keep_alives: listOf(text("agent-disable-keep-alives")),
      telemetry: telemetryOf(request.telemetry),
    }),
  });
}
