// node -r ./tools/typescript.cjs main.ts: runs TypeScript as it stands, each file compiled when it is loaded. Types are not checked
// here but beside it (tools/synth.mjs): a program that waits for the compiler waits for ten seconds of types every time.
// The compiler leaves every line where it was. So findings and errors name lines of the TypeScript without source maps: with
// them a program of one workload took 1.75 s of CPU, and takes 1.4 s.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { version } = require("sucrase/package.json");

const cache = join(__dirname, "../node_modules/.cache/leasehold-typescript");
mkdirSync(cache, { recursive: true });

const options = { transforms: ["typescript", "imports"], disableESTransforms: true };

/** The compiled text. */
function compile(text, filePath) {
  const key = createHash("sha256")
    .update(JSON.stringify([version, options, text]))
    .digest("hex");
  const kept = join(cache, `${key}.js`);
  try {
    return readFileSync(kept, "utf8");
  } catch {
    // The compiler itself is loaded for what has changed only.
    const { code } = require("sucrase").transform(text, { ...options, filePath });
    // Beside its place first: another process may read it at this moment.
    writeFileSync(`${kept}.${process.pid}`, code);
    renameSync(`${kept}.${process.pid}`, kept);
    return code;
  }
}

require.extensions[".ts"] = (module, filename) =>
  module._compile(compile(readFileSync(filename, "utf8"), filename), filename);
