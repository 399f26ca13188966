import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "../../..");

/** The kinds of pods whose classes are loaded when a program has run in a process of its own. */
function loadedBy(program: string): string[] {
  const listed = `console.log(JSON.stringify(Object.keys(require.cache)))`;
  const said = execFileSync(process.execPath, ["-r", "./tools/typescript.cjs", "-e", `${program}\n${listed}`], {
    cwd: root,
    encoding: "utf8",
  });
  const files = JSON.parse(said.trim().split("\n").at(-1) ?? "") as string[];
  const kinds = files.map((file) => /provider-kubernetes\/lib\/([\w-]+)\/index-structs/.exec(file)?.[1]);
  return [...new Set(kinds.filter((kind) => kind !== undefined))].sort();
}

const outdir = mkdtempSync(join(tmpdir(), "leasehold-loaded-"));
afterAll(() => rmSync(outdir, { recursive: true }));

test("the provider's classes of pods are loaded when one of the kind is made, and not with the library", () => {
  const library = `const { App } = require("cdktf"); require("./constructs"); require("./stacks");`;
  expect(loadedBy(library)).toEqual([]);
  const shop = `${library}
    const { sandbox } = require("./examples/shop/environments");
    require("./examples/shop/shop").shop(new App({ outdir: ${JSON.stringify(outdir)} }), sandbox);`;
  expect(loadedBy(shop)).toEqual(["deployment-v1", "job-v1", "stateful-set-v1"]);
});
