import { App } from "cdktf";
import { Construct } from "constructs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  accessReportOf,
  AdminCredential,
  DatabaseAccess,
  IPostgresDatabase,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../../constructs";
import type { EffectiveCode, EffectiveFinding } from "../../../audit/effective/finding";
import { formatLive } from "../../../audit/effective/model";
import { prove, ProveResult } from "../../../audit/prove/prove";
import type { AccessReport } from "../../../access/report/report";
import type { PostgresServer } from "../../../bench/servers/postgres";
import { sandbox } from "../../../examples/shop/environments";
import { AccessStack, DatabasesStack, VaultConfigStack } from "../../../stacks";

/** The parts of a small program. */
export interface Parts {
  readonly db: DatabaseAccess;
  readonly stack: AccessStack;
  readonly identity: (name: string) => WorkloadIdentity;
}

/** A program of one database, its schema, and what happens to it by hand. */
export interface WorldOptions {
  readonly program?: (parts: Parts) => void;
  readonly schema?: string;
  readonly prepare?: string;
  readonly tamper?: (
    server: PostgresServer,
    database: string,
    logins: ReadonlyMap<string, string>,
    report: AccessReport,
  ) => Promise<void>;
  readonly majorVersion?: number;
  /** The database was there before the program. */
  readonly existing?: boolean;
}

/** What the worlds start from: three identities, each with another sort of grant. */
export function usual({ db, identity }: Parts): void {
  db.schema("sales").table("wizard").grants.read(identity("web"));
  db.schema("sales").table("customer").columns("id", "country").grants.read(identity("reporting"));
  db.schema("staff").allTables().grants.read(identity("api"));
  db.schema("sales").function("turnover").grants.execute(identity("api"));
}

export const SCHEMA = `
  CREATE SCHEMA sales;
  CREATE TABLE sales.wizard (id integer PRIMARY KEY, name text);
  CREATE TABLE sales.customer (id integer PRIMARY KEY, country text, email text);
  CREATE SEQUENCE sales.order_number;
  CREATE FUNCTION sales.turnover(since bigint) RETURNS bigint LANGUAGE sql RETURN since;
  CREATE SCHEMA staff;
  CREATE TABLE staff.member (id integer PRIMARY KEY, name text);
`;

/** Synthesizes, proves, and leaves nothing. */
export async function proveWorld(options: WorldOptions = {}): Promise<ProveResult> {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-prove-"));
  try {
    const outdir = join(folder, "cdktf.out");
    const app = new App({ outdir });
    const config = new VaultConfigStack(app, "who", { environment: sandbox });
    const cluster = new KubernetesAuth(config, "eu");
    const servers = new Construct(app, "servers");
    const instance = PostgresInstance.fromEndpoint(servers, "main", {
      endpoint: { host: "main.example.com" },
      admin: AdminCredential.fromKv("postgres/main/admin"),
      majorVersion: options.majorVersion ?? 18,
    });
    const database: IPostgresDatabase = options.existing
      ? PostgresDatabase.fromDatabaseName(servers, "shop", { instance, owner: "shop_owner" })
      : new PostgresDatabase(new DatabasesStack(app, "databases", { environment: sandbox, instance }), "shop", {
          instance,
        });
    const stack = new AccessStack(app, "access", { environment: sandbox, database });
    const db = new DatabaseAccess(stack, "shop", { database });
    const made = new Map<string, WorkloadIdentity>();
    const identity = (name: string): WorkloadIdentity => {
      const known = made.get(name) ?? new WorkloadIdentity(config, name, { cluster, namespace: "shop" });
      made.set(name, known);
      return known;
    };
    (options.program ?? usual)({ db, stack, identity });
    app.synth();
    const file = (name: string, sql: string): [string, string[]][] => {
      writeFileSync(join(folder, name), sql);
      return [["shop", [join(folder, name)]]];
    };
    const report = accessReportOf(app);
    const { tamper } = options;
    return await prove({
      report,
      program: outdir,
      schemas: new Map(file("schema.sql", options.schema ?? SCHEMA)),
      prepare: new Map(options.prepare === undefined ? [] : file("prepare.sql", options.prepare)),
      ...(tamper && { tamper: (server, name, logins) => tamper(server, name, logins, report) }),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Findings as `code who object privileges`, for a test to list. */
export function lines(findings: readonly EffectiveFinding[]): string[] {
  return findings.map(({ code, who, object, privileges }) =>
    [
      code,
      who.map((name) => name.replace(/^eu\/shop\//, "")).join("+"),
      object ? formatLive(object) : "-",
      privileges.join(","),
    ].join(" | "),
  );
}

/** The findings of one code. @throws when there are none: a test would pass without looking */
export function only(findings: readonly EffectiveFinding[], code: EffectiveCode): EffectiveFinding[] {
  const found = findings.filter((finding) => finding.code === code);
  if (found.length === 0) throw new Error(`no ${code} among:\n${lines(findings).join("\n")}`);
  return found;
}
