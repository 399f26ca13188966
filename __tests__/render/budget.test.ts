import * as fc from "fast-check";
import { AccessChange, VERDICTS } from "../../access/diff/diff";
import { COMMENT_BUDGET, LEAST_BUDGET } from "../../render/budget";
import { counts, SIGNS, verdictLine } from "../../render/changes";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { change, diffOf, unclassifiedChange, unclassifiedNode } from "./fixture";
import { Gfm, nodes, values } from "./gfm";
import { hostileName } from "./names";

let gfm: Gfm;
beforeAll(() => {
  gfm = new Gfm();
});
afterAll(() => gfm.end());

/** By a statement of its own: what one statement changes for several is one sentence. */
function at(line: number): AccessChange["after"] {
  return { lifetime: {}, grantedBy: [{ path: "access-shop/shop/web", source: `shop.ts:${line}` }] };
}

function many(count: number, more: (index: number) => Partial<AccessChange>): AccessChange[] {
  return [...Array(count).keys()].map((index) =>
    change({ who: `eu/shop/workload-${index}`, after: at(index), ...more(index) }),
  );
}

const verdicts = fc.constantFrom("broadened", "longer", "rewired", "shorter", "narrowed" as const);
const someDiff = fc
  .tuple(
    fc.array(fc.tuple(verdicts, hostileName, hostileName), { maxLength: 120 }),
    fc.array(hostileName, { maxLength: 40 }),
    fc.array(hostileName, { maxLength: 5 }),
    fc.boolean(),
  )
  .map(([changes, blocks, leaving, apart]) => ({
    ...diffOf(
      changes
        .map(([verdict, who, name], index) =>
          change({
            verdict,
            who,
            on: [{ object: { kind: "table", schema: "s", name }, except: [] }],
            after: at(apart ? index : 1),
          }),
        )
        .sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict)),
      blocks.map((name) => unclassifiedChange({ after: unclassifiedNode({ name }) })),
    ),
    leaving: leaving.map((name) => ({ path: "workloads/x", workload: name, identity: name, drain: 20 })),
    apart,
  }));

describe("the budget of a comment", () => {
  test("is below what GitHub takes, however it counts", () => {
    expect(COMMENT_BUDGET).toBeLessThan(65_536);
  });

  test("a diff that is too large says what is missing, by verdict", () => {
    const diff = diffOf([
      ...many(3, () => ({})),
      ...many(400, (index) => ({ verdict: "narrowed", before: at(index), after: undefined })),
    ]);
    const text = renderDiffMarkdown(diff, { budget: 10_000 });
    const [marker, verdict] = text.split("\n");
    expect(marker).toBe("<!-- leasehold access diff -->");
    expect(verdict).toBe("### BROADENED: 3 grants; narrowed: 400 grants");
    expect(text.match(/^- \*\*\+ /gm)).toHaveLength(3);
    const shown = text.match(/^- \*\*− /gm)?.length ?? 0;
    expect(text).toContain(
      `**${400 - shown} changes not shown: broadened 0, longer 0, unclassified 0, rewired 0, shorter 0, narrowed ${400 - shown}**, for want of room; \`leasehold diff\` shows all of them.`,
    );
    expect(text).not.toContain("<details>");
  });

  test("details go before any sentence", () => {
    const diff = diffOf(many(20, () => ({})));
    const whole = renderDiffMarkdown(diff);
    expect(whole).toContain("<details>");
    const text = renderDiffMarkdown(diff, { budget: Buffer.byteLength(whole) - 200, whole: "see the artifact" });
    expect(text.match(/^- \*\*\+ /gm)).toHaveLength(20);
    expect(text).toMatch(/Where \d+ changes are written is not shown, for want of room; see the artifact\./);
  });

  test("one change of very much is many sentences, none of which is large", () => {
    const on = [...Array(4000).keys()].map((index) => ({
      object: { kind: "table", schema: "s", name: `table${index}` } as const,
      except: [],
    }));
    const text = renderDiffMarkdown(diffOf([change({ on })]));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(COMMENT_BUDGET);
    expect(text).toContain("### BROADENED: 4000 grants\n");
    expect(text).toMatch(/\*\*\d+ changes not shown: broadened \d+,/);
    expect(text).toContain("`shop.s.table0`");
  });

  test("is kept whatever the names are; the verdict is whole, the gravest rows are shown, and nothing is left out silently", async () => {
    await fc.assert(
      fc.asyncProperty(someDiff, fc.integer({ min: LEAST_BUDGET, max: 20_000 }), async (diff, budget) => {
        const text = renderDiffMarkdown(diff, { budget });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget);
        expect(text.split("\n")[1]).toBe(`### ${verdictLine(diff)}`);
        expect(text.includes("together with")).toBe(diff.leaving.length > 0);
        const tree = await gfm.parse(text);
        // The first words of each sentence are its sign.
        const rows = nodes(tree)
          .filter(({ type }) => type === "strong")
          .map((strong) => VERDICTS.find((verdict) => SIGNS[verdict] === values(strong, "text")[0]?.[0]))
          .filter((verdict) => verdict !== undefined);
        const all = [...diff.changes, ...diff.unclassified].length;
        const missing = /^\*\*(\d+) changes? not shown: (.*)\*\*, for want/m.exec(text);
        if (diff.apart) expect(rows.length + Number(missing?.[1] ?? 0)).toBe(all);
        else expect(rows.length + Number(missing?.[1] ?? 0)).toBeLessThanOrEqual(all);
        // A verdict of which a row is missing has no less grave one shown.
        const left = new Map((missing?.[2] ?? "").split(", ").map((each) => each.split(" ") as [string, string]));
        const cut = VERDICTS.findIndex((verdict) => Number(left.get(verdict) ?? 0) > 0);
        if (cut >= 0) for (const row of rows) expect(VERDICTS.findIndex((v) => v === row)).toBeLessThanOrEqual(cut);
      }),
      { numRuns: 150 },
    );
  });

  test.each([0, LEAST_BUDGET - 1, 2500.5, NaN])("of %d is refused", (budget) => {
    expect(() => renderDiffMarkdown(diffOf([]), { budget })).toThrow(`budget of ${budget} bytes: choose`);
  });
});

test("CONNECT and USAGE of a schema, which come with every grant, are counted only where nothing else is", () => {
  const connect = change({ privileges: ["CONNECT"], on: [{ object: { kind: "database" }, except: [] }] });
  expect(counts(diffOf([connect, change()])).get("broadened")).toBe(1);
  expect(counts(diffOf([connect])).get("broadened")).toBe(1);
});
