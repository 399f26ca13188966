import { App } from "cdktf";
import { Construct } from "constructs";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { groupRoleName } from "../../access/model/names";
import { adoptionFile, releasesOf, SynthesizedStack } from "../../cli/adopt/adoptions";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  InjectedDeployment,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../constructs";
import { keepingGrants } from "../../bench/players/migration";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, PlatformStack, VaultConfigStack, WorkloadsStack } from "../../stacks";
import {
  Bench,
  connect,
  endPod,
  loadProgram,
  logIn,
  parseCredential,
  Pod,
  Program,
  Rehearsal,
  startBench,
  Step,
} from "../../bench";

jest.setTimeout(20 * 60_000);

/** Legal names that break whatever forgets to quote. */
const SCHEMA = 'Sales "Dept" ${x}';
const TABLE = "we'ird %{if} table";
const quote = (name: string): string => `"${name.replace(/"/g, '""')}"`;
const RELATION = `${quote(SCHEMA)}.${quote(TABLE)}`;
const ENDPOINT = "db.example.com:5432";
const GROUP = groupRoleName({ cluster: "c1", namespace: "team", serviceAccount: "worker" }, "my-App db");

/** An object of each kind that can be granted, as a migration makes it. */
const kinds = (version: number): string => `
  CREATE TABLE kinds.plain (id integer);
  CREATE TABLE kinds.parted (id integer, name text) PARTITION BY LIST (id);
  CREATE TABLE kinds.part PARTITION OF kinds.parted DEFAULT;
  CREATE VIEW kinds.shown AS SELECT ${version} AS version;
  CREATE MATERIALIZED VIEW kinds.kept AS SELECT ${version} AS version;
  CREATE SEQUENCE kinds.counted START ${version};
  CREATE FUNCTION kinds.twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2';`;
/** A schema that is granted as a whole, and in it a type that PUBLIC may not use. */
const whole = (version: number): string => `
  CREATE SCHEMA whole; CREATE TABLE whole.t${version} AS SELECT ${version} AS version; CREATE SEQUENCE whole.s${version};
  CREATE DOMAIN whole.amount AS integer; REVOKE USAGE ON TYPE whole.amount FROM PUBLIC;`;
const USES = `INSERT INTO kinds.plain VALUES (1); SELECT id FROM kinds.plain; SELECT name FROM kinds.parted; SELECT id FROM kinds.part;
  SELECT version FROM kinds.shown; SELECT version FROM kinds.kept; SELECT nextval('kinds.counted'); SELECT kinds.twice(2);
  CREATE TEMPORARY TABLE mine (a integer); CREATE TEMPORARY TABLE priced (a whole.amount)`;

function grantEachKind(access: DatabaseAccess, worker: WorkloadIdentity, renamed: string): void {
  const kinds = access.schema("kinds");
  kinds.table(`plain${renamed}`).grants.custom(["SELECT", "INSERT"], worker);
  kinds.table(`parted${renamed}`).grants.read(worker);
  kinds.table(`part${renamed}`).columns("id").grants.read(worker);
  kinds.view(`shown${renamed}`).grants.read(worker);
  kinds.materializedView(`kept${renamed}`).grants.read(worker);
  kinds.sequence(`counted${renamed}`).grants.use(worker);
  kinds.function(`twice${renamed}(integer)`).grants.execute(worker);
  access.grants.temporary(worker);
  access.schema("whole").allTables().grants.read(worker);
  access.schema("whole").allSequences().grants.use(worker);
}

/** As ALTER names them. */
const RENAMES: readonly (readonly [string, string])[] = [
  ["TABLE", "plain"],
  ["TABLE", "parted"],
  ["TABLE", "part"],
  ["VIEW", "shown"],
  ["MATERIALIZED VIEW", "kept"],
  ["SEQUENCE", "counted"],
  ["FUNCTION", "twice(integer)"],
];

interface Variant {
  readonly columns: readonly string[];
  readonly visitor: boolean;
  /** @default true */
  readonly working?: boolean;
  /** Behind the names of what is granted on in the schema `kinds`. */
  readonly renamed?: string;
}

