import { encode } from "../contracts/postgres";

/** What a format is rendered from. */
export interface Target {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly sslMode: string;
  readonly applicationName: string;
  /** Path of the CA's file in the pod, where the server has one. */
  readonly caFile?: string;
  /** The owner role that a migration acts as. */
  readonly ownerRole?: string;
  /** The same as libpq's `options`. */
  readonly startup?: string;
}

export const USERNAME = "{{ .Data.username }}";
export const PASSWORD = "{{ .Data.password }}";

/** A field in a URL's part before the host: there `+` is itself, and Go writes a space as one. */
const inUrl = (field: string): string => `{{ .Data.${field} | urlquery | replaceAll "+" "%20" }}`;

/** A field with each of these texts replaced, in this order. */
const replacing = (field: string, ...pairs: readonly (readonly [from: string, to: string])[]): string =>
  `{{ .Data.${field}${pairs.map(([from, to]) => ` | replaceAll ${JSON.stringify(from)} ${JSON.stringify(to)}`).join("")} }}`;

/** Within single quotes of libpq's keywords. */
export const KEYWORD_PASSWORD = replacing("password", ["\\", "\\\\"], ["'", "\\'"]);

/** Only a URL has an address in brackets. */
export function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** A literal part of a template: `{{` in it would start an action, and so would a `{` before an action. */
export function text(value: string): string {
  return value.replace(/[{}]{2,}/g, (braces) => `{{ "${braces}" }}`);
}

export function uri(target: Target): string {
  return url("postgresql", target, libpqQuery(target), encode);
}

/**
 * A template of the user's own, with the values that are known at synthesis. No brace of such a value comes to stand
 * beside one of the template.
 */
export function placed(template: string, target: Target): string {
  const { ownerRole, startup, caFile, host, ...same } = target;
  const known = { ...same, host: bare(host), caFile, ownerRole, options: startup } as Record<
    string,
    string | undefined
  >;
  return template.replace(/\{\{(-[ \t])?[ \t]*\.Place\.(\w+)[ \t]*([ \t]-)?\}\}/g, (_, _left, field: string) =>
    (known[field] ?? "").replace(/[{}]+/g, (braces) => `{{ "${braces}" }}`),
  );
}

/** JDBC's driver decodes each part of its URL as a form does, `+` included. */
export function jdbcUrl(target: Target): string {
  const query = [
    "user={{ .Data.username | urlquery }}",
    "password={{ .Data.password | urlquery }}",
    ...jdbcSettings(target).map(([key, value]) => `${key}=${encode(value)}`),
  ];
  return `${jdbcPlace(target)}?${query.join("&")}`;
}

export function jdbcProperties(target: Target): string {
  const field = (name: string): string =>
    replacing(name, ["\\", "\\\\"], ["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"], ["\f", "\\f"], [" ", "\\ "]);
  const value = (known: string): string => text(known.replace(/[\\ ]/g, "\\$&"));
  return [
    `url=${value(jdbcPlace(target))}`,
    `user=${field("username")}`,
    `password=${field("password")}`,
    ...jdbcSettings(target).map(([key, known]) => `${key}=${value(known)}`),
  ].join("\n");
}

function jdbcPlace({ host, port, database }: Target): string {
  return `jdbc:postgresql://${host}:${port}/${encode(database)}`;
}

function jdbcSettings({ sslMode, caFile, applicationName, startup }: Target): [string, string][] {
  return [
    ["sslmode", sslMode],
    ...(caFile ? [["sslrootcert", caFile] as [string, string]] : []),
    ["ApplicationName", applicationName],
    ...(startup ? [["options", startup] as [string, string]] : []),
  ];
}

/** Npgsql's spelling of libpq's modes. */
const SSL_MODES: Readonly<Record<string, string>> = {
  disable: "Disable",
  allow: "Allow",
  prefer: "Prefer",
  require: "Require",
  "verify-ca": "VerifyCA",
  "verify-full": "VerifyFull",
};

/** Values in double quotes, which are doubled in them: the rule of ADO.NET. */
export function npgsql(target: Target): string {
  const value = (known: string): string => `"${text(known.replace(/"/g, '""'))}"`;
  const field = (name: string): string => `"${replacing(name, ['"', '""'])}"`;
  return [
    `Host=${value(bare(target.host))}`,
    `Port=${target.port}`,
    `Database=${value(target.database)}`,
    `Username=${field("username")}`,
    `Password=${field("password")}`,
    `SSL Mode=${SSL_MODES[target.sslMode] ?? target.sslMode}`,
    ...(target.caFile ? [`Root Certificate=${value(target.caFile)}`] : []),
    `Application Name=${value(target.applicationName)}`,
    ...(target.startup ? [`Options=${value(target.startup)}`] : []),
  ].join(";");
}

/** No quote, `$`, `#`, backslash or space is left in the URI: what dialects of dotenv differ in cannot occur. */
export function dotenv(target: Target, variable: string): string {
  return `${variable}='${url("postgresql", target, libpqQuery(target), quoteless)}'`;
}

export function sqlalchemy(target: Target, driver: "psycopg" | "psycopg2" | "asyncpg"): string {
  const query: [string, string][] = driver === "asyncpg" ? [["ssl", target.sslMode]] : libpqQuery(target);
  return url(`postgresql+${driver}`, target, query, encode);
}

/** Prisma knows three modes, and says by `sslaccept` whether the certificate is checked, against the CA in `sslcert`. */
export function prisma(target: Target): string {
  const { sslMode, caFile, applicationName, startup } = target;
  const verify = sslMode.startsWith("verify-");
  const query: [string, string][] = [
    ["sslmode", verify ? "require" : sslMode],
    ...(sslMode === "disable" ? [] : [["sslaccept", verify ? "strict" : "accept_invalid_certs"] as [string, string]]),
    ...(caFile && verify ? [["sslcert", caFile] as [string, string]] : []),
    ["application_name", applicationName],
    ...(startup ? [["options", startup] as [string, string]] : []),
  ];
  return url("postgresql", target, query, encode);
}

/** Backslash and colon are escaped; there is no way to write the end of a line. */
export function pgpass(target: Target): string {
  const value = (known: string): string => text(known.replace(/[\\:]/g, "\\$&"));
  const field = (name: string): string => replacing(name, ["\\", "\\\\"], [":", "\\:"]);
  return `${value(bare(target.host))}:${target.port}:${value(target.database)}:${field("username")}:${field("password")}`;
}

function libpqQuery({ sslMode, caFile, applicationName, startup }: Target): [string, string][] {
  return [
    ["sslmode", sslMode],
    ...(caFile ? [["sslrootcert", caFile] as [string, string]] : []),
    ["application_name", applicationName],
    ...(startup ? [["options", startup] as [string, string]] : []),
  ];
}

function url(
  scheme: string,
  { host, port, database }: Target,
  query: readonly [string, string][],
  code: (part: string) => string,
): string {
  const settings = query.map(([key, value]) => `${key}=${code(value)}`).join("&");
  return `${scheme}://${inUrl("username")}:${inUrl("password")}@${host}:${port}/${code(database)}?${settings}`;
}

/** Encoded, with the quote too, which a URL may hold and a quoted value may not. */
function quoteless(part: string): string {
  return encode(part).replace(/'/g, "%27");
}
