import { findPastTheGrants } from "../../../audit/doctor/past-the-grants";
import { findServerSettings } from "../../../audit/doctor/server-settings";
import type { Queryable } from "../../../audit/effective/model";
import type { DatabaseNode } from "../../../access/model/graph";
import type { EmbeddedMajor } from "../../../bench/servers/embedded-postgres";
import { startPostgres } from "../../../bench/servers/postgres";

jest.setTimeout(10 * 60_000);

const SHOP = { instance: "main", database: "shop" } as DatabaseNode;

interface Setting {
  readonly value: string;
  readonly from?: number;
  /** What else is needed. */
  readonly with?: Readonly<Record<string, string>>;
}

/** Each setting that is compared, with another value for a server's configuration. */
const CHANGED: Readonly<Record<string, Setting>> = {
  allow_system_table_mods: { value: "on" },
  archive_cleanup_command: { value: "true" },
  archive_command: { value: "true secret-key", with: { archive_mode: "on" } },
  backslash_quote: { value: "on" },
  createrole_self_grant: { value: "set, inherit", from: 16 },
  default_table_access_method: { value: "spy" },
  default_tablespace: { value: "spy" },
  event_triggers: { value: "off", from: 17 },
  krb_caseins_users: { value: "on" },
  lo_compat_privileges: { value: "on" },
  max_prepared_transactions: { value: "2" },
  password_encryption: { value: "md5" },
  recovery_end_command: { value: "true" },
  restore_command: { value: "true" },
  row_security: { value: "off" },
  search_path: { value: "spy" },
  session_replication_role: { value: "replica" },
  standard_conforming_strings: { value: "off" },
  temp_tablespaces: { value: "spy" },
  transform_null_equals: { value: "on" },
};

/** Shown to a member of pg_read_all_settings only, and compared then. */
const HIDDEN: Readonly<Record<string, Setting>> = {
  dynamic_library_path: { value: "$libdir:/tmp/spy" },
  extension_control_path: { value: "$system:/tmp/spy", from: 18 },
  jit_provider: { value: "spy" },
  session_preload_libraries: { value: "plpgsql" },
  shared_preload_libraries: { value: "plpgsql" },
};

/** Compared as well; a server with these would let nobody in, so the answer of one is made up. */
const MADE_UP: Readonly<Record<string, string>> = {
  archive_library: "spy",
  db_user_namespace: "on",
  local_preload_libraries: "spy",
};

/** Categories whose settings do not bear on access, but for those that are compared. */
const CATEGORIES: Readonly<Record<string, string>> = {
  "Autovacuum|Vacuuming|Query Tuning|Resource Usage|Statistics|Lock Management|Error Handling|Preset Options":
    "how it works, and what it costs",
  "Write-Ahead Log": "how it is stored; programs that are given copies are compared",
  "Customized Options": "a program's own; that it is loaded is compared",
  Replication: "how copies are made; who may make one is an attribute of a role, or a subscription",
  "Reporting and Logging": "what the server's log has: passwords of leases arrive there hashed",
  "Client Connection Defaults / (Locale|Other Defaults)": "how values are shown",
  "Connections and Authentication / (Connection Settings|TCP Settings|SSL)":
    "where the server listens and what it says of itself; pg_hba.conf says whom it lets in, and is said to be out of reach",
};

const ALONE: Readonly<Record<string, string>> = {
  "authentication_timeout gss_accept_delegation scram_iterations md5_password_warnings": "how a login proves who it is",
  "bytea_output check_function_bodies client_min_messages default_toast_compression gin_pending_list_limit xmlbinary xmloption default_transaction_deferrable default_transaction_isolation transaction_deferrable transaction_isolation":
    "how values and transactions are, whoever asks",
  "default_transaction_read_only transaction_read_only restrict_nonsystem_relation_kind":
    "takes away, and gives nothing",
  "idle_in_transaction_session_timeout idle_session_timeout lock_timeout statement_timeout transaction_timeout":
    "how long a session may take",
  "vacuum_.*": "how rows are kept",
  "backtrace_functions debug_.* force_parallel_mode ignore_.* jit_.* p(re|ost)_auth_delay remove_temp_files_after_crash trace_.* wal_consistency_checking zero_damaged_pages allow_in_place_tablespaces send_abort_for_.*":
    "for those who develop PostgreSQL; changes no list",
  "array_nulls escape_string_warning quote_all_identifiers synchronize_seqscans": "how values are written",
  allow_alter_system: "off takes a way to change settings away",
};

