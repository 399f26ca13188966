import { createHash, createHmac, pbkdf2Sync, randomBytes } from "crypto";
import * as fs from "fs";
import * as pg from "pg";
import {
  installSql,
  LeaseFunction,
  LeaseFunctionsOptions,
  RegisteredGroup,
  registrationName,
  renderLeaseFunctions,
  renderRegistration,
} from "../../../../constructs/database/lease/lease-functions";
import { PostgresServer, startPostgres } from "../../../../bench/servers/postgres";

export const MAJORS = [14, 15, 16, 17, 18] as const;
export type Major = (typeof MAJORS)[number];

export const PASSWORDS = { dba: "dba-secret", vault: "vault-secret" };

export function group(name: string, more: Partial<RegisteredGroup> = {}): RegisteredGroup {
  return { name, maxTtlSeconds: 3600, connectionLimit: 5, maxLiveLeases: 50, ...more };
}

export interface InstallOptions extends LeaseFunctionsOptions {
  readonly groups: readonly RegisteredGroup[];
}

export const OPTIONS: InstallOptions = {
  login: "vault",
  estate: "leasehold_estate",
  namePrefix: "v-",
  groups: [
    group("web"),
    group("reports"),
    group("small", { maxLiveLeases: 3 }),
    group("migrator", { actsAs: "app_owner" }),
  ],
};

/** The lease functions, and one for each group. */
export function everyFunction(options: InstallOptions): LeaseFunction[] {
  return [...renderLeaseFunctions(options), ...options.groups.map(renderRegistration)];
}

