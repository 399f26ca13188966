import * as fc from "fast-check";
import type { AccessDiff } from "../../access/diff/diff";
import { identityId } from "../../access/model/names";
import type { AccessReport } from "../../access/report/report";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { renderDiffText } from "../../render/text";
import { renderReportMarkdown } from "../../render/markdown";
import { diffReports } from "../../access/diff/diff";
import { database, delivery, edge, graphOf, identity } from "../support/graph";
import { change, CHANGES, diffOf, reportOf, SAMPLE, unclassifiedChange, unclassifiedNode } from "./fixture";
import { census, Gfm, Node, nodes, values } from "./gfm";
import { ATTACKS, fill, hostileName } from "./names";

let gfm: Gfm;
beforeAll(() => {
  gfm = new Gfm();
});
afterAll(() => gfm.end());

describe("as Markdown", () => {
  test("a diff", () => {
    expect(`\n${renderDiffMarkdown(CHANGES)}`).toMatchInlineSnapshot(`
      "
      <!-- leasehold access diff -->
      ### BROADENED: 2 grants; LONGER: 1 grant; UNCLASSIFIED: 1 block; rewired: 1 grant; narrowed: 1 grant

      - **+ \`eu/shop/web\` may now SELECT and INSERT \`shop.sales.customer\` except (\`card\`, \`email\`)**, at most 24h · \`shop.ts:118\`
      - **↑ \`eu/shop/web\` may do the same in \`shop\` for longer**, lease max 1h → 24h · \`shop.ts:118\`
      - **~ \`eu/shop/web\` may do the same in \`shop\` by another path**, policy \`old\` → \`new\` · \`shop.ts:118\`
      - **− \`eu/shop/api\` may no longer SELECT \`shop.staff.*\` (and those to come) except \`shop.staff.badge\`** · \`shop.ts:121\`

      Changed, and what it does to access is not known:

      - **? resource \`vault_policy.admin\` changed**, made by hand, in the stack \`vault-config\` · \`main.ts:90\`

      <details><summary>What the words mean</summary>

      - \`+\` broadened: something is allowed that was not.
      - \`↑\` longer: the same is allowed for longer.
      - \`?\` unclassified: something changed that Leasehold does not explain: it may give access, read it.
      - \`~\` rewired: the same is allowed for the same time, by another path or under other limits.
      - \`−\` narrowed: something is no longer allowed.
      - Clocks: a _token_ of Vault and a _lease_, which is a login of PostgreSQL, end after their _ttl_ unless they are renewed, and after their _max_ whatever happens; a _session_ that is open ends with them.

      </details>

      <details><summary>Where it is written</summary>

      - broadened: \`eu/shop/web\` may now SELECT and INSERT \`shop.sales.customer\` except (\`card\`, \`email\`)
        - after: \`access-shop/shop/web\` at \`shop.ts:118\`
      - broadened: \`eu/shop/web\` may now CONNECT to database \`shop\`
        - after: \`access-shop/shop/web\` at \`shop.ts:118\`
      - longer: \`eu/shop/web\` may do the same in \`shop\` for longer
        - before: \`access-shop/shop/web\` at \`shop.ts:60\`
        - after: \`access-shop/shop/web\` at \`shop.ts:118\`
      - unclassified: resource \`vault_policy.admin\` changed
        - before: \`vault-config/admin\` at \`main.ts:90\`, digest \`cdcdcdcdcdcd\`
        - after: \`vault-config/admin\` at \`main.ts:90\`, digest \`abababababab\`
      - rewired: \`eu/shop/web\` may do the same in \`shop\` by another path
        - before: \`access-shop/shop/web\` at \`shop.ts:60\`
        - after: \`access-shop/shop/web\` at \`shop.ts:118\`
        - policy \`old\` → \`new\`
      - narrowed: \`eu/shop/api\` may no longer SELECT \`shop.staff.*\` (and those to come) except \`shop.staff.badge\`
        - before: \`access-shop/shop/web\` at \`shop.ts:121\`

      </details>
      "
    `);
  });

  test("workloads that go together with their access", () => {
    const going = (...names: string[]): AccessDiff => ({
      ...diffOf([change({ verdict: "narrowed", before: change().after, after: undefined })]),
      leaving: names.map((name) => ({ path: "w/x", workload: `Deployment eu/shop/${name}`, identity: "x", drain: 20 })),
    });
    const note = (diff: AccessDiff): string => renderDiffMarkdown(diff).split("\n\n")[1];
    expect(note(going("web"))).toBe(
      "`Deployment eu/shop/web` (drain 20s) goes together with its access. One apply of all stacks takes the access away while the pods still end, and refuses their queries. " +
        'Apply the stack of the workload first, wait until the pods are gone, then apply the others: "A workload is taken out" in docs/operations.md.',
    );
    expect(note(going("a", "b", "c", "d"))).toMatch(/^`Deployment eu\/shop\/a` .* and 1 other workload go together/);
    expect(note(going(...["a", "b", "c"].map((letter) => letter.repeat(250))))).toMatch(
      /^3 workloads go together with their access\./,
    );
    expect(renderDiffText(going("web"))).toContain("\n\nnote: Deployment eu/shop/web (drain 20s) goes together with");
  });

  test("no change", () => {
    expect(renderDiffMarkdown(diffOf([]))).toBe(
      "<!-- leasehold access diff -->\n### UNCHANGED: nobody's access changes\n",
    );
  });

  test("a report", () => {
    expect(`\n${renderReportMarkdown(SAMPLE)}`).toMatchInlineSnapshot(`
           "
           # Access

           4 workload identities, 2 databases, 6 rows of access, 1 unclassified, 1 setting, 3 resources of harmless types

           > **Warning:** 1 block of this program could change access in a way that is not shown here: see "Unclassified".

           ## Who may touch what

           Token and lease: time until it ends unless it is renewed / time after which it ends in any case. Session: time after which an open session is ended in any case.

           | Who | May | On | Token | Lease | Session | Via |
           | --- | --- | --- | --- | --- | --- | --- |
           | \`eu/shop/erp\` | INSERT | \`ledger.s."odd.name"\` | set elsewhere | 1h/24h | 24h | \`database/main/ledger\` |
           | \`eu/shop/migrator\` | ALL | \`shop_owner\` and all that it owns in \`shop\` | 10m/10m | 10m/10m | 10m | \`database/main/shop\` as \`migrate\` |
           | \`eu/shop/web\` | EXECUTE | function \`shop.sales.turnover(integer)\` | 1h/24h | 1h/24h | 24h | \`database/main/shop\` |
           | \`eu/shop/web\` | SELECT | \`shop.sales.customer(country, name)\` | 1h/24h | 1h/24h | 24h | \`database/main/shop\` |
           | \`eu/shop/web\` | SELECT, UPDATE | \`shop.sales.wizard\` | 1h/24h | 1h/24h | 24h | \`database/main/shop\` |
           | \`eu/shop/web\` | SELECT | \`shop.staff.*\` (and those to come) | 1h/24h | 1h/24h | 24h | \`database/main/shop\` |

           ## Unclassified

           Made by hand, or changed after it was made: what it does to access is not known.

           | What | Stack | Why | Where |
           | --- | --- | --- | --- |
           | resource \`vault_policy.admin\` | \`vault-config\` | made by hand | \`main.ts:90\` |

           ## On the network

           Connections whose server is not checked, or that are not encrypted: whoever stands between may do this.

           | Database | May | sslmode |
           | --- | --- | --- |
           | \`ledger\` | IMPERSONATE | \`require\` |

           ## Other policies

           Held by the token as well; what they allow in Vault is not interpreted.

           | Who | Policies |
           | --- | --- |
           | \`eu/shop/web\` | \`feature-flags\` |

           ## Without access to a database

           | Who | Token | Where |
           | --- | --- | --- |
           | \`eu/shop/idle\` | 1h/24h | \`main.ts:14\` |

           <details><summary>Where it arrives: 1</summary>

           | Workload | As | Credential of | File |
           | --- | --- | --- | --- |
           | \`workloads/web\` | \`eu/shop/web\` | \`database/main/shop\` | \`shop\` |

           </details>

           <details><summary>Settings: 1</summary>

           Made from props that are not part of the access graph.

           | What | Stack | Why | Where |
           | --- | --- | --- | --- |
           | resource \`helm_release.vault\` | \`platform\` | a setting | \`main.ts:90\` |

           </details>

           <details><summary>Not judged: 1</summary>

           Resources of types that let nobody in.

           | Provider | Resources |
           | --- | --- |
           | \`aws\` | 3 |

           </details>

           ## By which way

           <details><summary><code>eu/shop/erp</code></summary>

           \`\`\`mermaid
           flowchart LR
             sa["ServiceAccount<br/>eu/shop/erp"] --> auth["auth role<br/>shop.erp"]
             auth --> p0["policy<br/>leasehold_eu_shop_erp_database.main.ledger"] --> d0["database role<br/>eu.shop.erp"] --> l0["lease functions of<br/>ledger"] --> g0["group role<br/>eu_shop_erp_ledger"]
             g0 -->|"INSERT"| o0_0["ledger.s.#34;odd.name#34;"]
           \`\`\`

           </details>

           <details><summary><code>eu/shop/migrator</code></summary>

           \`\`\`mermaid
           flowchart LR
             sa["ServiceAccount<br/>eu/shop/migrator"] --> auth["auth role<br/>shop.migrator"]
             auth --> p0["policy<br/>leasehold_eu_shop_migrator_database.main.shop"] --> d0["database role<br/>migrate"] --> l0["lease functions of<br/>shop"] --> g0["group role<br/>eu_shop_migrator_shop"]
             g0 -->|"ALL"| o0_0["shop_owner and all that it owns in shop"]
           \`\`\`

           </details>

           <details><summary><code>eu/shop/web</code></summary>

           \`\`\`mermaid
           flowchart LR
             sa["ServiceAccount<br/>eu/shop/web"] --> auth["auth role<br/>shop.web"]
             auth --> p0["policy<br/>leasehold_eu_shop_web_database.main.shop"] --> d0["database role<br/>eu.shop.web"] --> l0["lease functions of<br/>shop"] --> g0["group role<br/>eu_shop_web_shop"]
             g0 -->|"EXECUTE"| o0_0["function shop.sales.turnover(integer)"]
             g0 -->|"SELECT"| o0_1["shop.sales.customer(country, name)"]
             g0 -->|"SELECT, UPDATE"| o0_2["shop.sales.wizard"]
             g0 -->|"SELECT"| o0_3["shop.staff.#42; (and those to come)"]
           \`\`\`

           </details>
           "
        `);
  });

  test('a table called "\\n\\n## all checks passed" stays a name', async () => {
    const object = { kind: "table", schema: "sales", name: "\n\n## all checks passed" } as const;
    const base = reportOf({
      graph: graphOf({
        identities: [identity("web")],
        databases: [database("shop")],
        edges: [edge("web", "shop", [])],
      }),
    });
    const head = {
      ...base,
      graph: { ...base.graph, edges: [edge("web", "shop", [{ object, privilege: "SELECT" }])] },
    };
    const tree = await gfm.parse(renderDiffMarkdown(diffReports(base, head)));
    // The verdict is the one heading; the list is the one change, with what is folded below it.
    expect(census(tree)).toMatchObject({ heading: 1, strong: 1 });
    expect(census(tree).link).toBeUndefined();
    expect(values(tree, "inlineCode")).toContain('shop.sales."\\n\\n\\u0023# all checks passed"');
  });
});

