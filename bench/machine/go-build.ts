import { spawn } from "node:child_process";
import { chmodSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ownPath, ownProcessGroup } from "./lifecycle";

/** What `go build` is told of a package. */
export interface GoRecipe {
  readonly package: string;
  readonly tags?: string;
  readonly ldflags: readonly string[];
}

/** A package to build, from the Go module of a folder to an executable file. */
export interface GoTarget extends GoRecipe {
  readonly version: string;
  /** Folder of the module. */
  readonly source: string;
  /** Path of the file. It appears when it is whole. */
  readonly target: string;
}

/** What a run of go says while it runs: each line of its output, as it comes. */
type OnLine = (line: string) => void;

/** Waits until nothing else is compiled. Gives what lets the next one in; nothing where the program is there by then. */
export type Turn = () => Promise<(() => void) | undefined>;

/**
 * Builds a Go package, in three steps that each tell how far they are: the modules are fetched, their packages are counted, and compiled.
 * @param told gets a line at the start, every 15 seconds, and at the end
 * @param turn is waited for before packages are compiled; modules are fetched meanwhile
 * @returns why it could not be built, else nothing
 */
export async function goBuild(wanted: GoTarget, told: (what: string) => void, turn: Turn): Promise<string | undefined> {
  const { version, source, target } = wanted;
  let began = Date.now();
  const seconds = (): number => Math.round((Date.now() - began) / 1000);
  const half = `${target}.${process.pid}.part`;
  const disownFile = ownPath(half);
  told(`building ${version} from source; the first time this takes minutes`);
  let doing = "looking at its modules";
  const beat = setInterval(() => told(`building ${version}, ${seconds()} s: ${doing}`), 15_000);
  const tags = `-tags=${wanted.tags ?? ""}`;
  let release: (() => void) | undefined;
  try {
    let fetched = 0;
    const packages = new Set<string>();
    await go(source, ["list", "-mod=readonly", tags, "-deps", wanted.package], (line) => {
      const module = /^go: downloading (\S+)/.exec(line)?.[1];
      if (module === undefined) packages.add(line);
      else doing = `${++fetched} modules fetched, ${module} is the last`;
    });
    // With -v, go names each package when it compiles it. What its cache has already, it does not name.
    let compiled = 0;
    const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-v", tags];
    if (availableParallelism() <= 2) flags.push("-p", "2");
    // A quarter less to compile: these programs need to be there soon, not to be quick.
    flags.push("-gcflags=all=-l -dwarf=false -c=1");
    flags.push("-ldflags", ["-s", "-w", ...wanted.ldflags].join(" "));
    told(`building ${version}, ${seconds()} s: ${packages.size} packages to compile`);
    doing = "waiting for another build";
    release = await turn();
    if (release === undefined) return undefined;
    began = Date.now();
    doing = `${packages.size} packages to compile`;
    await go(source, ["build", ...flags, "-o", half, wanted.package], (line) => {
      if (packages.has(line)) doing = `${++compiled} of ${packages.size} packages compiled, ${line} is the last`;
    });
    chmodSync(half, 0o755);
    renameSync(half, target);
    told(`built in ${seconds()} s: ${compiled} packages compiled, ${packages.size - compiled} there already`);
    return undefined;
  } catch (error) {
    if (error instanceof GoFailed) return error.message;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return `not found, and there is no Go toolchain (1.25.3 or newer) to build ${version}`;
  } finally {
    clearInterval(beat);
    release?.();
    rmSync(half, { force: true });
    disownFile();
  }
}

class GoFailed extends Error {}

async function go(cwd: string, args: readonly string[], onLine: OnLine): Promise<void> {
  // GOWORK and GOFLAGS: a workspace or flags of the user's own project must not reach into this build.
  const child = spawn("go", args, {
    cwd,
    env: { ...process.env, GOWORK: "off", GOFLAGS: "" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const disownGroup = child.pid === undefined ? () => undefined : ownProcessGroup(child.pid);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
    if (stream === child.stderr) stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8_000)));
  }
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new GoFailed(`the build failed (go ${args[0]} exited with ${code}):\n${said.trimEnd()}\n`);
  } finally {
    disownGroup();
  }
}
