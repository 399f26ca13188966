// npm run bench: measures synthesis, logins, reports and plan sizes against what a user would write by hand, prints the rows, and writes
// docs/performance.md of them. `--large` adds 10,000 workloads and logins (half an hour, 5 GB); `--pairs 5` repeats more often.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { large: { type: "boolean" }, pairs: { type: "string", default: "3" } } });
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "leasehold-bench-"));
const pairs = Number(values.pairs);
const sizes = [100, 1000, ...(values.large ? [10_000] : [])];

/** One run in a process of its own: seconds of CPU of the whole process, and the most memory that it had, in MB. */
function run(program, ...args) {
  const node = ["--max-old-space-size=12000", "-r", join(root, "tools/typescript.cjs"), join(root, program)];
  const said = execFileSync(process.execPath, [...node, ...args.map(String)], { cwd: root, encoding: "utf8" });
  return JSON.parse(said.trim().split("\n").at(-1));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const times = (ratio) => ratio.toFixed(2);
const seconds = (cpu) => `${cpu < 10 ? cpu.toFixed(2) : cpu.toFixed(1)} s`;

/** Two programs in turn, ours first; the ratio is the median of those of each pair, so that a machine that slows down slows both. */
function paired(ours, others) {
  const both = Array.from({ length: pairs }, () => [ours(), others()]);
  const of = (key, which) => median(both.map((pair) => pair[which][key]));
  const ratio = (key) => median(both.map(([a, b]) => a[key] / b[key]));
  return { cpu: of("cpu", 0), other: of("cpu", 1), ratio: ratio("cpu"), rss: of("rss", 0), memory: ratio("rss") };
}

function row(title, measured) {
  const cells = [title, times(measured.ratio), seconds(measured.cpu), seconds(measured.other)];
  cells.push(`${Math.round(measured.rss)} MB`, times(measured.memory));
  console.log(cells.join("  "));
  return `| ${cells.join(" | ")} |`;
}

/** Resources and bytes of each stack that a plan would read. */
function plan(outdir) {
  return readdirSync(join(outdir, "stacks")).map((stack) => {
    const text = readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
    const resources = Object.values(JSON.parse(text).resource ?? {}).flatMap((named) => Object.keys(named));
    return { stack, resources: resources.length, bytes: text.length };
  });
}

try {
  const programs = "tools/bench/programs.cjs";
  const out = (name) => {
    const path = join(folder, name);
    rmSync(path, { recursive: true, force: true });
    return path;
  };
  // Compiled once, so that no run measures the compiler.
  run(programs, "leasehold", 1, out("warm"));
  run(programs, "raw", 1, out("warm"));

  const synthesis = sizes.map((size) => {
    const measured = paired(
      () => run(programs, "leasehold", size, out(`ours${size}`)),
      () => run(programs, "raw", size, out("raw")),
    );
    return { measured, line: row(`${size} workloads, against raw L1s`, measured) };
  });
  const small = paired(
    () => run(programs, "leasehold", 1, out("one")),
    () => run(programs, "bare", 1, out("bare")),
  );
  const first = row("1 workload, against loading the library", small);
  const shards = paired(
    () => run(programs, "leasehold", 1000, out("shards"), 10),
    () => run(programs, "leasehold", 1000, out("shard"), 1),
  );
  const sharded = row("1,000 workloads in ten databases, against one", shards);

  const growth = synthesis.slice(1).map(({ measured }, index) => {
    const line = `From ${sizes[index]} to ${sizes[index + 1]} workloads: ${times(measured.cpu / synthesis[index].measured.cpu)} times the CPU time, ${times(measured.rss / synthesis[index].measured.rss)} times the memory.`;
    console.log(line);
    return line;
  });

  const reports = sizes.slice(1).flatMap((size) => {
    const file = join(folder, `ours${size}`, "access.json");
    const megabytes = (readFileSync(file).length / 1e6).toFixed(1);
    const read = run("tools/bench/report.cjs", file, "read");
    return [
      ["read", "read and checked"],
      ["write", "written as JSON, Markdown and HTML, after that"],
      ["diff", "compared with another, after that, which is read as well"],
      ["question", "asked what one workload can, after that"],
    ].map(([what, title]) => {
      const { cpu, rss } = what === "read" ? read : run("tools/bench/report.cjs", file, what);
      const line = `| report of ${size} workloads (${megabytes} MB) ${title} | ${seconds(what === "read" ? cpu : cpu - read.cpu)} | ${Math.round(rss)} MB |`;
      console.log(line);
      return line;
    });
  });
  const plans = plan(join(folder, "ours1000")).map(
    ({ stack, resources, bytes }) => `| ${stack} | ${resources} | ${(bytes / 1e6).toFixed(2)} MB |`,
  );
  console.log(plans.join("\n"));

  const leases = [0, 100, 1000, ...(values.large ? [10_000] : [])].flatMap((live) => {
    const measured = run("tools/bench/leases.cjs", live, 100 * pairs);
    return ["issue", "revoke"].map((what) => {
      const { ours, other, ratio } = measured[what];
      const line = `| ${what} one, ${live} live | ${times(ratio)} | ${ours.toFixed(1)} ms | ${other.toFixed(1)} ms |`;
      console.log(line);
      return line;
    });
  });

  const beside = run("tools/bench/leases.cjs", "left", 100 * pairs);
  const leftovers = `| issue one beside what another identity left | ${beside.left.toFixed(1)} ms | ${beside.none.toFixed(1)} ms | ${beside.more.toFixed(1)} ms |`;
  console.log(leftovers);

  const vault = run("tools/bench/through-vault.cjs", 500, pairs);
  const many = ["ours", "other"].map((side) => {
    const { issued, revoked, slowest } = vault[side];
    return `| ${side === "ours" ? "Leasehold" : "the other"} | ${issued.toFixed(0)} | ${revoked.toFixed(0)} | ${slowest.toFixed(0)} ms |`;
  });
  console.log(many.join("\n"));

  const command = JSON.parse(
    execFileSync(process.execPath, [join(root, "tools/bench/command.mjs"), String(pairs)], { encoding: "utf8" }),
  );
  const commands = [
    ["the example, for the first time", command.cold],
    ["the same again", command.again],
  ].map(([title, both]) => {
    const of = (which) => seconds(median(both.map((pair) => pair[which])));
    return `| ${title} | ${times(median(both.map(([ours, other]) => ours / other)))} | ${of(0)} | ${of(1)} |`;
  });
  const [empty, program] = [command.empty, command.program].map((all) => seconds(median(all)));
  console.log([...commands, `cdktf's command alone ${empty}, the example's program alone ${program}`].join("\n"));

  const [{ model }] = cpus();
  const page = `# Performance

\`npm run bench\` printed and wrote these numbers: medians of ${pairs} interleaved pairs, on ${cpus().length} processors (${model.replace(/\s+/g, " ")}), Node.js ${process.version}.
A ratio is the median of each pair's; times are seconds of CPU of a whole process, loading included. What each workload is stands in
[tools/bench/programs.cjs](../tools/bench/programs.cjs): ten resources, once with Leasehold and once as somebody would write them with the providers' classes.

## Synthesis

| program | ratio | Leasehold | the other | memory | ratio |
| --- | --- | --- | --- | --- | --- |
${[...synthesis.map(({ line }) => line), first, sharded].join("\n")}

${growth.join("\n")}

## cdktf's command

\`cdktf synth\`, with all that it starts. The other is a project of cdktf's own template, with as many resources by hand, which compiles its program each time. The example's types
are checked beside the program, and not again while nothing changed.

| \`cdktf synth\` | ratio | Leasehold | the other |
| --- | --- | --- | --- |
${commands.join("\n")}

Of these, ${empty} are cdktf's own command, with a program that does nothing. The example's program alone takes ${program}.

A second \`npm run demo\` takes ${command.demo.toFixed(0)} s of CPU, with all its servers.

## Logins

PostgreSQL 18, without Vault: the transaction that Vault runs. The other is the quickest way, and no safe one: a superuser makes a role in a group, and drops it
without ending its sessions. Medians of ${100 * pairs} pairs, by the clock.

| login | ratio | Leasehold | the other |
| --- | --- | --- | --- |
${leases.join("\n")}

What grows with the live logins is PostgreSQL's, from version 16 on: who makes a role becomes a member of it, and PostgreSQL reads these memberships anew for each login.
With 1,000 live on PostgreSQL 18 this was 48 % of the server's samples in \`perf\`. Before 16 it hardly grows.

A login beside what another identity leaves behind: six tombstones that an open transaction holds, and a lease that ended with six large objects
of 200 MB each. On one server with them and on one without, in turn.

| login | with them | without | more |
| --- | --- | --- | --- |
${leftovers}

500 logins of one group, through Vault: issued by eight clients, then revoked at once; the other is revoked with Vault's own statements. Leasehold revokes ${times(vault.ratio)} times
as many a second, the median of ${pairs} pairs. Meanwhile one login of another group after the other is issued: the slowest of them is the last column.

| 500 logins | issued a second | revoked a second | slowest other login |
| --- | --- | --- | --- |
${many.join("\n")}

**Vault makes one login at a time for each database**: its PostgreSQL plugin takes a lock, and more of \`maxOpenConnections\` change nothing. Two mounts of the same database
issued ${vault.two.toFixed(0)} a second together, with Vault and PostgreSQL on the same processors. Where more pods start at once than that, they wait for each other: let rollouts go in steps
(\`maxSurge\`). Groups of workloads with databases of their own do not wait for each other in Vault, since each database has a mount of its own.

## Reports

| work | CPU time | memory |
| --- | --- | --- |
${reports.join("\n")}

## What a plan reads, of 1,000 workloads with two tables each

| stack | resources | JSON |
| --- | --- | --- |
${plans.join("\n")}
`;
  writeFileSync(join(root, "docs/performance.md"), page);
  execFileSync(process.execPath, [
    join(root, "node_modules/prettier/bin/prettier.cjs"),
    "--write",
    join(root, "docs/performance.md"),
  ]);
} finally {
  rmSync(folder, { recursive: true });
}
