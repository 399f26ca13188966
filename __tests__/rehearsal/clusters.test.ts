import { App } from "cdktf";
import { randomUUID, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccessGraph } from "../../access/model/graph";
import { checkAuthConfigs, checkAuthRoles } from "../../audit/doctor/vault-auth";
import type { VaultReader } from "../../audit/doctor/vault";
import { Bench, loadProgram, logIn, mapEndpoints, Pod, Program, Rehearsal, startBench } from "../../bench";
import {
  accessReportOf,
  Credential,
  DatabaseAccess,
  InjectedCronJob,
  InjectedDaemonSet,
  InjectedDeployment,
  InjectedJob,
  InjectedStatefulSet,
  KubernetesAuth,
  WorkloadIdentity,
} from "../../constructs";
import { clusters, eu, PLACES } from "../../examples/clusters/clusters";
import { IdentitiesStack, PlatformStack, VaultConfigStack, WorkloadsStack } from "../../stacks";

jest.setTimeout(20 * 60_000);

type Cluster = "eu" | "us" | "ap";

const BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/leasehold:auth-delegator:shop:web";

const CUSTOM = "user={{ .Data.username }}\npassword={{ .Data.password }}\n";

/** Of each kind of workload, which formats its pod gets, so that each format is there once. */
const KINDS: readonly (readonly [string, Readonly<Record<string, (db: DatabaseAccess) => Credential>>])[] = [
  [
    "deployment",
    {
      uri: (db) => Credential.uri(db, { file: "uri" }),
      json: (db) => Credential.json(db, { file: "json" }),
    },
  ],
  [
    "set",
    {
      keywords: (db) => Credential.keywords(db, { file: "keywords" }),
      service: (db) => Credential.serviceFile(db, { file: "service" }),
    },
  ],
  [
    "daemon",
    {
      jdbc: (db) => Credential.jdbcUrl(db, { file: "jdbc" }),
      properties: (db) => Credential.jdbcProperties(db, { file: "properties" }),
    },
  ],
  [
    "job",
    {
      npgsql: (db) => Credential.npgsql(db, { file: "npgsql" }),
      dotenv: (db) => Credential.dotenv(db, { file: "dotenv" }),
      prisma: (db) => Credential.prisma(db, { file: "prisma" }),
    },
  ],
  [
    "nightly",
    {
      pgpass: (db) => Credential.pgpass(db, { file: "pgpass" }),
      sqlalchemy: (db) => Credential.sqlalchemy(db, { file: "sqlalchemy" }),
      custom: (db) => Credential.custom(db, CUSTOM, { file: "custom" }),
    },
  ],
];

/** Beside the example's workloads: one of each kind, in the cluster of Vault. */
function eachKind(app: App): void {
  const config = app.node.findChild("vault-config") as VaultConfigStack;
  const db = app.node.findChild("access").node.findChild("shop") as DatabaseAccess;
  const { vault } = app.node.findChild("platform") as PlatformStack;
  const stack = new WorkloadsStack(app, "kinds", { environment: eu });
  for (const [name, formats] of KINDS) {
    const cluster = config.node.findChild("eu") as KubernetesAuth;
    const identity = new WorkloadIdentity(config, name, { cluster, namespace: "data" });
    db.schema("public").table("wizard").grants.read(identity);
    const props = {
      identity,
      vault,
      containers: [{ name: "app", image: "app:1", securityContext: { runAsUser: 1001 } }],
      credentials: Object.values(formats).map((of) => of(db)),
      injector: { runAsSameUser: true },
    };
    if (name === "deployment") new InjectedDeployment(stack, name, props);
    if (name === "set") new InjectedStatefulSet(stack, name, props);
    if (name === "daemon") new InjectedDaemonSet(stack, name, props);
    if (name === "job") new InjectedJob(stack, name, props);
    if (name === "nightly") new InjectedCronJob(stack, name, { ...props, schedule: "0 3 * * *" });
  }
}

