// What every run of npm run bench measures: a section of docs/performance.md each.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { folder, growth, LOGINS, logins, median, out, paired, PROGRAMS, REPORTS, reports, root } from "./measure.mjs";
import { row, run, seconds, synthesis, times, workloads } from "./measure.mjs";

/** Resources and bytes of each stack that a plan would read. */
function plan(outdir) {
  return readdirSync(join(outdir, "stacks")).map((stack) => {
    const text = readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
    const resources = Object.values(JSON.parse(text).resource ?? {}).flatMap((named) => Object.keys(named));
    return { stack, resources: resources.length, bytes: text.length };
  });
}

function programs(pairs) {
  const [hundred, thousand] = [100, 1000].map((size) => {
    const measured = workloads(size, pairs);
    return { measured, line: row(`${size} workloads, against raw L1s`, measured) };
  });
  const without = workloads(1000, pairs, (...args) => run("programs.cjs", ...args));
  const unmapped = row("1000 workloads, against raw L1s, without source maps", without);
  const small = paired(
    pairs,
    () => synthesis("leasehold", 1, out("one")),
    () => synthesis("bare", 1, out("bare"), 1, join(folder, "one")),
  );
  const first = row("1 workload, against loading cdktf and the classes that it uses", small);
  const shards = paired(
    pairs,
    () => synthesis("leasehold", 1000, out("shards"), 10),
    () => synthesis("leasehold", 1000, out("shard"), 1),
  );
  const sharded = row("1,000 workloads in ten databases, against one", shards);
  const grown = growth(100, 1000, [hundred.measured, thousand.measured]);
  return `## Synthesis

With source maps, as projects run their program: by node's \`--enable-source-maps\`, or by ts-node. cdktf writes down a stack for each token,
and source maps make that slower. Leasehold needs none of these stacks.

${PROGRAMS}
${[hundred.line, thousand.line, unmapped, first, sharded].join("\n")}

${grown}`;
}

function command(pairs) {
  const measured = JSON.parse(
    execFileSync(process.execPath, [join(root, "tools/bench/command.mjs"), String(pairs)], { encoding: "utf8" }),
  );
  const commands = [
    ["the example, for the first time", measured.cold],
    ["the same again", measured.again],
    ["the example in a project of the template, with Leasehold installed", measured.installed],
  ].map(([title, both]) => {
    const of = (which) => seconds(median(both.map((pair) => pair[which])));
    return `| ${title} | ${times(median(both.map(([ours, other]) => ours / other)))} | ${of(0)} | ${of(1)} |`;
  });
  const [empty, program] = [measured.empty, measured.program].map((all) => seconds(median(all)));
  console.log([...commands, `cdktf's command alone ${empty}, the example's program alone ${program}`].join("\n"));

  return `## cdktf's command

\`cdktf synth\`, with all that it starts. The other is a project of cdktf's own template, with the same resources by hand. It compiles its program each time. The example's types
are checked beside the program, and not again while nothing changed. In the last row both are projects of the template.

| \`cdktf synth\` | ratio | Leasehold | the other |
| --- | --- | --- | --- |
${commands.join("\n")}

Of these, ${empty} are cdktf's own command, with a program that does nothing. The example's program alone takes ${program}.

A second \`npm run demo\` takes ${measured.demo.toFixed(0)} s of CPU, with all its servers.`;
}

function loginSection(pairs) {
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

  return `## Logins

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
(\`maxSurge\`). Groups of workloads with databases of their own do not wait for each other in Vault, since each database has a mount of its own.`;
}

function reportSection() {
  const read = reports(1000);
  return `## Reports

${REPORTS}
${read.join("\n")}`;
}

function planSection() {
  const plans = plan(join(folder, "ours1000")).map(
    ({ stack, resources, bytes }) => `| ${stack} | ${resources} | ${(bytes / 1e6).toFixed(2)} MB |`,
  );
  console.log(plans.join("\n"));
  return `## What a plan reads, of 1,000 workloads with two tables each

| stack | resources | JSON |
| --- | --- | --- |
${plans.join("\n")}`;
}

/** The sections, in the order of the page. The last two read the program of 1,000 workloads that the first one synthesizes. */
export const short = (pairs) => [programs(pairs), command(pairs), loginSection(pairs), reportSection(), planSection()];
