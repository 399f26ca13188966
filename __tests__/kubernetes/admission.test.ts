import { App } from "cdktf";
import { parse } from "yaml";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentMode,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  ExternalWorkload,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  Migrations,
  PostgresInstance,
  NetworkTarget,
} from "../../constructs";
import { guardObjects, INJECTION_LABEL } from "../../access/model/injection-guard";
import { parseExternalPods } from "../../access/model/external-pod";
import { WorkloadKind } from "../../access/model/graph";
import { renderExternalPod } from "../../render/external-pod";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";
import { PlatformStack, PostgresStack } from "../../stacks";
import { scheduleProblem } from "../../constructs/workloads/cron-schedule";
import { loadProgram } from "../../bench";
import { preparePod } from "../../bench/injector/model";
import { manifestOf } from "../../bench/rehearse/handlers/kubernetes";
import { KINDS } from "../../bench/rehearse/handlers/kubernetes/kinds";
import { JsonObject, Where } from "../../bench/rehearse/model/values";
import { InjectorServer, startInjector } from "../../bench/injector/start";
import { KubernetesError, KubernetesObject, KubernetesServer, startKubernetes } from "../../bench/servers/kubernetes";
import { waitFor } from "../../bench/machine/process";
import { lookForInjector } from "../../bench/machine/tools";
import { CA } from "../support/certificates";
import { CONTAINER as EXAMPLE, World } from "../support/world";
import { production, shopInProduction } from "../support/production";

// A first run builds the API server.
const BUILD = 75 * 60_000;
const RESTRICTED = { "pod-security.kubernetes.io/enforce": "restricted" };
/** Namespaces that the guard names; the programs have their pods in `shop`, and may have some elsewhere. */
const GUARDED = ["shop"];
const ADMISSION = "/apis/admissionregistration.k8s.io/v1";
const PLURALS = {
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
};
const MISSING = { status: 403, detail: expect.stringContaining("the pod asks for Vault's agent and has none") };
const REFUSED = (error: unknown): boolean => {
  if (error instanceof KubernetesError && error.detail.includes("has none")) return true;
  throw error;
};
const CONTAINER = { ...EXAMPLE, image: "registry.corp.internal/app:1.0.0" };

/** A program that turns on what the example leaves alone. */
function everything(app: App): void {
  const world = new World(app, production);
  const { config, cluster, db } = world;
  const servers = new PostgresStack(app, "postgres", { environment: production, after: [config] });
  new PostgresInstance(servers, "own", {
    cluster,
    namespace: "data",
    majorVersion: 17,
    storage: "1Gi",
    storageClass: "fast",
    tlsSecret: "own-tls",
    ca: CA,
    allowFromNamespaces: ["shop", "vault"],
    maxConnections: 200,
  });
  new PlatformStack(app, "platform", {
    environment: production,
    namespaces: ["shop"],
    vault: {
      injectorAllowTo: [NetworkTarget.cidr("10.0.0.1/32", [443, 6443]), NetworkTarget.namespace("proxy", [3128])],
    },
  });
  const web = world.identity("web");
  db.schema("sales").table("wizard").grants.read(web);
  const migrator = world.identity("migrator");
  new DatabaseMigration(db, "own-container", {
    identity: migrator,
    migrations: Migrations.fromContainer({ name: "flyway", image: "registry.corp.internal/flyway:1" }),
    timeout: Duration.minutes(3),
  });
  new InjectedDeployment(world.workloads, "web", {
    identity: web,
    containers: [
      {
        ...CONTAINER,
        ports: [{ containerPort: 8080 }],
        env: [{ name: "MODE", value: "fast" }],
        volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
        livenessProbe: { httpGet: { path: "/healthz", port: 8080 } },
      },
      { name: "second", image: "registry.corp.internal/second:1" },
    ],
    initContainers: [{ name: "wait", image: "registry.corp.internal/wait:1" }],
    volumes: [{ name: "scratch", emptyDir: { sizeLimit: "10Mi" } }],
    credentials: [
      Credential.uri(db),
      Credential.json(db, { file: "login.json" }),
      Credential.keywords(db, { file: "keywords" }),
      Credential.serviceFile(db, { file: "service" }),
    ],
    labels: { tier: "front" },
    annotations: { "example.com/owner": "shop" },
    injector: { requestsCpu: "10m", limitsCpu: "", limitsMemory: "64Mi", runAsUser: 1234, runAsGroup: 1234 },
    drain: Duration.seconds(60),
    imagePullSecrets: ["registry"],
    nodeSelector: { pool: "apps" },
    tolerations: [{ key: "dedicated", operator: "Equal", value: "apps", effect: "NoSchedule" }],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: {
              topologyKey: "kubernetes.io/hostname",
              labelSelector: [{ matchLabels: { "app.kubernetes.io/name": "web" } }],
            },
          },
        ],
      },
    },
    priorityClassName: "system-cluster-critical",
    fsGroup: 2000,
    objectLabels: { team: "shop" },
    objectAnnotations: { "example.com/contact": "shop" },
    strategy: { maxSurge: 1, maxUnavailable: "10%" },
    minReadySeconds: 5,
    rawPodSpec: { hostname: "front" },
  });
}

