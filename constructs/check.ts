import { Annotations, TerraformElement, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { checkGraph } from "./access/check";
import { AccessFindingsError, Finding, formatFinding } from "./access/finding";
import { AccessGraph, byCodeUnit, DatabaseNode, DeliveryNode, EdgeNode, IdentityNode, sortGraph } from "./access/graph";
import { doubleClaims } from "./private/claims";
import { isMarked } from "./private/guards";
import { reported } from "./private/report";

/** Context key that names the guardrails in force: `production` refuses what is fit for a sandbox only. */
export const GUARDRAILS_CONTEXT = "leasehold:guardrails";

interface GraphSource<T> extends IConstruct {
  graphNode(): T;
}

/** The access graph of everything in the tree that this construct belongs to. */
export function accessGraphOf(construct: IConstruct): AccessGraph {
  const all = construct.node.root.node.findAll();
  const nodes = <T>(kind: string): GraphSource<T>[] => all.filter((child) => isMarked(child, kind)) as GraphSource<T>[];
  const databases = nodes<DatabaseNode>("DatabaseAccess");
  return sortGraph({
    version: 1,
    identities: nodes<IdentityNode>("WorkloadIdentity").map((identity) => identity.graphNode()),
    databases: databases.map((database) => database.graphNode()),
    edges: databases.flatMap((database) =>
      "edges" in database ? (database.edges as GraphSource<EdgeNode>[]).map((edge) => edge.graphNode()) : [],
    ),
    deliveries: nodes<DeliveryNode[]>("Delivery").flatMap((delivery) => delivery.graphNode()),
  });
}

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
 * Puts the check into the stack, once.
 *
 * It throws in `toTerraform()`, which cdktf runs for every stack in `prepareStack()`, before it writes any file; a
 * plain failed validation comes stack by stack and leaves the JSON of earlier stacks on disk.
 */
export function ensureAccessCheck(scope: IConstruct): void {
  const stack = TerraformStack.of(scope);
  if (!stack.node.tryFindChild(AccessCheck.ID)) new AccessCheck(stack, AccessCheck.ID);
}

class AccessCheck extends TerraformElement {
  static readonly ID = "LeaseholdAccessCheck";
  private readonly advised = new Set<string>();

  override toTerraform(): unknown {
    const findings = findingsOf(this);
    const errors = findings.filter((finding) => finding.severity === "error");
    if (errors.length > 0) throw new AccessFindingsError(errors);
    for (const finding of findings) this.advise(finding);
    return {};
  }

  /** A warning is shown by the stack it belongs to, once. */
  private advise(finding: Finding): void {
    const mine = finding.path === this.cdktfStack.node.path || finding.path.startsWith(`${this.cdktfStack.node.path}/`);
    if (!mine || this.advised.has(formatFinding(finding))) return;
    this.advised.add(formatFinding(finding));
    Annotations.of(this.cdktfStack).addWarning(formatFinding(finding));
  }
}
