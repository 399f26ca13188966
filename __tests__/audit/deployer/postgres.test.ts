import { App } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deployerLogins } from "../../../audit/deployer/postgres";
import { DatabaseAccess, PostgresDatabase } from "../../../constructs";
import { sandbox } from "../../../examples/shop/environments";
import { DatabasesStack, Environment } from "../../../stacks";
import { leasehold } from "../../cli/fake-io";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { World } from "../../support/world";

const planned = (planner?: string): Environment => ({ ...sandbox, postgres: { ...sandbox.postgres, planner } });

/** One database that the program makes, on a server of its own, and one that exists. */
function small(app: App, planner?: string): void {
  const environment = planned(planner);
  const world = new World(app, environment);
  const web = world.identity("web");
  world.db.schema("sales").table("wizard").grants.read(web);
  const instance = world.server("other");
  const databases = new DatabasesStack(app, "databases", { environment, instance });
  const database = new PostgresDatabase(databases, "made", { instance, databaseName: "my data" });
  const access = new DatabaseAccess(world.second(database, "access-made"), "made", {
    database,
    mountPath: "database/made",
  });
  access.schema("public").table("t").grants.read(web);
}

describe("the logins of Terraform, for a superuser of each server", () => {
  let folder: string;
  const sql = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await leasehold(["deployer", "--postgres", "--out", folder, ...args]);
    expect([code, err]).toEqual([0, ""]);
    return out;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-logins-"));
    const app = new App({ outdir: folder });
    small(app);
    app.synth();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("of who plans: it connects, and looks up functions in the schema lease", async () => {
    expect(await sql("--plan-only")).toMatchInlineSnapshot(`
      "-- main.example.com:5432: reads catalogs, and changes nothing. Run it with psql as a superuser, after the first apply.
      -- Its password: \\password "leasehold_planner" in psql, and vault kv put leasehold/postgres/main/admin-planner password=-
      CREATE ROLE "leasehold_planner" LOGIN;
      ALTER ROLE "leasehold_planner" SET search_path = pg_catalog;
      ALTER ROLE "leasehold_planner" SET default_transaction_read_only = on;
      GRANT CONNECT ON DATABASE "shop" TO "leasehold_planner";
      \\connect 'shop'
      GRANT USAGE ON SCHEMA "lease" TO "leasehold_planner";

      -- other.example.com:5432: reads catalogs, and changes nothing. Run it with psql as a superuser, after the first apply.
      -- Its password: \\password "leasehold_planner" in psql, and vault kv put leasehold/postgres/other/admin-planner password=-
      CREATE ROLE "leasehold_planner" LOGIN;
      ALTER ROLE "leasehold_planner" SET search_path = pg_catalog;
      ALTER ROLE "leasehold_planner" SET default_transaction_read_only = on;
      GRANT CONNECT ON DATABASE "my data" TO "leasehold_planner";
      GRANT CONNECT ON DATABASE "postgres" TO "leasehold_planner";
      \\connect 'my data'
      GRANT USAGE ON SCHEMA "lease" TO "leasehold_planner";
      "
    `);
  });

  test("of who applies: databases are made where the program makes one", async () => {
    expect(await sql()).toMatchInlineSnapshot(`
      "-- main.example.com:5432: a server that Leasehold makes has this login already. Run it with psql as a superuser.
      -- What it needs in a database that exists says leasehold preflight.
      -- Its password: \\password "leasehold_admin" in psql, and vault kv put leasehold/postgres/main/admin password=-
      CREATE ROLE "leasehold_admin" LOGIN CREATEROLE;
      GRANT pg_signal_backend TO "leasehold_admin";
      ALTER ROLE "leasehold_admin" SET search_path = pg_catalog;
      ALTER ROLE "leasehold_admin" SET lock_timeout = '30s';
      GRANT CONNECT ON DATABASE "shop" TO "leasehold_admin";

      -- other.example.com:5432: a server that Leasehold makes has this login already. Run it with psql as a superuser.
      -- What it needs in a database that exists says leasehold preflight.
      -- Its password: \\password "leasehold_admin" in psql, and vault kv put leasehold/postgres/other/admin password=-
      CREATE ROLE "leasehold_admin" LOGIN CREATEROLE CREATEDB;
      GRANT pg_signal_backend TO "leasehold_admin";
      ALTER ROLE "leasehold_admin" SET search_path = pg_catalog;
      ALTER ROLE "leasehold_admin" SET lock_timeout = '30s';
      GRANT CONNECT ON DATABASE "postgres" TO "leasehold_admin";
      "
    `);
  });

  test("of one stack: what another stack makes is not there yet", async () => {
    const out = await sql("--stack", "access-made");
    expect(out).toContain("CREATEDB");
    expect(out).not.toContain("GRANT CONNECT");
  });

  test("have the name that was asked for, and the entry beside the admin's", async () => {
    const out = await sql("--plan-only", "--name", "only reads", "--stack", "access");
    expect(out).toContain('CREATE ROLE "only reads" LOGIN;');
    expect(out).toContain("vault kv put leasehold/postgres/main/admin-planner password=-");
  });

  test("are the same for a program that was synthesized to be planned", async () => {
    const other = mkdtempSync(join(tmpdir(), "leasehold-logins-"));
    try {
      const app = new App({ outdir: other });
      small(app, "leasehold_planner");
      app.synth();
      expect(deployerLogins(other, { planOnly: true })).toEqual(deployerLogins(folder, { planOnly: true }));
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  test.each<[string[], string]>([
    [["--postgres", "--kubernetes"], "give one of --kubernetes and --postgres"],
    [["--postgres", "--to", "group:a"], "--to goes with --kubernetes"],
    [["--postgres", "--name", "a"], "--name goes with --kubernetes, and with --postgres --plan-only"],
    [["--postgres", "--plan-only", "--name", "pg_x"], '--name "pg_x" starts with pg_'],
  ])("%j is refused", async (args, message) => {
    const { code, err } = await leasehold(["deployer", "--out", folder, ...args]);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});

describe("an environment whose Terraform only plans", () => {
  test("logs in as the planner, with the password beside the admin's", () => {
    const { access } = synthesize((app) => small(app, "only_plans"));
    const [provider] = (access.json.provider as { postgresql: object[] }).postgresql;
    expect(provider).toMatchObject({ username: "only_plans" });
    expect(access.ephemerals("vault_kv_secret_v2")).toMatchObject({
      AdminPassword: { name: "postgres/main/admin-planner" },
    });
  });

  test.each([
    ["leasehold_admin", 'planner "leasehold_admin" is the admin of main'],
    ["pg_read_all_data", 'planner "pg_read_all_data" starts with pg_'],
  ])("of the name %s is refused", (planner, message) => {
    const found = findingsOfRefusal((app) => small(app, planner));
    expect(found.map(({ code, message: text }) => `${code}: ${text}`)).toContainEqual(
      expect.stringContaining(`instance: ${message}`),
    );
  });
});
