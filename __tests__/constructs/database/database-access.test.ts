import { rotationStatements } from "../../../access/model/ready";
import { Credential, DatabaseAccess, DatabaseAccessProps, Duration } from "../../../constructs";
import { CA } from "../../support/certificates";
import { Block, StackJson, synthesize } from "../../support/program";
import { TerraformGraph } from "../../support/terraform-graph";
import { World } from "../../support/world";

function made(
  props: Partial<DatabaseAccessProps> = {},
  then: (db: DatabaseAccess, world: World) => void = () => undefined,
): StackJson {
  return synthesize((app) => {
    const world = new World(app);
    then(world.accessTo(props), world);
  }).access;
}
const mountOf = (stack: StackJson): Block => stack.only("vault_database_secrets_mount");
const connectionOf = (stack: StackJson): Block => (mountOf(stack).postgresql as Block[])[0];
const idsOf = (stack: StackJson, type: string): string[] => Object.keys(stack.resources(type)).sort();

describe("minimal definition", () => {
  const stack = made();

  test("makes lease functions, Vault's login with EXECUTE on them, the mount and its root rotation", () => {
    expect(stack.census).toEqual({
      postgresql_function: 6,
      postgresql_grant: 4,
      postgresql_role: 2,
      postgresql_schema: 1,
      vault_database_secrets_mount: 1,
      vault_generic_endpoint: 2,
      vault_kv_secret_v2: 1,
    });
  });

  test("gives this mount", () => {
    const { depends_on: _, ...mount } = mountOf(stack);
    expect(mount).toMatchInlineSnapshot(`
      {
        "default_lease_ttl_seconds": 3600,
        "description": "Leasehold: logins to shop on main",
        "lifecycle": {
          "ignore_changes": [
            "postgresql[0].root_rotation_statements",
          ],
        },
        "max_lease_ttl_seconds": 86400,
        "path": "database/main/shop",
        "postgresql": [
          {
            "allowed_roles": [
              "*",
            ],
            "connection_url": "postgresql://{{username}}:{{password}}@main.example.com:5432/shop?sslmode=verify-full&target_session_attrs=read-write&application_name=vault",
            "max_idle_connections": 4,
            "max_open_connections": 4,
            "name": "postgresql",
            "password_authentication": "scram-sha-256",
            "password_wo": "\${ephemeral.vault_kv_secret_v2.shop_Leases_Password_Value_1236315E.data.password}",
            "password_wo_version": 1,
            "username": "leasehold.vault_shop",
            "username_template": "v-{{.RoleName | truncate 40}}-{{random 20}}",
            "verify_connection": true,
          },
        ],
      }
    `);
  });

  test("gives a login that may CONNECT, use the schema `lease` and execute its functions, and PUBLIC nothing", () => {
    const grants = Object.values(stack.resources("postgresql_grant")).map(
      ({ depends_on: _d, lifecycle: _l, database: _b, ...grant }) => grant,
    );
    const login = expect.stringMatching(/^\$\{postgresql_role\.shop_Leases_Login_[0-9A-F]+\.name\}$/) as string;
    const functions = ["close", "issue", "live", "renew", "revoke", "sweep"];
    const schema = expect.stringMatching(/^\$\{postgresql_schema\.shop_Leases_Schema_[0-9A-F]+\.name\}$/) as string;
    expect(grants).toHaveLength(4);
    expect(grants).toEqual(
      expect.arrayContaining([
        { role: "public", object_type: "function", schema, objects: functions, privileges: [] },
        { role: login, object_type: "database", privileges: ["CONNECT"] },
        { role: login, object_type: "schema", schema, privileges: ["USAGE"] },
        { role: login, object_type: "function", schema, objects: functions, privileges: ["EXECUTE"] },
      ]),
    );
  });

  test("gives the login its password from the KV entry, and rotates it at once to one that only Vault knows", () => {
    const login = Object.values(stack.resources("postgresql_role")).find((role) => role.login === true) as Block;
    expect(login).toMatchObject({
      name: "leasehold.vault_shop",
      password_wo: connectionOf(stack).password_wo,
      password_wo_version: "1",
    });
    const written = { disable_read: true, disable_delete: true };
    expect(Object.values(stack.resources("vault_generic_endpoint"))).toEqual([
      {
        ...written,
        path: "database/main/shop/rotate-root/postgresql",
        data_json: '{"passwordVersion":1}',
        depends_on: [expect.stringMatching(/^vault_generic_endpoint\.shop_Mount_Rotationstatements_/)],
      },
      {
        ...written,
        path: "database/main/shop/config/postgresql",
        data_json: JSON.stringify({ root_rotation_statements: rotationStatements }),
        depends_on: [expect.stringMatching(/^vault_database_secrets_mount\./)],
      },
    ]);
  });

  test("gives functions that are made anew with their grants, as SECURITY DEFINER but for the one that reads", () => {
    const functions = Object.values(stack.resources("postgresql_function"));
    expect(functions.map(({ name, security_definer }) => [name, security_definer]).sort()).toEqual([
      ["close", true],
      ["issue", true],
      ["live", false],
      ["renew", true],
      ["revoke", true],
      ["sweep", true],
    ]);
    const ids = idsOf(stack, "postgresql_function").map((id) => `postgresql_function.${id}.id`);
    const triggered = Object.values(stack.resources("postgresql_grant")).filter(
      ({ lifecycle }) => lifecycle !== undefined,
    );
    expect(triggered).toHaveLength(2);
    for (const { lifecycle } of triggered)
      expect([...(lifecycle as { replace_triggered_by: string[] }).replace_triggered_by].sort()).toEqual(ids);
  });
});

