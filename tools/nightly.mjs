// npm run nightly: what is too long for npm test. The fuzzer over the public API and the oracle of the verdicts, 100,000 cases
// each, and a five-hundredth of them on real servers. Before them Terraform and OpenTofu validate the example's stacks, where they
// are there. Arguments go to jest.
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { build, install, root, run, start } from "./install.mjs";
import { validateStacks } from "./validate-stacks.mjs";

const CASES = Number(process.env.LEASEHOLD_CASES ?? 100_000);
if (!Number.isSafeInteger(CASES) || CASES < 1) {
  console.error(`LEASEHOLD_CASES is ${process.env.LEASEHOLD_CASES}: give a whole number of cases, or leave it out`);
  process.exit(2);
}

await install();
await build();
await run(process.execPath, [
  "-e",
  `require(${JSON.stringify(join(root, "dist/bench/machine/tools.js"))}).buildAllTools((line) => console.log(line)).catch((e) => { console.error(e.message); process.exit(1); })`,
]);

const folder = mkdtempSync(join(tmpdir(), "leasehold-nightly-"));
const total = validateStacks();

/** One run of jest; adds what passed and failed, and says how to run it again. */
async function jest(file, cases, seed) {
  const report = join(folder, `${seed}.json`);
  const again = `LEASEHOLD_CASES=${cases} LEASEHOLD_SEED=${seed} npx jest ${file}`;
  console.log(again);
  const status = await start(
    process.execPath,
    [
      join(root, "node_modules/jest/bin/jest.js"),
      ...["--json", `--outputFile=${report}`, "--runTestsByPath", join(root, file), ...process.argv.slice(2)],
    ],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, LEASEHOLD_CASES: String(cases), LEASEHOLD_SEED: String(seed) },
    },
  );
  if (!existsSync(report)) {
    console.error(`${file}: jest ended before it wrote its report`);
    total.failed++;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  // As in npm test: a suite that does not load has no tests to count, and no test may be skipped.
  const failed = Math.max(numFailedTests, numFailedTestSuites > 0 || status !== 0 ? 1 : 0) + numPendingTests;
  total.passed += numPassedTests;
  total.failed += failed;
  if (failed > 0) console.error(`failed; again with: ${again}`);
}

const given = process.env.LEASEHOLD_SEED;
const seed = given === undefined ? randomInt(2 ** 30) : Number(given);
// One process a core, each with seeds of its own: the cases of a night are one search, however many share it.
const shares = Math.min(availableParallelism(), 8);
try {
  await Promise.all(
    Array.from({ length: shares }, (_, index) =>
      jest("__tests__/fuzz/fuzz.test.ts", Math.ceil(CASES / shares), seed + index),
    ),
  );
  await jest("__tests__/access/diff-oracle.test.ts", CASES, seed + shares);
  await jest("__tests__/fuzz/servers.test.ts", CASES, seed + shares + 1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed`);
for (const engine of total.missing) console.log(`not tried: ${engine}`);
process.exit(total.failed > 0 ? 1 : 0);