const SCHEDULES = {
  taken: ["@hourly", "@every 1h30m", "*/5 * * * *", "0-29/5,45 2 1,15 jan-JUN mon-fri", "? ? ? ? 0", "5/10 * * * *"],
  refused: ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7"].concat(
    ...["*/0 * * * *", "5-1 * * * *", "* * * * someday", "@often", "TZ=Europe/Zurich 1 * * * *", "a b c d e"],
  ),
};

/** Each kind of workload with all that is its own. */
function kinds(app: App, agent?: AgentMode): void {
  const world = new World(app, production);
  const identity = world.identity("web");
  world.db.schema("sales").table("wizard").grants.read(identity);
  const pod = { identity, containers: [CONTAINER], credentials: [Credential.uri(world.db)], agent };
  new InjectedStatefulSet(world.workloads, "set", {
    ...pod,
    containers: [
      {
        ...CONTAINER,
        volumeMounts: [{ name: "data", mountPath: "/data" }],
        startupProbe: { tcpSocket: { port: 8080 } },
        readinessProbe: { grpc: { port: 8080 } },
      },
    ],
    replicas: 3,
    podManagementPolicy: "Parallel",
    updateStrategy: "OnDelete",
    volumeClaims: [{ name: "data", storage: "1Gi", storageClass: "fast" }],
  });
  new InjectedDaemonSet(world.workloads, "daemon", { ...pod, maxUnavailable: "25%" });
  const run = {
    ...pod,
    backoffLimit: 1,
    parallelism: 2,
    completions: 4,
    restartPolicy: "OnFailure" as const,
    activeDeadline: Duration.minutes(5),
    ttlAfterFinished: Duration.hours(1),
  };
  new InjectedJob(world.workloads, "job", run);
  for (const [index, schedule] of SCHEDULES.taken.entries())
    new InjectedCronJob(world.workloads, `cron-${index}`, {
      ...run,
      schedule,
      timeZone: "Europe/Zurich",
      startingDeadline: Duration.minutes(5),
      suspend: true,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 0,
    });
}

const PROGRAMS: Readonly<Record<string, (app: App) => void>> = {
  "the example, in the sandbox": (app) => shop(app, sandbox),
  "the example, in production": shopInProduction,
  "every option of a workload, a server and a migration": everything,
  "every kind of workload": kinds,
  "every kind of workload, its agent in the old way": (app) => kinds(app, "init-and-sidecar"),
};

/** Every Kubernetes object of a synthesized program, as its provider sends it. */
async function objectsOf(build: (app: App) => void): Promise<KubernetesObject[]> {
  return (await synthesized(build)).objects;
}

