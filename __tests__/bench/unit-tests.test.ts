import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { unitTests } from "../../tools/unit-tests.cjs";

const tests = (unitTests as () => string[])().map((file) => relative(process.cwd(), file));

describe("the tests that need no server and no build", () => {
  test("are those of the model, the constructs and the pages, and are found by themselves", () => {
    for (const test of ["access/check", "constructs/synthesis/written", "render/markdown", "bench/unit-tests"])
      expect(tests).toContain(`__tests__/${test}.test.ts`);
  });

  test.each(["startPostgres", "startVault", "execFileSync", "startPod", "playwright"])("name no %s", (started) => {
    expect(tests.length).toBeGreaterThan(50);
    const own = "__tests__/bench/unit-tests.test.ts";
    expect(tests.filter((file) => file !== own && readFileSync(file, "utf8").includes(`${started}(`))).toEqual([]);
  });

  test("are none that reach one through a file beside them", () => {
    for (const test of ["constructs/database/lease/lifecycle", "vault/ha", "cli/run", "privilege/hostile"])
      expect(tests).not.toContain(`__tests__/${test}.test.ts`);
  });
});
