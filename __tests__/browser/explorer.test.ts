import type { Browser, Page } from "playwright-core";
import { renderHtml } from "../../render/html";
import { open, Opened, startBrowser, texts } from "./browser";
import { changedShop, shopReport } from "./reports";

const shop = shopReport();
const changed = changedShop(shop);
const page = renderHtml(shop);
const diff = renderHtml(changed, shop);

// A bound for what hangs: a browser on a busy machine is slow.
jest.setTimeout(5 * 60_000);

let browser: Browser;
let opened: Opened[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  const problems = opened.flatMap((one) => one.problems);
  await Promise.all(opened.map((one) => one.close()));
  opened = [];
  // In every test: no request, no error, nothing on the console, no violation of the policy.
  expect(problems).toEqual([]);
});

async function show(html: string, options: Parameters<typeof open>[2] = {}): Promise<Page> {
  const one = await open(browser, html, options);
  opened.push(one);
  return one.page;
}

const who = (of: Page): Promise<string[]> => texts(of, "#list-rows .who");
const hashOf = async (of: Page): Promise<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(new URL(of.url()).hash.slice(1)));

/** The line of the program that grants a verb on a table to an identity. */
function lineOf(identity: string, table: string, verb: string): string {
  const edge = shop.graph.edges.find((one) => one.identity === identity && one.mountPath === "database/main/shop");
  const grant = edge?.grants.find(({ object, privilege }) => object.name === table && privilege === verb);
  return grant?.grantedBy[0].source ?? "no such grant";
}