/** A server, a database with a hyphen in its name, two workloads. */
function program(outdir: string, sql: string, { columns, visitor, working = true, renamed = "" }: Variant): void {
  const environment = sandbox;
  const app = new App({ outdir });
  const platform = new PlatformStack(app, "platform", { environment, namespaces: ["team"] });
  const config = new VaultConfigStack(app, "config", { environment, after: [platform] });
  const cluster = new KubernetesAuth(config, "c1");
  const identity = (id: string, lease = {}): WorkloadIdentity =>
    new WorkloadIdentity(config, id, { cluster, namespace: "team", lease });
  const worker = identity("worker", { ttl: Duration.seconds(15), maxTtl: Duration.seconds(30) });
  const guest = identity("guest");
  const migrator = identity("migrator");
  const servers = new Construct(app, "servers");
  const instance = PostgresInstance.fromEndpoint(servers, "pg", {
    endpoint: { host: "db.example.com" },
    admin: AdminCredential.fromKv("pg/admin", { username: "dba" }),
    majorVersion: 18,
    sslMode: "disable",
  });
  const databases = new DatabasesStack(app, "databases", { environment, instance, after: [config] });
  const database = new PostgresDatabase(databases, "db", { instance, databaseName: "my-App db" });
  const access = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "db", {
    database,
    mountPath: "database/my-app",
  });
  new DatabaseMigration(access, "migration", {
    identity: migrator,
    migrations: Migrations.fromFolder(sql),
    vault: platform.vault,
  });
  const table = access.schema(SCHEMA).table(TABLE);
  if (working) table.columns(...columns).grants.read(worker);
  if (visitor) access.schema(SCHEMA).allTables().grants.read(guest);
  if (working) grantEachKind(access, worker, renamed);
  const workloads = new WorkloadsStack(app, "workloads", { environment });
  const containers = [{ name: "app", image: "app:1" }];
  if (working)
    new InjectedDeployment(workloads, "worker", {
      identity: worker,
      containers,
      vault: platform.vault,
      credentials: [Credential.uri(access, { file: "db" })],
    });
  if (visitor)
    new InjectedDeployment(workloads, "guest", {
      identity: guest,
      containers,
      vault: platform.vault,
      credentials: [Credential.keywords(access, { file: "db" })],
    });
  app.synth();
}

