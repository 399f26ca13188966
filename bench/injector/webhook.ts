import { readFileSync } from "node:fs";
import { Agent, get } from "node:https";
import { join } from "node:path";
import { withScope, writePrivateFile } from "../machine/lifecycle";
import { freePort, ServerProcess, waitFor } from "../machine/process";
import type { KubernetesServer } from "../servers/kubernetes";

/** A running vault-k8s. */
export interface Webhook {
  /** Where the API server sends pods. */
  readonly url: string;
  /** Certificate of `url`, PEM. */
  readonly caPem: string;
  readonly logFile: string;
  /** Takes the webhook off the API server, ends the injector and removes its files. */
  stop(): Promise<void>;
}

/** Where the injector lives. */
export const INJECTOR_NAMESPACE = "leasehold-injector";
const NAME = "vault-agent-injector";
const WEBHOOK = `${NAME}-cfg`;

/**
 * vault-k8s takes its access to the API server from the paths that a pod has, and from nowhere else (InClusterConfig;
 * no kubeconfig). So it runs in a mount namespace of its own, where /run is a tmpfs with these files. Nothing is
 * written to this machine's own folders, and nothing is left. Environment: SOURCE, a directory with `token` and
 * `ca.crt`.
 */
const IN_CLUSTER = [
  "set -e",
  "run=$(readlink -f /var/run)",
  'token=$(cat "$SOURCE/token") ca=$(cat "$SOURCE/ca.crt") cert=$(cat "$SOURCE/tls.crt") key=$(cat "$SOURCE/tls.key")',
  'mount -t tmpfs -o size=1m,mode=0755 tmpfs "$run"',
  "umask 077",
  'mkdir -p "$run/secrets/kubernetes.io/serviceaccount" "$run/tls"',
  'printf %s "$token" > "$run/secrets/kubernetes.io/serviceaccount/token"',
  'printf "%s\\n" "$ca" > "$run/secrets/kubernetes.io/serviceaccount/ca.crt"',
  'printf "%s\\n" "$cert" > "$run/tls/tls.crt"',
  'printf "%s\\n" "$key" > "$run/tls/tls.key"',
  "unset token ca cert key SOURCE",
  'exec "$0" agent-inject',
].join("\n");

async function registerIdentity(kubernetes: KubernetesServer): Promise<string> {
  await kubernetes.ensureNamespace(INJECTOR_NAMESPACE);
  await kubernetes.apply({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: NAME, namespace: INJECTOR_NAMESPACE },
  });
  await kubernetes.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: `${NAME}-clusterrole` },
    rules: [
      {
        apiGroups: ["admissionregistration.k8s.io"],
        resources: ["mutatingwebhookconfigurations"],
        verbs: ["get", "list", "watch", "patch"],
      },
    ],
  });
  await kubernetes.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: `${NAME}-binding` },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `${NAME}-clusterrole` },
    subjects: [{ kind: "ServiceAccount", name: NAME, namespace: INJECTOR_NAMESPACE }],
  });
  return kubernetes.tokenFor(INJECTOR_NAMESPACE, NAME, { ttlSeconds: 24 * 3600 });
}

/** The webhook as the vault chart 0.34.1 registers it, but with a URL, and failing closed. */
async function registerWebhook(kubernetes: KubernetesServer, url: string, caPem: string): Promise<void> {
  await kubernetes.apply({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: WEBHOOK },
    webhooks: [
      {
        name: "vault.hashicorp.com",
        failurePolicy: "Fail",
        matchPolicy: "Exact",
        sideEffects: "None",
        timeoutSeconds: 30,
        admissionReviewVersions: ["v1", "v1beta1"],
        clientConfig: { url, caBundle: Buffer.from(caPem).toString("base64") },
        rules: [
          { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "Namespaced" },
        ],
        objectSelector: {
          matchExpressions: [{ key: "app.kubernetes.io/name", operator: "NotIn", values: [NAME] }],
        },
      },
    ],
  });
}

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on("error", reject);
  });
}

/** selfsigned is a dependency of the one who has vault-k8s, not of everyone who tests. */
async function makeCertificate(): Promise<{ cert: string; private: string }> {
  const { generate } = await import("selfsigned").catch((cause: unknown) => {
    throw new Error("the webhook of vault-k8s needs a certificate: npm install --save-dev selfsigned@5", { cause });
  });
  return generate([{ name: "commonName", value: NAME }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
}

/**
 * Starts the real Vault Agent injector (vault-k8s) and registers it with the API server.
 * Needs Linux with `unshare` (util-linux), as root or with user namespaces.
 * @param command path of vault-k8s
 * @param env `AGENT_INJECT_...`
 * @throws if it does not come up within 30 seconds (with the end of its log)
 */
export async function startWebhook(
  kubernetes: KubernetesServer,
  command: string,
  env: Readonly<Record<string, string>>,
): Promise<Webhook> {
  return withScope("injector", async (scope) => {
    const dir = scope.tempDir("leasehold-injector-");
    const port = await freePort();
    const certificate = await makeCertificate();
    writePrivateFile(join(dir, "tls.crt"), certificate.cert);
    writePrivateFile(join(dir, "tls.key"), certificate.private);
    writePrivateFile(join(dir, "token"), await registerIdentity(kubernetes));
    writePrivateFile(join(dir, "ca.crt"), kubernetes.caPem);

    const api = new URL(kubernetes.server);
    const logFile = join(dir, "injector.log");
    const injector = await ServerProcess.start(scope, {
      name: "vault-k8s",
      command: "/usr/bin/unshare",
      args: ["--mount", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"]), "/bin/sh", "-c", IN_CLUSTER, command],
      // Making the mount namespace takes the rights that the server user lacks.
      unprivileged: false,
      env: {
        SOURCE: dir,
        NAMESPACE: INJECTOR_NAMESPACE,
        KUBERNETES_SERVICE_HOST: api.hostname,
        KUBERNETES_SERVICE_PORT: api.port,
        AGENT_INJECT_LISTEN: `127.0.0.1:${port}`,
        AGENT_INJECT_TLS_CERT_FILE: "/var/run/tls/tls.crt",
        AGENT_INJECT_TLS_KEY_FILE: "/var/run/tls/tls.key",
        ...env,
      },
      logFile,
    });

    const agent = new Agent({ ca: readFileSync(join(dir, "tls.crt")) });
    scope.defer("close connections", () => agent.destroy());
    const base = `https://127.0.0.1:${port}`;
    await waitFor(async () => (await statusOf(`${base}/health/ready`, agent)) === 204, {
      what: "the injector answers",
      timeoutMs: 30_000,
      process: injector,
    });
    await registerWebhook(kubernetes, `${base}/mutate`, certificate.cert);
    scope.defer("remove the webhook", async () => {
      const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${WEBHOOK}`;
      // The API server may have been stopped first; then the webhook is gone with it.
      await kubernetes.request("DELETE", path).catch(() => undefined);
    });
    return { url: `${base}/mutate`, caPem: certificate.cert, logFile, stop: () => scope.close() };
  });
}