/** A name wherever a report has one. */
const REPORT: AccessReport = (() => {
  const key = { cluster: "⟨0⟩", namespace: "⟨1⟩", serviceAccount: "⟨2⟩" };
  const who = identityId(key);
  const place = { path: "⟨3⟩", source: "⟨4⟩" };
  const granted = { grantedBy: [place] };
  const object = { schema: "⟨5⟩", name: "⟨6⟩" };
  const edges = edge("web", "shop", [], {
    identity: who,
    mountPath: "⟨7⟩",
    policy: "⟨8⟩",
    databaseRole: "⟨9⟩",
    groupRole: "⟨10⟩",
    actsAs: "⟨11⟩",
    grants: [
      { object: { kind: "table", ...object }, privilege: "SELECT", ...granted },
      { object: { kind: "column", ...object, column: "⟨12⟩" }, privilege: "UPDATE", ...granted },
      { object: { kind: "function", ...object }, privilege: "EXECUTE", ...granted },
      { object: { kind: "sequence", schema: "⟨5⟩" }, privilege: "USAGE", ...granted },
    ],
  });
  return reportOf({
    graph: graphOf({
      identities: [
        identity("web", { key, policies: ["⟨13⟩", "⟨14⟩"], authRole: "⟨15⟩" }),
        identity("idle", { key: { ...key, serviceAccount: "⟨16⟩" }, ...place }),
      ],
      databases: [
        database("shop", { mountPath: "⟨7⟩", database: "⟨17⟩", instance: "⟨18⟩", sslMode: "⟨19⟩" }),
        database("shop", { mountPath: "⟨20⟩", database: "⟨17⟩", instance: "⟨21⟩" }),
      ],
      edges: [edges],
      deliveries: [delivery("web", "shop", { workload: "⟨22⟩", identity: who, mountPath: "⟨7⟩", file: "⟨23⟩" })],
    }),
    unclassified: [
      unclassifiedNode({ stack: "⟨24⟩", type: "⟨25⟩", name: "⟨26⟩", path: "⟨27⟩" }),
      unclassifiedNode({ stack: "⟨24⟩", type: "⟨25⟩", name: "⟨26⟩", ...place, reason: "setting" }),
    ],
    notJudged: [{ provider: "⟨28⟩", count: 1 }],
  });
})();

