import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../access/model/digest";
import { byCodeUnit } from "../../access/model/graph";

/** What Terraform is given, by the stack's name. */
export type StackTexts = ReadonlyMap<string, unknown>;

/** What the program of one side made: digest of what Terraform is given, by the stack's name. */
export type Stacks = ReadonlyMap<string, string>;

export interface StackChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly same: number;
}

const LARGEST = 256 * 1024 * 1024;
const MOST = 10_000;

/**
 * The stacks of a folder that cdktf wrote (`cdktf.out`).
 *
 * @throws when there is no such folder, or it holds what cdktf does not write: it may come from code that nobody has read yet
 */
export function readStacks(folder: string): StackTexts {
  const root = join(folder, "stacks");
  const names = readdirSync(root);
  if (names.length > MOST) throw new Error(`there are more than ${MOST} stacks`);
  return new Map(
    names.sort(byCodeUnit).flatMap((name): [string, unknown][] => {
      const file = join(root, name, "cdk.tf.json");
      // A link could make the comparing job read, and tell about, files of its own.
      if (!isPlain(join(root, name), "directory") || !isPlain(file, "file")) return [];
      return [[name, parsed(readFileSync(file, "utf8"), file)]];
    }),
  );
}

/** Whether it is a file or folder itself, not a link, and small enough to be read. */
export function isPlain(path: string, kind: "file" | "directory"): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return kind === "file" ? stats?.isFile() === true && stats.size <= LARGEST : stats?.isDirectory() === true;
}

export function digestsOf(stacks: StackTexts): Stacks {
  return new Map([...stacks].map(([name, stack]) => [name, digest(stack)]));
}

export function compareStacks(base: Stacks, head: Stacks): StackChanges {
  const both = [...head.keys()].filter((name) => base.has(name));
  const changed = both.filter((name) => base.get(name) !== head.get(name));
  return {
    added: [...head.keys()].filter((name) => !base.has(name)),
    removed: [...base.keys()].filter((name) => !head.has(name)),
    changed,
    same: both.length - changed.length,
  };
}

/**
 * Digest of what Terraform is given. Not part of it: cdktf's own notes about a stack, the place of a resource in the
 * program, the order of keys.
 */
function digest(stack: unknown): string {
  return digestOf(withoutNotes(stack));
}

function withoutNotes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNotes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(key === "//" && isNote(inner)))
      .map(([key, inner]) => [key, withoutNotes(inner)]),
  );
}

/** `//` with anything else in it may be a key of the user's own. */
function isNote(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "metadata" in value &&
    Object.keys(value).every((key) => key === "metadata" || key === "outputs")
  );
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${file} is not JSON`);
  }
}
