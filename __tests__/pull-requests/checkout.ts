import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./yaml";

/** What is not part of a checkout, or of no use in one. */
const LEFT_OUT = /^(node_modules|action\/node_modules|dist|cdktf\.out|coverage|\.git|__tests__)$/;

function copyOfRepository(folder: string): void {
  cpSync(root, folder, { recursive: true, filter: (path) => !LEFT_OUT.test(relative(root, path)) });
}

/** Leasehold as a program has it installed: built by its own script, beside links to what it needs. */
export function buildPackage(folder: string): string {
  const leasehold = join(folder, "leasehold");
  copyOfRepository(leasehold);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: leasehold, stdio: ["ignore", "ignore", "inherit"] });
  // Run as what it is installed as.
  chmodSync(join(leasehold, "dist/cli/main.js"), 0o755);
  return leasehold;
}

/** Leasehold as a runner has it of `uses: OWNER/leasehold@SHA`, compiled as the actions do it: with nothing to load at run time. */
export function buildAction(folder: string): string {
  const action = join(folder, "actions/leasehold");
  copyOfRepository(action);
  // What `npm ci` would put there.
  mkdirSync(join(action, "action/node_modules"));
  cpSync(join(root, "node_modules/typescript"), join(action, "action/node_modules/typescript"), { recursive: true });
  const tsc = join(action, "action/node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(action, "action")], { stdio: ["ignore", "inherit", "inherit"] });
  rmSync(join(action, "action/node_modules"), { recursive: true });
  return action;
}

/** A repository with the shop example as its program, as a user would have it. */
export class ProgramRepository {
  readonly path: string;
  private readonly shop: string;
  private readonly home: string;

  constructor(folder: string) {
    this.path = join(folder, "repository");
    this.home = join(folder, "home");
    mkdirSync(this.home);
    mkdirSync(this.path);
    this.shop = readFileSync(join(root, "examples/shop/shop.ts"), "utf8")
      .replace('"../../constructs"', '"leasehold"')
      .replace('"../../stacks"', '"leasehold/stacks"')
      .replace(/import type \{ Environment \} from .*\n/, "type Environment = any;\n");
    cpSync(join(root, "examples/shop/sql"), join(this.path, "examples/shop/sql"), { recursive: true });
    this.write("package.json", JSON.stringify({ name: "wizards-shop", private: true }));
    this.write(
      "cdktf.json",
      JSON.stringify({ language: "typescript", app: "node main.js", projectId: "shop", sendCrashReports: "false" }),
    );
    this.write(".gitignore", "node_modules\ncdktf.out\n");
    this.write(
      "main.js",
      `const { readFileSync } = require("node:fs");
const { join, dirname } = require("node:path");
const { transformSync } = require("@swc/core");
require.extensions[".ts"] = (module, file) =>
  module._compile(
    transformSync(readFileSync(file, "utf8"), {
      filename: file, jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" },
    }).code,
    file,
  );
const { App } = require("cdktf");
const { shop } = require("./shop.ts");
const { sandbox } = require(join(dirname(require.resolve("leasehold/package.json")), "dist/examples/shop/environments"));
const app = new App();
shop(app, sandbox);
app.synth();
`,
    );
    this.git("init", "--quiet", "--initial-branch", "main");
    this.git("config", "user.name", "merlin");
    this.git("config", "user.email", "merlin@example.com");
    this.program(this.shop);
    this.commit("The shop");
  }

  /** The program as it is, with a change. @throws when nothing was changed */
  change(from: string, to: string): string {
    const changed = this.shop.replace(from, to);
    if (changed === this.shop) throw new Error(`the example no longer holds ${from}`);
    return changed;
  }

  /** Commits a program on a branch from main, and merges it as GitHub does for a pull request. */
  pullRequest(name: string, program: string): { head: string; merge: string; base: string } {
    this.git("checkout", "--quiet", "-B", name, "main");
    this.program(program);
    const head = this.commit(name);
    this.git("checkout", "--quiet", "--detach", "main");
    this.git("merge", "--quiet", "--no-ff", "--no-edit", name);
    const merge = this.git("rev-parse", "HEAD");
    this.git("branch", "--force", `merge-${name}`, merge);
    this.git("checkout", "--quiet", "main");
    return { head, merge, base: this.git("rev-parse", "main") };
  }

  program(text: string): void {
    this.write("shop.ts", text);
  }

  commit(message: string): string {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "-m", message);
    return this.git("rev-parse", "HEAD");
  }

  private write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  private git(...args: readonly string[]): string {
    const env = { PATH: process.env.PATH ?? "", HOME: this.home, GIT_CONFIG_NOSYSTEM: "1" };
    return execFileSync("git", args, { cwd: this.path, env, encoding: "utf8" }).trim();
  }
}

/** A folder for the PATH with an `npm` that installs by links: no test asks a registry. */
export function offlineNpm(folder: string, leasehold: string, cdktf = join(root, "node_modules/.bin/cdktf")): string {
  const bin = mkdtempSync(join(folder, "bin-"));
  writeFileSync(
    join(bin, "npm"),
    `#!/bin/sh
set -e
if [ "$1" = ci ]; then
  mkdir -p node_modules/.bin
  ln -sfn ${leasehold} node_modules/leasehold
  ln -sfn ${cdktf} node_modules/.bin/cdktf
elif [ "$1" = install ] && [ "$2" = --prefix ]; then
  mkdir -p "$3/node_modules/.bin"
  ln -sfn ${leasehold}/dist/cli/main.js "$3/node_modules/.bin/leasehold"
else
  echo "npm $* in a test" >&2
  exit 1
fi
`,
  );
  chmodSync(join(bin, "npm"), 0o755);
  return bin;
}
