import {
  AgentMode,
  Credential,
  Duration,
  KubernetesAuth,
  InjectedDeployment,
  InjectedDeploymentProps,
} from "../../../constructs";
import { CA } from "../../support/certificates";
import { Block, findingsOfRefusal, StackJson, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

type More = (world: World) => Partial<InjectedDeploymentProps>;
function made(
  more: More = () => ({}),
  then: (deployment: InjectedDeployment, world: World) => void = () => undefined,
): StackJson {
  return synthesize((app) => {
    const world = new World(app);
    const web = world.identity("web");
    world.db.schema("sales").table("wizard").grants.read(web);
    then(world.deployment(web, [Credential.uri(world.db)], more(world)), world);
  }).workloads;
}
interface Pod {
  readonly metadata: { readonly annotations: Record<string, string>; readonly labels: Record<string, string> };
  readonly spec: Block & { readonly container: Block[]; readonly init_container: Block[]; readonly volume: Block[] };
}
const specOf = (stack: StackJson): Block => stack.only("kubernetes_deployment_v1").spec as Block;
const podOf = (stack: StackJson): Pod => specOf(stack).template as Pod;
const annotation = (stack: StackJson, name: string): string | undefined =>
  podOf(stack).metadata.annotations[`vault.hashicorp.com/${name}`];

describe("minimal definition", () => {
  const stack = made();
  test("is a Deployment and its ServiceAccount, which holds no token", () => {
    expect(stack.census).toEqual({ kubernetes_deployment_v1: 1, kubernetes_service_account_v1: 1 });
    expect(stack.only("kubernetes_service_account_v1")).toEqual({
      automount_service_account_token: false,
      metadata: { name: "web", namespace: "shop" },
    });
  });

  test("gives this Deployment", () => {
    expect(stack.only("kubernetes_deployment_v1")).toMatchInlineSnapshot(`
      {
        "depends_on": [
          "kubernetes_service_account_v1.ServiceAccounts_shopweb_958C324D",
        ],
        "metadata": {
          "labels": {
            "app.kubernetes.io/name": "web",
          },
          "name": "web",
          "namespace": "shop",
        },
        "spec": {
          "replicas": "2",
          "selector": {
            "match_labels": {
              "app.kubernetes.io/name": "web",
            },
          },
          "template": {
            "metadata": {
              "annotations": {
                "vault.hashicorp.com/agent-init-first": "true",
                "vault.hashicorp.com/agent-init-json-patch": "[{"op":"add","path":"/restartPolicy","value":"Always"},{"op":"replace","path":"/args","value":["cd '/home/vault'\\necho \\"$VAULT_CONFIG\\" | base64 -d > config.json\\nof() { sed -n 's/.*\\"vault\\":{[^}]*\\"'$1'\\":\\"\\\\{0,1\\\\}\\\\([^\\",}]*\\\\).*/\\\\1/p' config.json; }\\nnamespace=$(sed -n 's/.*\\"method\\":{[^{}]*\\"namespace\\":\\"\\\\([^\\"]*\\\\)\\".*/\\\\1/p' config.json)\\nrevoke() {\\n  if said=$(VAULT_TOKEN=$(cat $1) VAULT_ADDR=$(of address) VAULT_NAMESPACE=$namespace VAULT_CACERT=$(of ca_cert) VAULT_CAPATH=$(of ca_path) \\\\\\n    VAULT_CLIENT_CERT=$(of client_cert) VAULT_CLIENT_KEY=$(of client_key) VAULT_TLS_SERVER_NAME=$(of tls_server_name) \\\\\\n    VAULT_SKIP_VERIFY=$(of tls_skip_verify) VAULT_CLIENT_TIMEOUT=3s VAULT_MAX_RETRIES=4 timeout 7 vault token revoke -self 2>&1)\\n  then echo \\"leasehold: the pod's login is revoked\\"\\n  else case $said in *\\"Code: 403\\"*) echo \\"leasehold: the token had ended before\\" ;; *) echo \\"leasehold: not revoked, ends by its lease: $said\\"; return 1 ;; esac\\n  fi\\n  rm -f $1\\n}\\nready() { [ -f '/vault/secrets/shop' ]; }\\ncontents() { cat '/vault/secrets/shop' 2>/dev/null || true; }\\nretire() {\\n  [ -s .vault-token ] || return 0\\n  if ready && [ \\"$before\\" != \\"$(contents)\\" ] || ! revoke .vault-token; then mv .vault-token kept-$(date +%s); fi\\n}\\nfinish() {\\n  trap '' TERM INT\\n  if [ -n \\"$agent\\" ]; then\\n    kill $agent 2>/dev/null || true\\n    (sleep 2; kill -9 $agent 2>/dev/null) &\\n    wait $agent || true\\n  fi\\n  for token in .vault-token kept-*; do if [ -s $token ]; then revoke $token || true; fi; done\\n  exit 0\\n}\\nagent= before=\\ntrap finish TERM INT\\nwhile :; do\\n  retire\\n  before=$(contents)\\n  vault agent -config=config.json -exit-after-auth=false &\\n  agent=$!\\n  code=0; wait $agent || code=$?\\n  agent=\\n  echo \\"leasehold: the agent ended with $code and starts again in 5 s\\"\\n  sleep 5 & wait $! || true\\ndone\\n"]},{"op":"add","path":"/startupProbe","value":{"exec":{"command":["/bin/sh","-c","[ -f '/vault/secrets/shop' ]"]},"periodSeconds":1,"timeoutSeconds":5,"failureThreshold":2000000000}}]",
                "vault.hashicorp.com/agent-inject": "true",
                "vault.hashicorp.com/agent-inject-secret-shop": "database/main/shop/creds/eu.shop.web",
                "vault.hashicorp.com/agent-inject-template-shop": "{{- with secret "database/main/shop/creds/eu.shop.web" -}}postgresql://{{ .Data.username | urlquery | replaceAll "+" "%20" }}:{{ .Data.password | urlquery | replaceAll "+" "%20" }}@main.example.com:5432/shop?sslmode=verify-full&application_name=shop%2Fweb{{- end -}}",
                "vault.hashicorp.com/agent-pre-populate-only": "true",
                "vault.hashicorp.com/agent-requests-cpu": "25m",
                "vault.hashicorp.com/agent-service-account-token-volume-name": "vault-token",
                "vault.hashicorp.com/auth-max-backoff": "10s",
                "vault.hashicorp.com/auth-path": "auth/kubernetes-eu",
                "vault.hashicorp.com/auth-type": "kubernetes",
                "vault.hashicorp.com/client-max-retries": "2",
                "vault.hashicorp.com/error-on-missing-key-shop": "true",
                "vault.hashicorp.com/role": "shop.web",
                "vault.hashicorp.com/template-config-exit-on-retry-failure": "true",
              },
              "labels": {
                "app.kubernetes.io/name": "web",
              },
            },
            "spec": {
              "automount_service_account_token": false,
              "container": [
                {
                  "image": "registry.example.com/app:1.0.0",
                  "name": "app",
                  "security_context": {
                    "allow_privilege_escalation": false,
                    "capabilities": {
                      "drop": [
                        "ALL",
                      ],
                    },
                    "read_only_root_filesystem": true,
                    "run_as_non_root": true,
                  },
                  "volume_mount": [],
                },
              ],
              "enable_service_links": false,
              "security_context": {
                "run_as_non_root": true,
                "seccomp_profile": {
                  "type": "RuntimeDefault",
                },
              },
              "service_account_name": "web",
              "termination_grace_period_seconds": 30,
              "volume": [
                {
                  "name": "vault-token",
                  "projected": [
                    {
                      "sources": [
                        {
                          "service_account_token": {
                            "audience": "vault",
                            "expiration_seconds": 3600,
                            "path": "token",
                          },
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          },
        },
        "wait_for_rollout": true,
      }
    `);
  });

  test("is deployed after the access and the identity that it uses", () => {
    expect(stack.dependencies).toEqual(["access", "who"]);
  });
});

describe("a pod passes the restricted level of Pod Security", () => {
  test("each container of its own, init containers too, unless it opens something itself", () => {
    const stack = made(() => ({
      containers: [{ ...CONTAINER, securityContext: { readOnlyRootFilesystem: false } }],
      initContainers: [{ name: "init", image: "i" }],
    }));
    const { spec } = podOf(stack);
    expect(spec.security_context).toEqual({ run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } });
    const closed = {
      allow_privilege_escalation: false,
      capabilities: { drop: ["ALL"] },
      read_only_root_filesystem: true,
      run_as_non_root: true,
    };
    expect(spec.init_container[0].security_context).toEqual(closed);
    expect(spec.container[0].security_context).toEqual({ ...closed, read_only_root_filesystem: false });
  });
});

