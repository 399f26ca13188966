import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "./command";
import { engineCommand } from "./engine";
import { git } from "./git";

/** Time limit of each command, in milliseconds: a synthesis that takes longer will not end. */
const TIME = 10 * 60_000;

export interface BaseOptions {
  /** Where the program is: in a git repository. */
  readonly folder: string;
  /** Told what is done next. */
  readonly progress: (line: string) => void;
}

/**
 * Synthesizes the program as it is at a commit, in a git worktree of its own, and hands on where the report is. The worktree is
 * removed in any case; the checkout and its branch are not touched.
 *
 * It runs the program of that commit, with the packages that are installed here if both ask for the same ones.
 * @throws UsageError
 */
export async function withBase<T>(revision: string, options: BaseOptions, use: (report: string) => T): Promise<T> {
  const { folder, progress } = options;
  // An option would be one that git obeys.
  const commit = revision.startsWith("-")
    ? undefined
    : git(folder, "rev-parse", "--verify", "--quiet", `${revision}^{commit}`);
  if (!commit)
    throw new UsageError(
      `${JSON.stringify(revision)} is neither a file nor a commit of a git repository here: give a report, or a branch such as main`,
    );
  const within = git(folder, "rev-parse", "--show-prefix") ?? "";
  const root = git(folder, "rev-parse", "--show-toplevel") ?? "";
  const own = mkdtempSync(join(tmpdir(), "leasehold-base-"));
  const tree = join(own, "tree");
  // An interrupt ends the commands as well. This process goes on, to clean up.
  const interrupted = (): void => undefined;
  process.on("SIGINT", interrupted);
  try {
    progress(`checking out ${commit.slice(0, 12)} beside this checkout`);
    if ((await output("git", ["worktree", "add", "--detach", "--quiet", tree, commit], folder)) === undefined)
      throw new UsageError(`git cannot make a worktree of ${commit}: run \`git worktree add\` yourself to see why`);
    const program = join(tree, within);
    for (const [here, there] of new Map([
      [root, tree],
      [join(root, within), program],
    ]))
      await install(here, there, progress);
    progress(`synthesizing ${commit.slice(0, 12)}`);
    const [command, ...first] = engineCommand(program);
    if ((await output(command, [...first, "synth"], program)) === undefined)
      throw new UsageError(
        `the program cannot be synthesized as it is at ${JSON.stringify(revision)}: check it out and run \`npx ${first.at(-1)} synth\` to see why`,
      );
    const report = join(program, "cdktf.out", "access.json");
    if (!existsSync(report))
      throw new UsageError(
        `the program writes no cdktf.out/access.json at ${JSON.stringify(revision)}: nothing in it uses a Leasehold that does`,
      );
    return use(report);
  } finally {
    await output("git", ["worktree", "remove", "--force", tree], folder);
    rmSync(own, { recursive: true, force: true });
    await output("git", ["worktree", "prune"], folder);
    process.removeListener("SIGINT", interrupted);
  }
}

/** Gives a folder its packages: those that are installed here, if they are the same ones; else it installs them. */
async function install(here: string, there: string, progress: (line: string) => void): Promise<void> {
  if (!existsSync(join(there, "package.json")) || existsSync(join(there, "node_modules"))) return;
  const lock = (folder: string): string | undefined => {
    const file = join(folder, "package-lock.json");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  if (lock(here) === lock(there) && existsSync(join(here, "node_modules"))) {
    symlinkSync(join(here, "node_modules"), join(there, "node_modules"), "junction");
    return;
  }
  progress("installing its packages, which are others than here");
  if ((await output("npm", ["ci", "--no-audit", "--no-fund"], there)) === undefined)
    throw new UsageError("the packages of that commit cannot be installed: check it out and run `npm ci` to see why");
}

/** What a command printed; undefined when it failed, or took too long. What it says of errors is not passed on. */
function output(command: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIME,
      env: { ...process.env, CHECKPOINT_DISABLE: "1" },
    });
    const pieces: Buffer[] = [];
    child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve(code === 0 ? Buffer.concat(pieces).toString("utf8") : undefined));
  });
}
