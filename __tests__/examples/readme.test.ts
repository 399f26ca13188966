import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { environment as existingEnvironment } from "../../examples/existing/environment";
import { program as existing } from "../../examples/existing/program";
import { environment as newSandboxEnvironment } from "../../examples/sandbox/environment";
import { program as newSandbox } from "../../examples/sandbox/program";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";
import { cdktfCommands, manifestOf, refusal, stacksOf } from "../support/cdktf-commands";

const root = join(__dirname, "../..");

const programs = {
  shop: manifestOf(root, (app) => shop(app, sandbox)),
  existing: manifestOf(join(root, "examples/existing"), (app) => existing(app, existingEnvironment)),
  sandbox: manifestOf(join(root, "examples/sandbox"), (app) => newSandbox(app, newSandboxEnvironment)),
};

/** Pages, relative to the repository, that tell somebody what to run. */
const pages = [".", "docs", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: folder !== "." })
    .map((name) => join(folder, String(name)))
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules")),
);

test("cdktf takes every deploy, destroy and diff of a page: with the stacks that it asks for, for one of the examples", () => {
  const commands = pages.flatMap((page) =>
    cdktfCommands(readFileSync(join(root, page), "utf8")).map((command) => ({ page, command })),
  );
  expect(commands.length).toBeGreaterThan(20);
  const refused = commands.flatMap(({ page, command }) => {
    const why = Object.entries(programs).map(([name, stacks]) => [name, refusal(command, stacks)]);
    return why.every(([, reason]) => reason !== undefined)
      ? [`${page}: ${command.text}: ${why.map(([name, reason]) => `${name}: ${reason}`).join("; ")}`]
      : [];
  });
  expect(refused).toEqual([]);
});

test.each([
  ["README.md", "shop", ["postgres/ledger/admin"]],
  ["docs/adopt.md", "existing", ["postgres/main/admin"]],
  ["docs/tutorial.md", "sandbox", []],
  ["examples/existing/README.md", "existing", ["postgres/main/admin"]],
  ["examples/sandbox/README.md", "sandbox", []],
] as const)(
  "the steps of %s deploy every stack, and put each password between its mount and its reader",
  (page, program, passwords) => {
    const text = readFileSync(join(root, page), "utf8");
    const stacks = programs[program];
    const deploys = cdktfCommands(text).filter(({ verb }) => verb === "deploy");
    expect(deploys.map((command) => refusal(command, stacks))).toEqual(deploys.map(() => undefined));
    const lineOf = (name: string): number => deploys.find((each) => stacksOf(each, stacks).includes(name))?.line ?? NaN;
    expect(stacks.filter(({ name }) => Number.isNaN(lineOf(name)))).toEqual([]);
    for (const path of passwords) {
      const put = text.split("\n").findIndex((line) => line.startsWith(`vault kv put leasehold/${path} `));
      expect(lineOf("vault-config")).toBeLessThan(put);
      const readers = stacks.filter(({ name }) => name.startsWith("databases") && !name.endsWith("-main"));
      expect(readers.length).toBe(1);
      expect(put).toBeLessThan(lineOf(readers[0].name));
    }
  },
);

test("every link of a page to a file names one that exists", () => {
  const folders = [".", "docs"];
  const pages = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );
  expect(pages.length).toBeGreaterThan(15);
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)]
      .filter(([, link]) => !existsSync(join(root, dirname(page), link)))
      .map(([, link]) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("no page, template or message installs leasehold by its bare name", () => {
  const installs = /npm install[^\n`]*\s"?leasehold(@[^\s`"]*)?"?(\s|`|$)/m;
  expect("npm install --save-dev leasehold pg").toMatch(installs);
  const pages = [
    "README.md",
    ...readdirSync(join(root, "docs"), { recursive: true }).map((name) => join("docs", String(name))),
  ];
  const found = pages.filter(
    (page) => /\.(md|yml)$/.test(page) && installs.test(readFileSync(join(root, page), "utf8")),
  );
  expect(found).toEqual([]);
});
