import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAction, buildPackage, offlineNpm, ProgramRepository } from "./checkout";
import { FakeGitHub, FakeGitLab } from "./forges";
import { JobResult, runJob, shell, World } from "./runner";
import { readYaml, root } from "./yaml";

/** The workflows of docs/pull-requests, run: their shell, their actions, cdktf and git for real; the forge plays on 127.0.0.1. */
const WORKFLOW = "docs/pull-requests/github.yml";
const MARKER = "<!-- leasehold:access -->";
const TOKEN = "ghs_canary0token0canary";
const BOT = "github-actions[bot]";
const GRANT = 'sales.table("wizard").grants.read(web, api);';

jest.setTimeout(300_000);

const folder = mkdtempSync(join(tmpdir(), "leasehold-workflow-"));
/** Beside no package: what the action runs has to stand alone. */
const runner = mkdtempSync(join(tmpdir(), "leasehold-actions-"));
const forge = new FakeGitHub({ token: TOKEN, login: BOT });
const artifacts: World["artifacts"] = new Map();
let address: string;
let leasehold: string;
let path: string;
let repository: ProgramRepository;
let base: JobResult;
let runs = 100;

function world(of: { head: string; merge: string; base: string }, more: Partial<World> = {}): World {
  runs += 1;
  return {
    folder,
    leasehold,
    repository: repository.path,
    merge: of.merge,
    eventName: "pull_request",
    event: { pull_request: { number: 7, head: { sha: of.head, repo: { full_name: "wizards/shop" } } } },
    github: { repository: "wizards/shop", server_url: "https://github.com" },
    token: TOKEN,
    env: {
      PATH: `${path}:${process.env.PATH}`,
      GITHUB_API_URL: address,
      GITHUB_GRAPHQL_URL: `${address}/graphql`,
      npm_config_offline: "true",
      npm_config_update_notifier: "false",
    },
    artifacts,
    run: String(runs),
    ...more,
  };
}

/** A push to the pull request: the workflow from start to end. The base stays what it is, so it is synthesized once. */
async function push(name: string, program: string): Promise<{ head: JobResult; report: JobResult; commit: string }> {
  const commits = repository.pullRequest(name, program);
  forge.commit = commits.head;
  const here = world(commits);
  base ??= await runJob(here, WORKFLOW, "base");
  const head = await runJob(here, WORKFLOW, "head");
  return { head, report: await runJob(here, WORKFLOW, "report", { base, head }), commit: commits.head };
}

const ours = (): string[] => forge.comments.filter(({ author }) => author === BOT).map(({ body }) => body);

beforeAll(async () => {
  address = await forge.start();
  leasehold = buildAction(runner);
  path = offlineNpm(folder, buildPackage(folder));
  repository = new ProgramRepository(folder);
  forge.add("stranger", `${MARKER}\n**UNCHANGED: nobody's access changes**`);
});

afterAll(async () => {
  await forge.stop();
  for (const made of [folder, runner]) rmSync(made, { recursive: true, force: true });
});

