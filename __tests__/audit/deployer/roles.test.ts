import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { App, TerraformResource } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { deployerRoles, DeployerRoles } from "../../../audit/deployer/kubernetes";
import { RoleRule } from "../../../audit/deployer/rights";
import { roleObjects, subjectOf } from "../../../audit/deployer/role-objects";
import { ChartObject, ChartObjects, vaultChartObjects } from "../../../audit/deployer/vault-chart";
import { emptyState, HelmRelease, loadProgram, Program, Rehearsal } from "../../../bench";
import { waitFor } from "../../../bench/machine/process";
import { RehearsalCluster } from "../../../bench/rehearse/model/contracts";
import {
  KubernetesError,
  KubernetesObject,
  KubernetesServer,
  RequestOptions,
  startKubernetes,
} from "../../../bench/servers/kubernetes";
import {
  Credential,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
} from "../../../constructs";
import { PlatformStack } from "../../../stacks";
import { leasehold } from "../../cli/fake-io";
import { production } from "../../support/production";
import { CONTAINER, World } from "../../support/world";

jest.setTimeout(10 * 60_000);

const STACKS = ["platform", "workloads"];
const RBAC = "rbac.authorization.k8s.io";

/** A platform, and a workload of each kind. In its second version each object has another label. */
function synthesize(outdir: string, version: 1 | 2): void {
  const app = new App({ outdir });
  const world = new World(app, production);
  const vault = version === 1 ? {} : { injectNamespaces: ["others", "shop"] };
  new PlatformStack(app, "platform", { environment: production, namespaces: ["shop"], vault });
  const identity = world.identity("web");
  world.db.schema("sales").table("wizard").grants.read(identity);
  const container = { ...CONTAINER, image: "registry.corp.internal/app:1.0.0" };
  const pod = { identity, containers: [container], credentials: [Credential.uri(world.db)] };
  const { workloads } = world;
  new InjectedDeployment(workloads, "deployment", pod);
  new InjectedStatefulSet(workloads, "set", pod);
  new InjectedDaemonSet(workloads, "daemon", pod);
  new InjectedCronJob(workloads, "cron", { ...pod, schedule: "@hourly" });
  new InjectedJob(workloads, "job", pod);
  // Of these kinds Leasehold makes some with a server of its own, and its user some.
  const metadata = { name: "web", namespace: "shop" };
  new ServiceV1(workloads, "service", { metadata, spec: { port: [{ port: 80 }], selector: { a: "b" } } });
  new NetworkPolicyV1(workloads, "policy", { metadata, spec: { podSelector: {}, policyTypes: ["Ingress"] } });
  new ClusterRoleBindingV1(workloads, "binding", {
    metadata: { name: "proxiers" },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "system:node-proxier" },
    subject: [{ kind: "ServiceAccount", name: "proxier", namespace: "shop" }],
  });
  for (const child of app.node.findAll())
    if (child instanceof TerraformResource && child.terraformResourceType.startsWith("kubernetes_"))
      child.addOverride("metadata.labels.version", `${version}`);
  app.synth();
}

/** Each right alone, as `namespace group/plural verb name`, with `*` for all names. */
function single(namespace: string, rules: readonly RoleRule[]): string[] {
  return rules.flatMap(({ apiGroups: [group], resources: [plural], verbs, resourceNames = ["*"] }) =>
    verbs.flatMap((verb) => resourceNames.map((name) => `${namespace} ${group}/${plural} ${verb} ${name}`)),
  );
}

const allOf = ({ cluster, namespaces }: DeployerRoles): string[] => [
  ...single("", cluster),
  ...[...namespaces].flatMap(([namespace, rules]) => single(namespace, rules)),
];

const covers = (right: string, request: string): boolean =>
  right === request || (right.endsWith(" *") && request.startsWith(right.slice(0, -1)));

/** What the chart's Roles hand on, in the same words. */
const handedOnBy = ({ handedOn }: ChartObjects): string[] =>
  handedOn.flatMap(({ namespace = "", group, plural, verbs }) =>
    verbs.map((verb) => `${namespace} ${group}/${plural} ${verb} *`),
  );

