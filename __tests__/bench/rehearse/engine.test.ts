import { Rehearsal } from "../../../bench/rehearse/engine";
import { ProgressEvent, RehearsalHooks, RehearsalServers } from "../../../bench/rehearse/model/contracts";
import { parseStack, programOf } from "../../../bench/rehearse/program";
import { JsonObject } from "../../../bench/rehearse/model/values";

/** An API server that only stores, and helm releases that are only noted. */
function bench() {
  const objects = new Map<string, unknown>();
  const calls: string[] = [];
  const releases: string[] = [];
  const events: ProgressEvent[] = [];
  const servers: RehearsalServers = {
    vault: { address: "http://127.0.0.1:1", token: "root-token" },
    kubernetes: {
      request(method, path, body) {
        calls.push(`${method} ${path}`);
        const missing = Object.assign(new Error("missing"), { status: 404 });
        if (path.includes("/refuse")) return Promise.reject(new Error(`refused with root-token: ${method}`));
        if (method === "PATCH") objects.set(path, body);
        else if (!objects.has(path)) return Promise.reject(missing);
        if (method === "DELETE") objects.delete(path);
        return Promise.resolve(objects.get(path) ?? {});
      },
    },
    postgres: (endpoint) => endpoint,
  };
  const hooks: RehearsalHooks = {
    onHelmRelease: (release) => {
      releases.push(`${release.namespace}/${release.name} ${JSON.stringify(release.values)}`);
      return Promise.resolve();
    },
    onJob: () => Promise.resolve(),
    progress: (event) => events.push(event),
  };
  return { objects, calls, releases, events, servers, hooks };
}

const program = (resource: JsonObject, more: JsonObject = {}) =>
  programOf([parseStack("platform", { resource, ...more })]);
const configMap = (name: string, data: JsonObject, more: JsonObject = {}) => ({
  metadata: { name, namespace: "n" },
  data,
  ...more,
});
const actions = (report: { steps: { address: string; action: string }[] }) =>
  report.steps.map(({ address, action }) => `${action} ${address.replace("kubernetes_config_map_v1", "cm")}`);