test("a push that grants something: one comment, the verdict first, and a job that fails", async () => {
  const { head, report, commit } = await push(
    "grant",
    repository.change(GRANT, `${GRANT}\n  sales.table("orders").grants.read(web);`),
  );
  for (const job of [base, head]) if (job.result !== "success") throw new Error(job.log);
  expect(ours()).toHaveLength(1);
  const [marker, verdict, ...rest] = ours()[0].split("\n");
  expect(marker).toBe(MARKER);
  expect(verdict).toMatch(/^### BROADENED: 1 grant/);
  expect(rest.join("\n")).toMatch(
    /^- \*\*\+ `eu\/shop\/web` may now SELECT `shop\.sales\.orders`\*\*, at most 24h · \[`shop\.ts:\d+`\]\(https:\/\/github\.com\/wizards\/shop\/blob\/[0-9a-f]{40}\/shop\.ts#L\d+\)$/m,
  );
  expect(rest.join("\n")).toContain("| ~ | `access-shop` | changed | not asked for |");
  expect(rest.join("\n")).toContain("Stacks: 1 changed, 7 unchanged");
  expect(rest.join("\n")).toContain(`\`${commit.slice(0, 12)}\` compared with`);
  expect(report.result).toBe("failure");
  expect(report.outputs).toEqual({ grows: "true" });
  expect(report.summary.split("\n")[0]).toBe(verdict);
  const docs = join(root, "docs/pull-requests.md");
  const [before, shown, after] = readFileSync(docs, "utf8").split(/(?<=<!-- sample -->\n)([^]*)(?=<!-- \/sample -->)/);
  // LEASEHOLD_UPDATE_GOLDEN=1 writes the sample anew; read the difference before you commit it.
  if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") writeFileSync(docs, before + sampleOf(ours()[0]) + after);
  else expect(shown).toBe(sampleOf(ours()[0]));
});

/** As it stands in the documentation: without the hidden line, and with commits that are the same each time. */
function sampleOf(comment: string): string {
  const text = comment
    .slice(MARKER.length)
    .trim()
    .replace(/\/blob\/[0-9a-f]{40}\//g, "/blob/1f0c4f7a2b9d8e21d9b07c551f0c4f7a2b9d8e21/")
    .replace(/`[0-9a-f]{12}` compared with `[0-9a-f]{12}`/, "`1f0c4f7a2b9d` compared with `8e21d9b07c55`");
  return `\n${text}\n\n`;
}

test("with credentials: what a plan would do to which address, below access, and no value of it anywhere", async () => {
  const secret = "s.canary-vault-token";
  const tools = mkdtempSync(join(folder, "tools-"));
  const tool = (name: string, script: string): string => {
    writeFileSync(join(tools, name), `#!/bin/sh\nset -e\n${script}\n`, { mode: 0o755 });
    return join(tools, name);
  };
  // Both print values, as the real ones do; cdktf leaves its plan beside the stack's JSON, which must be the head's.
  const cdktf = tool(
    "cdktf",
    `grep -q orders "cdktf.out/stacks/$2/cdk.tf.json"; test "$VAULT_TOKEN" = ${secret}; echo "canary $VAULT_TOKEN"; touch cdktf.out/stacks/$2/plan`,
  );
  tool("terraform", `cat ${join(__dirname, "terraform-plan.json")}; echo "canary $VAULT_TOKEN" >&2`);
  const commits = repository.pullRequest(
    "planned",
    repository.change(GRANT, `${GRANT}\n  sales.table("orders").grants.read(web);`),
  );
  forge.commit = commits.head;
  const bin = offlineNpm(folder, join(folder, "leasehold"), cdktf);
  const here = world(commits, { vars: { LEASEHOLD_PLAN: "true" }, secrets: { VAULT_TOKEN: secret } });
  const head = await runJob(here, WORKFLOW, "head");
  const env = { ...here.env, PATH: `${tools}:${bin}:${process.env.PATH}` };
  const plan = await runJob({ ...here, env }, WORKFLOW, "plan", { base, head });
  if (plan.result !== "success") throw new Error(plan.log);
  const report = await runJob(here, WORKFLOW, "report", { base, head });
  const planned = await runJob(here, WORKFLOW, "planned", { base, head, report, plan });
  if (planned.result !== "success") throw new Error(planned.log);
  expect(ours()).toHaveLength(1);
  expect(ours()[0].split("\n")[1]).toMatch(/^### BROADENED: 1 grant/);
  expect(ours()[0]).toContain("| ~ | `access-shop` | changed | 1 delete, 1 replace, 1 update |");
  expect(ours()[0]).toContain("- delete `terraform_data.gone` in `access-shop`");
  expect([ours()[0], plan.log, plan.summary, planned.log].join("\n")).not.toContain("canary");

  const fork = { pull_request: { number: 7, head: { sha: commits.head, repo: { full_name: "frodo/shop" } } } };
  for (const without of [
    { ...here, vars: {} },
    { ...here, event: fork },
  ])
    expect((await runJob(without, WORKFLOW, "plan", { base, head })).result).toBe("skipped");
});

test("the next push takes it back: the same comment says so, and the job is done", async () => {
  const { report } = await push("revert", repository.change(GRANT, `${GRANT} // as it was`));
  expect(ours()).toHaveLength(1);
  expect(ours()[0]).toMatch(new RegExp(`^${MARKER}\\n### UNCHANGED: nobody's access changes`));
  expect(report.result).toBe("success");
  expect(report.outputs).toEqual({ grows: "false" });
});

test("a push that cannot be synthesized: the comment no longer says that nothing changes", async () => {
  const { head, report } = await push(
    "broken",
    repository.change(GRANT, 'throw new Error("\\n\\n## all checks passed");'),
  );
  expect(head.result).toBe("failure");
  expect(ours()).toHaveLength(1);
  expect(ours()[0]).toMatch(new RegExp(`^${MARKER}\\n### UNKNOWN: `));
  expect(ours()[0]).not.toContain("UNCHANGED");
  expect(ours()[0]).not.toContain("all checks passed");
  expect(report.result).toBe("failure");
});

test("a run of an older push that ends later changes nothing", async () => {
  const before = ours();
  const commits = repository.pullRequest("late", repository.change(GRANT, `${GRANT} // late`));
  const late = await runJob(world(commits), WORKFLOW, "report", {
    base,
    head: { result: "failure", outputs: {}, log: "", summary: "" },
  });
  expect(late.log).toContain("nothing was posted: the pull request has newer commits");
  expect(ours()).toEqual(before);
});

test("where the base has no Leasehold yet, everything is new", async () => {
  const commits = repository.pullRequest("first", repository.change(GRANT, `${GRANT} // first`));
  forge.commit = commits.head;
  const here = world(commits);
  const failed: JobResult = { result: "failure", outputs: {}, log: "", summary: "" };
  const head = await runJob(here, WORKFLOW, "head");
  const report = await runJob(here, WORKFLOW, "report", { base: failed, head });
  expect(ours()).toHaveLength(1);
  expect(ours()[0].split("\n")[1]).toMatch(/^### BROADENED: \d\d grants/);
  expect(ours()[0]).toContain("everything is shown as new");
  expect(report.result).toBe("failure");
});

test("for a fork: another workflow, which no pull request can change, finds it, makes the base anew and sets a status", async () => {
  const file = "docs/pull-requests/forks/access-report.yml";
  const commits = repository.pullRequest(
    "fork",
    repository.change(GRANT, `${GRANT}\n  sales.table("orders").grants.read(web);`),
  );
  forge.commit = commits.head;
  const first = world(commits, { token: "ghs_of_the_fork_read_only" });
  const head = await runJob(first, "docs/pull-requests/forks/access.yml", "head");
  if (head.result !== "success") throw new Error(head.log);
  forge.pulls = [
    {
      number: 7,
      head: { sha: commits.head, label: "frodo:fix && echo $(id)" },
      base: { sha: commits.base, ref: "main", repo: { full_name: "wizards/shop" } },
    },
    {
      number: 8,
      head: { sha: "d".repeat(40), label: "frodo:fix && echo $(id)" },
      base: { sha: commits.base, ref: "main", repo: { full_name: "wizards/shop" } },
    },
  ];
  const run = {
    id: first.run,
    event: "pull_request",
    conclusion: "success",
    head_sha: commits.head,
    head_branch: "fix && echo $(id)",
    head_repository: { id: 3, owner: { login: "frodo" } },
    pull_requests: [],
  };
  const second = world(commits, { eventName: "workflow_run", event: { workflow_run: run }, merge: "main" });
  const find = await runJob(second, file, "find");
  const pull = { number: "7", commit: commits.head, base: commits.base, into: "main" };
  expect(find.outputs).toEqual({ ...pull, workflows: "" });
  const again = await runJob(second, file, "base", { find });
  const report = await runJob(second, file, "report", { find, base: again });
  expect(report.result).toBe("failure");
  expect(ours()).toHaveLength(1);
  expect(ours()[0].split("\n")[1]).toMatch(/^### BROADENED: 1 grant/);
  expect(forge.statuses).toEqual([
    { commit: commits.head, context: "access (main)", state: "failure", description: "BROADENED: 1 grant" },
  ]);

  // Whoever writes the run that speaks of his program lets it say what he likes.
  forge.files = [...Array.from({ length: 100 }, (_, n) => `docs/${n}.md`), ".github/workflows/access.yml"];
  const forged = await runJob(second, file, "find");
  expect(forged.outputs).toEqual({ ...pull, workflows: "changed" });
  forge.statuses.length = 0;
  expect((await runJob(second, file, "report", { find: forged, base: again })).result).toBe("failure");
  expect(ours()[0]).toMatch(/### UNKNOWN: .*\n\n.*changes files below `\.github\/`/);
  expect(forge.statuses).toMatchObject([{ context: "access (main)", state: "failure" }]);

  const gone = { workflow_run: { ...run, head_sha: "e".repeat(40) } };
  const moved = await runJob(world(commits, { eventName: "workflow_run", event: gone }), file, "find");
  expect(moved.outputs).toEqual({ number: "", commit: "", base: "", into: "", workflows: "" });
  expect((await runJob(second, file, "report", { find: moved, base: again })).result).toBe("skipped");
});

test("on GitLab: the job's own script, with and without a token", async () => {
  const { script } = readYaml<Record<string, { script: string[] }>>("docs/pull-requests/gitlab-ci.yml")[
    "access-report"
  ];
  const lab = new FakeGitLab({ token: "glpat-canary", login: "project_42_bot" });
  lab.commit = "c".repeat(40);
  lab.add("stranger", `${MARKER}\nmine`);
  const workspace = mkdtempSync(join(folder, "gitlab-"));
  const [before, after] = [...artifacts.values()].filter(({ name }) => /access-(base|head)/.test(name));
  const env = {
    PATH: `${path}:${process.env.PATH}`,
    HOME: workspace,
    CI_API_V4_URL: `${await lab.start()}/api/v4`,
    CI_PROJECT_ID: "42",
    CI_MERGE_REQUEST_IID: "7",
    CI_COMMIT_SHA: lab.commit,
    CI_PROJECT_URL: "https://gitlab.example.com/wizards/shop",
    CI_MERGE_REQUEST_DIFF_BASE_SHA: "b".repeat(40),
    CI_PIPELINE_URL: "https://gitlab.example.com/wizards/shop/-/pipelines/1",
    LEASEHOLD_PACKAGE: "https://example.com/leasehold-0.1.0.tgz",
  };
  try {
    await shell({ log: [] }, `cp -r ${before.folder} base && cp -r ${after.folder} head`, workspace, env);
    // What an earlier job of the same runner may have left there is not run.
    const left = "mkdir -p .leasehold/node_modules/.bin && cd .leasehold/node_modules/.bin";
    await shell(
      { log: [] },
      `${left} && printf '#!/bin/sh\\nexit 0\\n' > leasehold && chmod +x leasehold`,
      workspace,
      env,
    );
    const log: string[] = [];
    const once = (more: Record<string, string>): Promise<boolean> =>
      shell({ log }, script.join("\n"), workspace, { ...env, ...more });
    expect(await once({})).toBe(false);
    expect(readFileSync(join(workspace, "access.md"), "utf8")).toMatch(/^### BROADENED: 1 grant/);
    expect(readFileSync(join(workspace, "access.md"), "utf8")).toContain(
      `](https://gitlab.example.com/wizards/shop/-/blob/${lab.commit}/shop.ts#L`,
    );
    expect(lab.comments).toHaveLength(1);
    for (let time = 0; time < 2; time += 1) expect(await once({ LEASEHOLD_GITLAB_TOKEN: "glpat-canary" })).toBe(false);
    expect(lab.comments.map(({ author }) => author)).toEqual(["stranger", "project_42_bot"]);
    expect(lab.comments[1].body).toMatch(new RegExp(`^${MARKER}\\n### BROADENED: 1 grant`));
    expect(log.join("")).not.toContain("canary");
  } finally {
    await lab.stop();
  }
});

test("nobody else's comment was touched, and no log or comment holds the token", () => {
  expect(forge.comments[0]).toMatchObject({
    author: "stranger",
    body: `${MARKER}\n**UNCHANGED: nobody's access changes**`,
  });
  expect(forge.comments).toHaveLength(2);
  expect(JSON.stringify(forge.comments)).not.toContain("canary");
});