/** A name wherever a diff has one. */
const DIFF: AccessDiff = (() => {
  const side = { lifetime: {}, grantedBy: [{ path: "⟨0⟩", source: "⟨1⟩" }, { path: "⟨2⟩" }] };
  const key = { instance: "⟨3⟩", database: "⟨4⟩" };
  const table = { kind: "table", schema: "⟨5⟩", name: "⟨6⟩" } as const;
  const common = { who: "⟨7⟩", database: key, before: side, after: side };
  const column = { ...table, kind: "column", column: "⟨8⟩" } as const;
  const node = unclassifiedNode({ stack: "⟨9⟩", type: "⟨10⟩", name: "⟨11⟩", path: "⟨12⟩", source: "⟨13⟩" });
  return diffOf(
    [
      change({
        ...common,
        on: [
          { object: table, except: [column] },
          { object: { kind: "owner", name: "⟨14⟩" }, except: [table] },
        ],
      }),
      change({
        ...common,
        database: { instance: "⟨15⟩", database: "⟨4⟩" },
        on: [{ object: { kind: "schema", schema: "⟨5⟩" }, except: [] }],
      }),
      change({ ...common, database: undefined, on: [{ object: { kind: "policy", name: "⟨16⟩" }, except: [] }] }),
      change({
        ...common,
        verdict: "rewired",
        privileges: [],
        on: [],
        links: [{ link: "mount", before: ["⟨17⟩"], after: ["⟨18⟩", "⟨19⟩"] }],
      }),
    ],
    [unclassifiedChange({ change: "changed", before: node, after: node })],
  );
})();

