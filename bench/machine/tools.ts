import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { VAULT_VERSION } from "../../access/model/versions";
import { goBuild, type GoRecipe } from "./go-build";
import { ownPath } from "./lifecycle";
import { sleep } from "./process";

/** A program that the test bench runs as it is released, not a stand-in. */
export type ToolName = "vault" | "kube-apiserver" | "etcd";

/** Receives one line of progress. */
export type Progress = (line: string) => void;

interface Tool {
  /** Version that the bench is written for, and that a build gives. */
  readonly version: string;
  /** Environment variable with the path of a ready program. */
  readonly variable: string;
  /** What to install, for the error. */
  readonly install: string;
  /** How to build it from the Go module in tools/<name>. */
  readonly build: GoRecipe;
}

const KUBERNETES_VERSION = "1.34.4";
const KUBERNETES_VERSION_PACKAGE = "k8s.io/component-base/version";

const TOOLS: Readonly<Record<ToolName, Tool>> = {
  vault: {
    version: VAULT_VERSION,
    variable: "LEASEHOLD_VAULT",
    install: "HashiCorp Vault 1.21",
    // Vault's own smaller build and what it lacks for us: the whole takes far longer to compile.
    build: { package: ".", tags: "minimal", ldflags: [] },
  },
  "kube-apiserver": {
    version: KUBERNETES_VERSION,
    variable: "LEASEHOLD_KUBE_APISERVER",
    install: "kube-apiserver of Kubernetes 1.34",
    build: {
      package: "k8s.io/kubernetes/cmd/kube-apiserver",
      // Without these the server says it is v0.0.0-master, and clients that look at the version misbehave.
      ldflags: [
        `-X ${KUBERNETES_VERSION_PACKAGE}.gitVersion=v${KUBERNETES_VERSION}`,
        `-X ${KUBERNETES_VERSION_PACKAGE}.gitMajor=1`,
        `-X ${KUBERNETES_VERSION_PACKAGE}.gitMinor=34`,
        `-X ${KUBERNETES_VERSION_PACKAGE}.gitTreeState=clean`,
      ],
    },
  },
  etcd: {
    version: "3.6.6",
    variable: "LEASEHOLD_ETCD",
    install: "etcd 3.6",
    build: { package: "go.etcd.io/etcd/server/v3", ldflags: [] },
  },
};

/** Every tool that the bench needs. */
export const TOOL_NAMES = Object.keys(TOOLS) as ToolName[];

/** Directory of built tools: `$LEASEHOLD_CACHE`, else `$XDG_CACHE_HOME/leasehold`, else `~/.cache/leasehold`. */
export function toolCache(): string {
  const { LEASEHOLD_CACHE, XDG_CACHE_HOME } = process.env;
  return LEASEHOLD_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "leasehold");
}

/** A program that is there: named by the variable, or on PATH. @throws if the variable names no executable file */
function lookFor(name: string, variable: string): string | undefined {
  const named = process.env[variable];
  if (named) {
    if (!isExecutable(named)) throw new Error(`${variable} is ${named}, which is not an executable file`);
    return named;
  }
  const dirs = (process.env.PATH ?? "").split(delimiter).filter((dir) => dir !== "");
  return dirs.map((dir) => join(dir, name)).find(isExecutable);
}

/**
 * The Vault Agent injector, vault-k8s 1.7.6, if this machine has it: `LEASEHOLD_VAULT_K8S`, then PATH. It is never built:
 * its Go module could not be fetched, so we have no checksum for it. Without it, bench/injector does what it does.
 * @throws if the variable names no executable file
 */
export function lookForInjector(): string | undefined {
  return lookFor("vault-k8s", "LEASEHOLD_VAULT_K8S");
}

/**
 * Finds a tool: the variable (`LEASEHOLD_VAULT`, `LEASEHOLD_KUBE_APISERVER`, `LEASEHOLD_ETCD`), then PATH, then the cache; else builds it into the cache, once, also when several processes ask at the same time.
 * @param onProgress gets a line at the start, at least every 15 seconds, and at the end of a build. @default - silent
 * @returns absolute path of an executable file
 * @throws if the variable names no executable file; or if there is none and it cannot be built: the message names what
 *   to install and the variable to set
 */
export async function findTool(name: ToolName, onProgress: Progress = () => undefined): Promise<string> {
  const tool = TOOLS[name];
  const found = lookFor(name, tool.variable);
  if (found) return found;
  const cached = join(toolCache(), [name, tool.version, tool.build.tags].filter(Boolean).join("-"));
  if (isExecutable(cached)) return cached;
  await buildOnce(name, tool, cached, onProgress);
  return cached;
}

/**
 * Makes every tool ready, one after the other: found, or built.
 * @throws AggregateError, after all were tried, with what `findTool` threw for each that is missing
 */
export async function buildAllTools(onProgress: Progress): Promise<Record<ToolName, string>> {
  const found: Partial<Record<ToolName, string>> = {};
  const failures: Error[] = [];
  for (const name of TOOL_NAMES) {
    try {
      found[name] = await findTool(name, onProgress);
      onProgress(`${name}: ${found[name]}`);
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join("\n"));
  return found as Record<ToolName, string>;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function missing(name: ToolName, tool: Tool, why: string): Error {
  return new Error(`${name}: ${why}. Install ${tool.install} and put it on PATH, or set ${tool.variable} to its path`);
}

/** The package's tools/ folder, from bench/ in the source and from dist/bench in an installed package. */
function moduleDir(name: ToolName): string | undefined {
  for (let dir = __dirname; dir !== dirname(dir); dir = dirname(dir)) {
    const candidate = join(dir, "tools", name);
    if (existsSync(join(candidate, "go.mod"))) return candidate;
  }
  return undefined;
}

async function buildOnce(name: ToolName, tool: Tool, target: string, onProgress: Progress): Promise<void> {
  const source = moduleDir(name);
  if (!source) throw missing(name, tool, "not found, and there is nothing to build it from");
  mkdirSync(dirname(target), { recursive: true });
  const told = (what: string): void => onProgress(`${name}: ${what}`);
  const turn = async (): Promise<(() => void) | undefined> => {
    const release = await waitForTurn(join(dirname(target), "build.lock"));
    if (!isExecutable(target)) return release;
    release();
    return undefined;
  };
  const why = await goBuild({ ...tool.build, version: tool.version, source, target }, told, turn);
  if (why !== undefined) throw missing(name, tool, why);
}

/** Tools are built one at a time: what two of them have in common is compiled once. */
async function waitForTurn(lock: string): Promise<() => void> {
  while (!takeLock(lock)) await sleep(500);
  const disown = ownPath(lock);
  return () => {
    rmSync(lock, { force: true });
    disown();
  };
}

/** Takes the lock unless a living process holds it; a lock whose holder died is taken over. */
function takeLock(lock: string): boolean {
  try {
    const fd = openSync(lock, "wx");
    writeSync(fd, `${process.pid}`);
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    // An empty lock is one that is being written, unless it is old.
    if (holder === 0 ? Date.now() - statSync(lock).mtimeMs > 10_000 : !isAlive(holder)) rmSync(lock, { force: true });
  } catch {
    // Released between the two looks.
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
