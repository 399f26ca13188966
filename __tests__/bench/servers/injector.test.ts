import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import { playPod, type Pod } from "../../../bench/players/pod";
import { sleep, waitFor } from "../../../bench/machine/process";
import { startInjector, type InjectorServer } from "../../../bench/injector/start";
import {
  type KubernetesObject,
  type KubernetesServer,
  SERVICE_ACCOUNT_ISSUER,
  startKubernetes,
} from "../../../bench/servers/kubernetes";
import { startVault, type VaultServer } from "../../../bench/servers/vault";
import { lookForInjector } from "../../../bench/machine/tools";
import { Duration, type InjectorOptions } from "../../../constructs";
import { agentOf } from "../../../constructs/injection/agent-mode";
import { renderAnnotations } from "../../../constructs/injection/annotations";

// The same tests for the model, always, and for vault-k8s, where this machine has it (LEASEHOLD_VAULT_K8S, or on PATH).
const KINDS: InjectorServer["kind"][] = lookForInjector() ? ["model", "vault-k8s 1.7.6"] : ["model"];

// A first run builds Vault and the API server.
const BUILD = 75 * 60_000;
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const VAULT_IN_CLUSTER = "http://vault.vault.svc:8200";

const prefix = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`vault.hashicorp.com/${name}`, value]));

const INJECTED = prefix({
  "agent-inject": "true",
  role: "web",
  "agent-inject-secret-word": "secret/data/word",
  "agent-inject-template-word": '{{ with secret "secret/data/word" }}{{ .Data.data.word }}{{ end }}',
  "agent-inject-perms-word": "0440",
  "template-static-secret-render-interval": "1s",
  "agent-cache-enable": "true",
  "agent-cache-use-auto-auth-token": "false",
  "agent-revoke-on-shutdown": "true",
  "agent-revoke-grace": "1",
});

