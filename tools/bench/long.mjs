// The long measurements of npm run bench: a section of docs/performance.md each, which stands as it is until its flag asks for it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  folder,
  growth,
  LOGINS,
  logins,
  machine,
  PROGRAMS,
  REPORTS,
  reports,
  root,
  row,
  workloads,
} from "./measure.mjs";

/** When, and on what. */
const today = () => `${new Date().toISOString().slice(0, 10)}, on ${machine()}`;

function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Ten thousand workloads, in one pair: it takes minutes. */
function large() {
  const [thousand, tenThousand] = [1000, 10_000].map((size) => workloads(size, 1));
  return `One pair, ${today()}.

${PROGRAMS}
${row("10000 workloads, against raw L1s", tenThousand)}

${growth(1000, 10_000, [thousand, tenThousand])}

${REPORTS}
${reports(10_000).join("\n")}

${LOGINS}
${logins(10_000, 100).join("\n")}`;
}

/** What a command says, which is shown while it runs, and how long it took by the clock. */
function shown(command, args, env) {
  const began = Date.now();
  const { stdout } = spawnSync("sh", ["-c", '"$@" 2>&1 | tee -a /dev/stderr', "sh", command, ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 100_000_000,
  });
  return { text: stdout, took: minutes((Date.now() - began) / 1000) };
}

/** `npm run demo` where nothing is compiled yet, with what it says of each server that it builds. */
function firstDemo() {
  const env = { LEASEHOLD_CACHE: join(folder, "cache"), GOCACHE: join(folder, "go-cache") };
  for (const path of Object.values(env)) mkdirSync(path);
  const { text, took } = shown("npm", ["run", "--silent", "demo"], env);
  execFileSync("go", ["clean", "-cache"], { env: { ...process.env, ...env } });
  if (!text.includes("promises held")) throw new Error("the demo did not end as it should");
  const built = [...text.matchAll(/([\w-]+): built in (\d+) s: (\d+) packages compiled/g)].map(
    ([, name, seconds, packages]) => `| ${name} | ${minutes(Number(seconds))} | ${packages} |`,
  );
  if (built.length < 3) throw new Error(`only ${built.length} of three servers were built: are others on PATH?`);
  return `The first \`npm run demo\` took ${took} by the clock (${today()}), with no server compiled and all modules of Go fetched. Of this time:

| server | compiled in | packages |
| --- | --- | --- |
${built.join("\n")}`;
}

/** `npm test`, by area. */
function tests() {
  const { text, took } = shown("npm", ["test"], {});
  const [counts] = /^\d+ passed, \d+ failed$/m.exec(text) ?? [];
  if (!counts?.endsWith(" 0 failed")) throw new Error(`npm test ended with ${counts ?? "no counts"}`);
  const [, areas] = /^Seconds of each area[^\n]*\n([^]*?)^The slowest files/m.exec(text);
  const rows = [...areas.matchAll(/([\d.]+) s {2}(\S+)/g)].map(([, seconds, area]) => `| ${area} | ${seconds} s |`);
  return `\`npm test\` took ${took} by the clock (${today()}): ${counts}. Files of several areas run at once.

| area | together |
| --- | --- |
${rows.join("\n")}`;
}

export const LONG = [
  { flag: "large", title: "Ten thousand workloads", measure: large },
  { flag: "demo", title: "The first demo", measure: firstDemo },
  { flag: "tests", title: "Tests", measure: tests },
];
