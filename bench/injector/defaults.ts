import { checkDuration, parseBool, parseInteger } from "./go";

/** How the injector is set up, apart from the pod. */
export interface InjectionSettings {
  /** Annotation without its prefix → the value that a pod has which does not carry it. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Certificate authority of Vault for all agents, PEM or base64 of it. @default - none */
  readonly caCertBytes?: string;
}

type Reader = (value: string, variable: string) => string;

const text: Reader = (value) => value;
const flag: Reader = (value, variable) => String(parseBool(value, variable));

/** Annotation, environment variable of the injector without `AGENT_INJECT_`, default, how it is read. */
const TABLE: readonly (readonly [annotation: string, variable: string, fallback: string, read?: Reader])[] = [
  ["service", "VAULT_ADDR", ""],
  ["auth-type", "VAULT_AUTH_TYPE", "kubernetes"],
  ["auth-path", "VAULT_AUTH_PATH", "auth/kubernetes"],
  ["namespace", "VAULT_NAMESPACE", ""],
  ["proxy-address", "PROXY_ADDR", ""],
  ["agent-image", "VAULT_IMAGE", "hashicorp/vault:2.0.4"],
  ["agent-limits-cpu", "CPU_LIMIT", "500m"],
  ["agent-limits-mem", "MEM_LIMIT", "128Mi"],
  ["agent-limits-ephemeral", "EPHEMERAL_LIMIT", ""],
  ["agent-requests-cpu", "CPU_REQUEST", "250m"],
  ["agent-requests-mem", "MEM_REQUEST", "64Mi"],
  ["agent-requests-ephemeral", "EPHEMERAL_REQUEST", ""],
  ["agent-revoke-on-shutdown", "REVOKE_ON_SHUTDOWN", "false", flag],
  ["agent-run-as-user", "RUN_AS_USER", "100"],
  ["agent-run-as-group", "RUN_AS_GROUP", "1000"],
  ["agent-run-as-same-user", "RUN_AS_SAME_USER", "false", flag],
  ["agent-set-security-context", "SET_SECURITY_CONTEXT", "true", flag],
  ["agent-inject-default-template", "DEFAULT_TEMPLATE", "map"],
  ["template-config-exit-on-retry-failure", "TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE", "true", flag],
  ["template-static-secret-render-interval", "TEMPLATE_STATIC_SECRET_RENDER_INTERVAL", ""],
  [
    "template-max-connections-per-host",
    "TEMPLATE_MAX_CONNECTIONS_PER_HOST",
    "0",
    (value, variable) => String(parseInteger(value, variable, "signed")),
  ],
  ["auth-min-backoff", "AUTH_MIN_BACKOFF", "", checkDuration],
  ["auth-max-backoff", "AUTH_MAX_BACKOFF", "", checkDuration],
  ["agent-disable-idle-connections", "DISABLE_IDLE_CONNECTIONS", ""],
  ["agent-disable-keep-alives", "DISABLE_KEEP_ALIVES", ""],
];

/** Defaults that no variable changes. */
const FIXED: Readonly<Record<string, string>> = {
  "secret-volume-path": "/vault/secrets",
  "agent-revoke-grace": "5",
  "log-level": "info",
  "log-format": "standard",
  "agent-pre-populate": "true",
  "agent-cache-enable": "false",
  "agent-cache-listener-port": "8200",
  // The documentation says that it is off.
  "agent-cache-use-auto-auth-token": "true",
};

const PREFIX = "AGENT_INJECT_";

/** Variables about the webhook server, and one that 1.7.6 reads and never applies. */
const WITHOUT_EFFECT =
  /^(?:LISTEN|LOG_LEVEL|LOG_FORMAT|TLS_\w+|TELEMETRY_PATH|USE_LEADER_ELECTOR|TEMPLATE_LEASE_RENEWAL_THRESHOLD)$/;

/**
 * Reads the injector's own environment, as the chart sets it: `AGENT_INJECT_...`. An empty value counts as not set.
 * @throws for a variable of that prefix that it does not know, and for a value that the injector would not start with
 */
export function injectionSettings(env: Readonly<Record<string, string>>): InjectionSettings {
  const known = new Set([...TABLE.map(([, variable]) => variable), "VAULT_CACERT_BYTES"]);
  for (const name of Object.keys(env)) {
    const variable = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
    if (variable !== undefined && !known.has(variable) && !WITHOUT_EFFECT.test(variable)) {
      throw new Error(`the model does not play the injector's variable ${name}`);
    }
  }
  const defaults: Record<string, string> = { ...FIXED };
  for (const [annotation, variable, fallback, read = text] of TABLE) {
    const given = env[`${PREFIX}${variable}`];
    defaults[annotation] = given ? read(given, `${PREFIX}${variable}`) : fallback;
  }
  if (defaults.service === "") throw new Error(`${PREFIX}VAULT_ADDR is not set: the injector does not start without`);
  if (!["map", "json"].includes(defaults["agent-inject-default-template"])) {
    throw new Error(`${PREFIX}DEFAULT_TEMPLATE is neither map nor json`);
  }
  const caCertBytes = env[`${PREFIX}VAULT_CACERT_BYTES`];
  return { defaults, ...(caCertBytes ? { caCertBytes } : {}) };
}
