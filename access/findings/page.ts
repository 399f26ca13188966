import { basename, dirname, join, relative } from "node:path";

const FOLDER = dirname(dirname(__dirname));
/** The package's folder, from the sources and from what is compiled of them. */
const PACKAGE = basename(FOLDER) === "dist" ? dirname(FOLDER) : FOLDER;

/** Where a page of ours explains a code, as a path from the working directory: terminals open it. */
export function pageOf(code: string, page: "findings" | "rules" = "findings"): string {
  return `${relative(process.cwd(), join(PACKAGE, "docs", `${page}.md`))}#${code}`;
}
