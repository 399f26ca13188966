// How npm run bench measures: each run is a process of its own, two programs run in turn, and a ratio is the median of those of each pair.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), "leasehold-bench-"));

/** What is measured on. */
export function machine() {
  const [{ model }] = cpus();
  return `${cpus().length} processors (${model.replace(/\s+/g, " ")}), Node.js ${process.version}`;
}

/** A folder for what a run writes, empty. */
export function out(name) {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  return path;
}

/** One run in a process of its own: seconds of CPU of the whole process, and the most memory that it had, in MB. */
export const run = (program, ...args) => runWith([], program, ...args);

/** As projects run their program: with source maps, by this option of node or by ts-node. */
export const synthesis = (...args) => runWith(["--enable-source-maps"], "programs.cjs", ...args);

function runWith(options, program, ...args) {
  const node = [...options, "--max-old-space-size=12000", "-r", join(root, "tools/typescript.cjs")];
  const all = [...node, join(root, "tools/bench", program), ...args.map(String)];
  const said = execFileSync(process.execPath, all, { cwd: root, encoding: "utf8" });
  return JSON.parse(said.trim().split("\n").at(-1));
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
export const times = (ratio) => ratio.toFixed(2);
export const seconds = (cpu) => `${cpu < 10 ? cpu.toFixed(2) : cpu.toFixed(1)} s`;

/** A row of a table, printed as it is measured. */
export function line(...cells) {
  console.log(cells.join("  "));
  return `| ${cells.join(" | ")} |`;
}

/** Two programs in turn, ours first; with the ratio of each pair, a machine that slows down slows both. */
export function paired(pairs, ours, others) {
  const both = Array.from({ length: pairs }, () => [ours(), others()]);
  const of = (key, which) => median(both.map((pair) => pair[which][key]));
  const ratio = (key) => median(both.map(([a, b]) => a[key] / b[key]));
  return { cpu: of("cpu", 0), other: of("cpu", 1), ratio: ratio("cpu"), rss: of("rss", 0), memory: ratio("rss") };
}

/** The row of two programs. */
export function row(title, { ratio, cpu, other, rss, memory }) {
  return line(title, times(ratio), seconds(cpu), seconds(other), `${Math.round(rss)} MB`, times(memory));
}

export const PROGRAMS =
  "| program | ratio | Leasehold | the other | memory | ratio |\n| --- | --- | --- | --- | --- | --- |";

/** So many workloads with Leasehold, and the same resources by hand. */
export function workloads(size, pairs, synth = synthesis) {
  return paired(
    pairs,
    () => synth("leasehold", size, out(`ours${size}`)),
    () => synth("raw", size, out("raw")),
  );
}

/** How one program grows into the other. */
export function growth(from, to, [few, many]) {
  const cells = `${times(many.cpu / few.cpu)} times the CPU time, ${times(many.rss / few.rss)} times the memory`;
  console.log(cells);
  return `From ${from} to ${to} workloads: ${cells}.`;
}

/** What is done with the report of so many workloads, which `workloads` has left. */
export function reports(size) {
  const file = join(folder, `ours${size}`, "access.json");
  const megabytes = (readFileSync(file).length / 1e6).toFixed(1);
  const read = run("report.cjs", file, "read");
  return [
    ["read", "read and checked"],
    ["write", "written as JSON, Markdown and HTML, after that"],
    ["diff", "compared with another, after that, which is read as well"],
    ["question", "asked what one workload can, after that"],
  ].map(([what, title]) => {
    const { cpu, rss } = what === "read" ? read : run("report.cjs", file, what);
    const taken = seconds(what === "read" ? cpu : cpu - read.cpu);
    return line(`report of ${size} workloads (${megabytes} MB) ${title}`, taken, `${Math.round(rss)} MB`);
  });
}

export const REPORTS = "| work | CPU time | memory |\n| --- | --- | --- |";

/** One login issued and one revoked, with so many live. */
export function logins(live, pairs) {
  const measured = run("leases.cjs", live, pairs);
  return ["issue", "revoke"].map((what) => {
    const { ours, other, ratio } = measured[what];
    return line(`${what} one, ${live} live`, times(ratio), `${ours.toFixed(1)} ms`, `${other.toFixed(1)} ms`);
  });
}

export const LOGINS = "| login | ratio | Leasehold | the other |\n| --- | --- | --- | --- |";
