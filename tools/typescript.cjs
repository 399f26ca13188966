// node -r ./tools/typescript.cjs main.ts: runs TypeScript as it stands, each file compiled when it is loaded. Types are not checked
// here but beside it (tools/synth.mjs): a program that waits for the compiler waits for ten seconds of types every time.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { version } = require("@swc/core/package.json");

const cache = join(__dirname, "../node_modules/.cache/leasehold-typescript");
mkdirSync(cache, { recursive: true });

/** The compiled text, with its source map in it: findings name lines of the TypeScript. */
function compile(text, filename) {
  const options = {
    filename,
    swcrc: false,
    configFile: false,
    sourceMaps: "inline",
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  };
  const key = createHash("sha256")
    .update(JSON.stringify([version, options, text]))
    .digest("hex");
  const kept = join(cache, `${key}.js`);
  try {
    return readFileSync(kept, "utf8");
  } catch {
    // The compiler itself is loaded for what has changed only: that takes a quarter of a second.
    const { code } = require("@swc/core").transformSync(text, options);
    // Beside its place first: another process may read it at this moment.
    writeFileSync(`${kept}.${process.pid}`, code);
    renameSync(`${kept}.${process.pid}`, kept);
    return code;
  }
}

require.extensions[".ts"] = (module, filename) =>
  module._compile(compile(readFileSync(filename, "utf8"), filename), filename);

// Maps are for our own lines. Those of cdktf and of the providers, which node would read as well, are a third of the program's time.
const plain = require.extensions[".js"];
process.setSourceMapsEnabled(true);
require.extensions[".js"] = (module, filename) => {
  process.setSourceMapsEnabled(false);
  try {
    plain(module, filename);
  } finally {
    process.setSourceMapsEnabled(true);
  }
};
