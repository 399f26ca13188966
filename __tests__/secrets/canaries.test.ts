import { App } from "cdktf";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join, relative } from "node:path";
import { generate } from "selfsigned";
import { Bench, emptyState, loadProgram, logIn, Pod, Rehearsal, startBench } from "../../bench";
import { production, shopInProduction } from "../support/production";

jest.setTimeout(20 * 60_000);

/** Where the program has PostgreSQL; its certificate is for these names, and for where the bench runs it. */
const MAIN = ["main.data.svc", "postgres.corp.internal"];
const LEDGER = "ledger.corp.internal";

/**
 * The program is the example with its production values: TLS to PostgreSQL is verified, and Vault's audit devices are the
 * program's. Every secret of a rehearsal is known here, and then looked for in everything that the rehearsal left behind: the files of
 * all servers with every log turned up, etcd's own among them, what was synthesized, the state, and the arguments of
 * every process that ran.
 */
describe("the secrets of a rehearsal", () => {
  const home = mkdtempSync(join(os.tmpdir(), "leasehold-canaries-"));
  const outdir = join(home, "cdktf.out");
  const state = emptyState();
  const secrets: Record<string, string> = {};
  const pods: Record<string, Pod> = {};
  const steps: unknown[] = [];
  const seenArguments = new Set<string>();
  let bench: Bench;
  let watch: NodeJS.Timeout;

  beforeAll(async () => {
    // Whatever makes a temporary file makes it here.
    chmodSync(home, 0o755);
    jest.spyOn(os, "tmpdir").mockReturnValue(home);
    watch = setInterval(() => readArguments().forEach((line) => seenArguments.add(line)), 20);
    const tls = await certificate();
    const ca = { ca: tls.certificate, caFile: join(home, "ca.pem") };
    writeFileSync(ca.caFile, ca.ca);
    const app = new App({ outdir });
    shopInProduction(app, { ...production, postgres: { ...production.postgres, ...ca } });
    app.synth();
    const settings = { log_statement: "all", log_min_error_statement: "info", log_connections: "on" };
    const admin = { username: "ledger_admin", mount: "leasehold", path: "postgres/ledger/admin" };
    bench = await startBench({
      vaultAddresses: ["vault-active.vault.svc", "vault.corp.internal"].map((host) => `https://${host}:8200`),
      postgres: [
        { endpoints: MAIN.map((host) => `${host}:5432`), major: 18, statefulSet: "data/main", settings, tls },
        { endpoints: [`${LEDGER}:5432`], major: 15, admin, settings, tls },
      ],
    });
    // The file of one audit device; the other one is Vault's log.
    const audit = { from: "/vault/audit/audit.log", to: join(bench.vault.dir, "audit.log") };
    const program = await loadProgram(outdir, { endpoints: [...bench.mapping, audit] });
    const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod, state });
    for (const stack of program.stacks) {
      steps.push(await engine.apply(program, { stacks: [stack.name] }));
      await bench.operate();
      // The Secrets that an operator brings, as docs/operations/install.md has them.
      if (stack.name !== "platform") continue;
      for (const namespace of ["shop", "bi", "data"])
        await bring(namespace, "vault-tls", { "ca.crt": bench.kubernetes.caPem });
      await bring("data", "postgres-tls", { "tls.crt": tls.certificate, "tls.key": tls.key });
    }
    for (const name of ["web", "api"]) pods[name] = await bench.play("shop", name);
    pods.reporting = await bench.play("bi", "reporting");

    const kv = async (path: string): Promise<string> =>
      ((await bench.vault.request("GET", `leasehold/data/${path}`)).data as { data: { password: string } }).data
        .password;
    secrets["root token of Vault"] = bench.vault.rootToken;
    secrets["token that reviews others"] = bench.vaultPod.reviewerJwt;
    secrets["admin's password"] = await kv("postgres/main/admin");
    secrets["external admin's password"] = await kv("postgres/ledger/admin");
    secrets["first password of Vault's login to shop"] = await kv("postgres/main/shop/vault");
    secrets["first password of Vault's login to billing"] = await kv("postgres/ledger/billing/vault");
    for (const [name, pod] of Object.entries(pods)) secrets[`Vault token of ${name}`] = pod.agentToken() as string;
    for (const [name, file, more] of [
      ["web", "shop", {}],
      ["api", "shop", {}],
      ["api", "billing.json", {}],
      ["reporting", "reporting.conf", { host: "main.data.svc", database: "shop" }],
    ] as const) {
      const { client, credential } = await logIn(bench, pods[name], { file, ...more });
      secrets[`leased password of ${name} in ${file}`] = credential.password;
      await client.query("SELECT 1");
      await client.end();
    }
    everywhere = lookInFiles();
  });

  afterAll(async () => {
    clearInterval(watch);
    await bench?.close();
    jest.restoreAllMocks();
    rmSync(home, { recursive: true, force: true });
  });

  let everywhere: string[];

  async function bring(namespace: string, name: string, stringData: Record<string, string>): Promise<void> {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
    await bench.kubernetes.request("POST", `/api/v1/namespaces/${namespace}/secrets`, secret);
  }

  /** Where each secret is found in files, as `file: secret`; pods' directories by the pod's name. */
  function lookInFiles(): string[] {
    const dirs = Object.entries(pods).map(([name, pod]) => [join(pod.secretsDir, ".."), name] as const);
    return filesBelow(home).flatMap((file) => {
      const bytes = readIfThere(file);
      if (!bytes) return [];
      const pod = dirs.find(([dir]) => file.startsWith(`${dir}/`));
      const place = pod
        ? `pod ${pod[1]}: ${relative(pod[0], file)}`
        : relative(home, file).replace(/-[A-Za-z0-9]{6}\//, "/");
      return Object.entries(secrets)
        .filter(([, secret]) => spellings(secret).some((spelling) => bytes.includes(spelling)))
        .map(([name]) => `${place}: ${name}`);
    });
  }

  test("are known, all of them, and can be found: in the pods that they are for", () => {
    expect(Object.values(secrets).filter((secret) => secret.length < 16)).toEqual([]);
    expect(new Set(Object.values(secrets)).size).toBe(13);
    const inPods = everywhere.filter((place) => place.startsWith("pod "));
    for (const file of ["web: shop", "api: shop", "api: billing.json", "reporting: reporting.conf"]) {
      const [pod, name] = file.split(": ");
      expect(inPods.filter((place) => place.endsWith(`leased password of ${pod} in ${name}`))).toHaveLength(1);
    }
    expect(inPods.filter((place) => /^pod (\w+): .*(?:token|password) of (?!\1)/.test(place))).toEqual([]);
  });

  test("are in no other file: not in JSON, a report, a log, an audit record or etcd", () => {
    expect(everywhere.filter((place) => !place.startsWith("pod ")).sort()).toEqual([
      // Typed by the server's owner, whom the bench plays.
      "leasehold-pg/server.log: external admin's password",
      // The postgresql provider sends a password as it is, so a server that logs statements has the one that Vault's login starts with.
      "leasehold-pg/server.log: first password of Vault's login to billing",
      "leasehold-pg/server.log: first password of Vault's login to shop",
      // The server's own pod gets the first password through the injector.
      "leasehold-pod/vault-secrets/admin-password: admin's password",
    ]);
    // What was looked through is what should be there.
    const files = filesBelow(home).map((file) => relative(home, file));
    for (const part of ["cdk.tf.json", "audit.log", "/etcd/member/wal", "access.json", "vault.log", "pg_wal"])
      expect([part, files.some((file) => file.includes(part))]).toEqual([part, true]);
  });

  test("are worth nothing where a server's log has them: Vault has changed its login's password since", async () => {
    for (const [endpoint, database, entry] of [
      ["main.data.svc:5432", "shop", "first password of Vault's login to shop"],
      [`${LEDGER}:5432`, "billing", "first password of Vault's login to billing"],
    ]) {
      const login = { user: `leasehold.vault_${database}`, password: secrets[entry], database };
      await expect(bench.postgres(endpoint).connect(login)).rejects.toMatchObject({ code: "28P01" });
    }
  });

  test("are in no state, and in no report of an apply", () => {
    const texts = { state: JSON.stringify(state), reports: JSON.stringify(steps) };
    expect(texts.reports.length).toBeGreaterThan(1000);
    expect(hits(texts)).toEqual([]);
  });

  test("are in no process's arguments, at any time", () => {
    expect([...seenArguments].some((line) => line.includes("postgres"))).toBe(true);
    expect([...seenArguments].some((line) => line.includes("vault"))).toBe(true);
    expect(hits({ arguments: [...seenArguments].join("\n") })).toEqual([]);
  });

  test("are in no object that the API server has", async () => {
    const { groups } = (await bench.kubernetes.request("GET", "/apis")) as unknown as {
      groups: { preferredVersion: { groupVersion: string } }[];
    };
    const versions = ["/api/v1", ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
    const texts: Record<string, string> = {};
    for (const version of versions) {
      const { resources } = (await bench.kubernetes.request("GET", version)) as unknown as {
        resources: { name: string; verbs: string[] }[];
      };
      for (const { name, verbs } of resources.filter((one) => one.verbs.includes("list")))
        if (verbs.includes("list"))
          texts[`${version}/${name}`] = JSON.stringify(await bench.kubernetes.request("GET", `${version}/${name}`));
    }
    expect(texts["/apis/apps/v1/deployments"]).toContain('"web"');
    expect(hits(texts)).toEqual([]);
  });

  function hits(texts: Readonly<Record<string, string>>): string[] {
    return Object.entries(texts).flatMap(([place, text]) =>
      Object.entries(secrets)
        .filter(([, secret]) => spellings(secret).some((spelling) => text.includes(spelling)))
        .map(([name]) => `${place}: ${name}`),
    );
  }
});

/** For PostgreSQL's names, and its own CA. */
async function certificate(): Promise<{ readonly certificate: string; readonly key: string }> {
  const altNames = [...MAIN, LEDGER].map((value) => ({ type: 2 as const, value }));
  const { cert, private: key } = await generate([{ name: "commonName", value: "postgres" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [...altNames, { type: 7, ip: "127.0.0.1" }] },
    ],
  });
  return { certificate: cert, key };
}

/** The secret, and how other formats write it. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((shift) =>
    // Inside of a longer text: only whole groups of the middle are sure.
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString("hex"), ...base64])];
}

/** Command lines of every process of this machine. */
function readArguments(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
    } catch {
      return []; // it has ended
    }
  });
}

/** Servers run on while they are searched: PostgreSQL removes its `pg_internal.init` whenever a catalog changes. */
function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => {
      try {
        return statSync(file).isFile();
      } catch {
        return false; // it has gone, or is a socket's dead link
      }
    });
}
