import { App, TerraformVariable } from "cdktf";
import {
  Container,
  Credential,
  DatabaseAccess,
  Duration,
  ExternalWorkload,
  ExternalWorkloadProps,
  InjectedCronJob,
  InjectedCronJobProps,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  Reload,
  Vault,
} from "../../constructs";
import { AccessDiff, grows } from "../../access/diff/diff";
import { CONTAINER, World } from "../support/world";
import { both, diffOf, expectGrowth, reading, said } from "./sides";

type External = Partial<Omit<ExternalWorkloadProps, "credentials">> & {
  readonly also?: (world: World) => Credential[];
  readonly credential?: Parameters<typeof Credential.uri>[1];
};

function external(app: App, { also = () => [], credential, ...props }: External): void {
  const world = reading(app);
  const identity = world.identity("cron");
  world.db.schema("sales").table("wizard").grants.read(identity);
  const credentials = [Credential.uri(world.db, credential), ...also(world)];
  new ExternalWorkload(world.workloads, "web", { identity, kind: "Deployment", credentials, ...props });
}

/** Verdicts of the workload, with the links that are named. */
function ofWorkload({ changes }: AccessDiff): string[] {
  return changes
    .filter(({ privileges }) => privileges.includes("RUN AS"))
    .map(({ verdict, links }) => [verdict, ...links.map(({ link }) => link)].join(" "));
}

describe("what the owner of a workload must write into its pods", () => {
  test.each<[string, External]>([
    ["another role at login", { annotations: { "vault.hashicorp.com/role": "shop.admin" } }],
    ["the token as a file", { injector: { injectToken: true } }],
    ["an agent that answers whoever asks", { agent: "init-and-sidecar", injector: { cacheUseAutoAuthToken: "force" } }],
    ["a login that outlives its app", { agent: "init-and-sidecar" }],
    ["another Vault", { vault: Vault.fromAddress({ addressFromPods: "https://vault.evil.example.com" }) }],
    ["a further secret", { secrets: [{ name: "x", path: "database/main/payroll/creds/eu.shop.web", template: "" }] }],
    ["an image of the agent", { injector: { agentImage: "registry.evil.example.com/vault:1" } }],
    [
      "a login of another program's database",
      {
        also: (world) => [
          Credential.uri(
            DatabaseAccess.fromMount(world.config, "far", {
              mountPath: "database/main/payroll",
              databaseName: "payroll",
              endpoint: { host: "main.example.com" },
            }),
          ),
        ],
      },
    ],
  ])("is growth: %s", (_, head) => {
    expectGrowth(both(external, {}, head));
    expect(ofWorkload(diffOf(both(external, {}, head)))[0]).toMatch(/^broadened/);
  });

  test.each<[string, External, External]>([
    ["another file", {}, { credential: { file: "other" } }],
    ["a way to tell the app of a new file", {}, { credential: { reload: Reload.httpPost({ port: 8080 }) } }],
    ["who makes its account", {}, { serviceAccount: "existing" }],
    ["time to end", {}, { drain: Duration.minutes(2) }],
  ])("is said: %s", (_, base, head) =>
    expect(ofWorkload(diffOf(both(external, base, head)))).toEqual(["rewired demands"]),
  );

  test("and is the same where nothing of it changed", () => expect(said(diffOf(both(external, {}, {})))).toEqual([]));

  test("one that we deploy in its place runs a program that nobody knew, and so does the reverse", () => {
    const build = (app: App, ours: boolean): void => {
      const world = reading(app);
      const identity = world.identity("cron");
      if (ours) world.deployment(identity, [], {}, "web");
      else new ExternalWorkload(world.workloads, "web", { identity, kind: "Deployment" });
    };
    expectGrowth(both(build, false, true));
    expectGrowth(both(build, true, false));
  });
});

