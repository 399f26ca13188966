// Which tests need no server, no build and no other process: those that import, through whatever files of ours, nothing that starts
// or reaches one. It is read from the imports, so that nobody keeps a list.
const { existsSync, readdirSync, readFileSync, statSync } = require("node:fs");
const { dirname, join, resolve } = require("node:path");

const root = join(__dirname, "..");
const STARTS =
  /^import (?!type\b).*from "(?:node:)?(?:child_process|cluster|dgram|http|https|tls|pg|playwright-core)"/m;
/** `export … from` and calls of `import()` and `require()` count, too. */
const IMPORTS = /^(?:import (?!type\b)|export )[^;]*?from "(\.[^"]+)"|\b(?:import|require)\("(\.[^"]+)"\)/gm;

function fileOf(path) {
  const candidates = [path, `${path}.ts`, join(path, "index.ts"), `${path}.mjs`, `${path}.cjs`];
  return candidates.find((file) => existsSync(file) && statSync(file).isFile());
}

const read = new Map();

/** Whether a file itself starts something, and the files that it imports. Each is read once: most are imported by most tests. */
function look(file) {
  const known = read.get(file);
  if (known) return known;
  const text = readFileSync(file, "utf8");
  const imports = [...text.matchAll(IMPORTS)].map(([, from, called]) => fileOf(resolve(dirname(file), from ?? called)));
  const seen = { starts: STARTS.test(text), imports: imports.filter((imported) => imported !== undefined) };
  read.set(file, seen);
  return seen;
}

/** Whether a file, or one that it imports, starts something. */
function starts(file) {
  const seen = new Set([file]);
  for (const next of seen) {
    const { starts: itself, imports } = look(next);
    if (itself) return true;
    for (const imported of imports) seen.add(imported);
  }
  return false;
}

const tests = readdirSync(join(root, "__tests__"), { recursive: true })
  .map((name) => join(root, "__tests__", String(name)))
  .filter((file) => file.endsWith(".test.ts"))
  .sort();

/** Paths of those that start nothing, absolute and in one order. */
module.exports.unitTests = () => tests.filter((file) => !starts(file));
