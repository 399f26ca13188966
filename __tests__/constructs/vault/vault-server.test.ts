import { App, TerraformStack } from "cdktf";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { VAULT_VERSION } from "../../../access/model/versions";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { ChartValues, Seal, VaultMode, VaultServer, VaultServerProps } from "../../../constructs";
import { GUARDRAILS_CONTEXT } from "../../../constructs/synthesis/guardrails";
import { mergeValues } from "../../../constructs/vault/chart-values";
import { sandbox } from "../../../examples/shop/environments";
import { production } from "../../support/production";
import { findingsOfRefusal, inStack, StackJson } from "../../support/program";
import { unescapeTemplate, parseHcl } from "../../support/terraform-text";
import { World } from "../../support/world";

const server = (props: VaultServerProps): StackJson => inStack((scope) => void new VaultServer(scope, "vault", props));
const valuesOf = (stack: StackJson): unknown =>
  JSON.parse(unescapeTemplate((stack.only("helm_release").values as string[])[0]));

describe("minimal definition", () => {
  test("in dev mode: the pinned chart, one injector, no UI", () => {
    const stack = server({ mode: VaultMode.dev() });
    expect(stack.census).toEqual({ helm_release: 1 });
    expect({ ...stack.only("helm_release"), values: valuesOf(stack) }).toMatchInlineSnapshot(`
      {
        "chart": "vault",
        "name": "vault",
        "namespace": "vault",
        "repository": "https://helm.releases.hashicorp.com",
        "timeout": 600,
        "values": {
          "global": {
            "tlsDisable": true,
          },
          "injector": {
            "affinity": {
              "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                  {
                    "podAffinityTerm": {
                      "labelSelector": {
                        "matchLabels": {
                          "app.kubernetes.io/instance": "vault",
                          "app.kubernetes.io/name": "vault-agent-injector",
                          "component": "webhook",
                        },
                      },
                      "topologyKey": "kubernetes.io/hostname",
                    },
                    "weight": 100,
                  },
                ],
              },
            },
            "agentImage": {
              "repository": "hashicorp/vault",
              "tag": "1.21.1",
            },
            "enabled": true,
            "replicas": 1,
            "resources": {
              "limits": {
                "memory": "256Mi",
              },
              "requests": {
                "cpu": "50m",
                "memory": "64Mi",
              },
            },
            "revokeOnShutdown": true,
          },
          "server": {
            "dev": {
              "enabled": true,
            },
            "image": {
              "repository": "hashicorp/vault",
              "tag": "1.21.1",
            },
            "resources": {
              "limits": {
                "memory": "512Mi",
              },
              "requests": {
                "cpu": "100m",
                "memory": "256Mi",
              },
            },
          },
          "ui": {
            "enabled": false,
          },
        },
        "version": "0.34.1",
        "wait": true,
      }
    `);
  });

  test("standalone: one server with a volume, without TLS", () => {
    expect(valuesOf(server({ mode: VaultMode.standalone() }))).toMatchInlineSnapshot(`
      {
        "global": {
          "tlsDisable": true,
        },
        "injector": {
          "affinity": {
            "podAntiAffinity": {
              "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                  "podAffinityTerm": {
                    "labelSelector": {
                      "matchLabels": {
                        "app.kubernetes.io/instance": "vault",
                        "app.kubernetes.io/name": "vault-agent-injector",
                        "component": "webhook",
                      },
                    },
                    "topologyKey": "kubernetes.io/hostname",
                  },
                  "weight": 100,
                },
              ],
            },
          },
          "agentImage": {
            "repository": "hashicorp/vault",
            "tag": "1.21.1",
          },
          "enabled": true,
          "replicas": 1,
          "resources": {
            "limits": {
              "memory": "256Mi",
            },
            "requests": {
              "cpu": "50m",
              "memory": "64Mi",
            },
          },
          "revokeOnShutdown": true,
        },
        "server": {
          "auditStorage": {
            "enabled": true,
          },
          "dataStorage": {
            "enabled": true,
            "size": "10Gi",
          },
          "image": {
            "repository": "hashicorp/vault",
            "tag": "1.21.1",
          },
          "resources": {
            "limits": {
              "memory": "512Mi",
            },
            "requests": {
              "cpu": "100m",
              "memory": "256Mi",
            },
          },
          "standalone": {
            "config": "ui = false
      listener "tcp" {
        address = "[::]:8200"
        cluster_address = "[::]:8201"
        tls_disable = 1
      }
      storage "file" {
        path = "/vault/data"
      }
      telemetry {
        prometheus_retention_time = "24h"
        disable_hostname = true
      }",
            "enabled": true,
          },
        },
        "ui": {
          "enabled": false,
        },
      }
    `);
  });

  test("external: the injector alone, which is told the address", () => {
    expect(valuesOf(server({ mode: VaultMode.external("https://vault.example.com") }))).toMatchInlineSnapshot(`
      {
        "global": {
          "externalVaultAddr": "https://vault.example.com",
          "tlsDisable": false,
        },
        "injector": {
          "affinity": {
            "podAntiAffinity": {
              "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                  "podAffinityTerm": {
                    "labelSelector": {
                      "matchLabels": {
                        "app.kubernetes.io/instance": "vault",
                        "app.kubernetes.io/name": "vault-agent-injector",
                        "component": "webhook",
                      },
                    },
                    "topologyKey": "kubernetes.io/hostname",
                  },
                  "weight": 100,
                },
              ],
            },
          },
          "agentImage": {
            "repository": "hashicorp/vault",
            "tag": "1.21.1",
          },
          "enabled": true,
          "replicas": 1,
          "resources": {
            "limits": {
              "memory": "256Mi",
            },
            "requests": {
              "cpu": "50m",
              "memory": "64Mi",
            },
          },
          "revokeOnShutdown": true,
        },
        "server": {
          "enabled": false,
        },
        "ui": {
          "enabled": false,
        },
      }
    `);
  });
});

