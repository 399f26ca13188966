import type { Io } from "../../cli/command/io";
import { run } from "../../cli/run";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly written: Readonly<Record<string, string>>;
}

/** Runs the command line over files in memory, as in a pipe unless told otherwise. */
export async function leasehold(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
  terminal: Partial<Pick<Io, "width" | "colour">> = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const written: Record<string, string> = {};
  const code = await run(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile: (path) => {
      if (files[path] === undefined) throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
      return files[path];
    },
    writeFile: (path, text) => {
      if (path.startsWith("nowhere/")) throw Object.assign(new Error("no such folder"), { code: "ENOENT" });
      written[path] = text;
    },
    colour: false,
    ...terminal,
  });
  return { code, out, err, written };
}