describe("the times of a pod's end", () => {
  test.each([
    [20, 30, "25", 35],
    [1, 11, "6", 16],
    [300, 310, "305", 315],
  ])(
    "a drain of %d s: the pod lives %d s; in the old way its login %s s, and the pod %d s",
    (drain, native, grace, old) => {
      const stack = made(() => ({ drain: Duration.seconds(drain) }));
      expect(annotation(stack, "agent-revoke-grace")).toBeUndefined();
      expect(podOf(stack).spec.termination_grace_period_seconds).toBe(native);
      const other = made(() => ({ drain: Duration.seconds(drain), agent: "init-and-sidecar" }));
      expect(annotation(other, "agent-revoke-grace")).toBe(grace);
      expect(podOf(other).spec.termination_grace_period_seconds).toBe(old);
    },
  );
});

describe("a Deployment", () => {
  test("has name, replicas, labels and annotations as asked for", () => {
    const stack = made(() => ({
      name: "front",
      replicas: 5,
      waitForRollout: false,
      labels: { tier: "a" },
      annotations: { "example.com/a": "${b}" },
    }));
    const deployment = stack.only("kubernetes_deployment_v1");
    expect(deployment).toMatchObject({ wait_for_rollout: false, metadata: { name: "front", namespace: "shop" } });
    expect(specOf(stack)).toMatchObject({
      replicas: "5",
      selector: { match_labels: { "app.kubernetes.io/name": "front" } },
    });
    expect(podOf(stack).metadata.labels).toEqual({ "app.kubernetes.io/name": "front", tier: "a" });
    expect(podOf(stack).metadata.annotations["example.com/a"]).toBe("$${b}");
  });

  test("tells its agent where Vault is, and gives it Vault's CA", () => {
    const vault = { addressFromPods: "https://v:8200", addressFromTerraform: "https://x", tlsSecret: "vault-ca" };
    const stack = made(() => ({ vault }));
    expect(annotation(stack, "service")).toBe("https://v:8200");
    expect(annotation(stack, "tls-secret")).toBe("vault-ca");
    expect(annotation(stack, "ca-cert")).toBe("/vault/tls/ca.crt");
  });

  test("gets the CA of each database as a file, which its credentials name", () => {
    const stack = synthesize((app) => {
      const world = new World(app);
      const database = world.databaseOf("shop", world.server("tls", { ca: CA }));
      Object.defineProperty(world, "database", { value: database });
      const web = world.identity("web");
      world.db.schema("s").table("t").grants.read(web);
      world.deployment(web, [Credential.uri(world.db)]);
    }).workloads;
    const { data, metadata } = stack.only("kubernetes_config_map_v1") as { data: Block; metadata: Block };
    const [file] = Object.keys(data);
    expect(file).toMatch(/^[0-9a-f]{12}\.pem$/);
    expect(metadata.name).toBe("web-postgres-ca");
    expect(annotation(stack, "agent-inject-template-shop")).toContain(
      `sslrootcert=${encodeURIComponent(`/etc/leasehold/ca/${file}`)}`,
    );
    expect(podOf(stack).spec.container[0].volume_mount).toEqual([
      { name: "postgres-ca", mount_path: "/etc/leasehold/ca", read_only: true },
    ]);
    expect(stack.only("kubernetes_deployment_v1").depends_on).toEqual([
      expect.stringMatching(/^kubernetes_config_map_v1\./),
      expect.stringMatching(/^kubernetes_service_account_v1\./),
    ]);
  });

  test("may have other secrets beside its logins", () => {
    const secrets = [{ name: "flags", path: "kv/data/flags", template: "t", perms: "0440", file: "f.json" }];
    const stack = made(() => ({ secrets }));
    expect(annotation(stack, "agent-inject-secret-flags")).toBe("kv/data/flags");
    expect(annotation(stack, "agent-inject-file-flags")).toBe("f.json");
    expect(annotation(stack, "error-on-missing-key-flags")).toBe("true");
  });

  test("without a sidecar shares no login and revokes none", () => {
    const injector = { prePopulateOnly: true, revokeOnShutdown: false };
    const stack = made(() => ({ agent: "init-and-sidecar", injector }));
    expect(annotation(stack, "agent-pre-populate-only")).toBe("true");
    expect(annotation(stack, "agent-cache-enable")).toBeUndefined();
    expect(annotation(stack, "agent-json-patch")).toBeUndefined();
  });

  test("keeps a JSON patch of the user behind its own", () => {
    const mine = [{ op: "add", path: "/env/-", value: { name: "A", value: "b" } }];
    const text = JSON.stringify(mine);
    const native = made(() => ({ injector: { initJsonPatch: text } }));
    const old = made(() => ({ agent: "init-and-sidecar", injector: { jsonPatch: text, initJsonPatch: text } }));
    for (const [stack, name, ours] of [
      [native, "agent-init-json-patch", 3],
      [old, "agent-init-json-patch", 1],
      [old, "agent-json-patch", 1],
    ] as const) {
      const patch = JSON.parse(annotation(stack, name) as string) as unknown[];
      expect(patch).toHaveLength(ours + 1);
      expect(patch[ours]).toEqual(mine[0]);
    }
  });

  test("has the agent of its cluster, unless it says how its own runs", () => {
    const patchOf = (cluster: AgentMode, agent?: AgentMode): string | undefined => {
      const stack = synthesize((app) => {
        const world = new World(app);
        Object.defineProperty(world, "cluster", { value: new KubernetesAuth(world.config, "eu", { agent: cluster }) });
        const web = world.identity("web");
        world.db.schema("sales").table("wizard").grants.read(web);
        world.deployment(web, [Credential.uri(world.db)], { agent });
      }).workloads;
      return annotation(stack, "agent-json-patch");
    };
    expect(patchOf("init-and-sidecar")).toBeDefined();
    expect(patchOf("init-and-sidecar", "native-sidecar")).toBeUndefined();
    expect(patchOf("native-sidecar", "init-and-sidecar")).toBeDefined();
  });

  test("holds its app back until every file is there, wherever it is", () => {
    const secrets = [{ name: "flags", path: "kv/data/flags", template: "t", file: "deep/f.json" }];
    const stack = made(() => ({ secrets, injector: { secretVolumePath: "/run/s" } }));
    const [, , probe] = JSON.parse(annotation(stack, "agent-init-json-patch") as string) as { value: object }[];
    expect(probe.value).toMatchObject({
      exec: { command: ["/bin/sh", "-c", "[ -f '/run/s/deep/f.json' ] && [ -f '/run/s/shop' ]"] },
    });
  });

  test("shares the ServiceAccount with another one of the same identity", () => {
    const stack = made(undefined, (deployment, world) => {
      new InjectedDeployment(world.workloads, "worker", { identity: deployment.grantee, containers: [CONTAINER] });
    });
    expect(stack.census).toEqual({ kubernetes_deployment_v1: 2, kubernetes_service_account_v1: 1 });
  });

  test("uses a ServiceAccount that exists already", () => {
    const stack = made(() => ({ serviceAccount: "existing" }));
    expect(stack.census).toEqual({ kubernetes_deployment_v1: 1 });
    expect(podOf(stack).spec.service_account_name).toBe("web");
  });

  test("can be granted access itself: it stands for its identity", () => {
    const stack = synthesize((app) => {
      const world = new World(app);
      const deployment = world.deployment(world.identity("web"), [Credential.uri(world.db)]);
      world.db.schema("sales").table("t").grants.read(deployment);
    });
    expect(stack.access.only("vault_database_secret_backend_role").name).toBe("eu.shop.web");
  });

  test("has an L1 that is reachable, and overrides reach the JSON", () => {
    const stack = made(undefined, ({ resource }) => resource.addOverride("spec.paused", true));
    expect(specOf(stack).paused).toBe(true);
  });
});

