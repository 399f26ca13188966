import type { Unmentioned } from "../../access/questions/mentions";
import { unmentionedNotes } from "../../render/answers";
import { toText } from "../../render/words";
import { UsageError } from "./command";

/**
 * Refuses a question about a workload or a database that the program does not have. The graph knows all of them, so it is a slip
 * of the pen, and "nobody" would be a wrong answer. Of tables it knows those that were granted on: others nobody may touch.
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
