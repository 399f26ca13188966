import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeServerDir, type Scope, withScope, writePrivateFile } from "../machine/lifecycle";
import { freePort, ServerProcess, waitFor } from "../machine/process";
import { findTool, type Progress } from "../machine/tools";
import { KubernetesClient, KubernetesObject, RequestOptions } from "./kubernetes-client";

export { KubernetesError, KubernetesObject, RequestOptions } from "./kubernetes-client";

/** The issuer of ServiceAccount tokens, and so their default audience. */
export const SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc";

/** How to start the API server. */
export interface KubernetesOptions {
  /** Audiences for which it takes tokens, beside its issuer. @default - none */
  readonly audiences?: readonly string[];
  /** Issuer of its ServiceAccounts' tokens. @default "https://kubernetes.default.svc" */
  readonly issuer?: string;
  /** Gets progress while a tool is built. @default - silent */
  readonly onProgress?: Progress;
}

/** What a ServiceAccount token should be. */
export interface TokenOptions {
  /** @default - the issuer, as for a pod's own token */
  readonly audiences?: readonly string[];
  /** The pod the token dies with. @default - bound to the ServiceAccount only */
  readonly boundPod?: { readonly name: string; readonly uid: string };
  /** Seconds; the API server refuses less than 600. @default 3600 */
  readonly ttlSeconds?: number;
}

/**
 * A real Kubernetes API server with its etcd: authentication, RBAC, admission (ServiceAccount, PodSecurity, webhooks)
 * and storage are the real ones. There is no controller, scheduler or kubelet: a Deployment makes no pods, see playPod.
 */
