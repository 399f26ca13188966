import { App } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bench, loadProgram, logIn, Pod, Program, Rehearsal, startBench } from "../../bench";
import { clusters, PLACES } from "../../examples/clusters/clusters";

jest.setTimeout(20 * 60_000);

const BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/leasehold:auth-delegator:shop:web";

describe("two clusters with one Vault, on two real API servers", () => {
  let bench: Bench;
  let outdir: string;
  let program: Program;
  let engine: Rehearsal;

  beforeAll(async () => {
    outdir = mkdtempSync(join(tmpdir(), "leasehold-clusters-"));
    const app = new App({ outdir });
    clusters(app);
    app.synth();
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

  const token = (cluster: "eu" | "us", audience: string): Promise<string> =>
    (cluster === "us" ? bench.cluster("us") : bench.kubernetes).tokenFor("shop", "web", { audiences: [audience] });
  const logInBy = (path: string, jwt: string): Promise<unknown> =>
    bench.vault.request("POST", `auth/${path}/login`, { role: "shop.web", jwt }, null);
  const refused = { status: 403 };

  test("each workload is in its own cluster only", async () => {
    const path = "/apis/apps/v1/namespaces/shop/deployments";
    for (const [cluster, address] of [
      [bench.kubernetes, "vault.vault.svc"],
      [bench.cluster("us"), "vault.example.com"],
    ] as const) {
      const { items } = (await cluster.request("GET", path)) as { items: { metadata: { name: string } }[] };
      expect(items.map(({ metadata }) => metadata.name)).toEqual(["web"]);
      // Where Vault is was mapped to this machine; what is left names no other cluster's address.
      expect(JSON.stringify(items)).not.toContain(address);
    }
  });

  test.each<["eu" | "us", string[], string[]]>([
    ["eu", ["wizard", "orders"], []],
    ["us", ["wizard"], ["orders"]],
  ])("a pod of %s has the login of its own identity, and nothing else", async (cluster, reads, not) => {
    const pod: Pod = await bench.play("shop", "web", cluster === "us" ? { cluster } : {});
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

  test("a token of one cluster is refused by the auth method of the other, whatever its audience", async () => {
    const api = PLACES.us.audience;
    await expect(logInBy("kubernetes-eu", await token("eu", "vault"))).resolves.toBeDefined();
    await expect(logInBy("kubernetes-us", await token("us", api))).resolves.toBeDefined();
    for (const audience of ["vault", api]) {
      await expect(logInBy("kubernetes-us", await token("eu", audience))).rejects.toMatchObject(refused);
      await expect(logInBy("kubernetes-eu", await token("us", audience))).rejects.toMatchObject(refused);
    }
  });

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

  test("a second apply changes nothing", async () => {
    const { steps } = await engine.apply(program);
    expect(steps.filter(({ action }) => !["unchanged", "open"].includes(action))).toEqual([]);
  });
});
