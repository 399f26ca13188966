import { readFileSync, writeFileSync } from "node:fs";

/** All that the command line touches, so that a test can stand in for it. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** @throws as `readFileSync` does */
  readonly readFile: (path: string) => string;
  /** @throws as `writeFileSync` does */
  readonly writeFile: (path: string, text: string) => void;
  /** Columns of the terminal; absent when the output goes elsewhere. */
  readonly width?: number;
  readonly colour: boolean;
}

/** The process's own. Colours go to a terminal only, and not where NO_COLOR is set or the terminal is a dumb one. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    // `-` is the standard input: `git show main:access.json | leasehold diff - access.json`.
    // A large report is read in half the time when it is read first and decoded then.
    readFile: (path) => readFileSync(path === "-" ? 0 : path).toString(),
    writeFile: (path, text) => writeFileSync(path, text),
    // Some terminals of build services say that they have no columns.
    ...(stdout.isTTY && stdout.columns > 0 && { width: stdout.columns }),
    colour: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb",
  };
}
