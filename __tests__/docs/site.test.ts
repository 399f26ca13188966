import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { FINDING_CODES } from "../../access/findings/finding";

/** `npm run site`, once: every page is in the list beside the text, and every link of every page leads somewhere. */
jest.setTimeout(900_000);
const root = join(__dirname, "../..");
let folder: string;
let pages: string[];
const html = (page: string): string => readFileSync(join(folder, page), "utf8");

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "leasehold-site-"));
  const vitepress = join(root, "node_modules/vitepress/bin/vitepress.js");
  const ran = spawnSync(process.execPath, [vitepress, "build", "tools/site", "--outDir", folder], {
    cwd: root,
    encoding: "utf8",
    timeout: 800_000,
  });
  if (ran.error) throw ran.error;
  expect({ code: ran.status, output: ran.status === 0 ? "" : ran.stdout + ran.stderr }).toEqual({
    code: 0,
    output: "",
  });
  pages = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".html") && name !== "404.html");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("each Markdown page of docs/ is a page of the site, and stands in one part of its navigation", () => {
  const markdown = readdirSync(join(root, "docs"), { recursive: true })
    .map((name) => join("docs", String(name)))
    .filter((name) => name.endsWith(".md"));
  expect(pages).toEqual(expect.arrayContaining(markdown.map((name) => name.replace(/\.md$/, ".html"))));
  const [, sidebar] = /<aside class="VPSidebar"([^]*?)<\/aside>/.exec(html("index.html")) ?? [];
  const listed = [...sidebar.matchAll(/href="\/([^"]*)"/g)].map(([, href]) => (href === "" ? "index.html" : href));
  expect(listed.map((each) => each.replace(/(\.html)?$/, ".html")).sort()).toEqual([...pages].sort());
});

test("the link that each finding prints opens its heading", () => {
  const headings = [...html("docs/findings.html").matchAll(/<h3 id="([^"]+)"/g)].map(([, id]) => id);
  expect(headings).toEqual(expect.arrayContaining([...FINDING_CODES]));
});

test("each link of a page names a page and a place that exist, or a file of the repository", () => {
  const { homepage } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const forge = `${homepage.replace(/#.*/, "")}/blob/main/`;
  const places = new Map(
    pages.map((page) => [page, new Set([...html(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  let followed = 0;
  const broken = pages.flatMap((page) => {
    const [, main] = /<main([^]*?)<\/main>/.exec(html(page)) ?? [];
    return [...main.matchAll(/(?:href|src)="([^"]+)"/g)].flatMap(([, link]) => {
      followed += 1;
      const [path, place] = link.replace(/&amp;/g, "&").split("#");
      if (path.startsWith(forge)) return existsSync(join(root, path.slice(forge.length))) ? [] : [`${page}: ${link}`];
      if (/^[a-z]+:/.test(path)) return [];
      const at = relative(folder, path.startsWith("/") ? join(folder, path) : resolve(folder, dirname(page), path));
      const target = path === "" ? page : at === "" ? "index.html" : at;
      const known = places.get(target) ?? places.get(`${target}.html`);
      if (!known) return existsSync(join(folder, target)) ? [] : [`${page}: ${link}`];
      return place === undefined || known.has(decodeURIComponent(place)) ? [] : [`${page}: ${link}`];
    });
  });
  expect(followed).toBeGreaterThan(500);
  expect(broken).toEqual([]);
});

test("the search knows what the pages say, and asks nobody", () => {
  const chunks = join(folder, "assets/chunks");
  const index = readdirSync(chunks).find((name) => name.includes("localSearchIndex"));
  const text = readFileSync(join(chunks, String(index)), "utf8");
  // A page by hand, a page that is written from the code, and a word of a table.
  const found = [
    "/docs/how-it-works.html#a-revocation",
    "/docs/api.html#postgresinstance",
    "serviceaccounttokenvolumename",
  ];
  expect(found.filter((each) => !text.includes(each))).toEqual([]);
  for (const page of pages) expect(html(page)).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/);
});