describe("who deploys with the Roles that were computed, and no others", () => {
  let kubernetes: KubernetesServer;
  let folder: string;
  let token: string;
  let chart: ChartObjects;
  const state = emptyState();
  const programs: Program[] = [];
  /** Each request by that token. */
  const asked = new Set<string>();
  const outdir = (version: number): string => join(folder, `v${version}`);
  const rolesOf = (planOnly: boolean): DeployerRoles => deployerRoles(outdir(1), { planOnly, stacks: STACKS });
  const deployer = subjectOf("serviceaccount:default/deployer");

  /** A request by the token. */
  async function ask(
    method: string,
    path: string,
    body?: object,
    options: Omit<RequestOptions, "token"> = {},
  ): Promise<KubernetesObject> {
    asked.add(rightOf(method, path));
    return kubernetes.request(method, path, body, { ...options, token });
  }

  /** As the providers ask, which neither apply on the server's side nor make what is there: the rehearsal does. */
  const asProviders: RehearsalCluster = {
    async request(method, path, given, options) {
      const body = given as KubernetesObject | undefined;
      // What the missing controller of namespaces would do.
      if (path.endsWith("/finalize")) return kubernetes.request(method, path, body);
      if (method !== "PATCH") return ask(method, path, body, { query: options?.query });
      // Helm looks first, and the rehearsal did that for the provider of Kubernetes.
      if (path.includes("validatingadmission")) await ask("GET", path).catch(unlessMissing);
      const there = await kubernetes.request("GET", path).catch(unlessMissing);
      if (!there) return ask("POST", path.replace(/\/[^/]+$/, ""), body);
      if (!path.includes("/cronjobs/")) return ask("PATCH", path, body, MERGE);
      const resourceVersion = there.metadata?.resourceVersion;
      return ask("PUT", path, { ...body, metadata: { ...body?.metadata, resourceVersion } });
    },
  };

  /** As Helm 3 asks, which was seen with the real chart on this API server. */
  async function playHelm({ name, namespace, values, chart: of }: HelmRelease): Promise<void> {
    expect(of).toBe("vault");
    chart = vaultChartObjects(name, namespace, values[0]);
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    await ask("GET", secrets);
    const earlier = await kubernetes.request("GET", `${secrets}/release`).catch(unlessMissing);
    if (!earlier) await ask("POST", secrets, { metadata: { name: "release" } });
    for (const object of chart.objects) {
      const path = pathOf(object);
      const there = await ask("GET", `${path}/${object.name}`).catch(unlessMissing);
      if (!there) await ask("POST", path, bodyOf(object, chart));
      else await ask("PATCH", `${path}/${object.name}`, { metadata: { labels: { a: "b" } } }, MERGE);
    }
    await ask("GET", `/apis/apps/v1/namespaces/${namespace}/replicasets`);
    await ask("PUT", `${secrets}/release`, { metadata: { name: "release" } });
  }
  async function playUninstall({ namespace }: { namespace: string }): Promise<void> {
    for (const object of chart.objects) await ask("DELETE", `${pathOf(object)}/${object.name}`);
    await ask("GET", `/api/v1/namespaces/${namespace}/secrets/release`);
    await ask("DELETE", `/api/v1/namespaces/${namespace}/secrets/release`);
  }

  const engine = (): Rehearsal =>
    new Rehearsal(
      {
        vault: { address: "http://127.0.0.1:1", token: "" },
        kubernetes: asProviders,
        postgres: (endpoint) => endpoint,
      },
      {
        onHelmRelease: playHelm,
        onHelmUninstall: playUninstall,
        // A Role is in a namespace: an administrator makes it when the namespace is there.
        onNamespace: async ({ metadata }) => {
          const namespace = (metadata as { name: string }).name;
          await give(rolesOf(false), (one) => one.metadata?.namespace === namespace);
          await inForce(single(namespace, rolesOf(false).namespaces.get(namespace) ?? []), "deployer");
        },
      },
      { state },
    );

  async function give(roles: DeployerRoles, which: (object: KubernetesObject) => boolean): Promise<void> {
    const objects = roleObjects(roles, "leasehold-deployer", deployer) as KubernetesObject[];
    for (const object of objects.filter(which)) await kubernetes.apply(object);
  }

  /** Whether the API server's authorizer lets somebody do it. */
  async function may(account: string, right: string): Promise<boolean> {
    const [namespace, kind, verb, name] = right.split(" ");
    const [group, resource] = kind.split("/");
    const resourceAttributes = { namespace, group, resource, verb, ...(name !== "*" && { name }) };
    const review = await kubernetes.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: { user: `system:serviceaccount:default:${account}`, resourceAttributes },
    });
    return (review.status as { allowed: boolean }).allowed;
  }
  const inForce = (rights: readonly string[], account: string): Promise<unknown> =>
    waitFor(() => may(account, rights[0]), { what: `the rights of ${account} are in force`, timeoutMs: 60_000 });

  /** An account that has all rights of the place but one. */
  async function withAllBut(account: string, right: string): Promise<void> {
    const [namespace] = right.split(" ");
    const left = allOf(rolesOf(false)).filter((one) => one !== right && one.startsWith(`${namespace} `));
    const rules = left.map((one): RoleRule => {
      const [, kind, verb, name] = one.split(" ");
      const [group, plural] = kind.split("/");
      return { apiGroups: [group], resources: [plural], verbs: [verb], ...(name !== "*" && { resourceNames: [name] }) };
    });
    const roles =
      namespace === ""
        ? { cluster: rules, namespaces: new Map() }
        : { cluster: [], namespaces: new Map([[namespace, rules]]) };
    for (const object of roleObjects(
      { ...roles, notCovered: [] },
      account,
      subjectOf(`serviceaccount:default/${account}`),
    ))
      await kubernetes.apply(object as KubernetesObject);
    await inForce(left, account);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-deployer-"));
    kubernetes = await startKubernetes();
    await kubernetes.apply({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "deployer", namespace: "default" },
    });
    token = await kubernetes.tokenFor("default", "deployer");
    for (const version of [1, 2] as const) {
      synthesize(outdir(version), version);
      programs.push(await loadProgram(outdir(version)));
    }
    // Nothing of the others is in the cluster.
    for (const { name } of programs[0].stacks) if (!STACKS.includes(name)) state.stacks[name] = {};
  }, 75 * 60_000);
  afterAll(async () => {
    await kubernetes?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("makes all, reads all, changes all", async () => {
    expect(rolesOf(false).notCovered).toEqual([]);
    await give(rolesOf(false), ({ kind }) => kind?.startsWith("Cluster") === true);
    await inForce(single("", rolesOf(false).cluster), "deployer");
    for (const version of [0, 1])
      for (const stack of STACKS) await engine().apply(programs[version], { stacks: [stack] });
    // A plan reads every object of the provider of Kubernetes.
    const read = allOf(rolesOf(true)).filter((right) => right.includes(" get "));
    expect(read.length).toBeGreaterThan(10);
    for (const right of read) await ask("GET", pathOfRight(right));
  });

  test("each right that is taken away is one that the API server refuses, and no other right gives it again", async () => {
    const rights = allOf(rolesOf(false));
    expect(rights.length).toBeGreaterThan(100);
    const answers = rights.map(async (right, index) => {
      await withAllBut(`less-${index}`, right);
      return [right, await may("deployer", right), await may(`less-${index}`, right)];
    });
    expect(await Promise.all(answers)).toEqual(rights.map((right) => [right, true, false]));
  });

  test("without a right that a Role or a binding hands on, the API server refuses it", async () => {
    const rights = allOf(rolesOf(false));
    const tried = [...new Set(handedOnBy(chart)), BINDS].map(async (right) => {
      const account = `less-${rights.indexOf(right)}`;
      await kubernetes.apply(accountOf(account));
      const less = await kubernetes.tokenFor("default", account);
      const attempt = (path: string, body: object): Promise<string> =>
        kubernetes.request("POST", path, body, { token: less, query: { dryRun: "All" } }).then(
          () => "made",
          (error: KubernetesError) => error.detail,
        );
      const ofChart = chart.objects.filter(
        ({ group, namespace = "" }) => group === RBAC && right.startsWith(`${namespace} `),
      );
      const answers = await Promise.all([
        ...ofChart.map((one) => attempt(pathOf(one), bodyOf({ ...one, name: `${one.name}-2` }, chart, one.name))),
        attempt(`/apis/${RBAC}/v1/clusterrolebindings`, {
          metadata: { name: "proxiers-2" },
          roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "system:node-proxier" },
        }),
      ]);
      return [right, answers.some((one) => one.includes("attempting to grant RBAC permissions not currently held"))];
    });
    const answers = await Promise.all(tried);
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter(([, refused]) => !refused)).toEqual([]);
  });

  test("who only plans reads, and no more", () => {
    const rights = allOf(rolesOf(true));
    expect(rights.filter((right) => !right.includes(" get ")).sort()).toEqual(["vault /secrets list *"]);
    expect(rights.filter((right) => !allOf(rolesOf(false)).some((one) => covers(one, right)))).toEqual([]);
  });

  test("takes all away", async () => {
    for (const stack of [...STACKS].reverse()) await engine().destroy({ stacks: [stack], program: programs[1] });
    expect(STACKS.filter((stack) => stack in state.stacks)).toEqual([]);
  });

  test("has no right that nothing asked for or handed on, and each request had one", () => {
    const needless = allOf(rolesOf(false)).filter(
      (right) => ![...asked, ...handedOnBy(chart), BINDS].some((request) => covers(right, request)),
    );
    expect(needless).toEqual([]);
  });
});

