import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";

export const root = join(__dirname, "../..");

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly "continue-on-error"?: boolean;
  readonly "working-directory"?: string;
}

export interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly environment?: string;
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Action {
  readonly inputs: Readonly<
    Record<string, { readonly description: string; readonly default?: string; readonly required?: boolean }>
  >;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** Reads YAML as strictly as it can be. @throws for duplicate keys and whatever else is not YAML 1.2 */
export function readYaml<T>(file: string): T {
  const document = parseDocument(readFileSync(join(root, file), "utf8"), { strict: true, uniqueKeys: true });
  if (document.errors.length > 0 || document.warnings.length > 0)
    throw new Error(`${file}: ${[...document.errors, ...document.warnings].map(({ message }) => message).join("; ")}`);
  return document.toJS() as T;
}
