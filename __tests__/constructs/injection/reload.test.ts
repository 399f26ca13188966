import { spawnSync } from "node:child_process";
import {
  Credential,
  Duration,
  InjectedCronJob,
  InjectedDeployment,
  InjectorOptions,
  Reload,
} from "../../../constructs";
import { rewriteAgentConfig } from "../../../bench/players/agent";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { CONTAINER, World } from "../../support/world";

/** The agent can only be the app's user where that is given. */
const APP = { ...CONTAINER, securityContext: { runAsUser: 10001 } };
const REACHES: InjectorOptions = { shareProcessNamespace: true, runAsSameUser: true };
type App = ConstructorParameters<typeof World>[0];

const build =
  (reload: Reload, props: object = {}, kind: typeof InjectedDeployment | typeof InjectedCronJob = InjectedDeployment) =>
  (app: App): void => {
    const world = new World(app);
    const identity = world.identity("web");
    world.db.schema("sales").table("wizard").grants.read(identity);
    const credentials = [Credential.uri(world.db, { reload })];
    new kind(world.workloads, "web", {
      identity,
      containers: [APP],
      credentials,
      ...(kind === InjectedCronJob && { schedule: "* * * * *" }),
      ...props,
    } as never);
  };
const refusals = (...args: Parameters<typeof build>): string[] =>
  findingsOfRefusal(build(...args)).map(({ code, message }) => `${code}: ${message}`);
const podOf = (...args: Parameters<typeof build>): { annotations: Record<string, string>; shared: unknown } => {
  const deployment = synthesize(build(...args)).workloads.only("kubernetes_deployment_v1");
  const { metadata, spec } = (deployment.spec as { template: { metadata: unknown; spec: unknown } }).template;
  const { annotations } = metadata as { annotations: Record<string, string> };
  return { annotations, shared: (spec as { share_process_namespace?: boolean }).share_process_namespace };
};
const commandOf = (...args: Parameters<typeof build>): string | undefined =>
  podOf(...args).annotations["vault.hashicorp.com/agent-inject-command-shop"];

test.each([
  [
    "a POST",
    Reload.httpPost({ port: 8080, path: "/-/reload" }),
    "timeout 10 wget -q -O /dev/null --post-data= http://127.0.0.1:8080/-/reload || echo 'leasehold: nobody took a POST to port 8080: an app that was running still has its old login'",
  ],
  [
    "a signal",
    Reload.signal({ process: "nginx" }),
    "timeout 10 killall -q -HUP nginx || echo 'leasehold: no process nginx took a signal: an app that was running still has its old login'",
  ],
  [
    "a restart",
    Reload.restart({ process: "node" }),
    "timeout 10 killall -q -TERM node || echo 'leasehold: no process node took a signal: an app that was running still has its old login'",
  ],
  ["nothing, for an app that watches the folder", Reload.fileWatch(), undefined],
])("the agent does after each rendering: %s", (_, reload, command) => {
  expect(commandOf(reload, { injector: REACHES })).toBe(command);
});

test("a command succeeds whatever becomes of it", () => {
  // Port 9 is nobody's here. A shell that lacks the programs fails as one does whose app does not answer.
  for (const reload of [Reload.httpPost({ port: 9 }), Reload.signal({ process: "nobody.has-this_name" })]) {
    const command = commandOf(reload, { injector: REACHES }) as string;
    const { status, stdout } = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, expect.stringContaining("still has its old login")]);
  }
});

test("an agent that signals sees the app's processes: what the provider writes unsaid would have the injector refuse the pod", () => {
  expect(podOf(Reload.fileWatch()).shared).toBeUndefined();
  expect(podOf(Reload.fileWatch(), { injector: REACHES }).shared).toBe(true);
});

test("another secret may be reloaded as well", () => {
  const secrets = [{ name: "flags", path: "kv/data/flags", template: "x", reload: Reload.httpPost({ port: 8080 }) }];
  expect(podOf(Reload.fileWatch(), { secrets }).annotations).toHaveProperty(
    ["vault.hashicorp.com/agent-inject-command-flags"],
    expect.stringContaining("POST to port 8080"),
  );
});

