import { knownAcrossCopies } from "../model/copies";
import { digestOf } from "../model/digest";
import type { EdgeNode } from "../model/graph";
import { identityId } from "../model/names";
import { asNewest } from "./older";
import { REPORT, withoutFillers } from "./nodes";
import { isRecord, show } from "./readers";
import { AccessReport, REPORT_VERSION, UnclassifiedNode } from "./report";

/** The text, such as that of `access.json`, is not a report of version 1. */
export class ReportError extends Error {
  static {
    knownAcrossCopies(this, "ReportError");
  }

  constructor(problems: readonly string[]) {
    super(`this is not an access report of version 1.x:\n${problems.map((problem) => `  ${problem}`).join("\n")}\n`);
    this.name = "ReportError";
  }
}

/** More than any program says; what is larger was not written by a synthesis. */
const MOST_CHARACTERS = 256 * 1024 * 1024;

/**
 * Reads the text of an `access.json`.
 *
 * It may come from a stranger's branch, so nothing of it is taken over: every value is checked and copied into new
 * objects that have the known fields only, in a fixed order. A field that is not known is refused, since it could say something
 * about access that a comparison would then leave out.
 *
 * Older versions 1.x are read as what they say. Of a newer one, what is not understood is listed under `unclassified` with the
 * reason `unknown`, so that a comparison counts it as growth.
 *
 * @throws ReportError that says what is wrong, where (as a JSON pointer) and how to put it right
 */
export function parseReport(text: string): AccessReport {
  if (typeof text !== "string") throw new ReportError(["it is not a text; give what access.json holds, read as UTF-8"]);
  if (text.length > MOST_CHARACTERS)
    throw new ReportError([`it is ${text.length} characters long; give the access.json of one program`]);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new ReportError(["it is not JSON; give the access.json that `cdktf synth` wrote, whole"]);
  }
  return read(value);
}

/** The same for what somebody else may hold and change: all of it is copied. @throws ReportError */
export function readReport(value: unknown): AccessReport {
  return read(value, true);
}

function read(value: unknown, copied = false): AccessReport {
  const problems: string[] = [];
  const minor = minorOf(value);
  const unknown: UnclassifiedNode[] = [];
  const newer =
    minor > NEWEST ? (pointer: string, part: unknown) => unknown.push(notUnderstood(pointer, part)) : undefined;
  const said = isRecord(value) && minor !== NEWEST ? asNewest(value, minor, problems) : value;
  const checked = REPORT(said, { keys: [], problems, copied, newer });
  if (problems.length > 0) throw new ReportError(problems);
  const report = minor < NEWEST ? { ...checked, readFrom: `1.${minor}` } : checked;
  if (unknown.length === 0) return report;
  const edges = report.graph.edges.filter((edge, index) => {
    const whole = hasBothEnds(report.graph, edge);
    if (!whole) unknown.push(notUnderstood(`/graph/edges/${index}`, edge));
    return whole;
  });
  return { ...report, graph: { ...report.graph, edges }, unclassified: [...report.unclassified, ...unknown] };
}

/** Whether identity and database of an edge were understood: without them no question about it has an answer. */
function hasBothEnds({ identities, databases }: AccessReport["graph"], edge: EdgeNode): boolean {
  return (
    identities.some(({ key }) => identityId(key) === edge.identity) &&
    databases.some(({ mountPath }) => mountPath === edge.mountPath)
  );
}

const NEWEST = Number(REPORT_VERSION.split(".")[1]);

/** The minor version of a report. What is not a report counts as the newest: its reader then says what is wrong. */
function minorOf(value: unknown): number {
  const version = isRecord(value) && Object.hasOwn(value, "version") ? value.version : undefined;
  if (version === undefined) return NEWEST;
  if (version === 1) return 0;
  const minor = typeof version === "string" ? /^1\.([1-9]\d{0,5})$/.exec(version)?.[1] : undefined;
  if (minor !== undefined) return Number(minor);
  throw new ReportError([
    `/version is ${show(version)}, and this Leasehold reads versions 1.x; use the Leasehold that wrote the file`,
  ]);
}

/** A part of a newer report: known by its place, without positions in lists, and by a digest of what it says. */
function notUnderstood(pointer: string, part: unknown): UnclassifiedNode {
  return {
    path: pointer,
    stack: "access.json",
    block: "report",
    type: pointer.replace(/\/\d+(?=\/|$)/g, "/*"),
    name: "",
    reason: "unknown",
    digest: digestOfPart(part),
  };
}

function digestOfPart(part: unknown): string {
  try {
    return digestOf(part);
  } catch {
    throw new ReportError(["it is nested too deep; give the access.json of one program"]);
  }
}

/** The text of `access.json`: the same report gives the same bytes, whatever the order of fields in memory. @throws ReportError */
export function formatReport(report: AccessReport): string {
  const { readFrom: _, ...written } = report;
  return `${JSON.stringify(withoutFillers(read(written)), undefined, 2)}\n`;
}
