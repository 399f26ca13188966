import { GUARD_CHART, guardObjects } from "../../../access/model/injection-guard";
import { RehearsalServers } from "../../../bench/rehearse/model/contracts";
import { Rehearsal } from "../../../bench/rehearse/engine";
import { parseStack, programOf } from "../../../bench/rehearse/program";
import { JsonObject } from "../../../bench/rehearse/model/values";
import { startKubernetes } from "../../../bench/servers/kubernetes";
import { startVault } from "../../../bench/servers/vault";

jest.setTimeout(600_000);
const hooks = { onHelmRelease: () => Promise.resolve() };

test("a real API server takes every kind of object, refuses what exists, and lets go", async () => {
  const [kubernetes, vault] = await Promise.all([startKubernetes(), startVault()]);
  try {
    const pod = (restart: string) => ({
      metadata: { labels: { app: "a" } },
      spec: {
        ...{ service_account_name: "${kubernetes_service_account_v1.a.metadata[0].name}", restart_policy: restart },
        container: [{ name: "c", image: "i", port: [{ container_port: 80 }] }],
        volume: [{ name: "e", empty_dir: { medium: "Memory" } }],
      },
    });
    const metadata = (name: string) => ({ name, namespace: "${kubernetes_namespace_v1.n.metadata[0].name}" });
    const selector = { match_labels: { app: "a" } };
    const resource: JsonObject = {
      kubernetes_namespace_v1: { n: { metadata: { name: "shop", labels: { a: "b" } } } },
      kubernetes_service_account_v1: { a: { metadata: metadata("a"), automount_service_account_token: false } },
      kubernetes_config_map_v1: { a: { metadata: metadata("a"), data: { k: "v" } } },
      kubernetes_service_v1: { a: { metadata: metadata("a"), spec: { selector: { app: "a" }, port: [{ port: 80 }] } } },
      kubernetes_network_policy_v1: {
        a: { metadata: metadata("a"), spec: { pod_selector: {}, policy_types: ["Ingress"], ingress: [{}] } },
      },
      kubernetes_deployment_v1: { a: { metadata: metadata("a"), spec: { selector, template: pod("Always") } } },
      kubernetes_stateful_set_v1: {
        a: { metadata: metadata("a"), spec: { service_name: "a", selector, template: pod("Always") } },
      },
      kubernetes_job_v1: { a: { metadata: metadata("a"), spec: { template: pod("Never") } } },
      kubernetes_cluster_role_binding_v1: {
        a: {
          metadata: { name: "vault-review" },
          role_ref: { api_group: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
          subject: [{ kind: "ServiceAccount", name: "vault", namespace: "shop" }],
        },
      },
      vault_auth_backend: { k: { type: "kubernetes", path: "k8s-shop" } },
      vault_kubernetes_auth_backend_config: {
        k: { backend: "${vault_auth_backend.k.path}", kubernetes_host: kubernetes.server },
      },
      vault_kubernetes_auth_backend_role: {
        a: {
          ...{ backend: "${vault_auth_backend.k.path}", role_name: "a", token_policies: ["web"], token_ttl: 60 },
          ...{ bound_service_account_names: ["a"], bound_service_account_namespaces: ["shop"] },
          audience: "https://kubernetes.default.svc",
        },
      },
      vault_audit: { f: { type: "file", options: { file_path: `${vault.dir}/audit.log` } } },
      helm_release: {
        g: {
          ...{ name: "vault-guard", namespace: "vault", chart: GUARD_CHART },
          values: [
            JSON.stringify({ objects: guardObjects({ namespace: "vault", release: "vault", injected: ["shop"] }) }),
          ],
        },
      },
      vault_mount: { kv: { path: "kv", type: "kv", options: { version: "2" } } },
    };
    const jobs: string[] = [];
    const servers: RehearsalServers = {
      vault: { address: vault.address, token: vault.rootToken },
      kubernetes: kubernetes as RehearsalServers["kubernetes"],
      postgres: (endpoint) => endpoint,
    };
    const played = {
      ...hooks,
      onJob: (manifest: JsonObject) => Promise.resolve(void jobs.push(String(manifest.kind))),
    };
    const vaultPod = { caPem: kubernetes.caPem, reviewerJwt: kubernetes.adminToken };
    const rehearsal = new Rehearsal(servers, played, { vaultPod });
    await rehearsal.apply(programOf([parseStack("all", { resource })]));
    expect(jobs).toEqual(["Job"]);
    const jwt = await kubernetes.tokenFor("shop", "a");
    const login = await vault.request("POST", "auth/k8s-shop/login", { role: "a", jwt }, null);
    expect(JSON.stringify(login)).toContain("client_token");
    expect(JSON.stringify(rehearsal.state)).not.toContain(kubernetes.adminToken);
    const bindings = async (): Promise<string[]> => {
      const { items } = await kubernetes.request(
        "GET",
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
      );
      return (items as { metadata: { name: string } }[]).map(({ metadata: { name } }) => name.split(".")[0]).sort();
    };
    expect(await bindings()).toEqual(["labelled", "named"]);

    await expect(new Rehearsal(servers, played).apply(programOf([parseStack("all", { resource })]))).rejects.toThrow(
      /already exists/,
    );
    const again = await rehearsal.apply(programOf([parseStack("all", { resource })]));
    expect(again.steps.filter((step) => step.action !== "unchanged")).toEqual([]);
    // What the chart's values say no longer goes, as Helm lets it go.
    const fewer = JSON.stringify({ objects: guardObjects({ namespace: "vault", release: "vault" }) });
    resource.helm_release = { g: { ...(resource.helm_release as { g: JsonObject }).g, values: [fewer] } };
    await rehearsal.apply(programOf([parseStack("all", { resource })]));
    expect(await bindings()).toEqual(["labelled"]);
    await rehearsal.destroy();
    expect(await bindings()).toEqual([]);
    await expect(kubernetes.request("GET", "/api/v1/namespaces/shop")).rejects.toMatchObject({ status: 404 });
  } finally {
    await Promise.all([kubernetes.stop(), vault.stop()]);
  }
});
