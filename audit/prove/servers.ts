import { randomBytes } from "node:crypto";
import { Scope } from "../../bench/machine/lifecycle";
import type { EmbeddedMajor } from "../../bench/servers/embedded-postgres";
import { makeAdmin } from "../../bench/servers/owner";
import { PostgresServer, startPostgres } from "../../bench/servers/postgres";
import type { Passwords, ServerOfProgram } from "./program";
import { quoteIdentifier, quoteLiteral } from "../../access/model/sql-quoting";

/** Passwords of one run, for servers that end with it. */
export function newPasswords(): Passwords {
  return { admin: randomBytes(24).toString("base64url"), login: randomBytes(24).toString("base64url") };
}

/** Starts a server per one of the program's, each with the admin that Terraform logs in as, made as docs/security.md asks for it. */
export async function startServers(
  scope: Scope,
  servers: readonly ServerOfProgram[],
  majorOf: (endpoint: string) => number | undefined,
  passwords: Passwords,
): Promise<Map<string, PostgresServer>> {
  const started = new Map<string, PostgresServer>();
  for (const { endpoint, admin } of servers) {
    const major = majorOf(endpoint);
    // A server that no database of the report is on has nothing to prove; it only takes part.
    const server = await startPostgres({ major: (major ?? 18) as EmbeddedMajor });
    scope.defer(`stop the server for ${endpoint}`, () => server.stop());
    await makeAdmin(server, admin, passwords.admin);
    started.set(endpoint, server);
  }
  return started;
}

/**
 * A database that the program does not make, as PostgreSQL makes one: PUBLIC may connect and make temporary tables. What its DBA changed since is
 * told with a file of `--prepare`.
 */
export async function makeExisting(
  server: PostgresServer,
  database: string,
  owner: string,
  admin: string,
): Promise<void> {
  const { rows } = await server.asSuperuser(
    "postgres",
    `SELECT rolname FROM pg_roles WHERE rolname = ${quoteLiteral(owner)}`,
  );
  if (rows.length === 0) await server.asSuperuser("postgres", `CREATE ROLE ${quoteIdentifier(owner)} NOLOGIN`);
  const option = server.major >= 16 ? " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" : "";
  await server.asSuperuser("postgres", `GRANT ${quoteIdentifier(owner)} TO ${quoteIdentifier(admin)}${option}`);
  await server.asSuperuser(
    "postgres",
    `CREATE DATABASE ${quoteIdentifier(database)} OWNER ${quoteIdentifier(admin)} TEMPLATE template1`,
  );
  await server.asSuperuser(
    database,
    `GRANT CONNECT, CREATE ON DATABASE ${quoteIdentifier(database)} TO ${quoteIdentifier(owner)}; GRANT USAGE, CREATE ON SCHEMA public TO ${quoteIdentifier(owner)}`,
  );
}
