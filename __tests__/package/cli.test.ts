import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SAMPLE } from "../render/fixture";

/** The command line as npm installs it, in a project that has nothing else: no cdktf, no providers. */
const root = join(__dirname, "../..");
let folder: string;

function run(command: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 200_000 });
  if (error) throw error;
  return { status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "leasehold-cli-package-"));
  const packed = run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`npm pack made nothing\n${packed.stderr}`);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "sample", private: true }));
  const flags = ["--offline", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
  const installed = run("npm", ["install", ...flags, `./${tarball}`], folder);
  if (installed.status !== 0) throw new Error(`npm install failed\n${installed.stderr}`);
  mkdirSync(join(folder, "cdktf.out"));
  writeFileSync(join(folder, "cdktf.out/access.json"), JSON.stringify(SAMPLE));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const leasehold = (...args: string[]) => run("npx", ["--no-install", "leasehold", ...args], folder);

test("npx leasehold shows help, and the access of the report that a synthesis wrote", () => {
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["leasehold"]);
  expect(leasehold("help")).toMatchObject({ status: 0, stdout: expect.stringContaining("Usage: leasehold <command>") });
  expect(leasehold("access")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/eu\/shop\/web +SELECT, UPDATE +shop\.sales\.wizard/),
  });
  expect(leasehold("diff", "cdktf.out/access.json", "nowhere.json")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is no report "nowhere.json"'),
  });
});