describe("three clusters with one Vault, on three real API servers", () => {
  let bench: Bench;
  let outdir: string;
  let program: Program;
  let engine: Rehearsal;
  let graph: AccessGraph;

  beforeAll(async () => {
    outdir = mkdtempSync(join(tmpdir(), "leasehold-clusters-"));
    const app = new App({ outdir });
    clusters(app);
    eachKind(app);
    app.synth();
    graph = accessReportOf(app).graph;
    bench = await startBench({
      vaultAddresses: ["http://vault.vault.svc:8200", "http://127.0.0.1:8200", PLACES.vault],
      clusters: [
        {
          name: "us",
          context: "us",
          address: PLACES.us.host,
          ca: PLACES.us.ca,
          audience: PLACES.us.audience,
          namespaces: ["shop"],
        },
        { name: "ap", context: "ap", ...PLACES.ap, namespaces: ["shop"] },
      ],
      postgres: [
        {
          endpoints: ["main.data.svc:5432", "127.0.0.1:5432", `${PLACES.postgres.host}:${PLACES.postgres.port}`],
          statefulSet: "data/main",
        },
      ],
    });
    program = await loadProgram(outdir, { endpoints: bench.mapping });
    engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
    for (const { name } of program.stacks) await engine.apply(program, { stacks: [name] });
  });

  afterAll(async () => {
    await bench?.close();
    if (outdir) rmSync(outdir, { recursive: true, force: true });
  });

  const serverOf = (cluster: Cluster) => (cluster === "eu" ? bench.kubernetes : bench.cluster(cluster));
  const token = (cluster: Cluster, audience: string): Promise<string> =>
    serverOf(cluster).tokenFor("shop", "web", { audiences: [audience] });
  const logInBy = (path: string, jwt: string): Promise<unknown> =>
    bench.vault.request("POST", `auth/${path}/login`, { role: "shop.web", jwt }, null);
  const refused = { status: 403 };

  test("each workload is in its own cluster only", async () => {
    const path = "/apis/apps/v1/namespaces/shop/deployments";
    for (const [cluster, address] of [
      [bench.kubernetes, "vault.vault.svc"],
      [bench.cluster("us"), "vault.example.com"],
      [bench.cluster("ap"), "vault.example.com"],
    ] as const) {
      const { items } = (await cluster.request("GET", path)) as { items: { metadata: { name: string } }[] };
      expect(items.map(({ metadata }) => metadata.name)).toEqual(["web"]);
      // Where Vault is was mapped to this machine; what is left names no other cluster's address.
      expect(JSON.stringify(items)).not.toContain(address);
    }
  });

  test.each<[Cluster, string[], string[]]>([
    ["eu", ["wizard", "orders"], []],
    ["us", ["wizard"], ["orders"]],
    ["ap", ["wizard"], ["orders"]],
  ])("a pod of %s has the login of its own identity, and nothing else", async (cluster, reads, not) => {
    const pod: Pod = await bench.play("shop", "web", cluster === "eu" ? {} : { cluster });
    const { client, credential } = await logIn(bench, pod, { file: "shop" });
    expect(credential.user).toMatch(new RegExp(`^v-${cluster}\\.shop\\.web-`));
    const { rows } = await client.query<{ member: string }>(
      "SELECT roleid::regrole::text AS member FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = session_user)",
    );
    expect(rows).toEqual([{ member: `${cluster}_shop_web_shop` }]);
    for (const table of reads) await client.query(`SELECT FROM public.${table}`);
    for (const table of not)
      await expect(client.query(`SELECT FROM public.${table}`)).rejects.toMatchObject({ code: "42501" });
    await client.end();
    await expect(pod.end()).resolves.toEqual({ revoked: true });
  });

  test.each(KINDS)(
    "a pod of kind %s reads each of its files, and may do what it was granted",
    async (name, formats) => {
      const pod = await bench.play("data", name);
      const logins = new Set<string>();
      for (const file of Object.keys(formats)) {
        const fallback = { ...PLACES.postgres, database: "shop" };
        const { client, credential } = await logIn(bench, pod, { file, ...fallback });
        logins.add(credential.user);
        await client.query("SELECT FROM public.wizard");
        await expect(client.query("SELECT FROM public.orders")).rejects.toMatchObject({ code: "42501" });
        await client.end();
      }
      // One lease for all of a pod's files.
      expect([...logins]).toEqual([expect.stringMatching(new RegExp(`^v-eu\\.data\\.${name}-`))]);
      await expect(pod.end()).resolves.toEqual({ revoked: true });
    },
  );

  test("a token of one cluster is refused by the auth method of the others, whatever its audience", async () => {
    const own = { eu: "vault", us: PLACES.us.audience, ap: "vault" } as const;
    const clusters = Object.keys(own) as Cluster[];
    for (const from of clusters)
      for (const to of clusters)
        for (const audience of ["vault", PLACES.us.audience, PLACES.ap.issuer]) {
          const answer = logInBy(`kubernetes-${to}`, await token(from, audience));
          if (from === to && audience === own[to]) await expect(answer).resolves.toBeDefined();
          else await expect(answer).rejects.toMatchObject({ status: to === "ap" ? 400 : 403 });
        }
  });

  // The API server may know the pod for a moment longer, and remembers for 10 s that a token was good.
  const refusedSoon = async (logIn: () => Promise<unknown>): Promise<unknown> => {
    for (let tries = 0; ; tries += 1) {
      const answer = await logIn().catch((error: unknown) => error);
      if (answer instanceof Error || tries === 600) return answer;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  /** A token of a pod that is there no more, and was shown to nobody before. */
  async function tokenOfDeletedPod(cluster: Cluster, audience: string): Promise<string> {
    const server = serverOf(cluster);
    const name = `gone-${randomUUID()}`;
    const { metadata } = await server.request("POST", "/api/v1/namespaces/shop/pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: {
        serviceAccountName: "web",
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "app",
            image: "app",
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    });
    const boundPod = { name, uid: metadata?.uid as string };
    const jwt = await server.tokenFor("shop", "web", { audiences: [audience], boundPod, ttlSeconds: 600 });
    await server.request("DELETE", `/api/v1/namespaces/shop/pods/${name}`, { gracePeriodSeconds: 0 });
    return jwt;
  }

  test("a deleted pod's token is refused where the API server is asked, and logs in where it is not", async () => {
    for (const [cluster, audience] of [
      ["eu", "vault"],
      ["us", PLACES.us.audience],
    ] as const) {
      const jwt = await tokenOfDeletedPod(cluster, audience);
      expect(await refusedSoon(() => logInBy(`kubernetes-${cluster}`, jwt))).toMatchObject(refused);
    }
    await expect(logInBy("kubernetes-ap", await tokenOfDeletedPod("ap", "vault"))).resolves.toBeDefined();
    // The report says for how long: what the pod asks for, and a minute for clocks that differ.
    const clocks = graph.identities.map(({ key, deletedPodToken }) => [key.cluster, deletedPodToken]);
    expect(clocks).toContainEqual(["ap", 660]);
    expect(clocks.filter(([cluster, seconds]) => cluster !== "ap" && seconds !== undefined)).toEqual([]);
    const text = JSON.stringify(await bench.cluster("ap").request("GET", "/apis/apps/v1/namespaces/shop/deployments"));
    expect(text).toContain('"expirationSeconds":600');
  });

  test("where it is not asked: a token that has ended, of another issuer, key, audience or ServiceAccount is refused", async () => {
    const now = Math.floor(Date.now() / 1000);
    const good = {
      iss: PLACES.ap.issuer,
      sub: "system:serviceaccount:shop:web",
      aud: ["vault"],
      ...{ iat: now - 10, nbf: now - 10, exp: now + 590 },
      "kubernetes.io": { namespace: "shop", serviceaccount: { name: "web", uid: randomUUID() } },
    };
    const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signed = (claims: object, cluster: "ap" | "us" = "ap"): string => {
      const text = `${encoded({ alg: "RS256" })}.${encoded({ ...good, ...claims })}`;
      const key = bench.cluster(cluster).tokenKeys.privateKey;
      return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
    };
    // Whoever has the private key needs no pod.
    await expect(logInBy("kubernetes-ap", signed({}))).resolves.toBeDefined();
    for (const claims of [
      { exp: now - 120 },
      { iss: "https://us.example.com" },
      { aud: ["vaults"] },
      { aud: [] },
      { sub: "system:serviceaccount:shop:webs" },
      { sub: "system:serviceaccount:shop:*" },
      { sub: undefined },
      { "kubernetes.io": {} },
    ])
      await expect(logInBy("kubernetes-ap", signed(claims))).rejects.toMatchObject({ status: 400 });
    await expect(logInBy("kubernetes-ap", signed({}, "us"))).rejects.toMatchObject({ status: 400 });
  });

  test("a ServiceAccount that was made anew under the same name is somebody else in Vault", async () => {
    const path = "/api/v1/namespaces/shop/serviceaccounts";
    const entity = async (): Promise<unknown> =>
      ((await logInBy("kubernetes-ap", await token("ap", "vault"))) as { auth?: { entity_id?: string } }).auth
        ?.entity_id;
    const before = await entity();
    expect(await entity()).toBe(before);
    const account = await bench.cluster("ap").request("GET", `${path}/web`);
    await bench.cluster("ap").request("DELETE", `${path}/web`);
    await bench.cluster("ap").request("POST", path, { ...account, metadata: { name: "web" } });
    expect(await entity()).not.toBe(before);
  });

  test("fetched from the API server itself, its keys let the same tokens in, and no others", async () => {
    const ap = bench.cluster("ap");
    const folder = mkdtempSync(join(tmpdir(), "leasehold-keys-"));
    try {
      const app = new App({ outdir: folder });
      const stack = new IdentitiesStack(app, "keys", { environment: eu });
      const cluster = new KubernetesAuth(stack, "fetched", {
        issuer: PLACES.ap.issuer,
        jwksUrl: `${ap.server}/openid/v1/jwks`,
        jwksCaCert: ap.caPem,
      });
      new WorkloadIdentity(stack, "web", { cluster, namespace: "shop" });
      app.synth();
      const fetched = await loadProgram(folder, { endpoints: bench.mapping });
      const other = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
      // Vault fetches the keys when it is configured. An API server shows them to nobody without a login, unless it is told to.
      await expect(other.apply(fetched)).rejects.toThrow(/jwks URL/i);
      // The method is there without keys, and the provider forgets it: docs/clusters.md has the way out.
      await expect(other.apply(fetched)).rejects.toThrow(/path is already in use/);
      await ap.apply({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "keys" },
        roleRef: {
          apiGroup: "rbac.authorization.k8s.io",
          kind: "ClusterRole",
          name: "system:service-account-issuer-discovery",
        },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:unauthenticated" }],
      });
      await untilKeysAreShown(other, fetched);
      const path = "kubernetes-fetched";
      await expect(logInBy(path, await token("ap", "vault"))).resolves.toBeDefined();
      for (const [from, audience] of [
        ["ap", PLACES.ap.issuer],
        ["us", "vault"],
        ["eu", "vault"],
      ] as const)
        await expect(logInBy(path, await token(from, audience))).rejects.toMatchObject({ status: 400 });
      const { steps } = await other.apply(fetched);
      expect(steps.filter(({ action }) => !["unchanged", "open"].includes(action))).toEqual([]);
      await other.destroy({ program: fetched });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** RBAC takes a moment to hear of a binding. */
  async function untilKeysAreShown(other: Rehearsal, fetched: Program): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      await bench.vault.request("DELETE", "sys/auth/kubernetes-fetched");
      const problem = await other.apply(fetched).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (problem === undefined) return;
      if (tries === 100) throw problem;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  test("without its binding a workload cannot review its own token", async () => {
    const us = bench.cluster("us");
    const jwt = await token("us", PLACES.us.audience);
    await expect(bench.kubernetes.request("GET", BINDING)).rejects.toMatchObject({ status: 404 });
    await expect(logInBy("kubernetes-us", jwt)).resolves.toBeDefined();
    const binding = await us.request("GET", BINDING);
    await us.request("DELETE", BINDING);
    // RBAC takes a moment to hear of it.
    const answers: unknown[] = [];
    for (let tries = 0; tries < 50; tries += 1) {
      const answer = await logInBy("kubernetes-us", jwt).catch((error: unknown) => error);
      answers.push(answer);
      if (answer instanceof Error) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(answers.at(-1)).toMatchObject(refused);
    const { metadata, ...rest } = binding;
    await us.apply({ ...rest, metadata: { name: metadata?.name } });
  });

  test("doctor finds who changed the issuer, its keys and a role by hand; an apply puts them back", async () => {
    const mapped = mapEndpoints(JSON.parse(JSON.stringify(graph)) as never, bench.mapping) as unknown as AccessGraph;
    const reader = {
      get: async (path: string) => (await bench.vault.request("GET", path)).data as Record<string, unknown>,
    } as VaultReader;
    const found = async (): Promise<string[]> => {
      const roles = await Promise.all(mapped.databases.map((database) => checkAuthRoles(reader, mapped, database)));
      const configs = await checkAuthConfigs(reader, mapped, mapped.databases);
      return [...roles.flat(), ...configs.findings].map(({ code, object }) => `${code} ${object?.name}`).sort();
    };
    // The program names its own key, and the bench has another: as if somebody had changed it.
    const keys = "auth-config-differs keys of auth/kubernetes-ap/config";
    const before = await found();
    expect(before).toContain(keys);
    const config = (await bench.vault.request("GET", "auth/kubernetes-ap/config")).data as object;
    const role = (await bench.vault.request("GET", "auth/kubernetes-ap/role/shop.web")).data as object;
    await bench.vault.request("POST", "auth/kubernetes-ap/config", { ...config, bound_issuer: "https://other" });
    await bench.vault.request("POST", "auth/kubernetes-ap/role/shop.web", {
      ...role,
      bound_subject: "",
      clock_skew_leeway: 3600,
      bound_claims: { sub: "system:serviceaccount:shop:*" },
      bound_claims_type: "glob",
    });
    const after = await found();
    expect(after.filter((one) => !before.includes(one))).toEqual([
      "auth-config-differs bound_issuer of auth/kubernetes-ap/config",
      ...["bound_claims", "bound_claims_type", "bound_subject", "clock_skew_leeway"].map(
        (field) => `auth-role-differs ${field} of auth/kubernetes-ap/role/shop.web`,
      ),
    ]);
    await engine.apply(program);
    expect(await found()).toEqual(before);
  });

  test("a second apply changes nothing", async () => {
    const { steps } = await engine.apply(program);
    expect(steps.filter(({ action }) => !["unchanged", "open"].includes(action))).toEqual([]);
  });
});
