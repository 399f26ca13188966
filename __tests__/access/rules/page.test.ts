import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FINDING_CODES } from "../../../access/findings/finding";
import { RULES } from "../../../access/rules/all";
import { rulesPage } from "../../../render/rules-page";

const docs = (name: string): string => join(__dirname, "../../../docs", `${name}.md`);

/** LEASEHOLD_UPDATE_GOLDEN=1 writes it anew. */
test("docs/rules.md is what the rules say", () => {
  const text = rulesPage(RULES);
  if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") writeFileSync(docs("rules"), text);
  expect(readFileSync(docs("rules"), "utf8")).toBe(text);
});

test("every code of a finding has a line with its anchor on docs/findings.md, and every line a code", () => {
  const anchors = [...readFileSync(docs("findings"), "utf8").matchAll(/^\| <a id="([a-z-]+)"><\/a>`\1` /gm)];
  expect(anchors.map(([, code]) => code).sort()).toEqual([...FINDING_CODES].sort());
});

test("no rule has the name of a finding at synthesis", () => {
  const codes: readonly string[] = FINDING_CODES;
  expect(RULES.map(({ id }) => id).filter((id) => codes.includes(id))).toEqual([]);
});
