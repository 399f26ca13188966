import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
} from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { ownProcessGroup, type Scope, serverUser } from "./lifecycle";

/** What a server needs to be started. */
export interface ProcessOptions {
  /** Name in errors. */
  readonly name: string;
  /** Absolute path of the program. */
  readonly command: string;
  /** Arguments: never a secret, every local user can read them. */
  readonly args: readonly string[];
  /** The whole environment of the program; nothing is inherited. @default - only PATH */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory. @default - the directory of the log file */
  readonly cwd?: string;
  /** File that gets standard output and standard error; appended to. */
  readonly logFile: string;
  /** Run as `serverUser()` when we are root. @default true */
  readonly unprivileged?: boolean;
  /** Milliseconds between SIGTERM and SIGKILL on `stop()`. @default 10000 */
  readonly stopTimeoutMs?: number;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const exposedPrograms = new Map<string, string>();

function reachableByOthers(program: string): boolean {
  for (let dir = dirname(program); ; dir = dirname(dir)) {
    if ((statSync(dir).mode & 0o001) === 0) return false;
    if (dir === dirname(dir)) return (statSync(program).mode & 0o001) !== 0;
  }
}

/**
 * Path under which `serverUser()` can execute a program that lies in a private directory (root's own cache): a hard
 * link in a directory of ours. Undefined if that cannot be had (another file system), then the server keeps our user.
 */
export function executableForServer(program: string, dir: string): string | undefined {
  if (reachableByOthers(program)) return program;
  const known = exposedPrograms.get(program);
  if (known && existsSync(known) && dirname(known) === dir) return known;
  const link = join(dir, `.bin-${basename(program)}`);
  try {
    if (!existsSync(link)) linkSync(program, link);
    exposedPrograms.set(program, link);
    return link;
  } catch {
    return undefined;
  }
}

/** A running program in its own process group; ended with all its children when its scope closes. */
export class ServerProcess {
  /** Resolves when the program has ended; never rejects. */
  public readonly exited: Promise<Exit>;
  /** Process id, which is also the process group's. */
  public readonly pid: number;
  private ended?: Exit;

  private constructor(
    child: ChildProcess,
    private readonly options: ProcessOptions,
  ) {
    if (child.pid === undefined) throw new Error(`${options.name} has no process id`);
    this.pid = child.pid;
    const disown = ownProcessGroup(this.pid);
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.ended = { code, signal };
        // What it left behind in its group ends with it.
        this.signalGroup("SIGKILL");
        disown();
        resolve(this.ended);
      });
    });
  }

  /**
   * Starts a program, and defers its end to the scope.
   * @throws if the program cannot be started at all
   */
  public static async start(scope: Scope, options: ProcessOptions): Promise<ServerProcess> {
    accessSync(options.command, constants.X_OK);
    const user = options.unprivileged === false ? undefined : serverUser();
    const command = user ? executableForServer(options.command, dirname(options.logFile)) : options.command;
    const log = openSync(options.logFile, "a", 0o600);
    chmodSync(options.logFile, 0o600);
    const child = spawn(command ?? options.command, [...options.args], {
      cwd: options.cwd ?? dirname(options.logFile),
      env: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", ...options.env },
      stdio: ["ignore", log, log],
      detached: true,
      ...(command ? user : undefined),
    });
    closeSync(log);
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(new Error(`${options.name} did not start: ${cause.message}`, { cause })));
    });
    const running = new ServerProcess(child, options);
    scope.defer(`stop ${options.name}`, () => running.stop());
    return running;
  }

  /** Whether the program still runs. */
  public get running(): boolean {
    return this.ended === undefined;
  }

  /** Name in errors. */
  public get name(): string {
    return this.options.name;
  }

  /** File with all that the program printed. */
  public get logFile(): string {
    return this.options.logFile;
  }

  /** Ends the program and its children: SIGTERM, then SIGKILL after `stopTimeoutMs`. No error if it is gone. */
  public async stop(): Promise<void> {
    if (!this.running) return;
    this.signalGroup("SIGTERM");
    const bound = setTimeout(() => this.signalGroup("SIGKILL"), this.options.stopTimeoutMs ?? 10_000);
    await this.exited;
    clearTimeout(bound);
  }

  /** Ends the program and its children at once, as a power failure would: SIGKILL. */
  public async kill(): Promise<void> {
    this.signalGroup("SIGKILL");
    await this.exited;
  }

  /**
   * Ends the program as the kubelet ends a container: SIGTERM to its first process only, then SIGKILL to all.
   * @returns how it ended
   */
  public async terminate(limitMs: number): Promise<Exit> {
    if (this.running) process.kill(this.pid, "SIGTERM");
    const bound = setTimeout(() => this.signalGroup("SIGKILL"), limitMs);
    const exit = await this.exited;
    clearTimeout(bound);
    return exit;
  }

  /** Sends a signal to the whole process group. */
  public signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // No such group: it is gone.
    }
  }
}

