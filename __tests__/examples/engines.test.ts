import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { engineCommand } from "../../cli/command/engine";
import { install, packedLibrary, root, run } from "./project";

let folder: string;
let tarball: string;

beforeAll(() => void ({ folder, tarball } = packedLibrary()));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project with the complete program of README, in which the name `cdktf` stands for this package. */
function project(engine: "cdktf" | "cdktn"): string {
  const home = join(folder, engine);
  mkdirSync(home);
  cpSync(join(root, "examples/minimal"), home, { recursive: true });
  install(home, tarball);
  rmSync(join(home, "node_modules/cdktf"));
  symlinkSync(join(root, "node_modules", engine), join(home, "node_modules/cdktf"));
  return home;
}

/** What it synthesizes, parsed; of the engine's own notes, all but its version. */
function synthesized(home: string): { readonly version: string; readonly files: Record<string, unknown> } {
  const { app } = JSON.parse(readFileSync(join(home, "cdktf.json"), "utf8"));
  // Links stand for what npm would have put there: the providers look for `cdktf` beside their link.
  const ran = run("env", ["NODE_PRESERVE_SYMLINKS=1", "sh", "-c", app], home);
  expect(ran).toEqual({ code: 0, output: expect.not.stringContaining("error") });
  const read = (path: string): unknown => JSON.parse(readFileSync(join(home, "cdktf.out", path), "utf8"));
  const { version } = read("manifest.json") as { version: string };
  const files = Object.fromEntries(
    readdirSync(join(home, "cdktf.out/stacks")).map((stack) => {
      const json = read(`stacks/${stack}/cdk.tf.json`) as { "//": { metadata: { version?: string } } };
      expect(json["//"].metadata.version).toBe(version);
      delete json["//"].metadata.version;
      return [stack, json];
    }),
  );
  return { version, files: { ...files, access: [files.access, read("access.json")] } };
}

test("the complete program makes the same Terraform JSON and report with cdktf and, by an alias, with cdktn", () => {
  const [archived, fork] = [synthesized(project("cdktf")), synthesized(project("cdktn"))];
  expect([archived.version, fork.version]).toEqual([
    expect.stringMatching(/^0\.21\./),
    expect.stringMatching(/^0\.24\./),
  ]);
  expect(Object.keys(archived.files).sort()).toEqual(["access", "databases", "vault-config", "workloads"]);
  expect(fork.files).toEqual(archived.files);
}, 240_000);

test("docs/engines.md names versions of cdktn and constructs that Leasehold takes and is tested with", () => {
  const [, block] = /```json\n([^]*?)```/.exec(readFileSync(join(root, "docs/engines.md"), "utf8")) ?? [];
  const { dependencies, overrides } = JSON.parse(block);
  const { peerDependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(dependencies).toEqual({
    cdktf: `npm:cdktn@${devDependencies.cdktn}`,
    constructs: devDependencies.constructs,
  });
  expect(peerDependencies.cdktf.split(" || ")).toContain(devDependencies.cdktn);
  expect(overrides).toEqual({ cdktf: "$cdktf" });
});

test("Leasehold takes every release of constructs that cdktf takes", () => {
  const peer = (path: string): string =>
    JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")).peerDependencies.constructs;
  expect(peer(".")).toBe(peer("node_modules/cdktf"));
});

test.each([
  [["cdktf"], "cdktf"],
  [["cdktn"], "cdktn"],
  [["cdktn", "cdktf"], "cdktf"],
  [[], "cdktf"],
])("where %j is installed, in a folder above, the command is %s", (installed, expected) => {
  const home = join(folder, `installed-${installed.join("-")}`);
  mkdirSync(join(home, "program"), { recursive: true });
  for (const name of installed) cpSync(join(root, "package.json"), join(home, "node_modules/.bin", name));
  expect(engineCommand(join(home, "program"))).toEqual(["npx", "--no-install", expected]);
});

test.each(["cdktf", "cdktn"])("where %s is installed, a remedy names that command", (engine) => {
  const home = join(folder, `remedy-${engine}`);
  cpSync(join(root, "package.json"), join(home, "node_modules/.bin", engine));
  const { code, output } = run(process.execPath, [join(root, "dist/cli/main.js"), "access"], home);
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(`\`npx ${engine} synth\``) });
});
