import { isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The library's own folders, as compiled and as source maps name them: neither is the user's line. */
const OWN = ["..", "../../stacks"]
  .map((folder) => resolve(__dirname, folder) + sep)
  .flatMap((folder) => [folder, folder.replace(`${sep}dist${sep}`, sep)]);

/**
 * The first line of the call stack outside this library, as `file:line` relative to the working directory.
 *
 * Run node with `--enable-source-maps` to get TypeScript lines from compiled programs.
 */
export function userLine(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, userLine);
  Error.stackTraceLimit = limit;
  for (const frame of holder.stack?.split("\n").slice(1) ?? []) {
    const match = /\(?((?:file:\/\/)?[^()\s][^()]*):(\d+):\d+\)?$/.exec(frame.replace(/^\s*at\s+(?:.*\()?/, ""));
    if (!match) continue;
    const file = match[1].startsWith("file://") ? fileURLToPath(match[1]) : match[1];
    if (!isAbsolute(file) || file.includes(`${sep}node_modules${sep}`) || OWN.some((own) => file.startsWith(own)))
      continue;
    return `${relative(process.cwd(), file)}:${match[2]}`;
  }
  return undefined;
}