/**
 * Runs a program to its end.
 * @param options.timeoutMs after which it is killed and this throws
 * @throws if it cannot be started, or has not ended in time (with the end of its log)
 */
export async function runToEnd(scope: Scope, options: ProcessOptions & { timeoutMs: number }): Promise<Exit> {
  const running = await ServerProcess.start(scope, options);
  let bound: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    bound = setTimeout(() => resolve("late"), options.timeoutMs);
  });
  const result = await Promise.race([running.exited, late]);
  clearTimeout(bound);
  if (result !== "late") return result;
  await running.kill();
  throw new Error(`${options.name} had not ended after ${options.timeoutMs} ms\n${tail(options.logFile)}`);
}

const givenPorts = new Set<number>();

/** Ports from here up to `LAST_PORT` are below the range that the system takes from for outgoing connections and for port 0. */
const FIRST_PORT = 10_240;
const LAST_PORT = 32_767;
/** How many processes that run at once have ports of their own. */
const SLICES = 64;

/**
 * A TCP port on 127.0.0.1 that nothing listens on; never the same one twice in this process.
 *
 * A port of the system's own range is somebody else's before its server listens. So may be a port that another process
 * with test servers has chosen. Each process therefore chooses from a slice of its own, by its number, and outside of
 * it only when the slice is used up.
 */
export async function freePort(pid: number = process.pid): Promise<number> {
  const size = Math.floor((LAST_PORT + 1 - FIRST_PORT) / SLICES);
  const first = FIRST_PORT + (pid % SLICES) * size;
  for (let turn = 0; ; turn += 1) {
    const port = turn < 4 * size ? randomInt(first, first + size) : randomInt(FIRST_PORT, LAST_PORT + 1);
    if (givenPorts.has(port)) continue;
    givenPorts.add(port);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Waits this many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The last lines of a file; empty if there is none. */
export function tail(file: string, lines = 25): string {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

/** What `waitFor` waits for, and how long. */
export interface WaitOptions {
  /** What is awaited, for the error: "Vault answers". */
  readonly what: string;
  /** Milliseconds until it gives up. */
  readonly timeoutMs: number;
  /** Milliseconds between two tries. @default 100 */
  readonly intervalMs?: number;
  /** Log whose end the error shows. @default - that of `process` */
  readonly logFile?: string;
  /** A process without which waiting is pointless: its end fails the wait at once. */
  readonly process?: ServerProcess;
}

/**
 * Tries until the probe returns something other than undefined and false; a probe that throws is tried again.
 * @throws after `timeoutMs`, or when `process` has ended, with the last failure and the end of the log
 */
export async function waitFor<T>(probe: () => Promise<T | undefined | false>, options: WaitOptions): Promise<T> {
  const end = Date.now() + options.timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    const dead = options.process && !options.process.running;
    if (dead || Date.now() >= end) {
      const logFile = options.logFile ?? options.process?.logFile;
      throw new Error(
        [
          dead
            ? `${options.process?.name} ended while waiting: ${options.what}`
            : `gave up after ${options.timeoutMs} ms: ${options.what}`,
          ...(last === undefined ? [] : [`last failure: ${String(last)}`]),
          ...(logFile ? [`last lines of the log:\n${tail(logFile)}`] : []),
        ].join("\n"),
        { cause: last },
      );
    }
    await sleep(options.intervalMs ?? 100);
  }
}
