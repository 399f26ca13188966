import { App, AppConfig, TerraformStack } from "cdktf";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessReport, Credential, parseReport, UnclassifiedNode, WorkloadIdentity } from "../../../constructs";
import { World } from "../../support/world";

/** Names of the files of a report. */
export const FILES = ["access.html", "access.json", "access.md"];

/** The text of the access.json that a program writes. */
export function writtenText(build: (app: App) => void, config: AppConfig = {}): string {
  return inFolder((outdir) => {
    const app = new App({ skipValidation: true, ...config, outdir });
    build(app);
    app.synth();
    return readFileSync(join(outdir, "access.json"), "utf8");
  });
}

/** The report that a program writes. */
export function written(build: (app: App) => void, config: AppConfig = {}): AccessReport {
  return parseReport(writtenText(build, config));
}

/** Something with a folder that is gone afterwards. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-report-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Which files of a report are in a folder, and whether a beginning of one was left behind. */
export function filesIn(folder: string): readonly string[] {
  return FILES.filter((file) => existsSync(join(folder, file)));
}

/** A world in which `web` reads a table, through every kind of block that a program of ours makes for it. */
export function readingWorld(app: App): World & { readonly web: WorkloadIdentity } {
  const world = new World(app);
  const web = world.identity("web");
  world.db.schema("sales").table("wizard").grants.read(web);
  world.db.schema("staff").allTables().grants.read(web);
  world.deployment(web, [Credential.uri(world.db)]);
  return Object.assign(world, { web });
}

/** What a program lists beyond what another does. */
export function beyond(report: AccessReport, base: AccessReport): UnclassifiedNode[] {
  const known = new Set(base.unclassified.map((node) => JSON.stringify(node)));
  return report.unclassified.filter((node) => !known.has(JSON.stringify(node)));
}

/** As one line, without digest and line number. */
export function line({ reason, block, type, path }: UnclassifiedNode): string {
  return [reason, block, type, path].filter((part) => part !== "").join(" ");
}

/** The report of a stack of raw blocks beside a program of ours. */
export function besideOurs(build: (stack: TerraformStack) => void): AccessReport {
  return written((app) => {
    readingWorld(app);
    build(new TerraformStack(app, "raw"));
  });
}
