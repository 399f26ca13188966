import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { migrateFolder } from "../../bench/players/migration";
import type { PostgresServer } from "../../bench/servers/postgres";
import { quoteIdentifier } from "../../access/model/sql-quoting";

/**
 * Loads a schema as its owner. A folder is loaded as a migration would: its files in the order of their names, each in
 * one transaction. A single file, such as the output of `pg_dump --schema-only`, is loaded as it is, in one
 * transaction.
 *
 * The session is that of a login which acts as the owner role, as a migration's is, and not a superuser's. So what the
 * owner may not do fails.
 *
 * @returns the files
 * @throws naming the file, with PostgreSQL's words
 */
export async function loadSchema(
  server: PostgresServer,
  database: string,
  owner: string,
  path: string,
): Promise<string[]> {
  const user = `leasehold_prove_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(18).toString("base64url");
  const quoted = quoteIdentifier(owner);
  await server.asSuperuser(database, `CREATE ROLE ${user} LOGIN PASSWORD '${password}' IN ROLE ${quoted}`);
  const client = await server.connect({
    user,
    password,
    database,
    options: `-c role=${owner.replace(/[\\ ]/g, "\\$&")}`,
  });
  try {
    return await (statSync(path).isDirectory()
      ? migrateFolder(client, path)
      : client.query(sqlOf(path)).then(
          () => [path],
          (cause: Error) => {
            throw new Error(`${path}: ${cause.message}`, { cause });
          },
        ));
  } finally {
    await client.end();
    // What a file made after RESET ROLE becomes the owner's, as when a migration's lease ends.
    await server.asSuperuser(
      database,
      `REASSIGN OWNED BY ${user} TO ${quoted}; DROP OWNED BY ${user}; DROP ROLE ${user}`,
    );
  }
}

/** A file for the superuser, to prepare a database with: extensions, roles, and what a DBA did by hand. @throws naming the file */
export async function prepare(server: PostgresServer, database: string, path: string): Promise<void> {
  try {
    await server.asSuperuser(database, sqlOf(path));
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The file without the two commands of psql that pg_dump writes around its output. */
function sqlOf(path: string): string {
  const sql = readFileSync(path, "utf8").replace(/^\\(un)?restrict [A-Za-z0-9]+$/gm, "");
  if (/^COPY .* FROM stdin;$/m.test(sql))
    throw new Error(`${path}: holds COPY … FROM stdin: dump without data, with pg_dump --schema-only`);
  return sql;
}
