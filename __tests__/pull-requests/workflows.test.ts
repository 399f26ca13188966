import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { Action, Job, readYaml, root, Step, Workflow } from "./yaml";

const WORKFLOWS = [
  ".github/workflows/access.yml",
  "docs/pull-requests/github.yml",
  "docs/pull-requests/forks/access.yml",
  "docs/pull-requests/forks/access-report.yml",
];
const ACTIONS = ["action.yml", "action/synth/action.yml", "action/find/action.yml", "action/plan/action.yml"];

/** The commits that these tags of the actions' repositories point at. */
const PINNED: Readonly<Record<string, string>> = {
  "actions/checkout": "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
  "actions/setup-node": "820762786026740c76f36085b0efc47a31fe5020 # v7.0.0",
  "actions/upload-artifact": "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
  "actions/download-artifact": "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
  "hashicorp/setup-terraform": "dfe3c3f87815947d99a8997f908cb6525fc44e9e # v4.0.1",
};

const text = (file: string): string => readFileSync(join(root, file), "utf8");
const jobsOf = (file: string): [string, Job][] => Object.entries(readYaml<Workflow>(file).jobs);
const stepsOf = (file: string): readonly Step[] =>
  ACTIONS.includes(file) ? readYaml<Action>(file).runs.steps : jobsOf(file).flatMap(([, { steps }]) => steps);

/** The steps that run code of the checked out program. */
const runsProgram = ({ steps }: Job): boolean =>
  steps.some(({ uses, run }) => /action\/(synth|plan)(@|$)/.test(uses ?? "") || /\bnpm\b|\bnpx\b/.test(run ?? ""));
const isHead = (job: Job): boolean =>
  runsProgram(job) &&
  !job.steps.some(
    ({ run, with: given }) => run?.includes("HEAD^1") || String(given?.ref ?? "").includes("outputs.base"),
  );

describe.each([...WORKFLOWS, ...ACTIONS])("%s", (file) => {
  it("runs others' actions by the full commit that a tag of theirs points at", () => {
    const used = [...text(file).matchAll(/^\s*(?:- )?uses: (.+)$/gm)].map(([, use]) => use);
    for (const use of used) {
      if (use === "./" || use.startsWith("./action/")) continue;
      const [name, pin] = [use.slice(0, use.indexOf("@")), use.slice(use.indexOf("@") + 1)];
      if (name === "OWNER/leasehold" || name.startsWith("OWNER/leasehold/action/")) {
        expect(pin).toBe("SHA");
        const folder = name.slice("OWNER/leasehold".length);
        expect(existsSync(join(root, `.${folder}/action.yml`))).toBe(true);
      } else expect(pin).toBe(PINNED[name]);
    }
  });

  it("puts no expression into a script, where its text would be run", () => {
    for (const { run } of stepsOf(file)) expect(run ?? "").not.toContain("${{");
  });

  it("reads nothing that a pull request's author writes but through the environment of a step", () => {
    const free =
      /github\.event\.(pull_request\.(title|body|head\.(ref|label))|(head_)?commit|comment|review)|github\.head_ref/;
    for (const line of text(file).split("\n")) expect(line).not.toMatch(free);
  });

  it("writes to no file that changes later steps", () => {
    for (const { run } of stepsOf(file)) expect(run ?? "").not.toMatch(/GITHUB_(ENV|PATH)\b/);
  });
});

