import { App } from "cdktf";
import type { Client } from "pg";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  emptyState,
  loadProgram,
  mapEndpoints,
  parseStack,
  PostgresServer,
  Program,
  programOf,
  startPostgres,
  startVault,
  Step,
  VaultServer,
} from "../../bench";
import { createFunctionSql } from "../../bench/rehearse/handlers/postgresql/function";
import {
  AdminCredential,
  DatabaseAccess,
  Duration,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, VaultConfigStack } from "../../stacks";
import { ADMIN_SQL, engineOf, ExternalWorld, putAdmin } from "../support/external-world";

jest.setTimeout(10 * 60_000);

type Document = Parameters<typeof parseStack>[1];

/** What earlier versions synthesized of the program below, without comments and backends. */
interface Release {
  readonly commit: string;
  readonly stacks: readonly { readonly name: string; readonly dependencies: string[]; readonly document: Document }[];
}
const documentOf = ({ stacks }: Release): Document => stacks.find(({ name }) => name === "access")!.document;
const release = (day: string): Release =>
  JSON.parse(readFileSync(join(__dirname, "releases", `${day}.json`), "utf8")) as Release;

/** The program as this version has it. */
function today(outdir: string): void {
  const environment = sandbox;
  const app = new App({ outdir });
  const config = new VaultConfigStack(app, "config", { environment });
  const cluster = new KubernetesAuth(config, "eu", {
    kubernetesHost: "https://kubernetes.example.com",
    clientReviewsItself: true,
    audience: "https://kubernetes.example.com",
  });
  const web = new WorkloadIdentity(config, "web", {
    cluster,
    namespace: "shop",
    lease: { ttl: Duration.minutes(10), maxTtl: Duration.hours(1) },
  });
  const api = new WorkloadIdentity(config, "api", { cluster, namespace: "shop" });
  const instance = PostgresInstance.fromEndpoint(config, "main", {
    endpoint: { host: "main.example.com" },
    admin: AdminCredential.fromKv("postgres/main/admin", { username: "leasehold_admin" }),
    majorVersion: 18,
    sslMode: "disable",
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance, after: [config] });
  const database = new PostgresDatabase(databases, "shop", { instance });
  const access = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
  access.schema("sales").table("wizard").grants.read(web);
  access.schema("sales").table("wizard").grants.readWrite(api);
  access.addOperatorPolicy();
  app.synth();
}

interface Lease {
  readonly id: string;
  readonly user: string;
  readonly password: string;
}

/** The lease functions of the stack `access`, by name, as SQL. */
function functionsOf(document: Document): Record<string, string> {
  const { postgresql_function: all } = document.resource as Record<string, Record<string, Document>>;
  const kept = Object.values(all).filter(({ name }) => !(name as string).startsWith("group_"));
  return Object.fromEntries(
    kept.map((config) => [config.name, createFunctionSql({ ...config, parallel: "UNSAFE", schema: "lease" }, true)]),
  );
}

