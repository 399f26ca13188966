import { IConstruct } from "constructs";
import { Finding } from "../../access/findings/finding";
import { userLine } from "./source-line";

const KEY = "leasehold:finding";

/**
 * Notes that something is wrong with what the user declared.
 *
 * Nothing is thrown here: the check at synthesis collects every finding of the tree and throws them at once, before
 * any file is written, so that one run shows all that is to be mended.
 */
export function report(
  scope: IConstruct,
  finding: Omit<Finding, "path" | "sources" | "severity"> & {
    readonly sources?: string[];
    readonly severity?: Finding["severity"];
  },
): void {
  const line = userLine();
  const full: Finding = {
    severity: "error",
    ...finding,
    path: scope.node.path,
    sources: finding.sources ?? (line === undefined ? [] : [line]),
  };
  scope.node.addMetadata(KEY, full);
}

/** Every finding noted in the tree below. */
export function reported(root: IConstruct): Finding[] {
  return root.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata.filter((entry) => entry.type === KEY).map((entry) => entry.data as Finding),
    );
}
