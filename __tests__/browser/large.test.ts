import type { Browser } from "playwright-core";
import { renderHtml } from "../../render/html";
import { open, Opened, startBrowser, texts } from "./browser";
import { largeReport } from "./reports";

/** Elements that the page may have at once, whatever is in it: a bound that drawing every row, or every box, would break. */
const MOST = 4000;
const html = renderHtml(largeReport(1000));

// A bound for what hangs: a browser on a busy machine is slow.
jest.setTimeout(5 * 60_000);

let browser: Browser;
let opened: Opened;
beforeAll(async () => {
  browser = await startBrowser();
  opened = await open(browser, html, { hash: "#view=ways" });
});
afterAll(async () => {
  await opened?.close();
  await browser?.close();
  expect(opened.problems).toEqual([]);
});

const elements = (): Promise<number> => opened.page.evaluate("document.querySelectorAll('*').length");

test("1,000 workloads are drawn by namespace and schema, with few elements", async () => {
  const { page } = opened;
  expect(await page.textContent("#summary")).toBe("1,000 workloads, 4 databases");
  expect(await elements()).toBeLessThan(MOST);
  expect(await page.locator(".node.kubernetes").count()).toBe(25);
  expect(await page.textContent("#picture-note")).toContain("by namespace and schema");
});

test("the matrix puts 1,000 workloads together by namespace, and looks into one", async () => {
  const { page } = opened;
  await page.evaluate("location.hash = ''");
  await page.locator("#matrix-note", { hasText: "Workloads are put together by namespace." }).waitFor();
  expect(await texts(page, "#matrix thead th")).toContain("eu/team-03");
  expect(await elements()).toBeLessThan(MOST);
  await page
    .getByRole("button", { name: /^eu\/team-03\/ on / })
    .first()
    .click();
  expect(new URL(page.url()).hash).toContain("who=eu%2Fteam-03%2F");
  await page.evaluate("location.hash = '#view=ways'");
  await page.locator(".node").first().waitFor();
});

test("a list of thousands of rows has those elements that are seen, also at its end", async () => {
  const { page } = opened;
  const rows = Number(await page.getAttribute("#list", "aria-rowcount"));
  expect(rows).toBeGreaterThan(2000);
  await page.focus("#list");
  await page.keyboard.press("End");
  expect(await page.getAttribute("#list", "aria-activedescendant")).toBe(`row-${rows - 2}`);
  expect(await page.locator(`#row-${rows - 2}`).isVisible()).toBe(true);
  expect(await page.locator("#list-rows .row").count()).toBeLessThan(80);
  expect(await elements()).toBeLessThan(MOST);
  await page.keyboard.press("Escape");
});

test("each letter that is typed is answered, and never draws more than can be read", async () => {
  const { page } = opened;
  await page.keyboard.press("/");
  for (const letter of "service-0999") {
    await page.keyboard.type(letter);
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    expect(await elements()).toBeLessThan(MOST);
  }
  expect(new Set(await texts(page, "#list-rows .who"))).toEqual(new Set(["eu/team-24/service-0999"]));
  await page.keyboard.press("Escape");
});

test("a box that stands for many is looked into, until every workload is drawn", async () => {
  const { page } = opened;
  await page.getByRole("button", { name: /^ServiceAccount team-03/ }).click();
  expect(new URL(page.url()).hash).toBe("#who=eu%2Fteam-03%2F&view=ways");
  await page
    .getByRole("button", { name: /^object schema core/ })
    .first()
    .click();
  expect(await page.locator(".node.kubernetes").count()).toBeGreaterThan(3);
  expect(await page.locator(".node.kubernetes title").first().textContent()).toContain("service-");
  await page.keyboard.press("Escape");
});

test("more rows than one picture holds are drawn part by part", async () => {
  const { page } = opened;
  await page.evaluate("location.hash = '#view=ways&who=eu/team-00/'");
  await page.getByRole("button", { name: /^\d+ more$/ }).waitFor();
  const first = await texts(page, ".node.kubernetes .title");
  await page.getByRole("button", { name: /^\d+ more$/ }).click();
  expect(await texts(page, ".node.kubernetes .title")).not.toEqual(first);
  expect(await elements()).toBeLessThan(MOST);
});
