import { App } from "cdktf";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../../cli/io";
import { run } from "../../../cli/run";
import { accessReportOf } from "../../../constructs";
import { formatReport } from "../../../access/report/parse-report";
import type { AccessReport } from "../../../access/report/report";
import { LEASE_PREFIX } from "../../../constructs/database/lease-installation";
import { shopBench } from "../../../demo/shop-bench";
import { needs } from "../../../audit/doctor/doctor";
import { PREFIX } from "../../../audit/doctor/leases";
import { compareDatabase } from "../../../audit/effective/database";
import { LIVE_CODES } from "../../../audit/effective/finding";
import { probeFuture } from "../../../audit/effective/future";
import { beginReading, readEffective } from "../../../audit/effective/read";
import { sandbox } from "../../../examples/shop/environments";
import { CLAIMS } from "../../../examples/shop/claims";
import { shop } from "../../../examples/shop/shop";
import { Bench, emptyState, loadProgram, parseCredential, Rehearsal, startBench } from "../../../bench";
import { lines } from "../effective/world";

jest.setTimeout(20 * 60_000);

const ENDPOINTS: Readonly<Record<string, string>> = { shop: "main.data.svc:5432", billing: "ledger.example.com:5432" };

describe("the example in use", () => {
  let bench: Bench;
  let folder: string;
  let report: AccessReport;
  const secrets: string[] = [];
  const environment = { ...process.env };
  let printed = "";
  const seen = new Set<string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-doctor-"));
    const app = new App({ outdir: join(folder, "out") });
    shop(app, sandbox);
    app.synth();
    report = accessReportOf(app);
    writeFileSync(join(folder, "access.json"), formatReport(report));
    bench = await startBench(shopBench);
    const program = await loadProgram(join(folder, "out"), { endpoints: bench.mapping });
    const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod, state: emptyState() });
    for (const stack of program.stacks) {
      await engine.apply(program, { stacks: [stack.name] });
      await bench.operate();
    }
    // The least that doctor says it needs, and nothing more: what is found below is found with it.
    const { policy, sql } = needs(report);
    await bench.vault.request("POST", "sys/policies/acl/doctor", { policy });
    const { auth } = await bench.vault.request("POST", "auth/token/create", {
      policies: ["doctor"],
      no_default_policy: true,
    });
    const services = Object.entries(ENDPOINTS).map(async ([database, endpoint]) => {
      const server = bench.postgres(endpoint);
      const password = randomBytes(18).toString("hex");
      secrets.push(password);
      const mine = sql.split("\n").filter((line) => !line.startsWith("GRANT") || line.includes(`"${database}"`));
      await server.asSuperuser("postgres", mine.join("\n"));
      await server.asSuperuser("postgres", `ALTER ROLE leasehold_doctor PASSWORD '${password}'`);
      return `[${database}]\nhost=${server.host}\nport=${server.port}\nuser=leasehold_doctor\npassword=${password}\nsslmode=disable\n`;
    });
    writeFileSync(join(folder, "pg_service.conf"), (await Promise.all(services)).join("\n"), { mode: 0o600 });
    secrets.push(auth?.client_token as string);
    process.env.PGSERVICEFILE = join(folder, "pg_service.conf");
    process.env.VAULT_ADDR = bench.vault.address;
    process.env.VAULT_TOKEN = auth?.client_token;
  });

  afterAll(async () => {
    process.env = environment;
    await bench?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const sql = async (text: string, database = "shop"): Promise<unknown[]> =>
    (await bench.postgres(ENDPOINTS[database]).asSuperuser(database, text)).rows;

  const BOTH = ["--database", "shop=service=shop", "--database", "billing=service=billing"];

  async function leasehold(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = "";
    let err = "";
    const io: Io = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      readFile: (path) => readFileSync(path, "utf8"),
      writeFile: () => undefined,
      colour: false,
    };
    const code = await run(["doctor", "--report", join(folder, "access.json"), ...argv], io);
    printed += out + err;
    return { code, out, err };
  }

  interface Found {
    readonly code: string;
    readonly who: string[];
    readonly effective: string;
    readonly declared: string;
    readonly privileges: string[];
    readonly severity: string;
  }

  async function found(...argv: string[]): Promise<Found[]> {
    const { code, out, err } = await leasehold(...BOTH, "--json", ...argv);
    expect(err).toBe("");
    const { findings } = JSON.parse(out) as { findings: Found[] };
    expect(code).toBe(findings.length > 0 ? 2 : 0);
    for (const finding of findings) seen.add(finding.code);
    return findings;
  }

  const short = (findings: readonly Found[]): string[] => findings.map(({ code, who }) => `${code} ${who.join("+")}`);

  async function issue(role = "eu.shop.web"): Promise<{ username: string; password: string }> {
    const { data } = await bench.vault.request("GET", `database/main/shop/creds/${role}`);
    return data as { username: string; password: string };
  }
  const revokeAll = (role = "eu.shop.web"): Promise<unknown> =>
    bench.vault.request("PUT", `sys/leases/revoke-prefix/database/main/shop/creds/${role}`, {});

  test("declared = effective for the login of every pod, and for one of every other identity", async () => {
    for (const database of report.graph.databases) {
      const server = bench.postgres(ENDPOINTS[database.database]);
      const edges = report.graph.edges.filter(({ mountPath }) => mountPath === database.mountPath);
      const logins = new Map<string, { user: string; password: string }>();
      const subjects: { role: string; edge: (typeof edges)[number] }[] = [];
      for (const edge of edges) {
        const claim = CLAIMS.find(
          (one) =>
            edge.identity === `eu/${one.namespace}/${one.deployment}` &&
            (one.file === "billing.json") === (database.database === "billing"),
        );
        let login: { user: string; password: string };
        if (claim) {
          const pod = await bench.play(claim.namespace, claim.deployment);
          login = parseCredential(pod.file(claim.file));
        } else {
          const { data } = await bench.vault.request("GET", `${database.mountPath}/creds/${edge.databaseRole}`);
          const { username, password } = data as { username: string; password: string };
          login = { user: username, password };
        }
        logins.set(login.user, { user: login.user, password: login.password });
        subjects.push({ role: login.user, edge });
      }
      const client = await server.connect({ ...server.superuser, database: database.database });
      const { future, notProbed } = await probeFuture(
        client,
        [database.owner],
        subjects.map(({ role }) => role),
      );
      expect(notProbed).toEqual([]);
      await beginReading(client);
      const { findings, privileges } = await compareDatabase({
        ...{ client, graph: report.graph, database, subjects, future },
        read: async ({ role }) => {
          const session = await server.connect({
            ...(logins.get(role) ?? server.superuser),
            database: database.database,
          });
          await beginReading(session);
          const effective = await readEffective(session, role);
          await session.end();
          return effective;
        },
      });
      await client.end();
      expect(lines(findings)).toEqual([]);
      expect(privileges).toBeGreaterThan(edges.length * 3);
    }
  });

  test("nothing to say of a system that is as the program says, with the least rights", async () => {
    const { code, out, err } = await leasehold(...BOTH);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/database shop: 4 identities, [1-9]\d* logins of leases; mount database\/main\/shop/);
    // Nothing was left out.
    expect(out).not.toContain("not said");
  });

  test("a login that nobody issued", async () => {
    await sql('CREATE ROLE "v-by-hand" LOGIN');
    const findings = await found();
    await sql('DROP ROLE "v-by-hand"');
    expect(findings).toMatchObject([{ code: "orphan-login", who: ["v-by-hand"], severity: "error" }]);
  });

  test("a login without lease: Vault was made to forget it", async () => {
    // A statement that fails, so that only the lease goes.
    const mount = "database/main/shop/roles/eu.bi.reporting";
    const role = (await bench.vault.request("GET", mount)).data as Record<string, unknown>;
    await bench.vault.request("POST", mount, { ...role, revocation_statements: ["SELECT 1/0"] });
    await issue("eu.bi.reporting");
    await bench.vault.request("PUT", "sys/leases/revoke-force/database/main/shop/creds/eu.bi.reporting", {});
    await bench.vault.request("POST", mount, role);
    const findings = await found();
    expect(short(findings)).toContain("role-without-lease eu/bi/reporting");
    await sql(`DO $$ DECLARE r record; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-eu.bi.reporting-%' LOOP
      EXECUTE format('DROP ROLE %I', r.rolname); END LOOP; END $$`);
  });

  test("a lease without login: it was dropped by hand", async () => {
    const { username } = await issue();
    await sql(`DROP ROLE "${username}"`);
    const findings = await found();
    expect(short(findings)).toEqual(["lease-without-role eu/shop/web"]);
    expect(findings[0].effective).toMatch(/^\d+ live logins, \d+ leases in Vault$/);
    await revokeAll();
  });

  test("sessions of a login that has expired, and of one that is gone", async () => {
    const server = bench.postgres(ENDPOINTS.shop);
    const open = async (): Promise<{ username: string; end: () => Promise<void> }> => {
      const { username, password } = await issue();
      const client = await server.connect({ user: username, password, database: "shop" });
      return { username, end: () => client.end().catch(() => undefined) };
    };
    const [expired, gone] = [await open(), await open()];
    await sql(`ALTER ROLE "${expired.username}" VALID UNTIL '2020-01-01'; DROP ROLE "${gone.username}"`);
    const findings = await found();
    expect(short(findings).filter((text) => text.startsWith("session-without-lease"))).toHaveLength(2);
    expect(short(findings)).toContain("orphan-login eu/shop/web");
    await Promise.all([expired.end(), gone.end()]);
    await revokeAll();
  });

  test("a group near its cap", async () => {
    await issue();
    expect(await found("--near", "1")).toContainEqual(
      expect.objectContaining({ code: "group-near-cap", who: ["eu/shop/web"], declared: "at most 100 live logins" }),
    );
    await revokeAll();
  });

  test("grants that differ either way, and objects to come", async () => {
    await sql(`GRANT SELECT ON sales.orders TO eu_shop_web_shop; REVOKE SELECT ON sales.wizard FROM eu_shop_web_shop;
      ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA sales GRANT SELECT ON TABLES TO PUBLIC`);
    const findings = await found();
    await sql(`REVOKE SELECT ON sales.orders FROM eu_shop_web_shop; GRANT SELECT ON sales.wizard TO eu_shop_web_shop;
      ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA sales REVOKE SELECT ON TABLES FROM PUBLIC`);
    expect(short(findings)).toEqual([
      "direct-privilege eu/shop/web",
      "default-privilege eu/bi/reporting+eu/shop/api+eu/shop/web",
      "privilege-missing eu/shop/web",
    ]);
  });

  test("a login that got more than its group", async () => {
    const { username } = await issue();
    await sql(`GRANT pg_read_all_data TO "${username}"; ALTER ROLE "${username}" CREATEDB`);
    const [finding, ...others] = await found();
    await sql(`REVOKE pg_read_all_data FROM "${username}"`);
    await revokeAll();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ code: "login-differs", who: ["eu/shop/web"] });
    expect(finding.effective).toBe("member of pg_read_all_data; has CREATEDB");
  });

  test("a group that is gone, and a role that the program does not know", async () => {
    await sql("ALTER ROLE eu_bi_reporting_shop RENAME TO analyst");
    const findings = await found();
    await sql("ALTER ROLE analyst RENAME TO eu_bi_reporting_shop");
    expect(short(findings).filter((text) => /^(group-missing|stranger)/.test(text))).toEqual([
      "group-missing eu/bi/reporting",
      "stranger analyst",
    ]);
  });

  test("a login in our groups, the owner role and pg_read_all_data; and one behind a role of its own", async () => {
    await sql(`CREATE ROLE evil LOGIN PASSWORD 'e' IN ROLE eu_shop_web_shop, shop_owner, pg_read_all_data;
      CREATE ROLE between; GRANT eu_shop_api_shop TO between; CREATE ROLE deep LOGIN IN ROLE between`);
    const findings = await found();
    await sql("DROP ROLE evil, deep, between");
    const members = findings.filter(({ code }) => code === "unknown-member");
    expect(members.map(({ who, effective }) => `${who.join()}: ${effective}`)).toEqual([
      // A group reaches the role of its grants on whole schemas.
      "between: a role that is a member of eu_shop_api_shop, leasehold.all_eu_shop_api_shop",
      "deep: a login that is a member of eu_shop_api_shop, leasehold.all_eu_shop_api_shop",
      expect.stringMatching(/^evil: a login that is a member of .*eu_shop_web_shop.*pg_read_all_data.*shop_owner/),
    ]);
    expect(members.every(({ severity }) => severity === "error")).toBe(true);
  });

  test("a lease of another database that is a member of a group of this one", async () => {
    await sql(`CREATE ROLE "v-forged" LOGIN VALID UNTIL '2099-01-01' IN ROLE eu_shop_web_shop;
      COMMENT ON ROLE "v-forged" IS '{"lease":1,"database":"elsewhere","group":"x"}'`);
    const findings = await found();
    await sql('DROP ROLE "v-forged"');
    expect(short(findings)).toContain("unknown-member v-forged");
  });

  test.each([
    ["a group that somebody may log in as", "ALTER ROLE eu_shop_web_shop LOGIN", "NOLOGIN", "LOGIN"],
    ["a group that is a superuser", "ALTER ROLE eu_shop_web_shop SUPERUSER", "NOSUPERUSER", "SUPERUSER"],
    ["a group that may replicate", "ALTER ROLE eu_shop_web_shop REPLICATION", "NOREPLICATION", "REPLICATION"],
  ])("%s", async (_, change, undo, attribute) => {
    await sql(change);
    const findings = await found();
    await sql(`ALTER ROLE eu_shop_web_shop ${undo}`);
    expect(findings.filter(({ code }) => code === "own-role-attribute")).toMatchObject([
      { who: ["eu_shop_web_shop"], effective: `eu_shop_web_shop has ${attribute}` },
    ]);
  });

  test.each([
    [
      "an event trigger",
      `CREATE FUNCTION public.spy() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION public.spy()`,
      "DROP EVENT TRIGGER spy; DROP FUNCTION public.spy()",
    ],
    ["a publication", "CREATE PUBLICATION spy FOR ALL TABLES", "DROP PUBLICATION spy"],
    ["a login with REPLICATION", "CREATE ROLE spy LOGIN REPLICATION", "DROP ROLE spy"],
    [
      "a rule",
      "CREATE TABLE public.copy AS TABLE sales.customer WITH NO DATA; CREATE RULE spy AS ON INSERT TO sales.customer DO ALSO INSERT INTO public.copy VALUES (new.*)",
      "DROP RULE spy ON sales.customer; DROP TABLE public.copy",
    ],
    [
      "a foreign server",
      "CREATE FOREIGN DATA WRAPPER spy; CREATE SERVER spy FOREIGN DATA WRAPPER spy",
      "DROP FOREIGN DATA WRAPPER spy CASCADE",
    ],
    [
      "a function of the schema lease that runs as somebody else",
      "ALTER FUNCTION lease.close(text) SET work_mem = '5MB'",
      "ALTER FUNCTION lease.close(text) RESET ALL",
    ],
    [
      "a lease without an end",
      `CREATE ROLE "v-endless" LOGIN; COMMENT ON ROLE "v-endless" IS '{"lease":1,"database":"shop","group":"eu_shop_web_shop"}'`,
      'DROP ROLE "v-endless"',
    ],
  ])("%s", async (what, make, undo) => {
    await sql(make);
    const findings = await found();
    await sql(undo);
    expect(findings.filter(({ code }) => code === "past-the-grants").map(({ effective }) => effective)).toEqual([what]);
  });

  test("lease functions that were changed", async () => {
    const [{ definition }] = (await sql("SELECT pg_get_functiondef('lease.live()'::regprocedure) AS definition")) as {
      definition: string;
    }[];
    await sql(definition.replace("BEGIN", "BEGIN NULL;"));
    const findings = await found();
    await sql(definition);
    expect(findings).toMatchObject([{ code: "lease-functions-differ", effective: "in schema lease: live differs" }]);
  });

  test("Vault's roles, connection, policies and auth roles", async () => {
    const paths = {
      role: "database/main/shop/roles/eu.shop.web",
      gone: "database/main/shop/roles/eu.bi.reporting",
      more: "database/main/shop/roles/by-hand",
      connection: "database/main/shop/config/postgresql",
      policy: "sys/policies/acl/leasehold_eu_shop_api_database.main.shop",
      auth: "auth/kubernetes-eu/role/shop.web",
    };
    const read = async (path: string): Promise<Record<string, unknown>> =>
      (await bench.vault.request("GET", path)).data as Record<string, unknown>;
    const before = Object.fromEntries(
      await Promise.all(
        Object.entries(paths)
          .filter(([name]) => name !== "more")
          .map(async ([name, path]) => [name, await read(path)]),
      ),
    ) as Record<string, Record<string, unknown>>;
    await bench.vault.request("POST", paths.role, { ...before.role, default_ttl: 7200 });
    await bench.vault.request("DELETE", paths.gone);
    await bench.vault.request("POST", paths.more, { ...before.role, db_name: "postgresql" });
    const connection = { plugin_name: before.connection.plugin_name, verify_connection: false };
    await bench.vault.request("POST", paths.connection, { ...connection, allowed_roles: "by-hand" });
    await bench.vault.request("POST", paths.policy, { policy: 'path "*" { capabilities = ["read"] }' });
    await bench.vault.request("POST", paths.auth, { ...before.auth, bound_service_account_namespaces: ["shop", "bi"] });
    const findings = await found();
    await bench.vault.request("POST", paths.role, before.role);
    await bench.vault.request("POST", paths.gone, before.gone);
    await bench.vault.request("DELETE", paths.more);
    await bench.vault.request("POST", paths.connection, {
      ...connection,
      allowed_roles: before.connection.allowed_roles,
    });
    await bench.vault.request("POST", paths.policy, { policy: before.policy.policy });
    await bench.vault.request("POST", paths.auth, before.auth);
    expect(short(findings).sort()).toEqual([
      "auth-role-differs eu/shop/web",
      "connection-differs ",
      "database-role-differs eu/shop/web",
      "database-role-missing eu/bi/reporting",
      "database-role-unknown by-hand",
      "policy-differs eu/shop/api",
    ]);
  });

  test("every fault was mended, and every code was found", async () => {
    expect(short(await found())).toEqual([]);
    expect(LIVE_CODES.filter((code) => !seen.has(code))).toEqual([]);
    expect(PREFIX).toBe(LEASE_PREFIX);
  });

  test("PostgreSQL alone, Vault alone, a part of the databases: what was not looked at is said", async () => {
    const only = await leasehold("--database", "shop=service=shop");
    expect(only.code).toBe(0);
    expect(only.out).toContain("not said: database billing on ledger: no --database says how to reach it");
    const token = process.env.VAULT_ADDR;
    delete process.env.VAULT_ADDR;
    const postgres = await leasehold(...BOTH);
    expect(postgres.code).toBe(0);
    expect(postgres.out).toContain("not said: mount database/main/shop: VAULT_ADDR is not set");
    expect(await leasehold()).toMatchObject({ code: 1, err: expect.stringContaining("nothing to look at") });
    process.env.VAULT_ADDR = token;
    const vault = await leasehold();
    expect(vault.code).toBe(0);
    expect(vault.out).toContain("not said: leases of database/main/shop: nothing to compare them with");
  });

  test("what cannot be read is no clean bill: exit code 1", async () => {
    const token = process.env.VAULT_TOKEN;
    const { auth } = await bench.vault.request("POST", "auth/token/create", { policies: ["default"] });
    process.env.VAULT_TOKEN = auth?.client_token;
    secrets.push(auth?.client_token as string);
    expect(await leasehold(...BOTH)).toMatchObject({ code: 1, out: "", err: expect.stringContaining("403") });
    process.env.VAULT_TOKEN = token;
    expect(await leasehold("--database", "shop=host=127.0.0.1 password=x")).toMatchObject({
      code: 1,
      err: expect.stringContaining("a password in an argument"),
    });
    expect(await leasehold("--database", "shop=service=nowhere")).toMatchObject({
      code: 1,
      err: expect.stringContaining("nowhere"),
    });
  });

  test("nothing can be written by the session, and no secret was printed", async () => {
    const { connectionFrom, connectReadOnly } = await import("../../../audit/doctor/connection");
    const client = await connectReadOnly(connectionFrom("shop=service=shop", process.env).settings);
    await expect(client.query("SELECT lo_create(1)")).rejects.toMatchObject({ code: "25006" });
    await client.end();
    expect(secrets.length).toBeGreaterThan(3);
    expect(printed.length).toBeGreaterThan(1000);
    expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  });
});
