import { knownAcrossCopies } from "../model/copies";
import { checkGiven } from "../model/given";
import { pageOf } from "./page";

/** Stable codes of what Leasehold refuses or advises; each has a line in docs/findings.md. */
export const FINDING_CODES = [
  "acknowledgement",
  "identity-token",
  "identity-name",
  "identity-namespace",
  "identity-duplicate",
  "identity-cluster",
  "token-issuer",
  "object-name",
  "database-name",
  "database-duplicate",
  "known-rights",
  "mount-path",
  "vault-namespace",
  "mount-overlap",
  "privilege-unknown",
  "grant-empty",
  "grantees",
  "column-undeclared",
  "column-grant",
  "option-conflict",
  "lease-ttl",
  "lease-limit",
  "connections",
  "credential-not-granted",
  "credential-not-delivered",
  "credential-file",
  "credential-reload",
  "credential-template",
  "credential-endpoint",
  "sslmode-production",
  "placeholder",
  "ca-missing",
  "certificate",
  "dev-production",
  "vault-mode",
  "drain",
  "annotation",
  "policy-rule",
  "policy-name",
  "kubernetes-name",
  "workload",
  "migration",
  "instance",
  "network",
  "postgres-version",
  "argument",
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** A thing that is wrong (error), or that deserves a look (warning). */
export interface Finding {
  /** One of ours, with a line in docs/findings.md; of what `leasehold check` finds the id of the rule, as docs/rules.md has it. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** What is wrong, with the value. */
  readonly message: string;
  /** How to put it right. */
  readonly fix: string;
  /** What comes of it, of a finding of a rule. */
  readonly why?: string;
  /** Where others say the same, of a finding of a rule. */
  readonly references?: readonly string[];
  /** Construct path. */
  readonly path: string;
  /** The user's lines, `file:line`, where known; two when two statements contradict each other. */
  readonly sources: readonly string[];
}

/** One finding as people read it. */
export function formatFinding(finding: Finding): string {
  checkGiven(Array.isArray(finding?.sources), "the finding", finding, "give one that findingsOf(app) returns");
  const where = finding.sources.length > 0 ? `${finding.path} (${finding.sources.join(", ")})` : finding.path;
  return `${finding.code}: ${finding.message}\n    at  ${where}\n    fix ${finding.fix}\n    see ${pageOf(finding.code)}`;
}

/** Thrown at synthesis, before any file is written, with every finding at once. */
export class AccessFindingsError extends Error {
  static {
    knownAcrossCopies(this, "AccessFindingsError");
  }

  declare readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const count = findings.length === 1 ? "1 thing is" : `${findings.length} things are`;
    super(
      `${count} wrong with the access that this program declares; nothing was written.\n\n${findings.map((f) => `  ${formatFinding(f)}`).join("\n\n")}\n`,
    );
    this.name = "AccessFindingsError";
    // Not shown by those who print an error with its properties: the message says it all.
    Object.defineProperty(this, "findings", { value: findings, enumerable: false });
  }
}
