// What npm run bench measures of many revocations at once: node -r ./tools/typescript.cjs tools/bench/revocations.cjs <logins> <turns>.
// Through a real Vault, each side a mount of its own: this many logins of one group are issued by eight clients, then revoked by
// their prefix, while one login of another group after the other is issued. The other side is revoked as Vault does without statements.
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
      ...(name === "ours" ? { revocation_statements: revoke } : {}),
      default_ttl: 3600,
      max_ttl: 7200,
    });
}

async function milliseconds(work) {
  const from = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - from) / 1e6;
}

/** Revocations a second, and the time of the slowest login that was issued meanwhile. */
async function turn(vault, name) {
  let left = logins;
  const client = async () => {
    while (left-- > 0) await vault.request("GET", `${name}/creds/many`);
  };
  await Promise.all(Array.from({ length: 8 }, client));
  let more = true;
  const waits = [];
  const beside = (async () => {
    while (more) waits.push(await milliseconds(() => vault.request("GET", `${name}/creds/beside`)));
  })();
  const took = await milliseconds(() =>
    vault.request("PUT", `sys/leases/revoke-prefix/${name}/creds/many`, { sync: true }),
  );
  more = false;
  await beside;
  await vault.request("PUT", `sys/leases/revoke-prefix/${name}/creds/beside`, { sync: true });
  return { rate: (logins / took) * 1000, slowest: Math.max(...waits) };
}

async function main() {
  const vault = await startVault();
  const sides = await startSides(groups, 10_000);
  try {
    for (const [name, side] of Object.entries(sides)) await mount(vault, name, side);
    const pairs = [];
    for (let count = 0; count < turns; count += 1)
      pairs.push({ ours: await turn(vault, "ours"), other: await turn(vault, "other") });
    const of = (side, key) => median(pairs.map((pair) => pair[side][key]));
    console.log(
      JSON.stringify({
        ratio: median(pairs.map(({ ours, other }) => ours.rate / other.rate)),
        ours: { rate: of("ours", "rate"), slowest: of("ours", "slowest") },
        other: { rate: of("other", "rate"), slowest: of("other", "slowest") },
      }),
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
