import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the package that this file is part of, compiled or not. */
export function packageRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) if (existsSync(join(folder, "package.json"))) return folder;
}

/** Version of the package. */
export function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}
