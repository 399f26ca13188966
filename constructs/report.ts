import { IConstruct } from "constructs";
import { AccessReport, REPORT_SCHEMA, sortReport } from "./access/report";
import { accessGraphOf } from "./check";

/** The access report of everything in the tree that this construct belongs to: what is written at synthesis. */
export function accessReportOf(construct: IConstruct): AccessReport {
  return sortReport({
    $schema: REPORT_SCHEMA,
    version: 1,
    graph: accessGraphOf(construct),
    unclassified: [],
    notJudged: [],
  });
}
