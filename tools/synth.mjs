// The app command of cdktf.json: runs main.ts without waiting for its types, and checks those beside it, unless they were checked as they
// stand. A type error fails the synthesis, and so stops a deploy. Another program and its tsconfig.json may be given.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { digestOf, filesBelow, isKept, keep } from "./digest.mjs";
import { compiler, root, start } from "./install.mjs";

const [main = join(root, "main.ts"), project = join(root, "tsconfig.main.json")] = process.argv.slice(2);
const here = { cwd: process.cwd() };
const hook = join(root, "tools/typescript.cjs");
const checkedTypes = join(root, "node_modules/.cache/leasehold-types");

// Everything that types come from: the program, Leasehold, and what is installed.
const folders = new Set([dirname(main), dirname(join(root, "main.ts"))]);
const sources = [...folders].flatMap((folder) => filesBelow(folder, /\.[cm]?ts$|^tsconfig.*\.json$/));
const digest = digestOf([...sources, project, join(root, "node_modules/.package-lock.json")]);

const program = start(process.execPath, ["-r", hook, main], here);
// One checker: several find the same out side by side, and the program runs at this moment, too.
const types = isKept(checkedTypes, digest)
  ? 0
  : start(process.execPath, [compiler(), "--noEmit", "--checkers", "1", "--project", project], here);
const [synthesized, checked] = await Promise.all([program, types]);
if (checked === 0) keep(checkedTypes, digest);
// Nothing that was synthesized of such a program is to be deployed, with --skip-synth neither: without its manifest it cannot be.
else rmSync(join(process.env.CDKTF_OUTDIR ?? "cdktf.out", "manifest.json"), { force: true });
process.exitCode = synthesized || checked;
