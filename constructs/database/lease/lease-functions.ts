import * as fs from "fs";
import * as path from "path";
import { assertRoleName, assertWholeNumber, sqlConstant } from "./sql-constant";

/** The schema that holds the lease functions; Vault's login has USAGE on it, PUBLIC does not. */
export const LEASE_SCHEMA = "lease";

/** The role that inherits what a lease owned: NOLOGIN, without rights, granted to nobody but the DBA. */
export const DEFAULT_ESTATE = "leasehold_estate";

/** A group role that leases may be issued for. */
export interface RegisteredGroup {
  readonly name: string;
  /** No lease of the group lives longer, however often it is renewed. */
  readonly maxTtlSeconds: number;
  /** Open connections per lease. */
  readonly connectionLimit: number;
  /** Leases of the group that may be live at one time; the next one is refused. */
  readonly maxLiveLeases: number;
}

export interface LeaseFunctionsOptions {
  /** Vault's own login: the only session user that may issue and renew. */
  readonly login: string;
  /** @default "leasehold_estate" */
  readonly estate?: string;
  /** What the name of every lease begins with, as in Vault's username template. */
  readonly namePrefix: string;
  readonly groups: readonly RegisteredGroup[];
  /**
   * Groups that are trusted to migrate the schema, each with the role that owns it. The group must be a member of that
   * role. Their leases may SET ROLE to the owner, and should from their first statement (`options=-c role=<owner>` in
   * the connection string); what they own themselves when they are revoked goes to the owner and not to the estate.
   */
  readonly reassignTo?: Readonly<Record<string, string>>;
}

export interface LeaseFunction {
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly type: string }[];
  readonly returns: string;
  readonly language: "plpgsql";
  readonly securityDefiner: boolean;
  readonly volatility: "VOLATILE";
  readonly body: string;
  /** May Vault's login EXECUTE it? All of them: there are no helpers that would have to be kept from it. */
  readonly executable: boolean;
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

/** The definer itself may also end leases: it drains before a destroy, and sweeps. It could do so without us. */
const DEFINER_MAY = new Set<string>(["close", "revoke", "sweep"]);

/**
 * The lease functions, with the registered groups and their limits as constants in their bodies. Byte-stable: the order
 * of the groups does not matter. What each one promises stands at the top of its `.sql` file.
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
    executable: true,
  }));
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
  const { login, namePrefix, groups, estate = DEFAULT_ESTATE, reassignTo = {} } = options;
  assertRoleName("login", login);
  assertRoleName("estate", estate);
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,39}$/.test(namePrefix) || namePrefix.startsWith("pg_")) {
    throw new Error(
      `lease functions: the name prefix ${JSON.stringify(namePrefix)} must be 1 to 40 letters, digits, "_", "." or "-", ` +
        `begin with a letter, and not be PostgreSQL's own "pg_"`,
    );
  }
  const owners = new Map(Object.entries(reassignTo));
  const rows = new Map<string, string>();
  for (const group of groups) {
    assertRoleName("group", group.name);
    if (rows.has(group.name)) throw new Error(`lease functions: the group ${group.name} is registered twice`);
    if (group.name === login || group.name === estate) {
      throw new Error(`lease functions: the role ${group.name} cannot be a group as well`);
    }
    const where = `group ${group.name}`;
    assertWholeNumber(`${where}: maxTtlSeconds`, group.maxTtlSeconds, 1, 10 * 366 * 86_400);
    assertWholeNumber(`${where}: connectionLimit`, group.connectionLimit, 1, 1_000_000);
    assertWholeNumber(`${where}: maxLiveLeases`, group.maxLiveLeases, 1, 1_000_000);
    const owner = owners.get(group.name);
    owners.delete(group.name);
    if (owner !== undefined) {
      assertRoleName("owner role", owner);
      if (owner === login || owner === estate) throw new Error(`lease functions: ${owner} cannot own a schema`);
    }
    rows.set(
      group.name,
      `      (${sqlConstant(group.name)}::text, ${group.maxTtlSeconds}::int4, ${group.connectionLimit}::int4, ` +
        `${group.maxLiveLeases}::int4, ${owner === undefined ? "NULL" : sqlConstant(owner)}::text)`,
    );
  }
  const [unknown] = owners.keys();
  if (unknown !== undefined) throw new Error(`lease functions: reassignTo names ${unknown}, which is not registered`);
  // VALUES cannot be empty; a row of NULL is equal to no name.
  const sorted = [...rows.keys()].sort().map((name) => rows.get(name));
  return {
    login: sqlConstant(login),
    estate: sqlConstant(estate),
    prefix: sqlConstant(namePrefix),
    prefix_length: String(namePrefix.length),
    groups: sorted.join(",\n") || "      (NULL::text, NULL::int4, NULL::int4, NULL::int4, NULL::text)",
  };
}

/** A file of SQL with its partials, read once. */
function assembled(file: string): string {
  let sql = ASSEMBLED.get(file);
  if (sql === undefined) {
    sql = fs
      .readFileSync(path.join(__dirname, file), "utf8")
      .replace(/^@include ([a-z]+)@\n/gm, (_, name: string) => assembled(path.join("partials", `${name}.sql`)));
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
