import { sha256 } from "../../../access/model/digest";
import { LONGEST_SECONDS } from "../../../access/model/duration";
import { assertRoleName, assertWholeNumber, sqlConstant } from "./sql-constant";
import { sqlFile } from "./sql-files";

/** The schema that holds the lease functions; Vault's login has USAGE on it, PUBLIC does not. */
export const LEASE_SCHEMA = "lease";

/** A group role that leases may be issued for. */
export interface RegisteredGroup {
  readonly name: string;
  /** No lease of the group lives longer, however often it is renewed. */
  readonly maxTtlSeconds: number;
  /** Open connections per lease. */
  readonly connectionLimit: number;
  /** Leases of the group that may be live at one time; the next one is refused. */
  readonly maxLiveLeases: number;
  /**
   * The role that owns the schema, for a group that is trusted to migrate it and is a member of that role. Its leases
   * may SET ROLE to the owner, and should do so from their first statement: `options=-c role=<owner>` in the connection
   * string. What they own themselves when they are revoked goes to the owner, not to the estate role.
   *
   * @default - none
   */
  readonly actsAs?: string;
}

export interface LeaseFunctionsOptions {
  /** Vault's own login: the only session user that may issue and renew. */
  readonly login: string;
  /** The role that inherits what a lease owned: NOLOGIN, without rights, granted to nobody but the DBA. */
  readonly estate: string;
  /** What the name of every lease begins with, as in Vault's username template. */
  readonly namePrefix: string;
}

export interface LeaseFunction {
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly type: string }[];
  readonly returns: string;
  readonly language: "plpgsql" | "sql";
  readonly securityDefiner: boolean;
  readonly volatility: "VOLATILE";
  readonly body: string;
}

/**
 * Signatures are frozen: live leases carry their revocation statement with them, and a changed argument makes Terraform
 * replace the function, which drops its EXECUTE grants. New behaviour that needs another argument needs another name.
 */
const SIGNATURES = {
  issue: ["username", "verifier", "expiration", "group_name"],
  renew: ["username", "expiration"],
  close: ["username"],
  revoke: ["username"],
  sweep: ["max_roles"],
  live: [],
} as const;

export type LeaseFunctionName = keyof typeof SIGNATURES;

export const LEASE_FUNCTION_NAMES = Object.keys(SIGNATURES) as readonly LeaseFunctionName[];

/** As PostgreSQL itself prints it, else every plan would show a difference. */
const LIVE_RETURNS =
  'TABLE(name text, "group" text, issued timestamp with time zone, until timestamp with time zone, ' +
  "sessions bigint, state text)";

/**
 * The definer itself may also end leases: it does so before a destroy, and in a sweep. As a role with CREATEROLE it
 * could do so anyway.
 */
const DEFINER_MAY = new Set<string>(["close", "revoke", "sweep"]);

/** What the function that registers a group returns, as PostgreSQL itself prints it. */
const REGISTRATION_RETURNS =
  'TABLE("group" text, max_ttl integer, connections integer, max_live integer, acts_as text)';

/** Names of functions that register groups; see `registrationName`. */
export const REGISTRATION_NAME = /^group_[0-9a-f]{32}$/;

/**
 * The lease functions: they change with Leasehold and not with a program. The groups are registered by functions of their own;
 * see `renderRegistration`. What each one promises stands at the top of its `.sql` file.
 *
 * @throws when a name or a number cannot be used
 */
export function renderLeaseFunctions(options: LeaseFunctionsOptions): LeaseFunction[] {
  const constants = renderConstants(options);
  return LEASE_FUNCTION_NAMES.map((name) => ({
    name,
    args: SIGNATURES[name].map((arg) => ({ name: arg, type: "text" })),
    returns: name === "live" ? LIVE_RETURNS : "void",
    language: "plpgsql",
    securityDefiner: name !== "live",
    volatility: "VOLATILE",
    body: substitute(assembled(`${name}.sql`), {
      ...constants,
      callers: `${constants.login}${DEFINER_MAY.has(name) ? ", current_user" : ""}`,
    }),
  }));
}

/**
 * The function that registers a group: its limits as constants, which the lease functions read if it is the admin's. So one
 * more workload adds a function of three lines, and a workload taken away has none.
 *
 * @throws when a name or a number cannot be used
 */
