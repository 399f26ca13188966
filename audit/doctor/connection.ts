import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Client, ClientConfig } from "pg";
import { pg } from "../../bench/machine/pg";

/**
 * How a database is reached: libpq's keywords. A password is in no argument, which every process of the machine could read: it comes from
 * PGPASSWORD, a password file or a service file.
 */
export interface ConnectionSettings {
  readonly host?: string;
  readonly port?: string;
  readonly user?: string;
  readonly dbname?: string;
  readonly password?: string;
  readonly sslmode?: string;
  readonly sslrootcert?: string;
}

const KEYWORDS = ["host", "port", "user", "dbname", "password", "sslmode", "sslrootcert"] as const;

/**
 * Reads `shop`, `shop=service=reader`, `shop=host=db.example.com user=doctor` or `shop=postgresql://doctor@db.example.com/shop`. What it does not say comes from
 * the variables of libpq; the name of the database is, in the end, the one before the `=`.
 *
 * @throws when it holds a password, or a keyword that is not known
 */
export function connectionFrom(
  text: string,
  env: NodeJS.ProcessEnv,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): { readonly name: string; readonly settings: ConnectionSettings } {
  const [, name, rest] = /^([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) throw new Error("write <database>, or <database>=<connection>");
  const said = rest === undefined || rest === "" ? {} : rest.includes("://") ? fromUri(rest) : fromKeywords(rest);
  if ("password" in said)
    throw new Error(
      "a password in an argument can be read by every process: use PGPASSWORD, PGPASSFILE or a service file",
    );
  const { service = env.PGSERVICE, ...own } = said;
  const file = service === undefined ? {} : fromService(service, env, readFile);
  const fromEnv: ConnectionSettings = {
    host: env.PGHOST,
    port: env.PGPORT,
    user: env.PGUSER,
    password: env.PGPASSWORD,
    sslmode: env.PGSSLMODE,
    sslrootcert: env.PGSSLROOTCERT,
  };
  const known = Object.fromEntries(Object.entries(fromEnv).filter(([, value]) => value !== undefined));
  const database = name.split("/").pop();
  return { name, settings: { dbname: database, ...known, ...file, ...own } };
}

type Said = { [K in (typeof KEYWORDS)[number] | "service"]?: string };

function fromUri(text: string): Said {
  const uri = new URL(text);
  if (!/^postgres(ql)?:$/.test(uri.protocol)) throw new Error(`${uri.protocol}// is not a PostgreSQL address`);
  const part = (value: string): string | undefined => (value === "" ? undefined : decodeURIComponent(value));
  const said = {
    host: part(uri.hostname),
    port: part(uri.port),
    user: part(uri.username),
    password: part(uri.password),
    dbname: part(uri.pathname.slice(1)),
    ...checked([...uri.searchParams]),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function fromKeywords(text: string): Said {
  const found = text.split(/\s+(?=[a-z_]+\s*=)/).map((pair): [string, string] => {
    const [, key, quotedValue, plain] = /^([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))$/s.exec(pair.trim()) ?? [];
    if (key === undefined) throw new Error("it is no <keyword>=<value> of libpq");
    return [key, quotedValue === undefined ? plain : quotedValue.replace(/\\(.)/g, "$1")];
  });
  return checked(found);
}

function checked(pairs: readonly [string, string][]): Said {
  const unknown = pairs.find(([key]) => key !== "service" && !KEYWORDS.some((known) => known === key));
  if (unknown)
    throw new Error(
      `keyword ${JSON.stringify(unknown[0])} is not known here: service, ${KEYWORDS.filter((key) => key !== "password").join(", ")} are`,
    );
  return Object.fromEntries(pairs);
}

function fromService(service: string, env: NodeJS.ProcessEnv, readFile: (path: string) => string): Said {
  const path = env.PGSERVICEFILE ?? join(env.HOME ?? homedir(), ".pg_service.conf");
  let text: string;
  try {
    text = readFile(path);
  } catch {
    throw new Error(`service ${JSON.stringify(service)}: ${path} cannot be read`);
  }
  const said: [string, string][] = [];
  let here = false;
  let found = false;
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      here = line === `[${service}]`;
      found ||= here;
    } else if (here) {
      const at = line.indexOf("=");
      const key = line.slice(0, at).trim();
      // Other keywords are for other programs that use the file.
      if (KEYWORDS.some((known) => known === key)) said.push([key, line.slice(at + 1).trim()]);
    }
  }
  if (!found) throw new Error(`service ${JSON.stringify(service)} is not in ${path}`);
  return Object.fromEntries(said);
}

/**
 * Connects for reading. Transactions are read-only, and no statement here says otherwise. Names are looked up in
 * pg_catalog only, and nothing waits for ever.
 *
 * @throws naming the host and the user
 */
export async function connectReadOnly(settings: ConnectionSettings): Promise<Client> {
  const { host = "localhost", port, user, dbname, password } = settings;
  const client = new (pg().Client)({
    host,
    ...(port !== undefined && { port: Number(port) }),
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    database: dbname,
    ssl: tls(settings),
    application_name: "leasehold doctor",
    connectionTimeoutMillis: 20_000,
    options: "-c default_transaction_read_only=on -c statement_timeout=60s -c lock_timeout=5s",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    // Not as an option of the connection: what the server's own search_path is could not be seen then. SET looks no name up.
    await client.query("SET search_path = pg_catalog");
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new Error(
      `PostgreSQL, database ${dbname} on ${host} as ${user ?? "the user of this process"}: ${(error as Error).message}`,
    );
  }
  return client;
}

/** As libpq, but `prefer` and `allow` are refused: whoever stands between can make them go on without encryption. */
function tls({ sslmode = "verify-full", sslrootcert, host }: ConnectionSettings): ClientConfig["ssl"] {
  const ca = sslrootcert === undefined || sslrootcert === "system" ? {} : { ca: readFileSync(sslrootcert, "utf8") };
  if (sslmode === "disable") return false;
  if (sslmode === "require") return { rejectUnauthorized: false };
  if (sslmode === "verify-ca") return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  if (sslmode === "verify-full")
    return { ...ca, rejectUnauthorized: true, ...(host !== undefined && { servername: host }) };
  throw new Error(`sslmode ${JSON.stringify(sslmode)}: choose disable, require, verify-ca or verify-full`);
}
