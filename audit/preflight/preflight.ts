import type { EdgeNode } from "../../access/model/graph";
import type { Queryable } from "../effective/model";
import { ADMIN_ATTRIBUTES, adminLockTimeout, adminSearchPath, adminSignals } from "../../access/model/admin-sql";
import { quoteIdentifier } from "../../access/model/sql-quoting";
import { adminOf, AdminRow, Hold, holdOn, one, Owned, ownedIn } from "./catalog";

/** Something that the admin lacks in a database that exists, and the statement that mends it. */
export interface Requirement {
  /** What would fail, and why. */
  readonly why: string;
  /** To be run in the database, by who owns it or by a superuser. */
  readonly sql: string;
}

/** What an apply would meet in one database. */
export interface Preflight {
  readonly database: string;
  readonly admin: string;
  /** Without these the apply fails, its grants come back in every plan, no login is issued, or the stack cannot be destroyed. */
  readonly required: readonly Requirement[];
  /** What PUBLIC has there, and with it each login that is issued: no program says so. */
  readonly advised: readonly Requirement[];
}

export interface PreflightOptions {
  readonly database: string;
  /** The role that owns the tables, as the program names it. */
  readonly owner: string;
  /** The role that Terraform logs in as. */
  readonly admin: string;
  readonly edges: readonly EdgeNode[];
}

/**
 * Finds what the owner of a database that exists has to change before Leasehold manages access to it. Reads catalogs only, which
 * anybody may read who can connect.
 */
export async function preflight(client: Queryable, options: PreflightOptions): Promise<Preflight> {
  const { database, owner, admin, edges } = options;
  const role = await adminOf(client, admin);
  if (!role.found) return { database, admin, required: [adminToMake(admin)], advised: [] };
  const owned = await ownedIn(client, database, edges);
  const owners = new Set([owner, ...owned.filter((found) => !found.superuser).map((found) => found.owner)]);
  const hold = await holdOn(client, database, admin);
  // PostgreSQL takes away in the name of whoever has all grant options. As a member of the database's owner, the admin
  // must therefore also give in the owner's name: what it gave by an option of its own could never be taken away.
  const actsAsOwner = hold.acts || (role.version >= 160000 && !role.superuser && !hold.admin && owners.has(hold.owner));
  return {
    database,
    admin,
    required: [
      ...forAdmin(admin, role),
      ...(actsAsOwner && hold.option ? [withoutGrantOption(database, admin, hold)] : []),
      ...(await forDatabase(client, options, actsAsOwner)),
      ...(await forOwnerRole(client, owner)),
      ...(role.superuser ? [] : ofSuperusers(owned, owner)),
      ...(role.superuser ? [] : await forMemberships(client, admin, role, owners)),
      ...(await schemasOpenToPublic(client)),
    ],
    advised: await advice(client, database, owner),
  };
}

function adminToMake(admin: string): Requirement {
  const settings = [adminSignals, adminSearchPath, adminLockTimeout].map((statement) => statement(admin));
  return {
    why: `there is no role ${admin}; run this command again when there is`,
    sql: [`CREATE ROLE ${quoteIdentifier(admin)} ${ADMIN_ATTRIBUTES};`, ...settings].join(" "),
  };
}

function forAdmin(admin: string, role: AdminRow): Requirement[] {
  return [
    ...unless(
      role.createrole || role.superuser,
      `ALTER ROLE ${quoteIdentifier(admin)} CREATEROLE;`,
      "it makes a role for each identity",
    ),
    ...unless(role.signals, adminSignals(admin), "the lease functions end sessions of logins that are gone"),
    ...unless(
      role.pinned,
      adminSearchPath(admin),
      "the provider writes operators without a schema: those that others plant would run as the admin",
    ),
  ];
}

function unless(held: boolean, sql: string, why: string): Requirement[] {
  return held ? [] : [{ why, sql }];
}

function withoutGrantOption(database: string, admin: string, { given, owner }: Hold): Requirement {
  const a = quoteIdentifier(admin);
  return {
    sql: [
      // First, what the admin gave is taken away in the admin's name: without the option nobody could.
      ...(given.length === 0 ? [] : [`SET ROLE ${a};`, ...given, "RESET ROLE;"]),
      `REVOKE GRANT OPTION FOR CONNECT, TEMPORARY ON DATABASE ${quoteIdentifier(database)} FROM ${a} CASCADE;`,
    ].join(" "),
    why: `it acts as ${owner}, which owns the database: what it granted by an option of its own, no apply could take away. The next apply grants it again`,
  };
}

/** What the admin must be able to do with the database itself. Who acts as its owner needs no grant option. */
async function forDatabase(
  client: Queryable,
  { database, admin, edges }: PreflightOptions,
  actsAsOwner: boolean,
): Promise<Requirement[]> {
  const required: Requirement[] = [];
  for (const { privilege, why, option } of databaseNeeds(edges)) {
    if (option && actsAsOwner) continue;
    const withOption = option ? " WITH GRANT OPTION" : "";
    const { held } = await one<{ held: boolean }>(client, "SELECT has_database_privilege($1, $2, $3) AS held", [
      admin,
      database,
      `${privilege}${withOption}`,
    ]);
    const sql = `GRANT ${privilege} ON DATABASE ${quoteIdentifier(database)} TO ${quoteIdentifier(admin)}${withOption};`;
    required.push(...unless(held, sql, why));
  }
  return required;
}

