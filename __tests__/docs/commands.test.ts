import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../../bench/machine/tools";

/** What the pages print for a shell is taken by it, and by Vault's own command. Nothing is reached: the address that is given answers nobody. */
const root = join(__dirname, "../..");
const FILES = [
  "README.md",
  ...["docs", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((name) => name.endsWith(".md")),
  ),
].sort();

const BLOCKS = FILES.flatMap((page) => {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^( *)```(?:sh|bash)\n([^]*?)^\1```$/gm)].map((found) => ({
    at: `${page}:${text.slice(0, found.index).split("\n").length + 1}`,
    code: found[2],
  }));
});

test("each block for a shell parses", () => {
  expect(BLOCKS.length).toBeGreaterThan(40);
  const wrong = BLOCKS.flatMap(({ at, code }) => {
    const { status, stderr } = spawnSync("bash", ["-n"], { input: code, encoding: "utf8" });
    return status === 0 ? [] : [`${at}: ${stderr}`];
  });
  expect(wrong).toEqual([]);
});

test("every deploy or destroy of all stacks takes one stack after the other: a stack that fails would end the others halfway", () => {
  const lines = FILES.flatMap((page) =>
    readFileSync(join(root, page), "utf8")
      .split("\n")
      .flatMap((line, at) => (/cdktf (?:deploy|destroy) '\*'/.test(line) ? [{ at: `${page}:${at + 1}`, line }] : [])),
  );
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter(({ line }) => !line.includes("--parallelism 1")).map(({ at }) => at)).toEqual([]);
});

/** These ask another service, or a person, before they ask Vault. */
const OTHERWISE = /-pgp-keys|snapshot inspect|^login\b/;

/** Calls of `vault`, each cut where the shell cuts it. A placeholder is a name; a path of the page is any file. */
function calls(code: string): string[] {
  return [...code.replace(/\\\n\s*/g, " ").matchAll(/(?:^|[|;&(]\s*)\s*vault ([a-z][^\n|;&#)<>]*)/gm)].map(([, call]) =>
    call.replace(/["']/g, "").trim(),
  );
}

test("each call of vault on a page is one that Vault's command takes", async () => {
  const vault = await findTool("vault");
  const folder = mkdtempSync(join(tmpdir(), "leasehold-commands-"));
  try {
    execFileSync("sh", ["-c", "for f in vault.snap before.snap deployer.hcl; do echo x > $f; done"], { cwd: folder });
    const all = BLOCKS.flatMap(({ at, code }) => calls(code).map((call) => ({ at, call })));
    const asked = all.filter(({ call }) => !OTHERWISE.test(call));
    expect(asked.length).toBeGreaterThan(20);
    const wrong = asked.flatMap(({ at, call }) => {
      const { stdout, stderr } = spawnSync(vault, call.split(/\s+/), {
        cwd: folder,
        input: '{"a": "b"}',
        encoding: "utf8",
        env: { HOME: folder, PATH: "", VAULT_ADDR: "http://127.0.0.1:1", VAULT_TOKEN: "x", VAULT_MAX_RETRIES: "0" },
      });
      return `${stdout}${stderr}`.includes("connection refused") ? [] : [`${at}: vault ${call}: ${stdout}${stderr}`];
    });
    expect(wrong).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 600_000);
