// The app command of cdktf.json: runs main.ts without waiting for its types, and checks those beside it. A type error fails the
// synthesis, and so stops a deploy. Another program and its tsconfig.json may be given.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root, start } from "./install.mjs";

const [main = join(root, "main.ts"), project] = process.argv.slice(2);
const here = { cwd: process.cwd() };
// What was checked of the project's own program is remembered: it is checked again and again.
const own = [
  ...["-p", join(root, "tsconfig.build.json"), "--incremental"],
  ...["--tsBuildInfoFile", join(root, "node_modules/.cache/leasehold.tsbuildinfo")],
];
const hook = join(root, "tools/typescript.cjs");
const compiler = join(root, "node_modules/typescript/bin/tsc");
const program = start(process.execPath, ["-r", hook, main], here);
const types = start(process.execPath, [compiler, "--noEmit", ...(project === undefined ? own : ["-p", project])], here);
const [synthesized, checked] = await Promise.all([program, types]);
// Nothing that was synthesized of such a program is to be deployed, with --skip-synth neither: without its manifest it cannot be.
if (checked !== 0) rmSync(join(process.env.CDKTF_OUTDIR ?? "cdktf.out", "manifest.json"), { force: true });
process.exitCode = synthesized || checked;
