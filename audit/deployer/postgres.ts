import { adminLockTimeout, adminSearchPath, adminSignals } from "../../access/model/admin-sql";
import { byCodeUnit } from "../../access/model/graph";
import { DEFAULT_PLANNER, plannerEntry } from "../../access/model/names";
import { quoteIdentifier } from "../../access/model/sql-quoting";
import { isObject, JsonObject } from "../../bench/rehearse/model/values";
import type { DeployerOptions } from "./policy";
import { argument, blocksOf, NotCovered, readStacks, StackBlock, StackDocument } from "./program";

/** The login that somebody who deploys, or only plans, has on each server. */
export interface DeployerLogins {
  /** For a superuser of each server. */
  readonly sql: string;
  readonly servers: readonly DeployerLogin[];
  /** Blocks of PostgreSQL's provider whose needs are not known here, and why. */
  readonly notCovered: readonly NotCovered[];
}

/** A login on one server. */
export interface DeployerLogin {
  /** `host:port` at which the machine that runs Terraform reaches it. */
  readonly server: string;
  readonly login: string;
  /** `mount/path` of the KV entry with its password. */
  readonly entry: string;
  /** Databases that it connects to, and the schemas whose functions it reads there: PostgreSQL looks a function up only for who may use its schema. */
  readonly databases: Readonly<Record<string, readonly string[]>>;
  /** Those on this server that the program makes, in whichever stack. */
  readonly made: readonly string[];
}

/** What the provider refreshes by catalogs alone (cyrilgdn/postgresql 1.26.0, postgresql/resource_postgresql_*.go). */
const KNOWN: readonly string[] = [
  "database",
  "default_privileges",
  "function",
  "grant",
  "grant_role",
  "role",
  "schema",
];

/**
 * @param login Name of the login that plans.
 * @throws when the folder holds no synthesized program, or has no stack of a name that was asked for
 */
export function deployerLogins(
  outdir: string,
  { stacks, planOnly }: DeployerOptions,
  login = DEFAULT_PLANNER,
): DeployerLogins {
  const notCovered: NotCovered[] = [];
  const servers = new Map<string, { login: string; entry: string; databases: Map<string, Set<string>> }>();
  for (const of of readStacks(outdir, stacks)) {
    const blocks = blocksOf(of.document, "postgresql_");
    if (blocks.length === 0) continue;
    const provider = providerOf(of);
    const { server, username, entry } = provider;
    const own = servers.get(server) ?? {
      ...(planOnly ? { login, entry: plannerPath(entry, username === login) } : { login: username, entry }),
      databases: new Map<string, Set<string>>(),
    };
    servers.set(server, own);
    const schemasOf = (database: string): Set<string> => {
      const schemas = own.databases.get(database) ?? new Set();
      own.databases.set(database, schemas);
      return schemas;
    };
    schemasOf(provider.database);
    for (const block of blocks)
      try {
        const type = block.type.slice("postgresql_".length);
        if (block.kind !== "resource" || !KNOWN.includes(type))
          throw new Error(`what ${block.type} needs is not known`);
        if (["database", "role", "grant_role"].includes(type)) continue;
        const schemas = schemasOf(argument(of, block, "database", provider.database));
        if (type === "function") schemas.add(argument(of, block, "schema", "public"));
      } catch (error) {
        notCovered.push({ stack: of.stack, address: block.address, because: (error as Error).message });
      }
  }
  const sorted = [...servers].sort(([a], [b]) => byCodeUnit(a, b));
  const made = databasesMade(outdir);
  const logins = sorted.map(([server, { databases, ...own }]): DeployerLogin => ({
    server,
    ...own,
    databases: Object.fromEntries(
      [...databases]
        .sort(([a], [b]) => byCodeUnit(a, b))
        .map(([name, schemas]) => [name, [...schemas].sort(byCodeUnit)]),
    ),
    made: (made.get(server) ?? []).sort(byCodeUnit),
  }));
  return {
    sql: logins.map((one) => (planOnly ? plannerSql(one) : adminSql(one))).join("\n"),
    servers: logins,
    notCovered,
  };
}

