import { KubernetesAuth, WorkloadIdentity } from "../../../constructs";
import { CA } from "../../support/certificates";
import { inStack, synthesize } from "../../support/program";
import { World } from "../../support/world";

test("minimal definition: an auth method at kubernetes-<id>, of the cluster that Vault runs in, and no reviewer token", () => {
  const stack = inStack((scope) => void new KubernetesAuth(scope, "eu"));
  expect(stack.census).toEqual({ vault_auth_backend: 1, vault_kubernetes_auth_backend_config: 1 });
  expect(stack.only("vault_auth_backend")).toMatchInlineSnapshot(`
   {
     "description": "Kubernetes cluster eu",
     "path": "kubernetes-eu",
     "type": "kubernetes",
   }
  `);
  expect(stack.only("vault_kubernetes_auth_backend_config")).toMatchInlineSnapshot(`
   {
     "backend": "\${vault_auth_backend.eu_Backend_1125D906.path}",
     "kubernetes_host": "https://kubernetes.default.svc",
   }
  `);
});

test("a cluster that Vault is outside of has its own host, CA and reviewers", () => {
  const stack = inStack(
    (scope) =>
      void new KubernetesAuth(scope, "us", {
        kubernetesHost: "https://api.us.example.com",
        kubernetesCaCert: `${CA}# \${x}`,
        clientReviewsItself: true,
        audience: "https://us",
      }),
  );
  expect(stack.only("vault_kubernetes_auth_backend_config")).toMatchObject({
    kubernetes_host: "https://api.us.example.com",
    kubernetes_ca_cert: `${CA}# $\${x}`,
    disable_local_ca_jwt: true,
  });
  expect(stack.text).not.toContain("token_reviewer_jwt");
});

test("an auth method of another program makes nothing, and names what it has", () => {
  const stack = inStack((scope) => {
    const given = { clusterName: "us", authPath: "clusters/us", audience: "x" };
    const { clusterName, authPath, audience } = KubernetesAuth.fromAttributes(scope, "given", given);
    expect({ clusterName, authPath, audience }).toEqual(given);
    const { clusterName: name, authPath: path, audience: who } = KubernetesAuth.fromAttributes(scope, "eu");
    expect([name, path, who]).toEqual(["eu", "kubernetes-eu", "vault"]);
  });
  expect(stack.census).toEqual({});
});

test("an identity of a cluster in another stack is made after that stack, and is bound to that cluster's mount", () => {
  const stacks = synthesize((app) => {
    const world = new World(app);
    const cluster = KubernetesAuth.fromAttributes(world.servers, "us", { audience: "https://us" });
    new WorkloadIdentity(world.config, "web", { cluster, namespace: "shop" });
  });
  expect(stacks.who.dependencies).toEqual(["servers"]);
  expect(stacks.who.only("vault_kubernetes_auth_backend_role")).toMatchObject({
    backend: "kubernetes-us",
    audience: "https://us",
  });
});

test("its L1s are reachable, and overrides reach the JSON", () => {
  const stack = inStack((scope) => {
    const auth = new KubernetesAuth(scope, "eu");
    auth.backend.addOverride("tune", [{ listing_visibility: "unauth" }]);
    auth.resource.addOverride("issuer", "https://issuer");
  });
  expect(stack.only("vault_auth_backend").tune).toEqual([{ listing_visibility: "unauth" }]);
  expect(stack.only("vault_kubernetes_auth_backend_config").issuer).toBe("https://issuer");
});