test("addresses in Terraform's state are pinned: another address makes the mount anew and ends its leases", () => {
  const stack = made({}, (db, world) => {
    db.schema("staff").allTables().grants.read(world.identity("web"));
    db.addOperatorPolicy();
  });
  expect([...stack.all.keys()].sort()).toMatchInlineSnapshot(`
    [
      "postgresql_default_privileges.shop_eushopweb_futuretablestaff_0AE981CB",
      "postgresql_function.shop_Leases_close_0833D52F",
      "postgresql_function.shop_Leases_issue_68C58DBF",
      "postgresql_function.shop_Leases_live_7F322A23",
      "postgresql_function.shop_Leases_renew_D7944954",
      "postgresql_function.shop_Leases_revoke_1449F88A",
      "postgresql_function.shop_Leases_sweep_8E41277A",
      "postgresql_function.shop_eushopweb_Registration_89B293F9",
      "postgresql_grant.shop_Leases_Connect_31B5E1C1",
      "postgresql_grant.shop_Leases_Execute_2FC75B6C",
      "postgresql_grant.shop_Leases_NothingtoPUBLIC_F3999521",
      "postgresql_grant.shop_Leases_Usage_365D1B86",
      "postgresql_grant.shop_eushopweb_database_EB6567D9",
      "postgresql_grant.shop_eushopweb_schemastaff_A491E478",
      "postgresql_grant.shop_eushopweb_tablestaff_642514AC",
      "postgresql_role.shop_Estate_63766E9B",
      "postgresql_role.shop_Leases_Login_FEE1BE8D",
      "postgresql_role.shop_eushopweb_Group_EACBA2DC",
      "postgresql_role.shop_eushopweb_Schema-wide_86B587B0",
      "postgresql_schema.shop_Leases_Schema_8C28EEEC",
      "vault_database_secret_backend_role.shop_eushopweb_Role_C0C40834",
      "vault_database_secrets_mount.shop_Mount_4CFA46F1",
      "vault_generic_endpoint.shop_Mount_Rotateroot_9100325B",
      "vault_generic_endpoint.shop_Mount_Rotationstatements_741140D6",
      "vault_kv_secret_v2.shop_Leases_Password_Entry_AFAE30AE",
      "vault_policy.shop_Operator_0D9A0B07",
      "vault_policy.shop_eushopweb_Policy_C9AA5593",
    ]
  `);
});