test("no command is run on the machine of the bench", () => {
  const command = commandOf(Reload.signal({ process: "node" }), { injector: REACHES });
  const mapping = { vault: {}, paths: {}, listener: "127.0.0.1:1" };
  expect(rewriteAgentConfig({ template: [{ command }] }, mapping)).toEqual({
    template: [{ command: expect.stringMatching(/^echo '[^']*'$/) as string }],
  });
});

describe("refused", () => {
  test.each([
    ["a port that is none", Reload.httpPost({ port: 0 }), "port 0 is not between 1 and 65535"],
    ["a path with an end of the command", Reload.httpPost({ port: 1, path: "/a;id" }), 'path "/a;id" does not begin'],
    ["a name with an end of the command", Reload.signal({ process: "a;id" }), 'process "a;id" is not made of'],
    ["an option of killall", Reload.signal({ process: "-9" }), 'process "-9" is not made of'],
    ["the agent itself", Reload.restart({ process: "vault" }), 'process "vault" is one of the agent\'s own'],
  ])("%s", (_, reload, message) => {
    expect(refusals(reload, { injector: REACHES })).toEqual([
      expect.stringContaining(`credential-reload: reload of "shop": ${message}`),
    ]);
  });

  test("and each refusal says what to write instead", () => {
    const fixOf = (reload: Reload): string => findingsOfRefusal(build(reload, { injector: REACHES }))[0].fix;
    expect(fixOf(Reload.httpPost({ port: 0 }))).toBe("give the port on which the app listens");
    expect(fixOf(Reload.httpPost({ port: 1, path: "reload?x" }))).toContain('such as "/reload"');
    expect(fixOf(Reload.signal({ process: "/usr/bin/node" }))).toContain("as `ps -o comm` shows it");
    expect(fixOf(Reload.signal({ process: "sh" }))).toContain("name a program that only the app runs");
  });

  test.each<[string, InjectorOptions]>([
    ["does not see the app's processes", { runAsSameUser: true }],
    ["is another user", { shareProcessNamespace: true }],
    ["is said to be another user", { shareProcessNamespace: true, runAsSameUser: false }],
  ])("a signal of an agent that %s", (_, injector) => {
    for (const reload of [Reload.signal({ process: "node" }), Reload.restart({ process: "node" })])
      expect(refusals(reload, { injector })).toEqual([expect.stringContaining("neither sees the app's processes")]);
  });

  test("the restart of a run", () => {
    expect(refusals(Reload.restart({ process: "node" }), { injector: REACHES }, InjectedCronJob)).toEqual([
      expect.stringContaining("a CronJob that is told to end leaves its work half done"),
    ]);
  });

  test("a restart more often than the kubelet forgets one", () => {
    const restart = (maxTtl: number) => (app: App) => {
      const world = new World(app);
      const identity = world.identity("web", { lease: { maxTtl: Duration.seconds(maxTtl) } });
      const credentials = [Credential.uri(world.db, { reload: Reload.restart({ process: "node" }) })];
      new InjectedDeployment(world.workloads, "web", {
        identity,
        containers: [APP],
        credentials,
        injector: REACHES,
      });
      // After the workload: the token lives as long as its shortest lease.
      world.db.schema("sales").table("wizard").grants.read(identity);
    };
    expect(findingsOfRefusal(restart(750)).map(({ message }) => message)).toEqual([
      expect.stringContaining("would end every 600 seconds, 80% of tokenMaxTtl 750s"),
    ]);
    expect(() => synthesize(restart(751))).not.toThrow();
  });

  test("any, where no agent runs beside the app", () => {
    expect(refusals(Reload.fileWatch(), { agent: "init-and-sidecar" }, InjectedCronJob)).toEqual([
      expect.stringContaining("no agent runs beside the app"),
    ]);
    expect(() => synthesize(build(Reload.fileWatch(), { agent: "init-and-sidecar" }))).not.toThrow();
    expect(() => synthesize(build(Reload.fileWatch(), {}, InjectedCronJob))).not.toThrow();
  });

  test("a command of one's own, which could fail or take long", () => {
    const annotations = { "vault.hashicorp.com/agent-inject-command-shop": "sleep 31" };
    expect(refusals(Reload.fileWatch(), { annotations })).toEqual([
      expect.stringContaining("hashicorp/vault#12566, #9108"),
    ]);
  });
});
