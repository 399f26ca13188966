import { App } from "cdktf";
import { FINDING_CODES } from "../../access/findings/finding";
import type { Finding } from "../../constructs";
import { findingsOfRefusal, synthesize } from "./program";
import { World } from "./world";

/** A program with one mistake in it. `at` is told the lines that are to be named. */
export interface Mistake {
  readonly title: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly path: string;
  readonly make: (world: World, at: (line: string) => void) => void;
  readonly production?: boolean;
}

type Expected = Pick<Finding, "code" | "severity" | "message" | "fix" | "path" | "sources">;

/** What is wrong with the program, and what was expected, to be compared. */
export function refused(mistake: Mistake): { readonly found: readonly Finding[]; readonly expected: Expected[] } {
  const sources: string[] = [];
  const found = findingsOfRefusal((app: App) => make(mistake, app, sources));
  const { code, message, fix, path } = mistake;
  return { found, expected: [{ code, severity: "error", message, fix, path, sources } as Expected] };
}

/** The warnings of a program that is not refused. */
export function warned(mistake: Mistake): { readonly found: readonly string[]; readonly expected: readonly string[] } {
  const sources: string[] = [];
  const stacks = synthesize((app) => make(mistake, app, sources), { skipValidation: true });
  const where = sources.length > 0 ? `${mistake.path} (${sources.join(", ")})` : mistake.path;
  return {
    // The world's servers are verified without a CA, which every program with one is warned of.
    found: Object.values(stacks)
      .flatMap((stack) => stack.warnings)
      .filter((warning) => mistake.code === "ca-missing" || !warning.startsWith("ca-missing")),
    expected: [
      `${mistake.code}: ${mistake.message}\n    at  ${where}\n    fix ${mistake.fix}\n    see docs/findings.md#${mistake.code}`,
    ],
  };
}

function make(mistake: Mistake, app: App, sources: string[]): void {
  const world = mistake.production ? World.production(app) : new World(app);
  // Every program holds an identity, and with it the check, as real ones do.
  world.identity("bystander");
  mistake.make(world, (line) => sources.push(line));
}

/** Every code of a finding at synthesis. */
export function findingCodes(): string[] {
  return [...FINDING_CODES].sort();
}
