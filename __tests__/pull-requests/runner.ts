import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Action, Job, readYaml, root, Step, Workflow } from "./yaml";

/**
 * Runs workflows as GitHub's runner does, as far as ours need it: their shell for real, with a clean environment; what they `uses` by
 * stand-ins. Enough of the expression language to be wrong about nothing that the workflows say: what it does not know, it throws at.
 */

type Values = Readonly<Record<string, unknown>>;

export interface JobResult {
  readonly result: "success" | "failure" | "skipped";
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
}

export interface World {
  /** Where folders of jobs are made. */
  readonly folder: string;
  /** What `OWNER/leasehold@SHA` is: a folder with `action.yml`. */
  readonly leasehold: string;
  readonly repository: string;
  /** What `actions/checkout` takes without a `ref`. */
  readonly merge: string;
  readonly event: unknown;
  readonly eventName: string;
  readonly github: Readonly<Record<string, string>>;
  readonly token: string;
  /** Variables of the repository. */
  readonly vars?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Beside what every job gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly artifacts: Map<string, { readonly name: string; readonly run: string; readonly folder: string }>;
  readonly run: string;
}

/** Runs one job. @param needs what the jobs that it needs left */
export async function runJob(
  world: World,
  file: string,
  name: string,
  needs: Readonly<Record<string, JobResult>> = {},
): Promise<JobResult> {
  const job: Job = readYaml<Workflow>(file).jobs[name];
  const contexts: Values = {
    github: { ...world.github, token: world.token, event: world.event, event_name: world.eventName },
    vars: world.vars ?? {},
    secrets: world.secrets ?? {},
    needs: Object.fromEntries(Object.entries(needs).map(([id, { result, outputs }]) => [id, { result, outputs }])),
  };
  const nothing = { outputs: {}, log: "", summary: "" };
  const unmet = Object.values(needs).some(({ result }) => result !== "success");
  // Without a condition of its own about failures, a job runs only when all that it needs did well.
  const wanted = job.if === undefined ? true : truthy(evaluate(job.if, contexts));
  if (!wanted || (unmet && !(job.if ?? "").includes("cancelled()"))) return { result: "skipped", ...nothing };
  const folder = join(world.folder, `${name}-${world.run}-${Math.random().toString(36).slice(2)}`);
  const [workspace, temp] = [join(folder, "workspace"), join(folder, "temp")];
  for (const path of [workspace, temp, join(folder, "home")]) mkdirSync(path, { recursive: true });
  const place: Place = { world, folder, workspace, temp, log: [], summary: join(folder, "summary.md") };
  const { failed, steps } = await runSteps(place, job.steps, { ...contexts, runner: { temp } }, {});
  const outputs = Object.fromEntries(
    Object.entries(job.outputs ?? {}).map(([key, value]) => [key, text(value, { ...contexts, steps })]),
  );
  return {
    result: failed ? "failure" : "success",
    outputs,
    log: place.log.join(""),
    summary: existsSync(place.summary) ? readFileSync(place.summary, "utf8") : "",
  };
}

interface Place {
  readonly world: World;
  readonly folder: string;
  readonly workspace: string;
  readonly temp: string;
  readonly log: string[];
  readonly summary: string;
}

async function runSteps(
  place: Place,
  all: readonly Step[],
  contexts: Values,
  env: Readonly<Record<string, string>>,
  action?: string,
): Promise<{ failed: boolean; steps: Record<string, unknown> }> {
  const steps: Record<string, { outputs: Record<string, string> }> = {};
  let failed = false;
  for (const step of all) {
    const here: Values = { ...contexts, steps, failed };
    if (failed && !(step.if ?? "").includes("cancelled()")) continue;
    if (step.if !== undefined && !truthy(evaluate(step.if, here))) continue;
    const own = { ...env, ...Object.fromEntries(Object.entries(step.env ?? {}).map(([k, v]) => [k, text(v, here)])) };
    const { ok, outputs } =
      step.run !== undefined
        ? await runShell(place, step, here, own, action)
        : await runUses(place, step.uses ?? "", given(step, here), own);
    if (step.id !== undefined) steps[step.id] = { outputs };
    if (!ok && step["continue-on-error"] !== true) failed = true;
  }
  return { failed, steps };
}

function given(step: Step, contexts: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(step.with ?? {}).map(([key, value]) => [key, text(String(value), contexts)]),
  );
}

async function runShell(
  place: Place,
  step: Step,
  contexts: Values,
  env: Readonly<Record<string, string>>,
  action?: string,
): Promise<{ ok: boolean; outputs: Record<string, string> }> {
  const { world, folder, workspace, temp } = place;
  const outputs = join(folder, `outputs-${Math.random().toString(36).slice(2)}`);
  const event = join(folder, "event.json");
  writeFileSync(event, JSON.stringify(world.event));
  writeFileSync(outputs, "");
  const ok = await shell(place, step.run ?? "", join(workspace, text(step["working-directory"] ?? ".", contexts)), {
    PATH: process.env.PATH ?? "",
    HOME: join(folder, "home"),
    CI: "true",
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: world.github.repository,
    GITHUB_SERVER_URL: world.github.server_url,
    GITHUB_RUN_ID: world.run,
    GITHUB_EVENT_PATH: event,
    GITHUB_EVENT_NAME: world.eventName,
    GITHUB_OUTPUT: outputs,
    GITHUB_STEP_SUMMARY: place.summary,
    RUNNER_TEMP: temp,
    ...(action === undefined ? {} : { GITHUB_ACTION_PATH: action }),
    ...world.env,
    ...env,
  });
  const lines = readFileSync(outputs, "utf8").split("\n").filter(Boolean);
  return {
    ok,
    outputs: Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    ),
  };
}

