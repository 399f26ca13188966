import { parseReport, ReportError } from "../../access/report/parse-report";
import type { AccessReport } from "../../access/report/report";
import { UsageError } from "./command";
import type { Io } from "./io";

/** Where a synthesis writes the report. */
export const DEFAULT_REPORT = "cdktf.out/access.json";

/** Reads a report. @throws UsageError that says how to get one */
export function readReportFile(io: Pick<Io, "readFile">, path: string): AccessReport {
  const text = readInput(io, path, {
    what: "report",
    missing: "write it with `npx cdktf synth`, or give another one with --report <file>",
    option: "--report",
  });
  try {
    return parseReport(text);
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    throw new UsageError(`${JSON.stringify(path)}: ${error.message.trimEnd()}`);
  }
}

/** Reads a file that synthesis wrote. @throws UsageError that says how to get one */
export function readInput(
  io: Pick<Io, "readFile">,
  path: string,
  said: { readonly what: string; readonly missing: string; readonly option: string },
): string {
  try {
    return io.readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const name = JSON.stringify(path);
    throw new UsageError(
      code === "ENOENT"
        ? `there is no ${said.what} ${name}: ${said.missing}`
        : `${said.what} ${name} cannot be read (${code ?? message}): give a file that can, with ${said.option} <file>`,
    );
  }
}

/** Writes a file that was asked for. @throws UsageError */
export function writeFile(io: Pick<Io, "writeFile">, path: string, text: string): void {
  try {
    io.writeFile(path, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${JSON.stringify(path)} cannot be written (${code ?? message}): name a file that can`);
  }
}
