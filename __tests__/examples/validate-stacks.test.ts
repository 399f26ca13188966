import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `npm run nightly` says of the stacks by Terraform and OpenTofu, with stand-ins for both: neither is part of this project. */
let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "leasehold-engines-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command that says it is Terraform, and then runs this for `init` and `validate`. */
function standIn(name: string, script: string): string {
  const file = join(folder, name);
  const text = `#!/bin/sh\nif [ "$1" = version ]; then echo "Terraform v1.99.0"; exit 0; fi\n${script}\n`;
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

function judged(terraform: string): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(__dirname, "../../tools/validate-stacks.mjs")], {
    encoding: "utf8",
    env: { ...process.env, LEASEHOLD_TERRAFORM: terraform, LEASEHOLD_TOFU: join(folder, "not-there") },
  });
  return { code: status, out: stdout, err: stderr };
}

const without = (): string =>
  `OpenTofu: not tried, since ${join(folder, "not-there")} is not it. Name one in LEASEHOLD_TOFU.\n`;
/** Refuses an ephemeral value in a policy, as both do. */
const KNOWS = `if [ "$1" = validate ] && grep -q '"policy":"\${ephemeral' cdk.tf.json; then echo "Invalid use of ephemeral value"; exit 1; fi`;

test("an engine that is not there is named, and counts as nothing", () => {
  const missing = join(folder, "missing");
  expect(judged(missing)).toEqual({
    code: 0,
    out: `Terraform: not tried, since ${missing} is not it. Name one in LEASEHOLD_TERRAFORM.\n${without()}`,
    err: "",
  });
});

test("each stack of the example is initialised and validated, and one that would leak a password is refused", () => {
  expect(judged(standIn("good", KNOWS))).toEqual({
    code: 0,
    out: `Terraform v1.99.0: 9 of 9 stacks judged as they should be\n${without()}`,
    err: "",
  });
});

test.each([
  [
    "takes an ephemeral value in a plain argument",
    "exit 0",
    "access-shop, with a password in a policy was not refused",
    8,
  ],
  [
    "cannot get its providers",
    `[ "$1" = validate ] || { echo "no registry"; exit 1; }`,
    "init of the stack postgres failed\nno registry",
    0,
  ],
  [
    "refuses a stack",
    `${KNOWS}\n[ "$1" = init ] || { echo "Unsupported argument"; exit 1; }`,
    "validate of the stack workloads failed\nUnsupported argument",
    1,
  ],
])("it fails where an engine %s", (what, script, said, passed) => {
  const ran = judged(standIn(what.replaceAll(" ", "-"), script));
  expect(ran.code).toBe(1);
  expect(ran.err).toContain(`Terraform: ${said}`);
  expect(ran.out).toContain(`${passed} of 9 stacks`);
});
