import {
  KubernetesError,
  type KubernetesServer,
  SERVICE_ACCOUNT_ISSUER,
  startKubernetes,
} from "../../../bench/servers/kubernetes";
import { startVault, type VaultServer } from "../../../bench/servers/vault";

// A first run builds the tools.
const BUILD = 75 * 60_000;
const log = (line: string): void => void process.stderr.write(`${line}\n`);

function claims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8")) as Record<string, unknown>;
}

const goodPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "good", namespace: "strict" },
  spec: {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "app",
        image: "example.com/app:1",
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
  },
};

describe("startKubernetes", () => {
  let kubernetes: KubernetesServer;
  beforeAll(async () => {
    kubernetes = await startKubernetes({ onProgress: log });
    await kubernetes.ensureNamespace("strict", { "pod-security.kubernetes.io/enforce": "restricted" });
    await kubernetes.ensureNamespace("shop");
  }, BUILD);
  afterAll(() => kubernetes?.stop());

  test("is Kubernetes 1.34, and lets nobody in without a token", async () => {
    expect(await kubernetes.request("GET", "/version")).toMatchObject({ major: "1", minor: "34" });
    const anonymous = kubernetes.request("GET", "/api/v1/namespaces", undefined, { token: null });
    await expect(anonymous).rejects.toMatchObject({ status: 401 });
  });

  test("RBAC: a ServiceAccount may do nothing until it is bound", async () => {
    const token = await kubernetes.tokenFor("shop", "default");
    const list = kubernetes.request("GET", "/api/v1/namespaces/shop/pods", undefined, { token });
    await expect(list).rejects.toBeInstanceOf(KubernetesError);
    await expect(list).rejects.toMatchObject({ status: 403, reason: "Forbidden" });
  });

  test("tokens carry issuer, audience and lifetime as asked", async () => {
    const plain = claims(await kubernetes.tokenFor("shop", "default"));
    expect(plain).toMatchObject({ iss: SERVICE_ACCOUNT_ISSUER, aud: [SERVICE_ACCOUNT_ISSUER] });
    const asked = claims(await kubernetes.tokenFor("shop", "default", { audiences: ["vault"], ttlSeconds: 600 }));
    expect(asked).toMatchObject({ aud: ["vault"], sub: "system:serviceaccount:shop:default" });
    expect(Number(asked.exp) - Number(asked.iat)).toBe(600);
  });

  test("apply creates, changes, and repeats without error; a dry run stores nothing", async () => {
    const manifest = (word: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "words", namespace: "shop" },
      data: { word },
    });
    const path = "/api/v1/namespaces/shop/configmaps/words";
    await kubernetes.apply(manifest("a"), { dryRun: true });
    await expect(kubernetes.request("GET", path)).rejects.toMatchObject({ status: 404 });
    await kubernetes.apply(manifest("a"));
    await kubernetes.apply(manifest("a"));
    await kubernetes.apply(manifest("b"));
    expect((await kubernetes.request("GET", path)).data).toEqual({ word: "b" });
    await expect(kubernetes.apply({ ...manifest("a"), kind: "Nonsense" })).rejects.toThrow(/has no Nonsense in v1/);
  });

  test("Pod Security: the restricted level admits a good pod and refuses a bad one", async () => {
    await expect(kubernetes.apply(goodPod, { dryRun: true })).resolves.toBeDefined();
    const { seccompProfile: _dropped, ...securityContext } = goodPod.spec.securityContext;
    const bad = { ...goodPod, spec: { ...goodPod.spec, securityContext } };
    const refused = kubernetes.apply(bad, { dryRun: true });
    await expect(refused).rejects.toMatchObject({
      status: 403,
      detail: expect.stringMatching(/violates PodSecurity "restricted.*seccompProfile/),
    });
  });

  test("ServiceAccount admission gives a pod its token volume", async () => {
    const pod = await kubernetes.apply(goodPod, { dryRun: true });
    expect(JSON.stringify(pod.spec)).toContain("/var/run/secrets/kubernetes.io/serviceaccount");
  });

  describe("with Vault", () => {
    let vault: VaultServer;
    beforeAll(async () => {
      vault = await startVault({ onProgress: log });
      await kubernetes.ensureNamespace("vault");
      await kubernetes.apply({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "reviewer", namespace: "vault" },
      });
      await kubernetes.apply({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "vault-reviewer" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
        subjects: [{ kind: "ServiceAccount", name: "reviewer", namespace: "vault" }],
      });
      await vault.request("POST", "sys/auth/kubernetes", { type: "kubernetes" });
      await vault.request("POST", "auth/kubernetes/config", {
        kubernetes_host: kubernetes.server,
        kubernetes_ca_cert: kubernetes.caPem,
        token_reviewer_jwt: await kubernetes.tokenFor("vault", "reviewer"),
      });
      await vault.request("POST", "auth/kubernetes/role/web", {
        bound_service_account_names: ["default"],
        bound_service_account_namespaces: ["shop"],
        audience: SERVICE_ACCOUNT_ISSUER,
        token_ttl: 60,
      });
    }, BUILD);
    afterAll(() => vault?.stop());

    const login = (jwt: string) => vault.request("POST", "auth/kubernetes/login", { role: "web", jwt }, null);

    test("Vault's Kubernetes auth method accepts a token that the API server vouches for", async () => {
      const { auth } = await login(await kubernetes.tokenFor("shop", "default"));
      expect(auth?.metadata).toMatchObject({ service_account_name: "default", service_account_namespace: "shop" });
    });

    test("and refuses another namespace, another audience, and a forged signature", async () => {
      await expect(login(await kubernetes.tokenFor("strict", "default"))).rejects.toMatchObject({ status: 403 });
      const other = await kubernetes.tokenFor("shop", "default", { audiences: ["other"] });
      await expect(login(other)).rejects.toMatchObject({ status: 403 });
      const [head, body, signature] = (await kubernetes.tokenFor("shop", "default")).split(".");
      const forged = [head, body, signature.split("").reverse().join("")].join(".");
      await expect(login(forged)).rejects.toMatchObject({ status: 403 });
    });
  });
});
