import type { Browser } from "playwright-core";
import { renderHtml } from "../../render/html";
import { open, startBrowser } from "./browser";
import { changedShop, largeReport, shopReport } from "./reports";

const shop = shopReport();
const page = renderHtml(shop);
const diff = renderHtml(changedShop(shop), shop);

// A bound for what hangs: a browser on a busy machine is slow.
jest.setTimeout(5 * 60_000);

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

test.each([
  ["the example", page, "", "light"],
  ["the example", page, "", "dark"],
  ["a row explained", page, "#q=wizard&pick=row:eu/shop/web+|+shop.sales.wizard+|+database/main/shop", "light"],
  ["a box explained", page, "#pick=node:6:shop.sales.wizard", "dark"],
  ["a change", diff, "", "light"],
  ["a change", diff, "", "dark"],
  ["nothing found", page, "#q=no+such+thing", "light"],
  ["200 workloads", renderHtml(largeReport(200)), "", "light"],
] as const)("axe finds nothing in %s (%#)", async (_, html, hash, colorScheme) => {
  // The page's policy would keep axe out: this one test does without it.
  const { page: of, problems, close } = await open(browser, html, { hash, colorScheme, bypassCSP: true });
  await of.addScriptTag({ path: require.resolve("axe-core/axe.min.js") });
  const { violations } = (await of.evaluate("axe.run()")) as { violations: Violation[] };
  await close();
  expect(problems).toEqual([]);
  expect(
    violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.slice(0, 3).map(({ target, failureSummary }) => [target, failureSummary]),
    })),
  ).toEqual([]);
});