describe("the page", () => {
  it("says who runs as the ServiceAccount, with the line that makes it", async () => {
    const of = await show(page);
    await of.locator("#matrix tbody tr", { hasText: "sales.wizard" }).locator("button").first().click();
    const said = (await of.locator("#panel").innerText()).replace(/\s+/g, " ");
    expect(said).toMatch(
      /1 workload of this program runs as it, and may do all that it may: Deployment eu\/shop\/\w+ \S+:\d+/,
    );
  });

  it("says of each server how many connections it takes: the sum first, and each part in whole", async () => {
    const of = await show(page);
    const said = await of.locator("#panel").innerText();
    expect(said).toMatch(/^main: \d+; max_connections 200$/m);
    expect(said).toMatch(/^kept for others: 10$/m);
    // A text of more than 200 characters is cut with this sign.
    expect(said).not.toContain("\\…");
  });

  it.each([375, 900])("gives the list more than half of the height, in a window of %s pixels", async (width) => {
    const of = await show(page, { viewport: { width, height: 800 } });
    expect(await of.evaluate("document.getElementById('list').clientHeight")).toBeGreaterThan(400);
  });

  it("opens without a request, a message or an error, with a matrix: who, verbs, table", async () => {
    const of = await show(page);
    expect(await of.title()).toBe("Who can touch what");
    expect(await texts(of, "#matrix thead th")).toEqual(expect.arrayContaining(["eu/shop/web", "eu/bi/reporting"]));
    const line = of.locator("#matrix tbody tr", { hasText: "sales.wizard" });
    expect((await line.locator("button .verbs").allTextContents()).sort()).toEqual(["SELECT", "SELECT"]);
    const customer = of.locator("#matrix tbody tr", { hasText: "sales.customer" });
    expect(await customer.locator("button").allTextContents()).toEqual([
      "eu/bi/reporting on shop.sales.customer: SELECT (country, id)",
    ]);
    expect(await of.locator("#picture-card").isVisible()).toBe(false);
  });

  it("draws the way of what is picked in the matrix, its links only, and explains it", async () => {
    const of = await show(page);
    await of.getByRole("button", { name: "eu/shop/web on shop.sales.wizard: SELECT" }).click();
    expect(await texts(of, "#panel h2")).toEqual(["eu/shop/web"]);
    expect(await of.locator(".node").count()).toBe(7);
    expect(await of.locator(".node.on").count()).toBe(7);
    expect(await of.locator("#picture-card").isVisible()).toBe(true);
    await of.keyboard.press("Escape");
    expect(await of.locator("#matrix-card").isVisible()).toBe(true);
    expect(await of.locator("#picture-card").isVisible()).toBe(false);
  });

  it("goes through the matrix by arrow keys, and Tab comes to it once", async () => {
    const of = await show(page, { hash: "#on=shop.sales.wizard" });
    await of.focus("#matrix button[tabindex='0']");
    const at = (): Promise<unknown> => of.evaluate("document.activeElement.textContent");
    const first = await at();
    await of.keyboard.press("ArrowRight");
    await of.keyboard.press("ArrowRight");
    expect(await at()).not.toBe(first);
    expect(await of.locator("#matrix button[tabindex='0']").count()).toBe(1);
  });

  it("says what it is of, in characters that can be seen", async () => {
    const of = await show(renderHtml(shop, undefined, "shop, production, commit 805e281 of 2026-11-28 <b>"));
    expect(await of.title()).toBe("Who can touch what: shop, production, commit 805e281 of 2026-11-28 <b>");
    expect(await of.textContent("#summary")).toMatch(
      /^shop, production, commit 805e281 of 2026-11-28 <b>: 7 workloads/,
    );
  });

  it("is read on a phone without scrolling to the side, and shows the explanation of what is touched", async () => {
    const of = await show(page, { viewport: { width: 375, height: 800 }, hasTouch: true });
    expect(await of.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(375);
    const row = of.locator("#list-rows .row", { hasText: "sales.wizard" }).first();
    expect(await row.locator(".may").isVisible()).toBe(true);
    await row.tap();
    await of.locator("#panel h2").first().waitFor();
    expect(await of.evaluate("document.querySelector('#panel').getBoundingClientRect().top < innerHeight / 2")).toBe(
      true,
    );
    expect(await of.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(375);
  });

  it("draws the seven columns when all ways are asked for", async () => {
    const of = await show(page);
    await of.click("#view");
    expect(await texts(of, ".head")).toEqual([
      "ServiceAccount",
      "Auth role",
      "Policy",
      "Database role",
      "Lease functions",
      "Group role",
      "Tables and other objects",
    ]);
    for (const name of ["ServiceAccount web", "auth role shop.web", "database role eu.shop.web", "object sales.wizard"])
      expect(await of.getByRole("button", { name }).count()).toBeGreaterThan(0);
  });

  it("answers who may SELECT sales.wizard by the keyboard alone, with the owner's login, and says why", async () => {
    const of = await show(page);
    await of.keyboard.press("/");
    await of.keyboard.type("select sales.wizard");
    await of.keyboard.press("ArrowDown");
    expect(await who(of)).toEqual(["eu/shop/api", "eu/shop/web", "eu/shop/shop-migrator"]);
    expect(await texts(of, "#panel h2")).toEqual(["eu/shop/api"]);
    await of.keyboard.press("ArrowDown");
    const panel = (await of.textContent("#panel")) ?? "";
    expect(panel).toContain("eu/shop/web");
    expect(panel).toContain(lineOf("eu/shop/web", "wizard", "SELECT"));
    for (const name of ["shop.web", "leasehold_eu_shop_web_database.main.shop", "eu.shop.web", "eu_shop_web_shop"])
      expect(panel).toContain(name);
    expect(panel).toMatch(/Vault token1h \/ 24h.*Login1h \/ 24h.*Open session24h/);
    expect(await of.locator(".node.on").count()).toBe(7);
  });

  it("answers it by two choices, too, in a sentence", async () => {
    const of = await show(page);
    await of.selectOption("#on", "shop.sales.wizard");
    await of.click('[data-verb="SELECT"]');
    expect(await of.textContent("#count")).toBe("3 workloads may SELECT shop.sales.wizard");
    expect(await who(of)).toEqual(["eu/shop/api", "eu/shop/web", "eu/shop/shop-migrator"]);
    expect(await hashOf(of)).toEqual({ on: "shop.sales.wizard", verb: "SELECT" });
  });

  it("shows a schema-wide grant to whoever asks for a table of the schema that nobody names", async () => {
    const of = await show(page, { hash: "#q=staff.salary" });
    expect(await who(of)).toEqual(["eu/shop/api"]);
    expect(await texts(of, "#list-rows .on")).toEqual(["staff.*whole schema"]);
  });

  it.each([
    ["who can select sales.wizard?", ["eu/shop/api", "eu/shop/web", "eu/shop/shop-migrator"]],
    ["Who may read from the staff.salary", ["eu/shop/api"]],
    ["can select sales.wizard", []],
  ])("finds what is asked for as people ask: %s", async (q, found) => {
    const of = await show(page, { hash: `#${new URLSearchParams({ q })}` });
    expect(await who(of)).toEqual(found);
  });

  it("explains a verb that is not usual where it stands, and no usual one", async () => {
    const of = await show(page, { hash: "#verb=ACT+AS" });
    const verb = of.locator("#list-rows .verb", { hasText: "ACT AS" }).first();
    expect(await verb.getAttribute("title")).toMatch(/^is that role while the session lives/);
    await verb.click();
    expect(await texts(of, "#panel .meaning")).toEqual([expect.stringMatching(/^ACT AS: .*DROP and GRANT too\.$/)]);
    const select = await show(page, { hash: "#on=shop.sales.wizard&verb=SELECT" });
    expect(await select.locator("#list-rows .verb", { hasText: "SELECT" }).first().getAttribute("title")).toBeNull();
  });

  it("shows columns as such", async () => {
    const of = await show(page, { hash: "#q=customer" });
    expect(await texts(of, "#list-rows .on")).toEqual([
      "sales.customer (country, id)",
      expect.stringContaining("owns"),
    ]);
    await of.click("#view");
    expect(await of.textContent(".port .allows")).toBe("SELECT (country, id)");
  });

  it("shows CONNECT and USAGE of a schema to whoever asks for them only", async () => {
    const of = await show(page);
    expect(await texts(of, "#list-rows .may")).not.toContain("CONNECT");
    await of.click('[data-verb="CONNECT"]');
    expect(new Set(await texts(of, "#list-rows .may"))).toEqual(new Set(["CONNECT"]));
  });

  it("filters by workload, database and namespace", async () => {
    const of = await show(page);
    await of.selectOption("#who", "eu/shop/");
    expect(new Set(await who(of))).toEqual(
      new Set(["eu/shop/api", "eu/shop/web", "eu/shop/shop-migrator", "eu/shop/billing-migrator"]),
    );
    await of.selectOption("#db", "billing");
    expect(await who(of)).toEqual(["eu/shop/api", "eu/shop/billing-migrator"]);
    await of.selectOption("#who", "");
    expect(await who(of)).toContain("eu/legacy/erp");
  });

  it("explains a chosen box: who may touch a table, by verb, with the owner", async () => {
    const of = await show(page, { hash: "#view=ways" });
    await of.getByRole("button", { name: "object sales.wizard" }).click();
    const panel = (await of.textContent("#panel")) ?? "";
    expect(panel).toMatch(/SELECT.*eu\/shop\/api.*eu\/shop\/web.*ACT AS.*eu\/shop\/shop-migrator/);
    await of.getByRole("button", { name: "Show only this" }).click();
    expect(await hashOf(of)).toEqual({ on: "shop.sales.wizard", view: "ways" });
  });

  it("is walked through by arrow keys along the links, from a ServiceAccount to its tables", async () => {
    const of = await show(page, { hash: "#who=eu/shop/web&view=ways" });
    await of.focus("#drawing .node[tabindex='0']");
    const path: string[] = [];
    for (let step = 0; step < 7; step++) {
      path.push((await of.evaluate("document.activeElement.querySelector('title').textContent")) as string);
      await of.keyboard.press("ArrowRight");
    }
    expect(path.map((label) => label.split(",")[0])).toEqual([
      "ServiceAccount web",
      "auth role shop.web",
      "policy leasehold_eu_shop_web_database.main.shop",
      "database role eu.shop.web",
      "lease functions shop",
      "group role eu_shop_web_shop",
      "object sales.wizard",
    ]);
    await of.keyboard.press("Enter");
    expect(await of.textContent("#panel h2")).toBe("shop.sales.wizard");
  });

  it.each([
    ["", "matrix-pick"],
    ["#view=ways", "node"],
  ])("is left by Tab: nothing traps the keyboard (%s)", async (hash, stopOfAll) => {
    const of = await show(page, { hash });
    const stops: string[] = [];
    for (let step = 0; step < 60; step++) {
      await of.keyboard.press("Tab");
      const stop = (await of.evaluate(
        "document.activeElement === document.body ? '' : document.activeElement.id || document.activeElement.className.baseVal || document.activeElement.className",
      )) as string;
      if (stop === "" || (stops.length > 0 && stop === stops[0])) break;
      stops.push(stop);
    }
    expect(stops.length).toBeLessThan(40);
    for (const stop of ["q", "who", "on", "db", "list"]) expect(stops).toContain(stop);
    // One stop for the whole matrix or picture, however much is in it.
    expect(stops.filter((stop) => stop.startsWith(stopOfAll))).toHaveLength(1);
  });

  it("closes and clears by Escape, first the explanation, then the filters", async () => {
    const of = await show(page, { hash: "#verb=INSERT" });
    await of.focus("#list");
    await of.keyboard.press("ArrowDown");
    expect((await hashOf(of)).pick).toMatch(/^row:/);
    await of.keyboard.press("Escape");
    expect(await hashOf(of)).toEqual({ verb: "INSERT" });
    await of.keyboard.press("Escape");
    expect(await hashOf(of)).toEqual({});
  });

  it("shows again what an address says, and says so where that is gone", async () => {
    const of = await show(page, { hash: "#on=shop.sales.wizard&verb=SELECT" });
    await of.locator("#list-rows .row").nth(1).click();
    const again = await show(page, { hash: new URL(of.url()).hash });
    expect(await again.textContent("#panel")).toBe(await of.textContent("#panel"));
    expect(await again.textContent("#panel h2")).toBe("eu/shop/web");
    const gone = await show(page, { hash: "#who=eu/shop/gone" });
    expect(await gone.textContent("#nothing")).toContain("There is no workload eu/shop/gone in this report.");
  });

  it("follows the system's colours, and a choice of its own", async () => {
    const ground = "getComputedStyle(document.body).backgroundColor";
    const light = await show(page);
    const dark = await show(page, { colorScheme: "dark" });
    expect(await light.evaluate(ground)).not.toBe(await dark.evaluate(ground));
    await light.click("#theme");
    expect(await light.evaluate(ground)).toBe(await dark.evaluate(ground));
  });

  it("prints every row", async () => {
    const of = await show(page);
    await of.emulateMedia({ media: "print" });
    await of.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await of.locator("#list-rows .row").count()).toBe(Number((await of.textContent("#count"))?.split(" ")[0]));
  });

  it("fits 900 pixels without scrolling the page to the side", async () => {
    const of = await show(diff, { viewport: { width: 900, height: 800 } });
    expect(await of.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(900);
  });
});

describe("the page of a change", () => {
  it("says what it does first, and shows what changes with a sign beside the colour", async () => {
    const of = await show(diff);
    expect(await of.textContent(".verdict-title")).toBe("This change broadens access.");
    expect(await texts(of, "[data-verdict]")).toEqual([
      "All changes",
      "+ Broadened 2",
      "↑ Longer 1",
      "? Unclassified 2",
      "↷ Rewired 1",
      "↓ Shorter 1",
      "− Narrowed 2",
      "Everything",
    ]);
    const rows = await of.locator("#list-rows .row").evaluateAll((all) => all.map((row) => row.textContent ?? ""));
    expect(rows[0]).toMatch(/\+Broadened eu\/shop\/web\+Broadened: INSERTsales\.orders/);
    expect(rows).toHaveLength(5);
    const colours = new Set<unknown>();
    for (const verdict of ["broadened", "longer", "rewired", "shorter", "narrowed"]) {
      const sign = of.locator(`#list-rows .sign.${verdict}`).first();
      colours.add(await sign.evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).color));
    }
    expect(colours.size).toBe(5);
    await of.click("#view");
    expect(await texts(of, ".badge text")).toEqual(expect.arrayContaining(["↷", "↑", "↓", "−"]));
  });

  it("draws what is gone as a ghost, and what is new in its colour", async () => {
    const of = await show(diff, { hash: "#view=ways" });
    expect(await of.locator(".node.gone title").textContent()).toContain("staff.*");
    expect(await texts(of, ".port tspan.gone")).toEqual(["−SELECT"]);
    expect(await texts(of, ".port tspan.broadened")).toEqual(expect.arrayContaining(["+INSERT", "+UPDATE"]));
    expect(await of.locator(".link.broadened").count()).toBe(1);
  });

  it("filters by verdict, and shows everything when asked to", async () => {
    const of = await show(diff);
    await of.click('[data-verdict="narrowed"]');
    expect(await who(of)).toEqual(["eu/shop/api"]);
    await of.click('[data-verdict="all"]');
    expect((await who(of)).length).toBeGreaterThan(10);
  });

  it("asks about everything once something is typed: what changes is only the view it opens with", async () => {
    const of = await show(diff);
    await of.fill("#q", "select sales.wizard");
    await of.getByText("3 of 18 permissions").waitFor();
    expect((await who(of)).sort()).toEqual(["eu/shop/api", "eu/shop/shop-migrator", "eu/shop/web"]);
  });

  it("says in words what moved", async () => {
    const of = await show(diff);
    const panel = (await of.textContent("#panel")) ?? "";
    expect(panel).toContain("eu/shop/web may now INSERT on sales.orders in shop");
    expect(panel).toContain("lease max: 1h → 4h");
    expect(panel).toContain("database role: eu.legacy.erp → eu.legacy.erp-v2");
    expect(panel).toContain("eu/shop/api may no longer SELECT on staff.*");
  });

  it("says before everything else what the picture does not cover", async () => {
    const of = await show(diff);
    expect(await of.textContent("#notice")).toContain("The picture does not cover 2 things");
    const panel = (await of.textContent("#panel")) ?? "";
    expect(panel).toContain("vault_policy break-glass in vault-config");
    expect(panel).toContain("postgresql_grant shop in access-shop");
    expect(panel).toContain("aws 12");
  });

  it("says that nothing changes where nothing does", async () => {
    const of = await show(renderHtml(shop, shop));
    expect(await of.textContent("#verdict")).toBe("Nobody's access changes.");
    expect(await of.textContent("#count")).toMatch(/^\d+ permissions, /);
  });
});
