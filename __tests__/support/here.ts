import { relative } from "node:path";

/** `file:line` of the caller's own line, or of one so many lines below it, as findings name it. */
export function here(below = 0): string {
  const frame = new Error().stack?.split("\n")[2] ?? "";
  const [, file, line] = /\(?(\/[^():]+):(\d+):\d+\)?$/.exec(frame) ?? [];
  if (file === undefined) throw new Error(`no file in ${JSON.stringify(frame)}`);
  return `${relative(process.cwd(), file)}:${Number(line) + below}`;
}