function databaseNeeds(edges: readonly EdgeNode[]): { privilege: string; option: boolean; why: string }[] {
  const temporary = edges.some(({ grants }) => grants.some(({ privilege }) => privilege === "TEMPORARY"));
  return [
    { privilege: "CREATE", option: false, why: "it makes the schema `lease`" },
    {
      privilege: "CONNECT",
      option: true,
      why: "it grants CONNECT: without the option PostgreSQL only warns, and every plan shows the grants again",
    },
    ...(temporary ? [{ privilege: "TEMPORARY", option: true, why: "it grants TEMPORARY" }] : []),
  ];
}

async function forOwnerRole(client: Queryable, owner: string): Promise<Requirement[]> {
  const { rows } = await client.query<{ super: boolean }>("SELECT rolsuper AS super FROM pg_roles WHERE rolname = $1", [
    owner,
  ]);
  if (rows.length === 0)
    return [
      {
        sql: `CREATE ROLE ${quoteIdentifier(owner)} NOLOGIN;`,
        why: `the program says that ${owner} owns the tables, and there is no such role`,
      },
    ];
  return unless(
    !rows[0].super,
    `-- name another \`owner\` in the program`,
    `${owner} is a superuser, which no admin may act as`,
  );
}

function ofSuperusers(owned: readonly Owned[], owner: string): Requirement[] {
  return owned
    .filter(({ superuser }) => superuser)
    .map((found) => ({
      sql: `ALTER ${found.kind} ${found.name} OWNER TO ${quoteIdentifier(owner)};`,
      why: `it belongs to ${found.owner}, a superuser, whose grants the admin can neither make nor take away`,
    }));
}

async function forMemberships(
  client: Queryable,
  admin: string,
  role: AdminRow,
  owners: ReadonlySet<string>,
): Promise<Requirement[]> {
  const required: Requirement[] = [];
  for (const other of [...owners].sort()) {
    if (other === admin) continue;
    const { rows } = await client.query(
      `SELECT 1 FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid JOIN pg_roles AS u ON u.oid = m.member
        WHERE r.rolname = $1 AND u.rolname = $2 AND m.admin_option`,
      [other, admin],
    );
    required.push(
      ...unless(
        // Before 16 CREATEROLE is enough.
        rows.length > 0 || role.version < 160000,
        `GRANT ${quoteIdentifier(other)} TO ${quoteIdentifier(admin)} WITH ADMIN OPTION;`,
        `${other} owns what is granted on, and the provider becomes a member of it for each grant`,
      ),
    );
  }
  return required;
}

async function schemasOpenToPublic(client: Queryable): Promise<Requirement[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        AND has_schema_privilege('public', oid, 'CREATE') ORDER BY 1`,
  );
  return rows.map(({ name }) => ({
    sql: `REVOKE CREATE ON SCHEMA ${quoteIdentifier(name)} FROM PUBLIC;`,
    why: "no login is issued while everybody may create there",
  }));
}

/** What PUBLIC has, by PostgreSQL's defaults or because somebody granted it. */
async function advice(client: Queryable, database: string, owner: string): Promise<Requirement[]> {
  const { connect, temporary, functions } = await one<{ connect: boolean; temporary: boolean; functions: string }>(
    client,
    `SELECT has_database_privilege('public', $1, 'CONNECT') AS connect, has_database_privilege('public', $1, 'TEMPORARY') AS temporary,
       (SELECT count(*) FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
         WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'lease')
           AND has_function_privilege('public', f.oid, 'EXECUTE')) AS functions`,
    [database],
  );
  const d = quoteIdentifier(database);
  return [
    ...(connect
      ? [{ why: "every login of the server may connect to it", sql: `REVOKE CONNECT ON DATABASE ${d} FROM PUBLIC;` }]
      : []),
    ...(temporary
      ? [
          {
            why: "every login may make temporary tables; the owner needs it for migrations",
            sql: `REVOKE TEMPORARY ON DATABASE ${d} FROM PUBLIC; GRANT TEMPORARY ON DATABASE ${d} TO ${quoteIdentifier(owner)};`,
          },
        ]
      : []),
    ...(Number(functions) > 0
      ? [
          {
            why: `every login may execute ${functions} functions there; this is for those to come`,
            sql: `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(owner)} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`,
          },
        ]
      : []),
  ];
}

/** What a superuser runs, with the reasons as comments; what is only advised is commented out. */
export function preflightSql({ database, admin, required, advised }: Preflight): string {
  const lines = (requirements: readonly Requirement[], prefix: string): string[] =>
    requirements.flatMap(({ why, sql }) => [`-- ${why.replace(/[\r\n]/g, " ")}`, `${prefix}${sql}`]);
  const head =
    required.length === 0
      ? `-- ${database.replace(/[\r\n]/g, " ")}: nothing is missing for ${admin.replace(/[\r\n]/g, " ")}.`
      : `-- In the database ${database.replace(/[\r\n]/g, " ")}, as a superuser, or on a managed server as its administrator:`;
  const more =
    advised.length === 0
      ? []
      : [
          "",
          "-- Advised. It takes from everybody who has it by no other way: look who connects first.",
          ...lines(advised, "-- "),
        ];
  return [head, ...lines(required, ""), ...more, ""].join("\n");
}