describe("what would quietly break a pod is refused", () => {
  const codes = (more: More): string[] =>
    findingsOfRefusal((app) => {
      const world = new World(app);
      const web = world.identity("web");
      world.db.schema("sales").table("wizard").grants.read(web);
      world.deployment(web, [Credential.uri(world.db)], more(world));
    }).map(({ code }) => code);

  test("a secret with the name of a credential's file", () => {
    expect(codes(() => ({ secrets: [{ name: "shop", path: "kv/data/a", template: "t" }] }))).toEqual([
      "credential-file",
    ]);
  });
  test("a secret whose name no annotation can carry", () => {
    expect(codes(() => ({ secrets: [{ name: "a/b C", path: "kv/data/a", template: "t" }] }))).toEqual([
      "credential-file",
    ]);
  });
  test("a label that the selector asks for, with another value", () => {
    expect(codes(() => ({ labels: { "app.kubernetes.io/name": "other" } }))).toEqual(["kubernetes-name"]);
  });
  test("a JSON patch that is none", () => {
    expect(codes(() => ({ injector: { initJsonPatch: "[" } }))).toEqual(["annotation"]);
    expect(codes(() => ({ agent: "init-and-sidecar", injector: { jsonPatch: "[" } }))).toEqual(["annotation"]);
  });
});
