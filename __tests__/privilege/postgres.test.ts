import type { Client } from "pg";
import { MIGRATOR, OWNER, READER, VAULT_LOGIN, WRITER } from "./actors";
import { answer, fill, FINGERPRINT, runs } from "./attempts";
import { ADMIN, MAJORS, World } from "./world";

jest.setTimeout(10 * 60_000);

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.stop());

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const clients: Record<string, Client> = {};
  let common: Record<string, string | number>;
  const pid = async (client: Client): Promise<number> =>
    (await client.query("SELECT pg_backend_pid() AS pid")).rows[0].pid;

  beforeAll(async () => {
    const [reader, sibling, writer, other, migrator] = [
      await world.lease(major, "reader"),
      await world.lease(major, "reader"),
      await world.lease(major, "writer"),
      await world.lease(major, "stranger"),
      await world.lease(major, `migrator${major}`),
    ];
    const vault = await world.vaultLogin(major);
    clients.vault = await world.connect(major, vault);
    clients.reader = await world.connect(major, reader);
    clients.sibling = await world.connect(major, sibling);
    clients.writer = await world.connect(major, writer);
    clients.other = await world.connect(major, other);
    clients.migrator = await world.connect(major, migrator);
    clients.owner = await world.connect(major, migrator, "shop", "-c role=shop_owner");
    clients.admin = await world.connect(major, await world.secret(`postgres/pg${major}/admin`));
    clients.root = await world.connect(major, world.server(major).superuser);
    await world.root(major, "CREATE ROLE stray NOLOGIN");
    await clients.other.query("SELECT lo_create(4711)");
    common = {
      admin: ADMIN,
      owner: "shop_owner",
      estate: "leasehold.estate_shop",
      stray: "stray",
      other: other.user,
      otherText: `'${other.user}'`,
      otherGroup: "c1_team_stranger_shop",
      sibling: sibling.user,
      largeObject: 4711,
      vaultPid: await pid(clients.vault),
      otherPid: await pid(clients.other),
      siblingPid: await pid(clients.sibling),
      adminPid: await pid(clients.admin),
      rootPid: await pid(clients.root),
      vault: vault.user,
      reader: reader.user,
      writer: writer.user,
      migrator: migrator.user,
    };
  });
  afterAll(() => world.closeAll());

  const facts = async (): Promise<string[]> =>
    (await world.root<{ facts: string }>(major, FINGERPRINT))[0].facts.split("\n");

  describe.each([
    ["Vault's own login", "vault", "vault", "c1_team_reader_shop", VAULT_LOGIN],
    ["a login that reads", "reader", "reader", "c1_team_reader_shop", READER],
    ["a login that writes", "writer", "writer", "c1_team_writer_shop", WRITER],
    ["a migration's login", "migrator", "migrator", `c1_team_migrator${major}_shop`, MIGRATOR],
    ["the owner role", "owner", "migrator", `c1_team_migrator${major}_shop`, OWNER],
  ] as const)("%s", (_, actor, login, group, table) => {
    test.each(Object.entries(table))("must not, %s", async (__, all) => {
      const self = common[login] as string;
      const names = { ...common, self, selfText: `'${self}'`, group, groupText: `'${group}'` };
      const before = await facts();
      const got: string[] = [];
      const expected: string[] = [];
      for (const { sql, code, control, only } of all) {
        if (only !== undefined && !only(major)) continue;
        const statement = fill(sql, names);
        got.push(`${await answer(clients[actor], statement)} ${sql}`);
        await clients[actor].query("ROLLBACK");
        expected.push(`${typeof code === "string" ? code : code(major)} ${sql}`);
        if (!control) continue;
        await clients.root.query("BEGIN; SET LOCAL lock_timeout = '5s'");
        got.push(`as a superuser: ${await runs(clients.root, statement)} ${sql}`);
        await clients.root.query("ROLLBACK; RESET SESSION AUTHORIZATION; RESET ROLE");
        expected.push(`as a superuser: runs ${sql}`);
      }
      expect(expected.length).toBeGreaterThan(0);
      expect(got).toEqual(expected);
      expect(await facts()).toEqual(before);
    });
  });
});
