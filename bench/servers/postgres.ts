import { ChildProcess, spawn } from "child_process";
import { randomBytes } from "crypto";
import { once } from "events";
import * as fs from "fs";
import { tmpdir } from "os";
import * as path from "path";
import type * as Pg from "pg";
import { pg } from "../machine/pg";
import { freePort } from "../machine/process";
import { embeddedBinaries, EmbeddedMajor, RunAs, unprivileged } from "./embedded-postgres";
import { startGuard } from "./postgres-guard";
import { PostgresTemplate } from "./postgres-template";

export interface PostgresServerOptions {
  /** @default 18 */
  readonly major?: EmbeddedMajor;
  /** Lines for postgresql.conf; they win over the defaults of this package. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PEM texts. With them the server refuses TCP connections without TLS, and `connect` checks the certificate. */
  readonly tls?: PostgresTls;
}

export interface PostgresTls {
  /** For 127.0.0.1. */
  readonly certificate: string;
  readonly key: string;
  /** What `connect` trusts. @default the certificate itself */
  readonly ca?: string;
}

export interface PostgresLogin {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Settings of the session, as in a connection string: `-c role=app_owner`. */
  readonly options?: string;
}

/** A real PostgreSQL on 127.0.0.1 with its own data directory, for tests. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly major: number;
  readonly superuser: { readonly user: string; readonly password: string };
  /** The server's log; gone after `stop`. */
  readonly logFile: string;
  /** A connected client; the caller ends it. A backend that is terminated does not crash the process. */
  connect(login: PostgresLogin): Promise<Pg.Client>;
  /** Runs SQL (one or several statements, no parameters) on a connection of its own. */
  asSuperuser(database: string, sql: string): Promise<Pg.QueryResult>;
  /** Stops the server and keeps its data. `immediate` is a crash. @default "fast" */
  halt(mode?: "fast" | "immediate"): Promise<void>;
  /** Starts a halted server again, on the same port. */
  resume(): Promise<void>;
  /** Stops the server and removes all it wrote. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const SUPERUSER = "postgres";

/** How a data directory is made, wherever it is. */
const INITDB: readonly string[] = [
  `--username=${SUPERUSER}`,
  "--auth-host=scram-sha-256",
  "--auth-local=scram-sha-256",
  "--encoding=UTF8",
  "--locale=C",
  "--no-sync",
];

/** fsync is off: a test server's data need not survive the machine. Never copy these to a server that matters. */
const DEFAULTS: Readonly<Record<string, string>> = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "32MB",
  max_connections: "200",
  password_encryption: "scram-sha-256",
  timezone: "UTC",
  log_timezone: "UTC",
  logging_collector: "off",
};

/** Whatever the settings say: a password can be set, without waiting for a standby; one may connect with it over TCP; the log does not have it. */
const FIRST_SESSION: Readonly<Record<string, string>> = {
  default_transaction_read_only: "off",
  log_min_messages: "panic",
  password_encryption: "scram-sha-256",
  synchronous_commit: "off",
};

