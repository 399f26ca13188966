import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SAMPLE } from "../render/fixture";

/** As it was built: `npm test` builds before it tests. */
const BIN = join(__dirname, "../../dist/cli/main.js");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "leasehold-cli-"));
  writeFileSync(join(folder, "access.json"), JSON.stringify(SAMPLE));
});
afterAll(() => rmSync(folder, { recursive: true }));

function bin(args: readonly string[], more: { readonly input?: string; readonly env?: Record<string, string> } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd: folder,
    encoding: "utf8",
    input: more.input ?? "",
    env: { ...process.env, ...more.env },
  });
  return { status, stdout, stderr };
}

test("reads a file and says by its exit code what it found", () => {
  const { status, stdout, stderr } = bin(["diff", "access.json", "access.json", "--exit-code=any"]);
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: "UNCHANGED: nobody's access changes\n",
    stderr: "",
  });
  const changed = { ...SAMPLE, unclassified: [] };
  expect(bin(["diff", "-", "access.json", "--exit-code=broadened"], { input: JSON.stringify(changed) })).toMatchObject({
    status: 2,
    stdout: expect.stringMatching(/^UNCLASSIFIED: 2 blocks\n/),
  });
});

test("says what is missing", () => {
  expect(bin(["access"])).toEqual({
    status: 1,
    stdout: "",
    stderr:
      'leasehold: there is no report "cdktf.out/access.json": write it with `npx cdktf synth`, or give another one with --report <file>\n',
  });
});

test("writes no colours and wraps nothing in a pipe", () => {
  const { stdout } = bin(["access", "--report", "access.json"], { env: { FORCE_COLOR: "1", COLUMNS: "40" } });
  expect(stdout).not.toContain("\u001b");
  expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeGreaterThan(120);
});

test("a reader that ends early is not a failure", () => {
  const script = `${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} access --report access.json | true; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "0\n", stderr: "" });
});
