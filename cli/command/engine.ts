import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Io } from "./io";

/**
 * The command of the engine that a program is installed with: `cdktf`, or `cdktn` of the maintained fork.
 *
 * npm puts it into the `node_modules` of the program or of a folder above. Where both are, it is cdktf, as it always was; where
 * none is, it is cdktf too, and npx says that it is not there.
 */
export function engineCommand(program: string): readonly string[] {
  for (let folder = resolve(program); ; folder = dirname(folder)) {
    const found = ["cdktf", "cdktn"].find((name) => existsSync(join(folder, "node_modules/.bin", name)));
    if (found !== undefined) return ["npx", "--no-install", found];
    if (dirname(folder) === folder) return ["npx", "--no-install", "cdktf"];
  }
}

/** Prints the command of that engine: a remedy that names one which is not installed cannot be run. */
export function namingEngine(io: Io, program: string): Io {
  const name = engineCommand(program).at(-1);
  if (name === undefined || name === "cdktf") return io;
  const named = (text: string): string => text.replace(/\bcdktf (?=(?:synth|diff|deploy|destroy)\b)/g, `${name} `);
  return { ...io, out: (text) => io.out(named(text)), err: (text) => io.err(named(text)) };
}
