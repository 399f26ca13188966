import { execFileSync } from "node:child_process";
import { Browser } from "playwright-core";
import { diffReports } from "../../access/diff/diff";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { database, edge, graphOf, identity } from "../support/graph";
import { CHANGES, diffOf, change, reportOf } from "../render/fixture";
import { open, startBrowser } from "./browser";

/** The comment as a forge shows it: GitHub's own rules for what may be wider than the page. */
const STYLE = `
body { margin: 0; padding: 16px; font: 14px/1.5 system-ui, sans-serif; overflow-wrap: break-word; color: #1f2328; }
code { padding: .2em .4em; font: 85% ui-monospace, monospace; white-space: break-spaces; background: #818b981f; border-radius: 6px; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; }
h3 { font-size: 1.25em; margin: 0 0 16px; } a { color: #0969da; } ul { padding-left: 2em; margin: 0 0 16px; }
details { margin-bottom: 16px; }`;

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** As HTML, by the parser that follows GitHub's. */
function htmlOf(markdown: string): string {
  // Both are modules of a kind that jest does not load by itself.
  const body = execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { micromark } from "micromark"; import { gfm, gfmHtml } from "micromark-extension-gfm"; import { readFileSync } from "node:fs";
       process.stdout.write(micromark(readFileSync(0, "utf8"), { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }));`,
    ],
    { input: markdown, encoding: "utf8" },
  );
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>${STYLE}</style>${body}`;
}

const LONG = "a_very_long_name_of_a_table_that_somebody_gave_and_nobody_shortened";
const links = {
  before: `https://github.com/wizards/shop/blob/${"b".repeat(40)}`,
  after: `https://github.com/wizards/shop/blob/${"a".repeat(40)}`,
};
const WIDE = diffOf(
  [
    ...CHANGES.changes,
    change({
      who: `eu/${LONG.slice(0, 63)}/${LONG.slice(0, 63)}`,
      privileges: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
      on: [1, 2, 3].map((number) => ({
        object: { kind: "table", schema: LONG, name: `${LONG}_${number}` } as const,
        except: [],
      })),
      after: { lifetime: {}, grantedBy: [{ path: "x", source: `src/${"folder/".repeat(20)}${LONG}.ts:118` }] },
    }),
  ],
  CHANGES.unclassified,
);

test.each([
  ["a desktop", 800],
  ["a phone", 360],
])("on %s no sentence, heading or fold is cut off or wider than the comment", async (_name, width) => {
  const html = htmlOf(renderDiffMarkdown(WIDE, { links }));
  const { page, close } = await open(browser, html, { viewport: { width, height: 900 } });
  await page.locator("details").evaluateAll((all) => all.forEach((one) => one.setAttribute("open", "")));
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  expect(await page.locator("table").count()).toBe(0);
  expect(await page.locator("li > strong").count()).toBe(WIDE.changes.length - 1 + WIDE.unclassified.length);
  await close();
});

test("a grant of a new table is one line of the list", async () => {
  const of = (...names: string[]): ReturnType<typeof reportOf> =>
    reportOf({
      graph: graphOf({
        identities: [identity("web")],
        databases: [database("shop")],
        edges: [
          edge(
            "web",
            "shop",
            names.map((name) => ({ object: { kind: "table", schema: "sales", name }, privilege: "SELECT" })),
          ),
        ],
      }),
    });
  const markdown = renderDiffMarkdown(diffReports(of("wizard"), of("wizard", "orders")), { links });
  const { page, close } = await open(browser, htmlOf(markdown), { viewport: { width: 800, height: 600 } });
  expect(await page.locator("body > ul > li").allInnerTexts()).toEqual([
    expect.stringMatching(/^\+ eu\/shop\/web may now SELECT shop\.sales\.orders, at most \S+ · \S+:\d+$/),
  ]);
  const [box] = await page.locator("body > ul > li").evaluateAll((all) => all.map((one) => one.clientHeight));
  expect(box).toBeLessThan(2 * 21);
  await close();
});