const accountOf = (name: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace: "default" },
});
/** What the program's binding asks. */
const BINDS = ` ${RBAC}/clusterroles bind system:node-proxier`;
const MERGE = { contentType: "application/merge-patch+json" };
function unlessMissing(error: unknown): undefined {
  if (error instanceof KubernetesError && error.status === 404) return undefined;
  throw error;
}
function rightOf(method: string, path: string): string {
  const [, group = "", namespace = "", plural, name] =
    /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const verb = {
    GET: name === undefined ? "list" : "get",
    POST: "create",
    PATCH: "patch",
    PUT: "update",
    DELETE: "delete",
  }[method];
  return `${namespace} ${group}/${plural} ${verb} ${name ?? "*"}`;
}
function pathOf({ group, plural, namespace }: Pick<ChartObject, "group" | "plural" | "namespace">): string {
  return `${group === "" ? "/api" : `/apis/${group}`}/v1${namespace ? `/namespaces/${namespace}` : ""}/${plural}`;
}
function pathOfRight(right: string): string {
  const [namespace, kind, , name] = right.split(" ");
  const [group, plural] = kind.split("/");
  return `${pathOf({ group, plural, namespace })}/${name}`;
}

/** An object of the chart, as short as the API server takes it; a Role allows what the chart's hands on. */
function bodyOf({ plural, name, namespace }: ChartObject, { handedOn }: ChartObjects, role = name): object {
  const selector = { matchLabels: { app: name } };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "a", image: "a" }] } };
  const rules = handedOn
    .filter((one) => one.namespace === namespace && !one.plural.endsWith("reviews"))
    .map((one) => ({ apiGroups: [one.group], resources: [one.plural], verbs: one.verbs }));
  const kind = plural === "rolebindings" ? "Role" : "ClusterRole";
  const bound =
    role === "vault-server-binding"
      ? "system:auth-delegator"
      : role.replace(/-(role)?binding$/, plural === "rolebindings" ? "-role" : "-clusterrole");
  return {
    metadata: { name },
    ...{
      services: { spec: { ports: [{ port: 1 }] } },
      statefulsets: { spec: { selector, template, serviceName: "a" } },
      deployments: { spec: { selector, template } },
      networkpolicies: { spec: { podSelector: {} } },
      poddisruptionbudgets: { spec: { selector, maxUnavailable: 1 } },
      roles: { rules },
      clusterroles: { rules },
      rolebindings: { roleRef: { apiGroup: RBAC, kind, name: bound } },
      clusterrolebindings: { roleRef: { apiGroup: RBAC, kind, name: bound } },
    }[plural],
  };
}

