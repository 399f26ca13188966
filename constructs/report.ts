import { ISynthesisSession, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readReport } from "./access/parse-report";
import { AccessReport, REPORT_SCHEMA, sortReport } from "./access/report";
import { accessGraphOf } from "./graph";
import type { Document } from "./report/blocks";
import { collectRest } from "./report/collect";

/**
 * The access report of the whole program that this construct belongs to: what synthesis writes as `access.json`.
 *
 * Ask for it when the program is complete. Before `synth()` no Aspect has run, so that what one changes is not seen.
 *
 * @throws AccessFindingsError for a program that synthesis would refuse
 */
export function accessReportOf(construct: IConstruct): AccessReport {
  return reportOf(construct, (stack) => JSON.parse(JSON.stringify(stack.toTerraform())) as Document);
}

/** @internal The same at the end of a synthesis: of the very files that Terraform will read. */
export function writtenReportOf(construct: IConstruct, session: ISynthesisSession): AccessReport {
  return reportOf(construct, (stack) => {
    const file = session.manifest.stacks[stack.node.id]?.synthesizedStackPath;
    const path = file === undefined ? undefined : join(session.outdir, file);
    return path?.endsWith(".json") && existsSync(path)
      ? (JSON.parse(readFileSync(path, "utf8")) as Document)
      : (JSON.parse(JSON.stringify(stack.toTerraform())) as Document);
  });
}

function reportOf(construct: IConstruct, documents: (stack: TerraformStack) => Document): AccessReport {
  const { root } = construct.node;
  const report = sortReport({
    $schema: REPORT_SCHEMA,
    version: 1,
    graph: accessGraphOf(root),
    ...collectRest(root, documents),
  });
  // Through the reader: fields in one order, none that is undefined, and nothing that the reader would refuse.
  return readReport(JSON.parse(JSON.stringify(report)));
}
