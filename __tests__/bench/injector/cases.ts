/** A pod template and the injector's environment, for which vault-k8s 1.7.6 was recorded. */
export interface InjectionCase {
  /** Name of the recording. */
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Fields over those of the common pod. */
  readonly spec?: object;
  /** Variables over those of the chart. */
  readonly env?: Readonly<Record<string, string>>;
}

const LOGIN =
  '{{ with secret "database/creds/web" }}postgresql://{{ .Data.username }}:{{ .Data.password }}@db?a=1&b=<2>{{ end }}';

const secret = (name: string, path: string, options: Record<string, string> = {}): Record<string, string> => ({
  [`agent-inject-secret-${name}`]: path,
  ...Object.fromEntries(Object.entries(options).map(([option, value]) => [`${option}-${name}`, value])),
});

const BASIC = { "agent-inject": "true", role: "web", ...secret("word", "secret/data/word") };

const TOKEN_VOLUME = {
  name: "vault-token",
  projected: { sources: [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 } }] },
};

const app = (more: object = {}) => ({ name: "app", image: "example.com/app:1", ...more });
const own = (more: object = {}) => ({ name: "own", image: "example.com/own:1", ...more });

/** What Leasehold's workloads carry unless told otherwise. */
const LEASEHOLD = {
  "agent-inject": "true",
  "agent-init-first": "true",
  "agent-cache-enable": "true",
  "agent-cache-use-auto-auth-token": "false",
  "agent-revoke-on-shutdown": "true",
  "agent-revoke-grace": "25",
  "agent-service-account-token-volume-name": "vault-token",
  service: "https://vault.vault.svc:8200",
  "tls-secret": "vault-tls",
  "ca-cert": "/vault/tls/ca.crt",
  role: "shop.web",
  "auth-type": "kubernetes",
  "auth-path": "auth/kubernetes-eu",
  ...secret("login", "database/creds/web", {
    "agent-inject-template": LOGIN,
    "error-on-missing-key": "true",
    "agent-inject-file": "postgres/uri",
    "agent-inject-perms": "0440",
    "agent-inject-command": "kill -HUP $(cat /tmp/pid) || true",
  }),
};

/** What they carry where the agent is a native sidecar. Its script is opaque to the injector: one as hard to carry stands for it. */
const NATIVE = {
  ...Object.fromEntries(Object.entries(LEASEHOLD).filter(([key]) => !/cache|revoke/.test(key))),
  "agent-pre-populate-only": "true",
  "agent-requests-cpu": "25m",
  "auth-max-backoff": "10s",
  "client-max-retries": "2",
  "template-config-exit-on-retry-failure": "true",
  "agent-init-json-patch": JSON.stringify([
    { op: "add", path: "/restartPolicy", value: "Always" },
    {
      op: "replace",
      path: "/args",
      value: ["cd /home/vault\nsed -n 's/.*\"a\":\"\\([^\"]*\\).*/\\1/p' $1 2>&1 <b >c && trap '' TERM\n"],
    },
    {
      op: "add",
      path: "/startupProbe",
      value: {
        exec: { command: ["/bin/sh", "-c", "[ -f '/vault/secrets/postgres/uri' ]"] },
        periodSeconds: 1,
        timeoutSeconds: 5,
        failureThreshold: 2_000_000_000,
      },
    },
  ]),
};

const leaseholdPod = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  volumes: [TOKEN_VOLUME],
};

