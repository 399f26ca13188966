import type { EdgeNode } from "../../access/model/graph";
import type { Queryable } from "../effective/model";
import { ADMIN_ATTRIBUTES, adminLockTimeout, adminSearchPath, adminSignals } from "../../access/model/admin-sql";
import { quoteIdentifier } from "../../access/model/sql-quoting";

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

const ADMIN_SETTINGS = [adminSignals, adminSearchPath, adminLockTimeout];

interface AdminRow {
  readonly version: number;
  readonly found: boolean;
  readonly superuser: boolean;
  readonly createrole: boolean;
  readonly signals: boolean;
  readonly pinned: boolean;
}

/**
 * Finds what the owner of a database that exists has to change before Leasehold manages access to it. Reads catalogs only, which
 * anybody may read who can connect.
 */
export async function preflight(client: Queryable, options: PreflightOptions): Promise<Preflight> {
  const { database, owner, admin, edges } = options;
  const role = await adminOf(client, admin);
  const [a, d, o] = [admin, database, owner].map(quoteIdentifier);
  if (!role.found)
    return {
      database,
      admin,
      required: [
        {
          why: `there is no role ${admin}; run this command again when there is`,
          sql: [`CREATE ROLE ${a} ${ADMIN_ATTRIBUTES};`, ...ADMIN_SETTINGS.map((statement) => statement(admin))].join(
            " ",
          ),
        },
      ],
      advised: [],
    };
  const required: Requirement[] = [];
  const need = (held: boolean, sql: string, why: string): void => void (held || required.push({ why, sql }));
  need(role.createrole || role.superuser, `ALTER ROLE ${a} CREATEROLE;`, "it makes a role for each identity");
  need(role.signals, adminSignals(admin), "the lease functions end sessions of logins that are gone");
  need(
    role.pinned,
    adminSearchPath(admin),
    "the provider writes operators without a schema: those that others plant would run as the admin",
  );
  const owned = await ownedIn(client, database, edges);
  const owners = new Set([owner, ...owned.filter((found) => !found.superuser).map((found) => found.owner)]);
  const hold = await ownHold(client, database, admin);
  // PostgreSQL takes away in the name of whoever has all grant options. As a member of the database's owner, the admin
  // must therefore also give in the owner's name: what it gave by an option of its own could never be taken away.
  const actsAsOwner = hold.acts || (role.version >= 160000 && !role.superuser && !hold.admin && owners.has(hold.owner));
  need(
    !actsAsOwner || !hold.option,
    [
      // First, what the admin gave is taken away in the admin's name: without the option nobody could.
      ...(hold.given.length === 0 ? [] : [`SET ROLE ${a};`, ...hold.given, "RESET ROLE;"]),
      `REVOKE GRANT OPTION FOR CONNECT, TEMPORARY ON DATABASE ${d} FROM ${a} CASCADE;`,
    ].join(" "),
    `it acts as ${hold.owner}, which owns the database: what it granted by an option of its own, no apply could take away. The next apply grants it again`,
  );
  for (const { privilege, why, option } of databaseNeeds(edges)) {
    if (option && actsAsOwner) continue;
    const asked = `${privilege}${option ? " WITH GRANT OPTION" : ""}`;
    const { held } = await one<{ held: boolean }>(client, "SELECT has_database_privilege($1, $2, $3) AS held", [
      admin,
      database,
      asked,
    ]);
    need(held, `GRANT ${privilege} ON DATABASE ${d} TO ${a}${option ? " WITH GRANT OPTION" : ""};`, why);
  }
  const known = await client.query<{ super: boolean }>("SELECT rolsuper AS super FROM pg_roles WHERE rolname = $1", [
    owner,
  ]);
  need(
    known.rows.length > 0,
    `CREATE ROLE ${o} NOLOGIN;`,
    `the program says that ${owner} owns the tables, and there is no such role`,
  );
  if (known.rows[0]?.super)
    need(false, `-- name another \`owner\` in the program`, `${owner} is a superuser, which no admin may act as`);

  for (const found of owned.filter(({ superuser }) => superuser))
    need(
      role.superuser,
      `ALTER ${found.kind} ${found.name} OWNER TO ${o};`,
      `it belongs to ${found.owner}, a superuser, whose grants the admin can neither make nor take away`,
    );
  for (const other of [...owners].sort()) {
    if (other === admin || role.superuser) continue;
    const { rows } = await client.query(
      `SELECT 1 FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid JOIN pg_roles AS u ON u.oid = m.member
        WHERE r.rolname = $1 AND u.rolname = $2 AND m.admin_option`,
      [other, admin],
    );
    // Before 16 CREATEROLE is enough.
    need(
      rows.length > 0 || role.version < 160000,
      `GRANT ${quoteIdentifier(other)} TO ${a} WITH ADMIN OPTION;`,
      `${other} owns what is granted on, and the provider becomes a member of it for each grant`,
    );
  }
  const open = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        AND has_schema_privilege('public', oid, 'CREATE') ORDER BY 1`,
  );
  for (const { name } of open.rows)
    need(
      false,
      `REVOKE CREATE ON SCHEMA ${quoteIdentifier(name)} FROM PUBLIC;`,
      "no login is issued while everybody may create there",
    );
  return { database, admin, required, advised: await advice(client, database, owner) };
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

/** What the admin must be able to do with the database itself. */
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

interface Owned {
  /** As ALTER has it. */
  readonly kind: string;
  /** Quoted. */
  readonly name: string;
  readonly owner: string;
  readonly superuser: boolean;
}

/** Who owns the schemas that are granted in, and what is in them. pg_database_owner is who owns the database. */
async function ownedIn(client: Queryable, database: string, edges: readonly EdgeNode[]): Promise<Owned[]> {
  const schemas = [
    ...new Set(edges.flatMap(({ grants }) => grants.flatMap(({ object }) => object.schema ?? []))),
  ].sort();
  const { rows } = await client.query<Owned>(
    `SELECT owned.kind, owned.name, r.rolname AS owner, r.rolsuper AS superuser
       FROM (
         SELECT 'SCHEMA' AS kind, quote_ident(nspname) AS name,
                CASE WHEN nspowner = (SELECT oid FROM pg_roles WHERE rolname = 'pg_database_owner')
                     THEN (SELECT datdba FROM pg_database WHERE datname = $2) ELSE nspowner END AS owner
           FROM pg_namespace WHERE nspname = ANY ($1::text[])
         UNION ALL
         SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relowner
           FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            -- The sequence of a column goes with its table.
            AND NOT EXISTS (SELECT FROM pg_depend AS x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype IN ('a', 'i') AND c.relkind = 'S')
         UNION ALL
         SELECT 'ROUTINE', f.oid::regprocedure::text, f.proowner
           FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
          WHERE n.nspname = ANY ($1::text[])
            AND NOT EXISTS (SELECT FROM pg_depend AS x WHERE x.classid = 'pg_proc'::regclass AND x.objid = f.oid AND x.deptype = 'e')
       ) AS owned (kind, name, owner) JOIN pg_roles AS r ON r.oid = owned.owner ORDER BY 1, 2`,
    [schemas, database],
  );
  return rows;
}

/** Who owns the database, and how the admin stands to it. */
interface Hold {
  readonly owner: string;
  /** Acts as the owner, as a member. */
  readonly acts: boolean;
  /** May make itself a member of the owner. */
  readonly admin: boolean;
  /** May grant on the database by an option of its own. */
  readonly option: boolean;
  /** Statements that take away what it granted by it. */
  readonly given: readonly string[];
}

async function ownHold(client: Queryable, database: string, admin: string): Promise<Hold> {
  return one(
    client,
    `SELECT o.rolname AS owner, o.oid <> a.oid AND pg_has_role(a.oid, o.oid, 'USAGE') AS acts,
            EXISTS (SELECT FROM pg_auth_members AS m WHERE m.roleid = o.oid AND m.member = a.oid AND m.admin_option) AS admin,
            o.oid <> a.oid AND EXISTS (SELECT FROM aclexplode(d.datacl) AS x WHERE x.grantee = a.oid AND x.is_grantable) AS option,
            ARRAY(SELECT format('REVOKE %s ON DATABASE %I FROM %s;', x.privilege_type, d.datname,
                                CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
                    FROM aclexplode(d.datacl) AS x WHERE x.grantor = a.oid AND o.oid <> a.oid ORDER BY 1) AS given
       FROM pg_database AS d JOIN pg_roles AS o ON o.oid = d.datdba, pg_roles AS a
      WHERE d.datname = $1 AND a.rolname = $2`,
    [database, admin],
  );
}

async function adminOf(client: Queryable, admin: string): Promise<AdminRow> {
  return one<AdminRow>(
    client,
    `SELECT current_setting('server_version_num')::int AS version, r.oid IS NOT NULL AS found,
            coalesce(r.rolsuper, false) AS superuser, coalesce(r.rolcreaterole, false) AS createrole,
            coalesce(r.rolconfig @> ARRAY['search_path=pg_catalog'], false) AS pinned,
            coalesce(pg_has_role(r.oid, 'pg_signal_backend', 'USAGE'), false) AS signals
       FROM (SELECT 1) AS x LEFT JOIN pg_roles AS r ON r.rolname = $1`,
    [admin],
  );
}

async function one<T extends object>(client: Queryable, sql: string, values: unknown[]): Promise<T> {
  return (await client.query<T>(sql, values)).rows[0];
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
