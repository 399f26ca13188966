import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withBase } from "../../cli/command/base";
import { run } from "../../cli/run";
import { formatReport, parseReport } from "../../access/report/parse-report";
import { REPORT_SCHEMA, REPORT_VERSION } from "../../access/report/report";
import { edge, database, graphOf, identity } from "../support/graph";

/** A repository whose program writes the report that is committed in it: a synthesis without cdktf. */
const temporary = tmpdir();
let folder: string;
let repository: string;
const git = (...args: string[]): string => execFileSync("git", args, { cwd: repository, encoding: "utf8" });
const worktrees = (): number => git("worktree", "list").trim().split("\n").length;
const left = (): string[] => readdirSync(folder).filter((name) => name.startsWith("leasehold-base-"));

const report = (privilege: "SELECT" | "DELETE"): string =>
  formatReport({
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: graphOf({
      identities: [identity("web")],
      databases: [database("shop")],
      edges: [edge("web", "shop", [{ object: { kind: "table", schema: "sales", name: "wizard" }, privilege }])],
    }),
    unclassified: [],
    notJudged: [],
  });

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "leasehold-diff-")));
  // Where the worktrees are made: no other test's.
  process.env.TMPDIR = folder;
  repository = join(folder, "repository");
  const bin = join(repository, "program/node_modules/.bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "cdktf"), "#!/bin/sh\nset -e\nmkdir -p cdktf.out\ncp said.json cdktf.out/access.json\n");
  chmodSync(join(bin, "cdktf"), 0o755);
  writeFileSync(join(repository, ".gitignore"), "node_modules\ncdktf.out\n");
  writeFileSync(join(repository, "program/package.json"), "{}");
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "a");
  git("config", "user.email", "a@example.com");
  writeFileSync(join(repository, "program/said.json"), report("SELECT"));
  git("add", ".");
  git("commit", "--quiet", "-m", "reads");
  git("checkout", "--quiet", "-b", "broken");
  git("rm", "--quiet", "program/said.json");
  git("commit", "--quiet", "-m", "broken");
  git("checkout", "--quiet", "main");
  mkdirSync(join(repository, "program/cdktf.out"));
  writeFileSync(join(repository, "program/cdktf.out/access.json"), report("DELETE"));
});
afterAll(() => {
  process.env.TMPDIR = temporary;
  rmSync(folder, { recursive: true });
});

const base = (revision: string): Promise<string> =>
  withBase(revision, { folder: join(repository, "program"), progress: () => undefined }, (file) =>
    JSON.stringify(parseReport(execFileSync("cat", [file], { encoding: "utf8" })).graph.edges[0].grants[0].privilege),
  );

test("the program as it is at a commit is synthesized beside the checkout, of which nothing changes", async () => {
  expect(await base("main")).toBe('"SELECT"');
  expect(worktrees()).toBe(1);
  expect(left()).toEqual([]);
  expect(git("status", "--porcelain")).toBe("");
});

test("what cannot be synthesized is said, and nothing stays of it", async () => {
  await expect(base("broken")).rejects.toThrow(
    'the program cannot be synthesized as it is at "broken": check it out and run `npx cdktf synth` to see why',
  );
  expect(worktrees()).toBe(1);
  expect(left()).toEqual([]);
});

test.each(["nowhere", "--output=x", "main..broken", ""])("%j is not a commit", async (revision) => {
  await expect(base(revision)).rejects.toThrow(`${JSON.stringify(revision)} is neither a file nor a commit`);
});

test("diff main compares what this checkout synthesized with it", async () => {
  const lines: string[] = [];
  const here = process.cwd();
  process.chdir(join(repository, "program"));
  try {
    const { processIo } = await import("../../cli/command/io");
    const io = { ...processIo(), out: (text: string) => void lines.push(text), err: () => undefined, colour: false };
    expect(await run(["diff", "main", "--exit-code", "broadened"], io)).toBe(2);
  } finally {
    process.chdir(here);
  }
  expect(lines.join("")).toMatch(/^BROADENED: 1 grant; narrowed: 1 grant\n/);
});
