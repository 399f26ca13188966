import {
  Credential,
  Duration,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedJob,
  InjectedStatefulSet,
} from "../../../constructs";
import { Block, findingsOfRefusal, StackJson, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";
import { written } from "../synthesis/support";

const KINDS = {
  StatefulSet: { type: "kubernetes_stateful_set_v1", make: InjectedStatefulSet, more: {} },
  DaemonSet: { type: "kubernetes_daemon_set_v1", make: InjectedDaemonSet, more: {} },
  Job: { type: "kubernetes_job_v1", make: InjectedJob, more: {} },
  CronJob: { type: "kubernetes_cron_job_v1", make: InjectedCronJob, more: { schedule: "@hourly" } },
} as const;
type Kind = keyof typeof KINDS;
const ALL = Object.keys(KINDS) as Kind[];

function add(world: World, kind: Kind, props: object = {}, id = "web"): void {
  const { make, more } = KINDS[kind];
  const identity = world.identity(id);
  world.db.schema("sales").table("wizard").grants.read(identity);
  const Made = make as new (scope: object, id: string, props: object) => unknown;
  new Made(world.workloads, id, {
    ...{ identity, containers: [CONTAINER], credentials: [Credential.uri(world.db)] },
    ...more,
    ...props,
  });
}
const made = (kind: Kind, props: object = {}): StackJson =>
  synthesize((app) => add(new World(app), kind, props)).workloads;
const specOf = (kind: Kind, props: object = {}): Block => made(kind, props).only(KINDS[kind].type).spec as Block;
const jobOf = (kind: Kind, props: object = {}): Block => {
  const spec = specOf(kind, props);
  return kind === "CronJob" ? ((spec.job_template as Block).spec as Block) : spec;
};
interface Pod {
  readonly metadata: { readonly annotations: Record<string, string> };
  readonly spec: Block;
}
const podOf = (kind: Kind, props: object = {}): Pod => jobOf(kind, props).template as Pod;

test.each(ALL)("a %s has the pod of a Deployment: its ServiceAccount, its login, closed", (kind) => {
  const { metadata, spec } = podOf(kind);
  expect(metadata.annotations["vault.hashicorp.com/agent-inject-secret-shop"]).toBe(
    "database/main/shop/creds/eu.shop.web",
  );
  expect(spec).toMatchObject({
    service_account_name: "web",
    automount_service_account_token: false,
    security_context: { run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } },
  });
  expect(made(kind).census).toMatchObject({ kubernetes_service_account_v1: 1 });
});

test.each(ALL)("a %s is in the graph as what it is, with its delivery", (kind) => {
  const { deliveries, workloads } = written((app) => add(new World(app), kind)).graph;
  expect(deliveries).toMatchObject([{ identity: "eu/shop/web", mountPath: "database/main/shop", file: "shop" }]);
  expect(workloads).toMatchObject([{ kind, namespace: "shop", name: "web", identity: "eu/shop/web" }]);
});

test.each(["StatefulSet", "DaemonSet"] as const)("the login of a %s outlives its draining", (kind) => {
  expect(podOf(kind, { drain: Duration.seconds(60) }).spec.termination_grace_period_seconds).toBe(70);
  const { metadata, spec } = podOf(kind, { drain: Duration.seconds(60), agent: "init-and-sidecar" });
  expect(metadata.annotations["vault.hashicorp.com/agent-revoke-grace"]).toBe("65");
  expect(spec.termination_grace_period_seconds).toBe(75);
});

test.each(["Job", "CronJob"] as const)("a %s ends by itself, whatever way its agent runs", (kind) => {
  const { metadata, spec } = podOf(kind);
  expect(metadata.annotations["vault.hashicorp.com/agent-init-json-patch"]).toContain(
    '"path":"/restartPolicy","value":"Always"',
  );
  const old = podOf(kind, { agent: "init-and-sidecar" }).metadata.annotations;
  for (const { annotations } of [metadata, { annotations: old }])
    expect(annotations["vault.hashicorp.com/agent-pre-populate-only"]).toBe("true");
  expect(old["vault.hashicorp.com/agent-init-json-patch"]).toBeUndefined();
  expect(spec.restart_policy).toBe("Never");
  expect(jobOf(kind, { ttlAfterFinished: Duration.minutes(2), backoffLimit: 0 })).toMatchObject({
    ttl_seconds_after_finished: "120",
    backoff_limit: 0,
  });
});

