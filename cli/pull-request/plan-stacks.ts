import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { engineCommand } from "../command/engine";
import { isPlain } from "./stacks";
import { PLAN_FAILURES, PlannedStack, PlanSummary, summarizePlan } from "./plan";

export interface PlanOptions {
  /** Where `cdktf diff` is run: a checkout with its dependencies installed. */
  readonly program: string;
  /** What was synthesized, within that folder. @default cdktf.out */
  readonly output?: string;
  readonly stacks: readonly string[];
  /** The command before `diff`. @default what the program is installed with: cdktf, or cdktn */
  readonly cdktf?: readonly string[];
  /** @default TERRAFORM_BINARY_NAME, as cdktf has it; else terraform */
  readonly terraform?: string;
  /** Told which stack is planned next. */
  readonly progress: (line: string) => void;
}

const [FAILED, UNREADABLE, UNNAMEABLE] = PLAN_FAILURES;
const LONGEST_PLAN = 512 * 1024 * 1024;
const TIME = 30 * 60_000;

/**
 * Runs `cdktf diff` for each of the stacks, and keeps of each plan the addresses and actions.
 *
 * Nothing that cdktf or Terraform print is passed on, not even when they fail. It may hold values in the clear that no
 * provider marks as sensitive, and more people read a job's log than the state. Plans are deleted at once.
 */
export async function planStacks(options: PlanOptions): Promise<PlanSummary> {
  const stacks: PlannedStack[] = [];
  for (const stack of options.stacks) {
    options.progress(`cdktf diff ${JSON.stringify(stack)}`);
    stacks.push(await planStack(stack, options));
  }
  return { version: 1, stacks };
}

async function planStack(stack: string, options: PlanOptions): Promise<PlannedStack> {
  const { program, output = "cdktf.out", cdktf = engineCommand(program) } = options;
  const terraform = options.terraform ?? process.env.TERRAFORM_BINARY_NAME ?? "terraform";
  // The name comes from a pull request: it must be neither an option nor a path.
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(stack)) return { stack, failed: UNNAMEABLE };
  const folder = join(program, output, "stacks", stack);
  if (!isPlain(folder, "directory")) return { stack, failed: UNNAMEABLE };
  const plan = join(folder, "plan");
  try {
    // A plan that was there before would be taken for this stack's.
    rmSync(plan, { force: true, recursive: true });
    const [command, ...first] = cdktf;
    const args = [...first, "diff", stack, "--skip-synth", "--no-color", "--output", output];
    if ((await run(command, args, program)) === undefined) return { stack, failed: FAILED };
    const text = await run(terraform, ["show", "-json", "plan"], folder);
    if (text === undefined) return { stack, failed: UNREADABLE };
    return summarizePlan(stack, JSON.parse(text));
  } catch {
    return { stack, failed: UNREADABLE };
  } finally {
    rmSync(plan, { force: true, recursive: true });
  }
}

/** What the command printed; undefined when it failed. */
function run(command: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIME,
      env: { ...process.env, CI: "true", CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_LOG: "" },
    });
    const pieces: Buffer[] = [];
    let length = 0;
    child.stdout.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length > LONGEST_PLAN) child.kill();
      else pieces.push(piece);
    });
    child.on("error", () => resolve(undefined));
    child.on("close", (code) =>
      resolve(code === 0 && length <= LONGEST_PLAN ? Buffer.concat(pieces).toString("utf8") : undefined),
    );
  });
}
