import { jobHook, PlayedPods, statefulSetHook, workloadNamed } from "../../bench/played-pods";
import type { StandIns } from "../../bench/stand-ins";
import type { KubernetesServer } from "../../bench/servers/kubernetes";

const template = (mountPath?: string) => ({
  metadata: { labels: {} },
  spec: { containers: [{ name: "app", ...(mountPath && { volumeMounts: [{ name: "v", mountPath }] }) }] },
});
const object = (name: string, spec: object) => ({ metadata: { namespace: "shop", name }, spec });
const OBJECTS: Record<string, object[]> = {
  "apps/v1/deployments": [object("web", { template: template("/of-a-deployment") })],
  "apps/v1/statefulsets": [
    object("state", { template: template(), volumeClaimTemplates: [{ metadata: { name: "data" } }] }),
  ],
  "apps/v1/daemonsets": [object("each", { template: template("/of-a-daemon-set") })],
  "batch/v1/jobs": [object("once", { template: template("/of-a-job") }), object("web", { template: template() })],
  "batch/v1/cronjobs": [object("nightly", { jobTemplate: { spec: { template: template("/of-a-cron-job") } } })],
};
const cluster = {
  request: (_: string, path: string) => {
    const [, group, kind] = /^\/apis\/(.+)\/namespaces\/shop\/([a-z]+)$/.exec(path) ?? [];
    return Promise.resolve({ items: OBJECTS[`${group}/${kind}`] });
  },
} as unknown as KubernetesServer;

test.each([
  ["each", "/of-a-daemon-set"],
  ["once", "/of-a-job"],
  ["nightly", "/of-a-cron-job"],
])("a workload of whatever kind is found by its name: %s", async (name, mountPath) => {
  expect(await workloadNamed(cluster, "shop", name)).toMatchObject({
    ...{ namespace: "shop", name },
    template: { spec: { containers: [{ volumeMounts: [{ mountPath }] }] } },
  });
});

test("the pod of a StatefulSet has the volumes of its claims, as the controller adds them", async () => {
  expect((await workloadNamed(cluster, "shop", "state")).template.spec).toMatchObject({
    volumes: [{ name: "data", emptyDir: {} }],
  });
});

test("a name that nothing has, and one that two have, are refused", async () => {
  await expect(workloadNamed(cluster, "shop", "api")).rejects.toThrow("there is no workload shop/api in the cluster");
  await expect(workloadNamed(cluster, "shop", "web")).rejects.toThrow("several workloads: deployments, jobs");
});

describe("when a program is applied", () => {
  // Nothing may be played: there is no server to play it on.
  const pods = new PlayedPods({});
  const standIns = {} as StandIns;
  const server = undefined as never;

  test("an app's StatefulSet waits until somebody acts as it, and a PostgreSQL server that nothing stands in for is refused", async () => {
    const hook = statefulSetHook([], standIns, pods);
    await expect(hook(object("state", { template: template() }) as never, server)).resolves.toBeUndefined();
    const postgres = object("main", { template: template("/docker-entrypoint-initdb.d") });
    await expect(hook(postgres as never, server)).rejects.toThrow("the bench has no server for StatefulSet shop/main");
  });

  test("a Job that is no migration by files runs no container", async () => {
    const job = object("once", { template: template() });
    await expect(jobHook(standIns, pods)(job as never, server)).resolves.toBeUndefined();
  });
});
