/**
 * The chain from a KV entry to grants, on real servers: a login that is not a superuser does everything in PostgreSQL, on the
 * oldest and the newest major.
 */
import { PostgresServer, startPostgres } from "../../../bench/servers/postgres";
import { VaultServer, startVault } from "../../../bench/servers/vault";
import { Rehearsal } from "../../../bench/rehearse/engine";
import { RehearsalServers } from "../../../bench/rehearse/model/contracts";
import { Stack, parseStack, programOf } from "../../../bench/rehearse/program";
import { JsonObject } from "../../../bench/rehearse/model/values";
import { Recorded, recordedPlans, statements } from "./recorded";

jest.setTimeout(600_000);
const hooks = { onHelmRelease: () => Promise.resolve() };
const noCluster = { request: () => Promise.reject(new Error("no cluster in this test")) };

const entry = (name: string) => ({ mount: "bootstrap", name, depends_on: [`vault_kv_secret_v2.${name}`] });

/** What the access stage does, in one stack: bootstrap entry, roles, schema, table grants, function, mount, rotation. */
function accessStack(options: { version?: number; privileges?: string[]; roles?: string[]; url: string }): JsonObject {
  const { version = 1, privileges = ["SELECT"], roles = ["web"], url } = options;
  const pg = { database: "shop", depends_on: ["postgresql_schema.lease"] };
  return {
    provider: {
      vault: [{ address: "https://vault.vault.svc:8200" }],
      postgresql: [
        {
          ...{
            host: "pg.data.svc",
            port: 5432,
            database: "shop",
            username: "dba",
            superuser: false,
            sslmode: "disable",
          },
          ...{ password: '${ephemeral.vault_kv_secret_v2.dba.data["password"]}', max_connections: 1 },
        },
      ],
    },
    ephemeral: {
      random_password: { vault: { length: 30, override_special: "-_" } },
      vault_kv_secret_v2: { dba: { mount: "bootstrap", name: "dba" }, vault: entry("vault") },
    },
    resource: {
      vault_kv_secret_v2: {
        vault: {
          ...{ mount: "bootstrap", name: "vault", data_json_wo_version: version, delete_all_versions: true },
          data_json_wo: '${jsonencode({"password" = ephemeral.random_password.vault.result})}',
        },
      },
      postgresql_role: {
        vault: {
          ...{ name: "vault", login: true, password_wo_version: `${version}` },
          password_wo: '${ephemeral.vault_kv_secret_v2.vault.data["password"]}',
        },
        web: { name: "web" },
      },
      postgresql_schema: { lease: { name: "lease", database: "shop", owner: "dba" } },
      postgresql_function: {
        issue: {
          ...{ name: "issue", schema: "lease", database: "shop", security_definer: true, returns: "void" },
          arg: [{ name: "p_name", type: "text" }],
          body: "\nBEGIN EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN IN ROLE web', p_name); END\n",
          depends_on: ["postgresql_schema.lease"],
        },
      },
      postgresql_grant: {
        execute: {
          ...{
            role: "vault",
            schema: "lease",
            object_type: "function",
            objects: ["issue(text)"],
            privileges: ["EXECUTE"],
          },
          ...{ ...pg, depends_on: ["postgresql_function.issue", "postgresql_role.vault"] },
        },
        usage: {
          ...{ role: "${postgresql_role.vault.name}", schema: "lease", object_type: "schema", privileges: ["USAGE"] },
          ...pg,
        },
        table: {
          ...{ role: "${postgresql_role.web.name}", database: "shop", schema: "sales", object_type: "table" },
          ...{ objects: ["wizard"], privileges },
        },
        column: {
          ...{ role: "${postgresql_role.web.name}", database: "shop", schema: "sales", object_type: "column" },
          ...{ objects: ["wizard"], columns: ["name"], privileges: ["UPDATE"] },
        },
        public: { role: "public", database: "shop", object_type: "database", privileges: [] },
        connect: {
          role: "vault",
          database: "shop",
          object_type: "database",
          privileges: ["CONNECT"],
          depends_on: ["postgresql_role.vault", "postgresql_grant.public"],
        },
      },
      postgresql_default_privileges: {
        web: {
          ...{ role: "${postgresql_role.web.name}", database: "shop", owner: "owner", schema: "sales" },
          ...{ object_type: "table", privileges: ["SELECT"] },
        },
      },
      vault_database_secrets_mount: {
        shop: {
          path: "db-shop",
          depends_on: ["postgresql_grant.execute", "postgresql_grant.usage", "postgresql_grant.connect"],
          postgresql: [
            {
              ...{ name: "shop", username: "vault", password_wo_version: version, connection_url: url },
              password_wo: '${ephemeral.vault_kv_secret_v2.vault.data["password"]}',
              allowed_roles: roles,
            },
          ],
        },
      },
      vault_database_secret_backend_role: {
        web: {
          ...{ backend: "${vault_database_secrets_mount.shop.path}", name: "web", db_name: "shop", default_ttl: 60 },
          creation_statements: ["SELECT lease.issue('{{name}}')"],
          revocation_statements: ["SELECT 1"],
        },
      },
      vault_generic_endpoint: {
        rotate: {
          ...{ path: "db-shop/rotate-root/shop", data_json: "{}", disable_read: true, disable_delete: true },
          lifecycle: { replace_triggered_by: ["vault_database_secrets_mount.shop.id"] },
          depends_on: ["vault_database_secrets_mount.shop"],
        },
      },
      vault_policy: { web: { name: "web", policy: 'path "db-shop/creds/web" { capabilities = ["read"] }' } },
    },
  };
}

