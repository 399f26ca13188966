import { spawnSync } from "node:child_process";
import { basename } from "node:path";

/** What a short command of git printed, without the line's end. @returns undefined where git fails, as outside of a checkout */
export function git(folder: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Name of the checkout's folder, the commit and its date. @returns undefined outside of a checkout */
export function checkoutTitle(folder: string): string | undefined {
  const top = git(folder, "rev-parse", "--show-toplevel");
  const commit = git(folder, "log", "-1", "--format=%h of %cs");
  if (!top || !commit) return undefined;
  const changed = git(folder, "status", "--porcelain", "--untracked-files=no");
  return `${basename(top)}, commit ${commit}${changed ? " with changes" : ""}`;
}