describe("applying twice", () => {
  const two = (value: string, name = "b") =>
    program({
      kubernetes_config_map_v1: {
        a: configMap("a", { v: value }),
        b: configMap(name, { of: "${kubernetes_config_map_v1.a.metadata[0].name}" }),
      },
    });

  test("makes again what somebody deleted meanwhile, and nothing else", async () => {
    const { servers, hooks, objects } = bench();
    const rehearsal = new Rehearsal(servers, hooks);
    await rehearsal.apply(two("1"));
    objects.delete("/api/v1/namespaces/n/configmaps/b");
    expect(actions(await rehearsal.apply(two("1")))).toEqual(["unchanged cm.a", "create cm.b"]);
    expect(actions(await rehearsal.apply(two("1")))).toEqual(["unchanged cm.a", "unchanged cm.b"]);
  });

  test("creates, then finds everything unchanged, then updates, replaces and removes", async () => {
    const { servers, hooks, objects } = bench();
    const rehearsal = new Rehearsal(servers, hooks);
    expect(actions(await rehearsal.apply(two("1")))).toEqual(["create cm.a", "create cm.b"]);
    expect(actions(await rehearsal.apply(two("1")))).toEqual(["unchanged cm.a", "unchanged cm.b"]);
    const changed = await rehearsal.apply(two("2", "c"));
    expect(actions(changed)).toEqual(["update cm.a", "replace cm.b"]);
    expect(changed.steps.map((step) => step.because)).toEqual([["manifest"], ["metadata.name"]]);
    const fewer = program({ kubernetes_config_map_v1: { a: configMap("a", { v: "2" }) } });
    expect(actions(await rehearsal.apply(fewer))).toEqual(["destroy cm.b", "unchanged cm.a"]);
    expect(actions(await rehearsal.destroy())).toEqual(["destroy cm.a"]);
    expect([...objects]).toEqual([]);
  });

  test("a state can be carried into another rehearsal", async () => {
    const { servers, hooks } = bench();
    const first = new Rehearsal(servers, hooks);
    await first.apply(two("1"));
    const second = new Rehearsal(servers, hooks, { state: structuredClone(first.state) });
    expect(actions(await second.apply(two("1")))).toEqual(["unchanged cm.a", "unchanged cm.b"]);
    expect(actions(await second.destroy())).toEqual(["destroy cm.b", "destroy cm.a"]);
  });

  test("replace_triggered_by follows changes, and prevent_destroy stops them", async () => {
    const { servers, hooks } = bench();
    const rehearsal = new Rehearsal(servers, hooks);
    const triggered = (value: string, lifecycle: JsonObject) =>
      program({ kubernetes_config_map_v1: { a: configMap("a", { v: value }), b: configMap("b", {}, { lifecycle }) } });
    const trigger = { replace_triggered_by: ["kubernetes_config_map_v1.a"] };
    await rehearsal.apply(triggered("1", trigger));
    expect(actions(await rehearsal.apply(triggered("2", trigger)))).toEqual(["update cm.a", "replace cm.b"]);
    await expect(rehearsal.apply(triggered("3", { ...trigger, prevent_destroy: true }))).rejects.toThrow(
      /kubernetes_config_map_v1\.b: prevent_destroy/,
    );
  });

  test("ignore_changes passes over an argument that nobody gives; a part of one is not known", async () => {
    const { servers, hooks } = bench();
    const rehearsal = new Rehearsal(servers, hooks);
    const ignoring = (ignored: string) => {
      const lifecycle = { ignore_changes: [ignored] };
      return program({ kubernetes_config_map_v1: { a: configMap("a", { v: "1" }, { lifecycle }) } });
    };
    await rehearsal.apply(ignoring("binary_data"));
    expect(actions(await rehearsal.apply(ignoring("binary_data")))).toEqual(["unchanged cm.a"]);
    await expect(rehearsal.apply(ignoring("metadata[0].labels"))).rejects.toThrow(/only whole arguments/);
  });

  test("a StatefulSet that is updated on delete cannot be waited for; any other and a DaemonSet can", async () => {
    const apply = (type: string, spec: JsonObject, waits: boolean): Promise<unknown> => {
      const { servers, hooks } = bench();
      const template = { metadata: { labels: { app: "a" } }, spec: { container: [{ name: "c" }] } };
      const all = { selector: { match_labels: { app: "a" } }, template, ...spec };
      const body = { metadata: { name: "a" }, spec: all, wait_for_rollout: waits };
      return new Rehearsal(servers, hooks).apply(program({ [type]: { a: body } }));
    };
    const statefulSet = (strategy: string, waits: boolean): Promise<unknown> =>
      apply("kubernetes_stateful_set_v1", { service_name: "a", update_strategy: [{ type: strategy }] }, waits);
    await expect(statefulSet("OnDelete", true)).rejects.toThrow("rollout status is only available");
    await statefulSet("OnDelete", false);
    await statefulSet("RollingUpdate", true);
    await apply("kubernetes_daemon_set_v1", { strategy: [{ type: "OnDelete" }] }, true);
  });

  test("what failed half made is replaced by the next apply", async () => {
    const { servers, hooks } = bench();
    const jobs = program({
      kubernetes_job_v1: {
        m: { metadata: { name: "m" }, spec: { template: { spec: { container: [{ name: "c" }] } } } },
      },
    });
    const failing: RehearsalHooks = { ...hooks, onJob: () => Promise.reject(new Error("the migration failed")) };
    const rehearsal = new Rehearsal(servers, failing);
    await expect(rehearsal.apply(jobs)).rejects.toThrow('stack "platform", kubernetes_job_v1.m: the migration failed');
    failing.onJob = () => Promise.resolve();
    expect((await rehearsal.apply(jobs)).steps).toMatchObject([{ action: "replace", because: ["tainted"] }]);
  });
});

