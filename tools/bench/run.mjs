// npm run bench: measures synthesis, logins, reports and plan sizes against what a user would write by hand, prints the rows, and writes
// docs/performance.md of them. What takes longer is measured when a flag asks for it, alone, and its section of the page is written anew:
// `--large` is 10,000 workloads, `--demo` the first demo with nothing compiled, `--tests` npm test. `--pairs 5` repeats the short measurements
// more often.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, install } from "../install.mjs";
import { LONG } from "./long.mjs";
import { folder, machine, out, root, synthesis } from "./measure.mjs";
import { short } from "./short.mjs";

const flags = Object.fromEntries(LONG.map(({ flag }) => [flag, { type: "boolean" }]));
const { values } = parseArgs({ options: { ...flags, pairs: { type: "string" } } });
const asked = LONG.filter(({ flag }) => values[flag]);
if (asked.length > 0 && values.pairs !== undefined) throw new Error("--pairs goes with the short measurements only");
const pairs = Number(values.pairs ?? 3);
const target = join(root, "docs/performance.md");

/** What stands above all sections. */
const intro = () => `# Performance

\`npm run bench\` printed and wrote these numbers: medians of ${pairs} interleaved pairs, on ${machine()}.
A ratio is the median of each pair's; times are seconds of CPU of a whole process, loading included. What each workload is stands in
[tools/bench/programs.cjs](../tools/bench/programs.cjs): ten resources, once with Leasehold and once as somebody would write them with the providers' classes.`;

/** The page that is there, cut before each of its sections. */
const sections = existsSync(target) ? readFileSync(target, "utf8").split(/^(?=## )/m) : [];
const isOf = (title) => (section) => section.startsWith(`## ${title}\n`);

try {
  await install();
  await build();
  // Compiled once, so that no run measures the compiler.
  synthesis("leasehold", 1, out("warm"));
  synthesis("raw", 1, out("warm"));

  const long = LONG.map((part) =>
    asked.includes(part) ? `## ${part.title}\n\n${part.measure()}` : (sections.find(isOf(part.title)) ?? ""),
  );
  const others = sections.filter((section) => !LONG.some(({ title }) => isOf(title)(section)));
  const page = [...(asked.length === 0 ? [intro(), ...short(pairs)] : others), ...long].map((part) => part.trim());
  writeFileSync(target, `${page.filter((part) => part !== "").join("\n\n")}\n`);
  execFileSync(process.execPath, [join(root, "node_modules/prettier/bin/prettier.cjs"), "--write", target]);
} finally {
  rmSync(folder, { recursive: true });
}
