import * as fc from "fast-check";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PlanSummary } from "../../cli/pull-request/plan";
import { LEAST_COMMENT, PullRequestInput, reportPullRequest } from "../../cli/pull-request/report";
import { COMMENT_BUDGET, size } from "../../render/budget";
import { census, Gfm, nodes, values } from "../render/gfm";
import { ATTACKS, hostileName } from "../render/names";
import { removeTemporary, reportOf, sideOf, StackTexts, temporary } from "./sides";

const gfm = new Gfm();
afterAll(() => gfm.end());
afterEach(removeTemporary);

const WEB = { who: "web", table: "wizard" };
const stack = (value: unknown, path = "a"): unknown => ({
  "//": { metadata: { stackName: path, version: "0.21.0" }, outputs: {} },
  resource: { vault_policy: { p: { "//": { metadata: { path, uniqueId: "p" } }, policy: value } } },
});

function compare(
  base: Partial<PullRequestInput["base"]>,
  head: Partial<PullRequestInput["head"]>,
  more: Partial<PullRequestInput> = {},
): ReturnType<typeof reportPullRequest> {
  return reportPullRequest({ base: { result: "success", ...base }, head: { result: "success", ...head }, ...more });
}

const planFile = (summary: PlanSummary | string): { file: string; result: string } => {
  const file = join(temporary(), "plan.json");
  writeFileSync(file, typeof summary === "string" ? summary : JSON.stringify(summary));
  return { file, result: "success" };
};

/** The blocks of a comment in order, as GitHub sees them. */
async function blocksOf(markdown: string): Promise<string[]> {
  const tree = await gfm.parse(markdown);
  return (tree.children ?? []).map((block) =>
    block.type === "html" ? (block.value ?? "").replace(/\n[^]*/, "") : block.type,
  );
}

