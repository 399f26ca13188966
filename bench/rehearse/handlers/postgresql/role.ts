/** Provider 1.26.0: resource_postgresql_role.go, resource_postgresql_grant_role.go. */
import { ArgumentTable, flag, number, text, texts } from "../../model/arguments";
import { JsonObject, Where } from "../../model/values";
import { Context, changedKeys, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { Session, inTransaction, ownRole } from "./connection";
import { lockRole, withRoles } from "./membership";
import { readMembership, readRole } from "./reading";
import { identifier, literal } from "./sql";

const FLAGS = {
  superuser: ["SUPERUSER", false, "rolsuper"],
  create_database: ["CREATEDB", false, "rolcreatedb"],
  create_role: ["CREATEROLE", false, "rolcreaterole"],
  inherit: ["INHERIT", true, "rolinherit"],
  login: ["LOGIN", false, "rolcanlogin"],
  bypass_row_level_security: ["BYPASSRLS", false, "rolbypassrls"],
  replication: ["REPLICATION", false, "rolreplication"],
} as const;
const FLAG_NAMES = Object.keys(FLAGS) as (keyof typeof FLAGS)[];

const table: ArgumentTable = {
  name: { kind: "string", required: true, use: "CREATE ROLE; a change renames" },
  password: { kind: "string", sensitive: true, use: "PASSWORD" },
  password_wo: { kind: "string", writeOnly: true, use: "PASSWORD on create and when its version changes" },
  password_wo_version: { kind: "string", use: "when it changes, password_wo is set" },
  encrypted: { kind: "refused", use: "deprecated: use encrypted_password" },
  roles: { kind: "set", use: "GRANT; every update first revokes all memberships, postgresql_grant_role's too" },
  search_path: { kind: "list", use: "ALTER ROLE SET search_path, DEFAULT when absent" },
  encrypted_password: { kind: "bool", default: true, use: "ENCRYPTED" },
  valid_until: { kind: "string", default: "infinity", use: "VALID UNTIL" },
  connection_limit: { kind: "number", default: -1, use: "CONNECTION LIMIT" },
  ...Object.fromEntries(
    FLAG_NAMES.map((name) => [name, { kind: "bool", default: FLAGS[name][1], use: FLAGS[name][0] } as const]),
  ),
  skip_drop_role: { kind: "bool", default: false, use: "destroy drops nothing" },
  skip_reassign_owned: { kind: "bool", default: false, use: "destroy skips REASSIGN OWNED and DROP OWNED" },
  statement_timeout: { kind: "number", use: "ALTER ROLE SET" },
  idle_in_transaction_session_timeout: { kind: "number", use: "ALTER ROLE SET" },
  assume_role: { kind: "string", use: "ALTER ROLE SET ROLE" },
};

function check(config: JsonObject, where: Where): void {
  const [wo, version] = [config.password_wo, config.password_wo_version];
  if ((wo === undefined) !== (version === undefined))
    throw where.at("password_wo").error("password_wo and password_wo_version need each other");
  if (config.password !== undefined && wo !== undefined) throw where.at("password").error("conflicts with password_wo");
}

/** CREATE ROLE as the provider writes it. */
export function createRoleSql(config: JsonObject): string {
  const options: string[] = [];
  const password = text(config, "password") || text(config, "password_wo");
  if (password.toUpperCase() === "NULL") options.push("PASSWORD NULL");
  else if (password)
    options.push(flag(config, "encrypted_password") ? "ENCRYPTED" : "UNENCRYPTED", `PASSWORD ${literal(password)}`);
  options.push(`VALID UNTIL ${literal(validUntil(config))}`);
  options.push(`CONNECTION LIMIT ${number(config, "connection_limit") ?? -1}`);
  for (const name of FLAG_NAMES) options.push(flag(config, name) ? FLAGS[name][0] : `NO${FLAGS[name][0]}`);
  return `CREATE ROLE ${identifier(text(config, "name"))} WITH ${options.join(" ")}`;
}

const validUntil = (config: JsonObject): string => {
  const until = text(config, "valid_until");
  return until === "" || until.toLowerCase() === "infinity" ? "infinity" : until;
};

async function settings(session: Session, config: JsonObject, before: JsonObject): Promise<void> {
  const role = identifier(text(config, "name"));
  for (const granted of texts(config, "roles")) await session.run(`GRANT ${identifier(granted)} TO ${role}`);
  const path = texts(config, "search_path").map(identifier).join(", ") || "DEFAULT";
  await session.run(`ALTER ROLE ${role} SET search_path TO ${path}`);
  for (const key of ["statement_timeout", "idle_in_transaction_session_timeout"] as const) {
    const value = number(config, key) ?? 0;
    if (value === (number(before, key) ?? 0)) continue;
    await session.run(value === 0 ? `ALTER ROLE ${role} RESET ${key}` : `ALTER ROLE ${role} SET ${key} TO ${value}`);
  }
  const assumed = text(config, "assume_role");
  if (assumed === text(before, "assume_role")) return;
  await session.run(
    assumed ? `ALTER ROLE ${role} SET ROLE TO ${identifier(assumed)}` : `ALTER ROLE ${role} RESET ROLE`,
  );
}

async function updateRole(config: JsonObject, known: Known, context: Context) {
  const before = known.arguments;
  const changed = changedKeys(before, config);
  const name = text(config, "name");
  const role = identifier(name);
  await inTransaction(context, "", async (session) => {
    const oldName = text(before, "name");
    await lockRole(session, oldName);
    if (name !== oldName) await session.run(`ALTER ROLE ${identifier(oldName)} RENAME TO ${role}`);
    const password = text(config, "password_wo") || text(config, "password");
    // a plain password is compared by digest, so it always looks changed here; setting it again does no harm
    const setPassword = text(config, "password_wo") ? changed.includes("password_wo_version") : password !== "";
    if (setPassword) await session.run(`ALTER ROLE ${role} PASSWORD ${literal(password)}`);
    for (const key of FLAG_NAMES) {
      if (changed.includes(key))
        await session.run(`ALTER ROLE ${role} WITH ${flag(config, key) ? "" : "NO"}${FLAGS[key][0]}`);
    }
    if (changed.includes("connection_limit"))
      await session.run(`ALTER ROLE ${role} CONNECTION LIMIT ${number(config, "connection_limit") ?? -1}`);
    if (changed.includes("valid_until"))
      await session.run(`ALTER ROLE ${role} VALID UNTIL ${literal(validUntil(config))}`);
    const memberships = await session.run(
      "SELECT DISTINCT pg_get_userbyid(roleid) AS granted FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON m.member = r.oid WHERE rolname = $1",
      [name],
    );
    for (const { granted } of memberships) await session.run(`REVOKE ${identifier(String(granted))} FROM ${role}`);
    await settings(session, config, before);
  });
  return { id: name };
}

export const role = tableHandler({
  type: "postgresql_role",
  // One that goes may be the one by which the login may connect.
  shares: (_, action) => action === "create",
  table,
  check,
  async create(config, context) {
    await inTransaction(context, "", async (session) => {
      await session.run(createRoleSql(config));
      await settings(session, config, {});
    });
    return { id: text(config, "name") };
  },
  update: updateRole,
  refresh: (known, context) =>
    readRole(
      known,
      context,
      FLAG_NAMES.map((key) => [key, FLAGS[key][2]]),
    ),
  async destroy(known, context) {
    const name = known.id;
    await inTransaction(context, "", async (session) => {
      await lockRole(session, name);
      if (!flag(known.arguments, "skip_reassign_owned"))
        await withRoles(session, [name], async () => {
          const me = identifier(ownRole(context.provider));
          await session.run(`REASSIGN OWNED BY ${identifier(name)} TO ${me}`);
          await session.run(`DROP OWNED BY ${identifier(name)}`);
        });
      if (!flag(known.arguments, "skip_drop_role")) await session.run(`DROP ROLE ${identifier(name)}`);
    });
  },
});

const revokeRoleSql = (config: JsonObject): string =>
  `REVOKE ${identifier(text(config, "grant_role"))} FROM ${identifier(text(config, "role"))}`;

export const grantRoleSql = (config: JsonObject): string =>
  `GRANT ${identifier(text(config, "grant_role"))} TO ${identifier(text(config, "role"))}` +
  (flag(config, "with_admin_option") ? " WITH ADMIN OPTION" : "");

export const grantRole = tableHandler({
  type: "postgresql_grant_role",
  shares: (_, action) => action === "create",
  table: {
    role: { kind: "string", required: true, use: "member" },
    grant_role: { kind: "string", required: true, use: "role to be a member of" },
    with_admin_option: { kind: "bool", default: false, use: "WITH ADMIN OPTION" },
  },
  async create(config, context) {
    await inTransaction(context, "", async (session) => {
      await session.run(revokeRoleSql(config));
      await session.run(grantRoleSql(config));
    });
    return { id: `${text(config, "role")}_${text(config, "grant_role")}_${flag(config, "with_admin_option")}` };
  },
  refresh: readMembership,
  async destroy(known, context) {
    await inTransaction(context, "", async (session) => void (await session.run(revokeRoleSql(known.arguments))));
  },
});
