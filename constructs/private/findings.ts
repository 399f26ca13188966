import { IConstruct } from "constructs";
import { Finding, FindingCode } from "../../access/findings/finding";
import { noteChange } from "./changes";
import { userLine } from "./source-line";

const KEY = "leasehold:finding";
const PRODUCTION_KEY = "leasehold:finding:production";

/**
 * Notes that something is wrong with what the user declared.
 *
 * Nothing is thrown here. The check at synthesis collects every finding of the tree and throws them at once, before any
 * file is written: one run shows all that is wrong.
 */
export function report(
  scope: IConstruct,
  finding: Omit<Finding, "code" | "path" | "sources" | "severity"> & {
    readonly code: FindingCode;
    readonly sources?: string[];
    readonly severity?: Finding["severity"];
    /** Only a program that is held to production is told. */
    readonly inProduction?: true;
  },
): void {
  const line = userLine();
  const { inProduction, ...told } = finding;
  const full: Finding = {
    severity: "error",
    ...told,
    path: scope.node.path,
    sources: finding.sources ?? (line === undefined ? [] : [line]),
  };
  scope.node.addMetadata(inProduction ? PRODUCTION_KEY : KEY, full);
  noteChange(scope);
}

/** Every finding noted at these constructs. */
export function reported(
  constructs: readonly IConstruct[],
  { production }: { readonly production: boolean },
): Finding[] {
  const keys = production ? [KEY, PRODUCTION_KEY] : [KEY];
  return constructs.flatMap((construct) =>
    construct.node.metadata.filter((entry) => keys.includes(entry.type)).map((entry) => entry.data as Finding),
  );
}