describe("addresses", () => {
  const addresses = (props: VaultServerProps): unknown[] => {
    const found: unknown[] = [];
    inStack((scope) => {
      const vault = new VaultServer(scope, "vault", props);
      found.push(vault.addressFromPods, vault.addressFromTerraform, vault.tlsSecret);
    });
    return found;
  };
  const service = "http://vault.vault.svc:8200";
  test.each<[string, VaultServerProps, unknown[]]>([
    ["are the service's, over http in dev mode", { mode: VaultMode.dev() }, [service, service, undefined]],
    [
      "are over https with a certificate",
      { mode: VaultMode.standalone({ tlsSecret: "tls" }), namespace: "v", releaseName: "r" },
      ["https://r.v.svc:8200", "https://r.v.svc:8200", "tls"],
    ],
    [
      "are those given for a Vault elsewhere",
      { mode: VaultMode.external("https://v.example.com"), addressFromTerraform: "https://bastion" },
      ["https://v.example.com", "https://bastion", undefined],
    ],
  ])("%s", (_, props, expected) => {
    expect(addresses(props)).toEqual(expected);
  });
});

describe("a standalone server", () => {
  test("with a certificate mounts it, listens with it, and asks for more storage or another seal", async () => {
    const seal = 'seal "transit" {\n  address = "https://unseal"\n}';
    const values = valuesOf(server({ mode: VaultMode.standalone({ tlsSecret: "tls", storage: "1Gi", seal }) })) as {
      global: unknown;
      server: { standalone: { config: string }; dataStorage: unknown; volumes: unknown; volumeMounts: unknown };
    };
    expect(values.global).toEqual({ tlsDisable: false });
    expect(values.server.dataStorage).toEqual({ enabled: true, size: "1Gi" });
    expect(values.server.volumes).toEqual([{ name: "tls", secret: { secretName: "tls", defaultMode: 0o440 } }]);
    const config = await parseHcl(values.server.standalone.config);
    expect(config).toEqual({
      ui: false,
      listener: { tcp: [expect.objectContaining({ tls_cert_file: "/vault/userconfig/tls/tls.crt" })] },
      storage: { file: [{ path: "/vault/data" }] },
      telemetry: [{ prometheus_retention_time: "24h", disable_hostname: true }],
      seal: { transit: [{ address: "https://unseal" }] },
    });
    expect(JSON.stringify(config)).not.toContain("tls_disable");
  });
});

test("a server of every mode asks for memory and has a limit", () => {
  for (const mode of [VaultMode.dev(), VaultMode.standalone(), VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() })])
    expect(valuesOf(server({ mode }))).toMatchObject({
      server: { resources: { requests: { memory: expect.any(String) }, limits: { memory: expect.any(String) } } },
    });
});

