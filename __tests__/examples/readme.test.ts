import { App } from "cdktf";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";

const root = join(__dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the steps of README deploy every stack of the example, each after those that it depends on", () => {
  const outdir = mkdtempSync(join(tmpdir(), "leasehold-readme-"));
  try {
    const app = new App({ outdir });
    shop(app, sandbox);
    app.synth();
    const stacks = Object.values(app.manifest.stacks);
    const [block] = [...readme.matchAll(/```sh\n([^]*?)```/g)]
      .map(([, text]) => text)
      .filter((text) => text.includes("kv put"));
    const lines = block.split("\n").map((line) => line.replace(/ *#.*| --parallelism 1/g, ""));
    const order = lines.flatMap((line, at) =>
      line.startsWith("npx cdktf deploy ")
        ? line
            .split(/ +/)
            .slice(3)
            .map((name) => ({ name, at }))
        : [],
    );
    const names = order.map(({ name }) => name);
    expect([...names].sort()).toEqual(stacks.map(({ name }) => name).sort());
    for (const { name, dependencies } of stacks)
      for (const needed of dependencies) expect(names.indexOf(needed)).toBeLessThan(names.indexOf(name));
    // The external admin's password: after the mount that holds it, before the stack whose provider reads it.
    const password = lines.findIndex((line) => line.startsWith("vault kv put leasehold/postgres/ledger/admin "));
    const at = (name: string): number => order.find((entry) => entry.name === name)?.at ?? NaN;
    expect(at("vault-config")).toBeLessThan(password);
    expect(password).toBeLessThan(at("databases-ledger"));
  } finally {
    rmSync(outdir, { recursive: true });
  }
});

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