/** As GitHub runs `shell: bash`. */
export function shell(
  place: { readonly log: string[] },
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => place.log.push(piece.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0));
  });
}

async function runUses(
  place: Place,
  uses: string,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
): Promise<{ ok: boolean; outputs: Record<string, string> }> {
  const { world, workspace } = place;
  const [name] = uses.split("@");
  const done = (
    ok: boolean,
    outputs: Record<string, string> = {},
  ): { ok: boolean; outputs: Record<string, string> } => ({
    ok,
    outputs,
  });
  switch (name) {
    case "actions/setup-node":
    case "hashicorp/setup-terraform":
      return done(true);
    case "actions/checkout": {
      const ref = inputs.ref ?? world.merge;
      const git = `git clone --quiet "${world.repository}" . && git checkout --quiet --detach ${ref}`;
      return done(
        await shell(place, git, workspace, { PATH: process.env.PATH ?? "", HOME: join(place.folder, "home") }),
      );
    }
    case "actions/upload-artifact": {
      const from = resolve(workspace, inputs.path);
      if (!existsSync(from)) return done(inputs["if-no-files-found"] !== "error");
      const id = String(1000 + world.artifacts.size);
      const folder = join(world.folder, `artifact-${id}`);
      // A single file is in the archive by its name, of a folder what is in it.
      cpSync(from, statSync(from).isFile() ? join(folder, basename(from)) : folder, {
        recursive: true,
        dereference: true,
      });
      world.artifacts.set(id, { name: inputs.name, run: world.run, folder });
      return done(true, { "artifact-id": id });
    }
    case "actions/download-artifact": {
      const byName = [...world.artifacts.values()].find(
        (one) => one.name === inputs.name && one.run === inputs["run-id"] && inputs["github-token"] === world.token,
      );
      const found = inputs["artifact-ids"] === undefined ? byName : world.artifacts.get(inputs["artifact-ids"]);
      if (!found) return done(false);
      cpSync(found.folder, resolve(workspace, inputs.path), { recursive: true });
      return done(true);
    }
    default: {
      const [, sub] = /^(?:OWNER\/leasehold|\.)(\/.*)?$/.exec(name) ?? [undefined, undefined];
      if (!/^(OWNER\/leasehold|\.\/)/.test(name)) throw new Error(`no stand-in for ${uses}`);
      const path = join(name.startsWith(".") ? workspace : world.leasehold, sub ?? "");
      // Read from the repository: the same file, and a test must not read another one by mistake.
      const action = readYaml<Action>(join(sub ?? "", "action.yml").replace(/^\//, ""));
      const outer: Values = {
        github: { token: world.token, event: world.event },
        runner: { temp: place.temp },
      };
      const values = Object.fromEntries(
        Object.entries(action.inputs).map(([key, { default: value }]) => [
          key,
          inputs[key] ?? text(value ?? "", outer),
        ]),
      );
      const contexts = { ...outer, inputs: values };
      const { failed, steps } = await runSteps(place, action.runs.steps, contexts, env, path);
      const outputs = Object.entries(action.outputs ?? {}).map(([key, { value }]) => [key, text(value, { steps })]);
      return done(!failed, Object.fromEntries(outputs) as Record<string, string>);
    }
  }
}

/** A text with expressions in it. */
function text(template: string, contexts: Values): string {
  return template.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => shown(evaluate(expression, contexts)));
}

function shown(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

function truthy(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== false && value !== 0;
}

/** `a.b == 'c' && !cancelled() || ''`, in which `||` binds least. */
function evaluate(expression: string, contexts: Values): unknown {
  const source = expression.replace(/^\s*\$\{\{|\}\}\s*$/g, "").trim();
  const or = source.split(" || ");
  if (or.length > 1)
    return or.map((part) => evaluate(part, contexts)).find(truthy) ?? evaluate(or[or.length - 1], contexts);
  const and = source.split(" && ");
  if (and.length > 1) {
    const values = and.map((part) => evaluate(part, contexts));
    return values.find((value) => !truthy(value)) ?? values[values.length - 1];
  }
  const [, left, operator, right] = /^(.+?) (==|!=) (.+)$/.exec(source) ?? [];
  if (operator !== undefined) {
    const same = shown(evaluate(left, contexts)).toLowerCase() === shown(evaluate(right, contexts)).toLowerCase();
    return (operator === "==") === same;
  }
  if (source === "!cancelled()") return true;
  const [, literal] = /^'([^']*)'$/.exec(source) ?? [];
  if (literal !== undefined) return literal;
  if (!/^[a-z_]+(\.[\w-]+)+$/.test(source)) throw new Error(`an expression that the test does not know: ${expression}`);
  return source
    .split(".")
    .reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? (value as Values)[key] : undefined),
      contexts,
    );
}

export { root };
