// Compiles the command line, which needs no package at run time. Where it was built already, nothing is done.
//
// The actions run what is in their own repository at the commit that a workflow names: neither the pull request nor its
// base chooses what compares them. The compiler comes with a checksum, and no install script is run.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
if (!existsSync(join(here, "../dist/cli/main.js"))) {
  const options = { cwd: here, stdio: ["ignore", "inherit", "inherit"] };
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], options);
  execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "-p", "."], options);
}
