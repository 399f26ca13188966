import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import type { Queryable } from "../effective/model";
import { IS_LEASE_HERE, OwnRoles } from "./own-roles";
import { quoteIdentifier } from "../../access/model/sql-quoting";

/** Settings that load code, say whose names are found first, or who a session acts as. */
const DANGEROUS =
  /^(session_preload_libraries|local_preload_libraries|dynamic_library_path|extension_control_path|search_path|role|session_authorization|row_security|password_encryption|session_replication_role|default_transaction_read_only|temp_tablespaces|default_tablespace|debug_.*|log_.*|allow_.*)$/;

const UNBOUND = "lists and policies do not bind as they stand";

/** Settings that can break a promise: their value on a server that nobody changed, and what another value does. */
const SAFE: Readonly<Record<string, readonly [value: string, does: string]>> = {
  allow_system_table_mods: ["off", UNBOUND],
  db_user_namespace: ["off", UNBOUND],
  lo_compat_privileges: ["off", UNBOUND],
  max_prepared_transactions: [
    "0",
    "a login can prepare a transaction, which holds its locks when its session is gone: it cannot be revoked then before a superuser rolls that back",
  ],
  row_security: ["on", UNBOUND],
  session_replication_role: ["origin", UNBOUND],
};

/** What the program, and docs/security.md, give our logins: the names of PostgreSQL first, and no waiting for ever. */
const EXPECTED = (own: OwnRoles, role: string | null, name: string, value: string): boolean =>
  role !== null &&
  [own.login, ...own.admins].includes(role) &&
  ((name === "search_path" && value === "pg_catalog") || (name === "lock_timeout" && own.admins.includes(role)));

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
  const { rows: server } = await client.query<{ name: string; setting: string }>(
    `SELECT s.name, s.setting FROM pg_settings AS s JOIN unnest($1::text[], $2::text[]) AS e(name, setting) ON e.name = s.name
      WHERE s.setting <> e.setting ORDER BY 1`,
    [Object.keys(SAFE), Object.values(SAFE).map(([value]) => value)],
  );
  const everywhere = server.map(({ name, setting }): EffectiveFinding => ({
    code: "unknown-setting",
    severity: "error",
    database: keyOf(database),
    who: [],
    object: { kind: "setting", name: `${name}=${setting} of the server` },
    privileges: [],
    declared: `${name}=${SAFE[name][0]}`,
    effective: `sessions begin with ${name}=${setting}`,
    why: `the server's configuration, or a setting of the database or of the role that asks, says so: ${SAFE[name][1]}`,
    fix: `ALTER SYSTEM RESET ${name}${name === "max_prepared_transactions" ? "; then start the server anew" : ""}`,
  }));
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
        fix: `ALTER ${target} RESET ${name.split(".").map(quoteIdentifier).join(".")}`,
      },
    ];
  });
  return [...everywhere, ...kept];
}
