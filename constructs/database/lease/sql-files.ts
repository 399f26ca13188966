import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a file of this folder. In the package `tools/embed-assets.mjs` has put the texts here: bundlers leave files behind. */
export function sqlFile(name: string): string {
  return readFileSync(join(__dirname, name), "utf8");
}
