import { findSourceMap, type SourceMap } from "node:module";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** node's own: `untraced` takes it away for a while, and the user's line is found all the same. */
const { captureStackTrace } = Error;

/** A place in a file; `column` where a source map may still have to be asked. */
interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** A frame of a call stack. V8 looks its line up when it is asked for: most frames are of no interest. */
interface Frame {
  readonly file: string;
  place(): Place;
}

/** What is ours in a call stack. */
interface Own {
  /** The library's folders, as compiled and as source maps name them. */
  readonly folders: readonly string[];
  /** The file that a bundler put the library in. */
  readonly bundle?: string;
}

let own: Own | undefined;

/**
 * The first line of the call stack outside this library, as `file:line` relative to the working directory.
 *
 * Run node with `--enable-source-maps` to get TypeScript lines from compiled programs. In a bundle without a source map nobody can
 * tell whose a line is, and there is none.
 */
export function userLine(): string | undefined {
  // The line is nearly always among the first few frames, and each frame costs time.
  return lineAmong(8) ?? lineAmong(30);
}

function lineAmong(depth: number): string | undefined {
  for (const { file, place } of places(depth, userLine)) {
    if (!isUsers(file)) continue;
    const source = inSource(place());
    if (isUsers(source.file) && source.file !== own?.bundle)
      return `${relative(process.cwd(), source.file)}:${source.line}`;
  }
  return undefined;
}

/**
 * Makes one of cdktf's elements without the stack traces that cdktf keeps for each token in it: hundreds for one
 * Deployment, and half of the time of a large program. Such a trace tells the line that made the token, which here is a
 * line of Leasehold. The user's line is in the findings and in the report. Errors that are thrown meanwhile still have
 * their stack.
 */
export function untraced<T>(make: () => T): T {
  const before = Error.captureStackTrace;
  Error.captureStackTrace = () => undefined;
  try {
    return make();
  } finally {
    Error.captureStackTrace = before;
  }
}

function isUsers(file: string): boolean {
  own ??= ownPlaces();
  return (
    isAbsolute(file) && !file.includes(`${sep}node_modules${sep}`) && !own.folders.some((ours) => file.startsWith(ours))
  );
}

/** Told by where this function says that it is: `__dirname` of a bundle is the folder of the user's program. */
function ownPlaces(): Own {
  const [here] = places(1);
  if (here === undefined) return { folders: [] };
  const files = [here.file, inSource(here.place()).file].filter((file) => /^source-line\.[jt]s$/.test(basename(file)));
  return {
    folders: files.flatMap((file) => ["..", "../../stacks"].map((folder) => resolve(dirname(file), folder) + sep)),
    ...(files.includes(here.file) ? {} : { bundle: here.file }),
  };
}

/** The call stack above a function, so many frames of it; without one it begins in this file. */
function places(depth: number, above?: () => unknown): Frame[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  // A program that prepares stacks in its own way, as jest does, also maps the lines. node's own function has this
  // name; older versions show none.
  const mapped = prepareStackTrace?.name !== "ErrorPrepareStackTrace";
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = depth;
    // As frames, and not as text: for a text, node looks up every frame in its source map, and one line is enough.
    if (!mapped) Error.prepareStackTrace = (_, sites) => sites;
    captureStackTrace(holder, above);
    return mapped ? fromText(String(holder.stack)) : fromFrames(holder.stack as readonly NodeJS.CallSite[]);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (!mapped) Error.prepareStackTrace = prepareStackTrace;
  }
}

function fromFrames(sites: readonly NodeJS.CallSite[]): Frame[] {
  return sites.map((site) => {
    const file = pathOf(site.getFileName() ?? "");
    return { file, place: () => ({ file, line: site.getLineNumber() ?? 0, column: site.getColumnNumber() ?? 0 }) };
  });
}

function fromText(stack: string): Frame[] {
  return stack.split("\n").flatMap((frame) => {
    const match = /\(?((?:file:\/\/)?[^()\s][^()]*):(\d+):\d+\)?$/.exec(frame.replace(/^\s*at\s+(?:.*\()?/, ""));
    if (!match) return [];
    const file = pathOf(match[1]);
    return [{ file, place: () => ({ file, line: Number(match[2]) }) }];
  });
}

/** Maps by file, and that a file has none: node looks through all that it has loaded, for each question anew. */
const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, findSourceMap(file));
  return maps.get(file);
}

function inSource(place: Place): Place {
  if (place.column === undefined) return place;
  const entry = mapOf(place.file)?.findEntry(place.line - 1, place.column - 1);
  if (!entry || !("originalSource" in entry) || typeof entry.originalLine !== "number") return place;
  return { file: pathOf(entry.originalSource), line: entry.originalLine + 1 };
}

function pathOf(file: string): string {
  return file.startsWith("file://") ? fileURLToPath(file) : file;
}
