import { AnnotationMetadataEntryType, App, ISynthesisSession } from "cdktf";
import { IConstruct } from "constructs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderHtml } from "../../../render/html";
import { renderReportMarkdown } from "../../../render/markdown";
import { formatReport } from "../../../access/report/parse-report";
import { EXTERNAL_PODS_FILE, ExternalPod, formatExternalPods } from "../../../access/model/external-pod";
import { FINDINGS_FILE, FindingsFile, formatFindings } from "../../../access/findings/findings-file";
import type { AccessReport } from "../../../access/report/report";
import { afterManifest } from "../../private/cdktf/internals";
import { keepTimesOfUnchanged, rememberFiles } from "./unchanged";

/** In this order: the file that programs read comes last, when the others are there. */
const FILES = ["access.md", "access.html", EXTERNAL_PODS_FILE, FINDINGS_FILE, "access.json"] as const;

/** What synthesis says of a program, beside Terraform's JSON. */
export interface Written {
  readonly report: AccessReport;
  /** What the owners of workloads that other tools deploy must write into their pods. */
  readonly pods: readonly ExternalPod[];
  /** What was found, and what is acknowledged of it. */
  readonly findings: FindingsFile;
}

/** Marks the manifest of a synthesis that has a report coming. */
const ARMED = Symbol.for("leasehold.report.armed");

/**
 * Takes away the report of an earlier synthesis.
 *
 * Called when a program has passed the check, before cdktf writes its first file: a program that is refused leaves the folder
 * as it was, JSON and report of the same run; one that fails later leaves no report, since JSON of two runs may stand there.
 */
export function discardReport(construct: IConstruct): void {
  const { root } = construct.node;
  if (!App.isApp(root)) return;
  rememberFiles(root, FILES);
  for (const file of [...FILES].reverse()) rmSync(join(root.outdir, file), { force: true });
}

/**
 * Has the report written when everything else is: right after the manifest, which cdktf writes last, when every stack is
 * there and every validation passed. Once a synthesis, however many stacks ask for it.
 */
export function writeReportWith(app: IConstruct, session: ISynthesisSession, report: () => Written): void {
  const manifest = session.manifest as ISynthesisSession["manifest"] & { [ARMED]?: () => Written };
  const armed = ARMED in manifest;
  Object.defineProperty(manifest, ARMED, { value: report, configurable: true });
  if (armed) return;
  afterManifest(manifest, () => {
    // cdktf's command line has it go on for an error that an annotation says, and fails afterwards.
    const failed = Object.values(manifest.stacks).some(({ annotations }) =>
      annotations.some(({ level }) => level === AnnotationMetadataEntryType.ERROR),
    );
    if (!failed) writeReport(session.outdir, (manifest[ARMED] as () => Written)());
    if (App.isApp(app)) keepTimesOfUnchanged(app);
  });
}

/** All files or none: each is written beside its place, and moved there when all are whole. */
function writeReport(outdir: string, { report, pods, findings }: Written): void {
  const texts: Partial<Record<(typeof FILES)[number], string>> = {
    ...(pods.length > 0 && { [EXTERNAL_PODS_FILE]: formatExternalPods(pods) }),
    [FINDINGS_FILE]: formatFindings(findings),
    "access.json": formatReport(report),
    "access.md": renderReportMarkdown(report),
    "access.html": renderHtml(report),
  };
  const beside = (file: string): string => join(outdir, `.${file}.${process.pid}`);
  const made: string[] = [];
  try {
    const files = FILES.filter((file) => texts[file] !== undefined);
    for (const file of files) {
      made.push(beside(file));
      writeFileSync(beside(file), texts[file] as string);
    }
    for (const file of files) {
      renameSync(beside(file), join(outdir, file));
      made.push(join(outdir, file));
    }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    throw error;
  }
}
