import type { Client } from "pg";
import { Lease, MAJORS, World } from "./world";

jest.setTimeout(15 * 60_000);

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world?.stop());

describe.each(MAJORS)("Vault and PostgreSQL %i", (major) => {
  const mount = `database/pg${major}/shop`;
  afterEach(() => world.closeAll());

  const vault = (): World["bench"]["vault"] => world.bench.vault;
  const revoke = (lease: Lease): Promise<unknown> =>
    vault().request("PUT", "sys/leases/revoke", { lease_id: lease.id, sync: true });
  const refused = (run: Promise<unknown>): Promise<string> =>
    run.then(
      () => "ok",
      (error: { code?: string; status?: number }) => String(error.code ?? error.status),
    );
  /** Ids that Vault holds, and names that PostgreSQL holds. */
  const both = async (): Promise<{ ids: string[]; names: string[] }> => {
    const ids: string[] = [];
    for (const identity of ["reader", "writer", "stranger", `migrator${major}`]) {
      const path = `${mount}/creds/c1.team.${identity}`;
      const listed = await vault()
        .request("LIST", `sys/leases/lookup/${path}`)
        .catch(() => ({ data: { keys: [] } }));
      ids.push(...(listed.data as { keys: string[] }).keys.map((key) => `${path}/${key}`));
    }
    const rows = await world.root<{ name: string }>(major, "SELECT name FROM lease.live() WHERE state = 'live'");
    return { ids: ids.sort(), names: rows.map(({ name }) => name).sort() };
  };

  test("know of the same leases, each of the other's: as many ids as logins, and none more after a revocation", async () => {
    const start = await both();
    expect(start.names).toHaveLength(start.ids.length);
    const made = [
      await world.lease(major, "reader"),
      await world.lease(major, "reader"),
      await world.lease(major, "writer"),
    ];
    const now = await both();
    expect(now.ids).toEqual([...start.ids, ...made.map(({ id }) => id)].sort());
    expect(now.names).toEqual([...start.names, ...made.map(({ user }) => user)].sort());
    await revoke(made[1]);
    const then = await both();
    expect(then.ids).not.toContain(made[1].id);
    expect(then.names).not.toContain(made[1].user);
    expect(then.names).toHaveLength(then.ids.length);
    await revoke(made[0]);
    await revoke(made[2]);
    expect(await both()).toEqual(start);
  });

  test("leave a login closed when the second half of its revocation fails, and finish it when that is mended", async () => {
    const lease = await world.lease(major, "reader");
    const session = await world.connect(major, lease);
    const [{ body }] = await world.root<{ body: string }>(
      major,
      "SELECT pg_get_functiondef('lease.revoke(text)'::regprocedure) AS body",
    );
    await world.root(
      major,
      `CREATE OR REPLACE FUNCTION lease.revoke(username text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
         AS $$ BEGIN RAISE EXCEPTION 'out of order'; END $$`,
    );
    expect(await refused(revoke(lease))).toMatch(/^[45]\d\d$/);
    // Vault's COMMIT AND CHAIN between the two halves: what was rolled back is the drop alone.
    expect(await world.root(major, `SELECT rolcanlogin FROM pg_roles WHERE rolname = '${lease.user}'`)).toEqual([
      { rolcanlogin: false },
    ]);
    expect(await refused(world.connect(major, lease))).toBe("28P01");
    expect(await refused(session.query("SELECT 1"))).not.toBe("ok");
    await world.root(major, body);
    await revoke(lease).catch(() => undefined);
    for (let tries = 0; tries < 300; tries += 1) {
      if ((await world.root(major, `SELECT FROM pg_roles WHERE rolname = '${lease.user}'`)).length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await world.root(major, `SELECT rolname FROM pg_roles WHERE rolname = '${lease.user}'`)).toEqual([]);
  });

  test("issue nothing while PUBLIC or the group may create, and who asks Vault is told the statement that ends it", async () => {
    for (const who of ["PUBLIC", "c1_team_reader_shop"]) {
      await world.root(major, `GRANT CREATE ON SCHEMA sales TO ${who}`);
      const error = await world.lease(major, "reader").then(
        () => "issued",
        ({ message }: Error) => message,
      );
      expect(error).toContain(`${who} may create in the schema sales of database shop`);
      const [, told] = /A superuser ends that: (SET ROLE .*; REVOKE .*; RESET ROLE;)/.exec(error) ?? [error, error];
      await world.root(major, told);
      await revoke(await world.lease(major, "reader"));
    }
  });

  test("end a hundred live leases with their mount, though one cannot be dropped", async () => {
    const leases: Lease[] = [];
    for (let n = 0; n < 100; n += 1) leases.push(await world.lease(major, n % 2 === 0 ? "reader" : "writer"));
    const sessions: Client[] = [];
    for (const lease of leases.slice(0, 5)) sessions.push(await world.connect(major, lease));
    const holder = await world.connect(major, world.server(major).superuser);
    await holder.query(`BEGIN; GRANT SELECT ON sales.open TO "${leases[7].user}"`);
    await vault().request("DELETE", `sys/mounts/${mount}`);
    const left = await world.root(
      major,
      `SELECT r.rolname, r.rolcanlogin, (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = r.oid) AS member
         FROM pg_roles r WHERE r.rolname LIKE 'v-%'`,
    );
    expect(left).toEqual([{ rolname: leases[7].user, rolcanlogin: false, member: 0 }]);
    for (const session of sessions) expect(await refused(session.query("SELECT 1"))).not.toBe("ok");
    await holder.query("ROLLBACK");
    const login = await world.connect(major, await world.secret(`postgres/pg${major}/admin`));
    await login.query("SELECT lease.sweep('100')");
    expect(await world.root(major, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")).toEqual([]);
  });
});