describe("the command", () => {
  test("prints them for kubectl", async () => {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-deployer-"));
    try {
      synthesize(folder, 1);
      const args = ["deployer", "--kubernetes", "--to", "group:deployers", "--out", folder];
      const { code, out } = await leasehold([...args, "--stack", "workloads", "--plan-only"]);
      expect(code).toBe(0);
      const objects = parseAllDocuments(out).map((one) => one.toJS() as KubernetesObject);
      expect(objects.map(({ kind, metadata }) => `${kind} ${metadata?.namespace ?? ""}/${metadata?.name}`)).toEqual([
        ...["ClusterRole /leasehold-planner", "ClusterRoleBinding /leasehold-planner"],
        ...["Role shop/leasehold-planner", "RoleBinding shop/leasehold-planner"],
      ]);
      expect(objects[1].subjects).toEqual([{ kind: "Group", name: "deployers", apiGroup: RBAC }]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each<[string[], string]>([
    [["--kubernetes"], "--kubernetes needs --to"],
    [["--to", "group:a"], "--to goes with --kubernetes"],
    [["--name", "a"], "--name goes with --kubernetes, and with --postgres --plan-only"],
    [["--kubernetes", "--to", "everybody"], 'to "everybody" is not user:<name>'],
    [["--kubernetes", "--to", "serviceaccount:a"], 'to "serviceaccount:a" is not user:<name>'],
    [["--kubernetes", "--to", "user:a b"], 'to "user:a b" is not user:<name>'],
  ])("%j is refused", async (args, message) => {
    const { code, err } = await leasehold(["deployer", ...args]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});
