// npm run bench: measures synthesis, logins, reports and plan sizes against what a user would write by hand, prints the rows, and writes
// docs/performance.md of them. What takes longer is measured when a flag asks for it, alone, and its section of the page is written anew:
// `--large` is 10,000 workloads (a quarter of an hour, 5 GB), `--demo` the first demo with nothing compiled (a quarter of an hour), `--tests`
// npm test (half an hour). `--pairs 5` repeats more often.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, install } from "../install.mjs";
import { LONG } from "./long.mjs";
import { growth, LOGINS, logins, median, out, paired, PROGRAMS, REPORTS, reports, root, row, run } from "./measure.mjs";
import { folder, seconds, times, workloads } from "./measure.mjs";

const flags = Object.fromEntries(LONG.map(({ flag }) => [flag, { type: "boolean" }]));
const { values } = parseArgs({ options: { ...flags, pairs: { type: "string", default: "3" } } });
const pairs = Number(values.pairs);
const target = join(root, "docs/performance.md");

/** Resources and bytes of each stack that a plan would read. */
function plan(outdir) {
  return readdirSync(join(outdir, "stacks")).map((stack) => {
    const text = readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
    const resources = Object.values(JSON.parse(text).resource ?? {}).flatMap((named) => Object.keys(named));
    return { stack, resources: resources.length, bytes: text.length };
  });
}

/** What every run measures. */
function short() {
  const [hundred, thousand] = [100, 1000].map((size) => {
    const measured = workloads(size, pairs);
    return { measured, line: row(`${size} workloads, against raw L1s`, measured) };
  });
  const small = paired(
    pairs,
    () => run("programs.cjs", "leasehold", 1, out("one")),
    () => run("programs.cjs", "bare", 1, out("bare")),
  );
  const first = row("1 workload, against loading cdktf and the classes", small);
  const shards = paired(
    pairs,
    () => run("programs.cjs", "leasehold", 1000, out("shards"), 10),
    () => run("programs.cjs", "leasehold", 1000, out("shard"), 1),
  );
  const sharded = row("1,000 workloads in ten databases, against one", shards);
  const grown = growth(100, 1000, [hundred.measured, thousand.measured]);
  const read = reports(1000);
  const plans = plan(join(folder, "ours1000")).map(
    ({ stack, resources, bytes }) => `| ${stack} | ${resources} | ${(bytes / 1e6).toFixed(2)} MB |`,
  );
  console.log(plans.join("\n"));
  const leases = [0, 100, 1000].flatMap((live) => logins(live, 100 * pairs));

  const beside = run("leases.cjs", "left", 100 * pairs);
  const leftovers = `| issue one beside what another identity left | ${beside.left.toFixed(1)} ms | ${beside.none.toFixed(1)} ms | ${beside.more.toFixed(1)} ms |`;
  console.log(leftovers);

  const vault = run("through-vault.cjs", 500, pairs);
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
    ["the example in a project of the template, with Leasehold installed", command.installed],
  ].map(([title, both]) => {
    const of = (which) => seconds(median(both.map((pair) => pair[which])));
    return `| ${title} | ${times(median(both.map(([ours, other]) => ours / other)))} | ${of(0)} | ${of(1)} |`;
  });
  const [empty, program] = [command.empty, command.program].map((all) => seconds(median(all)));
  console.log([...commands, `cdktf's command alone ${empty}, the example's program alone ${program}`].join("\n"));

  const [{ model }] = cpus();
  return `# Performance

\`npm run bench\` printed and wrote these numbers: medians of ${pairs} interleaved pairs, on ${cpus().length} processors (${model.replace(/\s+/g, " ")}), Node.js ${process.version}.
A ratio is the median of each pair's; times are seconds of CPU of a whole process, loading included. What each workload is stands in
[tools/bench/programs.cjs](../tools/bench/programs.cjs): ten resources, once with Leasehold and once as somebody would write them with the providers' classes.

## Synthesis

${PROGRAMS}
${[hundred.line, thousand.line, first, sharded].join("\n")}

${grown}

## cdktf's command

\`cdktf synth\`, with all that it starts. The other is a project of cdktf's own template, with as many resources by hand, which compiles its program each time. The example's types
are checked beside the program, and not again while nothing changed. In the last row both are projects of the template.

| \`cdktf synth\` | ratio | Leasehold | the other |
| --- | --- | --- | --- |
${commands.join("\n")}

Of these, ${empty} are cdktf's own command, with a program that does nothing. The example's program alone takes ${program}.

A second \`npm run demo\` takes ${command.demo.toFixed(0)} s of CPU, with all its servers.

## Logins

PostgreSQL 18, without Vault: the transaction that Vault runs. The other is the quickest way, and no safe one: a superuser makes a role in a group, and drops it
without ending its sessions. Medians of ${100 * pairs} pairs, by the clock.

${LOGINS}
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

${REPORTS}
${read.join("\n")}

## What a plan reads, of 1,000 workloads with two tables each

| stack | resources | JSON |
| --- | --- | --- |
${plans.join("\n")}
`;
}

/** The page that is there, cut before each of its sections. */
const sections = existsSync(target) ? readFileSync(target, "utf8").split(/^(?=## )/m) : [];
const isOf = (title) => (section) => section.startsWith(`## ${title}\n`);

try {
  await install();
  await build();
  // Compiled once, so that no run measures the compiler.
  run("programs.cjs", "leasehold", 1, out("warm"));
  run("programs.cjs", "raw", 1, out("warm"));

  const asked = LONG.filter(({ flag }) => values[flag]);
  const long = LONG.map((part) =>
    asked.includes(part) ? `## ${part.title}\n\n${part.measure()}` : (sections.find(isOf(part.title)) ?? ""),
  );
  const others = sections.filter((section) => !LONG.some(({ title }) => isOf(title)(section)));
  const page = [asked.length === 0 ? short() : others.join(""), ...long].map((part) => part.trim());
  writeFileSync(target, `${page.filter((part) => part !== "").join("\n\n")}\n`);
  execFileSync(process.execPath, [join(root, "node_modules/prettier/bin/prettier.cjs"), "--write", target]);
} finally {
  rmSync(folder, { recursive: true });
}