describe("the injector", () => {
  test("refuses pods while it is down in the namespaces that are named, and there are two of it", () => {
    const values = valuesOf(server({ mode: VaultMode.dev(), injectNamespaces: ["shop", "bi"] }));
    expect((values as { injector: unknown }).injector).toEqual({
      enabled: true,
      replicas: 2,
      revokeOnShutdown: true,
      agentImage: { repository: "hashicorp/vault", tag: "1.21.1" },
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      affinity: expect.any(Object),
      podDisruptionBudget: { maxUnavailable: 1 },
      webhook: {
        failurePolicy: "Fail",
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["bi", "shop"] }],
        },
      },
    });
  });

  test("can have another agent, and the servers another version", () => {
    const props = { mode: VaultMode.dev(), agentImageTag: "1.21.7", serverImageTag: "1.20.4", injectorReplicas: 3 };
    expect(valuesOf(server(props))).toMatchObject({
      injector: { replicas: 3, agentImage: { repository: "hashicorp/vault", tag: "1.21.7" } },
      server: { image: { repository: "hashicorp/vault", tag: "1.20.4" } },
    });
  });

  test("server and agent are of the version that the tests run and that is built for them", () => {
    const module = readFileSync(join(process.cwd(), "tools/vault/go.mod"), "utf8");
    expect(/^\s*(?:require )?github\.com\/hashicorp\/vault v(\S+)/m.exec(module)?.[1]).toBe(VAULT_VERSION);
    expect(valuesOf(server({ mode: VaultMode.dev() }))).toMatchObject({
      injector: { agentImage: { tag: VAULT_VERSION } },
      server: { image: { tag: VAULT_VERSION } },
    });
    expect(readFileSync(join(process.cwd(), "README.md"), "utf8")).toContain(`Vault ${VAULT_VERSION}, Kubernetes`);
  });

  test("is reached from the namespaces that are named, and the servers from each other", () => {
    const allowFromNamespaces = ["shop", "bi"];
    const values = valuesOf(
      server({ mode: VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir(), allowFromNamespaces }) }),
    );
    expect((values as Required<ChartValues>).server.networkPolicy).toEqual({
      enabled: true,
      ingress: [
        {
          from: [
            {
              namespaceSelector: {
                matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["bi", "shop"] }],
              },
            },
          ],
          ports: [{ port: 8200, protocol: "TCP" }],
        },
        {
          from: [
            {
              podSelector: {
                matchLabels: {
                  "app.kubernetes.io/name": "vault",
                  "app.kubernetes.io/instance": "vault",
                  component: "server",
                },
              },
            },
          ],
          ports: [
            { port: 8200, protocol: "TCP" },
            { port: 8201, protocol: "TCP" },
          ],
        },
      ],
    });
  });
});

describe("the release", () => {
  test("takes a chart of one's own, values that win, and waits for what it is told to", () => {
    const stack = inStack((scope) => {
      const vault = new VaultServer(scope, "vault", {
        mode: VaultMode.dev(),
        chart: "./charts/vault",
        wait: false,
        values: { injector: { replicas: 5, logLevel: "debug" }, ui: { enabled: true } },
      });
      vault.installAfter(new NamespaceV1(scope, "own", { metadata: { name: "vault" } }));
      vault.resource.addOverride("atomic", true);
    });
    const release = stack.only("helm_release");
    expect(release).toMatchObject({ chart: "./charts/vault", wait: false, atomic: true });
    expect(release).not.toHaveProperty("repository");
    expect(release).not.toHaveProperty("version");
    expect(release.depends_on).toEqual(["kubernetes_namespace_v1.own"]);
    expect(valuesOf(stack)).toMatchObject({ injector: { replicas: 5, logLevel: "debug" }, ui: { enabled: true } });
  });

  test("takes another version of the chart", () => {
    expect(server({ mode: VaultMode.dev(), chartVersion: "0.35.0" }).only("helm_release").version).toBe("0.35.0");
  });

  test("holds texts of values as they are, interpolations included", () => {
    const seal = 'seal "x" {\n  y = "${z} %{w}"\n}';
    const values = valuesOf(server({ mode: VaultMode.standalone({ seal }) })) as {
      server: { standalone: { config: string } };
    };
    expect(values.server.standalone.config).toContain(seal);
  });
});

