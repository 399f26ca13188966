// The two sides of what npm run bench measures of logins, each on a PostgreSQL of its own: ours issues and revokes with the statements that
// Leasehold gives Vault; the other as Vault's documentation has it for a login in a group, by a superuser, the quickest there is.
const lease = require("../../constructs/database/lease/lease-functions");
const { startPostgres } = require("../../bench/servers/postgres");

/** Both sides, or ours alone, of these groups, of which each may have so many live logins. */
async function startSides(groups, maxLiveLeases, oursAlone = false) {
  async function start(user, prepare) {
    const server = await startPostgres({ major: 18 });
    await server.asSuperuser("postgres", `CREATE ROLE ${user} LOGIN PASSWORD 'bench'`);
    await server.asSuperuser("postgres", "CREATE DATABASE app");
    await server.asSuperuser("app", groups.map((group) => `CREATE ROLE ${group};`).join("\n"));
    await server.asSuperuser(
      "app",
      "CREATE SCHEMA s; CREATE TABLE s.t (a integer); REVOKE ALL ON DATABASE app FROM PUBLIC",
    );
    await server.asSuperuser(
      "app",
      groups
        .map(
          (g) => `GRANT CONNECT ON DATABASE app TO ${g}; GRANT USAGE ON SCHEMA s TO ${g}; GRANT SELECT ON s.t TO ${g};`,
        )
        .join("\n"),
    );
    await server.asSuperuser("app", prepare);
    return { server, user, client: await server.connect({ user, password: "bench", database: "app" }) };
  }

  const startOurs = () =>
    start(
      "vault",
      `
      CREATE ROLE dba LOGIN CREATEROLE;
      GRANT pg_signal_backend TO dba;
      ${groups.map((group) => `GRANT ${group} TO dba WITH ADMIN OPTION;`).join("\n")}
      CREATE ROLE estate;
      GRANT estate TO dba WITH ADMIN OPTION;
      CREATE SCHEMA lease AUTHORIZATION dba;
      SET SESSION AUTHORIZATION dba;
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      ${lease.installSql([
        ...lease.renderLeaseFunctions({ login: "vault", estate: "estate", namePrefix: "v-" }),
        ...groups.map((name) =>
          lease.renderRegistration({ name, maxTtlSeconds: 7200, connectionLimit: 10, maxLiveLeases }),
        ),
      ])};
      GRANT USAGE ON SCHEMA lease TO vault;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA lease TO vault;
      RESET SESSION AUTHORIZATION;
      GRANT CONNECT ON DATABASE app TO vault`,
    );

  const startOther = () => start("other", "ALTER ROLE other SUPERUSER");

  const PLAIN = {
    create: (group) => [
      `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE ${group}`,
    ],
    revoke: [`REVOKE ALL ON DATABASE app FROM "{{name}}"`, `DROP ROLE "{{name}}"`],
  };
  const OURS = { create: lease.creationStatements, revoke: lease.revocationStatements };

  return {
    ours: { ...(await startOurs()), ...OURS },
    ...(oursAlone ? {} : { other: { ...(await startOther()), ...PLAIN } }),
  };
}

module.exports = { startSides };
