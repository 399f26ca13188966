import { App, TerraformStack } from "cdktf";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GUARDRAILS_CONTEXT, type AccessFindingsError, type Finding } from "../../constructs";

export type Block = Readonly<Record<string, unknown>>;

/** A stack as cdktf wrote it: the text, and what a test asks of it. */
export class StackJson {
  readonly json: Block;
  constructor(
    readonly name: string,
    readonly text: string,
    readonly dependencies: readonly string[],
    readonly warnings: readonly string[],
  ) {
    this.json = JSON.parse(text) as Block;
  }

  /** Resources of a type by their address' last part, without cdktf's own metadata. */
  resources(type: string): Readonly<Record<string, Block>> {
    return blocks(this.json.resource, type);
  }

  ephemerals(type: string): Readonly<Record<string, Block>> {
    return blocks(this.json.ephemeral, type);
  }

  /** Every managed resource by address. */
  get all(): ReadonlyMap<string, Block> {
    const types = Object.keys((this.json.resource ?? {}) as object);
    return new Map(
      types.flatMap((type) => Object.entries(this.resources(type)).map(([id, block]) => [`${type}.${id}`, block])),
    );
  }

  /** The one resource of a type. @throws when there are none or several */
  only(type: string): Block {
    const found = Object.values(this.resources(type));
    if (found.length !== 1) throw new Error(`${this.name} holds ${found.length} ${type}`);
    return found[0];
  }

  /** Resource types with how many there are of each. */
  get census(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const address of this.all.keys()) {
      const type = address.split(".")[0];
      counts[type] = (counts[type] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(counts).sort());
  }
}

function blocks(of: unknown, type: string): Readonly<Record<string, Block>> {
  const found = ((of ?? {}) as Record<string, Record<string, Block>>)[type] ?? {};
  return Object.fromEntries(Object.entries(found).map(([id, { "//": _meta, ...block }]) => [id, block]));
}

/** The stacks of a program, synthesized as the CLI does it: every stack prepared, then every one written. */
export function synthesize(
  build: (app: App) => void,
  options: { readonly skipValidation?: boolean } = {},
): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), "leasehold-"));
  try {
    // As a sandbox, unless the program says otherwise: what production refuses has tests of its own.
    const app = new App({ outdir, context: { [GUARDRAILS_CONTEXT]: "sandbox" }, ...options });
    build(app);
    app.synth();
    return readProgram(outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

export type Synthesized = Readonly<Record<string, StackJson>>;

interface Manifest {
  readonly stacks: Readonly<
    Record<
      string,
      {
        readonly synthesizedStackPath: string;
        readonly dependencies: readonly string[];
        readonly annotations: readonly { readonly level: string; readonly message: string }[];
      }
    >
  >;
}

export function readProgram(outdir: string): Synthesized {
  const { stacks } = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")) as Manifest;
  return Object.fromEntries(
    Object.entries(stacks).map(([name, stack]) => [
      name,
      new StackJson(
        name,
        readFileSync(join(outdir, stack.synthesizedStackPath), "utf8"),
        [...stack.dependencies].sort(),
        stack.annotations.filter(({ level }) => level.endsWith("warn")).map(({ message }) => message),
      ),
    ]),
  );
}

/** What one stack holds after `build`; without providers, whose presence cdktf would ask for. */
export function inStack(build: (stack: TerraformStack) => void): StackJson {
  return synthesize((app) => build(new TerraformStack(app, "stack")), { skipValidation: true }).stack;
}

/** The refusal of a program. @throws what else is thrown, or that nothing was */
export function refusal(build: (app: App) => void): AccessFindingsError {
  try {
    synthesize(build, { skipValidation: true });
  } catch (error) {
    // By name: the class comes from jest's own copy of the module.
    if ((error as Error).name === "AccessFindingsError") return error as AccessFindingsError;
    throw error;
  }
  throw new Error("the program was not refused");
}

export function findingsOfRefusal(build: (app: App) => void): readonly Finding[] {
  return refusal(build).findings;
}

/** Every file of a folder with its content, to compare two states of it. */
export function tree(folder: string, below = ""): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.assign(
    {},
    ...readdirSync(join(folder, below)).map((name) => {
      const path = join(below, name);
      return statSync(join(folder, path)).isDirectory()
        ? { [`${path}/`]: "", ...tree(folder, path) }
        : { [path]: readFileSync(join(folder, path), "utf8") };
    }),
  ) as Record<string, string>;
}