/** Each version is applied over the one before, while the logins of all of them live. */
describe("an upgrade of Leasehold with leases live", () => {
  let vault: VaultServer;
  let postgres: PostgresServer;
  let folder: string;
  let world: ExternalWorld;
  let current: Program;
  /** Those of earlier versions, which live on. */
  const old: Lease[] = [];
  /** An open session of the first of them. */
  let session: Client;

  const mapping = (): { from: string; to: string }[] => [
    { from: "main.example.com:5432", to: `127.0.0.1:${postgres.port}` },
    { from: "http://127.0.0.1:8200", to: vault.address },
  ];
  const frozen = (day: string): Program =>
    programOf(
      release(day).stacks.map(({ name, document, dependencies }) =>
        parseStack(name, mapEndpoints(document, mapping()), dependencies),
      ),
    );
  const apply = async (program: Program, stacks = program.stacks.map(({ name }) => name)): Promise<Step[]> => {
    const steps: Step[] = [];
    for (const name of stacks) {
      steps.push(...(await engineOf(world).apply(program, { stacks: [name] })).steps);
      if (name === "config") await putAdmin(world);
    }
    return steps.filter(({ action }) => action !== "unchanged" && action !== "open");
  };
  const issue = async (role: "web" | "api"): Promise<Lease> => {
    const { lease_id: id, data } = await vault.request("GET", `database/main/shop/creds/eu.shop.${role}`);
    const { username: user, password } = data as { username: string; password: string };
    return { id: id as string, user, password };
  };
  const query = async ({ user, password }: Lease, sql: string): Promise<unknown[]> => {
    const client = await postgres.connect({ user, password, database: "shop" });
    try {
      return (await client.query(sql)).rows as unknown[];
    } finally {
      await client.end();
    }
  };
  const works = async (lease: Lease): Promise<void> => {
    expect(await query(lease, "SELECT name FROM sales.wizard")).toEqual([{ name: "Ada" }]);
    await expect(query(lease, "SELECT word FROM sales.secret")).rejects.toMatchObject({ code: "42501" });
  };
  const until = async ({ user }: Lease): Promise<number | undefined> => {
    const { rows } = await postgres.asSuperuser(
      "postgres",
      `SELECT extract(epoch FROM rolvaliduntil)::float AS until FROM pg_authid WHERE rolname = '${user}'`,
    );
    return (rows[0] as { until: number } | undefined)?.until;
  };
  const renewed = async (lease: Lease): Promise<void> => {
    await postgres.asSuperuser("postgres", `ALTER ROLE "${lease.user}" VALID UNTIL '2020-01-01'`);
    await vault.request("PUT", "sys/leases/renew", { lease_id: lease.id, increment: 600 });
    expect(await until(lease)).toBeGreaterThan(Date.now() / 1000);
  };
  const revoked = async (lease: Lease): Promise<void> => {
    await vault.request("PUT", "sys/leases/revoke", { lease_id: lease.id, sync: true });
    expect(await until(lease)).toBeUndefined();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-upgrade-"));
    [vault, postgres] = await Promise.all([startVault(), startPostgres({ major: 18 })]);
    await postgres.asSuperuser("postgres", ADMIN_SQL);
    world = { vault, state: emptyState(), postgres: (endpoint) => endpoint };
    today(folder);
    current = await loadProgram(folder, { endpoints: mapping() });
  });
  afterAll(async () => {
    await session?.end().catch(() => undefined);
    await Promise.all([vault?.stop(), postgres?.stop()]);
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** What holds at any time of an upgrade: logins of all versions work, are renewed and end, and new ones are issued. */
  const allHolds = async (): Promise<void> => {
    const added = await issue("api");
    await works(added);
    await renewed(added);
    await revoked(added);
    for (const lease of old) await works(lease);
    await renewed(old[0]);
  };

  test("from the version of 2026-11-22, whose groups stood in the functions, to that of 2026-11-28", async () => {
    const first = frozen("2026-11-22");
    await apply(first, ["servers", "config", "databases"]);
    await postgres.asSuperuser(
      "shop",
      `CREATE SCHEMA sales AUTHORIZATION shop_owner; SET ROLE shop_owner;
       CREATE TABLE sales.wizard (id integer PRIMARY KEY, name text); INSERT INTO sales.wizard VALUES (1, 'Ada');
       CREATE TABLE sales.secret (word text)`,
    );
    await apply(first, ["access"]);
    old.push(await issue("web"), await issue("web"), await issue("api"));
    await allHolds();
    session = await postgres.connect({ ...old[0], database: "shop" });
    session.on("error", () => undefined);

    // An apply that stops at one of the functions leaves those before it new and the others old.
    await postgres.asSuperuser(
      "shop",
      `CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
         IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE 'lease.revoke(%')
         THEN RAISE EXCEPTION 'refused for the test'; END IF; END $$;
       CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.refuse()`,
    );
    const next = frozen("2026-11-28");
    await expect(apply(next)).rejects.toThrow(/postgresql_function\S*_revoke_\S*: .*refused for the test/);
    await postgres.asSuperuser("shop", "DROP EVENT TRIGGER refuse; DROP FUNCTION public.refuse()");
    await allHolds();
    await revoked(old.splice(1, 1)[0]);

    const steps = await apply(next, ["access"]);
    expect(steps.filter(({ action }) => action !== "update")).toEqual([]);
    await allHolds();
    old.push(await issue("web"), await issue("api"));
  });

  test("with any of the functions new and the others old: Terraform replaces them in no order, and may stop at each", async () => {
    const [before, after] = [
      functionsOf(documentOf(release("2026-11-28"))),
      functionsOf(JSON.parse(readFileSync(join(folder, "stacks", "access", "cdk.tf.json"), "utf8")) as Document),
    ];
    const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
    expect(changed.length).toBeGreaterThan(0);
    // Each two of them meet in all four ways.
    const sets = changed.flatMap((one) => [[one], changed.filter((name) => name !== one)]);
    for (const isNew of sets) {
      const bodies = changed.map((name) => (isNew.includes(name) ? after : before)[name]);
      await postgres.asSuperuser("shop", bodies.join("\n"));
      await allHolds();
    }
    await postgres.asSuperuser("shop", Object.values(before).join("\n"));
  });

  test("to this one: no login notices, each is renewed and revoked by the new functions, and the next plan is empty", async () => {
    const steps = await apply(current);
    // What is made anew would lose its rights for a moment, and the mount would end every lease. What Vault runs when it rotates its
    // own password is new: it waits for the next change of that password.
    expect(steps.filter(({ action }) => action !== "update")).toEqual([
      expect.objectContaining({ action: "create", address: expect.stringContaining("_Rotationstatements_") as string }),
    ]);
    await allHolds();
    expect((await session.query("SELECT name FROM sales.wizard")).rows).toEqual([{ name: "Ada" }]);
    for (const lease of old) await revoked(lease);
    await expect(session.query("SELECT 1")).rejects.toThrow();
    expect(await apply(current)).toEqual([]);
  });
});
