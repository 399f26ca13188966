import { App } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveClaims, proveOperator, ProofRow } from "../../demo/proof";
import { shopBench } from "../../demo/shop-bench";
import { sandbox } from "../../examples/shop/environments";
import { CLAIMS, OTHER_DATABASES } from "../../examples/shop/claims";
import { shop } from "../../examples/shop/shop";
import { Bench, emptyState, loadProgram, logIn, Program, Rehearsal, startBench } from "../../bench";

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
