// The package holds the lease functions and the parts of access.html as text in modules, and reads no file for them: a
// bundled program has no files beside it. In the sources the same modules read the files: edit those.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Replaces a compiled module by one with the same function, which holds the files of a folder whose names match. */
function embed(module, exported, folder, pattern) {
  const names = readdirSync(join(root, folder), { recursive: true }).filter((name) => pattern.test(name));
  if (names.length === 0) throw new Error(`nothing to embed from ${folder}`);
  const texts = names
    .sort()
    .map((name) => [name.replaceAll("\\", "/"), readFileSync(join(root, folder, name), "utf8")]);
  const compiled = join(root, "dist", `${module}.js`);
  if (!readFileSync(compiled, "utf8").includes(`exports.${exported} = `))
    throw new Error(`no ${exported} in ${compiled}`);
  const text = `"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
const files = ${JSON.stringify(Object.fromEntries(texts), null, 2)};
exports.${exported} = (name) => files[name];
`;
  writeFileSync(compiled, text);
  // It maps the module that is gone; and files that an older build copied are not part of the package.
  for (const stale of [`${module}.js.map`, ...names.map((name) => join(folder, name))])
    rmSync(join(root, "dist", stale), { force: true });
}

embed("constructs/database/lease/sql-files", "sqlFile", "constructs/database/lease", /\.sql$/);
embed("render/explorer/client-files", "clientFile", "render/explorer/client", /\.(js|css|html)$/);

// npm makes the command of an installed package executable; from a clone it is this file.
chmodSync(join(root, "dist/cli/main.js"), 0o755);
