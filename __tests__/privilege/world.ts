import { App } from "cdktf";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  InjectedDeployment,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import {
  AccessStack,
  DatabasesStack,
  PlatformStack,
  PostgresStack,
  VaultConfigStack,
  WorkloadsStack,
} from "../../stacks";
import { Bench, loadProgram, PostgresServer, Rehearsal, startBench } from "../../bench";

export const MAJORS = [14, 15, 16, 17, 18] as const;
export type Major = (typeof MAJORS)[number];

/** What the migration of every database makes. */
const SQL = `
  CREATE SCHEMA sales;
  CREATE TABLE sales.open (id int PRIMARY KEY, note text);
  CREATE TABLE sales.orders (id int PRIMARY KEY, buyer text, total int);
  CREATE TABLE sales.secret (word text);
  CREATE SEQUENCE sales.numbers;
  CREATE FUNCTION sales.turnover() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT sum(total) FROM sales.orders';
  CREATE FUNCTION sales.closed() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION sales.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE FUNCTION sales.on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
  INSERT INTO sales.open VALUES (1, 'seen');
  INSERT INTO sales.orders VALUES (1, 'Ada', 10);
  INSERT INTO sales.secret VALUES ('plover')`;

export const ADMIN = "leasehold_admin";
const endpoint = (major: Major): string => `pg${major}.data.svc:5432`;

/** A server of each major version as the constructs set it up: by an admin that is not a superuser. */
function program(outdir: string, sql: string, majors: readonly Major[], external: boolean): void {
  const environment = sandbox;
  const app = new App({ outdir });
  const platform = new PlatformStack(app, "platform", { environment, namespaces: ["team", "data"] });
  const config = new VaultConfigStack(app, "config", { environment, after: [platform] });
  const cluster = new KubernetesAuth(config, "c1");
  const identity = (id: string): WorkloadIdentity => new WorkloadIdentity(config, id, { cluster, namespace: "team" });
  const [reader, writer, stranger] = ["reader", "writer", "stranger"].map(identity);
  const servers = new PostgresStack(app, "servers", { environment, after: [config] });
  const credentials = majors.map((major) => {
    const instance = external
      ? PostgresInstance.fromEndpoint(servers, `pg${major}`, {
          endpoint: { host: `pg${major}.data.svc` },
          admin: AdminCredential.fromKv(`postgres/pg${major}/admin`),
          majorVersion: major,
          sslMode: "disable",
        })
      : new PostgresInstance(servers, `pg${major}`, {
          cluster,
          namespace: "data",
          majorVersion: major,
          vault: platform.vault,
        });
    const databases = new DatabasesStack(app, `databases-${major}`, { environment, instance, after: [servers] });
    const database = new PostgresDatabase(databases, "shop", { instance });
    new PostgresDatabase(databases, "other", { instance });
    const access = new DatabaseAccess(new AccessStack(app, `access-${major}`, { environment, database }), "shop", {
      database,
      connectionLimit: 5,
      // So that the tests can log in as Vault does.
      rotateRoot: false,
    });
    new DatabaseMigration(access, "migration", {
      identity: identity(`migrator${major}`),
      migrations: Migrations.fromFolder(sql),
      vault: platform.vault,
    });
    const sales = access.schema("sales");
    sales.table("open").grants.read(reader);
    sales.table("orders").columns("id").grants.read(reader);
    sales.table("orders").grants.readWrite(writer);
    sales.sequence("numbers").grants.use(writer);
    sales.function("turnover").grants.execute(writer);
    sales.table("open").grants.read(stranger);
    access.addOperatorPolicy();
    return Credential.uri(access, { file: `pg${major}` });
  });
  new InjectedDeployment(new WorkloadsStack(app, "workloads", { environment }), "reader", {
    identity: reader,
    containers: [{ name: "app", image: "app:1" }],
    vault: platform.vault,
    credentials,
  });
  app.synth();
}

export interface Lease {
  readonly id: string;
  readonly user: string;
  readonly password: string;
}

/** Servers of every major version, one Vault and one Kubernetes, with the program applied. */
export class World {
  static async start(majors: readonly Major[] = MAJORS, external = false): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-privilege-"));
    const bench = await startBench({
      // As in production: without high availability Vault answers to sys/step-down before it asks who it is.
      vaultStorage: "raft",
      postgres: majors.map((major) => ({
        endpoints: [endpoint(major)],
        major,
        ...(external
          ? { admin: { username: ADMIN, mount: "leasehold", path: `postgres/pg${major}/admin` } }
          : { statefulSet: `data/pg${major}` }),
      })),
    });
    const world = new World(bench, folder);
    try {
      mkdirSync(join(folder, "sql"));
      writeFileSync(join(folder, "sql", "1.sql"), SQL);
      program(join(folder, "out"), join(folder, "sql"), majors, external);
      const loaded = await loadProgram(join(folder, "out"), { endpoints: bench.mapping });
      const engine = new Rehearsal(bench.servers, bench.hooks, { vaultPod: bench.vaultPod });
      for (const { name } of loaded.stacks) {
        await engine.apply(loaded, { stacks: [name] });
        await bench.operate();
      }
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  private readonly open = new Set<Client>();

  private constructor(
    readonly bench: Bench,
    private readonly folder: string,
  ) {}

  server(major: Major): PostgresServer {
    return this.bench.postgres(endpoint(major));
  }

  /** As the superuser of the server, who plays no part in the program. */
  async root<T = Record<string, unknown>>(major: Major, sql: string, database = "shop"): Promise<T[]> {
    const result = await this.server(major).asSuperuser(database, sql);
    return (Array.isArray(result) ? result[result.length - 1] : result).rows as T[];
  }

  async connect(
    major: Major,
    login: { readonly user: string; readonly password: string },
    database = "shop",
    options?: string,
  ): Promise<Client> {
    const { user, password } = login;
    const client = await this.server(major).connect({ user, password, database, options });
    this.open.add(client);
    return client;
  }

  /** A login that Vault issues, as the pod of that identity would read it. */
  async lease(major: Major, identity: string): Promise<Lease> {
    const answer = await this.bench.vault.request("GET", `database/pg${major}/shop/creds/c1.team.${identity}`);
    const { username, password } = answer.data as { username: string; password: string };
    return { id: answer.lease_id as string, user: username, password };
  }

  /** A secret of the bootstrap mount. */
  async secret(entry: string): Promise<{ user: string; password: string }> {
    const answer = await this.bench.vault.request("GET", `leasehold/data/${entry}`);
    const { username, password } = (answer.data as { data: { username: string; password: string } }).data;
    return { user: username, password };
  }

  vaultLogin(major: Major): Promise<{ user: string; password: string }> {
    return this.secret(`postgres/pg${major}/shop/vault`);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.open].map((client) => client.end().catch(() => undefined)));
    this.open.clear();
  }

  async stop(): Promise<void> {
    await this.closeAll();
    await this.bench.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
