import { leaseUsername } from "../../access/model/names";
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { EdgeNode } from "../../access/model/graph";
import type { PostgresServer } from "../../bench/servers/postgres";
import type { DatabaseOfProgram } from "./program";

/** A login as a pod would get it. */
export interface LeasedLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * Issues a login as Vault would: as Vault's own login, by the creation statements of the database role, with a SCRAM verifier for a password.
 *
 * @throws with PostgreSQL's words when it is refused
 */
export async function issueLogin(
  server: PostgresServer,
  database: DatabaseOfProgram,
  edge: EdgeNode,
  vaultPassword: string,
): Promise<LeasedLogin> {
  const statements = database.creation.get(edge.databaseRole);
  if (!statements) throw new Error(`stack ${database.stack} has no database role ${edge.databaseRole}`);
  const user = leaseUsername(edge.databaseRole, randomBytes(10).toString("hex"));
  const password = randomBytes(18).toString("base64url");
  const values: Record<string, string> = {
    name: user,
    username: user,
    password: scramVerifier(password),
    expiration: new Date(Date.now() + edge.leaseMaxTtl * 1000)
      .toISOString()
      .replace("T", " ")
      .replace(/\.\d+Z$/, "+0000"),
  };
  const client = await server.connect({
    user: database.vaultLogin,
    password: vaultPassword,
    database: database.database,
  });
  try {
    await client.query("BEGIN");
    for (const statement of statements)
      await client.query(statement.replace(/\{\{(\w+)\}\}/g, (found, key: string) => values[key] ?? found));
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
  return { user, password };
}

/** A password as Vault sends it with `password_authentication = scram-sha-256` (RFC 5802). */
export function scramVerifier(password: string, iterations = 4096): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const hmac = (key: string): Buffer => createHmac("sha256", salted).update(key).digest();
  const stored = createHash("sha256").update(hmac("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${hmac("Server Key").toString("base64")}`;
}
