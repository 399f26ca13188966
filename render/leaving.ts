import type { AccessDiff } from "../access/diff/diff";
import type { LeavingWorkload } from "../access/diff/leaving";
import { formatSeconds } from "../access/model/duration";
import { counted, joined, named, Words } from "./words";

/** Workloads by name; the others are counted. */
const NAMED = 3;

/**
 * What to do where a workload goes together with its access.
 *
 * @param most how many are named
 * @returns undefined where none does
 */
export function leavingWords({ leaving = [] }: AccessDiff, most = NAMED): Words | undefined {
  if (leaving.length === 0) return undefined;
  const several = leaving.length > 1;
  const shown = leaving.slice(0, most);
  const more = leaving.length - shown.length;
  const names = joined(shown.map(nameWords), ", ");
  const who: Words =
    shown.length === 0
      ? [counted(leaving.length, "workload")]
      : more > 0
        ? [...names, ` and ${counted(more, "other workload")}`]
        : names;
  return [
    ...who,
    several ? " go" : " goes",
    ` together with ${several ? "their" : "its"} access. One apply of all stacks takes the access away while the pods still end, and refuses their queries. ` +
      `Apply the stack of the ${several ? "workloads" : "workload"} first, wait until the pods are gone, then apply the others: "A workload is taken out" in docs/operations.md.`,
  ];
}

function nameWords({ workload, drain }: LeavingWorkload): Words {
  return [named(workload), ...(drain === undefined ? [] : [` (drain ${formatSeconds(drain)})`])];
}
