import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { RandomProvider } from "@cdktf/provider-random/lib/provider";
import { DataVaultPolicyDocument } from "@cdktf/provider-vault/lib/data-vault-policy-document";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import {
  App,
  S3Backend,
  TerraformElement,
  TerraformHclModule,
  TerraformLocal,
  TerraformOutput,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import { Construct } from "constructs";
import { AccessReport, EphemeralResource, UnclassifiedNode } from "../../../constructs";
import { besideOurs, line, readingWorld, written } from "./support";

/** A resource of any type. */
class Raw extends TerraformResource {
  constructor(
    scope: Construct,
    id: string,
    type: string,
    private readonly args: Record<string, unknown> = {},
    more: object = {},
  ) {
    super(scope, id, { terraformResourceType: type, ...more });
  }
  override synthesizeAttributes(): { [name: string]: unknown } {
    return this.args;
  }
}

/** What a stack of raw blocks is listed as; providers that Terraform resolves by itself are tested on their own. */
function listed(build: (stack: TerraformStack) => void): UnclassifiedNode[] {
  return listedWhole(build).filter(({ block, path }) => block !== "provider" || path !== "raw");
}

function listedWhole(build: (stack: TerraformStack) => void): UnclassifiedNode[] {
  return besideOurs(build).unclassified.filter(({ stack }) => stack === "raw");
}

function only(build: (stack: TerraformStack) => void): UnclassifiedNode {
  const nodes = listed(build);
  expect(nodes.map(line)).toHaveLength(1);
  return nodes[0];
}

const EVERYTHING = 'path "*" { capabilities = ["sudo"] }';

describe("by the user's own hand, each is listed, and a change of it changes its digest", () => {
  test.each<[string, (stack: TerraformStack, changed: boolean) => void, string]>([
    [
      "a policy",
      (stack, changed) => new Policy(stack, "p", { name: "all", policy: changed ? EVERYTHING : "" }),
      "raw resource vault_policy raw/p",
    ],
    [
      "a grant",
      (stack, changed) =>
        new Grant(stack, "g", {
          database: "shop",
          role: "web",
          objectType: "table",
          privileges: [changed ? "DELETE" : "SELECT"],
        }),
      "raw resource postgresql_grant raw/g",
    ],
    [
      "an auth role for everybody",
      (stack, changed) =>
        new KubernetesAuthBackendRole(stack, "r", {
          roleName: "all",
          boundServiceAccountNames: [changed ? "*" : "web"],
          boundServiceAccountNamespaces: ["*"],
        }),
      "raw resource vault_kubernetes_auth_backend_role raw/r",
    ],
    [
      "a data source",
      (stack, changed) =>
        new DataVaultPolicyDocument(stack, "d", { rule: [{ path: changed ? "*" : "a", capabilities: ["read"] }] }),
      "raw data vault_policy_document raw/d",
    ],
    [
      "an ephemeral block",
      (stack, changed) => new EphemeralResource(stack, "e", "vault_database_secret", { name: changed ? "b" : "a" }),
      "raw ephemeral vault_database_secret raw/e",
    ],
    [
      "a provider block",
      (stack, changed) => new VaultProvider(stack, "v", { address: changed ? "http://evil" : "http://vault" }),
      "raw provider vault raw/v",
    ],
    [
      "a module",
      (stack, changed) => new TerraformHclModule(stack, "m", { source: "hashicorp/x/y", variables: { a: changed } }),
      "raw module hashicorp/x/y raw/m",
    ],
    [
      "a ConfigMap, which may be that of a server",
      (stack, changed) => new ConfigMapV1(stack, "c", { metadata: { name: "a" }, data: { a: changed ? "b" : "a" } }),
      "raw resource kubernetes_config_map_v1 raw/c",
    ],
    [
      "a type of another provider that sounds of access",
      (stack, changed) => new Raw(stack, "a", "aws_iam_role_policy", { policy: changed }),
      "raw resource aws_iam_role_policy raw/a",
    ],
    [
      "commands that run where Terraform runs, whatever they are part of",
      (stack, changed) =>
        new Raw(
          stack,
          "a",
          "terraform_data",
          {},
          {
            provisioners: [{ type: "local-exec", command: changed ? "vault policy write" : "true" }],
          },
        ),
      "raw resource terraform_data raw/a",
    ],
    [
      "a type of a provider that nobody has looked at",
      (stack, changed) =>
        new Raw(stack, "a", "x_y", { changed }, { provider: new VaultProvider(stack, "v", { alias: "x" }) }),
      "raw resource x_y raw/a",
    ],
    [
      "a block that an override of the stack makes",
      (stack, changed) =>
        stack.addOverride("resource.vault_policy.x", { name: "x", policy: changed ? EVERYTHING : "" }),
      "raw resource vault_policy raw",
    ],
    [
      "a block that an override of the stack makes, as a list",
      (stack, changed) => stack.addOverride("resource.vault_policy", [{ x: { policy: changed ? EVERYTHING : "" } }]),
      "raw resource vault_policy raw",
    ],
    [
      "several bodies under one name",
      (stack, changed) =>
        stack.addOverride("resource.null_resource.x", [{ a: 1 }, { provisioner: { "local-exec": changed } }]),
      "raw resource null_resource raw",
    ],
    [
      "an override of the stack that makes no block",
      (stack, changed) =>
        stack.addOverride("terraform.required_providers.vault.source", changed ? "evil/vault" : "hashicorp/vault"),
      "raw stack raw",
    ],
    [
      "a top-level block that nothing is known of",
      (stack, changed) => stack.addOverride("removed", [{ from: "vault_policy.a", lifecycle: { destroy: changed } }]),
      "raw stack raw",
    ],
    [
      "a class of the user's that writes what it likes",
      (stack, changed) => {
        class Free extends TerraformElement {
          override toTerraform(): unknown {
            return { resource: { vault_policy: { free: { policy: changed ? EVERYTHING : "" } } }, check: { a: {} } };
          }
        }
        new Free(stack, "free");
      },
      "raw resource vault_policy raw",
    ],
    [
      "a stack's own toTerraform",
      (stack, changed) => {
        const write = stack.toTerraform.bind(stack);
        stack.toTerraform = () => ({
          ...(write() as object),
          resource: { vault_policy: { x: { policy: String(changed) } } },
        });
      },
      "raw resource vault_policy raw",
    ],
    [
      "what it is imported from",
      (stack, changed) => new Policy(stack, "p", { name: "a", policy: "" }).importFrom(changed ? "root" : "a"),
      "raw resource vault_policy raw/p",
    ],
  ])("%s", (_, build, expected) => {
    const node = (changed: boolean): UnclassifiedNode => {
      const found = listed((stack) => build(stack, changed)).find((candidate) => line(candidate) === expected);
      if (!found)
        throw new Error(
          `not listed: ${listed((stack) => build(stack, changed))
            .map(line)
            .join(", ")}`,
        );
      return found;
    };
    expect(node(false).digest).not.toBe(node(true).digest);
    expect(node(false).digest).toBe(node(false).digest);
  });

  test("has the path of what made it, its stack and Terraform's name; no line, which nothing knows", () => {
    expect(only((stack) => new Policy(new Construct(stack, "folder"), "p", { name: "a", policy: "" }))).toEqual({
      path: "raw/folder/p",
      stack: "raw",
      block: "resource",
      type: "vault_policy",
      name: expect.stringMatching(/^folder_p_/),
      reason: "raw",
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("two provider blocks are two, by their aliases", () => {
    const nodes = listed((stack) => {
      new VaultProvider(stack, "a", { address: "http://a" });
      new VaultProvider(stack, "b", { address: "http://b", alias: "other" });
    });
    expect(nodes.map(({ path, name }) => [path, name])).toEqual([
      ["raw/a", ""],
      ["raw/b", "other"],
    ]);
  });
});

describe("a digest", () => {
  const digestOf = (build: (stack: TerraformStack) => TerraformElement): string => {
    let made: TerraformElement | undefined;
    const nodes = listed((stack) => (made = build(stack)));
    return nodes.find(({ path }) => path === made?.node.path)?.digest as string;
  };
  const policyOn =
    (mountId: string, policyId: string, path = "kv") =>
    (stack: TerraformStack) => {
      const mount = new Mount(stack, mountId, { path, type: "kv" });
      const policy = new Policy(stack, policyId, {
        name: "p",
        policy: `path "${mount.path}/\${${mount.fqn}.path}" {}`,
      });
      policy.dependsOn = [mount.fqn];
      return policy;
    };

  test("knows no names: of itself, of what it refers to, of what it waits for", () => {
    expect(digestOf(policyOn("a", "p"))).toBe(digestOf(policyOn("b b", "q")));
  });

  test("reaches what it refers to", () => {
    expect(digestOf(policyOn("a", "p"))).not.toBe(digestOf(policyOn("a", "p", "secret")));
  });

  test("tells two apart that refer to different blocks in one stack", () => {
    const two = (which: number) => (stack: TerraformStack) => {
      const mounts = ["a", "b"].map((path) => new Mount(stack, path, { path, type: "kv" }));
      return new Policy(stack, "p", { name: mounts[which].path, policy: "" });
    };
    expect(digestOf(two(0))).not.toBe(digestOf(two(1)));
  });

  test("reaches variables, locals, modules, data, ephemeral blocks and the provider that is asked", () => {
    const through = (make: (stack: TerraformStack) => string, value: string) => (stack: TerraformStack) => {
      stack.node.setContext("value", value);
      return new Policy(stack, "p", { name: make(stack), policy: "" });
    };
    const value = (stack: TerraformStack): string => stack.node.getContext("value") as string;
    const ways: ((stack: TerraformStack) => string)[] = [
      (stack) => new TerraformVariable(stack, "v", { default: value(stack) }).stringValue,
      (stack) => new TerraformLocal(stack, "l", value(stack)).asString,
      (stack) => new TerraformHclModule(stack, "m", { source: "a/b/c", variables: { x: value(stack) } }).getString("y"),
      (stack) => new DataVaultPolicyDocument(stack, "d", { rule: [{ path: value(stack), capabilities: [] }] }).hcl,
      (stack) => new EphemeralResource(stack, "e", "vault_x", { x: value(stack) }).reference("y"),
    ];
    for (const way of ways) expect(digestOf(through(way, "a"))).not.toBe(digestOf(through(way, "b")));
    const asking = (address: string, alias: string) => (stack: TerraformStack) => {
      const provider = new VaultProvider(stack, "v", { address, alias });
      return new Policy(stack, "p", { name: "p", policy: "", provider });
    };
    expect(digestOf(asking("http://a", "x"))).not.toBe(digestOf(asking("http://b", "x")));
    expect(digestOf(asking("http://a", "x"))).toBe(digestOf(asking("http://a", "y")));
  });

  test("comes to an end where blocks refer to each other in a circle, which Terraform refuses later", () => {
    const circle = (stack: TerraformStack): void => {
      stack.addOverride("resource.vault_policy.a.name", "${vault_policy.b.name}");
      stack.addOverride("resource.vault_policy.b.name", "${vault_policy.a.name}");
    };
    expect(listed(circle).map(line)).toEqual([
      "raw resource vault_policy raw",
      "raw resource vault_policy raw",
      "raw stack raw",
    ]);
  });

  test("holds no value: a password of a raw block is nowhere in the report", () => {
    const canary = "correct-horse-battery-staple";
    const report = besideOurs((stack) => {
      new Raw(stack, "kv", "vault_kv_secret_v2", { data_json: JSON.stringify({ password: canary }) });
      stack.addOverride("resource.vault_generic_secret.x", { data_json: canary });
      new VaultProvider(stack, "v", { address: "http://a", token: canary });
      new TerraformHclModule(stack, "m", {
        source: `git::https://user:${canary}@example.com/a.git?sshkey=${canary}`,
        variables: { password: canary },
      });
    });
    expect(JSON.stringify(report)).not.toContain(canary);
    expect(report.unclassified.map(({ type }) => type)).toContain("git::https://example.com/a.git");
  });

  test("nor is the path of a module on this machine", () => {
    const node = only((stack) => new TerraformHclModule(stack, "m", { source: "/home/me/modules/grants" }));
    expect(node.type).toBe("grants");
  });
});

describe("is never passed over", () => {
  const of = (type: string, key: string, said: unknown) => (stack: TerraformStack) =>
    new Raw(stack, "x", type).addOverride(key, said);
  test.each<[string, (stack: TerraformStack) => void]>([
    ["commands beside a value", of("null_resource", "provisioner.local-exec.command", "x")],
    ["a connection beside a value", of("random_id", "connection.host", "x")],
    ["an action beside a value", of("time_sleep", "lifecycle.action_trigger", [{ actions: ["action.a.b"] }])],
    [
      "code of a provider in a condition",
      of("random_id", "lifecycle.postcondition", [{ condition: "${provider::x::y()}" }]),
    ],
    ["a value's type of somebody's provider", of("random_id", "provider", "acme.x")],
    ["a program that a data source runs", (stack) => stack.addOverride("data.external.x", { program: ["sh"] })],
    ["what a data source fetches", (stack) => stack.addOverride("data.http.x", { url: "https://example.com" })],
    ["the state of another program", (stack) => stack.addOverride("data.terraform_remote_state.x", { backend: "s3" })],
    ["what is moved here", (stack) => stack.addOverride("moved", [{ from: "a.b", to: "c.d" }])],
    ["what is let go of", (stack) => stack.addOverride("removed", [{ from: "a.b" }])],
    ["what is taken over", (stack) => stack.addOverride("import", [{ to: "a.b", id: "x" }])],
    ["a question at each plan", (stack) => stack.addOverride("check", { a: { data: { http: { x: {} } } } })],
    [
      "another source of a provider's name",
      (stack) => stack.addOverride("terraform.required_providers.null", { source: "evil/null" }),
    ],
    ...[
      ...[
        "annotations",
        "certificate_signing_request_v1",
        "config_map_v1",
        "cron_job_v1",
        "endpoint_slice_v1",
        "endpoints_v1",
      ],
      ...["env", "ingress_v1", "job_v1", "labels", "manifest", "mutating_webhook_configuration_v1", "namespace_v1"],
      ...["network_policy_v1", "pod_v1", "secret_v1", "service_account_v1", "token_request_v1"],
    ].map((type): [string, (stack: TerraformStack) => void] => [
      `kubernetes_${type}`,
      (stack) => void new Raw(stack, "x", `kubernetes_${type}`),
    ]),
    ...["vault_generic_endpoint", "postgresql_grant_role", "helm_release", "local_file", "tls_private_key"].map(
      (type): [string, (stack: TerraformStack) => void] => [type, (stack) => void new Raw(stack, "x", type)],
    ),
  ])("%s", (_what, build) => {
    // Beside the provider that Terraform resolves for it by itself.
    expect(listed(build)).not.toEqual([]);
  });
});

describe("not judged, but counted", () => {
  const counts = (build: (stack: TerraformStack) => void): AccessReport["notJudged"] => {
    const report = besideOurs(build);
    expect(report.unclassified.filter(({ stack, block }) => stack === "raw" && block !== "provider")).toEqual([]);
    return report.notJudged;
  };

  test("types that let nobody in, and no others", () => {
    expect(
      counts((stack) => {
        new KubernetesProvider(stack, "k");
        new Raw(stack, "a", "terraform_data", { input: "a" });
        new Raw(stack, "b", "null_resource");
        new Raw(stack, "c", "random_password");
        new Raw(stack, "d", "random_id");
        new Raw(stack, "e", "time_sleep");
        new Raw(stack, "f", "kubernetes_pod_disruption_budget_v1");
      }),
    ).toEqual([
      { provider: "kubernetes", count: 1 },
      { provider: "null", count: 1 },
      { provider: "random", count: 2 },
      { provider: "terraform", count: 1 },
      { provider: "time", count: 1 },
    ]);
  });

  test("a provider without a block is listed, unless it only makes values", () => {
    const nodes = listedWhole((stack) => {
      new Raw(stack, "a", "aws_s3_bucket");
      new Raw(stack, "b", "kubernetes_pod_disruption_budget_v1");
      new Raw(stack, "c", "random_id");
      stack.addOverride("resource.acme_x.d", { provider: "other.y" });
    });
    expect(nodes.map(line).sort()).toEqual([
      "raw provider aws raw",
      "raw provider kubernetes raw",
      "raw provider other raw",
      "raw resource acme_x raw",
      "raw resource aws_s3_bucket raw/a",
      "raw stack raw",
    ]);
  });

  test("where the state is and what is shown are settings, each by its name", () => {
    const nodes = listed((stack) => {
      new S3Backend(stack, { bucket: "b", key: "k", region: "r" });
      new TerraformOutput(stack, "o", { value: "${terraform_data.x.output}" });
    });
    expect(nodes.map(({ reason, block, type, name }) => [reason, block, type, name])).toEqual([
      ["setting", "backend", "s3", ""],
      ["setting", "output", "", "o"],
    ]);
  });

  test("what makes nothing is neither listed nor counted", () => {
    expect(
      counts((stack) => {
        new RandomProvider(stack, "r");
        new TerraformOutput(stack, "o", { value: "a" });
        new TerraformVariable(stack, "v", { default: "a" });
        new TerraformLocal(stack, "l", "a");
      }),
    ).toEqual([]);
  });

  test("every block of the example's kind is in the graph, listed or counted: no type of the chain is lost", () => {
    // What is not marked counts as raw: in a program of ours, nothing may.
    const report = written((app: App) => void readingWorld(app));
    expect(report.unclassified.filter(({ reason }) => reason !== "setting").map(line)).toEqual([]);
  });
});
