import { AccessGraph, databaseId, unknownRights } from "../model/graph";
import { checkGiven } from "../model/given";
import { groupBy } from "../model/lists-by";
import { placeOf } from "./atomic-grants";
import { MovedCap, movedCaps } from "./caps";
import { AccessChange, Verdict, VERDICTS } from "./change";
import { changesOf } from "./changes";
import { comparedPrivileges, unique } from "./compared";
import { LeavingWorkload, leavingOf } from "./leaving";
import type { AccessReport } from "../report/report";
import { comparableWorkloads } from "./older-workloads";
import { withoutUnchanged } from "./unchanged";
import {
  rightsChanges,
  silences,
  UnclassifiedChange,
  unclassifiedChanges,
  unreadChanges,
  unsaidChanges,
} from "../report/unclassified";

export { AccessChange, ClockChange, LinkChange, Side, Verdict, VERDICTS } from "./change";
export { LeavingWorkload } from "./leaving";
export { Region } from "./regions";
export { UnclassifiedChange } from "../report/unclassified";

/** What a pull request changes. */
export interface AccessDiff {
  readonly version: 1;
  /** The gravest verdict first; empty when nobody's access changes. */
  readonly verdicts: readonly Verdict[];
  readonly changes: readonly AccessChange[];
  readonly unclassified: readonly UnclassifiedChange[];
  /** Workloads that go together with access that their pods use until they have ended. Absent where none does. */
  readonly leaving?: readonly LeavingWorkload[];
}

/**
 * What differs between two reports: sets of privileges with their time and path are compared, not texts. Names of
 * constructs, source lines and the number of statements have no part in it.
 */
export function diffReports(before: AccessReport, after: AccessReport): AccessDiff {
  for (const [which, report] of Object.entries({ before, after }))
    checkGiven(
      isReport(report),
      `the report ${which}`,
      report,
      "give what parseReport(text) or accessReportOf(app) returns",
    );
  const said = comparableWorkloads(before, after);
  const graphs = comparable(said.before, said.after);
  const groups = groupBy(comparedPrivileges(...withoutUnchanged(...graphs)), ({ who, database }) =>
    JSON.stringify([who, database?.instance ?? null, database?.database ?? null]),
  );
  const changes = [...groups.flatMap(changesOf), ...movedCaps(...graphs).map(capChange)];
  const rank = ({ verdict }: AccessChange): number => VERDICTS.indexOf(verdict);
  const blocks = unclassifiedChanges(before.unclassified, after.unclassified, before.readFrom);
  const unclassified = [
    ...blocks,
    ...unreadChanges(after.unclassified, blocks),
    ...unsaidChanges(said.unsaid, before.readFrom),
    ...rightsChanges(before.graph, after.graph),
    ...silences(before.graph, after.graph),
  ];
  const losing = new Set(changes.filter(({ verdict }) => verdict === "narrowed").map(({ who }) => who));
  const leaving = leavingOf(...graphs, losing);
  const found = new Set<Verdict>([...changes, ...unclassified].map(({ verdict }) => verdict));
  return {
    version: 1,
    verdicts: VERDICTS.filter((verdict) => found.has(verdict)),
    // Stable: within a verdict the order stays that of names.
    changes: changes.sort((a, b) => rank(a) - rank(b)),
    unclassified,
    ...(leaving.length > 0 && { leaving }),
  };
}

function capChange({ who, before, after }: MovedCap): AccessChange {
  const [{ instance, database, leaseCap: now }] = after;
  const [{ leaseCap: old }] = before;
  return {
    verdict: now > old ? "longer" : "shorter",
    who,
    database: { instance, database },
    privileges: [],
    on: [],
    before: { lifetime: {}, grantedBy: unique(before.map(placeOf)) },
    after: { lifetime: {}, grantedBy: unique(after.map(placeOf)) },
    clocks: [{ clock: "lease cap", before: old, after: now }],
    links: [],
  };
}

/**
 * Of a database whose rights are not known on one side, those of the other side are left out: nobody can tell what was won or lost.
 * That they became unknown is a change of its own.
 */
function comparable(before: AccessGraph, after: AccessGraph): [AccessGraph, AccessGraph] {
  const unknown = new Set([...unknownRights(before), ...unknownRights(after)].map(databaseId));
  if (unknown.size === 0) return [before, after];
  const without = (graph: AccessGraph): AccessGraph => ({
    ...graph,
    databases: graph.databases.map((node) =>
      node.knownRights && unknown.has(databaseId(node)) ? { ...node, knownRights: undefined } : node,
    ),
  });
  return [without(before), without(after)];
}

/** Plain JavaScript may give anything, such as the text of a report. */
function isReport(given: Partial<AccessReport> | undefined): boolean {
  return Array.isArray(given?.graph?.edges) && Array.isArray(given.unclassified);
}

/** Whether the access grew, or cannot be shown not to have. */
export function grows(diff: AccessDiff): boolean {
  checkGiven(Array.isArray(diff?.verdicts), "the diff", diff, "give what diffReports(before, after) returns");
  return diff.verdicts.some((verdict) => verdict === "broadened" || verdict === "longer" || verdict === "unclassified");
}
