// What npm run bench measures of many logins at once: node -r ./tools/typescript.cjs tools/bench/through-vault.cjs <logins> <turns>.
// Through a real Vault, each side a mount of its own: this many logins of one group are issued by eight clients, then revoked by
// their prefix, while one login of another group after the other is issued. The other side is revoked as Vault does without statements.
// Ours has a second mount for the same database: issuing goes one by one in each.
const { startSides } = require("./sides.cjs");
const { startVault } = require("../../bench/servers/vault");

const [logins, turns] = process.argv.slice(2).map(Number);
const groups = ["many", "beside"];
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function mount(vault, name, { server, user, create, revoke }) {
  await vault.request("POST", `sys/mounts/${name}`, { type: "database" });
  await vault.request("POST", `${name}/config/app`, {
    plugin_name: "postgresql-database-plugin",
    allowed_roles: ["*"],
    username: user,
    password: "bench",
    password_authentication: "scram-sha-256",
    username_template: "v-{{random 20}}",
    connection_url: `postgresql://{{username}}:{{password}}@${server.host}:${server.port}/app?sslmode=disable`,
  });
  for (const group of groups)
    await vault.request("POST", `${name}/roles/${group}`, {
      db_name: "app",
      creation_statements: create(group),
      ...(name === "other" ? {} : { revocation_statements: revoke }),
      default_ttl: 3600,
      max_ttl: 7200,
    });
}

async function milliseconds(work) {
  const from = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - from) / 1e6;
}

/** Logins a second, by eight clients that share these mounts. */
async function issue(vault, mounts) {
  let left = logins;
  const client = async (_, index) => {
    while (left-- > 0) await vault.request("GET", `${mounts[index % mounts.length]}/creds/many`);
  };
  const took = await milliseconds(() => Promise.all(Array.from({ length: 8 }, client)));
  return (logins / took) * 1000;
}

/** Milliseconds of revoking all logins of a group in a mount. */
function revokeAll(vault, name, group) {
  return milliseconds(() => vault.request("PUT", `sys/leases/revoke-prefix/${name}/creds/${group}`, { sync: true }));
}

/** Logins issued and revoked a second, and the time of the slowest login that was issued during the latter. */
async function turn(vault, name) {
  const issued = await issue(vault, [name]);
  let more = true;
  const waits = [];
  const beside = (async () => {
    while (more) waits.push(await milliseconds(() => vault.request("GET", `${name}/creds/beside`)));
  })();
  const took = await revokeAll(vault, name, "many");
  more = false;
  await beside;
  await revokeAll(vault, name, "beside");
  return { issued, revoked: (logins / took) * 1000, slowest: Math.max(...waits) };
}

/** Logins a second through two mounts at once. */
async function throughTwo(vault) {
  const issued = await issue(vault, ["ours", "second"]);
  for (const name of ["ours", "second"]) await revokeAll(vault, name, "many");
  return issued;
}

async function main() {
  const vault = await startVault();
  const sides = await startSides(groups, 10_000);
  try {
    for (const [name, side] of Object.entries(sides)) await mount(vault, name, side);
    await mount(vault, "second", sides.ours);
    const pairs = [];
    for (let count = 0; count < turns; count += 1) {
      const [ours, other] = [await turn(vault, "ours"), await turn(vault, "other")];
      pairs.push({ ours, other, two: await throughTwo(vault) });
    }
    const of = (side) =>
      Object.fromEntries(
        ["issued", "revoked", "slowest"].map((key) => [key, median(pairs.map((pair) => pair[side][key]))]),
      );
    const ratio = median(pairs.map(({ ours, other }) => ours.revoked / other.revoked));
    console.log(
      JSON.stringify({ ratio, ours: of("ours"), other: of("other"), two: median(pairs.map(({ two }) => two)) }),
    );
  } finally {
    for (const { server, client } of Object.values(sides)) {
      await client.end();
      await server.stop();
    }
    await vault.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
