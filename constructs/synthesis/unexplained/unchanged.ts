import type { App } from "cdktf";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";

/** A file as it was before a synthesis. */
interface Before {
  readonly digest: string;
  /** Seconds since 1970, as `utimes` takes them. */
  readonly accessed: number;
  readonly changed: number;
}

const BEFORE = new WeakMap<App, Map<string, Before>>();

/**
 * Remembers what cdktf and we are about to write over: the manifest, the JSON of the stacks, and these files. Called again in the same
 * synthesis, it adds nothing.
 */
export function rememberFiles(app: App, ours: readonly string[]): void {
  if (BEFORE.has(app)) return;
  const stacks = join(app.outdir, "stacks");
  const written = existsSync(stacks) ? readdirSync(stacks).map((stack) => join("stacks", stack, "cdk.tf.json")) : [];
  const before = new Map<string, Before>();
  for (const file of ["manifest.json", ...written, ...ours]) {
    const path = join(app.outdir, file);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile())
      before.set(path, { digest: digestOf(path), accessed: found.atimeMs / 1000, changed: found.mtimeMs / 1000 });
  }
  BEFORE.set(app, before);
}

/**
 * Gives each file that holds what it held before the time at which it was changed then: cdktf writes every file anew, and whoever
 * watches them would see a change in each synthesis.
 */
export function keepTimesOfUnchanged(app: App): void {
  for (const [path, { digest, accessed, changed }] of BEFORE.get(app) ?? [])
    if (existsSync(path) && digestOf(path) === digest) utimesSync(path, accessed, changed);
  BEFORE.delete(app);
}

function digestOf(path: string): string {
  return createHash("sha1").update(readFileSync(path)).digest("hex");
}