function template(annotations: Record<string, string>) {
  return {
    metadata: { labels: { app: "web" }, annotations },
    spec: {
      serviceAccountName: "web",
      terminationGracePeriodSeconds: 30,
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
}

describe.each(KINDS)("startInjector and playPod, injector: %s", (kind) => {
  let kubernetes: KubernetesServer;
  let vault: VaultServer;
  let injector: InjectorServer;
  const pods: Pod[] = [];

  beforeAll(async () => {
    vault = await startVault({ onProgress: log });
    kubernetes = await startKubernetes({ onProgress: log });
    await kubernetes.ensureNamespace("vault");
    injector = await startInjector({ kubernetes, vaultAddress: VAULT_IN_CLUSTER, kind, onProgress: log });

    await kubernetes.ensureNamespace("shop", { "pod-security.kubernetes.io/enforce": "restricted" });
    await kubernetes.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace: "shop" } });
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

    await vault.request("POST", "sys/mounts/secret", { type: "kv", options: { version: "2" } });
    await waitFor(() => vault.request("POST", "secret/data/word", { data: { word: "sesame" } }), {
      what: "the key-value store is ready",
      timeoutMs: 10_000,
    });
    await vault.request("PUT", "sys/policies/acl/web", {
      policy: 'path "secret/data/word" { capabilities = ["read"] }',
    });
    await vault.request("POST", "sys/auth/kubernetes", { type: "kubernetes" });
    await vault.request("POST", "auth/kubernetes/config", {
      kubernetes_host: kubernetes.server,
      kubernetes_ca_cert: kubernetes.caPem,
      token_reviewer_jwt: await kubernetes.tokenFor("vault", "reviewer"),
    });
    await vault.request("POST", "auth/kubernetes/role/web", {
      bound_service_account_names: ["web"],
      bound_service_account_namespaces: ["shop"],
      audience: SERVICE_ACCOUNT_ISSUER,
      token_policies: ["web"],
      token_ttl: 300,
    });
    await vault.request("POST", "auth/kubernetes/role/audience", {
      bound_service_account_names: ["web"],
      bound_service_account_namespaces: ["shop"],
      audience: "vault",
      token_policies: ["web"],
      token_ttl: 300,
    });
  }, BUILD);

  afterAll(async () => {
    for (const pod of pods) await pod.kill();
    await injector?.stop();
    await kubernetes?.stop();
    await vault?.stop();
  }, 60_000);

  async function playTemplate(podTemplate: KubernetesObject, timeoutMs?: number): Promise<Pod> {
    const mapping = { vault: { [VAULT_IN_CLUSTER]: vault.address }, command: (command: string) => `true ${command}` };
    const pod = await playPod({ kubernetes }, { namespace: "shop", template: podTemplate, mapping, timeoutMs });
    pods.push(pod);
    return pod;
  }
  const play = (annotations: Record<string, string>): Promise<Pod> => playTemplate(template(annotations));

  const lookup = (token: string) => vault.request("POST", "auth/token/lookup", { token });
  const podPath = (pod: Pod): string => `/api/v1/namespaces/shop/pods/${pod.name}`;

  test("a pod that does not ask for injection stays as it was", async () => {
    await expect(play({})).rejects.toThrow(/was not injected/);
    const { items } = await kubernetes.request("GET", "/api/v1/namespaces/shop/pods");
    expect(items).toEqual([]);
  });

  test("an annotated pod is injected, renders its secret, follows a change, and its end revokes its token", async () => {
    const pod = await play(INJECTED);
    expect(JSON.stringify(pod.mutated.spec)).toContain("vault-agent-init");
    expect(pod.mutated.metadata?.annotations).toMatchObject(prefix({ "agent-inject-status": "injected" }));
    expect(pod.files()).toEqual({ word: "sesame" });
    expect(pod.file("/vault/secrets/word")).toBe("sesame");
    expect(statSync(join(pod.secretsDir, "word")).mode & 0o777).toBe(0o440);

    const token = pod.agentToken() ?? "";
    expect((await lookup(token)).data).toMatchObject({
      meta: { service_account_name: "web" },
      policies: ["default", "web"],
    });
    // The listener serves, but lends its own token to nobody.
    const unasked = await fetch(`${pod.agentAddress}/v1/secret/data/word`, { signal: AbortSignal.timeout(5_000) });
    expect(unasked.status).toBe(403);

    await vault.request("POST", "secret/data/word", { data: { word: "open" } });
    await waitFor(async () => pod.file("word") === "open", { what: "the new value is rendered", timeoutMs: 20_000 });
    await vault.request("POST", "secret/data/word", { data: { word: "sesame" } });

    const { secretsDir } = pod;
    await expect(pod.end()).resolves.toEqual({ revoked: true });
    await expect(lookup(token)).rejects.toMatchObject({ status: 403 });
    expect(existsSync(secretsDir)).toBe(false);
    expect(pod.agentRunning).toBe(false);
    expect(pod.agentLog).toContain("rendered");
    await expect(kubernetes.request("GET", podPath(pod))).rejects.toMatchObject({ status: 404 });
  }, 120_000);

  test("a killed pod leaves its token to Vault's clock", async () => {
    const pod = await play(INJECTED);
    const token = pod.agentToken() ?? "";
    await pod.kill();
    expect((await lookup(token)).data).toMatchObject({ policies: ["default", "web"] });
    expect(existsSync(pod.secretsDir)).toBe(false);
  }, 120_000);

  test("a pod whose termination grace ends before the hook's sleep is not revoked", async () => {
    const { metadata, spec } = template(INJECTED);
    const pod = await playTemplate({ metadata, spec: { ...spec, terminationGracePeriodSeconds: 1 } });
    await expect(pod.end({ grace: 2 })).resolves.toEqual({ revoked: false });
  }, 120_000);

  test("pre-populate-only, as in a Job: files, but no agent beside the app", async () => {
    const pod = await play({ ...INJECTED, ...prefix({ "agent-pre-populate-only": "true" }) });
    expect(pod.files()).toEqual({ word: "sesame" });
    expect(pod.agentRunning).toBe(false);
    expect(pod.agentToken()).toBeUndefined();
    await expect(pod.end()).resolves.toEqual({ revoked: false });
  }, 120_000);

  describe("a native sidecar, as Leasehold's workloads have it", () => {
    const secrets = [
      {
        name: "word",
        path: "secret/data/word",
        template: '{{ with secret "secret/data/word" }}{{ .Data.data.word }}{{ end }}',
      },
      {
        name: "plain",
        path: "secret/data/word",
        template: '{{ with secret "secret/data/word" }}plain {{ .Data.data.word }}{{ end }}',
        file: "deep//plain.txt",
      },
    ];
    const sources = [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 } }];
    const native = (given: InjectorOptions = {}): KubernetesObject => {
      const mode = "native-sidecar";
      const { options } = agentOf({} as Construct, { mode, drain: Duration.seconds(20), secrets, given });
      const { metadata, spec } = template({ ...renderAnnotations(options, secrets), ...prefix({ role: "audience" }) });
      const volumes = [{ name: "vault-token", projected: { sources } }];
      return { metadata, spec: { ...spec, automountServiceAccountToken: false, volumes } };
    };

    test("one agent, one login, every file before the app, and its end revokes its token", async () => {
      const pod = await playTemplate(native());
      const { containers, initContainers } = pod.mutated.spec as Record<
        string,
        { name: string; restartPolicy?: string }[]
      >;
      expect(containers.map(({ name }) => name)).toEqual(["app"]);
      expect(initContainers).toMatchObject([{ name: "vault-agent-init", restartPolicy: "Always" }]);
      expect(pod.files()).toEqual({ word: "sesame", "deep/plain.txt": "plain sesame" });
      expect([pod.agentAddress, pod.agentRunning]).toEqual([undefined, true]);
      const token = pod.agentToken() ?? "";
      expect((await lookup(token)).data).toMatchObject({ policies: ["default", "web"] });
      await expect(pod.end()).resolves.toEqual({ revoked: true });
      await expect(lookup(token)).rejects.toMatchObject({ status: 403 });
      expect(pod.agentLog.match(/authentication successful/g)).toHaveLength(1);
      expect(pod.initLog).toBe("");
    }, 120_000);

    test("waits until Vault lets it read, and starts with one login", async () => {
      await vault.request("PUT", "sys/policies/acl/web", { policy: 'path "nothing" { capabilities = ["read"] }' });
      let done = false;
      const starting = playTemplate(native()).finally(() => (done = true));
      await sleep(8_000);
      expect(done).toBe(false);
      await vault.request("PUT", "sys/policies/acl/web", {
        policy: 'path "secret/data/word" { capabilities = ["read"] }',
      });
      const pod = await starting;
      expect(pod.file("word")).toBe("sesame");
      expect(pod.agentLog.match(/authentication successful/g)).toHaveLength(1);
      expect(pod.agentLog).toContain("permission denied");
      await expect(pod.end()).resolves.toEqual({ revoked: true });
    }, 120_000);

    test("an app that used up the pod's time leaves none for the revocation", async () => {
      const pod = await playTemplate(native());
      await expect(pod.end({ grace: 30 })).resolves.toEqual({ revoked: false });
    }, 120_000);

    test("whose script was replaced by somebody else's is not played", async () => {
      const patch = JSON.stringify([{ op: "replace", path: "/args", value: ["vault agent"] }]);
      await expect(playTemplate(native({ initJsonPatch: patch }))).rejects.toThrow(/does not run Leasehold's script/);
    }, 120_000);
  });

  test("a token of its own audience, several secrets, folders, modes and commands, the agent before all else", async () => {
    const { metadata, spec } = template({
      ...INJECTED,
      ...prefix({
        role: "audience",
        "agent-init-first": "true",
        "agent-service-account-token-volume-name": "vault-token",
        "error-on-missing-key-word": "true",
        "agent-inject-file-word": "deep/word.txt",
        "agent-inject-command-word": "kill -HUP 1 || true",
        "agent-inject-secret-plain": "secret/data/word",
        "agent-inject-perms-plain": "0400",
      }),
    });
    const pod = await playTemplate({
      metadata,
      spec: {
        ...spec,
        initContainers: [{ ...spec.containers[0], name: "own" }],
        volumes: [
          {
            name: "vault-token",
            projected: {
              sources: [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 } }],
            },
          },
        ],
      },
    });
    const { initContainers } = pod.mutated.spec as { initContainers: { name: string }[] };
    expect(initContainers.map(({ name }) => name)).toEqual(["vault-agent-init", "own"]);
    expect(pod.files()).toEqual({
      "deep/word.txt": "sesame",
      plain: expect.stringContaining("data: map[word:sesame]"),
    });
    expect(statSync(join(pod.secretsDir, "plain")).mode & 0o777).toBe(0o400);
    await expect(pod.end({ grace: 0 })).resolves.toEqual({ revoked: true });
  }, 120_000);

  test("the cache needs a token at the default path: without automount, JSON patches must mount one there", async () => {
    const patch = JSON.stringify([
      {
        op: "add",
        path: "/volumeMounts/-",
        value: { name: "vault-token", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
      },
    ]);
    const own = {
      ...INJECTED,
      ...prefix({ role: "audience", "agent-service-account-token-volume-name": "vault-token" }),
    };
    const sources = [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 } }];
    const closed = { automountServiceAccountToken: false, volumes: [{ name: "vault-token", projected: { sources } }] };
    const { metadata, spec } = template(own);
    await expect(playTemplate({ metadata, spec: { ...spec, ...closed } })).rejects.toThrow(/persistent cache: .*token/);

    const mounted = template({ ...own, ...prefix({ "agent-json-patch": patch, "agent-init-json-patch": patch }) });
    const pod = await playTemplate({ metadata: mounted.metadata, spec: { ...spec, ...closed } });
    expect(pod.files()).toEqual({ word: "sesame" });
    await expect(pod.end({ grace: 0 })).resolves.toEqual({ revoked: true });
  }, 120_000);

  test("the restricted Pod Security level judges the injected pod: the agents too need a seccomp profile", async () => {
    const { metadata, spec } = template(INJECTED);
    const { seccompProfile, ...securityContext } = spec.securityContext;
    const [app] = spec.containers;
    // Without the agents this pod is admitted.
    const containers = [{ ...app, securityContext: { ...app.securityContext, seccompProfile } }];
    const refused = playTemplate({ metadata, spec: { ...spec, securityContext, containers } });
    await expect(refused).rejects.toMatchObject({
      status: 403,
      detail: expect.stringMatching(/"vault-agent".*seccomp/),
    });
    await expect(
      playTemplate({ metadata: template({}).metadata, spec: { ...spec, securityContext, containers } }),
    ).rejects.toThrow(/was not injected/);
  });

  test("what the injector refuses reads like the API server's answer", async () => {
    const { [`vault.hashicorp.com/role`]: _role, ...without } = INJECTED;
    await expect(play(without)).rejects.toMatchObject({
      name: "KubernetesError",
      status: 400,
      detail: expect.stringMatching(
        /^admission webhook "vault.hashicorp.com" denied the request: .*no Vault role found/,
      ),
    });
  });

  test("an address of Vault that the bench does not know is refused, and the Pod object is gone", async () => {
    const strange = { ...INJECTED, ...prefix({ service: "http://elsewhere:8200" }) };
    await expect(play(strange)).rejects.toThrow(/talk to Vault at http:\/\/elsewhere:8200/);
    const { items } = await kubernetes.request("GET", "/api/v1/namespaces/shop/pods");
    expect(items).toEqual([]);
  });

  test("an init agent that cannot render fails the start, with its log in the error", async () => {
    const denied = { ...INJECTED, ...prefix({ role: "nobody" }) };
    const failing = playTemplate(template(denied), 4_000);
    await expect(failing).rejects.toThrow(/vault-agent-init[^]*(?:invalid role name|error authenticating)/);
  }, 60_000);

  test("stopped, it injects no more, and no webhook is left", async () => {
    expect(injector.kind).toBe(kind);
    await injector.stop();
    await expect(play(INJECTED)).rejects.toThrow(/was not injected/);
    const list = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    expect((await kubernetes.request("GET", list)).items).toEqual([]);
  });
});
