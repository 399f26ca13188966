import { build } from "esbuild";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { install, linkPeers, packedLibrary, Ran, root, run } from "./project";

const TSC = join(root, "node_modules/typescript-7/bin/tsc");
/** A mistake at a line that is known, which synthesis refuses. */
const MISTAKE = `new leasehold.VaultPolicy(config, "mistake", { policyName: "root", rules: [] });\n`;
let folder: string;
let project: string;

beforeAll(() => {
  const packed = packedLibrary();
  folder = packed.folder;
  project = join(folder, "project");
  mkdirSync(project);
  cpSync(join(root, "examples/minimal"), project, { recursive: true });
  install(project, packed.tarball);
  const main = readFileSync(join(project, "main.ts"), "utf8");
  writeFileSync(join(project, "mistaken.ts"), main.replace("app.synth();", `${MISTAKE}app.synth();`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program and the library as one file, in a folder with nothing else in it but the packages that it was told to leave out. */
async function bundled(name: string, program: string, sourcemap: "inline" | false): Promise<string> {
  const home = join(folder, name);
  mkdirSync(home);
  await build({
    entryPoints: [join(project, `${program}.ts`)],
    outfile: join(project, "out", name, `${program}.js`),
    bundle: true,
    platform: "node",
    external: ["cdktf", "constructs", "@cdktf/*"],
    sourcemap,
    logLevel: "error",
  });
  mkdirSync(join(home, "out/one"), { recursive: true });
  cpSync(join(project, "out", name, `${program}.js`), join(home, "out/one", `${program}.js`));
  linkPeers(home);
  return home;
}

function node(home: string, file: string): Ran {
  return run(process.execPath, ["--enable-source-maps", file], home);
}

/** What was synthesized, file by file. */
function synthesized(home: string): Record<string, string> {
  const outdir = join(home, "cdktf.out");
  return Object.fromEntries(
    readdirSync(outdir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .map((file) => [file.slice(outdir.length + 1), readFileSync(file, "utf8")]),
  );
}

test("a program that esbuild made one file of synthesizes what it does without, to the byte, with the user's lines", async () => {
  const compile = ["--target", "es2022", "--module", "commonjs", "--skipLibCheck", "--sourceMap", "--outDir", "out"];
  expect(run(process.execPath, [TSC, ...compile, "main.ts"], project)).toEqual({ code: 0, output: "" });
  expect(node(project, "out/main.js")).toEqual({ code: 0, output: expect.not.stringContaining("error") });
  const plain = synthesized(project);
  const bundle = await bundled("mapped", "main", "inline");
  expect(readdirSync(bundle).sort()).toEqual(["node_modules", "out"]);
  expect(node(bundle, "out/one/main.js")).toEqual({ code: 0, output: expect.not.stringContaining("error") });
  expect(Object.keys(plain)).toEqual(expect.arrayContaining(["access.html", "stacks/access/cdk.tf.json"]));
  expect(plain["access.json"]).toContain('"main.ts:');
  expect(synthesized(bundle)).toEqual(plain);
}, 240_000);

test("a finding in it names the user's line, or none where no source map tells it, and a page that can be found", async () => {
  const line = readFileSync(join(project, "mistaken.ts"), "utf8").split(MISTAKE)[0].split("\n").length;
  const mapped = await bundled("mistaken-mapped", "mistaken", "inline");
  expect(node(mapped, "out/one/mistaken.js").output).toContain(`at  vault-config/mistake (mistaken.ts:${line})\n`);
  const unmapped = await bundled("mistaken", "mistaken", false);
  const { code, output } = node(unmapped, "out/one/mistaken.js");
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("at  vault-config/mistake\n") });
  expect(output).toMatch(/ see leasehold\/docs\/findings\.md#[a-z-]+\n/);
}, 240_000);
