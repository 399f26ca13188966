import { App } from "cdktf";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveClaims, proveOperator, ProofRow } from "../../demo/proof";
import { shopBench } from "../../demo/shop-bench";
import { sandbox } from "../../examples/shop/environments";
import { CLAIMS, OTHER_DATABASES } from "../../examples/shop/claims";
import { shop } from "../../examples/shop/shop";
import { Bench, emptyState, loadProgram, logIn, Program, Rehearsal, startBench } from "../../bench";
import { freePort, waitFor } from "../../bench/machine/process";

jest.setTimeout(20 * 60_000);

describe("the example, rehearsed on real servers", () => {
  let bench: Bench;
  let outdir: string;
  let program: Program;
  let engine: Rehearsal;
  const state = emptyState();
  let rows: ProofRow[];

  beforeAll(async () => {
    outdir = mkdtempSync(join(tmpdir(), "leasehold-e2e-"));
    const app = new App({ outdir });
    shop(app, sandbox);
    app.synth();
    bench = await startBench(shopBench);
    program = await loadProgram(outdir, { endpoints: bench.mapping });
    engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod, state });
    for (const stack of program.stacks) {
      await engine.apply(program, { stacks: [stack.name] });
      await bench.operate();
    }
    rows = [...(await proveClaims(bench, CLAIMS, OTHER_DATABASES, () => undefined)), ...(await proveOperator(bench))];
  });

  afterAll(async () => {
    await bench?.close();
    if (outdir) rmSync(outdir, { recursive: true, force: true });
  });

  test("every claim holds: what was granted works, everything else is refused, and a pod's end leaves nothing", () => {
    expect(rows.filter((row) => !row.ok)).toEqual([]);
    // As many as the claims ask for: a list of statements that was never tried would pass the line above.
    const statements = CLAIMS.reduce((sum, claim) => sum + claim.statements.length, 0);
    expect(rows.length).toBeGreaterThanOrEqual(statements + CLAIMS.length * (OTHER_DATABASES.length + 1) + 4 * 3);
  });

  test("a second apply changes nothing", async () => {
    const report = await engine.apply(program);
    expect(report.steps.filter((step) => !["unchanged", "open"].includes(step.action))).toEqual([]);
  });

  test("a token of another namespace's ServiceAccount of the same name logs in to nothing", async () => {
    await bench.kubernetes.apply({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "web", namespace: "bi" },
    });
    const jwt = await bench.kubernetes.tokenFor("bi", "web", { audiences: ["vault"] });
    await expect(
      bench.vault.request("POST", "auth/kubernetes-eu/login", { role: "shop.web", jwt }, null),
    ).rejects.toMatchObject({ status: 403 });
  });

  test("a token for the API server's own audience is not a login to Vault", async () => {
    const jwt = await bench.kubernetes.tokenFor("shop", "web");
    await expect(
      bench.vault.request("POST", "auth/kubernetes-eu/login", { role: "shop.web", jwt }, null),
    ).rejects.toMatchObject({ status: 403 });
  });

  test("an operator that a migration plants in public does not run as Terraform's admin", async () => {
    const server = bench.postgres("main.data.svc:5432");
    await server.asSuperuser(
      "shop",
      `SET ROLE shop_owner;
       CREATE FUNCTION public.planted(information_schema.sql_identifier, information_schema.sql_identifier) RETURNS boolean
         LANGUAGE plpgsql AS $$ BEGIN CREATE ROLE pwned; RETURN true; END $$;
       CREATE OPERATOR public.= (FUNCTION = public.planted, LEFTARG = information_schema.sql_identifier, RIGHTARG = information_schema.sql_identifier)`,
    );
    const entry = await bench.vault.request("GET", "leasehold/data/postgres/main/admin");
    const { password } = (entry.data as { data: { password: string } }).data;
    const admin = await server.connect({ user: "leasehold_admin", password, database: "shop" });
    // As the provider asks before a grant (postgresql 1.26.0, helpers.go).
    await admin.query("SELECT 1 FROM information_schema.columns WHERE table_name = column_name LIMIT 1");
    await admin.end();
    const { rowCount } = await server.asSuperuser("shop", "SELECT FROM pg_roles WHERE rolname = 'pwned'");
    expect(rowCount).toBe(0);
    await server.asSuperuser("shop", "DROP FUNCTION public.planted CASCADE");
  });

  test("a function that a migration makes is not PUBLIC's to execute", async () => {
    const { rows: open } = await bench
      .postgres("main.data.svc:5432")
      .asSuperuser(
        "shop",
        "SET ROLE shop_owner; CREATE FUNCTION public.fresh() RETURNS integer LANGUAGE sql RETURN 1; RESET ROLE",
      )
      .then(() =>
        bench
          .postgres("main.data.svc:5432")
          .asSuperuser("shop", "SELECT has_function_privilege('eu_shop_web_shop', 'public.fresh()', 'EXECUTE') AS may"),
      );
    expect(open).toEqual([{ may: false }]);
    await bench.postgres("main.data.svc:5432").asSuperuser("shop", "DROP FUNCTION public.fresh()");
  });

  test("a large object that a login shares with another group does not keep that group from being dropped", async () => {
    const pod = await bench.play("shop", "web");
    const { client } = await logIn(bench, pod, { file: "shop" });
    await client.query("SELECT lo_create(4242)");
    await client.query('GRANT SELECT ON LARGE OBJECT 4242 TO "eu_shop_api_shop"');
    await client.end();
    await pod.end({ grace: 0 });
    const server = bench.postgres("main.data.svc:5432");
    const count = async (): Promise<number> =>
      (await server.asSuperuser("shop", "SELECT FROM pg_largeobject_metadata")).rowCount as number;
    for (let tries = 0; tries < 50 && (await count()) > 0; tries += 1) await new Promise((r) => setTimeout(r, 100));
    expect(await count()).toBe(0);
  });

  test("the shop's web app crosses three rotations without a query that fails", async () => {
    const postgres = bench.postgres("main.data.svc:5432");
    const file = join(outdir, "login");
    const rotate = async (): Promise<{ lease: string; login: string }> => {
      const issued = await bench.vault.request("GET", "database/main/shop/creds/eu.shop.web");
      const { username, password } = issued.data as { username: string; password: string };
      // As the agent writes it: a new file in the place of the old one.
      writeFileSync(
        `${file}.new`,
        `postgresql://${username}:${password}@${postgres.host}:${postgres.port}/shop?sslmode=disable`,
        { mode: 0o600 },
      );
      renameSync(`${file}.new`, file);
      return { lease: issued.lease_id as string, login: username };
    };
    const sessions = async (login: string): Promise<number> => {
      const query = `SELECT FROM pg_stat_activity WHERE usename = '${login}'`;
      return (await postgres.asSuperuser("postgres", query)).rowCount as number;
    };
    let { lease, login } = await rotate();
    const logins = [login];
    const port = await freePort();
    const app = spawn(process.execPath, [join(__dirname, "../../examples/shop/app/web.mjs")], {
      env: { LOGIN_FILE: file, PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const failures: string[] = [];
    app.stderr.on("data", (said: Buffer) => failures.push(said.toString()));
    const seen = new Map<string, number>();
    let clients: Promise<void>[] = [];
    let more = true;
    try {
      const address = `http://127.0.0.1:${port}`;
      await waitFor(async () => (await fetch(address)).ok, { what: "the app", timeoutMs: 60_000 });
      const client = async (): Promise<void> => {
        while (more) {
          const answer = await fetch(address).catch((error: Error) => error);
          if (answer instanceof Error || !answer.ok) failures.push(String(answer));
          else {
            const { login: as } = (await answer.json()) as { login: string };
            seen.set(as, (seen.get(as) ?? 0) + 1);
          }
        }
      };
      // More than the pool has connections: some queries wait for one.
      clients = Array.from({ length: 12 }, client);
      for (let rotation = 0; rotation < 3; rotation += 1) {
        await waitFor(() => Promise.resolve((seen.get(login) ?? 0) > 50), {
          what: `queries as ${login}`,
          timeoutMs: 60_000,
        });
        const old = { lease, login };
        ({ lease, login } = await rotate());
        logins.push(login);
        const told = await fetch(`${address}/reload`, { method: "POST" });
        expect(told.status).toBe(204);
        await waitFor(async () => (await sessions(old.login)) === 0, {
          what: `the end of ${old.login}'s sessions`,
          timeoutMs: 60_000,
        });
        await bench.vault.request("PUT", "sys/leases/revoke", { lease_id: old.lease, sync: true });
      }
      await waitFor(() => Promise.resolve((seen.get(login) ?? 0) > 50), {
        what: `queries as ${login}`,
        timeoutMs: 60_000,
      });
    } finally {
      more = false;
      await Promise.all(clients);
      // The login goes after the app has ended: a session that is cut off is a line of the app's, and would look like a failure.
      const ended = app.exitCode === null ? once(app, "exit") : undefined;
      app.kill("SIGTERM");
      await ended;
      await bench.vault.request("PUT", "sys/leases/revoke", { lease_id: lease, sync: true });
    }
    expect(failures).toEqual([]);
    expect([...seen.keys()]).toEqual(logins);
  });

  test("destroy with live logins leaves no login, no group and no mount; what a group owns becomes nobody's before", async () => {
    await bench.play("shop", "web");
    await bench.play("shop", "api");
    const main = bench.postgres("main.data.svc:5432");
    await main.asSuperuser(
      "shop",
      "CREATE TABLE sales.planted (); ALTER TABLE sales.planted OWNER TO eu_shop_web_shop",
    );
    const destroy = async (): Promise<void> => {
      for (const stack of [...program.stacks].reverse()) await engine.destroy({ stacks: [stack.name] });
    };
    await expect(destroy()).rejects.toThrow(/eu_shop_web_shop.* cannot be dropped because some objects depend on it/);
    const { rows } = await main.asSuperuser("shop", "SELECT tableowner FROM pg_tables WHERE tablename = 'planted'");
    expect(rows).toEqual([{ tableowner: "eu_shop_web_shop" }]);
    // As docs/operations.md says.
    await main.asSuperuser("shop", 'DROP OWNED BY "eu_shop_web_shop"');
    for (const stack of [...program.stacks].reverse()) await engine.destroy({ stacks: [stack.name] });
    const mounts = Object.keys((await bench.vault.request("GET", "sys/mounts")).data as object);
    expect(mounts.filter((mount) => mount.startsWith("database/"))).toEqual([]);
    for (const endpoint of ["main.data.svc:5432", "ledger.example.com:5432"]) {
      const { rows: left } = await bench
        .postgres(endpoint)
        .asSuperuser(
          "postgres",
          "SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%' AND rolname NOT IN ('postgres', 'image_superuser', 'leasehold_admin', 'ledger_admin')",
        );
      expect(left).toEqual([]);
    }
  });
});
