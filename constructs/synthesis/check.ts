import { Annotations, IResolveContext, ISynthesisSession, Lazy, TerraformElement, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { checkGraph } from "../../access/findings/check";
import { AccessFindingsError, Finding, formatFinding } from "../../access/findings/finding";
import { byCodeUnit } from "../../access/model/graph";
import { accessGraphOf } from "./graph";
import { doubleClaims } from "../private/claims";
import { mark } from "../private/guards";
import { reported } from "../private/findings";
import { writtenReportOf } from "./report";
import { discardReport, writeReportWith } from "./unexplained/written";

export { accessGraphOf };

/** Context key that names the guardrails in force: `production` refuses what is fit for a sandbox only. */
export const GUARDRAILS_CONTEXT = "leasehold:guardrails";

/** Every finding of the program, errors first. */
export function findingsOf(construct: IConstruct): Finding[] {
  const root = construct.node.root;
  const production = [root, ...root.node.children].some(
    (scope) => scope.node.tryGetContext(GUARDRAILS_CONTEXT) === "production",
  );
  const all = [...reported(root), ...doubleClaims(root), ...checkGraph(accessGraphOf(root), { production })];
  const unique = new Map(all.map((finding) => [formatFinding(finding), finding]));
  const rank = (finding: Finding): string =>
    `${finding.severity === "error" ? 0 : 1} ${finding.path} ${formatFinding(finding)}`;
  return [...unique.values()].sort((a, b) => byCodeUnit(rank(a), rank(b)));
}

/**
 * Puts the check into the stack, once, and the writing of the access report with it.
 *
 * It throws in `toTerraform()`, which cdktf runs for every stack in `prepareStack()`, before it writes any file; a
 * plain failed validation comes stack by stack and leaves the JSON of earlier stacks on disk.
 */
export function ensureAccessCheck(scope: IConstruct): void {
  const stack = TerraformStack.of(scope);
  if (!stack.node.tryFindChild(AccessCheck.ID)) new AccessCheck(stack, AccessCheck.ID);
}

/** Where cdktf looks for what a construct has to do when its stack is written. */
const CUSTOM_SYNTHESIS = Symbol.for("cdktf/customSynthesis");

class AccessCheck extends TerraformElement {
  static readonly ID = "LeaseholdAccessCheck";
  private readonly advised = new Set<string>();

  constructor(scope: IConstruct, id: string) {
    super(scope as TerraformStack, id);
    mark(this, "AccessCheck");
    const onSynthesize = (session: ISynthesisSession): void =>
      writeReportWith(session, () => writtenReportOf(this, session));
    Object.defineProperty(this, CUSTOM_SYNTHESIS, { value: { onSynthesize } });
  }

  override toTerraform(): unknown {
    const findings = findingsOf(this);
    const errors = findings.filter((finding) => finding.severity === "error");
    if (errors.length > 0) throw new AccessFindingsError(errors);
    for (const finding of findings) this.advise(finding);
    // Only while cdktf prepares: whoever asks for the JSON at another time has not begun a synthesis.
    const produce = ({ preparing }: IResolveContext): object => {
      if (preparing) discardReport(this);
      return {};
    };
    return Lazy.anyValue({ produce });
  }

  /** A warning is shown by the stack it belongs to, once. */
  private advise(finding: Finding): void {
    const mine = finding.path === this.cdktfStack.node.path || finding.path.startsWith(`${this.cdktfStack.node.path}/`);
    if (!mine || this.advised.has(formatFinding(finding))) return;
    this.advised.add(formatFinding(finding));
    Annotations.of(this.cdktfStack).addWarning(formatFinding(finding));
  }
}
