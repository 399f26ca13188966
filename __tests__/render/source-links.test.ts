import * as fc from "fast-check";
import { diffReports } from "../../access/diff/diff";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { isFileAddress, placeMarkdown } from "../../render/source-links";
import { database, edge, graphOf, identity } from "../support/graph";
import { change, diffOf, reportOf } from "./fixture";
import { Gfm, nodes } from "./gfm";
import { ATTACKS, hostileName } from "./names";

const BEFORE = `https://github.com/wizards/shop/blob/${"b".repeat(40)}`;
const AFTER = `https://github.com/wizards/shop/blob/${"a".repeat(40)}`;
const gfm = new Gfm();
afterAll(() => gfm.end());

const place = (source: string): { path: string; source: string } => ({ path: "access/shop", source });

test.each([
  ["shop.ts:118", "", "[`shop.ts:118`](R/shop.ts#L118)"],
  ["src/a b (1).ts:7", "", "[`src/a b (1).ts:7`](R/src/a%20b%20%281%29.ts#L7)"],
  ["lib/shop.ts:7", "infra/eu", "[`lib/shop.ts:7`](R/infra/eu/lib/shop.ts#L7)"],
  ["../lib/shop.ts:7", "infra/eu/", "[`../lib/shop.ts:7`](R/infra/lib/shop.ts#L7)"],
  ["../shop.ts:7", ".", "`../shop.ts:7`"],
  ["a/../../../other/repository.ts:7", "", "`a/../../../other/repository.ts:7`"],
  ["/etc/passwd:1", "", "`/etc/passwd:1`"],
  ["shop.ts", "", "`shop.ts`"],
  ["shop\n.ts:1", "", "`shop\\n.ts:1`"],
])("%j of the program in %j: %s", (source, folder, markdown) => {
  expect(placeMarkdown(place(source), "R", folder)).toBe(markdown);
});

test("a place without a line is its construct, and no link", () => {
  expect(placeMarkdown({ path: "access/shop" }, AFTER)).toBe("`access/shop`");
});

test("whatever a file is called, a link leads to a line of that commit of that repository", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileName,
      fc.constantFrom("", ":7", "/../..:7", "\\..\\x:7", ")](https://example.com):7"),
      async (name, end) => {
        const tree = await gfm.parse(placeMarkdown(place(name + end), AFTER));
        for (const { type, url = "" } of nodes(tree)) {
          expect(["html", "image"]).not.toContain(type);
          if (type === "link") expect(new URL(url).href).toMatch(new RegExp(`^${AFTER}/[^?#]+#L7$`));
        }
      },
    ),
    { numRuns: 200, examples: ATTACKS.map((attack) => [attack, ":7"]) },
  );
});

test.each([
  ["https://github.com/wizards/shop/blob/abc", true],
  ["http://git.example.com:3000/wizards/shop/-/blob/abc/", true],
  ["https://github.com", false],
  ["https://user@github.com/a", false],
  ["https://github.com/a/../b", false],
  ["https://github.com/a)b", false],
  ["https://github.com/a?b", false],
  ["https://github.com/a b", false],
  ["javascript:alert(1)", false],
  ["//github.com/a", false],
])("%s is an address of files: %s", (text, fine) => {
  expect(isFileAddress(text)).toBe(fine);
});

describe("each change links to the line that was changed", () => {
  const links = { before: BEFORE, after: AFTER };
  const of = (text: string): (string | undefined)[] =>
    text
      .split("\n")
      .filter((line) => line.startsWith("- **"))
      .map((line) => /\]\(([^)]*)\)$/.exec(line)?.[1]);

  test("what is gone stands in the base, all else in the head", () => {
    const gone = { before: change().after, after: undefined };
    expect(of(renderDiffMarkdown(diffOf([change(), change({ verdict: "narrowed", ...gone })]), { links }))).toEqual([
      `${AFTER}/shop.ts#L118`,
      `${BEFORE}/shop.ts#L118`,
    ]);
  });

  test("a token's clock is changed at the identity, a lease's where the identity and database met, and no grant was", () => {
    const side = (tokenTtl: number, leaseTtl: number): ReturnType<typeof reportOf> =>
      reportOf({
        graph: graphOf({
          identities: [identity("web", { tokenTtl, source: "identities.ts:3" })],
          databases: [database("shop")],
          edges: [
            edge("web", "shop", [{ object: { kind: "table", schema: "sales", name: "orders" }, privilege: "SELECT" }], {
              leaseTtl,
              source: "edges.ts:5",
            }),
          ],
        }),
      });
    const changed = (...after: [number, number]): (string | undefined)[] =>
      of(renderDiffMarkdown(diffReports(side(600, 600), side(...after)), { links }));
    expect(new Set(changed(900, 600))).toEqual(new Set([`${AFTER}/identities.ts#L3`]));
    expect(changed(600, 900)).toEqual([`${AFTER}/edges.ts#L5`]);
  });
});

test("what comes with every grant has no sentence beside it", () => {
  const connect = change({ privileges: ["CONNECT"], on: [{ object: { kind: "database" }, except: [] }] });
  const sentences = (...all: Parameters<typeof diffOf>): number =>
    renderDiffMarkdown(diffOf(...all)).match(/^- \*\*/gm)?.length ?? 0;
  expect(sentences([connect, change()])).toBe(1);
  expect(sentences([connect])).toBe(1);
  expect(sentences([connect, change({ who: "eu/shop/api" })])).toBe(2);
});

test.each([
  [{ privileges: ["LOGIN"], on: [{ object: { kind: "vault" }, except: [] }], database: undefined }, "log in to Vault"],
  [
    {
      privileges: ["RUN AS"],
      on: [{ object: { kind: "identity", name: "eu/shop/web" }, except: [] }],
      database: undefined,
    },
    "run as `eu/shop/web`",
  ],
  [
    { privileges: ["READ IN TRANSIT", "IMPERSONATE"], on: [{ object: { kind: "wire" }, except: [] }] },
    "read and impersonate the server of the connections to `shop`",
  ],
  [
    {
      privileges: ["SELECT", "UPDATE"],
      on: ["name", "email"].map((column) => ({
        object: { kind: "column", schema: "sales", name: "wizard", column },
        except: [],
      })),
    },
    "SELECT and UPDATE `shop.sales.wizard` (`name`, `email`)",
  ],
] as const)("%j reads: may now %s", (more, words) => {
  const text = renderDiffMarkdown(diffOf([change(more as unknown as Partial<ReturnType<typeof change>>)]));
  expect(text).toContain(`- **+ \`eu/shop/web\` may now ${words}**`);
});