/** The objects, and what the owners of other workloads are told. */
async function synthesized(
  build: (app: App) => void,
): Promise<{ readonly objects: KubernetesObject[]; readonly told: string | undefined }> {
  const outdir = mkdtempSync(join(tmpdir(), "leasehold-admission-"));
  try {
    const app = new App({ outdir });
    build(app);
    app.synth();
    const { stacks } = await loadProgram(outdir);
    const file = join(outdir, "workloads.json");
    const told = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    const objects = stacks.flatMap(({ name, blocks }) =>
      [...blocks.values()].flatMap((block) => {
        if (!block.type.startsWith("kubernetes_") || block.kind !== "resource") return [];
        const kind = KINDS.find(({ type }) => type === block.type);
        if (!kind) throw new Error(`${block.address}: no such kind`);
        // The only references among objects are to another's name.
        const text = JSON.stringify(block.arguments).replace(
          /\$\{(kubernetes_\w+\.\w+)\.metadata\[0\]\.name\}/g,
          (_all, address: string) =>
            String((blocks.get(address)?.arguments.metadata as { name?: string } | undefined)?.name),
        );
        expect(text).not.toContain("${");
        return [manifestOf(kind, JSON.parse(text) as JsonObject, new Where(name, block.address)) as KubernetesObject];
      }),
    );
    return { objects, told };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** One workload with a database that has a CA, made by us, or by somebody else who is told what it needs. */
function oneOf(kind: WorkloadKind, external: boolean, agent: AgentMode): (app: App) => void {
  return (app) => {
    const world = new World(app, production);
    const identity = world.identity("web");
    world.db.schema("sales").table("wizard").grants.read(identity);
    const ca = DatabaseAccess.fromMount(world.workloads, "crm", {
      mountPath: "database/crm",
      databaseName: "crm",
      endpoint: { host: "crm.internal" },
      ca: CA,
    });
    const given = { identity, agent, credentials: [Credential.uri(world.db), Credential.uri(ca)] };
    if (external) return void new ExternalWorkload(world.workloads, "web", { ...given, kind });
    const own = { ...given, containers: [CONTAINER] };
    if (kind === "Deployment") new InjectedDeployment(world.workloads, "web", own);
    if (kind === "StatefulSet") new InjectedStatefulSet(world.workloads, "web", own);
    if (kind === "DaemonSet") new InjectedDaemonSet(world.workloads, "web", own);
    if (kind === "Job") new InjectedJob(world.workloads, "web", own);
    if (kind === "CronJob") new InjectedCronJob(world.workloads, "web", { ...own, schedule: "@hourly" });
  };
}

/** The object as its owner has it before he is told anything. */
function ownersObject(kind: WorkloadKind): KubernetesObject {
  const labels = { "app.kubernetes.io/name": "web" };
  const container = {
    ...{ name: "app", image: CONTAINER.image },
    securityContext: {
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true },
      capabilities: { drop: ["ALL"] },
    },
  };
  const once = kind === "Job" || kind === "CronJob";
  const template = {
    metadata: { labels },
    spec: { containers: [container], enableServiceLinks: false, restartPolicy: once ? "Never" : "Always" },
  };
  const spec = {
    Deployment: { selector: { matchLabels: labels }, template },
    StatefulSet: { selector: { matchLabels: labels }, serviceName: "web", template },
    DaemonSet: { selector: { matchLabels: labels }, template },
    Job: { template },
    CronJob: { schedule: "@hourly", jobTemplate: { spec: { template } } },
  }[kind];
  return { apiVersion: once ? "batch/v1" : "apps/v1", kind, metadata: { name: "web", namespace: "shop" }, spec };
}

interface PodTemplate {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly securityContext?: object;
    readonly volumes?: readonly object[];
    readonly containers: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
}

/** A pod at the restricted level that asks for an agent unless told otherwise. */
function askingPod(
  annotations: Readonly<Record<string, string>> = { "vault.hashicorp.com/agent-inject": "true" },
  more: Partial<PodTemplate["spec"]> = {},
): PodTemplate {
  const { template } = ownersObject("Deployment").spec as unknown as { template: { spec: object } };
  const spec = { ...template.spec, securityContext: { seccompProfile: { type: "RuntimeDefault" } }, ...more };
  return { metadata: { annotations }, spec: spec as PodTemplate["spec"] };
}

/** The pod template, with the claims of a StatefulSet as its controller puts them in. */
function templateOf({ spec }: KubernetesObject): PodTemplate | undefined {
  const { jobTemplate, ...own } = (spec ?? {}) as { jobTemplate?: { spec: object } };
  const { template, volumeClaimTemplates = [] } = (jobTemplate?.spec ?? own) as {
    template?: PodTemplate;
    volumeClaimTemplates?: readonly { metadata: { name: string } }[];
  };
  if (!template) return undefined;
  const claims = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-0` },
  }));
  return { ...template, spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claims] } };
}

/** Without the order of volumes, and what the API server gives each pod a name of its own for. */
function comparable(spec: PodTemplate["spec"]): PodTemplate["spec"] {
  const text = JSON.stringify(spec).replace(/kube-api-access-[a-z0-9]+/g, "kube-api-access");
  // What is false is what it would be unsaid.
  const copy = JSON.parse(text, (_key, value: unknown) => (value === false ? undefined : value)) as PodTemplate["spec"];
  const byName = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return { ...copy, volumes: [...(copy.volumes ?? [])].sort(byName) };
}

const KINDS_OF_INJECTOR: InjectorServer["kind"][] = lookForInjector() ? ["model", "vault-k8s 1.7.6"] : ["model"];

describe.each(KINDS_OF_INJECTOR)("the API server admits what is synthesized, injector: %s", (kind) => {
  let kubernetes: KubernetesServer;
  let injector: InjectorServer;

  beforeAll(async () => {
    kubernetes = await startKubernetes();
    await kubernetes.ensureNamespace("vault");
    injector = await startInjector({ kubernetes, vaultAddress: "http://vault.vault.svc:8200", kind });
    // Everything below is admitted with the guard in force.
    for (const object of guardObjects({ namespace: "vault", release: "vault", injected: GUARDED }))
      await kubernetes.request("POST", `${ADMISSION}/${PLURALS[object.kind]}`, object, {
        query: { fieldValidation: "Strict" },
      });
    await kubernetes.ensureNamespace("labelled", { [INJECTION_LABEL]: "required" });
    await kubernetes.ensureNamespace("somebodys");
    for (const namespace of GUARDED) await kubernetes.ensureNamespace(namespace, RESTRICTED);
    // The API server takes a new policy up when it has heard of it.
    for (const namespace of ["labelled", "shop"])
      await waitFor(() => untouched(namespace, askingPod()).then(() => false, REFUSED), {
        what: `the guard of ${namespace} is in force`,
        timeoutMs: 60_000,
      });
  }, BUILD);
  afterAll(async () => {
    await injector?.stop();
    await kubernetes?.stop();
  });

  /** Asks for a pod as it is, which no injector touches any more, and stores nothing. */
  async function untouched(namespace: string, { metadata, spec }: PodTemplate): Promise<KubernetesObject> {
    const annotations = { ...metadata.annotations, "vault.hashicorp.com/agent-inject-status": "injected" };
    const pod = {
      ...{ apiVersion: "v1", kind: "Pod", spec },
      metadata: { ...metadata, annotations, generateName: "pod-", namespace },
    };
    return kubernetes.request("POST", `/api/v1/namespaces/${namespace}/pods`, pod, { query: { dryRun: "All" } });
  }

  /** Asks for a pod of the template, after injection, and stores nothing. */
  async function admit(namespace: string, template: PodTemplate): Promise<KubernetesObject> {
    const metadata = { ...template.metadata, generateName: "pod-", namespace };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: template.spec };
    const query = { dryRun: "All", fieldValidation: "Strict" };
    return kubernetes.request("POST", `/api/v1/namespaces/${namespace}/pods`, await preparePod(kubernetes, pod), {
      query,
    });
  }

  describe.each(Object.entries(PROGRAMS))("%s", (_name, build) => {
    let objects: KubernetesObject[];
    beforeAll(async () => {
      objects = await objectsOf(build);
      // Restricted everywhere, in namespaces that the program does not make too.
      const namespaces = new Set(
        objects.map(({ metadata }) => metadata?.namespace).filter((name) => name !== undefined),
      );
      for (const namespace of namespaces) await kubernetes.ensureNamespace(namespace, RESTRICTED);
      // A pod is admitted only if its ServiceAccount is there.
      for (const object of objects) if (object.kind === "ServiceAccount") await kubernetes.apply(object);
    });

    test("every object passes a dry run that refuses unknown and doubled fields", async () => {
      expect(objects.length).toBeGreaterThan(0);
      for (const object of objects) {
        const { name, namespace } = object.metadata ?? {};
        const { plural, apiVersion } = KINDS.find((one) => one.kind === object.kind) as (typeof KINDS)[number];
        const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
        const path = `${group}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}/${name}`;
        const answer = await kubernetes.request("PATCH", path, object, {
          contentType: "application/apply-patch+yaml",
          query: { dryRun: "All", fieldManager: "admission", force: "true", fieldValidation: "Strict" },
        });
        expect(answer.metadata?.name).toBe(name);
      }
    });

    test("every pod is admitted at the restricted level with the injected containers in it", async () => {
      const owners = objects.filter((object) => templateOf(object) !== undefined);
      expect(owners.length).toBeGreaterThan(0);
      for (const owner of owners) {
        const template = templateOf(owner) as PodTemplate;
        const { spec } = await admit(owner.metadata?.namespace as string, template);
        const { containers, initContainers = [] } = spec as PodTemplate["spec"];
        const agents = [...containers, ...initContainers].filter(({ name }) => name.startsWith("vault-agent"));
        expect([owner.metadata?.name, agents.length > 0]).toEqual([owner.metadata?.name, true]);
      }
    });

    test("no pod is admitted that came out without its agent", async () => {
      let tried = 0;
      for (const owner of objects) {
        const template = templateOf(owner);
        const namespace = owner.metadata?.namespace as string;
        if (!template || !GUARDED.includes(namespace)) continue;
        if (template.metadata.annotations?.["vault.hashicorp.com/agent-inject"] !== "true") continue;
        await expect(untouched(namespace, template)).rejects.toMatchObject(MISSING);
        tried += 1;
      }
      expect(tried).toBeGreaterThan(0);
    });

    test("no pod is admitted without the seccomp profile that the pod sets for the injected containers", async () => {
      for (const owner of objects) {
        const template = templateOf(owner);
        if (!template) continue;
        const open = { ...template, spec: { ...template.spec, securityContext: { runAsNonRoot: true } } };
        await expect(admit(owner.metadata?.namespace as string, open)).rejects.toMatchObject({
          status: 403,
          detail: expect.stringMatching(/violates PodSecurity "restricted.*seccompProfile/),
        });
      }
    });
  });

  describe.each<AgentMode>(["native-sidecar", "init-and-sidecar"])(
    "a workload of somebody else, agent: %s",
    (agent) => {
      test.each<WorkloadKind>(["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])(
        "%s: what `leasehold annotations` prints makes its pod the one that we would make",
        async (kind) => {
          await kubernetes.ensureNamespace("shop", RESTRICTED);
          const own = await synthesized(oneOf(kind, false, agent));
          expect(own.told).toBeUndefined();
          const { objects, told } = await synthesized(oneOf(kind, true, agent));
          for (const object of objects) if (object.kind === "ServiceAccount") await kubernetes.apply(object);
          const [pod] = parseExternalPods(told as string);

          // As kubectl and kustomize do it: the API server merges the patch into the owner's object.
          const { plural, apiVersion } = KINDS.find((one) => one.kind === kind) as (typeof KINDS)[number];
          const collection = `/apis/${apiVersion}/namespaces/shop/${plural}`;
          await kubernetes.request("POST", collection, ownersObject(kind));
          const patch = parse(renderExternalPod(pod, "kustomize").replace(/CONTAINER/g, "app")) as KubernetesObject;
          let merged: KubernetesObject;
          try {
            if (kind === "Job") {
              // The template of a Job that is there cannot be changed: its owner makes it anew.
              await kubernetes.request("DELETE", `${collection}/web`, undefined, {
                query: { propagationPolicy: "Background" },
              });
              const old = ownersObject(kind) as unknown as { spec: { template: { spec: object; metadata: object } } };
              const { template } = (patch as unknown as typeof old).spec;
              Object.assign(old.spec.template.metadata, template.metadata);
              const [container] = (old.spec.template.spec as { containers: object[] }).containers;
              const [more] = (template.spec as { containers: object[] }).containers;
              Object.assign(old.spec.template.spec, template.spec, { containers: [{ ...container, ...more }] });
              merged = await kubernetes.request("POST", collection, old as unknown as KubernetesObject);
            } else {
              merged = await kubernetes.request("PATCH", `${collection}/web`, patch, {
                contentType: "application/strategic-merge-patch+json",
              });
            }
          } finally {
            await kubernetes.request("DELETE", `${collection}/web`, undefined, {
              query: { propagationPolicy: "Background" },
            });
          }
          const ours = own.objects.find((object) => object.kind === kind) as KubernetesObject;
          const theirs = await admit("shop", templateOf(merged) as PodTemplate);
          const expected = await admit("shop", templateOf(ours) as PodTemplate);
          expect(comparable(theirs.spec as PodTemplate["spec"])).toEqual(
            comparable(expected.spec as PodTemplate["spec"]),
          );
          expect(theirs.metadata?.annotations).toEqual(expected.metadata?.annotations);
        },
        120_000,
      );
    },
  );

  describe("the guard of the injection", () => {
    const asks = "vault.hashicorp.com/agent-inject";
    const only = "vault.hashicorp.com/agent-pre-populate-only";
    const agent = { ...askingPod().spec.containers[0], name: "vault-agent" };

    test.each(["shop", "labelled"])("in namespace %s a pod without its agent is refused", async (namespace) => {
      for (const value of ["true", "T", "1"])
        await expect(untouched(namespace, askingPod({ [asks]: value }))).rejects.toMatchObject(MISSING);
      // An agent that ends before the containers start is none for a pod that did not ask for that.
      const init = { initContainers: [{ ...agent, name: "vault-agent-init" }] };
      await expect(untouched(namespace, askingPod({ [asks]: "true" }, init))).rejects.toMatchObject(MISSING);
      const decoy = { initContainers: [{ ...agent, name: "vault-agent-2" }] };
      await expect(untouched(namespace, askingPod({ [asks]: "true" }, decoy))).rejects.toMatchObject(MISSING);
    });

    test.each<[string, PodTemplate]>([
      ["asks for nothing", askingPod({})],
      ["says that it wants no agent", askingPod({ [asks]: "false" })],
      [
        "has the agent beside it",
        askingPod({ [asks]: "true" }, { containers: [...askingPod().spec.containers, agent] }),
      ],
      ["has the agent as a native sidecar", askingPod({ [asks]: "true" }, { initContainers: [agent] })],
      [
        "asks for an agent that ends, and has it",
        askingPod({ [asks]: "true", [only]: "true" }, { initContainers: [{ ...agent, name: "vault-agent-init" }] }),
      ],
    ])("a pod that %s is admitted", async (_what, template) => {
      for (const namespace of ["shop", "labelled"]) expect((await untouched(namespace, template)).kind).toBe("Pod");
    });

    test("in a namespace that is neither named nor labelled it refuses nothing", async () => {
      expect((await untouched("somebodys", askingPod())).kind).toBe("Pod");
    });
  });

  test.each(SCHEDULES.refused)(
    "the schedule %j, which is refused at synthesis, is refused by it too",
    async (schedule) => {
      expect(scheduleProblem(schedule)).toBeDefined();
      await kubernetes.ensureNamespace("shop");
      const containers = [{ name: "app", image: "i" }];
      const template = { spec: { containers, restartPolicy: "Never" } };
      const cron = { metadata: { name: "a" }, spec: { schedule, jobTemplate: { spec: { template } } } };
      const path = "/apis/batch/v1/namespaces/shop/cronjobs";
      const query = { dryRun: "All" };
      await expect(
        kubernetes.request("POST", path, { apiVersion: "batch/v1", kind: "CronJob", ...cron }, { query }),
      ).rejects.toMatchObject({ status: 422 });
    },
  );
});
