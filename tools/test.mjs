// npm test: installs and builds what it needs, then runs every test. Arguments go to jest.
import { chromium } from "./chromium.mjs";
import { build, install, root, run, start } from "./install.mjs";
import { timesOf } from "./times.mjs";
import { existsSync, readFileSync, rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

await install();
await build();
try {
  process.env.LEASEHOLD_CHROMIUM = await chromium();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// The servers are built once, before the tests, where their progress is seen.
await run(process.execPath, [
  "-e",
  `require(${JSON.stringify(join(root, "dist/bench/machine/tools.js"))}).buildAllTools((line) => console.log(line)).catch((e) => { console.error(e.message); process.exit(1); })`,
]);

const folder = mkdtempSync(join(tmpdir(), "leasehold-test-"));
const report = join(folder, "report.json");
// Much of what a test makes lives for a moment: with more room for it, node collects garbage less often.
const node = ["--max-semi-space-size=64", join(root, "node_modules/jest/bin/jest.js")];
const status = await start(process.execPath, [...node, "--json", `--outputFile=${report}`, ...process.argv.slice(2)], {
  stdio: ["ignore", "ignore", "inherit"],
});
const counts = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : undefined;
rmSync(folder, { recursive: true });
if (counts) {
  console.error(timesOf(counts, join(root, "__tests__")).join("\n"));
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = counts;
  // A suite that does not load has no tests to count: it fails all the same. A skipped test is a failure here: none may be.
  const failed = Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0) + numPendingTests;
  console.log(`${numPassedTests} passed, ${failed} failed`);
  process.exit(status === 0 && failed > 0 ? 1 : status);
}
console.error("jest ended before it wrote its report");
process.exit(status || 1);