/**
 * Starts PostgreSQL on a free port of 127.0.0.1; passwords over TCP and over its private socket are SCRAM-SHA-256.
 *
 * @throws with the end of the server's log when it does not start
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const server = new EmbeddedServer(options);
  try {
    await server.initialise();
    await server.launch();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class EmbeddedServer implements PostgresServer {
  public readonly host = HOST;
  public readonly major: number;
  public readonly superuser = { user: SUPERUSER, password: newPassword() };
  public readonly logFile: string;
  public port = 0;

  private readonly binaries: ReturnType<typeof embeddedBinaries>;
  private readonly runAs: RunAs | undefined = unprivileged();
  private readonly home: string;
  private readonly data: string;
  private readonly guard: ChildProcess;
  private readonly onExit = () => this.killNow();
  private child?: ChildProcess;
  /** The superuser's password while the server was never started. */
  private first?: string;

  constructor(private readonly options: PostgresServerOptions) {
    this.major = options.major ?? 18;
    this.binaries = embeddedBinaries(options.major ?? 18, this.runAs);
    this.home = fs.mkdtempSync(path.join(tmpdir(), "leasehold-pg-"));
    this.data = path.join(this.home, "data");
    this.logFile = path.join(this.home, "server.log");
    this.give(this.home);
    this.guard = startGuard(this.home);
    process.on("exit", this.onExit);
  }

  async initialise(): Promise<void> {
    const template = new PostgresTemplate(this.binaries.version, INITDB);
    this.first = await template.copyTo(this.data);
    if (this.first === undefined) {
      this.first = await this.initdb();
      await template.keep(this.data, this.first);
    } else if (this.runAs !== undefined) {
      const { uid, gid } = this.runAs;
      await this.run("chown", ["-R", `${uid}:${gid}`, this.data], undefined);
    }
    const settings = { ...DEFAULTS, ...this.useTls(), ...this.options.settings };
    const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value.replaceAll("'", "''")}'`);
    fs.appendFileSync(path.join(this.data, "postgresql.conf"), `\n${lines.join("\n")}\n`);
  }

  /** @returns the password of its superuser */
  private async initdb(): Promise<string> {
    const password = newPassword();
    const passwordFile = path.join(this.home, "password");
    fs.writeFileSync(passwordFile, password, { mode: 0o600 });
    this.give(passwordFile);
    try {
      await this.run(
        this.binaries.initdb,
        [`--pgdata=${this.data}`, `--pwfile=${passwordFile}`, ...INITDB],
        this.runAs,
      );
      return password;
    } finally {
      fs.rmSync(passwordFile, { force: true });
    }
  }

  async launch(): Promise<void> {
    // Another process may take the port between our look and the server's bind.
    for (let attempt = 1; ; attempt += 1) {
      this.port = await freePort();
      try {
        return await this.resume();
      } catch (error) {
        if (attempt === 5 || !/Address already in use/.test(String(error))) throw error;
      }
    }
  }

  async connect(login: PostgresLogin): Promise<Pg.Client> {
    const { tls } = this.options;
    const ssl = tls === undefined ? false : { ca: tls.ca ?? tls.certificate, rejectUnauthorized: true };
    return connected({ host: HOST, port: this.port, ssl, ...login });
  }

  async asSuperuser(database: string, sql: string): Promise<Pg.QueryResult> {
    const client = await this.connect({ ...this.superuser, database });
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async halt(mode: "fast" | "immediate" = "fast"): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    const timer = setTimeout(() => child.kill("SIGQUIT"), 10_000);
    await ended;
    clearTimeout(timer);
    this.child = undefined;
  }

  async resume(): Promise<void> {
    if (this.child !== undefined) return;
    const log = fs.openSync(this.logFile, "a", 0o600);
    const child = spawn(
      this.binaries.postgres,
      ["-D", this.data, "-p", String(this.port), "-h", HOST, "-k", this.home],
      { stdio: ["ignore", log, log], cwd: this.home, env: environment(), ...this.runAs },
    );
    fs.closeSync(log);
    this.child = child;
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    await Promise.race([failed, this.ready(child)]);
  }

  async stop(): Promise<void> {
    process.removeListener("exit", this.onExit);
    await this.halt("immediate");
    fs.rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    this.guard.stdin?.end();
  }

  private async ready(child: ChildProcess): Promise<void> {
    for (const deadline = Date.now() + 60_000; ;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        this.child = undefined;
        throw new Error(`PostgreSQL ${this.major} did not start:\n${this.logTail()}`);
      }
      try {
        return await this.firstConnection();
      } catch (error) {
        if (Date.now() > deadline) {
          throw new Error(`PostgreSQL ${this.major} does not answer:\n${this.logTail()}`, { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
  }

  /**
   * Shows that the server answers. One that starts for the first time gets a superuser's password of its own. It is asked at its private
   * socket: at the port there may be another one, which was copied from the same template at the same moment.
   */
  private async firstConnection(): Promise<void> {
    const { user, password } = this.superuser;
    const options = Object.entries(FIRST_SESSION)
      .map(([key, value]) => `-c ${key}=${value}`)
      .join(" ");
    const login = { user, password: this.first ?? password, database: "postgres", options };
    const client = await connected({ host: this.home, port: this.port, ssl: false, ...login });
    try {
      if (this.first !== undefined) await client.query(`ALTER ROLE ${user} PASSWORD '${password}'`);
      this.first = undefined;
    } finally {
      await client.end();
    }
  }

  private async run(program: string, args: string[], runAs: RunAs | undefined): Promise<void> {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: this.home,
      env: environment(),
      ...runAs,
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`${path.basename(program)} failed (${code}):\n${output}`);
  }

  /** The last resort, when the process ends without `stop`: nothing here may wait for the event loop. */
  private killNow(): void {
    this.child?.kill("SIGQUIT");
    const lock = path.join(this.data, "postmaster.pid");
    for (let turn = 0; turn < 100 && fs.existsSync(lock); turn += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    this.child?.kill("SIGKILL");
    fs.rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  private useTls(): Record<string, string> {
    const { tls } = this.options;
    if (tls === undefined) return {};
    const files = { ssl_cert_file: "server.crt", ssl_key_file: "server.key" };
    for (const [name, text] of [
      [files.ssl_cert_file, tls.certificate],
      [files.ssl_key_file, tls.key],
    ]) {
      const file = path.join(this.data, name);
      fs.writeFileSync(file, text, { mode: 0o600 });
      this.give(file);
    }
    const access = path.join(this.data, "pg_hba.conf");
    fs.writeFileSync(access, fs.readFileSync(access, "utf8").replace(/^host /gm, "hostssl "));
    return { ssl: "on", ...files };
  }

  private give(file: string): void {
    if (this.runAs !== undefined) fs.chownSync(file, this.runAs.uid, this.runAs.gid);
  }

  private logTail(): string {
    if (!fs.existsSync(this.logFile)) return "(no log)";
    return fs.readFileSync(this.logFile, "utf8").split("\n").slice(-20).join("\n");
  }
}

/** A connected client, which does not crash the process when its backend is ended. */
async function connected(config: Pg.ClientConfig): Promise<Pg.Client> {
  const client = new (pg().Client)({ connectionTimeoutMillis: 20_000, ...config });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

const newPassword = (): string => randomBytes(24).toString("base64url");

/** No PG* variable, locale or preload of the developer's shell reaches the server. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, TZ: "UTC", LC_ALL: "C" };
}
