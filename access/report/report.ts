import { AccessGraph, byCodeUnit, Provenance, sortGraph } from "../model/graph";

/**
 * What every synthesis writes, and what `leasehold diff` compares: the access graph, and everything else in the program
 * that could change access. Plain data; holds no secret and no value of a plan.
 */
export interface AccessReport {
  /** Name of the JSON Schema that the file keeps to. */
  readonly $schema: string;
  /** Major and minor: a minor one adds fields and words; see docs/cli.md. */
  readonly version: typeof REPORT_VERSION;
  /** The version of the file that it was read from, where an older Leasehold wrote that. No part of the file. */
  readonly readFrom?: string;
  readonly graph: AccessGraph;
  /** Never left out: what the graph does not explain is shown as such. */
  readonly unclassified: readonly UnclassifiedNode[];
  /** Resources of types that let nobody in, counted: nothing else is said about them. */
  readonly notJudged: readonly NotJudged[];
}

/** What this Leasehold writes. */
export const REPORT_VERSION = "1.3";

/**
 * The `$id` of schema/access-1.json, which the package exports as `leasehold/schema/access-1.json`. It is a name and no address: a
 * report says the same wherever the schema is kept.
 */
export const REPORT_SCHEMA = "urn:leasehold:schema:access-1";

/**
 * Why the graph does not explain something. `raw`: the user made it. `overridden`: Leasehold made it, and an escape
 * hatch or a setter changed it or took it away. `setting`: Leasehold made it from props that are not part of the graph,
 * such as chart values; or it gives no access but decides who sees data, such as where the state is kept and which
 * outputs are shown. `unknown`: it is in a report of a newer minor version, and this Leasehold does not understand it.
 * `unread`: what the stack says depends on files of the repository that were too many to read.
 * `rights`: what PUBLIC and the owners may do in a database that Leasehold did not make is not known; only a diff has
 * this reason, and in the file it is `publicRights` of the database.
 */
export type UnclassifiedReason = "raw" | "overridden" | "setting" | "unknown" | "unread" | "rights";

/** A block of Terraform JSON that could change who touches what, and that the graph does not explain. */
export interface UnclassifiedNode extends Provenance {
  /** Name of the stack; `access.json` with the reason `unknown`. */
  readonly stack: string;
  readonly block:
    "resource" | "data" | "ephemeral" | "provider" | "module" | "output" | "backend" | "stack" | "report" | "database";
  /** Terraform's type, such as `vault_policy` or the backend `s3`; of a module its source, without what could be a secret; of a stack and an output `""`. */
  readonly type: string;
  /** Terraform's name of the block; of a provider block its alias, if it has one; of a stack `""`. */
  readonly name: string;
  readonly reason: UnclassifiedReason;
  /**
   * SHA-256 of what the block says, in hex; of a setting, without what follows from the graph. Names of blocks have no part in
   * it, in references neither, nor has `depends_on`: a renamed construct has the digest it had. But a reference to a block that keeps a value
   * of its own, such as a password, names it: under another name it is another secret.
   */
  readonly digest: string;
}

/** Resources of one provider whose types are known to let nobody in. */
export interface NotJudged {
  /** The provider's local name, such as `aws`. */
  readonly provider: string;
  readonly count: number;
}

/** The report with every list in a fixed order. */
export function sortReport(report: AccessReport): AccessReport {
  const key = (node: UnclassifiedNode): string =>
    [node.stack, node.block, node.type, node.name, node.path, node.digest].join("\n");
  return {
    $schema: report.$schema,
    version: REPORT_VERSION,
    graph: sortGraph(report.graph),
    unclassified: [...report.unclassified].sort((a, b) => byCodeUnit(key(a), key(b))),
    notJudged: [...report.notJudged].sort((a, b) => byCodeUnit(a.provider, b.provider)),
  };
}
