import * as fc from "fast-check";
import type { Browser } from "playwright-core";
import { AccessReport, REPORT_VERSION } from "../../access/report/report";
import { visible } from "../../render/escape";
import { renderHtml } from "../../render/html";
import { database, delivery, edge, graphOf, identity } from "../support/graph";
import { open, startBrowser, texts } from "./browser";
import { block } from "./reports";

/** Names that would act where they are not kept from it. */
const ATTACKS = [
  "</script><img src=x onerror=document.title='owned'>",
  "<script>document.title='owned'</script>",
  "<!--<script>",
  "]]><svg onload=document.title='owned'>",
  "\"><iframe srcdoc='<script>parent.document.title=1</script>'>",
  "javascript:document.title='owned'",
  "{{constructor.constructor('document.title=1')()}}",
  "'); document.title='owned'; ('",
  "\u202eadmin\u202c",
  "zero\u200bwidth",
  "line\u2028break\u2029",
  "&lt;b&gt;&amp;",
  "__proto__",
  "constructor",
  "\\u003cimg\\u003e",
  "a\0b",
  "\ud800",
  "ا\u0644ع",
  "</style><style>*{display:none}</style>",
];

const hostile = fc.oneof(
  fc.constantFrom(...ATTACKS),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc.tuple(fc.constantFrom(...ATTACKS), fc.string({ unit: "grapheme", maxLength: 10 })).map((parts) => parts.join("")),
);

/** A report in which every name is one of these. */
function reportOf(names: readonly string[]): AccessReport {
  const [account, table, schema, column, policy, role, source, path, db] = names;
  const place = { path, source };
  const key = { cluster: "eu", namespace: "shop", serviceAccount: account };
  const mountPath = `database/main/${db}`;
  const more = { ...place, mountPath };
  return {
    $schema: "",
    version: REPORT_VERSION,
    graph: graphOf({
      identities: [
        identity("web", { ...place, key, authRole: role, authPath: policy, audience: table, policies: [policy] }),
      ],
      databases: [database("shop", { ...more, database: db, instance: schema, owner: role })],
      edges: [
        {
          ...edge("web", "shop", [
            { object: { kind: "table", schema, name: table }, privilege: "SELECT" },
            { object: { kind: "column", schema, name: table, column }, privilege: "INSERT" },
            { object: { kind: "table", schema }, privilege: "DELETE" },
          ]),
          ...more,
          identity: `eu/shop/${account}`,
          policy,
          groupRole: role,
          databaseRole: role,
          actsAs: role,
        },
      ],
      deliveries: [delivery("web", "shop", { ...more, workload: path, identity: `eu/shop/${account}`, file: column })],
    }),
    unclassified: [block("raw", { ...place, name: table, stack: schema, type: policy })],
    notJudged: [{ provider: table, count: 1 }],
  };
}

// A bound for what hangs: a browser on a busy machine is slow.
jest.setTimeout(5 * 60_000);

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

/** What the page is made of; whatever else is there came from a name. */
const OURS =
  "a aside body button circle code dd details div dl dt g h1 h2 h3 head header html input kbd label li link main meta noscript ol optgroup option p path rect script section select span strong style summary svg table tbody td text th thead title tr tspan ul wbr";

test("names are text: none runs, none becomes an element, each is shown in characters that can be seen", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(hostile, { minLength: 9, maxLength: 9 }),
      fc.array(hostile, { minLength: 9, maxLength: 9 }),
      async (names, before) => {
        const { page, problems, close } = await open(browser, renderHtml(reportOf(names), reportOf(before)), {
          hash: "#change=all",
        });
        try {
          const [account, table, , , policy] = names;
          const who = visible(`eu/shop/${account}`);
          expect(await texts(page, "#list-rows .who")).toContain(who);
          expect(await page.textContent("#matrix")).toContain(visible(table));
          expect(await page.evaluate("document.body.innerText")).not.toMatch(/[^\P{C}\n\t]/u);
          for (const row of await page.locator("#list-rows .row").all()) {
            await row.click();
            const shown = await page.evaluate("document.body.innerText");
            // Nothing that hides, and nothing that turns the direction of what is beside it.
            expect(shown).not.toMatch(/[^\P{C}\n\t]/u);
          }
          await page.keyboard.press("Escape");
          expect(await page.textContent("#panel")).toContain(visible(table));
          await page.click("#view");
          expect(await page.locator(".node.own title").first().textContent()).toContain(visible(policy));
          const elements = (await page.evaluate(
            "[...new Set([...document.querySelectorAll('*')].map((element) => element.localName))]",
          )) as string[];
          expect(elements.filter((name) => !OURS.split(" ").includes(name))).toEqual([]);
          expect(await page.locator("script").count()).toBe(2);
          expect(await page.locator("style").count()).toBe(1);
          const attributes = await page.evaluate(
            "[...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith('on') || name === 'src' || name === 'srcdoc')",
          );
          expect(attributes).toEqual([]);
          expect(await page.title()).toBe("What changes: who can touch what");
          expect(problems).toEqual([]);
        } finally {
          await close();
        }
      },
    ),
    { numRuns: 12, interruptAfterTimeLimit: 45_000 },
  );
});

test("an address is text as well, whoever made it", async () => {
  const html = renderHtml(reportOf(ATTACKS));
  const values = [...ATTACKS, "%", "%E0%A4%A", "x".repeat(5000), "row:__proto__", "node:constructor", "node:", "row:"];
  for (const value of values) {
    const parameters = ["q", "who", "on", "db", "verb", "change", "pick", "__proto__"];
    const hash = `#${parameters.map((key) => `${key}=${/^%/.test(value) ? value : encodeURIComponent(value.replace(/\p{Cs}/gu, ""))}`).join("&")}`;
    const { page, problems, close } = await open(browser, html, { hash });
    expect(await page.locator("#count").textContent()).toMatch(/permission|may/);
    expect(await page.locator("img, iframe, svg svg").count()).toBe(0);
    expect(await page.textContent("#nothing")).not.toMatch(/[^\P{C}\n\t]/u);
    expect(await page.title()).toBe("Who can touch what");
    expect(problems).toEqual([]);
    await close();
  }
});
