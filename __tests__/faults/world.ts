import { App } from "cdktf";
import { Construct } from "constructs";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
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
import { groupRoleName } from "../../access/model/names";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, PlatformStack, VaultConfigStack, WorkloadsStack } from "../../stacks";
import {
  Bench,
  BenchOptions,
  loadProgram,
  PostgresServer,
  Program,
  Rehearsal,
  RehearsalHooks,
  startBench,
} from "../../bench";
import type { EmbeddedMajor } from "../../bench/servers/embedded-postgres";
import { recordVersion } from "./record";

/** Seconds, and what else one workload asks for. */
export interface Worker {
  readonly ttl: number;
  /** @default the ttl */
  readonly maxTtl?: number;
  readonly tokenTtl?: number;
  readonly tokenMaxTtl?: number;
  readonly maxLiveLeases?: number;
  /** How the agent runs in its pods. @default "native-sidecar" */
  readonly agent?: "native-sidecar" | "init-and-sidecar";
  /** Of `app.item`; an empty list grants nothing on the table. @default id */
  readonly columns?: readonly string[];
}

/** A program: per major version one external server with the database `app`, one Deployment per worker. */
export interface Shape {
  readonly majors?: readonly EmbeddedMajor[];
  readonly workers: Readonly<Record<string, Worker>>;
  /** Tables that every worker reads whole, beside `app.item`. */
  readonly tables?: readonly string[];
  readonly passwordVersion?: number;
  /** False leaves the password of Vault's login in KV, so that a test can call the lease functions as Vault does. */
  readonly rotateRoot?: boolean;
}

export const NAMESPACE = "team";
export const DATABASE = "app";
const CLUSTER = "c1";

/** The table, its rows and its columns, as the first migration makes them. */
const MIGRATION = `CREATE SCHEMA app;
CREATE TABLE app.item (id integer PRIMARY KEY, name text, price numeric);
INSERT INTO app.item SELECT n, 'item ' || n, n FROM generate_series(1, 10) AS n;`;

function synthesize(outdir: string, sql: string, shape: Shape): void {
  const environment = sandbox;
  const app = new App({ outdir });
  const platform = new PlatformStack(app, "platform", { environment, namespaces: [NAMESPACE] });
  const config = new VaultConfigStack(app, "config", { environment, after: [platform] });
  const cluster = new KubernetesAuth(config, CLUSTER);
  const seconds = (value?: number): Duration | undefined => (value === undefined ? undefined : Duration.seconds(value));
  const workers = Object.entries(shape.workers).map(([id, worker]) => ({
    worker,
    identity: new WorkloadIdentity(config, id, {
      cluster,
      namespace: NAMESPACE,
      lease: { ttl: seconds(worker.ttl), maxTtl: seconds(worker.maxTtl ?? worker.ttl) },
      tokenTtl: seconds(worker.tokenTtl),
      tokenMaxTtl: seconds(worker.tokenMaxTtl),
    }),
  }));
  const servers = new Construct(app, "servers");
  const accesses = (shape.majors ?? [18]).map((major) => {
    const instance = PostgresInstance.fromEndpoint(servers, `pg${major}`, {
      endpoint: { host: `pg${major}.example.com` },
      admin: AdminCredential.fromKv(`pg${major}/admin`, { username: "dba" }),
      majorVersion: major,
      sslMode: "disable",
    });
    const databases = new DatabasesStack(app, `databases-${major}`, { environment, instance, after: [config] });
    const database = new PostgresDatabase(databases, DATABASE, { instance });
    const access = new DatabaseAccess(new AccessStack(app, `access-${major}`, { environment, database }), DATABASE, {
      database,
      passwordVersion: shape.passwordVersion,
      rotateRoot: shape.rotateRoot,
    });
    const migrator = new WorkloadIdentity(config, `migrator${major}`, { cluster, namespace: NAMESPACE });
    const migrations = Migrations.fromFolder(sql);
    new DatabaseMigration(access, "migration", { identity: migrator, migrations, vault: platform.vault });
    const schema = access.schema("app");
    for (const { identity, worker } of workers) {
      access.access(identity, { maxLiveLeases: worker.maxLiveLeases });
      const columns = worker.columns ?? ["id"];
      if (columns.length > 0)
        schema
          .table("item")
          .columns(...columns)
          .grants.read(identity);
      for (const table of shape.tables ?? []) schema.table(table).grants.read(identity);
    }
    return { access, major };
  });
  const workloads = new WorkloadsStack(app, "workloads", { environment });
  for (const { identity, worker } of workers)
    new InjectedDeployment(workloads, identity.key.serviceAccount, {
      identity,
      agent: worker.agent,
      containers: [{ name: "app", image: "app:1" }],
      vault: platform.vault,
      credentials: accesses.map(({ access, major }) => Credential.uri(access, { file: `pg${major}` })),
    });
  app.synth();
}