describe("what stood still, and runs now", () => {
  const cron =
    (props: Partial<InjectedCronJobProps>) =>
    (world: World): void => {
      const identity = world.identity("cron");
      const base = { identity, containers: [CONTAINER], schedule: "0 3 * * *" };
      new InjectedCronJob(world.workloads, "cron", { ...base, ...props });
    };
  const deployment =
    (replicas: number) =>
    (world: World): void =>
      void new InjectedDeployment(world.workloads, "d", {
        identity: world.identity("d"),
        containers: [CONTAINER],
        replicas,
      });
  const stateful =
    (replicas: number) =>
    (world: World): void =>
      void new InjectedStatefulSet(world.workloads, "s", {
        identity: world.identity("s"),
        containers: [CONTAINER],
        replicas,
        serviceName: "s",
      });
  const elsewhere =
    (pods: number) =>
    (world: World): void =>
      void new ExternalWorkload(world.workloads, "e", { identity: world.identity("e"), kind: "StatefulSet", pods });
  const program = (app: App, make: (world: World) => void): void => make(reading(app));

  test.each<[string, (world: World) => void, (world: World) => void]>([
    ["a CronJob that was suspended", cron({ suspend: true }), cron({})],
    [
      "one whose runs may overlap",
      cron({ suspend: true, concurrencyPolicy: "Allow" }),
      cron({ concurrencyPolicy: "Allow" }),
    ],
    ["one for a day that never comes", cron({ schedule: "0 0 30 2 *" }), cron({ schedule: "* * * * *" })],
    ["one for a day of a short month", cron({ schedule: "0 0 31 4,6,sep,11 *" }), cron({})],
    ["a Deployment without pods", deployment(0), deployment(1)],
    ["a StatefulSet without pods", stateful(0), stateful(1)],
    ["a workload of somebody else without pods", elsewhere(0), elsewhere(3)],
  ])("%s: growth, and the reverse is not", (_, stopped, running) => {
    const diff = expectGrowth(both(program, stopped, running));
    expect(ofWorkload(diff)[0]).toMatch(/^broadened pods/);
    const back = diffOf(both(program, running, stopped));
    expect(grows(back)).toBe(false);
    expect(ofWorkload(back).join()).toMatch(/narrowed pods/);
  });

  test("one that is added without pods is growth already: somebody may start it by hand", () =>
    void expectGrowth(both(program, () => undefined, deployment(0))));

  test("another image of one that stands still is growth, too", () => {
    const other: Container = { ...CONTAINER, image: "registry.example.com/other:1" };
    expectGrowth(both(program, cron({ suspend: true }), cron({ suspend: true, containers: [other] })));
  });

  test.each<[string, Partial<InjectedCronJobProps>]>([
    ["another schedule", { schedule: "* * * * *" }],
    ["another time zone", { timeZone: "Europe/Zurich" }],
    ["how late it may start", { startingDeadline: Duration.seconds(5) }],
    ["how long it may run", { activeDeadline: Duration.seconds(5) }],
    ["what happens when one still runs", { concurrencyPolicy: "Replace" }],
  ])("when it runs is said: %s", (_, head) =>
    expect(ofWorkload(diffOf(both(program, cron({}), cron(head))))).toEqual(["rewired starts"]),
  );

  test("how long a Job may run is said", () => {
    const job =
      (seconds: number) =>
      (world: World): void =>
        void new InjectedJob(world.workloads, "j", {
          identity: world.identity("j"),
          containers: [CONTAINER],
          activeDeadline: Duration.seconds(seconds),
        });
    expect(ofWorkload(diffOf(both(program, job(1), job(3600))))).toEqual(["rewired starts"]);
  });

  test("a schedule that is computed is not taken for one that never comes", () => {
    const named = (world: World): string =>
      new TerraformVariable(world.workloads, "when", { default: "0 0 30 2 *" }).stringValue;
    const computed = (world: World): void => cron({ timeZone: named(world) })(world);
    expect(ofWorkload(diffOf(both(program, cron({}), computed)))).toEqual(["rewired starts"]);
  });
});