describe.each(WORKFLOWS)("%s", (file) => {
  const workflow = readYaml<Workflow>(file);

  it("is started by no event that gives a stranger's code a token that writes", () => {
    expect(Object.keys(workflow.on)).toEqual(file.endsWith("access-report.yml") ? ["workflow_run"] : ["pull_request"]);
  });

  it("gives no job a permission that it does not list, and to one that runs the program none but to read code", () => {
    expect(workflow.permissions).toEqual({});
    for (const [, job] of jobsOf(file)) {
      expect(job.permissions).toBeDefined();
      if (runsProgram(job)) expect(job.permissions).toEqual({ contents: "read" });
      for (const [name, level] of Object.entries(job.permissions ?? {}))
        if (level === "write") expect(["pull-requests", "statuses"]).toContain(name);
    }
  });

  it("keeps the head's code away from every secret, token and job that has one", () => {
    for (const [, job] of jobsOf(file)) {
      const all = JSON.stringify(job);
      if (isHead(job)) {
        expect(job.environment).toBeUndefined();
        expect(all).not.toMatch(/secrets\.|github\.token|GITHUB_TOKEN/);
      }
      if (/secrets\.|:\s*write|"write"/.test(all)) expect(isHead(job)).toBe(false);
      if (all.includes("secrets.")) expect(job.environment).toBeDefined();
      for (const step of job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
        expect(step.with?.["persist-credentials"]).toBe(false);
    }
    const heads = jobsOf(file)
      .filter(([, job]) => isHead(job))
      .map(([name]) => name);
    expect(heads).toEqual(file.endsWith("access-report.yml") ? [] : ["head"]);
  });

  it("shares no cache with a job of the pull request", () => {
    for (const { uses, with: given } of stepsOf(file)) {
      expect(uses ?? "").not.toMatch(/^actions\/cache/);
      if (uses?.startsWith("actions/setup-node@"))
        expect(given).toEqual({ "node-version": 24, "package-manager-cache": false });
    }
  });

  it("ends every job in time, and a run that a newer one replaces", () => {
    for (const [, job] of jobsOf(file)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
    expect(workflow.concurrency?.["cancel-in-progress"]).toBe(true);
    expect(workflow.concurrency?.group).toMatch(/pull_request\.number|workflow_run\.head_branch/);
  });

  it("writes the report also when a side failed, but not when the run was cancelled", () => {
    for (const [, { if: condition, steps }] of jobsOf(file))
      if (steps.some(({ uses }) => uses === "./" || uses === "OWNER/leasehold@SHA"))
        expect(condition).toContain("!cancelled()");
    expect(text(file)).not.toContain("always()");
  });

  it("gives its actions inputs that they have, and reads outputs that they have", () => {
    for (const [, job] of jobsOf(file)) {
      const outputs = new Map<string, readonly string[]>();
      for (const { uses, with: given = {}, id } of job.steps) {
        const folder = /^(?:\.|OWNER\/leasehold)(\/action\/\w+|\/)?(?:@SHA)?$/.exec(uses ?? "");
        if (!folder) continue;
        const action = readYaml<Action>(join(folder[1] ?? "", "action.yml").replace(/^\//, ""));
        for (const name of Object.keys(given)) expect(Object.keys(action.inputs)).toContain(name);
        for (const [name, { required }] of Object.entries(action.inputs))
          if (required) expect(given).toHaveProperty(name);
        if (id !== undefined) outputs.set(id, Object.keys(action.outputs ?? {}));
      }
      for (const value of Object.values(job.outputs ?? {})) {
        const [, id, name] = /^\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}$/.exec(value) ?? [];
        expect(outputs.get(id)).toContain(name);
      }
    }
    for (const [, job, name] of text(file).matchAll(/needs\.(\w+)\.outputs\.(\w+)/g))
      expect(Object.keys(workflow.jobs[job].outputs ?? {})).toContain(name);
  });
});

describe.each(ACTIONS)("%s", (file) => {
  const action = readYaml<Action>(file);

  it("is a composite action whose steps read inputs and outputs that there are", () => {
    expect(action.runs.using).toBe("composite");
    const ids = action.runs.steps.flatMap(({ id }) => id ?? []);
    for (const [, name] of text(file).matchAll(/inputs\.([\w-]+)/g)) expect(Object.keys(action.inputs)).toContain(name);
    for (const [, id] of text(file).matchAll(/steps\.(\w+)\.outputs/g)) expect(ids).toContain(id);
    for (const { run, shell } of action.runs.steps) if (run !== undefined) expect(shell).toBe("bash");
  });

  it("gives the token only to the step that calls the forge", () => {
    for (const { env = {}, run = "" } of action.runs.steps)
      if (JSON.stringify(env).includes("token")) expect(run).toMatch(/main\.js" (comment|pr-find)/);
  });
});

describe("the action's compiler", () => {
  it("comes with a checksum and from no place of its own", () => {
    const lock = JSON.parse(text("action/package-lock.json")) as { packages: Record<string, Record<string, unknown>> };
    for (const [name, { integrity, resolved }] of Object.entries(lock.packages)) {
      if (name !== "") expect(integrity).toMatch(/^sha512-/);
      expect(resolved).toBeUndefined();
    }
  });

  it("is the one that the repository is compiled with", () => {
    const { dependencies } = JSON.parse(text("action/package.json")) as { dependencies: { typescript: string } };
    const { version } = JSON.parse(text("node_modules/typescript/package.json")) as { version: string };
    expect(dependencies.typescript.split(".").slice(0, 2)).toEqual(version.split(".").slice(0, 2));
  });
});

test.each([
  "examples/sandbox/.github/workflows/access.yml",
  "examples/existing/.github/workflows/access.yml",
  "docs/pull-requests/gitlab-ci.yml",
  "action/synth/action.yml",
])("%s lets cdktf ask no server, which costs seconds and an error where there is no network", (file) => {
  expect(text(file)).toMatch(/cdktf synth/);
  expect(text(file)).toMatch(/^ +CHECKPOINT_DISABLE: "1"$/m);
});

describe("docs/pull-requests/gitlab-ci.yml", () => {
  const file = "docs/pull-requests/gitlab-ci.yml";
  type GitLabJob = {
    readonly script?: readonly string[];
    readonly environment?: { readonly name: string; readonly action: string };
    readonly variables?: Readonly<Record<string, string>>;
    readonly rules?: unknown;
  };
  const jobs = readYaml<Record<string, GitLabJob>>(file);

  it("uses the token in one job only, where nothing of the merge request is checked out or run", () => {
    const using = Object.entries(jobs).filter(([, { script = [] }]) => script.join("\n").includes("GITLAB_TOKEN"));
    expect(using.map(([name]) => name)).toEqual(["access-report"]);
    const [[, job]] = using;
    expect(job.environment).toEqual({ name: "access-report", action: "verify" });
    // With `none` a runner leaves there what an earlier job made.
    expect(job.variables).toEqual({ GIT_STRATEGY: "empty" });
    expect(job.script?.join("\n")).not.toMatch(/npm ci|npx|git checkout/);
    expect(job.script?.[0]).toBe("tool=$(mktemp -d)");
    expect(job.script?.[1]).toContain("--ignore-scripts");
    for (const line of job.script?.filter((one) => one.includes('leasehold" ')) ?? [])
      expect(line).toMatch(/"\$tool\/node_modules\/\.bin\/leasehold" /);
    expect(job.script?.join("\n")).not.toMatch(/(^|\s)\.leasehold\b/m);
    for (const [name, { environment }] of Object.entries(jobs))
      if (name !== "access-report") expect(environment).toBeUndefined();
    expect(jobs[".access"].variables).toEqual({ GIT_STRATEGY: "clone" });
  });

  it("installs the version of this package, by an address and never by a name that anybody could register", () => {
    const { version } = JSON.parse(text("package.json")) as { version: string };
    expect((jobs.variables as Record<string, string>).LEASEHOLD_PACKAGE).toBe(
      `https://github.com/OWNER/leasehold/releases/download/v${version}/leasehold-${version}.tgz`,
    );
    const installs = Object.values(jobs).flatMap(({ script = [] }) =>
      script.filter((line) => /npm install/.test(line)),
    );
    expect(installs).toHaveLength(1);
    expect(installs[0]).toMatch(/ "\$LEASEHOLD_PACKAGE"\)$/);
  });
});

describe("docs/pull-requests.md", () => {
  const markdown = text("docs/pull-requests.md");

  it("has YAML that is YAML, and names files that exist", () => {
    const blocks = [...markdown.matchAll(/```yaml\n([^]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, block] of blocks) expect(parseDocument(block).errors).toEqual([]);
    for (const [, link] of markdown.matchAll(/\]\(([^)#:]+)\)/g))
      expect(existsSync(join(root, "docs", link))).toBe(true);
  });

  it("describes every input of the action", () => {
    for (const name of Object.keys(readYaml<Action>("action.yml").inputs)) expect(markdown).toContain(`\`${name}\``);
  });
});