describe("a program that changes while its pods live", () => {
  let folder: string;
  let bench: Bench;
  let engine: Rehearsal;
  let worker: Pod;
  let guest: Pod;
  let applied: Variant;

  const load = (variant: Variant): Promise<Program> => {
    const outdir = mkdtempSync(join(folder, "out-"));
    program(outdir, join(folder, "sql"), variant);
    return loadProgram(outdir, { endpoints: bench.mapping });
  };
  const apply = async (variant: Variant): Promise<Step[]> => {
    const steps: Step[] = [];
    applied = variant;
    const loaded = await load(variant);
    for (const { name } of loaded.stacks) {
      steps.push(...(await engine.apply(loaded, { stacks: [name] })).steps);
      await bench.operate();
    }
    return steps.filter(({ action }) => action !== "unchanged");
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-changes-"));
    mkdirSync(join(folder, "sql"));
    writeFileSync(
      join(folder, "sql", "1.sql"),
      `CREATE SCHEMA ${quote(SCHEMA)}; CREATE TABLE ${RELATION} (id integer PRIMARY KEY, "a b" text, secret text); INSERT INTO ${RELATION} VALUES (1, 'x', 'y');
       CREATE SCHEMA kinds; ${kinds(1)} ${whole(1)}`,
    );
    bench = await startBench({
      postgres: [
        { endpoints: [ENDPOINT], major: 18, admin: { username: "dba", mount: "leasehold", path: "pg/admin" } },
      ],
    });
    engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
    await apply({ columns: ["id"], visitor: true });
    worker = await bench.play("team", "worker");
    guest = await bench.play("team", "guest");
  });

  afterAll(async () => {
    await bench?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("names that break what forgets to quote are granted on exactly", async () => {
    const { client } = await logIn(bench, worker, { file: "db" });
    await expect(client.query(`SELECT id FROM ${RELATION}`)).resolves.toMatchObject({ rows: [{ id: 1 }] });
    await expect(client.query(`SELECT "a b" FROM ${RELATION}`)).rejects.toMatchObject({ code: "42501" });
    await client.end();
  });

  test("an app that reads the file when it connects sees no failure while its login rotates and a column is added", async () => {
    const logins = new Set<string>();
    let failures: string[] = [];
    let queries = 0;
    const end = Date.now() + 62_000;
    const load = (async () => {
      while (Date.now() < end) {
        try {
          const credential = parseCredential(worker.file("db"));
          logins.add(credential.user);
          const client = await connect(credential, bench.route);
          await client.query(`SELECT id FROM ${RELATION}`);
          await client.end();
          queries += 1;
        } catch (error) {
          failures = [...failures, (error as Error).message];
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    await apply({ columns: ["id", "a b"], visitor: true });
    await load;
    expect(failures).toEqual([]);
    expect(queries).toBeGreaterThan(100);
    // A login lives 30 s at most: in a minute there must have been three.
    expect(logins.size).toBeGreaterThanOrEqual(3);
    const { client } = await logIn(bench, worker, { file: "db" });
    await expect(client.query(`SELECT "a b" FROM ${RELATION}`)).resolves.toMatchObject({ rowCount: 1 });
    await expect(client.query(`SELECT secret FROM ${RELATION}`)).rejects.toMatchObject({ code: "42501" });
    await client.end();
  });

  test("a table that a later migration makes is read by who may read all tables", async () => {
    writeFileSync(
      join(folder, "sql", "2.sql"),
      `CREATE TABLE ${quote(SCHEMA)}.later (a integer); INSERT INTO ${quote(SCHEMA)}.later VALUES (7);`,
    );
    await apply({ columns: ["id", "a b"], visitor: true });
    const { client } = await logIn(bench, guest, { file: "db" });
    await expect(client.query(`SELECT a FROM ${quote(SCHEMA)}.later`)).resolves.toMatchObject({ rows: [{ a: 7 }] });
    const { rows } = await client.query("SELECT tableowner FROM pg_tables WHERE tablename = 'later'");
    expect(rows).toEqual([{ tableowner: "my-App db_owner" }]);
    await client.end();
  });

  test("what a migration drops and makes again is granted after that apply, of each kind, and the next changes nothing", async () => {
    // A login lives 30 s at most, and an apply may take longer: each use is a login of its own.
    const use = async (): Promise<void> => {
      const { client } = await logIn(bench, worker, { file: "db" });
      await client.query(USES);
      await client.end();
    };
    // No verb grants a type: a migration does.
    await bench
      .postgres(ENDPOINT)
      .asSuperuser("my-App db", `SET ROLE "my-App db_owner"; GRANT USAGE ON TYPE whole.amount TO "${GROUP}"`);
    const read = async (version: number): Promise<void> => {
      const { client } = await logIn(bench, worker, { file: "db" });
      await client.query(`SELECT * FROM whole.t${version}; SELECT nextval('whole.s${version}')`);
      await client.end();
    };
    await use();
    await read(1);
    const drop =
      "DROP VIEW kinds.shown; DROP MATERIALIZED VIEW kinds.kept; DROP TABLE kinds.parted, kinds.plain; DROP SEQUENCE kinds.counted; DROP FUNCTION kinds.twice;";
    writeFileSync(join(folder, "sql", "3.sql"), `${drop} ${kinds(2)} DROP SCHEMA whole CASCADE; ${whole(2)}`);
    // The files and the Job that runs them, and no grant.
    expect((await apply(applied)).map(({ address }) => address.split(".")[0])).toEqual([
      "kubernetes_config_map_v1",
      "kubernetes_job_v1",
    ]);
    await use();
    await read(2);
    expect(await apply(applied)).toEqual([]);
    // What is made later in the schema that was made again is granted, too.
    writeFileSync(join(folder, "sql", "4.sql"), "CREATE TABLE whole.t3 (a integer); CREATE SEQUENCE whole.s3;");
    await apply(applied);
    await read(3);
    // A container of one's own commits by itself: psql before it and after it does the same.
    const server = bench.postgres(ENDPOINT);
    const owner = await server.connect({
      ...server.superuser,
      database: "my-App db",
      options: "-c role=my-App\\ db_owner",
    });
    await keepingGrants(owner, () => owner.query(`${drop} ${kinds(3)}`));
    await owner.end();
    await use();
    expect(await apply(applied)).toEqual([]);
    // Nothing of the program takes this away again, and with it the group could not be dropped.
    await bench
      .postgres(ENDPOINT)
      .asSuperuser(
        "my-App db",
        `SET ROLE "my-App db_owner"; REVOKE USAGE ON TYPE whole.amount FROM "${GROUP}"; GRANT USAGE ON TYPE whole.amount TO PUBLIC`,
      );
  });

  test("what was renamed before the program follows stops the apply, and one command lets go of the grants with the old names", async () => {
    const rename = RENAMES.map(([kind, name]) => `ALTER ${kind} kinds.${name} RENAME TO ${name.split("(")[0]}_2`);
    await bench.postgres(ENDPOINT).asSuperuser("my-App db", rename.join(";"));
    const variant = { ...applied, renamed: "_2" };
    // The old ones cannot be taken away, of each kind, whichever comes first.
    const outdir = mkdtempSync(join(folder, "out-"));
    program(outdir, join(folder, "sql"), variant);
    const file = join(outdir, "stacks", "access", "cdk.tf.json");
    const document = JSON.parse(readFileSync(file, "utf8")) as SynthesizedStack["document"];
    const entries = Object.values(engine.state.stacks.access ?? {});
    const old = entries.filter(({ address, type, id }) => {
      const kept = document.resource?.[type]?.[address.split(".")[1]];
      return type === "postgresql_grant" && /_kinds_/.test(id) && kept === undefined;
    });
    expect(old).toHaveLength(RENAMES.length);
    const mapping = { endpoints: bench.mapping };
    await expect(engine.apply(await loadProgram(outdir, mapping), { stacks: ["access"] })).rejects.toThrow(
      /does not exist/,
    );
    const log = [
      ...old.map(({ address, id }) => `access  ${address}: Destroying... [id=${id}]`),
      ...RENAMES.map(([kind, name]) =>
        kind === "FUNCTION" ? `function kinds.${name}` : `relation "kinds.${name}"`,
      ).map((what) => `Error: could not execute revoke query: pq: ${what} does not exist`),
    ].join("\n");
    const { released, not } = releasesOf(log, [{ name: "access", document }]);
    expect(not).toEqual([]);
    writeFileSync(file, JSON.stringify({ ...document, ...(JSON.parse(adoptionFile([], released)) as object) }));
    const { steps } = await engine.apply(await loadProgram(outdir, mapping), { stacks: ["access"] });
    const counted = (action: string): number => steps.filter((step) => step.action === action).length;
    expect([counted("forget"), counted("create"), counted("destroy")]).toEqual([RENAMES.length, RENAMES.length, 0]);
    const { client } = await logIn(bench, worker, { file: "db" });
    await client.query(USES.replace(/kinds\.\w+/g, "$&_2"));
    await client.end();
    expect(await apply(variant)).toEqual([]);
  });

  test("a workload taken out of the program while its pod lives loses its rights at once, and its login is cleaned up after", async () => {
    const { client, credential } = await logIn(bench, guest, { file: "db" });
    await apply({ ...applied, columns: ["id", "a b"], visitor: false });
    await expect(client.query(`SELECT id FROM ${RELATION}`)).rejects.toMatchObject({ code: "42501" });
    const times = await endPod(bench, guest, ENDPOINT, credential.user, client);
    expect(times.revoked).toBe(true);
    await client.end().catch(() => undefined);
  });

  test("the other workload never noticed; its own stack is applied first when it is taken out, and no query of its last pod is refused", async () => {
    const { client, credential } = await logIn(bench, worker, { file: "db" });
    const asks = (): Promise<unknown> => client.query(`SELECT id, "a b" FROM ${RELATION}`);
    await expect(asks()).resolves.toMatchObject({ rowCount: 1 });
    const gone = await load({ columns: [], visitor: false, working: false });
    await engine.apply(gone, { stacks: ["workloads"] });
    const deployment = "/apis/apps/v1/namespaces/team/deployments/worker";
    await expect(bench.kubernetes.request("GET", deployment)).rejects.toMatchObject({ status: 404 });
    // The pod still ends: what it has open may ask, and so may what it opens now.
    await expect(asks()).resolves.toMatchObject({ rowCount: 1 });
    const again = await logIn(bench, worker, { file: "db" });
    await expect(again.client.query(`SELECT id FROM ${RELATION}`)).resolves.toMatchObject({ rowCount: 1 });
    await again.client.end();
    await expect(endPod(bench, worker, ENDPOINT, credential.user, client)).resolves.toMatchObject({ revoked: true });
    await client.end().catch(() => undefined);
    for (const { name } of gone.stacks) await engine.apply(gone, { stacks: [name] });
    const left = async (): Promise<unknown[]> => {
      const { rows } = await bench.postgres(ENDPOINT).asSuperuser("postgres", "SELECT rolname FROM pg_roles");
      return rows.filter(({ rolname }) => /^(v-)?c1.team.worker/.test(rolname as string));
    };
    // Earlier logins of the pod end with its token, which Vault does by itself and waits for nobody.
    for (const end = Date.now() + 60_000; Date.now() < end && (await left()).length > 0;)
      await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await left()).toEqual([]);
  });
});
