import * as fc from "fast-check";
import {
  htmlText,
  markdownCellCode,
  markdownCode,
  mermaidText,
  printable,
  printableJson,
  visible,
} from "../../render/escape";
import { toMarkdownCell, toText, Words } from "../../render/words";
import { markdownTable } from "../../render/words";
import { Gfm, values } from "./gfm";
import { hostileName } from "./names";

/** What must never reach a reader's screen from a name. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u00a0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/u;

let gfm: Gfm;
beforeAll(() => {
  gfm = new Gfm();
});
afterAll(() => gfm.end());

describe("visible", () => {
  test.each([
    ["sales.wizard", "sales.wizard"],
    ["Größe, 表, naïve", "Größe, 表, naïve"],
    ["a\\n\\n\\u0023# all checks passed", "a\n\n## all checks passed"],
    ["\\u202egnp.exe", "\u202egnp.exe"],
    ["zero\\u200bwidth", "zero\u200bwidth"],
    ["\\u001b[31mred", "\u001b[31mred"],
    ["\\u{e0041}", "\u{e0041}"],
    ["\\\\u202e", "\\u202e"],
    ["\\u0020a \\u0020b\\u0020", " a  b "],
    ["\\u003a:error\\u003a:x", "::error::x"],
    ["\\u0023#[error]", "##[error]"],
    ["\\u05e9\\u05dd", "שם"],
    ["e\u0301\u0302\\u0303", "e\u0301\u0302\u0303"],
    ["\\u0301e", "\u0301e"],
    ["\\ud800", "\ud800"],
    ["\\empty", ""],
  ])("%s", (expected, name) => expect(visible(name)).toBe(expected));

  test("cuts a long name between characters and keeps it apart from others that begin so", () => {
    const [a, b] = [visible("x".repeat(300)), visible(`${"x".repeat(299)}y`)];
    expect(a).toMatch(/^x{200}\\…[0-9a-f]{8}$/);
    expect(a).not.toBe(b);
    expect(visible("\n".repeat(300))).toMatch(/^(\\n){100}\\…[0-9a-f]{8}$/);
  });

  test("shows different names differently, and nothing that acts or hides", () => {
    fc.assert(
      fc.property(hostileName, hostileName, (a, b) => {
        expect(visible(a) === visible(b)).toBe(a === b);
        expect(visible(a)).not.toMatch(UNSEEN);
        expect(visible(a)).not.toMatch(/::|##|^ | $| {2}/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("in Markdown", () => {
  test.each([
    ["plain", "`plain`"],
    ["a`b", "``a`b``"],
    ["`", "`` ` ``"],
    ["a`b``c", "```a`b``c```"],
    ["a|b", "`a\\|b`"],
    ["a\\|b", "`a\\\\\\|b`"],
  ])("%j is %j in a cell", (name, expected) => expect(markdownCellCode(name)).toBe(expected));

  test("a name is one code span, in a line and in a cell, and decodes to what is visible of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostileName, { minLength: 1, maxLength: 4 }), async (names) => {
        const words: Words = names.flatMap((name) => [" and ", { name }]).slice(1);
        const table = await gfm.parse(
          markdownTable(
            ["Who", "May"],
            [
              [words, ["x"]],
              [["y"], words],
            ],
          ),
        );
        const [{ children: rows }] = table.children ?? [];
        expect(table.children).toHaveLength(1);
        expect(rows?.map(({ children }) => children?.length)).toEqual([2, 2, 2]);
        const cell = rows?.[1].children?.[0];
        expect(cell?.children?.map(({ type }) => type)).toEqual(names.flatMap(() => ["text", "inlineCode"]).slice(1));
        expect(values(table, "inlineCode")).toEqual([...names, ...names].map(visible));
        const line = await gfm.parse(`- ${names.map(markdownCode).join(", ")}\n`);
        expect(values(line, "inlineCode")).toEqual(names.map(visible));
        expect(line.children?.map(({ type }) => type)).toEqual(["list"]);
      }),
      { numRuns: 1000 },
    );
  });

  test("a line break in a cell is our own only", () => {
    expect(toMarkdownCell(["a\nb ", { name: "c\nd" }])).toBe("a<br>b `c\\nd`");
  });
});

describe("elsewhere", () => {
  test("in a terminal a name is part of its line", () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        expect(toText([{ name }])).not.toMatch(UNSEEN);
      }),
    );
  });

  test("in HTML and in a diagram nothing of a name is syntax, and all of it is there", () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        const decode = (text: string): string =>
          text.replace(/&?#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
        expect(htmlText(name)).not.toMatch(/[<>"'`@|]|&(?!#\d+;)/);
        expect(decode(htmlText(name))).toBe(visible(name));
        expect(mermaidText(name)).not.toMatch(/[<>"'`%[\]{}|&\\]|#(?!\d+;)/);
        expect(decode(mermaidText(name))).toBe(visible(name));
      }),
    );
  });

  test("JSON says the same and shows what would be obeyed or hidden", () => {
    fc.assert(
      fc.property(fc.array(hostileName), (names) => {
        const text = printableJson({ names });
        expect(JSON.parse(text)).toEqual({ names });
        expect(text.replace(/\n/g, "")).not.toMatch(UNSEEN);
        expect(text).not.toMatch(/##|^\s*::/m);
      }),
    );
  });

  test("of a message only its line breaks act", () => {
    expect(printable("a\n  b\u001b[2J ::error::c ##[d]")).toBe("a\n  b\\u001b[2J \\u003a:error\\u003a:c \\u0023#[d]");
  });
});
