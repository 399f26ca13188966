// What npm run bench measures of a login: node -r ./tools/typescript.cjs tools/bench/leases.cjs <live> <turns>, and with `left` for <live>
// what another identity's leftovers cost a login. On two servers
// of PostgreSQL, each with this many live logins: ours issues and revokes with the statements that Leasehold gives Vault, the other with what Vault's documentation
// has for a login in a group, as a superuser: the quickest there is. In turn, one transaction each, as Vault runs them.
const { randomBytes } = require("node:crypto");
const { startSides } = require("./sides.cjs");

const [what, turns] = [process.argv[2], Number(process.argv[3])];
const live = what === "left" ? 1 : Number(what);
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

/**
 * What another identity leaves behind, on a server of ours: six leases of large objects of 200 MB each that have ended, and six tombstones that an open transaction of
 * somebody's keeps from being dropped.
 */
async function leaveBehind({ server, client, create, revoke }, group) {
  const login = async (name) => {
    await transaction(client, create(group), name);
    await server.asSuperuser("app", `ALTER ROLE "${name}" PASSWORD 'bench'`);
    return server.connect({ user: name, password: "bench", database: "app" });
  };
  const large = newName();
  const writer = await login(large);
  // Its session is ended from the other side.
  writer.on("error", () => undefined);
  await writer.query(`DO $$ DECLARE o oid; f int; BEGIN
    FOR i IN 1..6 LOOP
      o := lo_create(0); f := lo_open(o, 131072);
      FOR j IN 1..100 LOOP PERFORM lowrite(f, decode(repeat('00', 2000000), 'hex')); END LOOP;
      PERFORM lo_close(f);
    END LOOP; END $$`);
  await server.asSuperuser("app", `ALTER ROLE "${large}" VALID UNTIL '2020-01-01'`);
  const holder = await login(newName());
  await holder.query("SELECT lo_create(777); BEGIN");
  for (let n = 0; n < 6; n += 1) {
    const name = newName();
    await transaction(client, create(group), name);
    await holder.query(`GRANT SELECT ON LARGE OBJECT 777 TO "${name}"`);
    await transaction(client, revoke, name);
  }
  return [writer, holder];
}

/** A login of one group, issued in turn on a server that holds what another group left behind and on one that holds nothing. */
async function besideLeftovers() {
  const [left, none] = [(await startSides(groups, 100, true)).ours, (await startSides(groups, 100, true)).ours];
  const sessions = await leaveBehind(left, "group_0");
  try {
    const issued = { left: [], none: [] };
    const one = async (side) => {
      const name = newName();
      const took = await transaction(side.client, side.create(groups.at(-1)), name);
      await transaction(side.client, side.revoke, name);
      return took;
    };
    for (let turn = 0; turn < turns; turn += 1) {
      issued.left.push(await one(left));
      issued.none.push(await one(none));
    }
    const more = issued.left.map((took, turn) => took - issued.none[turn]);
    console.log(JSON.stringify({ left: median(issued.left), none: median(issued.none), more: median(more) }));
  } finally {
    for (const session of sessions) await session.end().catch(() => undefined);
    for (const { server, client } of [left, none]) {
      await client.end();
      await server.stop();
    }
  }
}

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

(what === "left" ? besideLeftovers() : main()).catch((error) => {
  console.error(error);
  process.exit(1);
});
