import { App } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A stack as cdktf's manifest has it. */
export interface ManifestStack {
  readonly name: string;
  readonly dependencies: readonly string[];
}

/** A `cdktf deploy`, `destroy` or `diff` that a page tells its reader to run. */
export interface CdktfCommand {
  readonly text: string;
  readonly verb: "deploy" | "destroy" | "diff";
  readonly stacks: readonly string[];
  readonly alone: boolean;
  /** Line of the text it stands in, from 0. */
  readonly line: number;
}

/** The commands of a text that name stacks. */
export function cdktfCommands(text: string): CdktfCommand[] {
  return text.split("\n").flatMap((line, at) =>
    [
      ...line.matchAll(
        /cdktf (deploy|destroy|diff)((?: +(?:--parallelism \d+|--[a-z-]+|'\*'|[a-z][a-z-]*(?= |$|`)))+)/g,
      ),
    ]
      .map(([command, verb, words]) => ({
        text: command,
        verb: verb as CdktfCommand["verb"],
        stacks: words
          .replace(/--parallelism \d+/, "")
          .split(/ +/)
          .filter((word) => word !== "" && !word.startsWith("--"))
          .map((word) => word.replaceAll("'", "")),
        alone: words.includes("--ignore-missing-stack-dependencies"),
        line: at,
      }))
      .filter(({ stacks }) => stacks.length > 0),
  );
}

/** The stacks that a command runs for, `*` among its names standing for all. */
export function stacksOf({ stacks }: CdktfCommand, all: readonly ManifestStack[]): string[] {
  return stacks.includes("*") ? all.map(({ name }) => name) : [...stacks];
}

/** Why cdktf 0.21 refuses to run a command for a program of these stacks, or undefined where it does not. */
export function refusal(command: CdktfCommand, all: readonly ManifestStack[]): string | undefined {
  if (command.verb === "diff" && (command.stacks.length !== 1 || command.stacks[0] === "*"))
    return "diff takes one stack, by its name";
  if (command.alone) return undefined;
  const chosen = stacksOf(command, all);
  const unknown = chosen.filter((name) => !all.some((stack) => stack.name === name));
  if (unknown.length > 0) return `no stack ${unknown.join(", ")}`;
  const needed = {
    deploy: () => all.filter(({ name }) => chosen.includes(name)).flatMap(({ dependencies }) => dependencies),
    destroy: () =>
      all.filter((stack) => stack.dependencies.some((name) => chosen.includes(name))).map(({ name }) => name),
    diff: () => [],
  }[command.verb]();
  const missing = needed.filter((name) => !chosen.includes(name));
  return missing.length === 0 ? undefined : `without ${[...new Set(missing)].join(", ")}`;
}

/** The stacks of a program, as cdktf reads them. Its folder of migrations is looked up from `folder`. */
export function manifestOf(folder: string, program: (app: App) => void): ManifestStack[] {
  const outdir = mkdtempSync(join(tmpdir(), "leasehold-manifest-"));
  const here = process.cwd();
  process.chdir(folder);
  try {
    const app = new App({ outdir });
    program(app);
    app.synth();
    return Object.values(app.manifest.stacks);
  } finally {
    process.chdir(here);
    rmSync(outdir, { recursive: true });
  }
}