/** `SELECT` for a statement whose failure is the expected result: its SQLSTATE, or "ok". */
export async function state(run: Promise<unknown>): Promise<string> {
  try {
    await run;
    return "ok";
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** As Vault makes it with password_authentication = scram-sha-256. */
export function verifier(password: string, iterations = 4096): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (key: string) => createHmac("sha256", salted).update(key).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${hmac("Server Key").toString("base64")}`;
}

/** As Vault writes {{expiration}}. */
export function inSeconds(seconds: number): string {
  return new Date(Date.now() + seconds * 1000)
    .toISOString()
    .replace(/\.\d+Z$/, "+0000")
    .replace("T", " ");
}

const quoted = (value: string | null) => (value === null ? "NULL" : pg.escapeLiteral(value));

/**
 * A server as Leasehold sets it up: a DBA that is not a superuser owns the functions and made the groups; CONNECT and
 * TEMPORARY are taken from PUBLIC; "play" is a schema in which single leases are let create; see `creator`.
 */
export class LeaseDatabase {
  private static count = 0;
  private readonly open = new Set<pg.Client>();
  /** Connections of the superuser and of Vault that nobody uses at the moment: to open one takes longer than most statements. */
  private readonly free = new Map<string, pg.Client[]>();

  static async start(major: Major, settings: Record<string, string> = {}): Promise<LeaseDatabase> {
    const server = await startPostgres({ major, settings });
    const db = new LeaseDatabase(server);
    try {
      await db.build();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return db;
  }

  private constructor(readonly server: PostgresServer) {}

  private async build(): Promise<void> {
    await this.root(`CREATE ROLE dba LOGIN CREATEROLE PASSWORD '${PASSWORDS.dba}'; GRANT pg_signal_backend TO dba`);
    for (const database of ["app", "other"]) {
      await this.root(`CREATE DATABASE ${database} OWNER dba`);
      await this.root(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
      // Before 15 only; lease.issue refuses to work otherwise.
      await this.root("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database);
    }
    const dba = await this.as("dba", PASSWORDS.dba);
    await dba.query(`
      CREATE ROLE vault LOGIN PASSWORD '${PASSWORDS.vault}';
      CREATE ROLE leasehold_estate NOLOGIN;
      CREATE ROLE app_owner NOLOGIN;
      CREATE ROLE web NOLOGIN; CREATE ROLE reports NOLOGIN; CREATE ROLE small NOLOGIN; CREATE ROLE migrator NOLOGIN;
      GRANT app_owner TO dba;
      GRANT app_owner TO migrator;
      GRANT CONNECT ON DATABASE app TO vault, web, reports, small, migrator;
      CREATE SCHEMA sales AUTHORIZATION app_owner;
      CREATE SCHEMA play;
      GRANT USAGE ON SCHEMA play TO web, reports;
      GRANT USAGE, CREATE ON SCHEMA play TO leasehold_estate;
      GRANT USAGE ON SCHEMA sales TO web, reports;
      SET ROLE app_owner;
      CREATE TABLE sales.wizard (id int PRIMARY KEY, name text);
      INSERT INTO sales.wizard VALUES (1, 'Ada');
      CREATE TABLE sales.secret (word text);
      INSERT INTO sales.secret VALUES ('plover');
      GRANT SELECT ON sales.wizard TO web, reports;
    `);
    await this.close(dba);
    await this.install("app");
  }

  /** The functions in a database, with the rights that Terraform gives. */
  async install(database: string, options = OPTIONS): Promise<void> {
    const dba = await this.as("dba", PASSWORDS.dba, database);
    const kept = options.groups.map(({ name }) => registrationName(name));
    const { rows } = await dba.query<{ name: string }>(
      `SELECT p.proname AS name FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'lease' AND p.proname LIKE 'group\\_%' AND NOT p.proname = ANY ($1)`,
      [kept],
    );
    await dba.query(`
      CREATE SCHEMA IF NOT EXISTS lease;
      ${rows.map(({ name }) => `DROP FUNCTION lease.${name}();`).join("\n")}
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      ${installSql(everyFunction(options))}
      GRANT USAGE ON SCHEMA lease TO vault;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA lease TO vault;
      GRANT CONNECT ON DATABASE ${database} TO vault;
    `);
    await this.close(dba);
  }

  root(sql: string, database = "postgres"): Promise<pg.QueryResult> {
    return this.borrow(this.server.superuser, database, (client) => client.query(sql));
  }

  /** Works on a connection that is as new, and keeps it for the next one where nothing failed on it. */
  private async borrow<T>(
    login: { readonly user: string; readonly password: string },
    database: string,
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> {
    const key = `${login.user} ${database}`;
    const free = this.free.get(key) ?? [];
    this.free.set(key, free);
    const client = free.pop() ?? (await this.server.connect({ ...login, database }));
    // The server may end one that nobody uses.
    if (client.listenerCount("end") === 0)
      client.on("end", () => free.includes(client) && free.splice(free.indexOf(client), 1));
    let whole = false;
    try {
      const result = await work(client);
      await client.query("DISCARD ALL");
      whole = true;
      return result;
    } finally {
      if (whole) free.push(client);
      else await client.end().catch(() => undefined);
    }
  }

  async as(user: string, password: string, database = "app", options?: string): Promise<pg.Client> {
    const client = await this.server.connect({ user, password, database, options });
    this.open.add(client);
    return client;
  }

  vault(database = "app"): Promise<pg.Client> {
    return this.as("vault", PASSWORDS.vault, database);
  }

  private asVault<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    return this.borrow({ user: "vault", password: PASSWORDS.vault }, "app", work);
  }

  dba(database = "app"): Promise<pg.Client> {
    return this.as("dba", PASSWORDS.dba, database);
  }

  async close(client: pg.Client): Promise<void> {
    this.open.delete(client);
    await client.end().catch(() => undefined);
  }

  /** Ends what the tests left open. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.open].map((client) => this.close(client)));
  }

  async stop(): Promise<void> {
    await this.closeAll();
    await Promise.all([...this.free.values()].flat().map((client) => client.end().catch(() => undefined)));
    await this.server.stop();
  }

  name(): string {
    LeaseDatabase.count += 1;
    return `v-web-${LeaseDatabase.count}-${randomBytes(6).toString("hex")}`;
  }

  /** Issues one lease as Vault does, and tells its name; the password is the name. */
  async lease(groupName = "web", seconds = 600, vault?: pg.Client, name = this.name()): Promise<string> {
    const issue = (client: pg.Client) => client.query(issueSql(name, verifier(name), inSeconds(seconds), groupName));
    await (vault === undefined ? this.asVault(issue) : issue(vault));
    return name;
  }

  /** A lease that may create in the schema "play", for what it could leave behind: nothing is issued to a group that may. */
  async creator(lease?: string): Promise<string> {
    const name = lease ?? (await this.lease());
    await this.root(`GRANT CREATE ON SCHEMA play TO "${name}"`, "app");
    return name;
  }

  /** A session with a lease. */
  login(lease: string, database = "app", options?: string): Promise<pg.Client> {
    return this.as(lease, lease, database, options);
  }

  /** The three statements, in one transaction, as Vault runs them. */
  async revoke(lease: string, client?: pg.Client): Promise<void> {
    if (client === undefined) return this.asVault((vault) => this.revoke(lease, vault));
    try {
      await client.query("BEGIN");
      await client.query(`SELECT lease.close(${quoted(lease)})`);
      await client.query("COMMIT AND CHAIN");
      await client.query(`SELECT lease.revoke(${quoted(lease)})`);
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK");
      throw error;
    }
  }

  async exists(role: string): Promise<boolean> {
    return (await this.root(`SELECT FROM pg_roles WHERE rolname = ${quoted(role)}`)).rowCount === 1;
  }

  async states(): Promise<Record<string, string>> {
    const { rows } = await this.root("SELECT name, state FROM lease.live()", "app");
    return Object.fromEntries(rows.map((row) => [row.name, row.state]));
  }

  /** What a revoked lease that could not be dropped must look like. */
  async isTombstone(role: string): Promise<boolean> {
    const { rows } = await this.root(`
      SELECT NOT a.rolcanlogin AND a.rolpassword IS NULL AND a.rolvaliduntil = '-infinity'
        AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.member = a.oid)
        AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_authid d ON d.oid = m.member
                        WHERE m.roleid = a.oid AND pg_has_role(d.oid, a.oid, 'USAGE') AND NOT d.rolsuper) AS dead
      FROM pg_authid a WHERE a.rolname = ${quoted(role)}`);
    return rows[0]?.dead === true;
  }

  async sessions(role: string): Promise<number> {
    const { rows } = await this.root(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = ${quoted(role)}`);
    return rows[0].n;
  }

  log(): string {
    return fs.readFileSync(this.server.logFile, "utf8");
  }
}

export function issueSql(
  name: string | null,
  secret: string | null,
  expiration: string | null,
  groupName: string | null,
): string {
  return `SELECT lease.issue(${[name, secret, expiration, groupName].map(quoted).join(", ")})`;
}

export function renewSql(name: string | null, expiration: string | null): string {
  return `SELECT lease.renew(${quoted(name)}, ${quoted(expiration)})`;
}