const PLAIN = [...Array(30).keys()].map((index) => `plain${index}`);
const hostileNames = fc.uniqueArray(hostileName, { minLength: PLAIN.length, maxLength: PLAIN.length });

/** What may not depend on names: how much there is of everything, each of our own words, HTML and what is linked. */
function shape(tree: Node): unknown {
  return {
    census: census(tree),
    text: values(tree, "text").sort(),
    // The summary of a fold is HTML and may hold a name, as text of a code element.
    html: values(tree, "html")
      .map((html) => html.replace(/<code>[^<>]*<\/code>/g, "<code></code>"))
      .sort(),
    code: nodes(tree)
      .filter(({ type }) => type === "code")
      .map(({ lang, value = "" }) => [lang, value.replace(/"[^"]*"/g, '""')]),
  };
}

describe("the structure does not depend on names", () => {
  const cases: [string, (names: readonly string[]) => string][] = [
    ["of a report", (names) => renderReportMarkdown(fill(REPORT, names))],
    ["of a diff", (names) => renderDiffMarkdown(fill(DIFF, names))],
  ];
  test.each(cases)("%s", async (_, render) => {
    const expected = shape(await gfm.parse(render(PLAIN)));
    await fc.assert(
      fc.asyncProperty(hostileNames, async (names) => {
        expect(shape(await gfm.parse(render(names)))).toEqual(expected);
      }),
      { numRuns: 60, examples: ATTACKS.map((attack) => [PLAIN.map((name) => attack + name)]) },
    );
  });

  // eslint-disable-next-line no-control-regex
  const obeyed = /^\s*::|##(vso)?\[|[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/m;
  test("and no line of it is one that a build log would obey", () => {
    fc.assert(
      fc.property(hostileNames, (names) => {
        for (const [, render] of cases) expect(render(names)).not.toMatch(obeyed);
      }),
      { numRuns: 50 },
    );
  });
});
