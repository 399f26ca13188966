import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { sandbox } from "../../../examples/shop/environments";
import { shop } from "../../../examples/shop/shop";
import { writtenText } from "../../constructs/synthesis/support";
import { synthesize } from "../../support/program";

const GOLDEN = join(__dirname, "../../golden/shop");
const stacks = synthesize((app) => shop(app, sandbox));
/** cdktf's keys are sorted already; its version is not part of what we promise. */
const report = writtenText((app) => shop(app, sandbox));
const json = (name: string): unknown => {
  const copy = structuredClone(stacks[name].json) as { "//": { metadata: { version?: string } } };
  delete copy["//"].metadata.version;
  return copy;
};
const text = (name: string): string => `${JSON.stringify(json(name), undefined, 2)}\n`;

/** LEASEHOLD_UPDATE_GOLDEN=1 writes the files anew; read the difference before you commit it. */
if (process.env.LEASEHOLD_UPDATE_GOLDEN === "1") {
  rmSync(GOLDEN, { recursive: true, force: true });
  mkdirSync(GOLDEN, { recursive: true });
  for (const name of Object.keys(stacks)) writeFileSync(join(GOLDEN, `${name}.json`), text(name));
  writeFileSync(join(GOLDEN, "access.json"), report);
}

test.each(Object.keys(stacks))(
  "the stack %s of the example is as it was: a difference here is one in a plan",
  (name) => {
    expect(json(name)).toEqual(JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), "utf8")));
    expect(text(name)).toBe(readFileSync(join(GOLDEN, `${name}.json`), "utf8"));
  },
);

test("the access report of the example is as it was: a difference here is one in who may touch what, or in a line", () => {
  expect(JSON.parse(report)).toEqual(JSON.parse(readFileSync(join(GOLDEN, "access.json"), "utf8")));
  expect(report).toBe(readFileSync(join(GOLDEN, "access.json"), "utf8"));
});

test("the example has the stacks that it had", () => {
  expect(readdirSync(GOLDEN).sort()).toEqual(["access", ...Object.keys(stacks)].map((name) => `${name}.json`).sort());
});

test("the stacks are deployed in this order, which no user wrote", () => {
  const order = Object.fromEntries(Object.values(stacks).map(({ name, dependencies }) => [name, dependencies]));
  expect(order).toEqual({
    platform: [],
    "vault-config": ["platform"],
    postgres: ["vault-config"],
    "databases-main": ["postgres"],
    "databases-ledger": ["vault-config"],
    "access-shop": ["databases-main", "postgres", "vault-config"],
    "access-billing": ["databases-ledger", "vault-config"],
    workloads: ["access-billing", "access-shop", "vault-config"],
  });
});

test("no path of this machine is in it", () => {
  for (const json of [report, ...Object.values(stacks).map((stack) => stack.text)]) {
    for (const path of [process.cwd(), `${homedir()}/`, `${tmpdir()}/leasehold-`].filter((folder) => folder.length > 1))
      expect(json).not.toContain(path);
    // The home of the agent is one of its image.
    const absolute =
      json.match(/(?<![A-Za-z0-9.:/_-])\/(?!home\/vault\b)(home|root|Users|tmp|opt|mnt|private)\/[^"\s]*/g) ?? [];
    expect(absolute).toEqual([]);
  }
});

test("a second synthesis is the same, byte for byte", () => {
  const again = synthesize((app) => shop(app, sandbox));
  for (const name of Object.keys(stacks)) expect(again[name].text).toBe(stacks[name].text);
});

test("the example is warned about nothing: that its managed server is older than PostgreSQL 16 is acknowledged", () => {
  expect(Object.values(stacks).flatMap(({ warnings }) => warnings)).toEqual([]);
});
