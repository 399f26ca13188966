import type * as Pg from "pg";

/**
 * The PostgreSQL client, loaded when it is first used: an optional peer, which only those need who use the bench.
 *
 * @throws saying what to install
 */
export function pg(): typeof Pg {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only now, and only if it is there
    return require("pg") as typeof Pg;
  } catch (cause) {
    throw new Error("leasehold/testing needs the PostgreSQL client: npm install --save-dev pg @types/pg", { cause });
  }
}