/** Databases that the program makes, by server: also those of stacks that were not asked for. */
function databasesMade(outdir: string): Map<string, string[]> {
  const made = new Map<string, string[]>();
  for (const of of readStacks(outdir, undefined)) {
    const databases = blocksOf(of.document, "postgresql_database").filter(({ kind }) => kind === "resource");
    if (databases.length === 0) continue;
    const { server } = providerOf(of);
    made.set(server, [...(made.get(server) ?? []), ...databases.map((block) => argument(of, block, "name"))]);
  }
  return made;
}

/** The entry beside the admin's, whether the program was synthesized for the admin or for the planner. */
function plannerPath(entry: string, already: boolean): string {
  return already ? entry : plannerEntry(entry);
}

function providerOf({ stack, document }: StackDocument): {
  server: string;
  username: string;
  database: string;
  entry: string;
} {
  const all = isObject(document.provider) ? [document.provider.postgresql].flat() : [];
  const [settings, ...more] = all.filter((one): one is JsonObject => isObject(one ?? null));
  if (!settings || more.length > 0)
    throw new Error(
      `stack ${stack} has ${all.length} providers of PostgreSQL instead of one: name other stacks with --stack`,
    );
  const { host, port, username, database, password } = settings;
  const id = /^\$\{ephemeral\.vault_kv_secret_v2\.(\w+)\.data\.password\}$/.exec(String(password))?.[1];
  const entry = blocksOf(document, "vault_kv_secret_v2").find(
    (block: StackBlock) => block.kind === "ephemeral" && block.address.endsWith(`.${id}`),
  );
  if (!entry || [host, username, database].some((one) => typeof one !== "string"))
    throw new Error(`stack ${stack}: where Terraform logs in is known only when it runs`);
  const of = { stack, document };
  return {
    server: `${host as string}:${String(port ?? 5432)}`,
    username: username as string,
    database: database as string,
    entry: `${argument(of, entry, "mount")}/${argument(of, entry, "name")}`,
  };
}

/** Comments are one line each, whatever stands in a name. */
const comment = (text: string): string => `-- ${text.replace(/[\p{Cc}\u2028\u2029]/gu, " ")}\n`;

const connects = (databases: readonly string[], login: string): string =>
  databases.map((name) => `GRANT CONNECT ON DATABASE ${quoteIdentifier(name)} TO ${login};\n`).join("");

function plannerSql(one: DeployerLogin): string {
  const login = quoteIdentifier(one.login);
  const schemas = Object.entries(one.databases).flatMap(([database, names]) =>
    names.length === 0
      ? []
      : [
          `\\connect ${psqlArgument(database)}\n`,
          ...names.map((name) => `GRANT USAGE ON SCHEMA ${quoteIdentifier(name)} TO ${login};\n`),
        ],
  );
  return [
    comment(
      `${one.server}: reads catalogs, and changes nothing. Run it with psql as a superuser, after the first apply.`,
    ),
    comment(`Its password: \\password ${login} in psql, and vault kv put ${one.entry} password=-`),
    `CREATE ROLE ${login} LOGIN;\n`,
    `${adminSearchPath(one.login)}\n`,
    `ALTER ROLE ${login} SET default_transaction_read_only = on;\n`,
    connects(Object.keys(one.databases), login),
    ...schemas,
  ].join("");
}

function adminSql(one: DeployerLogin): string {
  const login = quoteIdentifier(one.login);
  const there = Object.keys(one.databases).filter((name) => !one.made.includes(name));
  return [
    comment(`${one.server}: a server that Leasehold makes has this login already. Run it with psql as a superuser.`),
    comment(`What it needs in a database that exists says leasehold preflight.`),
    comment(`Its password: \\password ${login} in psql, and vault kv put ${one.entry} password=-`),
    `CREATE ROLE ${login} LOGIN CREATEROLE${one.made.length > 0 ? " CREATEDB" : ""};\n`,
    ...[adminSignals, adminSearchPath, adminLockTimeout].map((statement) => `${statement(one.login)}\n`),
    connects(there, login),
  ].join("");
}

/** A database as psql's own commands take it: between their quotes a quote is doubled, and a backslash means itself. */
const psqlArgument = (name: string): string => `'${name.replace(/\\/g, "\\\\").replace(/'/g, "''")}'`;
