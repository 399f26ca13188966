// tsc copies what it compiles and nothing else: without the lease functions beside the compiled code, the package could
// not install them, and without the parts of access.html it could not write the page.
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Copies the files of a folder whose names match, and fails when there are none. */
function copy(folder, pattern) {
  const names = readdirSync(join(root, folder), { recursive: true }).filter((name) => pattern.test(name));
  if (names.length === 0) throw new Error(`nothing to copy from ${folder}`);
  for (const name of names) {
    mkdirSync(dirname(join(root, "dist", folder, name)), { recursive: true });
    cpSync(join(root, folder, name), join(root, "dist", folder, name));
  }
}

copy("constructs/database/lease", /\.sql$/);
rmSync(join(root, "dist/render/explorer/client"), { recursive: true, force: true });
copy("render/explorer/client", /\.(js|css|html)$/);

// npm makes the command of an installed package executable; from a clone it is this file.
chmodSync(join(root, "dist/cli/main.js"), 0o755);
