import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

const FOLDER = dirname(dirname(__dirname));
/** The package's folder, from the sources and from what is compiled of them. */
const PACKAGE = basename(FOLDER) === "dist" ? dirname(FOLDER) : FOLDER;
/** A bundle has no pages beside it: there the page is named as the package has it. */
const BUNDLED = !existsSync(join(PACKAGE, "docs/findings.md"));

/** Where a page of ours explains a code, as a path from the working directory: terminals open it. */
export function pageOf(code: string, page: "findings" | "rules" = "findings"): string {
  const file = `docs/${page}.md`;
  return `${BUNDLED ? `leasehold/${file}` : relative(process.cwd(), join(PACKAGE, file))}#${code}`;
}
