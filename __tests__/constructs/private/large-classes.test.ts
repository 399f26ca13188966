import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { large } from "../../../constructs/private/large-classes";

const root = join(__dirname, "../../..");

/** The modules of the large classes: `deployment-v1` has `DeploymentV1`. */
const LARGE = new Set(Object.keys(large).map((name) => name.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase()));

/** The large classes that are loaded when a program has run in a process of its own. */
function loadedBy(program: string): string[] {
  const listed = `console.log(JSON.stringify(Object.keys(require.cache)))`;
  const said = execFileSync(process.execPath, ["-r", "./tools/typescript.cjs", "-e", `${program}\n${listed}`], {
    cwd: root,
    encoding: "utf8",
  });
  const files = JSON.parse(said.trim().split("\n").at(-1) ?? "") as string[];
  const loaded = files.map((file) => /@cdktf\/provider-\w+\/lib\/([\w-]+)\//.exec(file)?.[1] ?? "");
  expect(loaded).toContain("database-secrets-mount");
  return [...new Set(loaded.filter((name) => LARGE.has(name)))].sort();
}

const outdir = mkdtempSync(join(tmpdir(), "leasehold-loaded-"));
afterAll(() => rmSync(outdir, { recursive: true }));

test("the providers' large classes are loaded when a resource of theirs is made, and not with the library", () => {
  const library = `const { App } = require("cdktf"); require("./constructs"); require("./stacks");`;
  expect(loadedBy(library)).toEqual([]);
  const shop = `${library}
    const { sandbox } = require("./examples/shop/environments");
    require("./examples/shop/shop").shop(new App({ outdir: ${JSON.stringify(outdir)} }), sandbox);`;
  expect(loadedBy(shop)).toEqual(["deployment-v1", "job-v1", "release", "service-v1", "stateful-set-v1"]);
});
