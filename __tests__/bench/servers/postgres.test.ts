import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
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
      expect(template).toMatch(/^postgres-data-18\./);
      expect(statSync(join(cache, template)).mode & 0o077).toBe(0);
      // Never started: nothing of a server's life is in it.
      expect(existsSync(join(cache, template, "postmaster.opts"))).toBe(false);
      const id = "SELECT system_identifier FROM pg_control_system()";
      const [one, other] = await Promise.all([first.asSuperuser("postgres", id), second.asSuperuser("postgres", id)]);
      expect(one.rows).toEqual(other.rows);
      await expect(second.connect({ ...first.superuser, database: "postgres" })).rejects.toThrow(/password/);
      await expect(first.connect({ ...second.superuser, database: "postgres" })).rejects.toThrow(/password/);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  test("is another one where initdb is told something else: an older Leasehold's is not taken", async () => {
    const [empty, data] = ["empty", "data"].map((name) => mkdtempSync(join(tmpdir(), `leasehold-${name}-`)));
    await new PostgresTemplate("0.1", ["--locale=C"]).keep(data);
    expect(await new PostgresTemplate("0.1", ["--locale=C.UTF-8"]).copyTo(empty)).toBe(false);
    expect(await new PostgresTemplate("0.1", ["--locale=C"]).copyTo(empty)).toBe(true);
    for (const folder of [empty, data]) rmSync(folder, { recursive: true });
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
