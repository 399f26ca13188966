import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install, packedLibrary, root, run } from "./project";

const EXAMPLE = join(root, "examples/minimal");
let folder: string;
let project: string;

beforeAll(() => {
  const packed = packedLibrary();
  folder = packed.folder;
  project = join(folder, "minimal");
  mkdirSync(project);
  cpSync(EXAMPLE, project, { recursive: true });
  install(project, packed.tarball);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("README shows exactly this program and its cdktf.json", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  expect(readdirSync(EXAMPLE).sort()).toEqual(["cdktf.json", "main.ts"]);
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(EXAMPLE, "main.ts"), "utf8")}\`\`\``);
  expect(readme).toContain(`\`\`\`json\n${readFileSync(join(EXAMPLE, "cdktf.json"), "utf8")}\`\`\``);
});

test("the command of its cdktf.json compiles and synthesizes it, and the report says what it grants", () => {
  const { app } = JSON.parse(readFileSync(join(project, "cdktf.json"), "utf8"));
  expect(run("sh", ["-c", app], project)).toEqual({ code: 0, output: expect.not.stringContaining("error") });
  const cli = join(project, "node_modules/leasehold/dist/cli/main.js");
  expect(run(process.execPath, [cli, "access"], project).output).toMatch(
    /eu\/shop\/web +SELECT +shop\.public\.wizard +/,
  );
});
