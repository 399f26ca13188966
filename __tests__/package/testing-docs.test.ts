import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * The example of docs/testing.md, as it stands there, in an empty project that has the packed library: the page is right, and
 * the bench works for those who have nothing else of ours.
 */
const root = join(__dirname, "../..");
const page = readFileSync(join(root, "docs/testing.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
// The peers, the optional ones too, and what a project with TypeScript and jest has.
const packages = [...Object.keys(manifest.peerDependencies), "typescript", "jest", "@types/jest", "@types/node"];

/** The code blocks of the page in a language. */
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(([, code]) => code);

describe("the example of docs/testing.md", () => {
  let project: string;
  const run = (command: string, args: readonly string[], cwd = project): { code: number | null; output: string } => {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 500_000 });
    if (error) throw error;
    return { code: status, output: stdout + stderr };
  };

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), "leasehold-docs-"));
    const packed = run("npm", ["pack", "--ignore-scripts", "--pack-destination", project], root);
    const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
    if (!tarball) throw new Error(`npm pack made nothing\n${packed.output}`);
    const home = join(project, "node_modules/leasehold");
    mkdirSync(home, { recursive: true });
    run("tar", ["-xzf", join(project, tarball), "-C", home, "--strip-components=1"]);
    for (const name of packages) {
      const to = join(project, "node_modules", name);
      mkdirSync(dirname(to), { recursive: true });
      symlinkSync(join(root, "node_modules", name), to);
    }

    const [program, test] = blocks("ts");
    writeFileSync(join(project, "program.ts"), program);
    writeFileSync(join(project, "library.test.ts"), test);
    mkdirSync(join(project, "sql"));
    writeFileSync(join(project, "sql/1.sql"), blocks("sql")[0]);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "library", private: true }));
    const types = ["node", "jest"];
    const compilerOptions = {
      target: "ES2022",
      module: "node16",
      strict: true,
      skipLibCheck: true,
      types,
      outDir: "out",
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  });

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("compiles", () => {
    const { code, output } = run(process.execPath, [join(root, "node_modules/typescript-7/bin/tsc")]);
    expect({ code, output }).toEqual({ code: 0, output: "" });
  });

  it("passes", () => {
    const jest = join(root, "node_modules/jest/bin/jest.js");
    const { code, output } = run(process.execPath, [jest, "--rootDir", project, "--testMatch", "**/out/*.test.js"]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/Tests: +2 passed, 2 total/) });
  }, 600_000);
});
