import { adoptionFile, adoptionsOf } from "../../../cli/adopt/adoptions";
import { RehearsalHooks, RehearsalServers } from "../../../bench/rehearse/model/contracts";
import { Rehearsal } from "../../../bench/rehearse/engine";
import { parseStack, programOf } from "../../../bench/rehearse/program";
import { JsonObject } from "../../../bench/rehearse/model/values";
import { KubernetesServer, startKubernetes } from "../../../bench/servers/kubernetes";

jest.setTimeout(600_000);

const pod = (restart: string): JsonObject => ({
  metadata: { labels: { app: "a" } },
  spec: { restart_policy: restart, container: [{ name: "c", image: "i" }] },
});
const metadata = { name: "a", namespace: "shop" };
const selector = { match_labels: { app: "a" } };
const resource: JsonObject = {
  kubernetes_stateful_set_v1: {
    a: { metadata, spec: { service_name: "a", selector, template: pod("Always") }, wait_for_rollout: true },
  },
  kubernetes_deployment_v1: { a: { metadata, spec: { selector, template: pod("Always") }, wait_for_rollout: true } },
  kubernetes_job_v1: { a: { metadata, spec: { template: pod("Never") }, wait_for_completion: true } },
};
const KINDS = ["kubernetes_stateful_set_v1", "kubernetes_deployment_v1", "kubernetes_job_v1"] as const;

describe("an apply that is killed while it waits", () => {
  let kubernetes: KubernetesServer;
  beforeAll(async () => (kubernetes = await startKubernetes()));
  afterAll(() => kubernetes.stop());

  test.each(KINDS)("for a %s: the next one is in its way, and heals once the object is adopted", async (type) => {
    const document: JsonObject = { resource: { [type]: resource[type] ?? {} } };
    const servers: RehearsalServers = {
      vault: { address: "http://127.0.0.1:1", token: "" },
      kubernetes: kubernetes as RehearsalServers["kubernetes"],
      postgres: (endpoint) => endpoint,
    };
    let calls = 0;
    const wait = (): Promise<void> => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error("killed")) : Promise.resolve();
    };
    const hooks: RehearsalHooks = {
      onHelmRelease: () => Promise.resolve(),
      ...{ onStatefulSet: wait, onDeployment: wait, onJob: wait },
    };
    await kubernetes.ensureNamespace("shop");
    const address = `${type}.a`;
    const apply = async (imports?: JsonObject): Promise<string[]> => {
      const { steps } = await engine.apply(programOf([parseStack("all", { ...document, ...imports })]));
      return steps.map(({ action }) => action);
    };
    const engine = new Rehearsal(servers, hooks);
    await expect(apply()).rejects.toThrow(/killed/);
    // A process that is killed has not written what it waited for into the state.
    delete (engine.state.stacks.all ?? {})[address];
    await expect(apply()).rejects.toThrow(/already exists/);

    const log = `│ Error: something.apps "a" already exists\n│ \n│   with ${address},\n`;
    const { adopted } = adoptionsOf(log, [{ name: "all", document: document as never }]);
    const imports = JSON.parse(adoptionFile(adopted)) as JsonObject;
    expect(await apply(imports)).toEqual(["adopt"]);
    // A Job that is there does not run again, and what is adopted stays so with the file or without.
    expect(calls).toBe(1);
    expect(await apply(imports)).toEqual(["unchanged"]);
    expect(await apply()).toEqual(["unchanged"]);
    await engine.destroy();
  });

  test("what does not exist cannot be adopted", async () => {
    const servers: RehearsalServers = {
      vault: { address: "http://127.0.0.1:1", token: "" },
      kubernetes: kubernetes as RehearsalServers["kubernetes"],
      postgres: (endpoint) => endpoint,
    };
    const engine = new Rehearsal(servers, { onHelmRelease: () => Promise.resolve() });
    const document = {
      resource: { kubernetes_deployment_v1: resource.kubernetes_deployment_v1 ?? {} },
      import: [{ to: "kubernetes_deployment_v1.a", id: "shop/a" }],
    };
    await expect(engine.apply(programOf([parseStack("all", document)]))).rejects.toThrow(/does not exist/);
  });
});
