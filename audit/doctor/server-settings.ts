import type { DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import { EffectiveFinding, stateOf } from "../effective/finding";
import type { Queryable } from "../effective/model";

const UNBOUND = "lists and policies do not bind as they stand";
const NAMES = "names are looked up where somebody may have planted others, in sessions of every login";
const QUOTED = "text that a login sends means something else than those who quote it take it for";
const ELSEWHERE = "what is made later lies in another folder of the server, and who may read that reads it";

/** Settings that can break a promise: their values on a server that nobody changed, and what another value does. */
const SAFE: Readonly<Record<string, readonly [values: readonly string[], does: string]>> = {
  allow_system_table_mods: [["off"], UNBOUND],
  backslash_quote: [["safe_encoding", "off"], QUOTED],
  createrole_self_grant: [[""], "who makes a role, Terraform for one, becomes a member that has its rights"],
  db_user_namespace: [["off"], UNBOUND],
  dynamic_library_path: [["$libdir"], "libraries are looked up where somebody may have planted others"],
  default_table_access_method: [["heap"], "tables to come are written and read by code that somebody made"],
  default_tablespace: [[""], ELSEWHERE],
  event_triggers: [["on"], "event triggers do not run: those that keep locks short do not, either"],
  extension_control_path: [["$system"], "extensions are looked up where somebody may have planted others"],
  jit_provider: [["llvmjit"], "a library runs in every session"],
  krb_caseins_users: [["off"], "names that differ in case only are one for whoever comes with Kerberos"],
  lo_compat_privileges: [["off"], UNBOUND],
  local_preload_libraries: [[""], "a library runs in every session"],
  max_prepared_transactions: [
    ["0"],
    "a login can prepare a transaction, which holds its locks when its session is gone: it cannot be revoked then before a superuser rolls that back",
  ],
  password_encryption: [["scram-sha-256"], "passwords are kept in a form that can be guessed, or used as it is"],
  row_security: [["on"], UNBOUND],
  // Without what nobody can plant anything in: a session's own temporary tables.
  search_path: [['"$user", public', "pg_catalog", "", '""'], NAMES],
  session_preload_libraries: [[""], "a library runs in every session"],
  session_replication_role: [["origin"], UNBOUND],
  standard_conforming_strings: [["on"], QUOTED],
  temp_tablespaces: [[""], ELSEWHERE],
  transform_null_equals: [["off"], UNBOUND],
};

/** Programs and libraries of a superuser's choice that the server runs itself; a value may hold a key. */
const RUNS = [
  "archive_cleanup_command",
  "archive_command",
  "archive_library",
  "recovery_end_command",
  "restore_command",
  "shared_preload_libraries",
];

/**
 * Settings of the whole server, as a session of the one that asks begins: pg_settings has no value of the server by itself. What the database or the asking
 * role gives is found, for the database, by `settings.ts`. Those that only pg_read_all_settings shows are compared where they are shown, and are said to be out of reach.
 */
export async function findServerSettings(client: Queryable, database: DatabaseNode): Promise<EffectiveFinding[]> {
  const { rows } = await client.query<{ name: string; value: string; boot: string }>(
    `SELECT s.name, coalesce(s.reset_val, '') AS value, coalesce(s.boot_val, '') AS boot FROM pg_settings AS s
      WHERE s.name = ANY ($1::text[]) AND NOT EXISTS (
        SELECT FROM pg_db_role_setting AS g CROSS JOIN unnest(g.setconfig) AS e
         WHERE (g.setdatabase = 0 OR g.setdatabase = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database()))
           AND (g.setrole = 0 OR g.setrole = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = session_user)) AND starts_with(e, s.name || '='))
      ORDER BY 1`,
    [[...Object.keys(SAFE), ...RUNS]],
  );
  return rows.flatMap(({ name, value, boot }): EffectiveFinding[] => {
    const runs = RUNS.includes(name);
    if (runs ? value === boot || value === "" || value === "(disabled)" : SAFE[name][0].includes(value)) return [];
    const shown = runs ? name : `${name}=${value}`;
    return [
      {
        code: "unknown-setting",
        severity: runs ? "warning" : "error",
        database: keyOf(database),
        who: [],
        object: { kind: "setting", name: `${shown} of the server` },
        ...(runs && { state: stateOf(value) }),
        privileges: [],
        declared: runs ? "nothing: the program sets none" : `${name}=${SAFE[name][0][0]}`,
        effective: runs ? `the server runs what ${name} says` : `sessions begin with ${shown}`,
        why: runs
          ? "the server's configuration says so: it runs as the server's process, and is given copies of everything that is written"
          : `the server's configuration, or a setting of the role that asks, says so: ${SAFE[name][1]}`,
        fix: `${runs ? "see what it does, and accept it; or " : ""}ALTER SYSTEM RESET ${name}${name === "max_prepared_transactions" || name === "archive_library" ? "; then start the server anew" : ""}`,
      },
    ];
  });
}