export const CASES: readonly InjectionCase[] = [
  { name: "not-asked", annotations: { role: "web" } },
  { name: "asked-not-to", annotations: { ...BASIC, "agent-inject": "false", "no-such-thing": "x" } },
  { name: "minimal", annotations: BASIC },
  { name: "nothing-to-render", annotations: { "agent-inject": "1", "auth-config-role": "web" } },
  { name: "leasehold-defaults", annotations: LEASEHOLD, spec: leaseholdPod },
  {
    name: "leasehold-job",
    annotations: { ...LEASEHOLD, "agent-pre-populate-only": "true", "agent-revoke-on-shutdown": "false" },
    spec: { ...leaseholdPod, restartPolicy: "Never", initContainers: [own()] },
  },
  { name: "leasehold-native", annotations: NATIVE, spec: leaseholdPod },
  {
    name: "leasehold-native-job",
    annotations: NATIVE,
    spec: { ...leaseholdPod, restartPolicy: "Never", initContainers: [own()] },
  },
  {
    name: "several-secrets",
    annotations: {
      ...BASIC,
      ...secret("a", "database/creds/a", { "agent-inject-template": LOGIN, "error-on-missing-key": "true" }),
      ...secret("b", "database/creds/b", { "agent-inject-file": "./deep//b.txt/", "agent-inject-perms": "0400" }),
      ...secret("Cased", "kv/c", { "preserve-secret-case": "true", "agent-inject-command": "echo c" }),
      ...secret("d", "kv/d", { "agent-template-left-delim": "[[", "agent-template-right-delim": "]]" }),
      "agent-inject-template-file-e": "/vault/custom/e.ctmpl",
      "agent-inject-template-f": "text\u2028 & more",
      "agent-inject-secret-empty": " ",
    },
  },
  {
    name: "folders",
    annotations: {
      ...BASIC,
      "secret-volume-path": "/run/secrets-of-vault",
      ...secret("x", "kv/x", { "secret-volume-path": "/x" }),
      ...secret("y", "kv/y", { "secret-volume-path": "/y", "agent-inject-file": "../y/file-of-y" }),
      ...secret("z", "kv/z", { "secret-volume-path": "/y" }),
    },
  },
  {
    name: "case-kept-for-all-but-one",
    annotations: {
      ...BASIC,
      "preserve-secret-case": "true",
      ...secret("Kept", "kv/kept"),
      ...secret("Lower", "kv/lower", { "preserve-secret-case": "no bool, so false" }),
    },
  },
  {
    name: "cache-without-init",
    annotations: { ...BASIC, "agent-cache-enable": "true", "agent-pre-populate": "false" },
  },
  {
    name: "cache-and-quit",
    annotations: {
      ...BASIC,
      "agent-cache-enable": "true",
      "agent-cache-exit-on-err": "true",
      "agent-cache-listener-port": "8300",
      "agent-enable-quit": "true",
      "agent-inject-token": "true",
      "agent-auto-auth-exit-on-err": "true",
    },
  },
  { name: "quit-without-cache", annotations: { ...BASIC, "agent-enable-quit": "true" } },
  {
    name: "only-init-with-cache",
    annotations: { ...BASIC, "agent-cache-enable": "true", "agent-pre-populate-only": "true" },
  },
  { name: "neither-agent", annotations: { ...BASIC, "agent-pre-populate": "f", "agent-pre-populate-only": "t" } },
  {
    name: "own-init-containers",
    annotations: { ...BASIC, "agent-share-process-namespace": "true" },
    spec: { initContainers: [own(), own({ name: "own-too" })] },
  },
  {
    name: "own-init-containers-later",
    annotations: { ...BASIC, "agent-init-first": "true", "agent-share-process-namespace": "false" },
    spec: { initContainers: [own({ resources: { limits: { cpu: "1" } } }), own({ name: "own-too" })] },
  },
  {
    name: "some-containers",
    annotations: {
      ...BASIC,
      "agent-inject-containers": "side,other",
      "agent-copy-volume-mounts": "app",
      "agent-extra-secret": "more",
    },
    spec: {
      containers: [app({ volumeMounts: [{ name: "data", mountPath: "/data" }] }), app({ name: "side" })],
      volumes: [{ name: "data", emptyDir: {} }],
    },
  },
  {
    name: "configmap",
    annotations: {
      "agent-inject": "true",
      "agent-configmap": "agent",
      "tls-secret": "vault-tls",
      "ca-cert": "/vault/tls/ca.crt",
      "ca-key": "/vault/tls",
      "client-cert": "/vault/tls/tls.crt",
      "client-key": "/vault/tls/tls.key",
      "tls-server-name": "vault",
    },
  },
  {
    name: "tls",
    annotations: {
      ...BASIC,
      service: "https://vault:8200",
      "tls-secret": "vault-tls",
      "tls-skip-verify": "true",
      "tls-server-name": "vault.example.com",
      "ca-cert": "/vault/tls/ca.crt",
      "ca-key": "/vault/tls",
      "client-cert": "/vault/tls/tls.crt",
      "client-key": "/vault/tls/tls.key",
      "agent-revoke-on-shutdown": "true",
    },
  },
  {
    name: "resources",
    annotations: {
      ...BASIC,
      "agent-limits-cpu": "0.5",
      "agent-limits-mem": "1024Mi",
      "agent-limits-ephemeral": "1.5Gi",
      "agent-requests-cpu": "",
      "agent-requests-mem": "64e6",
      "agent-requests-ephemeral": "1000000",
    },
  },
  {
    name: "no-limits",
    annotations: {
      ...BASIC,
      "agent-limits-cpu": "",
      "agent-limits-mem": "",
      "agent-requests-cpu": "1500u",
      "agent-requests-mem": "0.5Ki",
      "agent-requests-ephemeral": "0",
    },
  },
  {
    name: "no-resources",
    annotations: {
      ...BASIC,
      "agent-limits-cpu": "",
      "agent-limits-mem": "",
      "agent-requests-cpu": "",
      "agent-requests-mem": "",
    },
  },
  {
    name: "agent-options",
    annotations: {
      ...BASIC,
      "agent-image": "hashicorp/vault:1.21.7",
      "log-level": "debug",
      "log-format": "json",
      "client-max-retries": "5",
      "client-timeout": "30s",
      "go-max-procs": "2",
      namespace: "team-a",
      "proxy-address": "http://proxy:3128",
      "auth-min-backoff": "1.5s",
      "auth-max-backoff": "2m30s",
      "auth-config-token-path": "/elsewhere/token",
      "auth-config-remove-jwt": "false",
      "agent-disable-idle-connections": "auto-auth,caching",
      "agent-disable-keep-alives": "templating",
      "template-config-exit-on-retry-failure": "false",
      "template-static-secret-render-interval": "30s",
      "template-max-connections-per-host": "10",
      "template-lease-renewal-threshold": "0.75",
      "agent-inject-default-template": "JSON",
      "agent-request-namespace": "elsewhere",
    },
  },
  {
    name: "telemetry",
    annotations: {
      ...BASIC,
      "agent-telemetry-prometheus-retention-time": "24h",
      "agent-telemetry-disable-hostname": "true",
      "agent-telemetry-prefix-filter": '["+vault.agent", "-vault"]',
      "agent-telemetry-maximum-gauge-cardinality": "100",
      "agent-telemetry-filter-default": "false",
    },
  },
  {
    name: "telemetry-of-a-wrong-type",
    annotations: {
      ...BASIC,
      "agent-telemetry-prometheus-retention-time": "24",
      "agent-telemetry-disable-hostname": "true",
    },
  },
  {
    name: "other-user",
    annotations: { ...BASIC, "agent-run-as-user": "0", "agent-run-as-group": "2000" },
  },
  {
    name: "same-user",
    annotations: { ...BASIC, "agent-run-as-same-user": "true" },
    spec: { containers: [app({ securityContext: { runAsUser: 4711 } })] },
  },
  { name: "no-security-context", annotations: { ...BASIC, "agent-set-security-context": "false" } },
  {
    name: "token-volume-of-the-app",
    annotations: { ...BASIC, "agent-service-account-token-volume-name": "vault-token" },
    spec: {
      containers: [app({ volumeMounts: [{ name: "vault-token", mountPath: "/run/token", readOnly: true }] })],
      volumes: [TOKEN_VOLUME],
    },
  },
  {
    name: "json-patches",
    annotations: {
      ...BASIC,
      "agent-json-patch": JSON.stringify([
        { op: "add", path: "/securityContext/seccompProfile", value: { type: "RuntimeDefault" } },
        { op: "replace", path: "/securityContext/capabilities/drop/0", value: "NET_RAW" },
        { op: "remove", path: "/resources" },
        { op: "add", path: "/env/-", value: { name: "EXTRA", value: "1" } },
      ]),
      "agent-init-json-patch": JSON.stringify([
        { op: "test", path: "/name", value: "vault-agent-init" },
        { op: "copy", from: "/securityContext/runAsUser", path: "/securityContext/runAsGroup" },
        { op: "move", from: "/env/3", path: "/env/0" },
      ]),
    },
  },
  { name: "empty-json-patch", annotations: { ...BASIC, "agent-json-patch": "" } },
  {
    name: "injector-settings",
    annotations: { ...BASIC, "agent-run-as-group": "3000" },
    env: {
      AGENT_INJECT_VAULT_CACERT_BYTES: Buffer.from("-----BEGIN CERTIFICATE-----\n").toString("base64"),
      AGENT_INJECT_VAULT_AUTH_PATH: "auth/other",
      AGENT_INJECT_VAULT_NAMESPACE: "team-b",
      AGENT_INJECT_VAULT_IMAGE: "registry.example.com/vault:1",
      AGENT_INJECT_PROXY_ADDR: "http://proxy:1",
      AGENT_INJECT_REVOKE_ON_SHUTDOWN: "1",
      AGENT_INJECT_RUN_AS_USER: "101",
      AGENT_INJECT_SET_SECURITY_CONTEXT: "false",
      AGENT_INJECT_DEFAULT_TEMPLATE: "json",
      AGENT_INJECT_EPHEMERAL_LIMIT: "1Gi",
      AGENT_INJECT_EPHEMERAL_REQUEST: "512Mi",
      AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE: "false",
      AGENT_INJECT_TEMPLATE_STATIC_SECRET_RENDER_INTERVAL: "1m",
      AGENT_INJECT_TEMPLATE_MAX_CONNECTIONS_PER_HOST: "3",
      AGENT_INJECT_TEMPLATE_LEASE_RENEWAL_THRESHOLD: "0.5",
      AGENT_INJECT_AUTH_MIN_BACKOFF: "2s",
      AGENT_INJECT_AUTH_MAX_BACKOFF: "20s",
      AGENT_INJECT_DISABLE_IDLE_CONNECTIONS: "auto-auth",
      AGENT_INJECT_DISABLE_KEEP_ALIVES: "auto-auth",
    },
  },
  {
    name: "injector-without-security-context",
    annotations: BASIC,
    env: { AGENT_INJECT_SET_SECURITY_CONTEXT: "false", AGENT_INJECT_VAULT_CACERT_BYTES: "-----BEGIN" },
  },
  { name: "injected-before", annotations: { ...BASIC, "agent-inject-status": "injected" } },
  { name: "refused-no-role", annotations: { "agent-inject": "true" } },
  {
    name: "refused-no-token",
    annotations: BASIC,
    spec: { automountServiceAccountToken: false },
  },
  {
    name: "refused-no-such-volume",
    annotations: { ...BASIC, "agent-service-account-token-volume-name": "vault-token" },
  },
  { name: "refused-grace", annotations: { ...BASIC, "agent-revoke-grace": "5s" } },
  { name: "refused-flag", annotations: { ...BASIC, "agent-cache-enable": "yes" } },
  { name: "refused-quantity", annotations: { ...BASIC, "agent-limits-mem": "lots" } },
  { name: "refused-backoff", annotations: { ...BASIC, "auth-min-backoff": "5" } },
  { name: "refused-default-template", annotations: { ...BASIC, "agent-inject-default-template": "yaml" } },
  { name: "refused-same-user", annotations: { ...BASIC, "agent-run-as-same-user": "true" } },
  {
    name: "refused-json-patch",
    annotations: { ...BASIC, "agent-json-patch": '[{"op":"remove","path":"/nothing"}]' },
  },
  {
    name: "refused-shared-processes",
    annotations: { ...BASIC, "agent-share-process-namespace": "true" },
    spec: { shareProcessNamespace: false },
  },
];

/** The pod of a case, as a workload's controller would send it. */
export function podOf({ annotations, spec }: InjectionCase) {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`vault.hashicorp.com/${key}`, value]);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "web-", namespace: "shop", annotations: Object.fromEntries(prefixed) },
    spec: { serviceAccountName: "web", containers: [app()], ...spec },
  };
}
