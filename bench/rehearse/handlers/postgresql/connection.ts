/**
 * Connections as the provider block says: its login, its password, its database. One at a time; the provider keeps none (config.go,
 * SetMaxIdleConns), and here a block shares its own with the next one where this makes no difference (`shares` in model/handler.ts).
 * The provider is looser. It keys its pools by a connection string whose parameters come in random order (config.go, connParams). So
 * max_connections = 1 limits each of several pools, not their sum.
 */
import { readFileSync } from "fs";
import type { Client, ClientConfig } from "pg";
import { pg } from "../../../machine/pg";
import { number, text } from "../../model/arguments";
import { JsonObject } from "../../model/values";
import { close, Context } from "../../model/handler";

export type Row = Record<string, unknown>;
export interface Session {
  run(sql: string, values?: unknown[]): Promise<Row[]>;
}

/** The role that the provider takes for its own: database_username where the login maps to another name. */
export const ownRole = (provider: JsonObject): string =>
  text(provider, "database_username") || text(provider, "username");

async function open(context: Context, database: string): Promise<Client> {
  const { provider, servers, where } = context;
  if (!text(provider, "username")) throw where.error("its provider is not configured in this stack");
  const wanted = { host: text(provider, "host"), port: number(provider, "port") ?? 5432 };
  const there = servers.postgres(wanted);
  const client = new (pg().Client)({
    host: there.host,
    port: there.port,
    database: database || text(provider, "database"),
    user: text(provider, "username"),
    password: text(provider, "password"),
    connectionTimeoutMillis: (number(provider, "connect_timeout") ?? 180) * 1000,
    application_name: "Terraform provider (rehearsed)",
    ...tls(provider, wanted.host),
  });
  client.on("error", () => undefined); // a connection that the server ends; the next statement says so
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw named(error);
  }
}

const named = (error: unknown): unknown =>
  error instanceof pg().DatabaseError
    ? new Error(`PostgreSQL: ${error.message} (SQLSTATE ${error.code ?? "?"})`)
    : error;

async function on<T>(client: Client, work: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await work({ run: async (sql, values) => (await client.query<Row>(sql, values)).rows });
  } catch (error) {
    throw named(error);
  }
}

/**
 * Runs statements one by one, each in its own transaction. Where a connection is kept, the next block that works on the same database
 * through the same provider block finds it, without what was set on it. One on which something failed is closed.
 */
export async function connected<T>(
  context: Context,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { kept = {}, provider } = context;
  const key = JSON.stringify([provider, database || text(provider, "database")]);
  if (kept.key !== key) await close(kept);
  const known = kept.connection as Client | undefined;
  const client = known ?? (await open(context, database));
  // The server may end one that nobody uses.
  if (!known) client.once("end", () => kept.connection === client && delete kept.connection);
  delete kept.connection;
  try {
    const result = await on(client, work);
    if (context.kept && (await isAsNew(client))) {
      await close(kept);
      Object.assign(kept, { key, connection: client });
    }
    return result;
  } finally {
    if (kept.connection !== client) await client.end().catch(() => undefined);
  }
}

/** Takes away what was set on a connection. Where that fails, what the block did stands all the same. */
async function isAsNew(client: Client): Promise<boolean> {
  return client.query("DISCARD ALL").then(
    () => true,
    () => false,
  );
}

/** Runs statements in one transaction, rolled back on error. */
export function inTransaction<T>(
  context: Context,
  database: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return connected(context, database, async (session) => {
    await session.run("BEGIN");
    try {
      const result = await work(session);
      await session.run("COMMIT");
      return result;
    } catch (error) {
      await session.run("ROLLBACK").catch(() => undefined);
      throw error;
    }
  });
}

function tls(provider: JsonObject, host: string): Pick<ClientConfig, "ssl"> {
  const mode = text(provider, "sslmode");
  if (mode === "disable") return { ssl: false };
  const file = text(provider, "sslrootcert");
  const ca = file ? { ca: readFileSync(file, "utf8") } : {};
  if (mode === "verify-full") return { ssl: { ...ca, servername: host, rejectUnauthorized: true } };
  if (mode === "verify-ca") return { ssl: { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined } };
  return { ssl: { ...ca, rejectUnauthorized: file !== "", checkServerIdentity: () => undefined } };
}

export async function exists(session: Session, sql: string, values: unknown[]): Promise<boolean> {
  return (await session.run(sql, values)).length > 0;
}

export async function single(session: Session, sql: string, values: unknown[], missing: string): Promise<string> {
  const [row] = await session.run(sql, values);
  const value = row && Object.values(row)[0];
  if (value === undefined || value === null) throw new Error(missing);
  return String(value);
}