export interface KubernetesServer {
  /** Base URL, `https://127.0.0.1:port`. */
  readonly server: string;
  /** Certificate authority of `server`, PEM. */
  readonly caPem: string;
  /** The key pair of its ServiceAccounts' tokens, PEM: the private half for tokens that it makes for nobody, such as one that has ended. */
  readonly tokenKeys: { readonly publicKey: string; readonly privateKey: string };
  /** Token of a member of system:masters. */
  readonly adminToken: string;
  /** The API server's log. */
  readonly logFile: string;
  /**
   * Sends a request.
   * @param path from the root: `/api/v1/namespaces`
   * @param options.token null sends none. @default - the admin's
   * @throws KubernetesError with status, reason and message
   */
  request(method: string, path: string, body?: object, options?: RequestOptions): Promise<KubernetesObject>;
  /** Asks for a token of a ServiceAccount, as the kubelet does (TokenRequest). */
  tokenFor(namespace: string, serviceAccount: string, options?: TokenOptions): Promise<string>;
  /**
   * Applies a manifest: server-side apply, field manager "leasehold", conflicts forced.
   * @param options.dryRun goes through admission but stores nothing. @default false
   * @returns the object as the server has it
   * @throws KubernetesError; Error for a manifest without apiVersion, kind or name, or of a kind the server lacks
   */
  apply(manifest: KubernetesObject, options?: { dryRun?: boolean }): Promise<KubernetesObject>;
  /**
   * Makes a namespace with what the missing controllers would put there: ServiceAccount `default` and ConfigMap
   * `kube-root-ca.crt`. May be repeated.
   * @param labels for example the Pod Security level. @default - none
   */
  ensureNamespace(name: string, labels?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends both servers and removes all of their files. */
  stop(): Promise<void>;
}

async function startEtcd(scope: Scope, dir: string, onProgress?: Progress): Promise<string> {
  const command = await findTool("etcd", onProgress);
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const etcd = await ServerProcess.start(scope, {
    name: "etcd",
    command,
    args: [
      `--data-dir=${makeServerDir(join(dir, "etcd"))}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      "--log-level=warn",
      // The data is thrown away with the server: nothing to keep safe from a power failure.
      "--unsafe-no-fsync",
    ],
    logFile: join(dir, "etcd.log"),
  });
  await waitFor(async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok, {
    what: "etcd answers",
    timeoutMs: 30_000,
    process: etcd,
  });
  return url;
}

/**
 * The certificate and its authority, once kube-apiserver has written all of them.
 *
 * It writes the key after the certificate. A certificate that is read while it is written lacks its authority, and then no
 * connection is ever trusted.
 */
export function writtenCertificate(certDir: string): string | undefined {
  if (!existsSync(join(certDir, "apiserver.key"))) return undefined;
  return readFileSync(join(certDir, "apiserver.crt"), "utf8");
}

/**
 * Starts etcd and kube-apiserver on free ports of 127.0.0.1.
 * @throws if a tool cannot be found or built, or a server does not come up within two minutes (with the end of its log)
 */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<KubernetesServer> {
  const command = await findTool("kube-apiserver", options.onProgress);
  return withScope("kubernetes", async (scope) => {
    const dir = scope.tempDir("leasehold-kubernetes-");
    const etcdUrl = await startEtcd(scope, dir, options.onProgress);
    const port = await freePort();
    const adminToken = randomBytes(32).toString("hex");
    const issuer = options.issuer ?? SERVICE_ACCOUNT_ISSUER;
    const tokenKeys = makeTokenKeys();
    const certDir = makeServerDir(join(dir, "certs"));
    const logFile = join(dir, "kube-apiserver.log");
    const apiserver = await ServerProcess.start(scope, {
      name: "kube-apiserver",
      command,
      args: [
        `--etcd-servers=${etcdUrl}`,
        `--secure-port=${port}`,
        `--cert-dir=${certDir}`,
        ...adminArguments(dir, adminToken),
        ...issuerArguments(dir, tokenKeys, [issuer, ...(options.audiences ?? [])]),
        `--authentication-config=${writePrivateFile(join(dir, "authentication.json"), JSON.stringify(ANONYMOUS))}`,
        ...FIXED_ARGUMENTS,
      ],
      // Go collects garbage less often: a quarter of the CPU time of a start, for 90 MB more.
      env: { HOME: dir, TMPDIR: dir, GOGC: "400" },
      logFile,
      // By itself it takes a second to end, and nothing of it is kept.
      stopTimeoutMs: 0,
    });

    const server = `https://127.0.0.1:${port}`;
    const { client, caPem } = await connected(scope, { server, certDir, adminToken, apiserver });
    await ensureNamespace(client, caPem, "default");

    return {
      server,
      caPem,
      adminToken,
      tokenKeys,
      logFile,
      ensureNamespace: (name, labels) => ensureNamespace(client, caPem, name, labels),
      request: (method, path, body, requestOptions) => client.request(method, path, body, requestOptions),
      apply: (manifest, applyOptions) => client.apply(manifest, applyOptions),
      tokenFor: (namespace, serviceAccount, tokenOptions) =>
        tokenFor(client, namespace, serviceAccount, {
          ...tokenOptions,
          audiences: tokenOptions?.audiences ?? [issuer],
        }),
      stop: () => scope.close(),
    };
  });
}

/** A client of the API server, once that has made its certificate and serves. */
async function connected(
  scope: Scope,
  started: {
    readonly server: string;
    readonly certDir: string;
    readonly adminToken: string;
    readonly apiserver: ServerProcess;
  },
): Promise<{ readonly client: KubernetesClient; readonly caPem: string }> {
  const { server, certDir, adminToken, apiserver } = started;
  const caPem = await waitFor(async () => writtenCertificate(certDir), {
    what: "kube-apiserver has made its certificate",
    timeoutMs: 60_000,
    process: apiserver,
  });
  const client = new KubernetesClient(server, caPem, adminToken);
  scope.defer("close connections", () => client.close());
  await waitFor(async () => (await client.send("GET", "/readyz")).status === 200, {
    what: "kube-apiserver is ready",
    timeoutMs: 120_000,
    process: apiserver,
  });
  return { client, caPem };
}

/** Without a token nothing is shown but the keys of the tokens, and these only if a ClusterRoleBinding says so as well. */
const ANONYMOUS = {
  apiVersion: "apiserver.config.k8s.io/v1beta1",
  kind: "AuthenticationConfiguration",
  anonymous: { enabled: true, conditions: [{ path: "/openid/v1/jwks" }] },
};

/** Arguments that are the same at each start. */
const FIXED_ARGUMENTS = [
  "--bind-address=127.0.0.1",
  "--advertise-address=127.0.0.1",
  "--authorization-mode=RBAC",
  // A documentation range (RFC 5737): no Service here can be mistaken for a machine.
  "--service-cluster-ip-range=192.0.2.0/24",
  // The address is a loopback one, which no Endpoints object may have; nothing here reads that object.
  "--endpoint-reconciler-type=none",
  "--allow-privileged=false",
  "--profiling=false",
];

/** A key pair of this start, for the tokens of ServiceAccounts. */
function makeTokenKeys(): KubernetesServer["tokenKeys"] {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
  };
}

function adminArguments(dir: string, adminToken: string): string[] {
  const tokens = writePrivateFile(join(dir, "tokens.csv"), `${adminToken},admin,admin,"system:masters"\n`);
  return [`--token-auth-file=${tokens}`];
}

/** @param audiences The first is the issuer. */
function issuerArguments(dir: string, keys: KubernetesServer["tokenKeys"], audiences: readonly string[]): string[] {
  const signingKey = writePrivateFile(join(dir, "service-account.key"), keys.privateKey);
  const verifyKey = writePrivateFile(join(dir, "service-account.pub"), keys.publicKey);
  return [
    `--service-account-issuer=${audiences[0]}`,
    `--api-audiences=${audiences.join(",")}`,
    `--service-account-key-file=${verifyKey}`,
    `--service-account-signing-key-file=${signingKey}`,
  ];
}

/** See `KubernetesServer.ensureNamespace`. */
async function ensureNamespace(
  client: KubernetesClient,
  caPem: string,
  name: string,
  labels?: Readonly<Record<string, string>>,
): Promise<void> {
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, ...(labels ? { labels } : {}) } });
  await client.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } });
  await client.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kube-root-ca.crt", namespace: name },
    data: { "ca.crt": caPem },
  });
}

/** See `KubernetesServer.tokenFor`. */
async function tokenFor(
  client: KubernetesClient,
  namespace: string,
  serviceAccount: string,
  { audiences, boundPod, ttlSeconds = 3600 }: TokenOptions,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const answer = await client.request("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {
      audiences,
      expirationSeconds: ttlSeconds,
      ...(boundPod ? { boundObjectRef: { apiVersion: "v1", kind: "Pod", ...boundPod } } : {}),
    },
  });
  return (answer.status as { token: string }).token;
}
