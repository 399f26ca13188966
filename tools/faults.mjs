// npm run faults: breaks what docs/faults.md names, on real servers, and writes that page from what was measured.
import { faultsPage } from "./faults-page.mjs";
import { build, install, root, run, start } from "./install.mjs";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

await install();
await build();
await run(process.execPath, [
  "-e",
  `require(${JSON.stringify(join(root, "dist/bench/machine/tools.js"))}).buildAllTools((line) => console.log(line)).catch((e) => { console.error(e.message); process.exit(1); })`,
]);

const PAGE = "docs/faults.md";
const folder = mkdtempSync(join(tmpdir(), "leasehold-faults-"));
const status = await start(
  process.execPath,
  // The page itself is judged by `npm test`: until this run is over it is the last one's.
  [
    join(root, "node_modules/jest/bin/jest.js"),
    "--runInBand",
    "--testPathPatterns=__tests__/faults",
    "--testPathIgnorePatterns=page.test",
  ],
  { env: { ...process.env, LEASEHOLD_FAULTS: folder } },
);
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const rows = readdirSync(folder)
  .filter((name) => name.endsWith(".json") && name !== "versions.json")
  .map(read)
  .sort((a, b) => a.order - b.order);
const versions = existsSync(join(folder, "versions.json")) ? read("versions.json") : {};
rmSync(folder, { recursive: true });
if (status !== 0) {
  console.error(`${PAGE} was not written: a promise did not hold, or could not be tried`);
  process.exit(status);
}

const servers = Object.entries(versions)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([server, version]) => `${server.replace(/ \d+$/, "")} ${version}`);
const head = JSON.parse(readFileSync(join(root, "__tests__/faults/head.json"), "utf8"));
const page = faultsPage(head, rows, servers, cpus().length);
const prettier = await import("prettier");
const file = join(root, PAGE);
const config = (await prettier.resolveConfig(file)) ?? {};
writeFileSync(file, await prettier.format(page, { ...config, filepath: file }));
console.log(`${PAGE}: ${rows.length} rows`);
