/** Provider 2.38.0: resource_kubernetes_*_v1.go, one entry each. */
import { claimSpec, labelSelector, metadata, namespacedMetadata, templateMetadata } from "./common";
import { FieldTable, bool, int, many, map, one, portOrName, text, texts } from "./fields";
import { podSpec } from "./pod";

export interface Kind {
  type: string;
  apiVersion: string;
  kind: string;
  /** Plural name in API paths. */
  plural: string;
  namespaced: boolean;
  /** Blocks and arguments that become the object. */
  fields: FieldTable;
  /** Switches of the provider that never reach the API server, with their defaults. */
  switches: Readonly<Record<string, boolean>>;
  /** Paths in the object whose change replaces it; metadata's name and namespace always do. */
  replaces: string[];
}

const selector = one(labelSelector);
const template = one({ metadata: one(templateMetadata), spec: one(podSpec) });
const jobTemplate = one({
  metadata: one(templateMetadata),
  spec: one({ ...podSpec, restart_policy: text(undefined, "Never") }),
});
const namespaced = one(namespacedMetadata);

const statefulSet: FieldTable = {
  metadata: namespaced,
  spec: one({
    min_ready_seconds: int(),
    persistent_volume_claim_retention_policy: one({
      when_deleted: text(undefined, "Retain"),
      when_scaled: text(undefined, "Retain"),
    }),
    pod_management_policy: text(),
    replicas: int(),
    revision_history_limit: int(),
    selector,
    service_name: text(),
    template,
    update_strategy: one({
      type: text(undefined, "RollingUpdate"),
      rolling_update: one({ partition: int(undefined, 0) }),
    }),
    volume_claim_template: many({ metadata: one(templateMetadata), spec: one(claimSpec) }, "volumeClaimTemplates"),
  }),
};

const deployment: FieldTable = {
  metadata: namespaced,
  spec: one({
    min_ready_seconds: int(),
    paused: bool(),
    progress_deadline_seconds: int(),
    replicas: int(),
    revision_history_limit: int(),
    selector,
    strategy: one({
      type: text(undefined, "RollingUpdate"),
      rolling_update: one({ max_surge: portOrName(), max_unavailable: portOrName() }),
    }),
    template,
  }),
};

const daemonSet: FieldTable = {
  metadata: namespaced,
  spec: one({
    min_ready_seconds: int(),
    revision_history_limit: int(),
    selector,
    strategy: one(
      { type: text(undefined, "RollingUpdate"), rolling_update: one({ max_unavailable: portOrName() }) },
      "updateStrategy",
    ),
    template,
  }),
};

const jobSpec: FieldTable = {
  active_deadline_seconds: int(),
  backoff_limit: int(undefined, 6),
  backoff_limit_per_index: int(),
  completions: int(undefined, 1),
  completion_mode: text(),
  manual_selector: bool(),
  max_failed_indexes: int(),
  parallelism: int(undefined, 1),
  selector,
  template: jobTemplate,
  ttl_seconds_after_finished: int(),
};

const job: FieldTable = { metadata: namespaced, spec: one(jobSpec) };

const cronJob: FieldTable = {
  metadata: namespaced,
  spec: one({
    concurrency_policy: text(),
    failed_jobs_history_limit: int(undefined, 1),
    job_template: one({ metadata: one(templateMetadata), spec: one(jobSpec) }),
    schedule: text(),
    starting_deadline_seconds: int(),
    successful_jobs_history_limit: int(undefined, 3),
    suspend: bool(undefined, false),
    timezone: text("timeZone"),
  }),
};

const service: FieldTable = {
  metadata: namespaced,
  spec: one({
    cluster_ip: text("clusterIP"),
    external_ips: texts("externalIPs"),
    external_name: text(),
    external_traffic_policy: text(),
    internal_traffic_policy: text(),
    ip_families: texts(),
    ip_family_policy: text(),
    load_balancer_class: text(),
    load_balancer_source_ranges: texts(),
    port: many(
      {
        app_protocol: text(),
        name: text(),
        node_port: int(),
        port: int(),
        protocol: text(undefined, "TCP"),
        target_port: portOrName(),
      },
      "ports",
    ),
    publish_not_ready_addresses: bool(),
    selector: map(),
    session_affinity: text(),
    type: text(undefined, "ClusterIP"),
  }),
};

const peers = {
  ip_block: one({ cidr: text(), except: texts() }),
  namespace_selector: selector,
  pod_selector: selector,
};
const ports = many({ port: portOrName(), end_port: int(), protocol: text(undefined, "TCP") });

const networkPolicy: FieldTable = {
  metadata: namespaced,
  spec: one({
    pod_selector: selector,
    policy_types: texts(),
    ingress: many({ from: many(peers), ports }),
    egress: many({ to: many(peers), ports }),
  }),
};

const kind = (
  type: string,
  apiVersion: string,
  name: string,
  plural: string,
  fields: FieldTable,
  more: Partial<Pick<Kind, "namespaced" | "switches" | "replaces">> = {},
): Kind => ({
  ...{ type: `kubernetes_${type}_v1`, apiVersion, kind: name, plural, fields },
  ...{ namespaced: more.namespaced ?? true, switches: more.switches ?? {}, replaces: more.replaces ?? [] },
});

export const KINDS: Kind[] = [
  kind(
    "namespace",
    "v1",
    "Namespace",
    "namespaces",
    { metadata: one(metadata) },
    {
      namespaced: false,
      switches: { wait_for_default_service_account: false },
    },
  ),
  kind("service_account", "v1", "ServiceAccount", "serviceaccounts", {
    metadata: namespaced,
    automount_service_account_token: bool(undefined, true),
    image_pull_secret: many({ name: text() }, "imagePullSecrets"),
    secret: many({ name: text() }, "secrets"),
  }),
  kind("config_map", "v1", "ConfigMap", "configmaps", {
    metadata: namespaced,
    data: map(),
    binary_data: map(),
    immutable: bool(),
  }),
  kind("service", "v1", "Service", "services", service, {
    switches: { wait_for_load_balancer: true },
    replaces: ["spec.clusterIP", "spec.loadBalancerClass"],
  }),
  kind("network_policy", "networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", networkPolicy),
  kind("stateful_set", "apps/v1", "StatefulSet", "statefulsets", statefulSet, {
    switches: { wait_for_rollout: true },
    replaces: ["podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates"].map(
      (key) => `spec.${key}`,
    ),
  }),
  kind("deployment", "apps/v1", "Deployment", "deployments", deployment, {
    switches: { wait_for_rollout: true },
    replaces: ["spec.selector"],
  }),
  kind("daemon_set", "apps/v1", "DaemonSet", "daemonsets", daemonSet, {
    switches: { wait_for_rollout: true },
    replaces: ["spec.selector"],
  }),
  kind("cron_job", "batch/v1", "CronJob", "cronjobs", cronJob),
  kind("job", "batch/v1", "Job", "jobs", job, {
    switches: { wait_for_completion: true },
    replaces: ["template", "selector", "completions", "completionMode", "backoffLimitPerIndex"].map(
      (key) => `spec.${key}`,
    ),
  }),
  kind(
    "cluster_role_binding",
    "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding",
    "clusterrolebindings",
    {
      metadata: one(metadata),
      role_ref: one({ api_group: text(), kind: text(), name: text() }),
      subject: many(
        { api_group: text(), kind: text(), name: text(), namespace: text(undefined, "default") },
        "subjects",
      ),
    },
    { namespaced: false, replaces: ["roleRef"] },
  ),
];
