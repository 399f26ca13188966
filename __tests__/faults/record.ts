import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fault, MATRIX } from "./matrix";

/** Says what was measured. A row without a number fails. */
export type Measure = (what: string, value: number, unit?: string) => void;

/** Where `npm run faults` collects; elsewhere nothing is written. */
const folder = process.env.LEASEHOLD_FAULTS;

/** Catches a hang; how long a row takes is measured. */
const TIMEOUT_MS = 900_000;

/**
 * A row of the matrix, as a test: it breaks something, holds the promise against it, and measures. What it measured is
 * printed, and written down for `docs/faults.md` only when the whole test has passed.
 */
export function fault(id: Fault, run: (measure: Measure) => Promise<void>): void {
  const row = MATRIX[id];
  const order = Object.keys(MATRIX).indexOf(id);
  test(
    `${row.breaks}: ${row.promise}`,
    async () => {
      const measured: string[] = [];
      await run((what, value, unit) => {
        if (!Number.isFinite(value)) throw new Error(`${id}: ${what} is not a number: ${value}`);
        measured.push(`${what}: ${value.toLocaleString("en-US")}${unit === undefined ? "" : ` ${unit}`}`);
      });
      if (measured.length === 0) throw new Error(`${id} measured nothing`);
      process.stdout.write(`${row.breaks}\n  ${measured.join("\n  ")}\n`);
      if (folder) writeFileSync(join(folder, `${id}.json`), JSON.stringify({ order, id, ...row, measured }));
    },
    TIMEOUT_MS,
  );
}

/** Writes down what was measured against. */
export function recordVersion(server: string, version: string): void {
  if (!folder) return;
  const file = join(folder, "versions.json");
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : {};
  writeFileSync(file, JSON.stringify({ ...known, [server]: version }));
}
