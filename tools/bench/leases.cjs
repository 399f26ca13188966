// What npm run bench measures of a login: node -r ./tools/typescript.cjs tools/bench/leases.cjs <live> <turns>. On two servers
// of PostgreSQL, each with this many live logins: ours issues and revokes with the statements that Leasehold gives Vault, the other with what Vault's documentation
// has for a login in a group, as a superuser: the quickest there is. In turn, one transaction each, as Vault runs them.
const { randomBytes } = require("node:crypto");
const lease = require("../../constructs/database/lease/lease-functions");
const { startPostgres } = require("../../bench/servers/postgres");

const [live, turns] = process.argv.slice(2).map(Number);
/** Live logins of one group: the default cap of a group is 100. */
const PER_GROUP = 90;
const groups = Array.from({ length: Math.ceil(live / PER_GROUP) + 1 }, (_, index) => `group_${index}`);
const expiration = new Date(Date.now() + 3_600_000).toISOString();
// Of no password: its form alone is what PostgreSQL reads, and hashing is not what is measured.
const PASSWORD = `SCRAM-SHA-256$4096:${"A".repeat(22)}==$${"A".repeat(43)}=:${"A".repeat(43)}=`;

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
  return { server, client: await server.connect({ user, password: "bench", database: "app" }) };
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
        lease.renderRegistration({ name, maxTtlSeconds: 7200, connectionLimit: 10, maxLiveLeases: 100 }),
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

/** Milliseconds of one transaction of these statements. */
async function transaction(client, statements, name) {
  const from = process.hrtime.bigint();
  await client.query("BEGIN");
  for (const statement of statements)
    await client.query(
      statement
        .replaceAll("{{name}}", name)
        .replaceAll("{{password}}", PASSWORD)
        .replaceAll("{{expiration}}", expiration),
    );
  await client.query("COMMIT");
  return Number(process.hrtime.bigint() - from) / 1e6;
}

const newName = () => `v-bench-${randomBytes(8).toString("hex")}`;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function main() {
  const sides = [
    { ...(await startOurs()), ...OURS },
    { ...(await startOther()), ...PLAIN },
  ];
  try {
    for (const { client, create } of sides)
      for (let n = 0; n < live; n += 1) await transaction(client, create(groups[Math.floor(n / PER_GROUP)]), newName());
    const pairs = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const pair = [];
      for (const { client, create, revoke } of sides) {
        const name = newName();
        pair.push([await transaction(client, create(groups.at(-1)), name), await transaction(client, revoke, name)]);
      }
      pairs.push(pair);
    }
    const of = (which) => ({
      ours: median(pairs.map(([ours]) => ours[which])),
      other: median(pairs.map(([, other]) => other[which])),
      ratio: median(pairs.map(([ours, other]) => ours[which] / other[which])),
    });
    console.log(JSON.stringify({ issue: of(0), revoke: of(1) }));
  } finally {
    for (const { server, client } of sides) {
      await client.end();
      await server.stop();
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
