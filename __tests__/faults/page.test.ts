import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MATRIX } from "./matrix";

const PAGE = join(__dirname, "../../docs/faults.md");

/** The cells of each row of the page's one table, without the padding that prettier adds. */
function rows(): string[][] {
  const lines = readFileSync(PAGE, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Every `fault("…"` of the test files beside this one. */
function tested(): string[] {
  return readdirSync(__dirname)
    .filter((name) => name.endsWith(".test.ts") && name !== "page.test.ts")
    .flatMap((name) => [...readFileSync(join(__dirname, name), "utf8").matchAll(/^ *fault\((.*?),/gm)])
    .map(([, id]) => JSON.parse(id as string) as string);
}

describe("docs/faults.md", () => {
  test("each row of the matrix is one test, and each test one row", () => {
    expect(tested().sort()).toEqual(Object.keys(MATRIX).sort());
  });

  test("the page has exactly these rows, as they are worded, in their order", () => {
    const expected = Object.values(MATRIX).map(({ breaks, promise, reported }) => [
      breaks,
      promise,
      reported.map((thread) => `[${thread}](https://github.com/${thread.replace("#", "/issues/")})`).join(", "),
    ]);
    expect(rows().map(([breaks, promise, , reported]) => [breaks, promise, reported])).toEqual(expected);
  });

  test("each row has a number, and none of its words could break the table", () => {
    for (const row of rows()) {
      expect(row).toHaveLength(4);
      expect(row[2]).toMatch(/: \d/);
    }
    for (const { breaks, promise } of Object.values(MATRIX)) expect(`${breaks}${promise}`).not.toMatch(/[|\n]/);
  });
});
