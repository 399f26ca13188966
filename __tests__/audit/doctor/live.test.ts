import type { Bench } from "../../../bench";
import { parseCredential } from "../../../bench";
import type { AccessReport } from "../../../access/report/report";
import { compareDatabase } from "../../../audit/effective/database";
import { LIVE_CODES } from "../../../audit/effective/finding";
import { probeFuture } from "../../../audit/effective/future";
import { beginReading, readEffective } from "../../../audit/effective/read";
import { CLAIMS } from "../../../examples/shop/claims";
import { lines } from "../effective/world";
import { BOTH, ENDPOINTS, Found, short, World } from "./world";

jest.setTimeout(20 * 60_000);

/** In backdoors.test.ts. */
const FOUND_ELSEWHERE: readonly string[] = [
  "lease-functions-differ",
  "unknown-member",
  "own-role-attribute",
  "unknown-power",
  "unknown-setting",
  "lease-forged",
  "past-the-grants",
  // In vault.test.ts.
  "policy-holder",
  "policy-reaches",
  "auth-config-differs",
  "mount-differs",
  "audit-device",
  "vault-setting",
];

describe("the example in use", () => {
  let world: World;
  let bench: Bench;
  let report: AccessReport;

  beforeAll(async () => {
    world = await World.start();
    ({ bench, report } = world);
  });

  afterAll(() => world?.stop());

  const sql = <Row extends object>(text: string): Promise<Row[]> => world.sql<Row>(text);
  const found = (...argv: string[]): Promise<Found[]> => world.found(...argv);
  const leasehold = (...argv: string[]): ReturnType<World["leasehold"]> => world.leasehold(...argv);
  const issue = (role?: string): ReturnType<World["issue"]> => world.issue(role);
  const revokeAll = (role?: string): Promise<unknown> => world.revokeAll(role);

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
    // What no session of such a login can see is said; nothing else was left out.
    const said = [...out.matchAll(/not said: (.*)/g)].map(([, text]) => text);
    expect(
      said.filter(
        (text) =>
          !/^(server of (shop|billing): (who can|what is)|database (shop|billing): what functions|mount database|auth.kubernetes-eu.(config|role.legacy.erp): |Vault: (tokens|what its other mounts|who reads? ))/.test(
            text,
          ),
      ),
    ).toEqual([]);
    expect(said).toHaveLength(13);
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
      // Others that hold as many logins are named beside it.
      expect.objectContaining({
        code: "group-near-cap",
        who: expect.arrayContaining(["eu/shop/web"]),
        declared: "at most 100 live logins",
      }),
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
    const connection = { plugin_name: before.connection.plugin_name, verify_connection: true };
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
    expect(LIVE_CODES.filter((code) => !world.seen.has(code) && !FOUND_ELSEWHERE.includes(code))).toEqual([]);
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

  test("what cannot be read is not a clean bill: exit code 1", async () => {
    const token = process.env.VAULT_TOKEN;
    const { auth } = await bench.vault.request("POST", "auth/token/create", { policies: ["default"] });
    process.env.VAULT_TOKEN = auth?.client_token;
    world.secrets.push(auth?.client_token as string);
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
    expect(world.secrets.length).toBeGreaterThan(3);
    expect(world.printed.length).toBeGreaterThan(1000);
    expect(world.secrets.filter((secret) => world.printed.includes(secret))).toEqual([]);
  });
});
