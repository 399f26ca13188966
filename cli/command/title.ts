import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import type { Call } from "./command";

export const TITLE_OPTION = {
  title: {
    type: "string",
    value: "<text>",
    help: "what the explorer is of; default: the checkout's folder, its commit and that commit's date",
  },
} as const;

/** What the explorer is of, for its title. Without `--title` it is read from git; outside of a checkout there is none. */
export function titleOf(call: Call): string | undefined {
  const given = call.option("title");
  if (given !== undefined) return given;
  const [top, commit, changed] = [
    git("rev-parse", "--show-toplevel"),
    git("log", "-1", "--format=%h of %cs"),
    git("status", "--porcelain", "--untracked-files=no"),
  ];
  if (!top || !commit) return undefined;
  return `${basename(top)}, commit ${commit}${changed ? " with changes" : ""}`;
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}
