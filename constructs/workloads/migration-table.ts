/** Where a migration from a folder notes which files it has applied. Tests that play its Job write the same. */
const TABLE = "public.leasehold_migration";

export const MAKE_MIGRATION_TABLE = `CREATE TABLE IF NOT EXISTS ${TABLE} (file text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;

/** The sum of a file that was applied. @param file an SQL expression */
export function appliedSum(file: string): string {
  return `SELECT sha256 FROM ${TABLE} WHERE file = ${file}`;
}

/** Notes that a file was applied. @param file an SQL expression @param sum an SQL expression */
export function noteApplied(file: string, sum: string): string {
  return `INSERT INTO ${TABLE} (file, sha256) VALUES (${file}, ${sum})`;
}
