import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a part of the page. In the package `tools/embed-assets.mjs` has put the texts here: bundlers leave files behind. */
export function clientFile(name: string): string {
  return readFileSync(join(__dirname, "client", name), "utf8");
}