describe.each([15, 18] as const)("PostgreSQL %i with a login that is not a superuser", (major) => {
  let postgres: PostgresServer;
  let vault: VaultServer;
  let servers: RehearsalServers;

  beforeAll(async () => {
    [postgres, vault] = await Promise.all([startPostgres({ major }), startVault()]);
    const dba = "CREATE ROLE dba LOGIN CREATEDB CREATEROLE PASSWORD 'dba-pw-123'; GRANT pg_signal_backend TO dba;";
    await postgres.asSuperuser("postgres", dba);
    const owner = "CREATE ROLE owner; GRANT owner TO dba WITH ADMIN OPTION; GRANT dba TO dba_peer;";
    await postgres.asSuperuser("postgres", `CREATE ROLE dba_peer; ${owner}`);
    await postgres.asSuperuser("postgres", "CREATE DATABASE shop OWNER dba");
    await postgres.asSuperuser(
      "shop",
      "CREATE SCHEMA sales AUTHORIZATION owner; CREATE TABLE sales.wizard (name text, power int); " +
        "ALTER TABLE sales.wizard OWNER TO owner;",
    );
    await vault.request("POST", "sys/mounts/bootstrap", { type: "kv", options: { version: "2" } });
    for (let tries = 0; tries < 50; tries++) {
      const wrote = await vault
        .request("POST", "bootstrap/data/dba", { data: { password: "dba-pw-123" } })
        .catch(() => undefined);
      if (wrote) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    servers = {
      vault: { address: vault.address, token: vault.rootToken },
      kubernetes: noCluster,
      postgres: () => ({ host: postgres.host, port: postgres.port }),
    };
  });
  afterAll(async () => {
    await Promise.all([postgres?.stop(), vault?.stop()]);
  });

  const privileges = async () => {
    const sql =
      "SELECT has_table_privilege('web', 'sales.wizard', 'SELECT') AS reads, " +
      "has_table_privilege('web', 'sales.wizard', 'INSERT') AS inserts, " +
      "has_column_privilege('web', 'sales.wizard', 'name', 'UPDATE') AS updates, " +
      "(SELECT count(*)::int FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = 'dba' " +
      "AND pg_get_userbyid(roleid) NOT IN ('owner', 'web', 'vault', 'pg_signal_backend') AND pg_get_userbyid(roleid) NOT LIKE 'v-%') AS extra";
    return (await postgres.asSuperuser("shop", sql)).rows[0] as Record<string, unknown>;
  };
  const program = (options: Partial<Parameters<typeof accessStack>[0]>) =>
    programOf([
      parseStack(
        "access",
        accessStack({
          url: `postgresql://{{username}}:{{password}}@${postgres.host}:${postgres.port}/shop`,
          ...options,
        }),
      ),
    ]);

  test("the whole chain is made, changed, found unchanged, used and removed", async () => {
    const rehearsal = new Rehearsal(servers, hooks);
    const report = await rehearsal.apply(program({}));
    expect(new Set(report.steps.map((step) => step.action))).toEqual(new Set(["create"]));
    expect(await privileges()).toMatchObject({ reads: true, inserts: false, updates: true, extra: 0 });
    const again = await rehearsal.apply(program({}));
    expect(again.steps.filter((step) => step.action !== "unchanged")).toEqual([]);

    const lease = await vault.request("GET", "db-shop/creds/web");
    expect(JSON.stringify(lease)).toContain("username");

    const changed = await rehearsal.apply(program({ privileges: ["SELECT", "INSERT"] }));
    expect(changed.steps.filter((step) => step.action !== "unchanged")).toEqual([
      { stack: "access", address: "postgresql_grant.table", action: "update", because: ["privileges"] },
    ]);
    expect(await privileges()).toMatchObject({ reads: true, inserts: true, updates: true, extra: 0 });

    const bumped = await rehearsal.apply(program({ privileges: ["SELECT", "INSERT"], version: 2 }));
    expect(bumped.steps.filter((step) => step.action !== "unchanged").map((step) => step.address)).toEqual([
      "vault_kv_secret_v2.vault",
      "postgresql_role.vault",
      "vault_database_secrets_mount.shop",
    ]);
    await vault.request("GET", "db-shop/creds/web");

    const secret = await vault.request("GET", "bootstrap/data/vault");
    const password = /"password":"([^"]+)"/.exec(JSON.stringify(secret))?.[1];
    expect(password).toHaveLength(30);
    expect(JSON.stringify(rehearsal.state)).not.toContain(password);
    expect(JSON.stringify(rehearsal.state)).not.toContain("dba-pw-123");

    const leased = (await postgres.asSuperuser("shop", "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%'")).rows;
    for (const { rolname } of leased as { rolname: string }[])
      await postgres.asSuperuser("shop", `DROP ROLE "${rolname}"`);
    const removed = await rehearsal.destroy();
    expect(removed.steps[0]?.address).not.toBe("vault_database_secrets_mount.shop");
    const left = "SELECT count(*)::int AS n FROM pg_roles WHERE rolname IN ('web', 'vault')";
    expect((await postgres.asSuperuser("shop", left)).rows).toEqual([{ n: 0 }]);
    expect(await vault.request("GET", "sys/mounts")).not.toHaveProperty(["data", "db-shop/"]);
    expect(rehearsal.state.stacks).toEqual({});
  });

  test("an object that changed behind Terraform's back is planned as the real provider plans it", async () => {
    // The rehearsal refuses these at the first apply: the real provider makes them anew in every plan.
    const unread = (plan: Recorded): boolean => plan.recorded.atOnce !== "unchanged";
    const cases = recordedPlans.filter((plan) => !unread(plan));
    expect(recordedPlans.filter(unread).map(({ name }) => name)).toEqual([
      "a column of a partitioned table",
      "a column of a view",
    ]);
    await postgres.asSuperuser("postgres", "CREATE DATABASE read OWNER dba");
    const asRead = (given: JsonObject): JsonObject =>
      given.database === "shop" ? { ...given, database: "read" } : given;
    const stacks = cases.map(({ type, arguments: given }, index) =>
      parseStack(`case-${index}`, {
        provider: {
          postgresql: [
            {
              ...{ host: "pg.data.svc", username: "dba", password: "dba-pw-123", sslmode: "disable" },
              ...{ database: "read", superuser: false },
            },
          ],
        },
        resource: { [type]: { it: asRead(given) } },
      }),
    );
    const client = await postgres.connect({ ...postgres.superuser, database: "read" });
    const run = async (sql: string | undefined): Promise<void> => {
      for (const statement of statements(sql)) await client.query(statement);
    };
    const tried = new Map<string, [action: string, because: string[]]>();
    const rehearsal = new Rehearsal(servers, {
      ...hooks,
      progress: ({ stack, action, phase, because = [] }) =>
        void (phase === "start" && tried.set(stack, [action, because])),
    });
    /** What each case's apply tries, and why. One whose schema is gone cannot be made again: that it is tried is enough. */
    const apply = async (): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for (const [index, { name }] of cases.entries()) {
        const stack = stacks[index] as Stack;
        await rehearsal.apply(programOf([stack])).catch(() => undefined);
        seen.push([name, ...(tried.get(stack.name) ?? [])]);
      }
      return seen;
    };
    await client.query("GRANT CREATE ON DATABASE read TO owner");
    for (const { setup } of cases) await run(setup);
    expect(await apply()).toEqual(cases.map(({ name }) => [name, "create", []]));
    expect(await apply()).toEqual(cases.map(({ name, recorded }) => [name, recorded.atOnce, []]));
    for (const { then } of cases) await run(then);
    await client.end();
    expect(await apply()).toEqual(cases.map(({ name, recorded }) => [name, recorded.later, recorded.because]));
  });

  test("a database with an owner is made by a login that joins the owner for the moment", async () => {
    const stack = (max_connections: number): JsonObject => ({
      provider: {
        postgresql: [
          {
            ...{ host: "pg.data.svc", username: "dba", password: "dba-pw-123", sslmode: "disable" },
            ...{ database: "postgres", superuser: false, max_connections },
          },
        ],
      },
      resource: {
        postgresql_role: { o: { name: "o2" } },
        postgresql_database: { d: { name: "d2", owner: "${postgresql_role.o.name}" } },
        postgresql_grant_role: { g: { role: "dba_peer", grant_role: "${postgresql_role.o.name}" } },
      },
    });
    const rehearsal = new Rehearsal(servers, hooks);
    await expect(rehearsal.apply(programOf([parseStack("postgres", stack(1))]))).rejects.toThrow(
      /max_connections = 1: .* most runs hang/,
    );
    await rehearsal.apply(programOf([parseStack("postgres", stack(4))]));
    const owner = "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'd2'";
    expect((await postgres.asSuperuser("postgres", owner)).rows).toEqual([{ owner: "o2" }]);
    await rehearsal.destroy();
    expect((await postgres.asSuperuser("postgres", owner)).rows).toEqual([]);
  });

  test("a function that the provider reads back otherwise is refused and replaced once it is right", async () => {
    const stack = (type: string): JsonObject => ({
      provider: {
        postgresql: [{ host: "pg", username: "dba", password: "dba-pw-123", sslmode: "disable", database: "shop" }],
      },
      resource: {
        postgresql_schema: { s: { name: "fn" } },
        postgresql_function: {
          f: { name: "f", schema: "${postgresql_schema.s.name}", arg: [{ name: "a", type }], body: "BEGIN END" },
        },
      },
    });
    const rehearsal = new Rehearsal(servers, hooks);
    await expect(rehearsal.apply(programOf([parseStack("fn", stack("int"))]))).rejects.toThrow(
      /postgresql_function\.f, arg: the provider reads this back otherwise/,
    );
    const report = await rehearsal.apply(programOf([parseStack("fn", stack("integer"))]));
    expect(report.steps.map((step) => step.action)).toEqual(["unchanged", "replace"]);
    await rehearsal.destroy();
  });

  describe("connections of blocks", () => {
    const names = ["a", "b", "c", "d", "e"].map((name) => `lane_${name}`);
    const provider = { host: "pg", username: "dba", password: "dba-pw-123", sslmode: "disable", database: "lane" };
    let rehearsal: Rehearsal;
    const apply = (resource: JsonObject, more: JsonObject = {}): Promise<unknown> =>
      rehearsal.apply(
        programOf([parseStack("lane", { provider: { postgresql: [{ ...provider, ...more }] }, resource })]),
      );
    const roles = Object.fromEntries(names.map((name) => [name, { name }]));
    const schemas = Object.fromEntries(names.map((name) => [name, { name, depends_on: ["postgresql_role.lane_a"] }]));
    const made = { postgresql_role: roles, postgresql_schema: schemas };
    /** On every object of a database, or of a schema. */
    const grant = (more: JsonObject): JsonObject => ({
      database: "lane",
      object_type: "database",
      privileges: [],
      ...more,
    });

    beforeEach(async () => {
      rehearsal = new Rehearsal(servers, hooks, { refresh: false });
      await postgres.asSuperuser("postgres", "CREATE DATABASE lane OWNER dba");
    });
    afterEach(async () => {
      await postgres.asSuperuser("postgres", "DROP DATABASE lane WITH (FORCE)");
      await postgres.asSuperuser("postgres", `DROP ROLE IF EXISTS ${names.join(", ")}`);
    });

    /** How many there were; PostgreSQL counts one when it has ended. */
    async function sessions(): Promise<number> {
      const sql = "SELECT sessions::int, numbackends FROM pg_stat_database WHERE datname = 'lane'";
      for (let tries = 0; ; tries += 1) {
        const { rows } = await postgres.asSuperuser("postgres", sql);
        if (rows[0].numbackends === 0) return rows[0].sessions as number;
        if (tries === 100) throw new Error("a connection is still open");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    test("are shared where they are made and destroyed, one by one where a role goes", async () => {
      await apply(made);
      expect(await sessions()).toBe(1);
      await apply({ postgresql_role: roles });
      expect(await sessions()).toBe(2);
      await apply({});
      expect(await sessions()).toBe(2 + names.length);
    });

    test("are never two at once, for which a login may have no room", async () => {
      const [here, there] = [{ name: "lane_here" }, { name: "lane_there", database: "shop" }];
      const resource = { postgresql_schema: { a: here, b: { ...there, depends_on: ["postgresql_schema.a"] } } };
      await postgres.asSuperuser("postgres", "ALTER ROLE dba CONNECTION LIMIT 1");
      try {
        await apply(resource);
        expect(Object.keys(rehearsal.state.stacks.lane)).toHaveLength(2);
        await rehearsal.destroy();
      } finally {
        await postgres.asSuperuser("postgres", "ALTER ROLE dba CONNECTION LIMIT -1");
      }
    });

    test("are not shared beyond a block that says who may connect", async () => {
      const closed = {
        ...made,
        postgresql_grant: {
          public: grant({ role: "public", depends_on: ["postgresql_schema.lane_a"] }),
          dba: grant({ role: "dba", depends_on: ["postgresql_grant.public"] }),
          late: grant({
            ...{ schema: "lane_a", object_type: "schema", privileges: ["USAGE"], role: "lane_a" },
            depends_on: ["postgresql_grant.dba"],
          }),
        },
      };
      await expect(apply(closed)).rejects.toThrow(/postgresql_grant\.late: PostgreSQL: permission denied for database/);
    });

    test("bring nothing along that a block set: a limit of the login holds in the next one", async () => {
      await postgres.asSuperuser(
        "postgres",
        "ALTER ROLE dba IN DATABASE lane SET statement_timeout = '300ms'; CREATE ROLE lane_a",
      );
      await postgres.asSuperuser("lane", "CREATE TABLE public.t (); ALTER TABLE public.t OWNER TO dba");
      // The provider takes the limit away for a grant. It is the login's again for the schema, which waits.
      const table = { schema: "public", object_type: "table", objects: ["t"], privileges: ["SELECT"] };
      const resource = {
        postgresql_grant: { g: { database: "lane", role: "lane_a", ...table } },
        postgresql_schema: { s: { name: "late", depends_on: ["postgresql_grant.g"] } },
      };
      const holder = await postgres.connect({ ...postgres.superuser, database: "lane" });
      try {
        await holder.query("BEGIN; LOCK TABLE pg_catalog.pg_namespace IN SHARE MODE");
        await expect(apply(resource)).rejects.toThrow(/postgresql_schema\.s: PostgreSQL: .*statement timeout/);
      } finally {
        await holder.end();
      }
      // A block without the limit would wait for as long as the test.
    }, 60_000);
  });

  test("a wrong password fails by stack and address, and does not tell it", async () => {
    const provider = { host: "pg", username: "dba", password: "wrong-pw-99", sslmode: "disable", database: "shop" };
    const stack = { provider: { postgresql: [provider] }, resource: { postgresql_role: { r: { name: "r" } } } };
    const failure: unknown = await new Rehearsal(servers, hooks)
      .apply(programOf([parseStack("access", stack)]))
      .catch((error: unknown) => error);
    expect(String(failure)).toMatch(/stack "access", postgresql_role\.r: PostgreSQL: password authentication failed/);
    expect(String(failure)).not.toContain("wrong-pw-99");
  });
});
