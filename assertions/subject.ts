import type { IConstruct } from "constructs";
import type { AccessGraph } from "../access/model/graph";
import type { AccessReport, UnclassifiedNode } from "../access/report/report";
import { accessReportOf } from "../constructs/synthesis/report";

/**
 * What an assertion is about: an `App` or any construct of the program, its access report, or a bare access graph. A graph says nothing
 * of what it does not explain, so that assertions about one cannot fail for that.
 */
export type Subject = IConstruct | AccessReport | AccessGraph;

/** A subject as the assertions see it. */
export interface Facts {
  readonly graph: AccessGraph;
  readonly unclassified: readonly UnclassifiedNode[];
}

/** @throws TypeError when it is not one of the three */
export function factsOf(subject: Subject): Facts {
  const given = subject as Partial<IConstruct & AccessReport & AccessGraph> | null | undefined;
  if (typeof given?.node?.findAll === "function") return accessReportOf(subject as IConstruct);
  if (Array.isArray(given?.graph?.edges) && Array.isArray(given.unclassified)) return given as AccessReport;
  if (Array.isArray(given?.edges) && Array.isArray(given.identities))
    return { graph: given as AccessGraph, unclassified: [] };
  throw new TypeError(
    `assertions about access take an App or another construct, an access report or an access graph, not ${subject === null ? "null" : typeof subject}`,
  );
}
