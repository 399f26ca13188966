// Whether files are as they were when something was last made of them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files below a folder whose names match; neither what is installed nor what was made. */
export function filesBelow(folder, name) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return name.test(entry.name) ? [path] : [];
    return [".git", "node_modules", "dist", "cdktf.out"].includes(entry.name) ? [] : filesBelow(path, name);
  });
}

/** A digest of the names and the texts of files; those that are not there are left out. */
export function digestOf(files) {
  const hash = createHash("sha256");
  for (const file of [...new Set(files)].sort())
    if (existsSync(file)) hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** Whether this digest was the last one that `keep` was told, in this file. */
export function isKept(file, digest) {
  return existsSync(file) && readFileSync(file, "utf8") === digest;
}

export function keep(file, digest) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, digest);
}