/** A login that Vault issued. */
export interface Lease {
  readonly id: string;
  readonly user: string;
  readonly password: string;
  readonly major: EmbeddedMajor;
  /** Milliseconds since 1970, by this machine's clock, taken before it was asked for: it ends no earlier than this and its ttl. */
  readonly asked: number;
}

/** Servers with a program applied to them, and the ways to break them. */
export class World {
  /** Of the last apply. */
  program!: Program;
  private engine: Rehearsal;
  /** What an operator has put into KV, and puts there again when the mount was destroyed. */
  private readonly admins = new Map<string, object>();

  private constructor(
    readonly bench: Bench,
    private readonly folder: string,
    private readonly majors: readonly EmbeddedMajor[],
  ) {
    this.engine = this.terraform();
  }

  /** Starts the servers; nothing is applied yet. */
  static async bare(
    options: Pick<BenchOptions, "vaultStorage"> & {
      readonly majors?: readonly EmbeddedMajor[];
      readonly settings?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<World> {
    const bench = await startBench({
      vaultStorage: options.vaultStorage,
      postgres: (options.majors ?? [18]).map((major) => ({
        endpoints: [endpoint(major)],
        major,
        settings: options.settings,
        admin: { username: "dba", mount: "leasehold", path: `pg${major}/admin` },
      })),
    });
    const folder = mkdtempSync(join(tmpdir(), "leasehold-faults-"));
    mkdirSync(join(folder, "sql"));
    writeFileSync(join(folder, "sql", "1.sql"), MIGRATION);
    const world = new World(bench, folder, options.majors ?? [18]);
    const health = await bench.vault.request("GET", "sys/health", undefined, null);
    recordVersion("Vault", String(health.version));
    for (const major of options.majors ?? [18]) {
      const { rows } = await world.postgres(major).asSuperuser("postgres", "SHOW server_version");
      recordVersion(`PostgreSQL ${major}`, String(rows[0].server_version));
    }
    return world;
  }

  /** Starts the servers and applies the program. */
  static async start(
    shape: Shape,
    options: Pick<BenchOptions, "vaultStorage"> & { readonly settings?: Readonly<Record<string, string>> } = {},
  ): Promise<World> {
    const world = await World.bare({ majors: shape.majors, ...options });
    try {
      await world.apply(shape);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.bench.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Synthesizes and reads it, with addresses of this machine. */
  async load(shape: Shape): Promise<Program> {
    const outdir = mkdtempSync(join(this.folder, "out-"));
    synthesize(outdir, join(this.folder, "sql"), shape);
    this.program = await loadProgram(outdir, { endpoints: this.bench.mapping });
    return this.program;
  }

  /** One apply of every stack, in order, as `cdktf deploy '*'` does. Returns the resources that it changed. */
  async apply(shape: Shape): Promise<string[]> {
    return this.applyLoaded(await this.load(shape));
  }

  private async applyLoaded(program: Program): Promise<string[]> {
    const changed: string[] = [];
    for (const { name } of program.stacks) {
      const { steps } = await this.engine.apply(program, { stacks: [name] });
      changed.push(
        ...steps
          .filter(({ action }) => action !== "unchanged" && action !== "open")
          .map(({ address, action }) => `${name} ${action} ${address}`),
      );
      await this.operate();
    }
    return changed;
  }

  /** Destroys every stack. Returns how many resources. */
  async destroy(): Promise<number> {
    return (await this.engine.destroy({ program: this.program })).steps.length;
  }

  /**
   * Applies, or destroys, and stops after each single change, whose result is in the state as Terraform would have
   * written it; then runs all of it again, as a new process that has nothing but the state; until a run comes to its end.
   *
   * @param atStop called at every stop @returns how many stops there were
   */
  async stopping(what: "destroy" | Shape, atStop: () => Promise<void> = async () => undefined): Promise<number> {
    const program = what === "destroy" ? this.program : await this.load(what);
    for (let stops = 0; ; stops += 1) {
      let stopped = false;
      const stop: RehearsalHooks["progress"] = ({ action, phase }) => {
        if (phase !== "done" || action === "unchanged" || action === "open") return;
        stopped = true;
        throw new Error("stopped");
      };
      this.engine = this.terraform(stop);
      try {
        await (what === "destroy" ? this.engine.destroy({ program }) : this.applyLoaded(program));
        return stops;
      } catch (error) {
        if (!stopped) throw error;
      } finally {
        this.engine = this.terraform();
      }
      await this.operate();
      await atStop();
    }
  }

  /** `terraform state rm`: of every resource that the pattern matches. Returns their addresses. */
  forget(stack: string, pattern: RegExp): string[] {
    const entries = this.engine.state.stacks[stack] ?? {};
    const found = Object.keys(entries).filter((address) => pattern.test(address));
    for (const address of found) delete entries[address];
    return found;
  }

  /** A new process: it knows what is in the state, and nothing else. */
  private terraform(progress?: RehearsalHooks["progress"]): Rehearsal {
    const { bench } = this;
    const state = this.engine && (JSON.parse(JSON.stringify(this.engine.state)) as Rehearsal["state"]);
    return new Rehearsal(bench.servers, { ...bench.hooks, progress }, { vaultPod: bench.vaultPod, state });
  }

  private async operate(): Promise<void> {
    await this.bench.operate();
    const { data } = await this.bench.vault.request("GET", "sys/mounts");
    if (!("leasehold/" in (data as object))) return;
    for (const major of this.majors) {
      const path = `leasehold/data/pg${major}/admin`;
      const known = await this.bench.vault.request("GET", path).catch((error: { status?: number }) => {
        if (error.status === 404) return undefined;
        throw error;
      });
      if (known) this.admins.set(path, (known.data as { data: object }).data);
      else if (this.admins.has(path)) await this.bench.vault.request("POST", path, { data: this.admins.get(path) });
    }
  }

  postgres(major: EmbeddedMajor = 18): PostgresServer {
    return this.bench.postgres(endpoint(major));
  }

  async sql(text: string, major: EmbeddedMajor = 18, database = DATABASE): Promise<Record<string, unknown>[]> {
    return (await this.postgres(major).asSuperuser(database, text)).rows as Record<string, unknown>[];
  }

  mount(major: EmbeddedMajor = 18): string {
    return `database/pg${major}/${DATABASE}`;
  }

  group(worker: string): string {
    return groupRoleName({ cluster: CLUSTER, namespace: NAMESPACE, serviceAccount: worker }, DATABASE);
  }

  /** Logs in to Vault as a pod of this worker does. */
  async token(worker: string): Promise<string> {
    const jwt = await this.bench.kubernetes.tokenFor(NAMESPACE, worker, { audiences: ["vault"] });
    const { auth } = await this.bench.vault.request(
      "POST",
      `auth/kubernetes-${CLUSTER}/login`,
      { role: `${NAMESPACE}.${worker}`, jwt },
      null,
    );
    return (auth as { client_token: string }).client_token;
  }

  /** A login, read as the agent reads it. @param token Vault token. @default - the root's, so that no token ends the lease early */
  async lease(worker: string, { major = 18, token }: { major?: EmbeddedMajor; token?: string } = {}): Promise<Lease> {
    const asked = Date.now();
    const path = `${this.mount(major)}/creds/${CLUSTER}.${NAMESPACE}.${worker}`;
    const { data, lease_id: id } = await this.bench.vault.request("GET", path, undefined, token);
    const { username, password } = data as { username: string; password: string };
    return { id: id as string, user: username, password, major, asked };
  }

  /** A session of a lease; the caller ends it. */
  session({ user, password, major }: Lease, options?: string): Promise<Client> {
    return this.postgres(major).connect({ user, password, database: DATABASE, options });
  }

  /** Revokes as Vault's API does, and waits for it. @throws VaultError when Vault cannot */
  async revoke({ id }: Lease): Promise<void> {
    await this.bench.vault.request("PUT", "sys/leases/revoke", { lease_id: id, sync: true });
  }

  async exists({ user, major }: Pick<Lease, "user" | "major">): Promise<boolean> {
    return (await this.sql(`SELECT FROM pg_roles WHERE rolname = '${user}'`, major)).length > 0;
  }

  /** State of a lease by `lease.live()`; undefined when there is no such role. */
  async stateOf({ user, major }: Lease): Promise<string | undefined> {
    const rows = await this.sql(`SELECT state FROM lease.live() WHERE name = '${user}'`, major);
    return rows[0]?.state as string | undefined;
  }

  /** Every lease that Vault knows of this database. */
  async vaultLeases(major: EmbeddedMajor = 18): Promise<string[]> {
    const found: string[] = [];
    const walk = async (prefix: string): Promise<void> => {
      const { data } = await this.bench.vault
        .request("LIST", `sys/leases/lookup/${prefix}`)
        .catch((error: { status?: number }) => {
          if (error.status === 404) return { data: undefined };
          throw error;
        });
      for (const key of ((data as { keys?: string[] } | undefined)?.keys ?? []) as string[]) {
        if (key.endsWith("/")) await walk(`${prefix}${key}`);
        else found.push(`${prefix}${key}`);
      }
    };
    await walk(`${this.mount(major)}/creds/`);
    return found;
  }

  /** The admin that Terraform logs in as, on the database. */
  async admin(major: EmbeddedMajor = 18): Promise<Client> {
    return this.postgres(major).connect({ ...(await this.entry(`pg${major}/admin`)), database: DATABASE });
  }

  /** A session as Vault's own login; needs `rotateRoot: false`. */
  async asVault(major: EmbeddedMajor = 18): Promise<Client> {
    return this.postgres(major).connect({ ...(await this.vaultLogin(major)), database: DATABASE });
  }

  async vaultLogin(major: EmbeddedMajor = 18): Promise<{ user: string; password: string }> {
    return this.entry(`postgres/pg${major}/${DATABASE}/vault`);
  }

  private async entry(path: string): Promise<{ user: string; password: string }> {
    const { data } = await this.bench.vault.request("GET", `leasehold/data/${path}`);
    const { username, password } = (data as { data: { username: string; password: string } }).data;
    return { user: username, password };
  }
}

const endpoint = (major: EmbeddedMajor): string => `pg${major}.example.com:5432`;

/** SQLSTATE, or "ok". */
export async function sqlState(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "ok",
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
}

/** Milliseconds that it took. */
export async function timed(run: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run;
  return Math.round(performance.now() - start);
}

/** Waits until it is so. @returns milliseconds @throws after the limit */
export async function until(what: string, probe: () => Promise<boolean>, limitMs: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    if (await probe()) return Math.round(performance.now() - start);
    if (performance.now() - start > limitMs) throw new Error(`not after ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
