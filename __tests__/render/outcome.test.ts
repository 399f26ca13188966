import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EffectiveFinding } from "../../audit/effective/finding";
import { Outcome, renderOutcomeText } from "../../audit/effective/render";

const shop = { instance: "main", database: "shop" };
/** What `prove` found in the example with a file more, which grants to PUBLIC. */
const PUBLIC: EffectiveFinding = {
  code: "public-privilege",
  severity: "error",
  database: shop,
  who: ["eu/bi/reporting", "eu/shop/api", "eu/shop/web"],
  object: { kind: "table", schema: "sales", name: "customer" },
  privileges: ["SELECT"],
  declared: "nothing",
  effective: "SELECT",
  why: "through PUBLIC, to which it is granted",
  fix: "REVOKE SELECT ON TABLE sales.customer FROM PUBLIC; grant it to who needs it",
};
/** As audit/doctor words them. */
const ORPHAN: EffectiveFinding = {
  code: "orphan-login",
  severity: "error",
  database: shop,
  who: ["v-legacy"],
  object: { kind: "role", name: "v-legacy" },
  privileges: [],
  declared: "every login of this name is a lease",
  effective: "a role named like a lease that says of none",
  why: "it was made by hand, or its comment was changed: nothing will ever end it",
  fix: 'see whose it is, then DROP ROLE "v-legacy"',
};
const OUTCOMES: readonly (readonly [string, Outcome])[] = [
  [
    "prove",
    {
      summary:
        "billing (PostgreSQL 15): 1 schema file, 13 objects, 3 identities with 61 privileges; shop (PostgreSQL 18): 3 schema files, 21 objects, 4 identities with 124 privileges",
      findings: [PUBLIC],
      accepted: [],
      notes: ["what was made by hand on the real servers, and what Vault has: `leasehold doctor` looks there"],
    },
  ],
  [
    "doctor",
    {
      summary:
        "database shop: 4 identities, 6 logins of leases; mount database/main/shop: connection, 4 database roles, policies and auth roles",
      findings: [ORPHAN],
      accepted: [],
      notes: ["database billing on ledger: no --database says how to reach it"],
    },
  ],
];

test.each(OUTCOMES)("%s: no line is wider than the terminal, and no word is broken", (_, outcome) => {
  const words = (all: string): string[] => all.split(/\s+/);
  for (const width of [60, 80, 100, 120]) {
    const text = renderOutcomeText(outcome, { width });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(words(text)).toEqual(words(renderOutcomeText(outcome)));
  }
});

/** LEASEHOLD_UPDATE_GOLDEN=1 writes it anew. */
test.each(OUTCOMES)("docs/%s.md shows what it prints", (command, outcome) => {
  const path = join(__dirname, `../../docs/${command}.md`);
  const page = readFileSync(path, "utf8");
  const block = /(<!-- output -->\n```\n)[^]*?(```\n<!-- \/output -->)/;
  expect(page).toMatch(block);
  const text = renderOutcomeText(outcome, { width: 100 });
  const shown = page.replace(block, (_, before: string, after: string) => `${before}${text}${after}`);
  if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") writeFileSync(path, shown);
  expect(readFileSync(path, "utf8")).toBe(shown);
});
