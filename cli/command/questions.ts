import type { IdentityNode } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import type { Unmentioned } from "../../access/questions/mentions";
import type { WhoCan } from "../../access/questions/query";
import type { AccessReport } from "../../access/report/report";
import { unmentionedNotes } from "../../render/answers";
import { unexplained } from "../../render/unclassified";
import { toText } from "../../render/words";
import { UsageError } from "./command";

/**
 * Refuses a question about a workload or a database that the program does not have. The graph knows all of them, so the
 * name is misspelt, and "nobody" would be a wrong answer. A table that the graph does not know is another matter:
 * nothing was granted on it, so nobody may touch it.
 *
 * @throws UsageError
 */
export function refuseUnknown(unmentioned: readonly Unmentioned[]): void {
  const unknown = unmentioned.filter(({ part }) => part === "workload" || part === "database");
  if (unknown.length === 0) return;
  throw new UsageError(
    `${unmentionedNotes(unknown).map(toText).join("; ")}${unknown.every(({ near }) => near.length > 0) ? "" : ": `leasehold access` shows all that it has"}`,
  );
}

/** In the JSON of every command, `who` is one text, such as `eu/shop/web`. */
export function withWho<T extends { readonly identity: IdentityNode }>(all: readonly T[]): (T & { who: string })[] {
  return all.map((one) => ({ who: identityId(one.identity.key), ...one }));
}

/** Whether somebody has what was asked about, or may have: what the graph does not explain could grant it, too. */
export function mayBeGranted(
  report: AccessReport,
  found: readonly unknown[],
  { rightsNotKnown, lookedUp }: Pick<WhoCan, "rightsNotKnown" | "lookedUp">,
): boolean {
  return [found, rightsNotKnown, lookedUp, unexplained(report)].some(({ length }) => length > 0);
}
