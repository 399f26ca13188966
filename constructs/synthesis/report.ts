import { App, ISynthesisSession, TerraformStack } from "cdktf";
import { IConstruct } from "constructs";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readReport } from "../../access/report/parse-report";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, sortReport } from "../../access/report/report";
import { accessGraphOf } from "./graph";
import type { Document } from "./unexplained/document";
import type { StackFiles } from "./unexplained/stack-reader";
import { findUnexplained } from "./unexplained/unexplained";
import { codeBeside } from "./unexplained/files";
import { forgetVerdict } from "./verdict";
import { saidLast } from "./writing";
import { rootOf } from "../private/arguments";

/**
 * The access report of the whole program that this construct belongs to: what synthesis writes as `access.json`.
 *
 * Ask for it when the program is complete. Before `synth()` no Aspect has run: the report does not show what an Aspect
 * changes.
 *
 * @throws AccessFindingsError for a program that synthesis would refuse
 */
export function accessReportOf(construct: IConstruct): AccessReport {
  forgetVerdict(rootOf(construct, "accessReportOf"));
  return reportOf(construct, unwritten);
}

/** @internal The same at the end of a synthesis, made from the very files that Terraform will read. */
export function writtenReportOf(construct: IConstruct, session: ISynthesisSession): AccessReport {
  return reportOf(construct, (stack) => {
    const file = session.manifest.stacks[stack.node.id]?.synthesizedStackPath;
    const path = file === undefined ? undefined : join(session.outdir, file);
    if (path === undefined || !existsSync(path)) return unwritten(stack);
    const folder = dirname(path);
    const last = saidLast(stack);
    const said = last === undefined ? unwritten(stack).document : (JSON.parse(last) as Document);
    const document = path.endsWith(".json") ? (JSON.parse(readFileSync(path, "utf8")) as Document) : said;
    const asSaid = isDeepStrictEqual(document, said);
    return { document, asSaid, folder, beside: codeBeside(basename(path), folder) };
  });
}

function unwritten(stack: TerraformStack): StackFiles {
  const { root } = stack.node;
  return {
    document: JSON.parse(JSON.stringify(stack.toTerraform())) as Document,
    asSaid: true,
    ...(App.isApp(root) && { folder: join(root.outdir, "stacks", stack.node.id) }),
    beside: {},
  };
}

function reportOf(construct: IConstruct, filesOf: (stack: TerraformStack) => StackFiles): AccessReport {
  const { root } = construct.node;
  const report = sortReport({
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: accessGraphOf(root),
    ...findUnexplained(root, filesOf),
  });
  // Read back, so that it has its fields in one order, no field that is undefined, and nothing that the reader would
  // refuse.
  return readReport(JSON.parse(JSON.stringify(report)));
}
