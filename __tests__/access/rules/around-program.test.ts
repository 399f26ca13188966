import { App, Fn, TerraformIterator, TerraformLocal, TerraformStack, TerraformVariable, Token } from "cdktf";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { Manifest } from "@cdktf/provider-kubernetes/lib/manifest";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1";
import { GenericEndpoint } from "@cdktf/provider-vault/lib/generic-endpoint";
import { KvSecretV2 } from "@cdktf/provider-vault/lib/kv-secret-v2";
import { TokenAuthBackendRole } from "@cdktf/provider-vault/lib/token-auth-backend-role";
import { Credential, VaultMode, VaultServer } from "../../../constructs";
import { World } from "../../support/world";
import { checked, plainStack } from "./support";

/** Ways around the rules as a program takes them: with cdktf's functions, iterators and escape hatches. */

const codes = async (build: (app: App) => void): Promise<{ readonly found: string; readonly notRead: string }> => {
  const { findings, notRead } = await checked(build);
  return {
    found: findings.map(({ code, path, message }) => `${code} ${path}: ${message}`).join("\n"),
    notRead: notRead.map(({ path, why }) => `${path}: ${why}`).join("\n"),
  };
};

const YAML = "apiVersion: v1\nkind: Pod\nmetadata: {name: app, namespace: shop}\nspec:\n  hostNetwork: true\n";

describe("cdktf's own ways of saying it", () => {
  test.each<[string, (stack: TerraformStack) => void, string]>([
    [
      "yamldecode",
      (stack) => void new Manifest(stack, "m", { manifest: Fn.yamldecode(YAML) as Record<string, unknown> }),
      "pod-host own/m: host_network is true",
    ],
    [
      "a local",
      (stack) => {
        const local = new TerraformLocal(stack, "pod", { apiVersion: "v1", kind: "Pod", spec: { hostPID: true } });
        new Manifest(stack, "m", { manifest: local.expression as Record<string, unknown> });
      },
      "pod-host own/m: host_pid is true",
    ],
    [
      "jsonencode",
      (stack) =>
        void new KvSecretV2(stack, "kv", { mount: "kv", name: "x", dataJson: Fn.jsonencode({ password: "hunter2" }) }),
      "secret-in-plain-text own/kv",
    ],
    [
      "another resource's argument",
      (stack) => {
        const first = new RoleV1(stack, "a", { metadata: { name: "impersonate" }, rule: [] });
        new RoleV1(stack, "b", {
          metadata: { name: "b" },
          rule: [{ apiGroups: [""], resources: ["users"], verbs: [first.metadata.name] }],
        });
      },
      "rbac-too-much own/b: it gives impersonate on users",
    ],
    [
      "a generic endpoint",
      (stack) =>
        void new GenericEndpoint(stack, "e", {
          path: "sys/policies/acl/p",
          dataJson: Fn.jsonencode({ policy: Fn.rawString('path "*" { capabilities = ["sudo"] }') }),
        }),
      "vault-policy own/e: it gives sudo",
    ],
    [
      "a role for tokens",
      (stack) => void new TokenAuthBackendRole(stack, "t", { roleName: "t", allowedPolicies: ["root"] }),
      "vault-root-token own/t",
    ],
  ])("%s is found", async (_, build, message) => {
    expect((await codes((app) => build(plainStack(app)))).found).toContain(message);
  });

  test("an iterator's block is found, and said to be there as often as the iterator says", async () => {
    const { found, notRead } = await codes((app) => {
      const stack = plainStack(app);
      const names = TerraformIterator.fromList(Token.asList("${var.names}"));
      new TerraformVariable(stack, "names", {});
      new DeploymentV1(stack, "app", {
        metadata: { namespace: "shop" },
        spec: {
          template: {
            metadata: {},
            spec: { container: names.dynamic({ name: names.value, security_context: { privileged: true } }) },
          },
        },
      });
    });
    expect(found).toContain("pod-privileged own/app");
    expect(notRead).toContain("own/app: kubernetes_deployment_v1.app: spec.template.spec.container is a dynamic block");
  });

  test("a variable is said not to be read", async () => {
    const { notRead } = await codes((app) => {
      const stack = plainStack(app);
      const verbs = new TerraformVariable(stack, "verbs", { default: ["get"] });
      new RoleV1(stack, "r", {
        metadata: { name: "r" },
        rule: [{ apiGroups: [""], resources: ["pods"], verbs: verbs.listValue }],
      });
    });
    expect(notRead).toContain("own/r: kubernetes_role_v1.r: rule.verbs is computed when Terraform runs");
  });
});

describe("escape hatches on what the library makes", () => {
  test("are found, or said not to be read", async () => {
    const { found, notRead } = await codes((app) => {
      const world = new World(app);
      const web = world.identity("web");
      world.db.schema("s").table("t").grants.read(web);
      world.db.access(web).databaseRole.creationStatements = ['CREATE ROLE "{{name}}" SUPERUSER LOGIN'];
      web.resource.addOverride("bound_service_account_names", ["*"]);
      const { resource } = world.deployment(web, [Credential.uri(world.db)]);
      resource.addOverride("spec.template.spec.host_network", true);
      resource.addOverride("spec.template.spec.container.0.security_context.privileged", true);
      resource.addOverride("provisioner", [{ "local-exec": { command: "kubectl apply -f x" } }]);
    });
    expect(found).toMatch(/postgres-superuser access\/\S+: its statements make logins with SUPERUSER/);
    expect(found).toMatch(/vault-auth-role who\/web\S*: bound_service_account_names is/);
    expect(found).toMatch(/pod-host workloads\/web\S*: host_network is true/);
    expect(found).toMatch(/pod-privileged workloads\/web\S*: container "app" is privileged/);
    expect(notRead).toMatch(/access\/\S+: vault_database_secret_backend_role\.\S+: its statements are SQL of its own/);
    expect(notRead).toMatch(/workloads\/web\S*: kubernetes_deployment_v1\.\S+: its provisioner runs commands/);
  });

  test("on the release of Vault, too", async () => {
    const { found } = await codes((app) => {
      const { resource } = new VaultServer(plainStack(app), "vault", { mode: VaultMode.dev(), namespace: "vault" });
      resource.addOverride("set", [{ name: "server.hostNetwork", value: "true" }]);
    });
    expect(found).toContain("pod-host own/vault/Resource: host_network is true");
  });
});
