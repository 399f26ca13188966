import { CA } from "../support/certificates";
import { TerraformStack } from "cdktf";
import { sandbox } from "../../examples/shop/environments";
import { ClusterAccess, Environment, PlatformStack, StateBackend, VaultConfigStack, VaultLogin } from "../../stacks";
import { Block, StackJson, synthesize } from "../support/program";

const providerOf = (stack: StackJson, name: string): Block => (stack.json.provider as Record<string, Block[]>)[name][0];

describe("how Terraform reaches a cluster", () => {
  const both = (cluster: ClusterAccess): [Block, Block] => {
    const { platform } = synthesize((app) => {
      new PlatformStack(app, "platform", { environment: { ...sandbox, cluster }, namespaces: ["shop"] });
    });
    return [providerOf(platform, "kubernetes"), providerOf(platform, "helm").kubernetes as Block];
  };

  test("a kubeconfig file", () => {
    expect(both(ClusterAccess.kubeconfig({ context: "eu" }))).toEqual([
      { config_path: "~/.kube/config", config_context: "eu" },
      { config_path: "~/.kube/config", config_context: "eu" },
    ]);
  });

  test("a command that prints a token: both providers run the same, and no token is in the JSON", () => {
    const [kubernetes, helm] = both(
      ClusterAccess.eks({ host: "https://eks.internal", caCertificate: CA, clusterName: "eu", region: "eu-central-1" }),
    );
    const exec = {
      api_version: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: ["eks", "get-token", "--cluster-name", "eu", "--region", "eu-central-1"],
    };
    const server = { host: "https://eks.internal", cluster_ca_certificate: CA };
    expect(kubernetes).toEqual({ ...server, exec: [exec] });
    expect(helm).toEqual({ ...server, exec });
  });

  test("a command of one's own", () => {
    const [{ exec }] = both(
      ClusterAccess.exec({ host: "https://k", caCertificate: CA, command: "token", args: ["a"] }),
    );
    expect(exec).toEqual([{ api_version: "client.authentication.k8s.io/v1", command: "token", args: ["a"] }]);
  });

  test.each([
    ["azurecli", ClusterAccess.aks({ host: "https://k", caCertificate: CA })],
    ["workloadidentity", ClusterAccess.aks({ host: "https://k", caCertificate: CA, login: "workloadidentity" })],
  ])("AKS by %s: the token is for the application that every cluster of it is", (login, cluster) => {
    const [{ exec }, helm] = both(cluster);
    expect(exec).toEqual([helm.exec]);
    expect(helm.exec).toEqual({
      api_version: "client.authentication.k8s.io/v1beta1",
      command: "kubelogin",
      args: ["get-token", "--login", login, "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"],
    });
  });

  test("an API server by name, and no token: it is in KUBE_TOKEN", () => {
    const server = { host: "https://k", cluster_ca_certificate: CA };
    expect(both(ClusterAccess.tokenFromEnvironment({ host: "https://k", caCertificate: CA }))).toEqual([
      server,
      server,
    ]);
  });

  test("nothing in the program: the providers read their environment", () => {
    expect(both(ClusterAccess.fromEnvironment())).toEqual([{}, {}]);
  });
});

test("a pipeline logs in to Vault by its own identity token, which is in no JSON", () => {
  const login = VaultLogin.jwt("deployer", "jwt-github");
  const { config } = synthesize((app) => {
    new VaultConfigStack(app, "config", { environment: { ...sandbox, vault: { ...sandbox.vault, login } } });
  });
  expect(providerOf(config, "vault")).toEqual({
    address: "http://127.0.0.1:8200",
    auth_login_jwt: [{ mount: "jwt-github", role: "deployer" }],
  });
});

describe("a pod logs in to Vault by its ServiceAccount", () => {
  const loginOf = (login: VaultLogin): unknown => {
    const { config } = synthesize((app) => {
      new VaultConfigStack(app, "config", { environment: { ...sandbox, vault: { ...sandbox.vault, login } } });
    });
    const [block] = providerOf(config, "vault").auth_login as Block[];
    return block;
  };

  test("whose token Terraform reads from its file", () => {
    expect(loginOf(VaultLogin.kubernetes("deployer"))).toEqual({
      path: "auth/kubernetes/login",
      parameters: {
        role: "deployer",
        jwt: '${trimspace(file("/var/run/secrets/kubernetes.io/serviceaccount/token"))}',
      },
    });
  });

  test("and by another method and file; what could be read as an expression is refused or made plain", () => {
    expect(loginOf(VaultLogin.kubernetes("${role}", { mount: "k-eu", tokenFile: "/run/vault/token" }))).toEqual({
      path: "auth/k-eu/login",
      parameters: { role: "$${role}", jwt: '${trimspace(file("/run/vault/token"))}' },
    });
    for (const tokenFile of ['/a")}${file("/etc/shadow', "token", ""])
      expect(() => VaultLogin.kubernetes("deployer", { tokenFile })).toThrow("is not an absolute path");
  });
});

describe("where the state is kept: a file of its own for each stack", () => {
  class Empty extends TerraformStack {}
  const backendOf = (backend: Environment["backend"]): unknown => {
    // cdktf's validation of a cloud block runs `terraform version`: what is installed here is no matter of this test.
    const stacks = synthesize(
      (app) => {
        for (const name of ["one", "two"]) backend._applyTo(new Empty(app, name));
      },
      { skipValidation: true },
    );
    const { one, two } = Object.fromEntries(
      Object.entries(stacks).map(([name, stack]) => [
        name,
        (stack.json.terraform as Block).backend ?? stack.json.terraform,
      ]),
    );
    expect(JSON.stringify(one).replaceAll("one", "two")).toBe(JSON.stringify(two));
    return one;
  };

  test("S3, with a lock and encryption", () => {
    expect(backendOf(StateBackend.s3({ bucket: "b", region: "r", prefix: "p" }))).toEqual({
      s3: { bucket: "b", region: "r", key: "p/one.tfstate", encrypt: true, use_lockfile: true },
    });
  });

  test("Google Cloud Storage", () => {
    expect(backendOf(StateBackend.gcs("b"))).toEqual({ gcs: { bucket: "b", prefix: "leasehold/one" } });
  });

  test("Azure, without a key of the account", () => {
    const where = { resourceGroupName: "g", storageAccountName: "a", containerName: "c" };
    expect(backendOf(StateBackend.azurerm(where))).toEqual({
      azurerm: {
        resource_group_name: "g",
        storage_account_name: "a",
        container_name: "c",
        key: "leasehold/one.tfstate",
        use_azuread_auth: true,
      },
    });
  });

  test("HCP Terraform, one workspace a stack", () => {
    expect(backendOf(StateBackend.hcpTerraform("o"))).toMatchObject({
      cloud: { organization: "o", workspaces: { name: "leasehold-one" } },
    });
  });
});