const known = (name: string, category: string): boolean =>
  Object.keys({ ...CHANGED, ...MADE_UP }).includes(name) ||
  Object.keys(CATEGORIES).some((pattern) => new RegExp(`^(${pattern})`).test(category)) ||
  Object.keys(ALONE).some((names) => names.split(" ").some((pattern) => new RegExp(`^(${pattern})$`).test(name)));

describe.each<EmbeddedMajor>([14, 15, 16, 17, 18])("PostgreSQL %s", (major) => {
  test("every setting that a login can see is compared or does not bear on access, and every changed one is found", async () => {
    const here = ([, { from = 0 }]: [string, Setting]): boolean => from <= major;
    const [mine, hidden] = [CHANGED, HIDDEN].map((all) => Object.entries(all).filter(here));
    const settings = Object.assign(
      {},
      ...[...mine, ...hidden].map(([name, one]) => ({ [name]: one.value, ...one.with })),
    ) as Record<string, string>;
    const server = await startPostgres({ major, settings });
    try {
      await server.asSuperuser("postgres", "CREATE DATABASE shop; ");
      await server.asSuperuser(
        "postgres",
        "CREATE ROLE plain LOGIN PASSWORD 'x'; SET password_encryption = 'scram-sha-256'; ALTER ROLE plain PASSWORD 'x'",
      );
      await server.asSuperuser("postgres", "BEGIN; CREATE ROLE evil; PREPARE TRANSACTION 'theirs'");
      await server.asSuperuser("shop", "BEGIN; CREATE ROLE evil2; PREPARE TRANSACTION 'ours'");
      const client = await server.connect({ user: "plain", password: "x", database: "shop" });
      try {
        const { rows } = await client.query<{ name: string; category: string }>(
          "SELECT name, category FROM pg_catalog.pg_settings",
        );
        expect(rows.length).toBeGreaterThan(250);
        expect(rows.filter(({ name, category }) => !known(name, category))).toEqual([]);
        await client.query("SET search_path = pg_catalog; BEGIN; SET LOCAL search_path = pg_catalog, pg_temp");
        const found = await findServerSettings(client, SHOP);
        expect(found.map(({ object }) => object?.name?.replace(/[= ].*$/, "")).sort()).toEqual(
          mine.map(([name]) => name).sort(),
        );
        expect(JSON.stringify(found)).not.toContain("secret-key");
        await client.query("ROLLBACK");
        await server.asSuperuser("postgres", "GRANT pg_read_all_settings TO plain");
        const more = await findServerSettings(client, SHOP);
        expect(more.map(({ object }) => object?.name?.replace(/[= ].*$/, "")).sort()).toEqual(
          [...mine, ...hidden].map(([name]) => name).sort(),
        );
        const past = await findPastTheGrants(client, SHOP);
        expect(past.map(({ object, fix }) => [object?.kind, object?.name, fix])).toEqual([
          ["prepared transaction", "ours", "accept it, or ROLLBACK PREPARED 'ours'"],
          [
            "prepared transaction",
            "theirs in database postgres",
            "accept it, or ROLLBACK PREPARED 'theirs' in database postgres",
          ],
        ]);
      } finally {
        await client.end();
      }
    } finally {
      await server.stop();
    }
  });
});

test("settings of servers that let nobody in are compared, and what is usual is not found", async () => {
  const answer = (values: Readonly<Record<string, string>>): Queryable => ({
    query: <Row extends object>() =>
      Promise.resolve({
        rows: Object.entries(values).map(([name, value]) => ({ name, value, boot: "" })) as unknown as Row[],
      }),
  });
  const found = await findServerSettings(answer(MADE_UP), SHOP);
  expect(found.map(({ object, severity }) => [object?.name, severity])).toEqual([
    ["archive_library of the server", "warning"],
    ["db_user_namespace=on of the server", "error"],
    ["local_preload_libraries=spy of the server", "error"],
  ]);
  const usual = {
    archive_command: "(disabled)",
    restore_command: "",
    search_path: '"$user", public',
    row_security: "on",
  };
  expect(await findServerSettings(answer(usual), SHOP)).toEqual([]);
});