test("a CronJob forbids two Jobs at a time unless it is asked for", () => {
  expect(specOf("CronJob")).toMatchObject({ schedule: "@hourly", concurrency_policy: "Forbid" });
});

test("a StatefulSet keeps the storage of each pod", () => {
  expect(specOf("StatefulSet", { volumeClaims: [{ name: "data", storage: "1Gi" }] })).toMatchObject({
    service_name: "web",
    volume_claim_template: [
      {
        metadata: { name: "data" },
        spec: { access_modes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
  });
});

test("a container says all in Kubernetes' own words, and the rest in the provider's", () => {
  const container = {
    ...CONTAINER,
    ports: [{ containerPort: 80, name: "http" }],
    livenessProbe: { httpGet: { port: 80 }, periodSeconds: 3 },
    readinessProbe: { tcpSocket: { port: "http" } },
    startupProbe: { grpc: { port: 9 } },
    securityContext: { runAsUser: 7 },
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
    raw: { stdin: true },
  };
  const { spec } = podOf("StatefulSet", { containers: [container], rawPodSpec: { dnsPolicy: "Default" } });
  expect(spec.dns_policy).toBe("Default");
  expect((spec.container as Block[])[0]).toMatchObject({
    port: [{ container_port: 80 }],
    liveness_probe: { http_get: { port: "80" }, period_seconds: 3 },
    readiness_probe: { tcp_socket: [{ port: "http" }] },
    startup_probe: { grpc: [{ port: 9 }] },
    security_context: { run_as_user: "7", run_as_non_root: true },
    volume_mount: [{ name: "tmp", mount_path: "/tmp" }],
    stdin: true,
  });
});

describe("refused", () => {
  const codes = (kind: Kind, props: object): string[] =>
    findingsOfRefusal((app) => add(new World(app), kind, props)).map(({ code }) => code);
  test.each<[Kind, object, string]>([
    ["CronJob", { schedule: "60 * * * *" }, "workload"],
    ["CronJob", { successfulJobsHistoryLimit: -1 }, "workload"],
    ["CronJob", { name: "a".repeat(53) }, "kubernetes-name"],
    ["Job", { completions: 0 }, "workload"],
    ["Job", { backoffLimit: 1.5 }, "workload"],
    ["StatefulSet", { replicas: -1 }, "workload"],
    ["StatefulSet", { volumeClaims: [{ name: "data", storage: "much" }] }, "workload"],
    ["DaemonSet", { name: "No Label" }, "kubernetes-name"],
    ["DaemonSet", { objectAnnotations: { "a b": "c" } }, "annotation"],
    ["DaemonSet", { objectLabels: { team: "a b" } }, "kubernetes-name"],
  ])("%s with %j", (kind, props, code) => {
    expect(codes(kind, props)).toEqual([code]);
  });

  test("two of one kind and name in one namespace", () => {
    const findings = findingsOfRefusal((app) => {
      const world = new World(app);
      add(world, "Job", { name: "nightly" }, "web");
      add(world, "Job", { name: "nightly" }, "api");
    });
    expect(findings).toMatchObject([
      { code: "workload", message: expect.stringContaining("eu/shop/nightly") as string },
    ]);
  });
});

test("an apply waits for no pod of a StatefulSet that is updated on delete: the provider ends it with an error", () => {
  const waits = (props: object): unknown =>
    made("StatefulSet", props).only("kubernetes_stateful_set_v1").wait_for_rollout;
  expect([{}, { updateStrategy: "RollingUpdate" }, { updateStrategy: "OnDelete" }].map(waits)).toEqual([
    true,
    true,
    false,
  ]);
  const refused = findingsOfRefusal((app) =>
    add(new World(app), "StatefulSet", { updateStrategy: "OnDelete", waitForRollout: true }),
  );
  expect(refused.map(({ code, message, fix }) => `${code} ${message}: ${fix}`)).toEqual([
    'workload waitForRollout true beside updateStrategy "OnDelete": the apply would end with "rollout status is only available for RollingUpdate strategy type": leave waitForRollout out',
  ]);
});