describe("merged values", () => {
  test("are joined object by object; lists are replaced whole; what is undefined changes nothing", () => {
    expect(
      mergeValues(
        { injector: { replicas: 1, tolerations: [{ key: "a" }, { key: "b" }] }, ui: { enabled: false } },
        { injector: { replicas: undefined, tolerations: [{ key: "c" }] } },
        {},
      ),
    ).toEqual({ injector: { replicas: 1, tolerations: [{ key: "c" }] }, ui: { enabled: false } });
  });
});

describe("highly available", () => {
  const seal = Seal.awsKms({ region: "eu-central-1", keyId: "alias/vault" });
  const values = (more: object = {}): NonNullable<ChartValues["server"]> =>
    (valuesOf(server({ mode: VaultMode.ha({ tlsSecret: "tls", seal, ...more }) })) as Required<ChartValues>).server;
  const config = (of: NonNullable<ChartValues["server"]>): string =>
    (of.ha as unknown as { raft: { config: string } }).raft.config;

  test("three servers, each with its volumes, TLS on both ends, one lost at a time", () => {
    expect(values()).toMatchObject({
      ha: { enabled: true, replicas: 3, disruptionBudget: { enabled: true, maxUnavailable: 1 } },
      dataStorage: { enabled: true, size: "10Gi" },
      auditStorage: { enabled: true, size: "10Gi" },
      resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { memory: "1Gi" } },
      extraEnvironmentVars: { VAULT_CACERT: "/vault/userconfig/tls/ca.crt" },
    });
    expect(valuesOf(server({ mode: VaultMode.ha({ tlsSecret: "tls", seal }) }))).toMatchObject({
      global: { tlsDisable: false },
    });
    expect(config(values())).not.toContain("tls_disable");
  });

  test("each joins whichever of the others is there, by the name in its certificate", () => {
    const text = config(values({ replicas: 5 }));
    const joins = [...text.matchAll(/leader_tls_servername = "(.*)"/g)].map(([, name]) => name);
    expect(joins).toEqual([0, 1, 2, 3, 4].map((index) => `vault-${index}.vault-internal`));
  });

  test("pods go to the server that leads", () => {
    const found: string[] = [];
    inStack((scope) => {
      found.push(new VaultServer(scope, "vault", { mode: VaultMode.ha({ tlsSecret: "tls", seal }) }).addressFromPods);
    });
    expect(found).toEqual(["https://vault-active.vault.svc:8200"]);
  });

  test.each<[string, Seal, unknown]>([
    ["AWS", seal, { awskms: { region: "eu-central-1", kms_key_id: "alias/vault" } }],
    [
      "Google",
      Seal.gcpCkms({ project: "p", location: "global", keyRing: "r", cryptoKey: "k" }),
      { gcpckms: { project: "p", region: "global", key_ring: "r", crypto_key: "k" } },
    ],
    [
      "Azure",
      Seal.azureKeyVault({ tenantId: "t", vaultName: "v", keyName: "k" }),
      { azurekeyvault: { tenant_id: "t", vault_name: "v", key_name: "k" } },
    ],
    [
      "Oracle",
      Seal.ociKms({ keyId: "k", cryptoEndpoint: "https://c", managementEndpoint: "https://m" }),
      {
        ocikms: {
          key_id: "k",
          crypto_endpoint: "https://c",
          management_endpoint: "https://m",
          auth_type_api_key: "false",
        },
      },
    ],
    [
      "another Vault",
      Seal.transit({ address: "https://seal.internal", keyName: 'k"k' }),
      { transit: { address: "https://seal.internal", mount_path: "transit/", key_name: 'k"k' } },
    ],
  ])("the seal of %s is what Vault reads", async (_, of, expected) => {
    const parsed = (await parseHcl(config(values({ seal: of })))) as { seal: Record<string, unknown[]> };
    expect(Object.fromEntries(Object.entries(parsed.seal).map(([kind, [block]]) => [kind, block]))).toEqual(expected);
  });

  test("Shamir's seal is none", async () => {
    expect(await parseHcl(config(values({ seal: Seal.shamir() })))).not.toHaveProperty("seal");
  });
});

