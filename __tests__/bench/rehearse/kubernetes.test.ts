import { RESOURCES } from "../../../bench/rehearse/handlers";
import { JsonObject, Where } from "../../../bench/rehearse/model/values";

const where = new Where("workloads", "kubernetes_x_v1.web");
const manifest = (kind: string, raw: JsonObject) => RESOURCES[`kubernetes_${kind}_v1`]?.read(raw, where).manifest;
const pod = {
  automountServiceAccountToken: true,
  enableServiceLinks: true,
  shareProcessNamespace: false,
  terminationGracePeriodSeconds: 30,
};

describe("objects of the kubernetes provider", () => {
  test("a stateful set with claims, probes, volumes and security becomes the API's object", () => {
    const raw: JsonObject = {
      metadata: { name: "pg", namespace: "data", labels: { app: "pg" } },
      wait_for_rollout: false,
      timeouts: { create: "5m" },
      spec: {
        replicas: "1",
        service_name: "pg",
        selector: { match_labels: { app: "pg" } },
        template: {
          metadata: { labels: { app: "pg" }, annotations: { "vault.hashicorp.com/agent-inject": "true" } },
          spec: {
            service_account_name: "pg",
            security_context: {
              run_as_non_root: true,
              run_as_user: "999",
              seccomp_profile: { type: "RuntimeDefault" },
            },
            container: [
              {
                name: "pg",
                image: "postgres:18",
                env: [
                  { name: "PGDATA", value: "/data" },
                  { name: "POD", value_from: { field_ref: { field_path: "metadata.name" } } },
                ],
                port: [{ container_port: 5432, name: "pg" }],
                readiness_probe: { tcp_socket: { port: "pg" } },
                liveness_probe: { http_get: { path: "/", port: "8080" }, failure_threshold: 5 },
                resources: { limits: { memory: "1Gi" }, requests: { cpu: "100m" } },
                security_context: [{ run_as_non_root: true, capabilities: { drop: ["ALL"] } }],
                volume_mount: [{ mount_path: "/data", name: "data" }],
              },
            ],
            volume: [
              { name: "conf", config_map: { name: "pg", default_mode: "0440", items: [{ key: "a", path: "b" }] } },
              { name: "tmp", empty_dir: {} },
              {
                name: "token",
                projected: { sources: [{ service_account_token: { path: "token", audience: "vault" } }] },
              },
            ],
          },
        },
        volume_claim_template: [
          {
            metadata: { name: "data" },
            spec: { access_modes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    };
    expect(manifest("stateful_set", raw)).toEqual({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "pg", namespace: "data", labels: { app: "pg" } },
      spec: {
        replicas: 1,
        serviceName: "pg",
        selector: { matchLabels: { app: "pg" } },
        template: {
          metadata: { labels: { app: "pg" }, annotations: { "vault.hashicorp.com/agent-inject": "true" } },
          spec: {
            ...pod,
            restartPolicy: "Always",
            serviceAccountName: "pg",
            securityContext: { runAsNonRoot: true, runAsUser: 999, seccompProfile: { type: "RuntimeDefault" } },
            containers: [
              {
                name: "pg",
                image: "postgres:18",
                env: [
                  { name: "PGDATA", value: "/data" },
                  { name: "POD", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
                ],
                ports: [{ containerPort: 5432, name: "pg", protocol: "TCP" }],
                readinessProbe: {
                  tcpSocket: { port: "pg" },
                  ...{ failureThreshold: 3, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
                },
                livenessProbe: {
                  httpGet: { path: "/", port: 8080, scheme: "HTTP" },
                  ...{ failureThreshold: 5, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 },
                },
                resources: { limits: { memory: "1Gi" }, requests: { cpu: "100m" } },
                securityContext: {
                  ...{ allowPrivilegeEscalation: true, privileged: false, readOnlyRootFilesystem: false },
                  runAsNonRoot: true,
                  capabilities: { drop: ["ALL"] },
                },
                volumeMounts: [{ mountPath: "/data", name: "data" }],
              },
            ],
            volumes: [
              { name: "conf", configMap: { name: "pg", defaultMode: 0o440, items: [{ key: "a", path: "b" }] } },
              { name: "tmp", emptyDir: {} },
              {
                name: "token",
                projected: {
                  defaultMode: 0o644,
                  sources: [{ serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 3600 } }],
                },
              },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    });
  });

  test("a network policy keeps empty selectors, which mean everything", () => {
    const raw: JsonObject = {
      metadata: { name: "deny", namespace: "data" },
      spec: {
        pod_selector: {},
        policy_types: ["Ingress", "Egress"],
        ingress: [
          {
            from: [
              { namespace_selector: { match_labels: { a: "b" } }, pod_selector: {} },
              { ip_block: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
            ],
            ports: [{ port: "5432" }, { port: "pg", protocol: "UDP" }],
          },
        ],
        egress: [{}],
      },
    };
    expect(manifest("network_policy", raw)).toMatchObject({
      apiVersion: "networking.k8s.io/v1",
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [
              { namespaceSelector: { matchLabels: { a: "b" } }, podSelector: {} },
              { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
            ],
            ports: [
              { port: 5432, protocol: "TCP" },
              { port: "pg", protocol: "UDP" },
            ],
          },
        ],
        egress: [{}],
      },
    });
  });

  test("a service, a job and a binding get the provider's own defaults", () => {
    const spec = { port: [{ port: 5432, target_port: "pg" }], selector: { app: "pg" }, cluster_ip: "None" };
    expect(manifest("service", { metadata: { name: "pg" }, spec })).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "pg", namespace: "default" },
      spec: {
        clusterIP: "None",
        ports: [{ port: 5432, protocol: "TCP", targetPort: "pg" }],
        selector: { app: "pg" },
        type: "ClusterIP",
      },
    });
    const template = { spec: { container: [{ name: "m", image: "i" }] } };
    expect(manifest("job", { metadata: { name: "m" }, spec: { template } })).toMatchObject({
      spec: { backoffLimit: 6, completions: 1, template: { spec: { ...pod, restartPolicy: "Never" } } },
    });
    const binding = {
      metadata: { name: "vault" },
      role_ref: { api_group: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subject: [{ kind: "ServiceAccount", name: "vault", namespace: "vault" }],
    };
    expect(manifest("cluster_role_binding", binding)).toMatchObject({
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: "vault", namespace: "vault" }],
    });
  });

  test("a container's security context without run_as_non_root overrides the pod's, as the provider sends it", () => {
    const container = [{ name: "c", image: "i", security_context: { allow_privilege_escalation: false } }];
    const spec = { selector: { match_labels: {} }, template: { spec: { container } } };
    expect(manifest("deployment", { metadata: { name: "w" }, spec })).toMatchObject({
      spec: { template: { spec: { containers: [{ securityContext: { runAsNonRoot: false } }] } } },
    });
  });

  test("an argument that is not in the tables is refused, however deep", () => {
    const template = { spec: { container: [{ name: "c", image: "i", restart_policy: "Always" }] } };
    expect(() => manifest("deployment", { metadata: { name: "w" }, spec: { template } })).toThrow(
      'stack "workloads", kubernetes_x_v1.web, spec[0].template[0].spec[0].container[0].restart_policy: ' +
        "argument not known to the rehearsal",
    );
    expect(() => manifest("namespace", { metadata: { name: "n", generate_name: "x" } })).toThrow(/generate_name/);
    expect(() => manifest("service", { metadata: {}, spec: {} })).toThrow(/required argument is missing/);
  });

  test("what cannot be changed in place replaces", () => {
    const handler = RESOURCES.kubernetes_stateful_set_v1;
    const before = { manifest: { metadata: { name: "a", namespace: "n" }, spec: { serviceName: "x", replicas: 1 } } };
    const after = { manifest: { metadata: { name: "a", namespace: "n" }, spec: { serviceName: "y", replicas: 2 } } };
    expect(handler?.replacedBy(before, after)).toEqual(["spec.serviceName"]);
  });
});
