import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FINDING_CODES } from "../../../access/findings/finding";
import { pageOf } from "../../../access/findings/page";
import { RULES } from "../../../access/rules/all";
import { rulesPage } from "../../../render/rules-page";

const docs = (name: string): string => join(__dirname, "../../../docs", `${name}.md`);

/** LEASEHOLD_UPDATE_GOLDEN=1 writes it anew. */
test("docs/rules.md is what the rules say", () => {
  const text = rulesPage(RULES);
  if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") writeFileSync(docs("rules"), text);
  expect(readFileSync(docs("rules"), "utf8")).toBe(text);
});

test("every code of a finding is a heading of docs/findings.md, which its printed link opens, with a sentence below it", () => {
  const headings = [...readFileSync(docs("findings"), "utf8").matchAll(/^### (.+)\n\n([A-Z`].+)$/gm)];
  // A forge makes the place of a heading from its text: with nothing but the code in it, the place is the code.
  expect(headings.map(([, heading]) => heading).sort()).toEqual([...FINDING_CODES].map((code) => `\`${code}\``).sort());
  expect(pageOf("lease-ttl")).toBe("docs/findings.md#lease-ttl");
});

test("no rule has the name of a finding at synthesis", () => {
  const codes: readonly string[] = FINDING_CODES;
  expect(RULES.map(({ id }) => id).filter((id) => codes.includes(id))).toEqual([]);
});