describe("refusing", () => {
  test("an unknown type, argument or stack is refused before anything is made", async () => {
    const { servers, hooks, calls } = bench();
    const rehearsal = new Rehearsal(servers, hooks);
    const good = { kubernetes_config_map_v1: { a: configMap("a", {}) } };
    await expect(rehearsal.apply(program({ ...good, vault_token: { t: {} } }))).rejects.toThrow(
      'stack "platform", vault_token.t: resource type not known to the rehearsal',
    );
    const typo = { vault_policy: { p: { name: "p", polcy: "" } } };
    await expect(rehearsal.apply(program({ ...good, ...typo }))).rejects.toThrow(
      'stack "platform", vault_policy.p, polcy: argument not known to the rehearsal',
    );
    await expect(rehearsal.apply(program(good, { ephemeral: { aws_x: { y: {} } } }))).rejects.toThrow(
      "ephemeral.aws_x.y: ephemeral resource type not known",
    );
    await expect(rehearsal.apply(program(good), { stacks: ["other"] })).rejects.toThrow(/"other".*does not exist/);
    expect(calls).toEqual([]);
  });

  test("an unknown provider or an argument of one is refused", async () => {
    const { servers, hooks } = bench();
    const rehearsal = new Rehearsal(servers, hooks);
    await expect(rehearsal.apply(program({}, { provider: { aws: [{}] } }))).rejects.toThrow(
      /provider\.aws: provider not/,
    );
    await expect(rehearsal.apply(program({}, { provider: { vault: [{ token: "t" }] } }))).rejects.toThrow(
      /provider\.vault, token: a token in the program/,
    );
  });

  test("an ephemeral value may only go where nothing is kept", async () => {
    const { servers, hooks } = bench();
    const ephemeral = { random_password: { p: { length: 20 } } };
    const resource = {
      kubernetes_config_map_v1: { a: configMap("a", { v: "${ephemeral.random_password.p.result}" }) },
    };
    await expect(new Rehearsal(servers, hooks).apply(program(resource, { ephemeral }))).rejects.toThrow(
      /kubernetes_config_map_v1\.a, data\.v: ephemeral\.random_password\.p\.result is ephemeral/,
    );
  });

  test("a provider of another version than the one rehearsed is refused", () => {
    const required = (version: string) => ({ terraform: { required_providers: { vault: { version } } } });
    expect(() => parseStack("s", required("5.11.0"))).toThrow(/required_providers\.vault: rehearsed as 5\.6\.0/);
    expect(() => parseStack("s", { terraform: { required_providers: { aws: {} } } })).toThrow(/provider not known/);
    parseStack("s", required("5.6.0"));
  });

  test("a stack needs those before it", async () => {
    const { servers, hooks } = bench();
    const stacks = programOf([parseStack("a", {}), parseStack("b", {}, ["a"])]);
    const rehearsal = new Rehearsal(servers, hooks);
    await expect(rehearsal.apply(stacks, { stacks: ["b"] })).rejects.toThrow(/needs stack a applied first/);
    await rehearsal.apply(stacks, { stacks: ["a"] });
    await rehearsal.apply(stacks, { stacks: ["b"] });
  });

  test("a server's error leaves with stack and address, and without secrets", async () => {
    const { servers, hooks, events } = bench();
    const refused = { kubernetes_config_map_v1: { a: configMap("refuse", {}) } };
    const failure = await new Rehearsal(servers, hooks).apply(program(refused)).catch((error: Error) => error);
    expect(String(failure)).toContain('stack "platform", kubernetes_config_map_v1.a: refused with (secret): GET');
    expect(JSON.stringify(events)).not.toContain("root-token");
  });
});

describe("what others play", () => {
  test("a release goes to the caller with its values parsed", async () => {
    const { servers, hooks, releases } = bench();
    const values = ['{"server":{"dev":true}}', '${jsonencode({"n" = kubernetes_namespace_v1.v.metadata[0].name})}'];
    const resource = {
      kubernetes_namespace_v1: { v: { metadata: { name: "vault" } } },
      helm_release: { v: { name: "vault", chart: "vault", namespace: "vault", values } },
    };
    await new Rehearsal(servers, hooks).apply(program(resource));
    expect(releases).toEqual(['vault/vault [{"server":{"dev":true}},{"n":"vault"}]']);
    const yaml = { helm_release: { v: { name: "v", chart: "v", values: ["a: b"] } } };
    await expect(new Rehearsal(servers, hooks).apply(program(yaml))).rejects.toThrow(
      /values\[0\]: only values written as JSON/,
    );
  });

  test("a rollout that nobody waited for is in the report", async () => {
    const { servers, hooks } = bench();
    const spec = { selector: { match_labels: { a: "b" } }, template: { spec: { container: [{ name: "c" }] } } };
    const report = await new Rehearsal(servers, hooks).apply(
      program({ kubernetes_deployment_v1: { w: { metadata: { name: "w" }, spec } } }),
    );
    expect(report.steps[0]?.notes).toEqual(["no rollout was waited for"]);
  });

  test("variables have their defaults, and outputs are reported unless sensitive", async () => {
    const { servers, hooks } = bench();
    const document = {
      variable: { n: { default: { a: "x" } } },
      output: { shown: { value: "${var.n.a}-y" }, hidden: { value: "${var.n.a}", sensitive: true } },
    };
    const report = await new Rehearsal(servers, hooks).apply(program({}, document));
    expect(report.outputs).toEqual({ platform: { shown: "x-y" } });
  });
});
