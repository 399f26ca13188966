import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import type { Queryable } from "../effective/model";
import { IS_LEASE_HERE, OwnRoles } from "./own-roles";
import { quoteIdentifier } from "../../access/model/sql-quoting";

/** Settings that load code, say whose names are found first, or who a session acts as. */
const DANGEROUS =
  /^(session_preload_libraries|local_preload_libraries|dynamic_library_path|extension_control_path|search_path|role|session_authorization|row_security|password_encryption|session_replication_role|default_transaction_read_only|temp_tablespaces|default_tablespace|debug_.*|log_.*|allow_.*)$/;

/** What the program, and docs/security.md, give our logins: the names of PostgreSQL first, and no waiting for ever. */
const EXPECTED = (own: OwnRoles, role: string | null, name: string, value: string): boolean =>
  role !== null &&
  [own.login, ...own.admins].includes(role) &&
  ((name === "search_path" && value === "pg_catalog") ||
    (name === "lock_timeout" && own.admins.includes(role) && !/^0+[a-z]*$/.test(value)));

/** What our logins need, of every database: they make roles and grants in others, too. */
const WANTED = {
  search_path: {
    value: "pg_catalog",
    of: (own: OwnRoles) => [own.login, ...own.admins],
    severity: "error",
    why: "it was never set, or was reset: operators and functions without a schema are found where a migration may have planted others, and run as this role",
  },
  lock_timeout: {
    value: "'30s'",
    of: (own: OwnRoles) => own.admins,
    severity: "warning",
    why: "it was never set, or was reset: a session that holds a lock makes Terraform wait for ever",
  },
} as const;

type Wanted = keyof typeof WANTED;

const isWanted = (own: OwnRoles, role: string, name: string): name is Wanted =>
  name in WANTED && WANTED[name as Wanted].of(own).includes(role);

/**
 * Settings with which a session of the database, or of one of our roles, begins (pg_db_role_setting). Left out: those
 * of roles that the program does not know, and of other databases.
 */
export async function findSettings(
  client: Queryable,
  database: DatabaseNode,
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ role: string | null; here: boolean; setting: string }>(
    `SELECT r.rolname::text AS role, s.setdatabase <> 0 AS here, unnest(s.setconfig) AS setting
       FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole
      WHERE (s.setdatabase = 0 OR s.setdatabase = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database()))
        AND (s.setrole = 0 OR r.rolname = ANY ($1::text[]) OR ${IS_LEASE_HERE}) ORDER BY 1, 2, 3`,
    [own.all],
  );
  const kept = rows.flatMap(({ role, here, setting }): EffectiveFinding[] => {
    const at = setting.indexOf("=");
    const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
    if (EXPECTED(own, role, name, value)) return [];
    // A name with a dot is a program's own, and some keep keys in one.
    const shown = name.includes(".") ? name : `${name}=${value}`;
    const whose = role === null ? (here ? `database ${database.database}` : "every role") : `role ${role}`;
    const target =
      role === null
        ? here
          ? `DATABASE ${quoteIdentifier(database.database)}`
          : "ROLE ALL"
        : `ROLE ${quoteIdentifier(role)}${here ? ` IN DATABASE ${quoteIdentifier(database.database)}` : ""}`;
    return [
      {
        code: "unknown-setting",
        severity: role !== null || DANGEROUS.test(name) ? "error" : "warning",
        database: keyOf(database),
        who: role === null ? [] : [role],
        object: { kind: "setting", name: `${shown} of ${whose}` },
        privileges: [],
        declared: "nothing: the program sets none",
        effective: `sessions of ${whose}${here && role !== null ? " in this database" : ""} begin with ${shown}`,
        why: "ALTER ROLE or ALTER DATABASE … SET gave it, by hand or in a migration",
        fix:
          role !== null && !here && isWanted(own, role, name)
            ? `ALTER ${target} SET ${name} = ${WANTED[name].value}`
            : `ALTER ${target} RESET ${name.split(".").map(quoteIdentifier).join(".")}`,
      },
    ];
  });
  return [...kept, ...(await missing(client, database, own))];
}

/** What our logins should have and do not. */
async function missing(client: Queryable, database: DatabaseNode, own: OwnRoles): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ role: string; has: string[] }>(
    `SELECT r.rolname::text AS role, ARRAY(SELECT split_part(e, '=', 1) FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS e
              WHERE s.setrole = r.oid AND s.setdatabase = 0) AS has
       FROM pg_roles AS r WHERE r.rolname = ANY ($1::text[]) ORDER BY 1`,
    [[own.login, ...own.admins]],
  );
  return rows.flatMap(({ role, has }) =>
    (Object.keys(WANTED) as Wanted[])
      .filter((name) => isWanted(own, role, name) && !has.includes(name))
      .map((name): EffectiveFinding => {
        const { value, severity, why } = WANTED[name];
        return {
          code: "unknown-setting",
          severity,
          database: keyOf(database),
          who: [role],
          object: { kind: "setting", name: `${name} of role ${role}` },
          privileges: [],
          declared: `${name} = ${value}`,
          effective: `sessions of role ${role} begin with the server's own ${name}`,
          why,
          fix: `ALTER ROLE ${quoteIdentifier(role)} SET ${name} = ${value}`,
        };
      }),
  );
}
