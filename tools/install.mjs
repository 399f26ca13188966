// What a fresh clone needs before anything else runs: the dependencies of package-lock.json, and the compiled program.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { fileURLToPath } from "node:url";
import { digestOf, filesBelow, isKept } from "./digest.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a command in the project's folder with its output shown, and gives its exit code.
 *
 * It gets a process group of its own and every signal that this process gets, so that no part of it lives on. Ctrl-C
 * may come twice, from npm and from the terminal, and a second one asks for a rough end: two within a second count as
 * one.
 * @param signalGroup false where the command ends its own children when it is told to end
 */
export function start(command, args, { signalGroup = true, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", detached: true, ...options });
    let ended;
    let last = 0;
    const forward = (signal) => {
      ended ??= 128 + constants.signals[signal];
      if (Date.now() - last < 1000) return;
      last = Date.now();
      try {
        process.kill(signalGroup ? -child.pid : child.pid, signal);
      } catch {
        // It is gone.
      }
    };
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, forward);
    // An npm that is killed, or hung up on, tells nobody.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.env.npm_lifecycle_event === undefined || process.ppid === parent) return;
      clearInterval(watch);
      forward("SIGTERM");
    }, 500);
    child.on("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
    child.on("close", (code) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, forward);
      resolve(ended ?? code ?? 1);
    });
  });
}

/** Runs a command that has to succeed: else this process ends with its code. */
export async function run(command, args) {
  const code = await start(command, args);
  if (code !== 0) process.exit(code);
}

/** Installs when there is nothing, or something other than the lock file says. */
export async function install() {
  if (isInstalled()) return;
  console.log("installing dependencies");
  await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** npm writes down what it installed when it is done. Optional packages may be missing: they are for other platforms. */
function isInstalled() {
  const written = join(root, "node_modules/.package-lock.json");
  if (!existsSync(written)) return false;
  const packages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const installed = packages(written);
  return Object.entries(packages(join(root, "package-lock.json"))).every(
    ([path, { version, optional }]) =>
      path === "" || (path in installed ? installed[path].version === version : optional === true),
  );
}

/**
 * TypeScript 7's compiler, which takes a fifth of the time of version 5. Version 5 stays for what reads TypeScript as a library: eslint, jsii, tests.
 * Found as node finds a module: a copy of the repository may have what it needs in a folder above it. Called when that is installed.
 */
export const compiler = () =>
  join(dirname(createRequire(import.meta.url).resolve("typescript-7/package.json")), "bin/tsc");

/** Where a build notes what it was made from. */
export const builtFrom = join(root, "dist/.built");

/** Of everything that a build is made from. */
export function digestOfSources() {
  const rooms = ["access", "assertions", "audit", "bench", "cli", "constructs", "demo", "examples", "forge", "render"];
  const sources = [...rooms, "stacks", "tools", "schema"].flatMap((room) => filesBelow(join(root, room), /./));
  const alone = ["main.ts", "package.json", "tsconfig.json", "tsconfig.build.json", "node_modules/.package-lock.json"];
  return digestOf([...sources, ...alone.map((file) => join(root, file))]);
}

/** Compiles the program into dist/, unless it is there as it stands. */
export async function build() {
  if (!isKept(builtFrom, digestOfSources())) await run("npm", ["run", "--silent", "build"]);
}
