import { TerraformStack } from "cdktf";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VAULT_VERSION } from "../../../access/model/versions";
import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { ChartValues, NetworkTarget, Seal, VaultMode, VaultServer, VaultServerProps } from "../../../constructs";
import { findingsOfRefusal, inStack, StackJson } from "../../support/program";
import { unescapeTemplate, parseHcl } from "../../support/terraform-text";

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
            "securityContext": {
              "container": {
                "allowPrivilegeEscalation": false,
                "capabilities": {
                  "drop": [
                    "ALL",
                  ],
                },
                "readOnlyRootFilesystem": true,
              },
              "pod": {
                "fsGroup": 1000,
                "runAsGroup": 1000,
                "runAsNonRoot": true,
                "runAsUser": 100,
                "seccompProfile": {
                  "type": "RuntimeDefault",
                },
              },
            },
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
            "statefulSet": {
              "securityContext": {
                "container": {
                  "allowPrivilegeEscalation": false,
                  "capabilities": {
                    "drop": [
                      "ALL",
                    ],
                  },
                  "readOnlyRootFilesystem": true,
                },
                "pod": {
                  "fsGroup": 1000,
                  "runAsGroup": 1000,
                  "runAsNonRoot": true,
                  "runAsUser": 100,
                  "seccompProfile": {
                    "type": "RuntimeDefault",
                  },
                },
              },
            },
            "volumeMounts": [
              {
                "mountPath": "/tmp",
                "name": "tmp",
              },
            ],
            "volumes": [
              {
                "emptyDir": {},
                "name": "tmp",
              },
            ],
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
          "securityContext": {
            "container": {
              "allowPrivilegeEscalation": false,
              "capabilities": {
                "drop": [
                  "ALL",
                ],
              },
              "readOnlyRootFilesystem": true,
            },
            "pod": {
              "fsGroup": 1000,
              "runAsGroup": 1000,
              "runAsNonRoot": true,
              "runAsUser": 100,
              "seccompProfile": {
                "type": "RuntimeDefault",
              },
            },
          },
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
          "statefulSet": {
            "securityContext": {
              "container": {
                "allowPrivilegeEscalation": false,
                "capabilities": {
                  "drop": [
                    "ALL",
                  ],
                },
                "readOnlyRootFilesystem": true,
              },
              "pod": {
                "fsGroup": 1000,
                "runAsGroup": 1000,
                "runAsNonRoot": true,
                "runAsUser": 100,
                "seccompProfile": {
                  "type": "RuntimeDefault",
                },
              },
            },
          },
          "volumeMounts": [
            {
              "mountPath": "/tmp",
              "name": "tmp",
            },
          ],
          "volumes": [
            {
              "emptyDir": {},
              "name": "tmp",
            },
          ],
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
          "securityContext": {
            "container": {
              "allowPrivilegeEscalation": false,
              "capabilities": {
                "drop": [
                  "ALL",
                ],
              },
              "readOnlyRootFilesystem": true,
            },
            "pod": {
              "fsGroup": 1000,
              "runAsGroup": 1000,
              "runAsNonRoot": true,
              "runAsUser": 100,
              "seccompProfile": {
                "type": "RuntimeDefault",
              },
            },
          },
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
      ["https://r-vault.v.svc:8200", "https://r-vault.v.svc:8200", "tls"],
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
    expect(values.server.volumes).toEqual([
      { name: "tls", secret: { secretName: "tls", defaultMode: 0o440 } },
      { name: "tmp", emptyDir: {} },
    ]);
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
      securityContext: expect.anything() as object,
      webhook: {
        failurePolicy: "Fail",
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["bi", "shop"] }],
        },
      },
    });
  });

  test.each([VaultMode.dev(), VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir() })])(
    "has pods at the restricted level, and leaves them to OpenShift there: $name",
    (mode) => {
      const securityContext = {
        pod: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        container: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      };
      const restricted = { injector: { securityContext }, server: { statefulSet: { securityContext } } };
      expect(valuesOf(server({ mode }))).toMatchObject(restricted);
      const there = JSON.stringify(valuesOf(server({ mode, values: { global: { openshift: true } } })));
      expect(there).not.toContain("securityContext");
    },
  );

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

describe("what Vault's pods may connect to", () => {
  const tcp = (port: number): object => ({ port, protocol: "TCP" });
  const api = NetworkTarget.cidr("10.0.0.1/32", [6443]);
  const database = NetworkTarget.namespace("data", [5432]);

  test("of the servers: names, each other, and what is named", () => {
    const mode = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir(), allowTo: [api, database] });
    const { networkPolicy } = (valuesOf(server({ mode })) as Required<ChartValues>).server;
    const between = [tcp(8200), tcp(8201)];
    expect(networkPolicy).toMatchObject({ enabled: true, ingress: [{ ports: between }] });
    expect(networkPolicy?.egress).toEqual([
      { ports: [53, 5353].flatMap((port) => [{ port, protocol: "UDP" }, tcp(port)]) },
      {
        to: [{ podSelector: { matchLabels: expect.objectContaining({ component: "server" }) as object } }],
        ports: between,
      },
      { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [tcp(6443)] },
      { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "data" } } }], ports: [tcp(5432)] },
    ]);
  });

  test("of the injectors: names and what is named, and their webhook alone is open", () => {
    const stack = inStack((scope) => {
      const vault = new VaultServer(scope, "vault", { mode: VaultMode.dev(), injectorAllowTo: [api] });
      vault.installAfter(new NamespaceV1(scope, "own", { metadata: { name: "vault" } }));
    });
    const policy = stack.only("kubernetes_network_policy_v1");
    expect(policy.depends_on).toEqual(["kubernetes_namespace_v1.own"]);
    expect(policy).toMatchObject({
      metadata: { name: "vault-agent-injector", namespace: "vault" },
      spec: {
        policy_types: ["Ingress", "Egress"],
        pod_selector: { match_labels: { "app.kubernetes.io/name": "vault-agent-injector", component: "webhook" } },
        ingress: [{ ports: [{ port: "8080", protocol: "TCP" }] }],
        egress: [{}, { to: [{ ip_block: { cidr: "10.0.0.1/32" } }], ports: [{ port: "6443", protocol: "TCP" }] }],
      },
    });
  });

  test.each<[string, NetworkTarget]>([
    ['the namespace "Data" of a NetworkTarget', NetworkTarget.namespace("Data", [1])],
    ['"10.0.0.1" of a NetworkTarget is not a range', NetworkTarget.cidr("10.0.0.1", [1])],
    ['"10.0.0.0/33" of a NetworkTarget is not a range', NetworkTarget.cidr("10.0.0.0/33", [1])],
    ['"fd00::/129" of a NetworkTarget is not a range', NetworkTarget.cidr("fd00::/129", [1])],
    ["a NetworkTarget has no ports", NetworkTarget.cidr("fd00::/8", [])],
    ["a NetworkTarget has no ports", NetworkTarget.cidr("fd00::/8", "443" as never)],
    ["port 0 of a NetworkTarget is not", NetworkTarget.cidr("0.0.0.0/0", [0])],
  ])("is refused where %s", (message, target) => {
    const mode = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir(), allowTo: [target] });
    for (const props of [{ mode }, { mode: VaultMode.dev(), injectorAllowTo: [target] }])
      expect(
        findingsOfRefusal((app) => void new VaultServer(new TerraformStack(app, "s"), "vault", props)),
      ).toContainEqual(
        expect.objectContaining({ code: "vault-mode", message: expect.stringContaining(message) as string }),
      );
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
