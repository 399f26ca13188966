import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AREAS, MATRIX } from "./matrix";

const PAGE = join(__dirname, "../../docs/faults.md");

/** The parts of the page, each with its faults: what breaks, what is promised, how many numbers, and who reported it. */
function parts(): Record<string, string[][]> {
  const [, ...areas] = readFileSync(PAGE, "utf8").split(/^## /m);
  return Object.fromEntries(
    areas.map((area) => {
      const [title, ...faults] = area.split(/^### /m);
      return [(title as string).trim(), faults.map(cells)];
    }),
  );
}

function cells(fault: string): string[] {
  const [breaks, promised = ""] = fault.trim().split("\n\n");
  const numbers = fault.split("\n").filter((line) => /^- .+: \d/.test(line)).length;
  const threads = [...fault.matchAll(/\[([^\]]+)\]\(https:\/\/github\.com\/([^)]+)\)/g)];
  const reported = threads.map(([, named, address]) => (named === address?.replace("/issues/", "#") ? named : "?"));
  return [breaks as string, promised, numbers > 0 ? "numbers" : "none", reported.join(" ")];
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

  test("the page has exactly these, as they are worded, in their order, each with a number", () => {
    const expected = AREAS.map((area) => [
      area,
      Object.values(MATRIX)
        .filter((row) => row.area === area)
        .map(({ breaks, promise, reported }) => [breaks, `**Promised**: ${promise}.`, "numbers", reported.join(" ")]),
    ]);
    expect(parts()).toEqual(Object.fromEntries(expected));
    expect(Object.keys(parts())).toEqual([...AREAS]);
  });
});