describe("in production", () => {
  const codes = (mode: VaultMode, environment = production): string[] =>
    findingsOfRefusal((app) => {
      const world = new World(app, environment);
      new VaultServer(world.config, "Vault", { mode, injectNamespaces: ["shop"] });
      world.identity("wrong", { namespace: "" });
    })
      .map(({ code }) => code)
      .filter((code) => code !== "identity-namespace");

  test("dev mode and a server without TLS are refused; with TLS, or elsewhere behind TLS, not", () => {
    expect(codes(VaultMode.dev())).toEqual(["dev-production"]);
    expect(codes(VaultMode.standalone())).toEqual(["dev-production"]);
    expect(codes(VaultMode.standalone({ tlsSecret: "tls" }))).toEqual(["dev-production"]);
    expect(codes(VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() }))).toEqual([]);
    expect(codes(VaultMode.external("https://vault.corp.internal"))).toEqual([]);
    expect(codes(VaultMode.dev(), sandbox)).toEqual([]);
  });

  test("a Vault elsewhere without TLS is refused too", () => {
    expect(codes(VaultMode.external("http://vault.corp.internal"))).toEqual(["dev-production"]);
  });
});

describe("the guard of the injection", () => {
  const built = (environment: typeof production, props: Partial<VaultServerProps> = {}): StackJson =>
    inStack((scope) => {
      scope.node.setContext(GUARDRAILS_CONTEXT, environment.guardrails);
      const mode = VaultMode.external("https://vault.corp.internal");
      new VaultServer(scope, "vault", { mode, injectNamespaces: ["shop", "bi"], ...props });
    });
  const releases = (stack: StackJson): unknown[] => [...stack.all.values()].map(({ name }) => name);

  test("production has it and a sandbox has not, unless the program says otherwise", () => {
    expect(releases(built(production))).toEqual(["vault", "vault-guard"]);
    expect(releases(built(production, { injectionGuard: false }))).toEqual(["vault"]);
    expect(releases(built(sandbox))).toEqual(["vault"]);
    expect(releases(built(sandbox, { injectionGuard: true }))).toEqual(["vault", "vault-guard"]);
  });

  test("it comes after the injector, and binds the namespaces that are injected", () => {
    const stack = built(production, { namespace: "secrets" });
    const guard = [...stack.all.values()].find(({ name }) => name === "vault-guard") as Record<string, unknown>;
    expect(guard).toMatchObject({ namespace: "secrets", chart: "./leasehold-injection-guard" });
    expect(guard.depends_on).toEqual([expect.stringMatching(/^helm_release\.vault_/)]);
    const { objects } = JSON.parse(unescapeTemplate((guard.values as string[])[0])) as { objects: { spec: object }[] };
    expect(objects.map(({ spec }) => (spec as { matchResources?: unknown }).matchResources)).toEqual([
      undefined,
      { namespaceSelector: { matchLabels: { "leasehold/injection": "required" } } },
      {
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["bi", "shop"] }],
        },
      },
    ]);
  });

  test("the stack brings its chart along, and a second synthesis writes the same", () => {
    const outdir = mkdtempSync(join(tmpdir(), "leasehold-guard-"));
    try {
      const synthesized = (): Record<string, string> => {
        const app = new App({ outdir, context: { [GUARDRAILS_CONTEXT]: "production" } });
        const stack = new TerraformStack(app, "platform");
        new HelmProvider(stack, "helm");
        new VaultServer(stack, "vault", {
          mode: VaultMode.external("https://vault.corp.internal"),
          injectNamespaces: [],
        });
        app.synth();
        const folder = join(outdir, "stacks/platform");
        const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        return Object.fromEntries(
          [...files.map(({ parentPath, name }) => join(parentPath, name)), join(outdir, "access.json")].map((file) => [
            relative(outdir, file),
            readFileSync(file, "utf8"),
          ]),
        );
      };
      const first = synthesized();
      expect(Object.keys(first)).toEqual(
        expect.arrayContaining([
          "stacks/platform/leasehold-injection-guard/Chart.yaml",
          "stacks/platform/leasehold-injection-guard/templates/objects.yaml",
        ]),
      );
      expect(synthesized()).toEqual(first);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  test("a release whose guard would have too long a name for Helm is refused", () => {
    const long = "v".repeat(48);
    const findings = findingsOfRefusal((app) => {
      const world = new World(app, production);
      const mode = VaultMode.external("https://vault.corp.internal");
      new VaultServer(world.config, "Vault", { mode, releaseName: long, injectNamespaces: ["shop"] });
    });
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ["kubernetes-name", expect.stringContaining(`"${long}-guard"`)],
    ]);
  });
});
