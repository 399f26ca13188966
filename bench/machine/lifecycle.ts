import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Last resort, for an end that this process cannot see coming: kill -9, an out-of-memory kill, process.exit in a test
 * runner. A small process in a session of its own reads from a pipe what we own. When the pipe closes, for whatever
 * reason, it ends the process groups and removes the directories that are still on its list. It also covers jest, whose
 * sandboxed `process` delivers no signals and no 'exit' to tests.
 */
const GUARD = `
const fs = require("node:fs"), groups = new Set(), paths = new Set();
let rest = "";
const line = (text) => {
  const kind = text.slice(0, 2), what = text.slice(2);
  if (kind === "+g") groups.add(Number(what)); else if (kind === "-g") groups.delete(Number(what));
  else if (kind === "+p") paths.add(what); else if (kind === "-p") paths.delete(what);
};
const kill = (signal) => { for (const g of groups) { try { process.kill(-g, signal); } catch { groups.delete(g); } } };
for (const s of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(s, () => {});
process.stdin.on("data", (chunk) => { const all = (rest + chunk).split("\\n"); rest = all.pop(); all.forEach(line); });
process.stdin.on("error", () => {});
process.stdin.on("close", () => {
  kill("SIGTERM");
  const end = Date.now() + 3000;
  const tick = () => {
    kill(0);
    if (groups.size > 0 && Date.now() < end) return setTimeout(tick, 50);
    kill("SIGKILL");
    for (const p of paths) { try { fs.rmSync(p, { recursive: true, force: true, maxRetries: 5 }); } catch {} }
  };
  tick();
});`;

let guard: ChildProcess | undefined;
const openScopes = new Set<Scope>();
const ownedGroups = new Set<number>();
const ownedPaths = new Set<string>();

function tellGuard(line: string): void {
  listenForTheEnd();
  if (!guard) {
    guard = spawn(process.execPath, ["-e", GUARD], {
      detached: true,
      cwd: "/",
      env: {},
      stdio: ["pipe", "ignore", "ignore"],
    });
    guard.unref();
    guard.stdin?.on("error", () => undefined);
    (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }
  guard.stdin?.write(`${line}\n`);
}

/** Marks a process group as ours: it is killed when this process ends, however it ends. Returns what unmarks it. */
export function ownProcessGroup(groupId: number): () => void {
  ownedGroups.add(groupId);
  tellGuard(`+g${groupId}`);
  return () => {
    if (ownedGroups.delete(groupId)) tellGuard(`-g${groupId}`);
  };
}

/** Marks a file or directory as ours: it is removed when this process ends, however it ends. Returns what unmarks it. */
export function ownPath(path: string): () => void {
  ownedPaths.add(path);
  tellGuard(`+p${path}`);
  return () => {
    if (ownedPaths.delete(path)) tellGuard(`-p${path}`);
  };
}

function removeEverythingNow(): void {
  for (const group of ownedGroups) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // Already gone.
    }
  }
  for (const path of ownedPaths) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // The guard tries once more after us.
    }
  }
}

let listening = false;

function listenForTheEnd(): void {
  if (listening) return;
  listening = true;
  process.on("exit", removeEverythingNow);
  let ending = false;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => {
      // A second Ctrl-C does not wait for a graceful end.
      if (ending) process.exit(code);
      ending = true;
      const bound = setTimeout(() => process.exit(code), 20_000);
      void closeAll().finally(() => {
        clearTimeout(bound);
        process.exit(code);
      });
    });
  }
}

async function closeAll(): Promise<void> {
  for (const scope of [...openScopes].reverse()) await scope.close().catch(() => undefined);
}

/** The user that servers run as when we are root (nobody); undefined when we are not root and everything is ours. */
export function serverUser(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
}

/** Makes a directory (0700, parents too) that a server run as `serverUser()` can use. Returns the path. */
export function makeServerDir(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  giveToServer(path);
  return path;
}

/** Writes a file that only a server run as `serverUser()` (and we) can read: mode 0600. Returns the path. */
export function writePrivateFile(path: string, content: string): string {
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, 0o600);
  giveToServer(path);
  return path;
}

function giveToServer(path: string): void {
  const user = serverUser();
  if (user) chownSync(path, user.uid, user.gid);
}

/**
 * Holds what has to be undone. Each thing that is started registers at once what undoes it, so that a failure halfway
 * leaves nothing. `close()` undoes in reverse order. What `close()` cannot reach is undone when the process ends.
 */
export class Scope {
  private readonly undo: { name: string; fn: () => void | Promise<void> }[] = [];
  private closing?: Promise<void>;

  /** @param name says in errors whose end failed */
  public constructor(public readonly name: string) {
    // Before anything is made: a signal between a directory and its listener would leave it.
    listenForTheEnd();
    openScopes.add(this);
  }

  /**
   * Registers what undoes a thing just done.
   * @throws if the scope is already closed: the thing would never be undone
   */
  public defer(name: string, fn: () => void | Promise<void>): void {
    if (this.closing) throw new Error(`${this.name} is closed: cannot defer "${name}"`);
    this.undo.push({ name, fn });
  }

  /** Makes a new directory, mode 0700, owned by `serverUser()`, removed with all that is in it when the scope closes. */
  public tempDir(prefix = "leasehold-"): string {
    if (this.closing) throw new Error(`${this.name} is closed: cannot make a directory`);
    const path = mkdtempSync(join(tmpdir(), prefix));
    const disown = ownPath(path);
    giveToServer(path);
    this.defer(`remove ${path}`, () => {
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      disown();
    });
    return path;
  }

  /**
   * Undoes everything, last first, even if one step fails; a second call waits for the first.
   * @throws AggregateError with each step that failed
   */
  public close(): Promise<void> {
    this.closing ??= this.runUndo();
    return this.closing;
  }

  private async runUndo(): Promise<void> {
    const failures: Error[] = [];
    for (const { name, fn } of this.undo.splice(0).reverse()) {
      try {
        await fn();
      } catch (cause) {
        failures.push(new Error(`${this.name}: ${name} failed: ${String(cause)}`, { cause }));
      }
    }
    openScopes.delete(this);
    if (failures.length > 0) {
      throw new AggregateError(failures, failures.map((failure) => failure.message).join("; "));
    }
  }
}

/**
 * Runs `start` with a new scope; if it throws, the scope is closed first, so that half a server is never left.
 * @throws whatever `start` throws
 */
export async function withScope<T>(name: string, start: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope(name);
  try {
    return await start(scope);
  } catch (error) {
    await scope.close().catch(() => undefined);
    throw error;
  }
}