describe("the mount", () => {
  test("has the path, limits and connections that are asked for", () => {
    const stack = made({
      mountPath: "db/shop",
      lease: { ttl: Duration.minutes(5), maxTtl: Duration.hours(1), cap: Duration.hours(2) },
      maxOpenConnections: 8,
    });
    expect(mountOf(stack)).toMatchObject({
      path: "db/shop",
      default_lease_ttl_seconds: 300,
      max_lease_ttl_seconds: 7200,
    });
    expect(connectionOf(stack)).toMatchObject({ max_open_connections: 8, max_idle_connections: 8 });
  });

  test("allows every role of its own: a list would change with each workload, and keep nobody out", () => {
    const stack = made({}, (db, world) => {
      for (const name of ["web", "api"]) db.access(world.identity(name));
    });
    expect(connectionOf(stack).allowed_roles).toEqual(["*"]);
  });

  test("connects to where Vault sees the server, with its CA, to a database of any name", () => {
    const stack = synthesize((app) => {
      const world = new World(app);
      const instance = world.server("tls", {
        endpoint: { host: "pods.example.com", fromVault: { host: "vault.example.com", port: 6432 } },
        ca: `${CA}# \${x}`,
        sslMode: "verify-ca",
      });
      const database = world.databaseOf("shop + é", instance);
      new DatabaseAccess(world.second(database, "access"), "shop", { database, mountPath: "db" });
    }).access;
    expect(connectionOf(stack)).toMatchObject({
      connection_url:
        "postgresql://{{username}}:{{password}}@vault.example.com:6432/shop%20%2B%20%C3%A9?sslmode=verify-ca&target_session_attrs=read-write&application_name=vault",
      tls_ca: `${CA}# $\${x}`,
    });
  });

  test("gives logins names of at most 63 bytes that begin as the lease functions ask", () => {
    const template = connectionOf(made()).username_template as string;
    const [, prefix, cut, random] = /^(.*)\{\{\.RoleName \| truncate (\d+)\}\}-\{\{random (\d+)\}\}$/.exec(
      template,
    ) as string[];
    expect(prefix.length + Number(cut) + 1 + Number(random)).toBeLessThanOrEqual(63);
    const issue = Object.values(made().resources("postgresql_function")).find(({ name }) => name === "issue") as Block;
    expect(issue.body).toContain(`'${prefix}'`);
  });
});

describe("a raised password version", () => {
  test("reaches the entry, the login, the mount and the rotation, and nothing else", () => {
    const [before, after] = [made(), made({ passwordVersion: 2 })];
    const changed = [...before.all].filter(
      ([at, block]) => JSON.stringify(after.all.get(at)) !== JSON.stringify(block),
    );
    expect(changed.map(([at]) => at.split(".")[0]).sort()).toEqual([
      ...["postgresql_role", "vault_database_secrets_mount", "vault_generic_endpoint", "vault_kv_secret_v2"],
    ]);
    expect(after.text).toContain('{\\"passwordVersion\\":2}');
  });

  test("rotates nothing where the program says so: Vault tries a login by a static role that changes no password", () => {
    const trial = made({ rotateRoot: false }).only("vault_generic_endpoint") as { path: string; data_json: string };
    expect(trial.path).toBe("database/main/shop/static-roles/leasehold-trial-1");
    expect(trial.data_json).toContain("lease.issue(");
    expect(trial.data_json).not.toMatch(/PASSWORD/);
  });
});

