/**
 * Pods. Provider 2.38.0: schema_container.go, schema_pod_spec.go and their structures_*.go. Defaults are written where
 * the provider sends something that the API server would not have assumed. A container's security_context without
 * run_as_non_root is sent as false, and so overrides the pod's. A seccomp_profile without a type is Unconfined. A pod
 * mounts a token unless told otherwise, whatever its ServiceAccount says.
 */
import { labelSelector, resources } from "./common";
import { FieldTable, bool, int, many, map, one, portOrName, text, texts } from "./fields";
import { fieldRef, resourceFieldRef, volume } from "./volumes";

const seLinuxOptions: FieldTable = { level: text(), role: text(), type: text(), user: text() };
const seccompProfile: FieldTable = { type: text(undefined, "Unconfined"), localhost_profile: text() };

const securityContext: FieldTable = {
  allow_privilege_escalation: bool(undefined, true),
  capabilities: one({ add: texts(), drop: texts() }),
  privileged: bool(undefined, false),
  read_only_root_filesystem: bool(undefined, false),
  run_as_group: int(),
  run_as_non_root: bool(undefined, false),
  run_as_user: int(),
  seccomp_profile: one(seccompProfile),
  se_linux_options: one(seLinuxOptions),
};

const podSecurityContext: FieldTable = {
  fs_group: int(),
  fs_group_change_policy: text(),
  run_as_group: int(),
  run_as_non_root: bool(undefined, false),
  run_as_user: int(),
  seccomp_profile: one(seccompProfile),
  se_linux_options: one(seLinuxOptions),
  supplemental_groups: { as: "texts" },
  sysctl: many({ name: text(), value: text() }, "sysctls"),
};

const httpGet: FieldTable = {
  host: text(),
  path: text(),
  scheme: text(undefined, "HTTP"),
  port: portOrName(),
  http_header: many({ name: text(), value: text() }, "httpHeaders"),
};

const action: FieldTable = {
  exec: one({ command: texts() }),
  http_get: one(httpGet),
  tcp_socket: one({ port: portOrName() }),
};

const probe: FieldTable = {
  ...action,
  grpc: one({ port: int(), service: text() }),
  failure_threshold: int(undefined, 3),
  initial_delay_seconds: int(),
  period_seconds: int(undefined, 10),
  success_threshold: int(undefined, 1),
  timeout_seconds: int(undefined, 1),
};

const keyRef: FieldTable = { key: text(), name: text(), optional: bool() };
const nameRef: FieldTable = { name: text(), optional: bool() };

const container: FieldTable = {
  name: text(),
  image: text(),
  image_pull_policy: text(),
  args: texts(),
  command: texts(),
  working_dir: text(),
  env: many({
    name: text(),
    value: text(),
    value_from: one({
      config_map_key_ref: one(keyRef),
      field_ref: one(fieldRef),
      resource_field_ref: one(resourceFieldRef),
      secret_key_ref: one(keyRef),
    }),
  }),
  env_from: many({ config_map_ref: one(nameRef), prefix: text(), secret_ref: one(nameRef) }),
  lifecycle: one({ post_start: one(action), pre_stop: one(action) }),
  liveness_probe: one(probe),
  readiness_probe: one(probe),
  startup_probe: one(probe),
  port: many(
    {
      container_port: int(),
      host_ip: text("hostIP"),
      host_port: int(),
      name: text(),
      protocol: text(undefined, "TCP"),
    },
    "ports",
  ),
  resources: one(resources),
  security_context: one(securityContext),
  stdin: bool(),
  stdin_once: bool(),
  tty: bool(),
  termination_message_path: text(),
  termination_message_policy: text(),
  volume_mount: many(
    {
      mount_path: text(),
      name: text(),
      read_only: bool(),
      sub_path: text(),
      sub_path_expr: text(),
      mount_propagation: text(),
    },
    "volumeMounts",
  ),
  volume_device: many({ device_path: text(), name: text() }, "volumeDevices"),
};

const nodeSelectorTerm: FieldTable = {
  match_expressions: many({ key: text(), operator: text(), values: texts() }),
  match_fields: many({ key: text(), operator: text(), values: texts() }),
};
const podAffinityTerm: FieldTable = { label_selector: one(labelSelector), namespaces: texts(), topology_key: text() };
const podAffinity: FieldTable = {
  required_during_scheduling_ignored_during_execution: many(podAffinityTerm),
  preferred_during_scheduling_ignored_during_execution: many({
    weight: int(),
    pod_affinity_term: one(podAffinityTerm),
  }),
};
const affinity: FieldTable = {
  node_affinity: one({
    required_during_scheduling_ignored_during_execution: one({
      node_selector_term: many(nodeSelectorTerm, "nodeSelectorTerms"),
    }),
    preferred_during_scheduling_ignored_during_execution: many({ weight: int(), preference: one(nodeSelectorTerm) }),
  }),
  pod_affinity: one(podAffinity),
  pod_anti_affinity: one(podAffinity),
};

export const podSpec: FieldTable = {
  affinity: one(affinity),
  active_deadline_seconds: int(),
  automount_service_account_token: bool(undefined, true),
  container: many(container, "containers"),
  init_container: many(container, "initContainers"),
  readiness_gate: many({ condition_type: text() }, "readinessGates"),
  dns_policy: text(),
  dns_config: one({
    nameservers: texts(),
    option: many({ name: text(), value: text() }, "options"),
    searches: texts(),
  }),
  enable_service_links: bool(undefined, true),
  host_aliases: many({ hostnames: texts(), ip: text() }),
  host_ipc: bool("hostIPC"),
  host_network: bool(),
  host_pid: bool("hostPID"),
  hostname: text(),
  os: one({ name: text() }),
  image_pull_secrets: many({ name: text() }),
  node_name: text(),
  node_selector: map(),
  runtime_class_name: text(),
  priority_class_name: text(),
  restart_policy: text(undefined, "Always"),
  security_context: one(podSecurityContext),
  scheduler_name: text(),
  service_account_name: text(),
  share_process_namespace: bool(undefined, false),
  subdomain: text(),
  termination_grace_period_seconds: int(undefined, 30),
  toleration: many(
    {
      effect: text(),
      key: text(),
      operator: text(undefined, "Equal"),
      toleration_seconds: int(),
      value: text(),
    },
    "tolerations",
  ),
  topology_spread_constraint: many(
    {
      match_label_keys: texts(),
      max_skew: int(undefined, 1),
      min_domains: int(),
      node_affinity_policy: text(),
      node_taints_policy: text(),
      topology_key: text(),
      when_unsatisfiable: text(undefined, "DoNotSchedule"),
      label_selector: one(labelSelector),
    },
    "topologySpreadConstraints",
  ),
  volume: many(volume, "volumes"),
};
