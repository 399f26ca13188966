import type { Client } from "pg";
import { pg } from "../machine/pg";

/** From the address that a file names to where that server is on this machine. */
export type Route = (endpoint: { readonly host: string; readonly port: number }) => {
  readonly host: string;
  readonly port: number;
  /** PEM of the CA of a server that demands TLS: then the name in the file is verified. */
  readonly ca?: string;
};

/** What a rendered file says, whatever its format. */
export interface ParsedCredential {
  readonly user: string;
  readonly password: string;
  /** Absent where the format holds none, such as a custom one. */
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly options?: string;
  readonly applicationName?: string;
}

/**
 * Reads a credential as an app would, in every format that `Credential` has; of a custom one, `key=value` lines.
 *
 * @throws when there is no user and password in it; the text itself is never part of the message
 */
export function parseCredential(text: string): ParsedCredential {
  const [, read] = FORMATS.find(([begins]) => begins.test(text)) ?? [/^/, fromLines];
  const fields = read(text);
  const { user, password, host, port, database, options, applicationName } = fields;
  if (!user || !password)
    throw new Error("the file holds no user and password in a format that `Credential` has, nor as `key=value` lines");
  return {
    user,
    password,
    host,
    port: port === undefined ? undefined : Number(port),
    database,
    options,
    applicationName,
  };
}

/** Connects with what the file says. @throws as pg does */
export async function connect(
  credential: ParsedCredential,
  route: Route,
  fallback: { host?: string; port?: number; database?: string } = {},
): Promise<Client> {
  const host = credential.host ?? fallback.host;
  if (host === undefined) throw new Error("neither the file nor the caller says which host to connect to");
  const { ca, ...at } = route({ host, port: credential.port ?? fallback.port ?? 5432 });
  const client = new (pg().Client)({
    ...at,
    ...(ca !== undefined && { ssl: { ca, servername: host, rejectUnauthorized: true } }),
    user: credential.user,
    password: credential.password,
    database: credential.database ?? fallback.database,
    options: credential.options,
    application_name: credential.applicationName,
    connectionTimeoutMillis: 15_000,
  });
  // A terminated session must not end this process: the next query says so.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

type Fields = Partial<
  Record<"user" | "password" | "host" | "port" | "database" | "options" | "applicationName", string>
>;

/** How a format begins, and what reads it. */
const FORMATS: [RegExp, (text: string) => Fields][] = [
  [/^postgresql(\+[a-z0-9]+)?:\/\//, fromUri],
  [/^[A-Za-z_][A-Za-z0-9_]*='postgresql:\/\/[^']*'$/, (text) => fromUri(text.slice(text.indexOf("'") + 1, -1))],
  [/^jdbc:/, fromJdbcUrl],
  [/^url=jdbc:/, fromJdbcProperties],
  [/^Host="/, fromNpgsql],
  [/^\{/, fromJson],
  [/^(([^\\:\n=]|\\.)+:){4}([^\\:\n]|\\.)+$/, fromPgpass],
];

function fromUri(text: string): Fields {
  const uri = new URL(text.replace(/^postgresql\+[a-z0-9]+:/, "postgresql:"));
  const query = (name: string): string | undefined => uri.searchParams.get(name) ?? undefined;
  return {
    user: decodeURIComponent(uri.username),
    password: decodeURIComponent(uri.password),
    host: uri.hostname,
    port: uri.port || undefined,
    database: decodeURIComponent(uri.pathname.slice(1)),
    options: query("options"),
    applicationName: query("application_name"),
  };
}

/** The driver takes the login, as everything else, from the query. */
function fromJdbcUrl(text: string): Fields {
  const { searchParams } = new URL(text.slice("jdbc:".length));
  const query = (name: string): string | undefined => searchParams.get(name) ?? undefined;
  const place = fromUri(text.slice("jdbc:".length));
  return { ...place, user: query("user"), password: query("password"), applicationName: query("ApplicationName") };
}

function fromJdbcProperties(text: string): Fields {
  const meant: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f" };
  const unescaped = (value: string): string => value.replace(/\\(.)/g, (_, c: string) => meant[c] ?? c);
  const pairs = text.split("\n").map((line): [string, string] => {
    const at = line.indexOf("=");
    return [line.slice(0, at), unescaped(line.slice(at + 1))];
  });
  const { url, user, password, options, ApplicationName } = Object.fromEntries(pairs) as Record<string, string>;
  return { ...fromJdbcUrl(url), user, password, options, applicationName: ApplicationName };
}

function fromNpgsql(text: string): Fields {
  const pairs = [...text.matchAll(/([A-Za-z ]+)=(?:"((?:[^"]|"")*)"|([^;]*))(?:;|$)/g)];
  const fields = Object.fromEntries(pairs.map(([, key, quoted, plain]) => [key, quoted?.replace(/""/g, '"') ?? plain]));
  return {
    user: fields.Username,
    password: fields.Password,
    host: fields.Host,
    port: fields.Port,
    database: fields.Database,
    options: fields.Options,
    applicationName: fields["Application Name"],
  };
}

function fromPgpass(text: string): Fields {
  const parts = text.match(/([^\\:]|\\.)+/g)?.map((part) => part.replace(/\\(.)/g, "$1")) ?? [];
  const [host, port, database, user, password] = parts;
  return { user, password, host, port, database };
}

function fromJson(text: string): Fields {
  const object = JSON.parse(text) as Record<string, string | number>;
  const get = (name: string): string | undefined => (object[name] === undefined ? undefined : String(object[name]));
  return {
    user: get("username"),
    password: get("password"),
    host: get("host"),
    port: get("port"),
    database: get("database"),
    options: get("options"),
    applicationName: get("application_name"),
  };
}

function fromLines(text: string): Fields {
  const lines = Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const match = /^([a-z_]+)=(?:'((?:[^'\\]|\\.)*)'|(.*))$/.exec(line);
      return match ? [[match[1], match[2] === undefined ? match[3] : match[2].replace(/\\(.)/g, "$1")]] : [];
    }),
  );
  return {
    user: lines.user,
    password: lines.password,
    host: lines.host,
    port: lines.port,
    database: lines.dbname,
    options: lines.options,
    applicationName: lines.application_name,
  };
}