describe("limits", () => {
  test("that are left out follow from the cap", () => {
    const limits = (props: Partial<DatabaseAccessProps>): number[] => {
      const found: number[] = [];
      made(props, (db) => found.push(...[db.limits.ttl, db.limits.maxTtl, db.limits.cap].map((d) => d.toSeconds())));
      return found;
    };
    expect(limits({})).toEqual([3600, 86_400, 86_400]);
    expect(limits({ lease: { cap: Duration.minutes(30) } })).toEqual([1800, 1800, 1800]);
    expect(limits({ lease: { maxTtl: Duration.hours(2) } })).toEqual([3600, 7200, 86_400]);
  });
});

test("operators get a policy that reads no credential", () => {
  const stack = made({}, (db) => db.addOperatorPolicy());
  const { name, policy } = stack.only("vault_policy");
  expect(name).toBe("operator-database.main.shop");
  expect(policy).toMatch(/path "database\/main\/shop\/creds\/\*" \{\n {2}capabilities = \["deny"\]\n\}/);
});

test("a login of a mount that another program manages needs its policy: the auth role lists it once", () => {
  const stacks = synthesize((app) => {
    const world = new World(app);
    const given = DatabaseAccess.fromMount(world.servers, "given", {
      mountPath: "database/main/billing",
      databaseName: "billing",
      endpoint: { host: "b.example.com" },
    });
    const credentials = [Credential.uri(given), Credential.json(given, { file: "other" })];
    world.deployment(world.identity("web"), credentials);
  });
  expect(stacks.who.only("vault_kubernetes_auth_backend_role").token_policies).toEqual([
    "leasehold_eu_shop_web_database.main.billing",
  ]);
});

test("a mount that another program manages makes nothing, and gives paths and stack order", () => {
  const stacks = synthesize((app) => {
    const world = new World(app);
    const given = DatabaseAccess.fromMount(world.servers, "given", {
      mountPath: "database/elsewhere",
      databaseName: "billing",
      endpoint: { host: "b.example.com" },
      sslMode: "disable",
    });
    const web = world.identity("web");
    expect(given.credentialsPath(web)).toBe("database/elsewhere/creds/eu.shop.web");
    world.deployment(web, [Credential.uri(given)]);
  });
  expect(stacks.servers.census).toEqual({});
  expect(stacks.workloads.dependencies).toEqual(["servers", "who"]);
});

test("its L1s are reachable, and overrides reach the JSON", () => {
  const stack = made({}, (db) => {
    db.mount.resource.addOverride("seal_wrap", true);
    db.mount.rotation?.addOverride("ignore_absent_fields", true);
    db.leases.login.addOverride("connection_limit", 8);
    db.leases.schema.addOverride("drop_cascade", true);
    db.leases.functions[0].addOverride("parallel", "UNSAFE");
    db.estate.addOverride("inherit", false);
    db.leases.password.entry.addOverride("options", { cas: 0 });
  });
  expect(mountOf(stack).seal_wrap).toBe(true);
  const endpoints = Object.values(stack.resources("vault_generic_endpoint"));
  expect(endpoints.map(({ ignore_absent_fields: set }) => set)).toEqual([true, undefined]);
  expect(stack.only("postgresql_schema").drop_cascade).toBe(true);
  expect(stack.only("vault_kv_secret_v2").options).toEqual({ cas: 0 });
  expect(stack.text).toMatch(/"parallel": "UNSAFE"/);
  expect(Object.values(stack.resources("postgresql_role"))).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: "leasehold.vault_shop", connection_limit: 8 }),
      expect.objectContaining({ name: "leasehold.estate_shop", inherit: false }),
    ]),
  );
});

test("removing the last identity leaves no group registered, and no database role in the mount", () => {
  const stack = made();
  expect(Object.keys(stack.resources("postgresql_function"))).toHaveLength(6);
  expect(stack.census.vault_database_secret_backend_role).toBeUndefined();
  expect(new TerraformGraph(stack).dangling).toEqual([]);
});
