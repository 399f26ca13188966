import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../../bench/servers/postgres";
import { PostgresTemplate } from "../../../bench/servers/postgres-template";

describe("the data directory of a PostgreSQL server", () => {
  const known = process.env.LEASEHOLD_CACHE;
  const cache = mkdtempSync(join(tmpdir(), "leasehold-cache-"));
  beforeAll(() => void (process.env.LEASEHOLD_CACHE = cache));
  afterAll(() => {
    if (known === undefined) delete process.env.LEASEHOLD_CACHE;
    else process.env.LEASEHOLD_CACHE = known;
    rmSync(cache, { recursive: true });
  });

  test("is copied from the first of its version; each server has a password of its own, and one's is refused by the other", async () => {
    const first = await startPostgres();
    const second = await startPostgres();
    try {
      const [template] = readdirSync(cache);
      expect(template).toMatch(/^postgres-template-18\./);
      expect(statSync(join(cache, template)).mode & 0o077).toBe(0);
      // Never started: nothing of a server's life is in it.
      expect(existsSync(join(cache, template, "data/postmaster.opts"))).toBe(false);
      expect(existsSync(join(cache, template, "data/PG_VERSION"))).toBe(true);
      const password = readFileSync(join(cache, template, "password"), "utf8");
      const id = "SELECT system_identifier FROM pg_control_system()";
      const [one, other] = await Promise.all([first.asSuperuser("postgres", id), second.asSuperuser("postgres", id)]);
      expect(one.rows).toEqual(other.rows);
      await expect(second.connect({ ...first.superuser, database: "postgres" })).rejects.toThrow(/password/);
      await expect(first.connect({ ...second.superuser, database: "postgres" })).rejects.toThrow(/password/);
      for (const server of [first, second])
        await expect(server.connect({ user: "postgres", password, database: "postgres" })).rejects.toThrow(/password/);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  test("is another one where initdb is told something else: an older Leasehold's is not taken", async () => {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-data-"));
    mkdirSync(join(folder, "data"));
    await new PostgresTemplate("0.1", ["--locale=C"]).keep(join(folder, "data"), "secret");
    expect(await new PostgresTemplate("0.1", ["--locale=C.UTF-8"]).copyTo(join(folder, "other"))).toBeUndefined();
    expect(await new PostgresTemplate("0.1", ["--locale=C"]).copyTo(join(folder, "copy"))).toBe("secret");
    rmSync(folder, { recursive: true });
  });

  test("is made ours without a word in the log, whatever its settings are", async () => {
    const logged = {
      ...{ log_statement: "all", log_min_duration_statement: "0", log_min_duration_sample: "0" },
      ...{ log_transaction_sample_rate: "1", debug_print_parse: "on", log_min_messages: "debug1" },
    };
    const waits = { synchronous_commit: "on", synchronous_standby_names: "nobody" };
    const server = await startPostgres({
      settings: { ...logged, ...waits, password_encryption: "md5", default_transaction_read_only: "on" },
    });
    try {
      await server.asSuperuser("postgres", "SELECT 'seen'");
      const log = readFileSync(server.logFile, "utf8");
      expect(log).toContain("seen");
      expect(log).not.toMatch(/ALTER ROLE/i);
      expect(log).not.toContain(server.superuser.password);
    } finally {
      await server.stop();
    }
  });

  test("is made where no cache can be written, too", async () => {
    process.env.LEASEHOLD_CACHE = "/dev/null/nowhere";
    const server = await startPostgres();
    try {
      expect((await server.asSuperuser("postgres", "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    } finally {
      process.env.LEASEHOLD_CACHE = cache;
      await server.stop();
    }
  });
});
