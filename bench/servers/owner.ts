import { templateSql } from "../../constructs/postgres/init-sql";
import type { PostgresServer } from "./postgres";
import {
  ADMIN_ATTRIBUTES,
  adminLockTimeout,
  adminSearchPath,
  adminSignals,
  ownDatabasesSql,
} from "../../access/model/admin-sql";
import { quoteIdentifier, quoteLiteral } from "../../access/model/sql-quoting";

/**
 * What the owner of an external server does once, as docs/security.md says. The owner makes an admin that is not a
 * superuser, leaves PUBLIC nothing in the server's own databases, and changes `template0` to what it is on a server
 * that Leasehold makes.
 */
export async function makeAdmin(server: PostgresServer, username: string, password: string): Promise<void> {
  await server.asSuperuser("postgres", adminSql(username, password));
  await server.asSuperuser("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS true");
  await server.asSuperuser("template0", templateSql(server.major));
  await server.asSuperuser("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS false");
}

function adminSql(username: string, password: string): string {
  return [
    `CREATE ROLE ${quoteIdentifier(username)} ${ADMIN_ATTRIBUTES} PASSWORD ${quoteLiteral(password)};`,
    ...[adminSignals, adminSearchPath, adminLockTimeout, ownDatabasesSql].map((statement) => statement(username)),
  ].join("\n");
}
