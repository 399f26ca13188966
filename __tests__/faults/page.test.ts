import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AREAS, Fault, MATRIX } from "./matrix";

/** What the page says first, and of which fault which number shows it. */
const HEAD = JSON.parse(readFileSync(join(__dirname, "head.json"), "utf8")) as readonly {
  readonly says: string;
  readonly seen: readonly (readonly [Fault, string])[];
}[];

const PAGE = join(__dirname, "../../docs/faults.md");

/** The parts of the page, each with its faults: what breaks, what is promised, how many numbers, and who reported it. */
function parts(): Record<string, string[][]> {
  const [, ...areas] = readFileSync(PAGE, "utf8").split(/^## /m);
  return Object.fromEntries(
    areas.map((area) => {
      const [title, ...faults] = area.split(/^### /m);
      return [(title as string).split("\n")[0], faults.map(cells)];
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

  test("each sentence of its head is shown by numbers of the same run, and links to the faults that gave them", () => {
    const page = readFileSync(PAGE, "utf8");
    const parts = page.split(/^<a id="([^"]+)"><\/a>$/m);
    const numbers = new Map(
      Object.keys(MATRIX).map((id) => [id, (parts[parts.indexOf(id) + 1] ?? "").match(/(?<=^- ).+$/gm) ?? []]),
    );
    const expected = HEAD.map(({ says, seen }) => {
      const shown = seen.map(([id, what]) => {
        const number = numbers.get(id)?.find((each) => each.startsWith(what));
        return `[${number}](#${id})`;
      });
      expect(shown.length).toBeGreaterThan(0);
      return `${says} Seen: ${shown.join("; ")}.`;
    });
    expect(parts[0].match(/(?<=^- ).+$/gm)).toEqual(expected);
    expect(parts[0]).not.toMatch(/^\d+\./m);
  });

  test("each fault of the page has the anchor of its own name", () => {
    const anchored = [...readFileSync(PAGE, "utf8").matchAll(/^<a id="([^"]+)"><\/a>\n\n### (.+)$/gm)];
    expect(Object.fromEntries(anchored.map(([, id, breaks]) => [id, breaks]))).toEqual(
      Object.fromEntries(Object.entries(MATRIX).map(([id, { breaks }]) => [id, breaks])),
    );
  });
});