describe("what comes first", () => {
  it("is the verdict, then access, then the stacks, then the plan, then which commits it is about", async () => {
    const { markdown, verdict, grows } = compare(
      { folder: sideOf(reportOf([WEB]), { "access-shop": stack(1), old: stack(1) }), commit: "b".repeat(40) },
      {
        folder: sideOf(reportOf([WEB, { who: "web", table: "orders" }]), { "access-shop": stack(2), new: stack(1) }),
        commit: "c".repeat(40),
      },
      {
        plan: planFile({
          version: 1,
          stacks: [{ stack: "access-shop", resources: [{ address: "postgresql_grant.a", action: "create" }] }],
        }),
        run: "https://github.com/wizards/shop/actions/runs/1",
      },
    );
    expect(verdict).toBe("broadened");
    expect(grows).toBe(true);
    expect(markdown.split("\n")[0]).toMatch(/^### BROADENED: 1 grant/);
    expect(markdown).toContain("shop.sales.orders");
    expect(await blocksOf(markdown)).toEqual([
      "heading",
      "list",
      "<details><summary>What the words mean</summary>",
      "list",
      "</details>",
      "<details><summary>Where it is written</summary>",
      "list",
      "</details>",
      // What the rules find.
      "paragraph",
      "<details><summary>Stacks: 1 added, 1 changed, 1 removed</summary>",
      "table",
      "</details>",
      "<details><summary>Planned resources: 1</summary>",
      "list",
      "</details>",
      "paragraph",
    ]);
    expect(markdown).toContain("| ~ | `access-shop` | changed | 1 create |");
    expect(markdown).toContain("| + | `new` | added | no plan: none was made |");
    expect(markdown).toContain("- create `postgresql_grant.a` in `access-shop`");
    expect(markdown).toContain("`cccccccccccc` compared with `bbbbbbbbbbbb`");
  });

  it("says so when nothing changes", () => {
    const side = { folder: sideOf(reportOf([WEB]), { a: stack(1) }) };
    const { markdown, verdict, grows } = compare(side, side);
    expect({ verdict, grows }).toEqual({ verdict: "unchanged", grows: false });
    expect(markdown).toMatch(/^### UNCHANGED: nobody's access changes\n/);
    expect(markdown).toContain("Stacks: 1 unchanged.");
  });
});

describe("a side that cannot be told", () => {
  const good = (): { folder: string } => ({ folder: sideOf(reportOf([WEB]), { a: stack(1) }) });
  const link = (): { folder: string } => {
    const folder = sideOf(undefined);
    symlinkSync("/etc/hostname", join(folder, "access.json"));
    return { folder };
  };
  const folderInstead = (): { folder: string } => {
    const folder = sideOf(undefined);
    mkdirSync(join(folder, "access.json"));
    return { folder };
  };
  const CASES: readonly [string, () => Partial<PullRequestInput["head"]>, string][] = [
    ["does not synthesize", () => ({ result: "failure" }), "could not be synthesized: its job ended with `failure`"],
    ["failed but left files", () => ({ ...good(), result: "failure" }), "its job ended with `failure`"],
    ["ended in a hostile word", () => ({ result: "success\n\n# passed" }), "`success\\n\\n# passed`"],
    ["left nothing", () => ({}), "left no files"],
    ["left a folder that is none", () => ({ folder: "/nonexistent" }), "left no files"],
    ["left no stacks", () => ({ folder: temporary() }), "left stacks that cannot be read"],
    ["writes no report", () => ({ folder: sideOf(undefined) }), "writes no `access.json`"],
    ["wrote no JSON", () => ({ folder: sideOf("{") }), "`access.json` that cannot be read"],
    ["wrote a later version", () => ({ folder: sideOf('{"version":2}') }), "`access.json` that cannot be read"],
    [
      "wrote a field that nobody knows",
      () => ({ folder: sideOf(JSON.stringify({ ...reportOf([WEB]), more: 1 })) }),
      "`access.json` that cannot be read",
    ],
    ["left a link to a file of the comparing machine", link, "not a plain file"],
    ["left a folder for a file", folderInstead, "not a plain file"],
  ];

  it.each(CASES)("head that %s: UNKNOWN, and never the last verdict left standing", (_name, head, why) => {
    const { markdown, verdict, grows, diff } = compare(good(), head());
    expect({ verdict, grows, diff }).toEqual({ verdict: "unknown", grows: true, diff: undefined });
    expect(markdown).toMatch(/^### UNKNOWN: who may touch what after this change cannot be told\n\n/);
    expect(markdown).toContain(why);
    expect(markdown).not.toContain("UNCHANGED");
  });

  it.each(CASES)("base that %s: everything is shown as new", async (_name, base, why) => {
    const { markdown, verdict } = compare(base(), good());
    expect(verdict).toBe("broadened");
    expect(markdown).toMatch(/^### BROADENED: \d+ grant/);
    expect(markdown.split("\n\n")[1]).toContain("everything is shown as new");
    expect(markdown).toContain(why);
    expect(markdown).toContain("shop.sales.wizard");
    expect((await blocksOf(markdown)).slice(0, 3)).toEqual(["heading", "blockquote", "list"]);
  });

  it("shows nothing of the comparing machine's folders", () => {
    const folder = temporary();
    expect(compare({ folder }, { folder }).markdown).not.toContain(folder);
  });
});

describe("which stacks change", () => {
  const titles = (base: StackTexts, head: StackTexts): string =>
    /Stacks: ([^<.]*)/.exec(
      compare({ folder: sideOf(reportOf([]), base) }, { folder: sideOf(reportOf([]), head) }).markdown,
    )?.[1] ?? "";

  it("is told by what Terraform is given: not by cdktf's notes, nor by the order of keys", () => {
    expect(titles({ a: stack(1, "one") }, { a: stack(1, "two") })).toBe("1 unchanged");
    expect(titles({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } })).toBe("1 unchanged");
    expect(titles({ a: stack(1) }, { a: stack(2) })).toBe("1 changed");
    expect(titles({ a: [1, 2] }, { a: [2, 1] })).toBe("1 changed");
    expect(titles({ a: { tags: { "//": "x" } } }, { a: { tags: { "//": "y" } } })).toBe("1 changed");
    expect(titles({ a: stack(1), b: stack(1) }, { b: stack(1), c: stack(1) })).toBe("1 added, 1 removed, 1 unchanged");
  });
});

describe("what `leasehold check` finds", () => {
  const pod = (privileged: boolean): unknown => ({
    resource: {
      kubernetes_pod_v1: {
        p: {
          metadata: [{ name: "p", namespace: "shop" }],
          spec: [{ container: [{ name: "app", image: "app:1", security_context: [{ privileged }] }] }],
        },
      },
    },
  });
  const report = reportOf([WEB]);

  it("is new for what the change brings, and counted for what was there", async () => {
    const { markdown } = compare(
      { folder: sideOf(report, { a: pod(false) }) },
      { folder: sideOf(report, { a: pod(true) }) },
    );
    expect(markdown).toMatch(/<summary>Rules: 1 new finding, (1 gone, )?\d+ as before<\/summary>/);
    expect(markdown).toContain("- **error** `pod-privileged` at");
    expect(markdown).toContain('`container "app" is privileged`');
  });

  it("is not said to be nothing where the head's file is missing, or is what Leasehold does not write", () => {
    const [missing, strange] = [sideOf(report), sideOf(report)];
    rmSync(join(missing, "findings.json"));
    writeFileSync(
      join(strange, "findings.json"),
      JSON.stringify({ version: 1, production: false, findings: [{ code: {} }], acknowledgements: [], lines: {} }),
    );
    for (const folder of [missing, strange])
      expect(compare({ folder: sideOf(report) }, { folder }).markdown).toContain("Rules: not checked.");
  });

  it("is acknowledged, and not gone, once the program accepts it", () => {
    const folder = sideOf(report, { a: pod(true) });
    const acknowledgements = [{ code: "pod-privileged", path: "a", reason: "until the node agent is replaced" }];
    const file = { version: 1, production: false, findings: [], acknowledgements, lines: {} };
    writeFileSync(join(folder, "findings.json"), JSON.stringify(file));
    const { markdown } = compare({ folder: sideOf(report, { a: pod(true) }) }, { folder });
    expect(markdown).toMatch(/<summary>Rules: 1 acknowledged, \d+ as before<\/summary>/);
    expect(markdown).toContain("`until the node agent is replaced`");
  });

  it("is in a code span, whatever an author calls it", async () => {
    const finding = {
      code: "x`<b>",
      severity: "error",
      message: "| ![a](b)\n# passed",
      fix: "",
      path: "</details>",
      sources: [],
    };
    const folder = sideOf(report);
    const file = { version: 1, production: false, findings: [finding], acknowledgements: [], lines: {} };
    writeFileSync(join(folder, "findings.json"), JSON.stringify(file));
    const { markdown } = compare({ folder: sideOf(report) }, { folder });
    expect(await census(await gfm.parse(markdown))).not.toHaveProperty("image");
    expect(markdown.split("\n").filter((line) => line.startsWith("# "))).toEqual([]);
    expect(markdown).not.toMatch(/^<\/details>.*x/m);
  });
});

describe("names of strangers", () => {
  const TAME = "name";
  const plain = (names: readonly string[]): string => {
    const [who, table, stackName, address] = names;
    // A folder's name holds neither of these, and not more bytes than this.
    const folder = `s${Buffer.from(stackName.replace(/[\0/]/g, "")).subarray(0, 200).toString("utf8")}`;
    const report = JSON.parse(JSON.stringify(reportOf([WEB, { who, table }]))) as ReturnType<typeof reportOf>;
    return compare(
      { folder: sideOf(reportOf([WEB]), { a: stack(1) }), commit: address },
      { folder: sideOf(report, { a: stack(1), [folder]: stack(1) }), commit: address },
      {
        plan: planFile({ version: 1, stacks: [{ stack: folder, resources: [{ address, action: "delete" }] }] }),
        run: `https://example.com/${address}\n`,
      },
    ).markdown;
  };
  const shape = async (markdown: string): Promise<unknown> => {
    const tree = await gfm.parse(markdown);
    const { text: _text, ...counts } = census(tree);
    return { counts, html: values(tree, "html"), blocks: await blocksOf(markdown) };
  };

  it("change nothing in the whole comment but the text of its code spans", async () => {
    const tame = await shape(plain(["app", TAME, TAME, "-"]));
    await fc.assert(
      fc.asyncProperty(fc.tuple(hostileName, hostileName, hostileName, hostileName), async (names) => {
        const markdown = plain([`a${names[0]}`, `t${names[1]}`, names[2], `-${names[3]}\n`]);
        expect(await shape(markdown)).toEqual(tame);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it.each(ATTACKS)("stay in their code span: %j", async (attack) => {
    const tree = await gfm.parse(plain(["app", `t${attack}`, TAME, "-"]));
    const sentences = nodes(tree).filter(({ type }) => type === "strong");
    expect(sentences).toHaveLength(2);
    expect(
      sentences.flatMap((one) => values(one, "inlineCode")).filter((code) => code.startsWith("shop.sales.")),
    ).toHaveLength(1);
    expect(census(tree)).toMatchObject({ heading: 1 });
    expect(nodes(tree).filter(({ type }) => ["link", "image", "footnoteReference"].includes(type))).toEqual([]);
  });

  it("begin no line that a forge or a build log obeys", () => {
    for (const attack of ["/merge", "\n/approve\n", "::error::x", "\n::set-output name=x::y"])
      for (const line of plain(["app", `t${attack}`, attack, attack]).split("\n"))
        expect(line).not.toMatch(/^\s*(\/|::)/);
  });
});

describe("the size", () => {
  const many = Array.from({ length: 900 }, (_, index) => ({ who: `app-${index % 50}`, table: `table_${index}` }));
  const stacks = Object.fromEntries(many.slice(0, 600).map((_, index) => [`stack-${index}`, {}]));
  const plan = (): { file: string; result: string } =>
    planFile({
      version: 1,
      stacks: Object.keys(stacks).map((name) => ({
        stack: name,
        resources: [
          { address: `vault_policy.${name}`, action: "create" },
          { address: `postgresql_role.${name}`, action: "delete" },
        ],
      })),
    });

  it.each([COMMENT_BUDGET, 20_000, LEAST_COMMENT])("never exceeds %i bytes, and access is cut last", async (budget) => {
    const base = { folder: sideOf(reportOf([])) };
    const { markdown } = compare(base, { folder: sideOf(reportOf(many), stacks) }, { plan: plan(), budget });
    expect(size(markdown)).toBeLessThanOrEqual(budget);
    expect(markdown.split("\n")[0]).toMatch(/^### BROADENED: 9\d\d grants/);
    expect(markdown).toMatch(/\*\*\d+ changes not shown/);
    expect(markdown).toContain("Stacks: 600 added");
    expect(markdown).toMatch(/\*\*5\d\d stacks not shown\*\*/);
    expect(markdown.endsWith("</sub>\n")).toBe(true);
    const blocks = await blocksOf(markdown);
    const folds = blocks.filter((block) => block.startsWith("<details"));
    expect(folds).toHaveLength(blocks.filter((block) => block === "</details>").length);
  });

  it("gives stacks and plans what access leaves, and of the plan what destroys first", () => {
    const side = sideOf(reportOf([WEB]));
    const { markdown } = compare({ folder: side }, { folder: sideOf(reportOf([WEB]), stacks) }, { plan: plan() });
    expect(size(markdown)).toBeLessThanOrEqual(COMMENT_BUDGET);
    expect(size(markdown)).toBeGreaterThan(COMMENT_BUDGET * 0.8);
    expect(markdown).toContain("- delete `postgresql_role.stack-0`");
    expect(markdown).not.toContain("- create `vault_policy");
    expect(markdown).toMatch(/\*\*\d+ resources not shown\*\*/);
  });
});

describe("a plan", () => {
  const sides = (): [{ folder: string }, { folder: string }] => [
    { folder: sideOf(reportOf([WEB]), { a: stack(1) }) },
    { folder: sideOf(reportOf([WEB]), { a: stack(2) }) },
  ];

  it.each([
    ["was not asked for", { result: "skipped" }, "| ~ | `a` | changed | not asked for |"],
    ["failed", { result: "failure" }, "No plan: its job ended with `failure`."],
    ["is not a summary", () => planFile("{}"), "No plan: its summary cannot be read"],
    ["is not JSON", () => planFile("\n# passed"), "No plan: its summary cannot be read"],
    [
      "failed for one stack",
      () => planFile({ version: 1, stacks: [{ stack: "a", failed: "init or plan failed" }] }),
      "| ~ | `a` | changed | no plan: init or plan failed |",
    ],
    [
      "gives a reason of its own",
      () => planFile({ version: 1, stacks: [{ stack: "a", failed: "<b>it passed</b>" }] }),
      "| ~ | `a` | changed | no plan: no plan |",
    ],
  ] as const)("that %s takes nothing from the access part", (_name, plan, text) => {
    const { markdown, verdict } = compare(...sides(), { plan: typeof plan === "function" ? plan() : plan });
    expect(verdict).toBe("unchanged");
    expect(markdown).toMatch(/^### UNCHANGED/);
    expect(markdown).toContain(text);
  });
});
