import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../..");
let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "leasehold-synth-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** The app command of cdktf.json, with a program of one file. */
function synth(program: string): { status: number | null; output: string; manifest: boolean } {
  writeFileSync(join(folder, "main.ts"), program);
  const compilerOptions = {
    strict: true,
    skipLibCheck: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "tools/synth.mjs"), join(folder, "main.ts"), join(folder, "tsconfig.json")],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: join(folder, "out"), npm_lifecycle_event: undefined },
    },
  );
  return { status, output: stdout + stderr, manifest: existsSync(join(folder, "out/manifest.json")) };
}

/** The library as a value without types, so that the compiler has one short file to read. */
const LIBRARY = `
interface Library { readonly [name: string]: any }
const cdktf: Library = require(${JSON.stringify(join(root, "node_modules/cdktf"))});
const lib: Library = require(${JSON.stringify(join(root, "constructs"))});
const app = new cdktf.App();
const stack = new cdktf.TerraformStack(app, "stack");
new cdktf.LocalBackend(stack, {});
`;

test("a program is synthesized as it stands", () => {
  expect(synth(`${LIBRARY}app.synth();`)).toEqual({ status: 0, output: "", manifest: true });
});

test("a type error fails the synthesis, and leaves nothing that could be deployed", () => {
  const { status, output, manifest } = synth(`${LIBRARY}const count: number = "one";\napp.synth();`);
  expect(output).toMatch(/main\.ts\(8,\d+\): error TS2322/);
  expect({ status, manifest }).toEqual({ status: 1, manifest: false });
});

test("what was checked is not checked again, and what has changed is, until it has no error", () => {
  const good = `${LIBRARY}app.synth();`;
  const bad = `${LIBRARY}const count: number = "one";\napp.synth();`;
  expect([good, good, bad, bad, good].map((program) => synth(program).status)).toEqual([0, 0, 1, 1, 0]);
});

test("a finding names the line of the TypeScript, and fails the synthesis", () => {
  const { status, output, manifest } = synth(
    `${LIBRARY}interface Gone {\n  readonly when: "compiled";\n}\nnew lib.VaultPolicy(stack, "policy", { policyName: "root", rules: [] });\napp.synth();`,
  );
  expect(output).toContain("at  stack/policy (main.ts:11)");
  expect({ status, manifest }).toEqual({ status: 1, manifest: false });
});