export function renderRegistration(group: RegisteredGroup): LeaseFunction {
  const { name, maxTtlSeconds, connectionLimit, maxLiveLeases, actsAs } = group;
  assertRoleName("group", name);
  const where = `group ${name}`;
  assertWholeNumber(`${where}: maxTtlSeconds`, maxTtlSeconds, 1, LONGEST_SECONDS);
  assertWholeNumber(`${where}: connectionLimit`, connectionLimit, 1, 1_000_000);
  assertWholeNumber(`${where}: maxLiveLeases`, maxLiveLeases, 1, 1_000_000);
  if (actsAs !== undefined) assertRoleName("owner role", actsAs);
  return {
    name: registrationName(name),
    args: [],
    returns: REGISTRATION_RETURNS,
    language: "sql",
    securityDefiner: false,
    volatility: "VOLATILE",
    body:
      `SELECT ${sqlConstant(name)}::text, ${maxTtlSeconds}, ${connectionLimit}, ${maxLiveLeases}, ` +
      `${actsAs === undefined ? "NULL" : sqlConstant(actsAs)}::text`,
  };
}

/**
 * Name of the function that registers a group. It is a hash: the provider reads no function whose name holds a dot, a
 * quote or a bracket, and a group's name may fill all 63 bytes. `partials/registration.sql` makes the same.
 */
export function registrationName(group: string): string {
  return `group_${sha256(group).slice(0, 32)}`;
}

/** What Vault runs to create a lease; the group is inside, quoted. */
export function creationStatements(group: string): string[] {
  assertRoleName("group", group);
  return [`SELECT lease.issue('{{name}}', '{{password}}', '{{expiration}}', ${sqlConstant(group)})`];
}

/** What Vault runs to renew a lease. */
export const renewStatements: string[] = ["SELECT lease.renew('{{name}}', '{{expiration}}')"];

/** What Vault runs to revoke one: the login is withdrawn and committed before the drop, which may fail, is tried. */
export const revocationStatements: string[] = [
  "SELECT lease.close('{{name}}')",
  "COMMIT AND CHAIN",
  "SELECT lease.revoke('{{name}}')",
];

/** What Vault runs when it could not finish creating one. */
export const rollbackStatements: string[] = [...revocationStatements];

/**
 * The same functions as plain SQL, for servers and tests without Terraform. To be run by the definer; the schema must
 * be there. Rights are left alone: take EXECUTE from PUBLIC before.
 */
export function installSql(functions: readonly LeaseFunction[]): string {
  return functions
    .map((fn) => {
      const args = fn.args.map((arg) => `${arg.name} ${arg.type}`).join(", ");
      const security = fn.securityDefiner ? "SECURITY DEFINER" : "SECURITY INVOKER";
      const quote = dollarQuote(fn.body);
      return (
        `CREATE OR REPLACE FUNCTION ${LEASE_SCHEMA}."${fn.name}"(${args}) RETURNS ${fn.returns}\n` +
        `LANGUAGE ${fn.language} ${fn.volatility} ${security} AS ${quote}${fn.body}${quote};\n`
      );
    })
    .join("\n");
}

function renderConstants(options: LeaseFunctionsOptions): Record<string, string> {
  const { login, namePrefix, estate } = options;
  assertRoleName("login", login);
  assertRoleName("estate", estate);
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,39}$/.test(namePrefix) || namePrefix.startsWith("pg_")) {
    throw new Error(
      `lease functions: the name prefix ${JSON.stringify(namePrefix)} must be 1 to 40 letters, digits, "_", "." or "-", ` +
        `begin with a letter, and not be PostgreSQL's own "pg_"`,
    );
  }
  return {
    login: sqlConstant(login),
    estate: sqlConstant(estate),
    prefix: sqlConstant(namePrefix),
    prefix_length: String(namePrefix.length),
  };
}

/** A file of SQL with its partials, read once. */
function assembled(file: string): string {
  let sql = ASSEMBLED.get(file);
  if (sql === undefined) {
    sql = sqlFile(file).replace(/^@include ([a-z]+)@\n/gm, (_, name: string) => assembled(`partials/${name}.sql`));
    ASSEMBLED.set(file, sql);
  }
  return sql;
}

const ASSEMBLED = new Map<string, string>();

/** One pass, so that a constant is never looked into. */
function substitute(sql: string, constants: Readonly<Record<string, string>>): string {
  return sql.replace(/@([a-z_]+)@/g, (_, key: string) => {
    const value = constants[key];
    if (value === undefined) throw new Error(`lease functions: no constant for @${key}@`);
    return value;
  });
}

function dollarQuote(body: string): string {
  let tag = "lease";
  while (body.includes(`$${tag}`)) tag += "_";
  return `$${tag}$`;
}
