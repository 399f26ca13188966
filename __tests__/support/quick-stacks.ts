import { runInThisContext } from "node:vm";

/**
 * Stacks of calls, without what made them a third of the time of a test that synthesizes.
 *
 * cdktf keeps a whole stack of each token, hundreds for one Deployment, and shows it with an error of its own only: here it gets
 * none. It is the only one that asks for all frames.
 */
const { captureStackTrace } = Error;
function capture(holder: object, above: unknown = capture): void {
  if (Error.stackTraceLimit !== Number.MAX_SAFE_INTEGER) captureStackTrace(holder, above as () => unknown);
}
if (captureStackTrace.name !== capture.name) Error.captureStackTrace = capture;

/** jest looks up every frame in its source map, for each stack anew; here each place is looked up once. Its own function is where jest itself runs. */
const { prepareStackTrace } = runInThisContext("Error") as ErrorConstructor;
const known = new Map<string, string>();

function lineOf(frame: NodeJS.CallSite): string {
  // By its position in the script: V8 counts lines and columns anew each time that it is asked for them.
  const file = frame.getFileName();
  const place = file ? `${file}@${(frame as unknown as { getPosition(): number }).getPosition()}` : String(frame);
  let line = known.get(place);
  if (line === undefined) {
    // What jest makes of a stack that has this frame only, without the first line, which names the error.
    const whole: unknown = prepareStackTrace?.({ name: "Error", message: "" }, [frame]);
    line = typeof whole === "string" ? whole.slice(whole.indexOf("\n")) : `\n    at ${String(frame)}`;
    known.set(place, line);
  }
  return line;
}

Error.prepareStackTrace = (error, frames) =>
  [`${error.name || "Error"}: ${error.message}`, ...frames.map(lineOf)].join("");
