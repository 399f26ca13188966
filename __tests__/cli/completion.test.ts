import { execFileSync } from "node:child_process";
import { COMMANDS } from "../../cli/commands";
import { completionOf, SHELLS } from "../../cli/command/completion";
import { leasehold } from "./fake-io";

/** What bash itself offers for the last of these words. */
function offered(...words: string[]): string[] {
  const line = ["leasehold", ...words];
  const script =
    `${completionOf("bash", COMMANDS)}\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n_leasehold\n` +
    'for one in "${COMPREPLY[@]}"; do printf "%s\\n" "$one"; done';
  return execFileSync("bash", ["--norc", "-c", script, "bash", ...line], { encoding: "utf8" })
    .split("\n")
    .filter((one) => one !== "");
}

test("bash completes commands, and each command's own options", () => {
  expect(offered("who")).toEqual(["who-can"]);
  expect(offered("")).toEqual([...COMMANDS.map(({ name }) => name), "help", "--version"]);
  expect(offered("help", "pr-")).toEqual(["pr-report", "pr-plan", "pr-find"]);
  for (const { name, options } of COMMANDS)
    expect(offered(name, "--")).toEqual([...Object.keys(options).map((option) => `--${option}`), "--help"]);
  expect(offered("diff", "--exit-code", "")).toEqual([]);
  expect(offered("no-such-command", "--")).toEqual([]);
});

test.each(SHELLS)("the one of %s names every command and option, and has its quotes closed", async (shell) => {
  const { code, out, err } = await leasehold(["completion", shell]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const { name, options } of COMMANDS) {
    expect(out).toContain(name);
    for (const option of Object.keys(options))
      expect(out).toContain(shell === "fish" ? ` -l ${option} ` : `--${option}`);
  }
  // bash reads all three alike as far as quotes go; fish alone escapes within them by a backslash.
  const text = shell === "fish" ? out.replace(/\\'/g, "") : out.replace(/'\\''/g, "");
  for (const line of text.split("\n").filter((one) => !one.startsWith("#")))
    expect((line.match(/'/g) ?? []).length % 2).toBe(0);
});

test("another shell is refused by name", async () => {
  const { code, err } = await leasehold(["completion", "tcsh"]);
  expect(code).toBe(1);
  expect(err).toContain('there is no completion for "tcsh": choose among bash, zsh, fish');
});
