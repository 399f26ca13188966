// What npm run bench measures of a login: node -r ./tools/typescript.cjs tools/bench/leases.cjs <live> <turns>. On two servers
// of PostgreSQL, each with this many live logins: ours issues and revokes with the statements that Leasehold gives Vault, the other with what Vault's documentation
// has for a login in a group, as a superuser: the quickest there is. In turn, one transaction each, as Vault runs them.
const { randomBytes } = require("node:crypto");
const { startSides } = require("./sides.cjs");

const [live, turns] = process.argv.slice(2).map(Number);
/** Live logins of one group: the default cap of a group is 100. */
const PER_GROUP = 90;
const groups = Array.from({ length: Math.ceil(live / PER_GROUP) + 1 }, (_, index) => `group_${index}`);
const expiration = new Date(Date.now() + 3_600_000).toISOString();
// Of no password: its form alone is what PostgreSQL reads, and hashing is not what is measured.
const PASSWORD = `SCRAM-SHA-256$4096:${"A".repeat(22)}==$${"A".repeat(43)}=:${"A".repeat(43)}=`;

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
  const sides = Object.values(await startSides(groups, 100));
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
