import { Annotations, IResolveContext, Lazy, TerraformElement, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { AccessFindingsError, Finding, formatFinding } from "../../access/findings/finding";
import { externalPodsOf } from "./external-pods";
import { accessGraphOf } from "./graph";
import { findingsFileOf } from "./findings-file";
import { whenSynthesized } from "../private/cdktf/internals";
import { mark } from "../private/guards";
import { untraced } from "../private/source-line";
import { noteLines } from "../private/lines";
import { stackOf } from "../private/stack-order";
import { writtenReportOf } from "./report";
import { discardReport, writeReportWith } from "./unexplained/written";
import { findingsOf, verdictOf } from "./verdict";
import { watchWriting } from "./writing";

export { accessGraphOf, findingsOf };

/**
 * Puts the check into the stack, once, and the writing of the access report with it.
 *
 * It throws in `toTerraform()`, which cdktf runs for every stack in `prepareStack()`, before it writes any file. A
 * validation of cdktf would fail stack by stack, and leave the JSON of earlier stacks on disk.
 */
export function ensureAccessCheck(scope: IConstruct): void {
  // Something that exists already may be directly under the App. The stacks that use it have the check.
  const stack = stackOf(scope);
  if (!stack || stack.node.tryFindChild(AccessCheck.ID)) return;
  new AccessCheck(stack, AccessCheck.ID);
  noteLines(stack);
}

class AccessCheck extends TerraformElement {
  static readonly ID = "LeaseholdAccessCheck";
  private readonly advised = new Set<string>();

  constructor(scope: IConstruct, id: string) {
    super(scope as TerraformStack, id);
    mark(this, "AccessCheck");
    watchWriting(this.cdktfStack);
    whenSynthesized(this, (session) =>
      writeReportWith(this.node.root, session, () => ({
        report: writtenReportOf(this, session),
        pods: externalPodsOf(this),
        findings: findingsFileOf(this),
      })),
    );
  }

  override toTerraform(): unknown {
    const findings = verdictOf(this.cdktfStack);
    const errors = findings.filter((finding) => finding.severity === "error");
    if (errors.length > 0) throw new AccessFindingsError(errors);
    for (const finding of findings) this.advise(finding);
    // Only while cdktf prepares: whoever asks for the JSON at another time has not begun a synthesis.
    const produce = ({ preparing }: IResolveContext): object => {
      if (preparing) discardReport(this);
      return {};
    };
    return untraced(() => Lazy.anyValue({ produce }));
  }

  /** A warning is shown by the stack it belongs to, once; one that belongs to none by the first stack with a check. */
  private advise(finding: Finding): void {
    const { children } = this.node.root.node;
    const checked = children.filter((child) => child.node.tryFindChild(AccessCheck.ID));
    const stack = children.find(({ node }) => node.id === finding.path.split("/")[0]);
    const shownBy = stack && checked.includes(stack) ? stack : checked[0];
    const nested = `${finding.path}/`.startsWith(`${this.cdktfStack.node.path}/`);
    if ((shownBy !== this.cdktfStack && !nested) || this.advised.has(formatFinding(finding))) return;
    this.advised.add(formatFinding(finding));
    Annotations.of(this.cdktfStack).addWarning(formatFinding(finding));
  }
}
