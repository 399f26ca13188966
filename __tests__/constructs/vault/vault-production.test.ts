import { App, TerraformStack } from "cdktf";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { ChartValues, Seal, VaultMode, VaultServer, VaultServerProps } from "../../../constructs";
import { GUARDRAILS_CONTEXT } from "../../../constructs/synthesis/guardrails";
import { sandbox } from "../../../examples/shop/environments";
import { production } from "../../support/production";
import { findingsOfRefusal, inStack, StackJson } from "../../support/program";
import { unescapeTemplate, parseHcl } from "../../support/terraform-text";
import { World } from "../../support/world";

const server = (props: VaultServerProps): StackJson => inStack((scope) => void new VaultServer(scope, "vault", props));
const valuesOf = (stack: StackJson): unknown =>
  JSON.parse(unescapeTemplate((stack.only("helm_release").values as string[])[0]));

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
