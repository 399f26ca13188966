import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "./pod";
import type { Client } from "pg";
import { GIVE_AGAIN, NOTE_GRANTS } from "../../constructs/workloads/kept-grants";
import { appliedSum, MAKE_MIGRATION_TABLE, noteApplied } from "../../constructs/workloads/migration-table";
import { connect, parseCredential, Route } from "./credential-file";

/**
 * Plays the container of a `Migrations.fromFolder` Job: what its run.sh does with psql, on a connection made from the file
 * that the agent rendered.
 */
export async function runMigration(pod: Pod, route: Route): Promise<string[]> {
  const client = await connect(parseCredential(pod.file("pg_service.conf")), route);
  try {
    return await migrateFolder(client, pod.path("/migrations"));
  } finally {
    await client.end();
  }
}

/** What the containers before and after a container of one's own do: each is a transaction of its own, acting as the owner role. */
export async function keepingGrants(client: Client, migrate: () => Promise<unknown>): Promise<void> {
  const step = async (...queries: [string, unknown[]?][]): Promise<string | undefined> => {
    await client.query("BEGIN");
    for (const [query, values] of queries.slice(0, -1)) await client.query(query, values);
    const [last, values] = queries[queries.length - 1];
    const { rows } = await client.query<{ held?: string }>(last, values);
    await client.query("COMMIT");
    return rows[0]?.held;
  };
  const held = await step([NOTE_GRANTS], ["SELECT pg_catalog.current_setting('leasehold.grants') AS held"]);
  await migrate();
  await step(["SELECT pg_catalog.set_config('leasehold.grants', $1, true)", [held]], [GIVE_AGAIN]);
}

/** What run.sh of such a Job does, on a connection that acts as the owner role. @throws naming the file */
export async function migrateFolder(client: Client, folder: string): Promise<string[]> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  await client.query(MAKE_MIGRATION_TABLE);
  for (const name of names) {
    const sql = readFileSync(join(folder, name), "utf8");
    const sum = createHash("sha256").update(sql).digest("hex");
    const known = await client.query(appliedSum("$1"), [name]);
    if (known.rows[0]?.sha256 === sum) continue;
    if (known.rows.length > 0) throw new Error(`${name}: changed after it was applied`);
    try {
      await client.query("BEGIN");
      await client.query(NOTE_GRANTS);
      await client.query(sql);
      await client.query(GIVE_AGAIN);
      await client.query(noteApplied("$1", "$2"), [name, sum]);
      await client.query("COMMIT");
    } catch (cause) {
      await client.query("ROLLBACK").catch(() => undefined);
      throw new Error(`${name}: ${(cause as Error).message}`, { cause });
    }
  }
  return names;
}
