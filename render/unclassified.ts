import type { AccessReport, UnclassifiedNode, UnclassifiedReason } from "../access/report/report";
import type { Section } from "./section";
import { counted, named, placesWords, Words } from "./words";

/** What of a report nobody has explained; settings of our own constructs are not meant. */
export function unexplained({ unclassified }: Pick<AccessReport, "unclassified">): UnclassifiedNode[] {
  return unclassified.filter(({ reason }) => reason !== "setting");
}

/** Without which no answer should be read. */
export function unexplainedWarning(report: Pick<AccessReport, "unclassified">): string {
  return `${counted(unexplained(report).length, "block")} of this program could change access in a way that is not shown here`;
}

/** A table of blocks that the access graph does not explain. */
export function unclassifiedSection(title: string, note: string, nodes: readonly UnclassifiedNode[]): Section {
  return {
    title,
    note,
    header: ["What", "Stack", "Why", "Where"],
    rows: nodes.map((node) => [blockWords(node), [named(node.stack)], [REASONS[node.reason]], placesWords([node])]),
  };
}

export const REASONS: Readonly<Record<UnclassifiedReason, string>> = {
  raw: "made by hand",
  overridden: "changed after it was made",
  setting: "a setting",
  unknown: "not understood, or not said any more: written by another Leasehold",
  unread: "it may read any file of the repository, and these are too many to look at: name the path in the program",
  rights: "what PUBLIC and the owners may do is not known",
};

/** `resource vault_policy.admin`. */
export function blockWords({ block, type, name }: Pick<UnclassifiedNode, "block" | "type" | "name">): Words {
  const address = [type, name].filter((part) => part !== "").join(".");
  return address === "" ? [block] : [`${block} `, named(address)];
}
