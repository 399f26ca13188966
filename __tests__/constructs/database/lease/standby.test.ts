import { ChildProcess, execFileSync, spawn } from "child_process";
import { once } from "events";
import * as fs from "fs";
import * as path from "path";
import * as pg from "pg";
import { freePort } from "../../../../bench/machine/process";
import { embeddedBinaries, unprivileged } from "../../../../bench/servers/embedded-postgres";
import { LeaseDatabase, MAJORS, sleep, state } from "./fixture";

describe.each(MAJORS)("a standby of PostgreSQL %i", (major) => {
  let db: LeaseDatabase;
  let standby: ChildProcess;
  let port: number;
  const clients: pg.Client[] = [];
  const end = (): unknown => standby?.kill("SIGQUIT");

  const connect = async (user: string, password: string): Promise<pg.Client> => {
    const client = new pg.Client({ host: "127.0.0.1", port, user, password, database: "app" });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const superuser = (): Promise<pg.Client> => connect(db.server.superuser.user, db.server.superuser.password);

  beforeAll(async () => {
    db = await LeaseDatabase.start(major);
    const home = path.dirname(db.server.logFile);
    const data = path.join(home, "standby");
    // A cold copy, which follows the first by streaming from then on.
    await db.server.halt();
    execFileSync("cp", ["-a", path.join(home, "data"), data]);
    const { host, port: primary, superuser: root } = db.server;
    fs.appendFileSync(
      path.join(data, "postgresql.auto.conf"),
      `primary_conninfo = 'host=${host} port=${primary} user=${root.user} password=${root.password}'\n`,
    );
    fs.closeSync(fs.openSync(path.join(data, "standby.signal"), "w", 0o644));
    await db.server.resume();
    port = await freePort();
    const runAs = unprivileged();
    standby = spawn(
      embeddedBinaries(major, runAs).postgres,
      ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", data],
      { stdio: "ignore", cwd: home, env: { PATH: process.env.PATH, TZ: "UTC", LC_ALL: "C" }, ...runAs },
    );
    process.on("exit", end);
    for (let tries = 0; ; tries += 1) {
      try {
        await superuser();
        break;
      } catch (error) {
        if (tries > 300 || standby.exitCode !== null) throw error;
        await sleep(100);
      }
    }
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    if (standby !== undefined && standby.exitCode === null) {
      const ended = once(standby, "exit");
      end();
      await ended;
    }
    process.removeListener("exit", end);
    await db.stop();
  });

  /** Waits until the standby has replayed what the primary has written by now. */
  const caughtUp = async (): Promise<void> => {
    const { rows } = await db.root("SELECT pg_current_wal_flush_lsn()::text AS lsn FROM pg_switch_wal()");
    const root = await superuser();
    for (let tries = 0; tries < 300; tries += 1) {
      const at = await root.query("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there", [rows[0].lsn]);
      if (at.rows[0].there) return;
      await sleep(50);
    }
    throw new Error("the standby does not follow");
  };

  test("ends no session of a lease that is revoked on the primary, and from 16 on none of them has a right left", async () => {
    const lease = await db.lease("web");
    await caughtUp();
    const plain = await connect(lease, lease);
    const acting = await connect(lease, lease);
    const read = "SELECT name FROM sales.wizard";
    expect(await state(plain.query(read))).toBe("ok");
    expect(await state(acting.query("SET ROLE web"))).toBe(major >= 16 ? "42501" : "ok");
    await db.revoke(lease);
    await caughtUp();
    expect(await state(connect(lease, lease))).toBe("28P01");
    expect(await state(plain.query("SELECT 1"))).toBe("ok");
    expect(await state(plain.query(read))).toBe("42501");
    expect(await state(acting.query(read))).toBe(major >= 16 ? "42501" : "ok");
  });

  test("issues, renews and ends nothing itself", async () => {
    const vault = await connect("vault", "vault-secret");
    for (const call of ["lease.close('v-x')", "lease.revoke('v-x')", "lease.sweep('1')", "lease.renew('v-x', '')"])
      expect([call, await state(vault.query(`SELECT ${call}`))]).toEqual([call, "25006"]);
    expect(await state(vault.query("SELECT * FROM lease.live()"))).toBe("ok");
  });
});
