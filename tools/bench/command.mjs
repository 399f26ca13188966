// What npm run bench measures of cdktf's command: node tools/bench/command.mjs <turns>. `cdktf synth` of the example, against the same resources
// by hand in a project of cdktf's own template, which runs main.ts by ts-node: in turn, each once with nothing compiled and once more.
// Then the example in such a project, with Leasehold installed; cdktf's command with a program that does nothing; and a demo.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow } from "../digest.mjs";
import { asWritten, resourcesOf } from "./as-written.cjs";

const turns = Number(process.argv[2]);
const root = fileURLToPath(new URL("../..", import.meta.url));
const cdktf = join(root, "node_modules/.bin/cdktf");
const folder = mkdtempSync(join(tmpdir(), "leasehold-bench-"));

/** Seconds of CPU of a command and all that it starts, as the shell counts them. @throws when it fails, unless it `may` */
function cpu(command, cwd, env = {}, may = "exit") {
  const said = execFileSync("sh", ["-c", `${command} >&2 || ${may}; times`], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [user, system] = [
    ...said
      .trim()
      .split("\n")
      .at(-1)
      .matchAll(/(\d+)m([\d.]+)s/g),
  ].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return user + system;
}

/** A project as `cdktf init --template typescript` makes it, with what it needs from here, and ts-node of its own. */
function template(name, files, program) {
  const project = join(folder, name);
  cpSync(join(root, "node_modules/@cdktf/cli-core/templates/typescript"), project, { recursive: true });
  const config = readFileSync(join(project, "cdktf.json"), "utf8");
  if (!config.includes("npx ts-node main.ts")) throw new Error("cdktf's template runs main.ts in another way now");
  const tsNode = join(folder, "ts-node/node_modules/ts-node/dist/bin.js");
  writeFileSync(join(project, "cdktf.json"), JSON.stringify({ language: "typescript", app: `node ${tsNode} main.ts` }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), text);
  }
  writeFileSync(join(project, "main.ts"), program);
  mkdirSync(join(project, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")))
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  symlinkSync(root, join(project, "node_modules/leasehold"));
  return project;
}

/** The same resources by hand, of what the example has left. */
const byHand = (outdir) => template("by-hand", {}, asWritten(outdir));

/** The example, which imports the library by its name. */
function installed() {
  const files = filesBelow(join(root, "examples/shop"), /\.(ts|sql)$/).map((file) => [
    relative(root, file),
    readFileSync(file, "utf8").replace(/"(?:\.\.\/)+(constructs|stacks)(?:\/\w+)?"/g, (_, room) =>
      room === "stacks" ? '"leasehold/stacks"' : '"leasehold"',
    ),
  ]);
  return template(
    "installed",
    Object.fromEntries(files),
    `import { App } from "cdktf";\nimport { chooseEnvironment } from "./examples/shop/environments";\nimport { shop } from "./examples/shop/shop";\nconst app = new App();\nshop(app, chooseEnvironment());\napp.synth();\n`,
  );
}

try {
  execFileSync("npm", ["install", "--silent", "--no-audit", "--prefix", join(folder, "ts-node"), "ts-node@10.9.2"]);
  const here = { CDKTF_OUTDIR: join(folder, "out"), CHECKPOINT_DISABLE: "1" };
  const ours = () => cpu(`${cdktf} synth --output ${join(folder, "out")}`, root, here);
  ours();
  const [hand, library] = [byHand(join(folder, "out")), installed()];
  const other = () => cpu(`${cdktf} synth`, hand, { CHECKPOINT_DISABLE: "1" });
  const asLibrary = () => cpu(`${cdktf} synth`, library, { CHECKPOINT_DISABLE: "1" });
  other();
  const [made, written] = [join(folder, "out"), join(hand, "cdktf.out")].map(resourcesOf);
  if (made !== written) throw new Error(`the example makes ${made}, and the other side makes ${written}`);
  const forget = () => {
    for (const cache of ["leasehold-types", "leasehold-typescript"])
      rmSync(join(root, "node_modules/.cache", cache), { recursive: true, force: true });
  };
  // What cdktf's command takes by itself: with a program that does nothing, of which it complains; and the example without the command.
  const nothing = join(folder, "nothing");
  mkdirSync(nothing);
  writeFileSync(join(nothing, "cdktf.json"), JSON.stringify({ language: "typescript", app: "true" }));
  const empty = () => cpu(`${cdktf} synth`, nothing, { CHECKPOINT_DISABLE: "1" }, "true");
  const program = () => cpu(`node -r ${join(root, "tools/typescript.cjs")} main.ts`, root, here);
  const pairs = { cold: [], again: [], installed: [], empty: [], program: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    forget();
    pairs.cold.push([ours(), other()]);
    pairs.again.push([ours(), other()]);
    pairs.installed.push([asLibrary(), other()]);
    pairs.empty.push(empty());
    pairs.program.push(program());
  }
  // The first compiles what has changed.
  const [, demo] = [cpu("npm run --silent demo", root), cpu("npm run --silent demo", root)];
  console.log(JSON.stringify({ ...pairs, demo }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
