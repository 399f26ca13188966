import { GcsBackend, HttpBackend, S3Backend } from "cdktf";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { PostgresqlProvider } from "@cdktf/provider-postgresql/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { Duration, Seal, VaultMode } from "../../../constructs";
import {
  Case,
  deployment,
  secured,
  manifest,
  raw,
  all,
  policy,
  role,
  server,
  chart,
  audit,
  mount,
  URL,
  makes,
  bound,
  withLogins,
  databasePod,
  opened,
  inside,
  ingress,
  route,
  injected,
  leased,
} from "./programs";

/** Of every rule, what it finds and what it lets pass. */
export const CASES: Readonly<Record<string, Case>> = {
  "connection-tls": {
    production: true,
    bad: [
      [mount({ connection_url: `${URL}?sslmode=disable` }), "sslmode disable"],
      [mount({ connection_url: URL }), "sslmode unset"],
      [mount({ connection_url: `${URL}?sslmode=verify-full`, verify_connection: false }), "verify_connection is false"],
      [(stack) => new VaultProvider(stack, "v", { address: "http://10.0.0.1:8200" }), "in clear: http://10.0.0.1:8200"],
      [(stack) => new VaultProvider(stack, "v", { address: "https://vault", skipTlsVerify: true }), "skip_tls_verify"],
      [(stack) => new PostgresqlProvider(stack, "p", { host: "db", sslmode: "require" }), "sslmode require"],
      [(stack) => new KubernetesProvider(stack, "k", { insecure: true }), "insecure is true"],
      [mount({ connection_url: `${URL}?sslmode=verify-full&sslmode=disable` }), "sslmode disable"],
      [raw("vault_jwt_auth_backend", { oidc_discovery_url: "http://ci" }), "asks http://ci in clear"],
      [raw("vault_kubernetes_auth_backend_config", { kubernetes_host: "http://api" }), "asks http://api in clear"],
    ],
    good: [
      mount({ connection_url: `${URL}?sslmode=verify-full` }),
      (stack) => new PostgresqlProvider(stack, "p", { host: "db", sslmode: "verify-full" }),
    ],
  },
  "database-exposed": {
    bad: [
      [
        raw("kubernetes_service_v1", { spec: { type: "LoadBalancer", port: [{ port: 5432 }] } }),
        "LoadBalancer leads to PostgreSQL",
      ],
      [
        raw("kubernetes_service", { spec: { type: "NodePort", port: [{ port: 80, target_port: "8200" }] } }),
        "NodePort leads to Vault",
      ],
      [
        raw("kubernetes_service", { spec: { external_ips: ["192.0.2.1"], port: [{ port: 5432 }] } }),
        "with external addresses leads to PostgreSQL",
      ],
      [opened({ selector: { "app.kubernetes.io/name": "vault" } }), "LoadBalancer leads to Vault"],
      [all(databasePod, opened({ selector: { app: "db" } })), "LoadBalancer leads to PostgreSQL"],
      [ingress({ service: { name: "db", port: { number: 5432 } } }), "the Ingress app leads to PostgreSQL"],
      [ingress({ service: { name: "vault-active", port: { name: "https" } } }), "the Ingress app leads to Vault"],
      [
        raw("kubernetes_ingress", { spec: { backend: { service_name: "x", service_port: 8200 } } }),
        "the Ingress without a name leads to Vault",
      ],
      [
        all(inside({ port: 443, target_port: 8200 }), ingress({ service: { name: "front", port: { number: 443 } } })),
        "to Vault",
      ],
      [
        route("HTTPRoute", { rules: [{ backendRefs: [{ name: "v", port: 8200 }] }] }),
        "the HTTPRoute app leads to Vault",
      ],
      [
        route("TCPRoute", { rules: [{ backendRefs: [{ name: "d", port: 5432 }] }] }),
        "the TCPRoute app leads to PostgreSQL",
      ],
      [
        manifest(
          "Route",
          { to: { kind: "Service", name: "v" }, port: { targetPort: 8200 } },
          { apiVersion: "route.openshift.io/v1" },
        ),
        "the Route app leads to Vault",
      ],
      [
        all(chart({}, { name: "secrets" }), ingress({ service: { name: "secrets-vault-ui", port: { name: "http" } } })),
        "the Ingress app leads to Vault",
      ],
    ],
    good: [
      raw("kubernetes_service_v1", { spec: { port: [{ port: 5432 }] } }),
      raw("kubernetes_service_v1", { spec: { type: "LoadBalancer", port: [{ port: 443 }] } }),
      all(databasePod, opened({ selector: { app: "web" } })),
      ingress({ service: { name: "web", port: { number: 443 } } }),
      all(inside({ port: 443, target_port: 8443 }), ingress({ service: { name: "front", port: { number: 443 } } })),
      route("HTTPRoute", {
        parentRefs: [{ kind: "Service", name: "v" }],
        rules: [{ backendRefs: [{ name: "v", port: 8200 }] }],
      }),
    ],
  },
  "lease-long": {
    production: true,
    bad: [[leased(Duration.days(8)), "live up to 192h"]],
    good: [leased(Duration.days(7))],
  },
  "namespace-default": {
    bad: [[deployment({}, {}, {}), "kubernetes_deployment_v1.kubernetes_deployment_v1 runs in the namespace default"]],
    good: [deployment()],
  },
  "namespace-pod-security": {
    bad: [
      [raw("kubernetes_namespace_v1", { metadata: { name: "shop" } }), "namespace shop enforces no level"],
      [
        raw("kubernetes_namespace", {
          metadata: { name: "x", labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        }),
        "privileged",
      ],
    ],
    good: [
      raw("kubernetes_namespace_v1", {
        metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      }),
    ],
  },
  "network-policy": {
    production: true,
    bad: [
      [deployment({ port: [{ container_port: 5432 }] }), "in namespace shop"],
      [server(), "connect to Vault"],
      ...[{ ingress: [{}] }, { policy_types: ["Egress"] }].map(
        (spec) =>
          [
            all(
              deployment({ port: [{ container_port: 5432 }] }),
              raw("kubernetes_network_policy_v1", { metadata: { namespace: "shop" }, spec }),
            ),
            "in namespace shop",
          ] as const,
      ),
    ],
    good: [
      deployment({ port: [{ container_port: 8080 }] }),
      all(
        deployment({ port: [{ container_port: 5432 }] }),
        raw("kubernetes_network_policy_v1", { metadata: { namespace: "shop" } }),
      ),
      server({ mode: VaultMode.ha({ tlsSecret: "t", seal: Seal.shamir(), allowFromNamespaces: ["shop"] }) }),
    ],
  },
  "pod-capabilities": {
    bad: [
      [secured({ capabilities: {} }), "does not drop ALL"],
      [secured({ capabilities: { drop: ["ALL"], add: ["NET_RAW"] } }), "adds NET_RAW"],
      [manifest("Pod", { containers: [{ name: "app" }] }), "does not drop ALL"],
    ],
    good: [
      secured({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
      manifest("Pod", { containers: [{ name: "app", securityContext: { capabilities: { drop: ["ALL"] } } }] }),
    ],
  },
  "pod-host": {
    bad: [
      [deployment({}, { host_network: true, host_pid: true }), "host_network", "host_pid"],
      [deployment({}, { volume: [{ name: "v", host_path: { path: "/var/lib/kubelet" } }] }), "/var/lib/kubelet"],
      [deployment({ port: [{ container_port: 80, host_port: 80 }] }), "takes port 80"],
      [manifest("DaemonSet", { template: { spec: { hostNetwork: true, containers: [] } } }), "host_network"],
      [
        raw("kubernetes_cron_job_v1", { spec: { job_template: { spec: { template: { spec: { host_ipc: true } } } } } }),
        "host_ipc",
      ],
    ],
    good: [deployment({ port: [{ container_port: 80 }] }, { volume: [{ name: "v", empty_dir: {} }] })],
  },
  "pod-image": {
    bad: [
      [deployment({ image: "app" }), "names no version"],
      [deployment({ image: "registry:5000/app:latest" }), "latest"],
    ],
    good: [deployment(), deployment({ image: "app@sha256:00" }), deployment({ image: "${var.image}" })],
  },
  "pod-privileged": {
    bad: [
      [secured({ privileged: true }), "is privileged"],
      [secured({ capabilities: { add: ["SYS_ADMIN"] } }), "SYS_ADMIN"],
      [deployment({ security_context: {} }), "allow_privilege_escalation"],
      [
        raw("kubernetes_pod_v1", {
          spec: { init_container: [{ name: "first", security_context: { privileged: "true" } }] },
        }),
        'container "first" is privileged',
      ],
    ],
    good: [deployment()],
  },
  "pod-resources": {
    production: true,
    bad: [[deployment({ resources: { requests: { cpu: "1" } } }), "lacks requests.memory, limits.memory"]],
    good: [deployment()],
  },
  "pod-root": {
    bad: [
      [secured({ run_as_non_root: false }), "may run as root"],
      [secured({ run_as_user: "0" }), "runs as user 0"],
      [deployment({ security_context: {} }, { security_context: { run_as_user: 0 } }), "runs as user 0"],
    ],
    good: [deployment(), deployment({ security_context: {} }, { security_context: { run_as_non_root: true } })],
  },
  "pod-seccomp": {
    bad: [
      [deployment({}, { security_context: {} }), 'container "app" has no seccomp profile'],
      [deployment({}, { security_context: { seccomp_profile: { type: "Unconfined" } } }), "no seccomp profile"],
      [
        raw("kubernetes_pod_v1", {
          metadata: { annotations: { "vault.hashicorp.com/agent-inject": "true" } },
          spec: { container: [{ name: "a", security_context: { seccomp_profile: { type: "RuntimeDefault" } } }] },
        }),
        "its injected agent",
      ],
    ],
    good: [
      deployment(),
      deployment({ security_context: { seccomp_profile: { type: "RuntimeDefault" } } }, { security_context: {} }),
    ],
  },
  "pod-service-account": {
    bad: [
      [deployment({}, { service_account_name: "default" }), "`default`"],
      [deployment({}, { automount_service_account_token: true }), "is mounted"],
    ],
    good: [deployment()],
  },
  "pod-shared-processes": {
    bad: [
      [injected({ share_process_namespace: true }), "the processes of the injected agent"],
      [injected({}, { "vault.hashicorp.com/agent-share-process-namespace": "true" }), "of the injected agent"],
      [deployment({ image: "hashicorp/vault:2.0.4" }, { share_process_namespace: true }), 'of container "app"'],
      [
        manifest("Pod", {
          shareProcessNamespace: true,
          containers: [{ name: "agent", image: "quay.io/openbao/openbao@sha256:0" }],
        }),
        'of container "agent"',
      ],
      [chart({ server: { shareProcessNamespace: true } }), 'of container "vault"'],
    ],
    good: [
      injected({}),
      injected({ share_process_namespace: false }),
      deployment({}, { share_process_namespace: true }),
      chart({}),
    ],
  },
  "pod-writable-root": {
    bad: [[secured({ read_only_root_filesystem: false }), "may write its file system"]],
    good: [deployment()],
  },
  "postgres-create-role": {
    bad: [[role({ create_role: true, create_database: true }), "create_role", "create_database"]],
    good: [role({})],
  },
  "postgres-grant-option": {
    bad: [
      [raw("postgresql_grant", { role: "a", with_grant_option: true }), "with_grant_option"],
      [raw("postgresql_grant_role", { role: "a", grant_role: "b", with_admin_option: true }), "with_admin_option"],
      [raw("postgresql_schema", { name: "s", policy: [{ role: "a", create_with_grant: true }] }), "create_with_grant"],
    ],
    good: [raw("postgresql_grant", { role: "a", privileges: ["SELECT"] })],
  },
  "postgres-lasting-login": {
    bad: [
      [role({ login: true }), "role r may log in for ever"],
      [role({ login: true, valid_until: "infinity" }), "for ever"],
    ],
    good: [
      role({ login: true, valid_until: "2027-01-01 00:00:00+00" }),
      role({ login: false }),
      leased(Duration.hours(1)),
    ],
  },
  "postgres-predefined-role": {
    bad: [
      [role({ roles: ["pg_read_all_data"] }), "pg_read_all_data"],
      [
        raw("postgresql_grant_role", { role: "a", grant_role: "pg_execute_server_program" }),
        "pg_execute_server_program",
      ],
    ],
    good: [role({ roles: ["readers"] })],
  },
  "postgres-public": {
    bad: [
      [raw("postgresql_grant", { role: "PUBLIC", object_type: "table", privileges: ["SELECT"] }), "SELECT on table"],
      [
        raw("postgresql_grant", {
          role: "public",
          object_type: "schema",
          schema: "public",
          privileges: ["CREATE", "USAGE"],
        }),
        "CREATE on schema",
      ],
      [
        raw("postgresql_default_privileges", { role: "public", object_type: "table", privileges: ["SELECT"] }),
        "SELECT",
      ],
      [raw("postgresql_schema", { name: "s", policy: [{ create: true }] }), "CREATE on schema"],
    ],
    good: [
      raw("postgresql_grant", { role: "public", object_type: "database", privileges: [] }),
      raw("postgresql_grant", { role: "public", object_type: "schema", schema: "public", privileges: ["USAGE"] }),
    ],
  },
  "postgres-superuser": {
    bad: [
      [
        role({ superuser: true, replication: true, bypass_row_level_security: true }),
        "superuser",
        "replication",
        "bypass",
      ],
    ],
    good: [role({ superuser: false })],
  },
  "rbac-pods": {
    bad: [
      [withLogins(makes("kubernetes_role_v1", ["create"], ["pods"])), "create on pods, in shop"],
      [withLogins(makes("kubernetes_role_v1", ["get", "patch"], ["deployments"])), "patch on deployments, in shop"],
      [withLogins(makes("kubernetes_role", ["*"], ["*"])), "* on *, in shop"],
      [withLogins(makes("kubernetes_cluster_role_v1", ["create"], ["jobs"])), "create on jobs, in shop"],
      [
        withLogins(
          makes("kubernetes_cluster_role_v1", ["update"], ["cronjobs"]),
          bound("kubernetes_role_binding_v1", "shop"),
        ),
        "update on cronjobs, in shop",
      ],
      [
        withLogins(
          makes("kubernetes_cluster_role_v1", ["update"], ["pods"]),
          bound("kubernetes_cluster_role_binding_v1"),
        ),
        "update on pods, in shop",
      ],
      [
        withLogins(
          manifest("Role", {}, { rules: [{ apiGroups: ["apps"], verbs: ["create"], resources: ["statefulsets"] }] }),
        ),
        "create on statefulsets, in shop",
      ],
    ],
    good: [
      makes("kubernetes_role_v1", ["create"], ["pods"]),
      withLogins(makes("kubernetes_role_v1", ["create"], ["pods"], "other")),
      withLogins(makes("kubernetes_role_v1", ["get", "list", "delete"], ["pods"])),
      withLogins(makes("kubernetes_role_v1", ["create"], ["configmaps"])),
      withLogins(
        makes("kubernetes_cluster_role_v1", ["create"], ["pods"]),
        bound("kubernetes_role_binding_v1", "other"),
      ),
    ],
  },
  "rbac-too-much": {
    bad: [
      [
        raw("kubernetes_cluster_role_v1", { rule: [{ verbs: ["*"], resources: ["*"] }] }),
        "every verb on every resource",
      ],
      [raw("kubernetes_role", { rule: [{ verbs: ["list"], resources: ["secrets"] }] }), "every Secret"],
      [raw("kubernetes_role_v1", { rule: [{ verbs: ["create"], resources: ["pods/exec"] }] }), "pods/exec"],
      [raw("kubernetes_role_v1", { rule: [{ verbs: ["create"], resources: ["*/exec"] }] }), "*/exec"],
      [raw("kubernetes_cluster_role_v1", { rule: [{ verbs: ["get"], resources: ["nodes/proxy"] }] }), "nodes/proxy"],
      ...(
        [
          ["patch", "pods/ephemeralcontainers"],
          ["create", "pods/portforward"],
          ["create", "serviceaccounts/token"],
          ["bind", "clusterroles"],
          ["escalate", "roles"],
          ["patch", "mutatingwebhookconfigurations"],
          ["create", "mutatingadmissionpolicies"],
          ["create", "persistentvolumes"],
          ["update", "certificatesigningrequests/approval"],
          ["sign", "signers"],
        ] as const
      ).map(
        ([verb, kind]) =>
          [
            raw("kubernetes_cluster_role_v1", { rule: [{ verbs: [verb], resources: [kind] }] }),
            `${verb} on ${kind}`,
          ] as const,
      ),
      [raw("kubernetes_role_binding_v1", { role_ref: { kind: "ClusterRole", name: "edit" } }), "it binds edit"],
      [raw("kubernetes_cluster_role_binding_v1", { role_ref: { name: "system:node" } }), "it binds system:node"],
      [
        raw("kubernetes_role_binding_v1", {
          role_ref: { name: "view" },
          subject: [{ name: "system:serviceaccounts" }],
        }),
        "it binds view to system:serviceaccounts",
      ],
      [raw("kubernetes_role_v1", { rule: [{ verbs: ["impersonate"], resources: ["users"] }] }), "impersonate"],
      [raw("kubernetes_cluster_role_binding_v1", { role_ref: { name: "cluster-admin" } }), "cluster-admin"],
      [manifest("ClusterRole", {}, { rules: [{ verbs: ["get"], resources: ["*"] }] }), "get on every resource"],
    ],
    good: [
      raw("kubernetes_role_v1", { rule: [{ verbs: ["get"], resources: ["secrets"], resource_names: ["tls"] }] }),
      raw("kubernetes_role_v1", { rule: [{ verbs: ["get", "list"], resources: ["pods"] }] }),
      raw("kubernetes_role_binding_v1", { role_ref: { name: "view" } }),
      raw("kubernetes_role_binding_v1", { role_ref: { kind: "Role", name: "edit" } }),
      raw("kubernetes_cluster_role_v1", { rule: [{ verbs: ["get", "list"], resources: ["persistentvolumes"] }] }),
    ],
  },
  "secret-in-plain-text": {
    bad: [
      [deployment({ env: [{ name: "DB_PASSWORD", value: "hunter2" }] }), "DB_PASSWORD"],
      [deployment({ env: [{ name: "DSN", value: "postgresql://web:hunter2@db/shop" }] }), "DSN"],
      [deployment({ env: [{ name: "DSN", value: "host=db user=web password=hunter2" }] }), "DSN"],
      [deployment({ args: ["--password=hunter2"] }), "spec.template.spec.container.args"],
      [raw("kubernetes_config_map_v1", { data: { "api-key": "hunter2" } }), "api-key"],
      [raw("kubernetes_secret_v1", { data: { anything: "hunter2" } }), "and so the state does"],
      [role({ password: "hunter2" }), "holds password in clear"],
      [mount({ connection_url: "postgresql://vault:hunter2@db/shop?sslmode=verify-full" }), "connection_url"],
      [raw("vault_kv_secret_v2", { data_json: '{"a":"hunter2"}' }), "data_json"],
      [(stack) => new VaultProvider(stack, "v", { address: "https://vault", token: "hunter2" }), "token"],
      [
        chart({ server: { extraEnvironmentVars: { VAULT_TOKEN: "hunter2" } } }),
        "server.extraEnvironmentVars.VAULT_TOKEN",
      ],
    ],
    good: [
      deployment({
        env: [
          { name: "PASSWORD_FILE", value: "/vault/secrets/p" },
          { name: "TOKEN", value_from: {} },
        ],
      }),
      deployment({
        env: [
          { name: "DB_PASSWORD", value: "${var.password}" },
          { name: "DSN", value: "postgresql://db/shop?passfile=/vault/secrets/p" },
          { name: "KEYWORDS", value: "host=db password=$(PASSWORD)" },
        ],
      }),
      raw("kubernetes_config_map_v1", { data: { "app.conf": "host = db" } }),
      role({ password_wo: "${ephemeral.x.y}", password_wo_version: "1" }),
      mount({ connection_url: `${URL}?sslmode=verify-full`, password_wo: "${ephemeral.x.y}" }),
    ],
  },
  "state-backend": {
    production: true,
    bad: [
      [() => undefined, "a file of this machine"],
      [(stack) => new S3Backend(stack, { bucket: "b", key: "k", region: "r" }), "not encrypted", "not locked"],
      [(stack) => new HttpBackend(stack, { address: "http://state" }), "in clear: http://state"],
    ],
    good: [
      (stack) => new GcsBackend(stack, { bucket: "b" }),
      (stack) => new S3Backend(stack, { bucket: "b", key: "k", region: "r", encrypt: true, dynamodbTable: "t" }),
    ],
  },
  "vault-audit": {
    production: true,
    bad: [
      [server(), "has no audit device"],
      [all(server(), audit("one")), "one audit device only"],
      [
        all(server(), audit("one"), raw("vault_audit", { type: "file", options: { log_raw: "true" } })),
        "log_raw is true",
      ],
    ],
    good: [
      all(server(), audit("one"), audit("two")),
      server({ mode: VaultMode.external("https://vault.corp.internal") }),
    ],
  },
  "vault-auth-role": {
    bad: [
      [
        raw("vault_kubernetes_auth_backend_role", {
          bound_service_account_names: ["*"],
          bound_service_account_namespaces: ["team-*"],
          audience: "vault",
        }),
        'names is ["*"]',
        'namespaces is ["team-*"]',
      ],
      [
        raw("vault_kubernetes_auth_backend_role", {
          bound_service_account_names: ["web"],
          bound_service_account_namespaces: ["shop"],
        }),
        "no audience",
      ],
      [
        raw("vault_kubernetes_auth_backend_role", {
          bound_service_account_names: ["web"],
          bound_service_account_namespace_selector: '{"matchLabels":{}}',
          audience: "vault",
        }),
        "chooses namespaces by labels",
      ],
      [raw("vault_jwt_auth_backend_role", { bound_audiences: ["vault"] }), "no subject and no claim"],
      [raw("vault_jwt_auth_backend_role", { bound_audiences: [], bound_claims: { ref: "*" } }), "is *", "no audience"],
    ],
    good: [
      raw("vault_kubernetes_auth_backend_role", {
        bound_service_account_names: ["web"],
        bound_service_account_namespaces: ["shop"],
        audience: "vault",
      }),
      raw("vault_jwt_auth_backend_role", { bound_audiences: ["vault"], bound_claims: { ref: "refs/heads/main" } }),
    ],
  },
  "vault-chart-image": {
    bad: [
      [chart({}), "server.image.tag", "injector.agentImage.tag"],
      [
        server({ values: { injector: { agentImage: { tag: "1.21.6" } } } }),
        "injector.agentImage.tag 1.21.6 cannot start",
      ],
      [server({ values: { server: { image: { tag: "latest" } } } }), "server.image.tag"],
    ],
    good: [server(), server({ mode: VaultMode.external("https://vault.corp.internal") })],
  },
  "vault-chart-injector": {
    production: true,
    bad: [
      [chart({}), "failurePolicy is not Fail", "namespaceSelector", "runs 1 time", "PodDisruptionBudget"],
      [server({ values: { injector: { affinity: "" } } }), "may stand on one node"],
    ],
    good: [server(), chart({ injector: { enabled: false } })],
  },
  "vault-chart-mode": {
    production: true,
    bad: [
      [chart({ global: { tlsDisable: false }, server: { dev: { enabled: true } } }), "dev mode"],
      [chart({ server: { ha: { enabled: true, raft: { config: "" } } } }), "without TLS", "integrated storage"],
      [
        chart({
          global: { tlsDisable: false },
          server: { standalone: { config: 'listener "tcp" {\n tls_disable = 1\n}\nstorage "file" {}' } },
        }),
        "without TLS",
        "not integrated storage",
        "one server",
      ],
    ],
    good: [server(), chart({ global: { externalVaultAddr: "https://vault" } })],
  },
  "vault-chart-resources": {
    production: true,
    bad: [[chart({}), "server.resources", "injector.resources"]],
    good: [server()],
  },
  "vault-policy": {
    bad: [
      [policy('path "*" { capabilities = ["read"] }'), "on every path"],
      [policy('path "sys/raw/logical" { capabilities = ["read", "sudo"] }'), 'sudo on "sys/raw/logical"'],
      [policy('path "auth/*" { capabilities = ["create"] }'), "on all of auth"],
      [policy('path "sys/policies/acl/*" { capabilities = ["update"] }'), "gives himself everything"],
      [policy('path "database/main/shop/creds/*" { capabilities = ["read"] }'), "the logins of every role"],
      [policy('path "database/+/creds/+" { policy = "read" }'), "the logins of every role"],
      [policy("${data.vault_policy_document.d.hcl}"), "it was not read"],
      [policy("path {"), "not understood"],
    ],
    good: [
      policy('path "database/main/shop/creds/eu.shop.web" { capabilities = ["read"] }'),
      policy('path "database/main/shop/creds/*" { capabilities = ["deny"] }'),
      policy('path "sys/policies/acl/*" { capabilities = ["read", "list"] }'),
    ],
  },
  "vault-root-token": {
    bad: [
      [raw("vault_token", { policies: ["root"] }), "the policy root"],
      [raw("vault_jwt_auth_backend_role", { token_policies: ["a", "root"] }), "the policy root"],
    ],
    good: [raw("vault_token", { policies: ["operators"] })],
  },
};
