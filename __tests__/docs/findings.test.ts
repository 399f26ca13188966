import { App } from "cdktf";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import * as leasehold from "../../constructs";
import { CA } from "../support/certificates";
import { findingsOfRefusal, synthesize } from "../support/program";
import { CONTAINER, World } from "../support/world";

/** docs/findings.md shows mistakes beside what is right: each block is run in a small program. */
const PAGE = join(__dirname, "../../docs/findings.md");
const page = readFileSync(PAGE, "utf8");
const PAIRS = [
  ...page.matchAll(
    /^### `([a-z-]+)`\n(?:\n+(?!#|```)[^\n]+)*\n+```ts\n\/\/ refused\n([^]*?)```\n+```ts\n\/\/ right\n([^]*?)```/gm,
  ),
].map(([, code, refused, right]) => ({ code, refused, right }));

/** Runs a block, with what the page takes as given unless the block makes it itself. */
function run(code: string, app: App): void {
  const world = new World(app);
  world.identity("bystander");
  const makes = (name: string): boolean => new RegExp(`const ${name}\\b|, "${name}", \\{ cluster`).test(code);
  const identities = ["web", "migrator"].filter((name) => code.includes(name) && !makes(name));
  const given = {
    config: world.config,
    cluster: world.cluster,
    db: world.db,
    workloads: world.workloads,
    stack: world.access,
    database: world.database,
    ca: CA,
    containers: [CONTAINER],
    ...Object.fromEntries(identities.map((name) => [name, world.identity(name)])),
  };
  const scope = Object.entries({ ...leasehold, ...given }).filter(
    ([name]) => !new RegExp(`const ${name}\\b`).test(code),
  );
  const js = ts.transpile(code, { target: ts.ScriptTarget.ES2022 });
  new Function(...scope.map(([name]) => name), js)(...scope.map(([, value]) => value));
}

test("the page has a pair for the mistakes that are made most", () => {
  expect(PAIRS.length).toBeGreaterThanOrEqual(8);
});

test.each(PAIRS)("$code: what is refused is refused with this code, and what is right is accepted", (pair) => {
  const found = findingsOfRefusal((app) => run(pair.refused, app));
  // Others may follow from it.
  expect(found[0].code).toBe(pair.code);
  synthesize((app) => run(pair.right, app), { skipValidation: true });
});

test("what the first mistake with an identity prints stands on the page", () => {
  const [found] = findingsOfRefusal((app) => run(PAIRS[0].refused, app));
  const said = new leasehold.AccessFindingsError([{ ...found, sources: ["program.ts:14", "program.ts:15"] }]).message;
  const block = /(<!-- output -->\n```\n)[^]*?(```\n<!-- \/output -->)/;
  const shown = page.replace(block, (_, before: string, after: string) => `${before}${said.trimEnd()}\n${after}`);
  if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") writeFileSync(PAGE, shown);
  expect(readFileSync(PAGE, "utf8")).toBe(shown);
});
